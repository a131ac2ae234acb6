//! The one clock of a node. Everything that needs "now" is handed this one, so that tests can turn it.
//!
//! Where several nodes share a database, its clock is the clock of all of them: each node follows it on
//! its own monotonic clock, so that neither a step nor a wrong setting of the node's own clock matters.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::domain::time::Timestamp;

/// Tells the time: the system's, or the database's as it was last heard of; moved by an offset that only
/// tests set.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    offset_micros: AtomicI64,
    start: Instant,
    /// What the database's clock showed at `start`; [`OWN`] where the system's is followed.
    followed: AtomicI64,
}

const OWN: i64 = i64::MIN;

impl Default for Clock {
    fn default() -> Self {
        Self(Arc::new(Inner { offset_micros: AtomicI64::new(0), start: Instant::now(), followed: AtomicI64::new(OWN) }))
    }
}

impl Clock {
    /// Now, in microseconds since 1970 UTC.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    pub fn now(&self) -> Timestamp {
        let followed = self.0.followed.load(Ordering::Relaxed);
        if followed != OWN {
            return self.turned(followed.saturating_add(micros(self.0.start.elapsed())));
        }
        // Without chrono: each poll asks, and needs no calendar. A clock before 1970 counts as there.
        self.turned(micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
    }

    /// What this clock shows when the one that it follows shows `micros`.
    #[must_use]
    pub(in crate::store) fn turned(&self, micros: i64) -> Timestamp {
        Timestamp::from_micros(micros.saturating_add(self.0.offset_micros.load(Ordering::Relaxed)))
    }

    /// Follows another clock from now on, which showed `micros` some time after `asked` and before now.
    pub(in crate::store) fn follow(&self, micros_shown: i64, asked: Instant) {
        let before = asked.saturating_duration_since(self.0.start) + asked.elapsed() / 2;
        self.0.followed.store(micros_shown.saturating_sub(micros(before)), Ordering::Relaxed);
    }

    /// Moves the clock on by `micros` (negative: back), as an operator or NTP would.
    pub fn step(&self, micros: i64) {
        self.0.offset_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_follows_another_shows_its_time_and_can_be_turned() {
        let clock = Clock::default();
        clock.follow(1_000_000_000, Instant::now());
        clock.step(-5_000_000);
        let shown = clock.now().micros();
        assert!((995_000_000..996_000_000).contains(&shown), "{shown}");
    }
}
