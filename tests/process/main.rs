//! The program as a process: what it prints, where it fails, and what outlives `kill`.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod bounds;
mod broken_exports;
mod broken_output;
mod commands;
mod demo;
mod http;
mod import_log;
mod live_door;
mod moving;
#[path = "../support/postgres/mod.rs"]
mod postgres;
mod problems;
#[allow(dead_code, reason = "the tests of the checker of histories use the rest")]
mod program;
mod reached_limits;
mod security_log;
mod start;
mod stop;
mod two_servers;
mod verify;
mod zones;
