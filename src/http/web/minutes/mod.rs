//! Minutes, open action items, and corrections on pages.

pub(super) mod correct_minutes;
pub(super) mod minutes_view;
pub(super) mod open_actions;
