//! Pages of events and meetings, and the days of a month.

pub mod listing;
pub mod month;
