//! What one round of each scenario does to one server.

pub mod catch_up;
pub mod found;
pub mod idle;
pub mod inserts;
pub mod lockstep;
pub mod memory;
pub mod plain;
pub mod post;
pub mod start;
pub mod steady;
