//! Meetings and events by pages.

pub(crate) mod bad_forms;
pub(crate) mod edit_conflicts;
pub(crate) mod event_controls;
pub(crate) mod exceptions;
pub(crate) mod listing;
pub(crate) mod month;
