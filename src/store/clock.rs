//! The one clock of a node. Everything that needs "now" is handed this one, so that tests can turn it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::time::Timestamp;

/// Tells the time: the system's, moved by an offset that only tests set.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_micros: Arc<AtomicI64>,
}

impl Clock {
    /// Now, in microseconds since 1970 UTC.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    pub fn now(&self) -> Timestamp {
        // Without chrono: each poll asks, and needs no calendar. A clock before 1970 counts as there.
        let system = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let system = i64::try_from(system).unwrap_or(i64::MAX);
        Timestamp::from_micros(system.saturating_add(self.offset_micros.load(Ordering::Relaxed)))
    }

    /// Moves the clock on by `micros` (negative: back), as an operator or NTP would.
    pub fn step(&self, micros: i64) {
        self.offset_micros.fetch_add(micros, Ordering::Relaxed);
    }
}
