//! Meetings and events: reading them, creating them, rescheduling them, and what organizers do to them.

pub(super) mod change_meetings;
pub(super) mod create_events;
pub(super) mod earlier_timetables;
pub mod event_cursor;
pub mod events;
pub mod lists;
pub mod meetings;
pub mod organizer_action;
pub(super) mod overlap;
mod perform_action;
pub(super) mod reschedule;
pub mod tz_update;
pub(super) mod undo_reschedule;
