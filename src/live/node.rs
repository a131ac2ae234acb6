//! What all rooms of this node share: its clock and pace, whether it is stopping, and the alarm for
//! those whose wait is over.
//!
//! One alarm serves every poll: a timer for each would cost more than the poll.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::alarm::Alarm;
use crate::store::Clock;

/// Waits end on multiples of this, so that those of about the same time end together.
const GRAIN: u64 = 64;

/// What all rooms of this node share.
#[derive(Debug)]
pub struct Node {
    pub clock: Clock,
    /// How often a room wakes its pollers at the most; a big one more seldom.
    pub pace: Duration,
    start: Instant,
    stopping: AtomicBool,
    alarm: Alarm,
    /// The alarm has to go off earlier than it was set to.
    earlier: Notify,
}

impl Node {
    /// A node whose rooms wake their pollers once in `pace` at the most.
    #[must_use]
    pub fn new(clock: Clock, pace: Duration) -> Self {
        Self { clock, pace, start: Instant::now(), stopping: AtomicBool::new(false), alarm: Alarm::default(), earlier: Notify::new() }
    }

    /// Milliseconds on this node's monotonic clock.
    #[must_use]
    pub fn time(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The time at which a wait of this length is over, a moment late rather than early.
    #[must_use]
    pub fn after(&self, wait: Duration) -> u64 {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.time().saturating_add(wait).saturating_add(1).next_multiple_of(GRAIN)
    }

    /// Whether the program is shutting down.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Sees to it that the alarm goes off by `until`. Call it when the seat is taken, and with no
    /// lock held.
    pub(super) fn alarm_by(&self, until: u64) {
        if self.alarm.by(until) {
            self.earlier.notify_one();
        }
    }

    /// Sleeps until the alarm goes off. `ring` wakes those who are due and says who is next.
    pub(super) async fn keep_alarm(&self, ring: impl Fn(u64) -> u64) {
        while !self.is_stopping() {
            let next = self.alarm.next(|| ring(self.time()));
            let wait = Duration::from_millis(next.map_or(0, |next| next.saturating_sub(self.time())));
            tokio::select! {
                () = tokio::time::sleep(wait), if next.is_some() => {}
                () = self.earlier.notified() => {}
            }
        }
    }
}
