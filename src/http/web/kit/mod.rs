//! What every page needs: rendering, forms, notices, protection against forged requests, and view models.
//!
//! Knows no single page.

pub(super) mod answer;
pub(super) mod csrf;
pub(super) mod edit_conflict;
pub(super) mod flash;
pub(super) mod form;
pub(super) mod instants;
pub(super) mod page;
pub(super) mod reader;
pub(super) mod view_models;
