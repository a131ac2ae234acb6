//! The organizer's schedule, pages of meetings, and the controls of events.

pub(super) mod event_controls;
pub(super) mod form;
pub(super) mod home;
pub(super) mod listing;
pub(super) mod meeting_page;
pub(super) mod month;
pub(super) mod neighbours;
pub(super) mod organizer_action;
pub(super) mod overlaps;
