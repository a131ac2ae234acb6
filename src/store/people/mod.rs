//! Organizers, their sign-ins and tokens, and the versions of chair links.

pub(super) mod chairs;
pub mod organizers;
