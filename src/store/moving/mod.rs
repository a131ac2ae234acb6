//! All tables as a copy, and events from other programs.

pub mod copy;
pub mod imported_events;
