//! Minutes of events, and the action items that continue from one event to the next.

pub mod action_item_list;
pub mod action_items;
pub mod current_minutes;
