//! Reads and verifies complete logs.

pub mod export_limits;
pub mod log_pages;
pub mod verify;
