//! The rows that minutes are made of, action items across events, and what commands change.

pub mod action_items;
pub(super) mod commands;
pub mod source_rows;
