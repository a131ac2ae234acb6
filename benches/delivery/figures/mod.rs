//! Reading counters, collecting figures, and printing them as tables.

pub mod cpu;
pub mod ledger;
pub mod markdown;
pub mod meter;
pub mod summary;
pub mod threads;
