//! Reads what calendars and Atom feeds show.

pub mod atom;
pub mod icalendar;
