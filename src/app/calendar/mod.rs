//! Calendars and Atom feeds to subscribe to.

pub mod atom;
pub mod icalendar;
