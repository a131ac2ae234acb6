//! A real PostgreSQL for tests: Debian's server, a private cluster on a free port of 127.0.0.1, with fsync on.
//!
//! [`shared`] is one cluster for all tests of a process, with a database of its own for each; a test that does harm
//! starts its own ([`Cluster::start`]). Either is gone, folder and all, when its process is, however that ends.
//! The calls here block for some milliseconds, like those that start the program.

#![allow(dead_code, reason = "each test binary uses a part of this")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is not as it must be")]

mod cluster;
mod database;
mod forward;
mod keeper;
pub mod tools;

use std::sync::{Arc, OnceLock};

pub use cluster::Cluster;
#[allow(unused_imports, reason = "each test binary uses a part of this")]
pub use database::Database;
#[allow(unused_imports, reason = "each test binary uses a part of this")]
pub use forward::Forward;

/// The cluster of this process, started by the first test that asks. Do it no harm: others are at work in it.
pub fn shared() -> Arc<Cluster> {
    static CLUSTER: OnceLock<Result<Arc<Cluster>, String>> = OnceLock::new();
    // Where it does not start, it is not tried again by each of a hundred tests.
    CLUSTER.get_or_init(|| Cluster::try_start().map(Arc::new)).clone().unwrap_or_else(|problem| panic!("{problem}"))
}
