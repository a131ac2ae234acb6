//! Writing event logs: the batch that assigns timestamps, the transactions around it, and their statements.
//!
//! Every row of a log is written here; what a row means is decided in the rooms.

pub(super) mod batch;
pub(super) mod bound_statement;
pub mod group_commit;
#[cfg(feature = "planted")]
pub mod planted;
pub(super) mod statements;
pub(super) mod transaction;
