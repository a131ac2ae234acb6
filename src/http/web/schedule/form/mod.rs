//! The forms that create and change meetings and events.

pub(in crate::http::web) mod edit_scope;
pub(in crate::http::web) mod end_series;
pub(in crate::http::web) mod event_form;
pub(in crate::http::web) mod event_values;
pub(in crate::http::web) mod meeting_form;
pub(in crate::http::web) mod meeting_values;
pub(in crate::http::web) mod preview;
pub(in crate::http::web) mod repetition;
pub(in crate::http::web) mod reschedule;
pub(in crate::http::web) mod saved_notice;
