//! The page of an event, and its forms for people without JavaScript.

pub(super) mod catch_up;
pub(super) mod event_page;
pub(super) mod participate;
