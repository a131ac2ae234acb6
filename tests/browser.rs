//! What people see: headless Chromium in front of a running server, steered through its driver.
//!
//! Each story starts a driver of its own, and nothing here waits for a time: only for what the page
//! shows, up to [`driver::AT_MOST`].

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is not as it must be")]

#[path = "browser/agenda.rs"]
mod agenda;
#[path = "browser/catch_up.rs"]
mod catch_up;
#[path = "browser/commands.rs"]
mod commands;
#[path = "browser/copied.rs"]
mod copied;
#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/keeps_up.rs"]
mod keeps_up;
#[path = "browser/keyboard.rs"]
mod keyboard;
#[path = "browser/looks.rs"]
mod looks;
#[path = "browser/minutes.rs"]
mod minutes;
#[path = "browser/organizing.rs"]
mod organizing;
#[path = "browser/page.rs"]
mod page;
#[path = "browser/plain.rs"]
mod plain;
#[allow(dead_code, reason = "the tests of the binary use the rest")]
#[path = "process/program.rs"]
mod program;
#[path = "browser/restart.rs"]
mod restart;
#[path = "browser/room.rs"]
mod room;
#[path = "browser/running.rs"]
mod running;
#[path = "browser/scheduling.rs"]
mod scheduling;
#[path = "browser/search.rs"]
mod search;
#[path = "browser/seen.rs"]
mod seen;
#[path = "browser/sending.rs"]
mod sending;
#[path = "browser/streaming.rs"]
mod streaming;
#[path = "support/mod.rs"]
mod support;
#[path = "browser/tabs.rs"]
mod tabs;
#[path = "browser/transcript.rs"]
mod transcript;
#[path = "browser/whole.rs"]
mod whole;
