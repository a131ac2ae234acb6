//! What a replay tells while it goes on.

use std::time::Duration;

/// What is going on, for whoever shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// Someone joined.
    Joined {
        /// Their nickname in the log.
        nick: &'a str,
        /// Their nickname in the event: another where the first was taken.
        under: &'a str,
    },
    /// A request did not get through and is repeated after a pause.
    Waiting {
        /// The pause.
        pause: Duration,
        /// What went wrong.
        why: &'a str,
    },
    /// A line was acknowledged.
    Line {
        /// Lines so far.
        done: usize,
        /// Lines of the log.
        total: usize,
    },
}
