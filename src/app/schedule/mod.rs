//! Meetings and events: creating, changing, running, and listing them.

pub mod change_meeting;
pub mod days;
pub mod demo;
pub(super) mod drafts;
pub mod events;
pub mod home;
pub mod meetings;
pub mod overlap;
pub mod undo_reschedule;
