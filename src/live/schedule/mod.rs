//! What happens at set times.

pub mod keeper;
