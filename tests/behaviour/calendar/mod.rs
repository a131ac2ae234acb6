//! Calendars and feeds.

pub(super) mod atom;
pub(super) mod icalendar;
pub(super) mod pages;
