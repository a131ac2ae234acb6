//! Agendas of events.

pub(super) mod api;
pub(super) mod pages;
