//! How many connections the system lets the load and the servers hold: one file descriptor each, on either side.
//!
//! Servers inherit the limit of the load, so that it is lifted once and for all.

use std::fs;
use std::process::{Command, Stdio};

/// File descriptors that each side needs in addition to its connections.
const SPARE: u64 = 200;

/// Raises the limit as far as this user may, and returns it.
pub fn lift() -> u64 {
    let hard = nth_limit(1);
    if nth_limit(0) < hard {
        let process = std::process::id().to_string();
        // Whatever comes of it is read again below.
        let _status = Command::new("prlimit")
            .args(["--pid", &process, &format!("--nofile={hard}:{hard}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
    nth_limit(0)
}

/// The number of connections of polls and of one writer in each room.
pub fn in_rooms(rooms: u16, polls_each: u16) -> u64 {
    u64::from(rooms) * (u64::from(polls_each) + 1)
}

pub fn allow_rooms(rooms: u16, polls_each: u16) -> bool {
    allow(in_rooms(rooms, polls_each))
}

/// Returns whether this many connections fit.
pub fn allow(connections: u64) -> bool {
    nth_limit(0) >= connections + SPARE
}

pub fn advice(connections: u64) -> String {
    format!(
        "Each connection takes a file descriptor here and one in the server, and the limit is {}: raise it with `ulimit -n {}` \
         (as root where the hard limit is lower), or measure fewer",
        nth_limit(0),
        connections + SPARE
    )
}

/// The soft limit is the first, the hard one the second. Without `/proc` none is known, and nothing is forbidden.
fn nth_limit(number: usize) -> u64 {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or_default();
    line.split_whitespace().nth(number).and_then(|limit| limit.parse().ok()).unwrap_or(u64::MAX)
}
