//! Finds the people whom a text names.

pub mod mention;
pub(super) mod names;
