//! Meetings, their events, and when these take place: rules, timetables, and what a change of them does to events.
//!
//! Pure functions: the caller loads the rows and writes what was decided.

pub mod event;
pub mod meeting;
pub mod overlap;
pub mod recurrence;
pub mod reschedule;
pub mod slug;
pub mod tz_update;
pub mod undo_reschedule;
