//! Calls for meetings and events.

pub mod events;
pub mod meetings;
