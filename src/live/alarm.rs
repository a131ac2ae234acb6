//! When the next wait is over: one number for all rooms, moved back by whoever sits down for less.
//!
//! Free of tokio, as `waiting.rs` is, so that every order of events can be tried (`tests/models.rs`).

use super::sync::{AtomicU64, Ordering};

const NEVER: u64 = u64::MAX;

/// The time of the next alarm.
#[derive(Debug)]
pub struct Alarm(AtomicU64);

impl Default for Alarm {
    fn default() -> Self {
        Self(AtomicU64::new(NEVER))
    }
}

impl Alarm {
    /// Asks for an alarm by `until`, and says whether its keeper has to be told: it sleeps longer. Call
    /// it after the seat is taken, or the keeper may come before there is anybody to find.
    #[must_use]
    pub fn by(&self, until: u64) -> bool {
        self.0.fetch_min(until, Ordering::SeqCst) > until
    }

    /// When the keeper has to come again, given that `due` finds who is next among all seats. Whoever
    /// sits down meanwhile is either found, or tells the keeper.
    pub fn next(&self, due: impl FnOnce() -> u64) -> Option<u64> {
        self.0.store(NEVER, Ordering::SeqCst);
        let due = due();
        let next = self.0.fetch_min(due, Ordering::SeqCst).min(due);
        (next != NEVER).then_some(next)
    }
}
