//! Since when a connection is idle: nothing of it is being answered, and no whole request has come.
//!
//! A request only notes the time. The connection's one timer looks at that when it fires, and sleeps on
//! where something was answered since: to set and to clear a timer for each request would cost more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// In place of a time: a request is being answered.
const BUSY: u64 = u64::MAX;

/// What is known of one connection.
#[derive(Debug)]
pub(super) struct Idle {
    start: Instant,
    /// Microseconds from `start`. Only the connection's own task reads and writes it.
    since: AtomicU64,
}

impl Idle {
    /// A connection that is idle from now on.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), since: AtomicU64::new(0) })
    }

    /// A request has come; it is being answered until what this gives is dropped.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.since.store(BUSY, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// When a connection that may be idle for `most` has to be looked at again; it is over where that
    /// is not after `now`.
    pub(super) fn until(&self, most: Duration, now: Instant) -> Instant {
        match self.since.load(Ordering::Relaxed) {
            BUSY => now + most,
            since => self.start + Duration::from_micros(since) + most,
        }
    }
}

/// A request that is being answered: kept until all bytes of the answer are handed over.
#[derive(Debug)]
pub(super) struct Busy(Arc<Idle>);

impl Drop for Busy {
    fn drop(&mut self) {
        // A connection does not live for half a million years.
        let since = u64::try_from(self.0.start.elapsed().as_micros()).unwrap_or(BUSY - 1);
        self.0.since.store(since, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_idle_from_its_start_and_from_each_answers_end() {
        let most = Duration::from_secs(30);
        let idle = Idle::new();
        let began = idle.start;
        assert_eq!(idle.until(most, began), began + most);
        let busy = idle.busy();
        let later = began + Duration::from_hours(1);
        assert_eq!(idle.until(most, later), later + most, "what is being answered is not idle, however long");
        let before = Instant::now();
        drop(busy);
        let until = idle.until(most, later);
        assert!(until + Duration::from_micros(1) >= before + most && until <= Instant::now() + most);
    }
}
