//! Minutes and action items, as JSON and as files.

pub mod action_items;
pub mod action_items_csv;
pub mod document;
pub(super) mod text;
