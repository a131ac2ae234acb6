//! Histories of events, and whether they keep the promise "neither doubled nor missed".
//!
//! Seeded writers and readers take part in an event over HTTP and log what they sent, what they were told and what they
//! received; `verdict` judges that record; `faults` do harm meanwhile. `docs/faults.md` says how it is meant to be used.

#![allow(dead_code, reason = "each test binary uses a part of this")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is not as it must be")]

#[path = "../process/program.rs"]
pub mod program;
#[path = "../support/mod.rs"]
pub mod support;

pub mod digest;
pub mod events;
pub mod faults;
pub mod history;
pub mod host;
pub mod http;
pub mod reader;
pub mod run;
pub mod site;
pub mod stage;
pub mod table;
pub mod verdict;
pub mod violation;
pub mod writer;
