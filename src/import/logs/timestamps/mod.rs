//! Times and dates in logs, and how they become instants.

pub mod date;
pub mod days;
pub(super) mod months;
pub mod stamp;
