//! Commands, minutes, votes, and action items.

pub(super) mod action_items;
pub(super) mod action_items_csv;
pub(super) mod commands;
pub(super) mod documents;
pub(super) mod open_actions;
pub(super) mod recorded;
