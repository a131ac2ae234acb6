//! Meetings and events: by API, and by their rules.

pub(super) mod bad_schedules;
pub(super) mod drafts;
pub(super) mod exceptions;
pub(super) mod exceptions_properties;
pub(super) mod kept_current;
pub(super) mod overlaps;
pub(super) mod pages;
pub(super) mod phases;
pub(super) mod recurring;
pub(super) mod running;
pub(super) mod scheduling;
pub(super) mod second_changes;
pub(super) mod tz_update;
