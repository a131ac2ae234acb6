//! Organizers' accounts, and the browsers in which they signed in.

pub mod device;
pub mod organizer;
