//! Calls for chairs.

pub mod chairs;
