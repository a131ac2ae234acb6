//! One round of each scenario, on one server.

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
