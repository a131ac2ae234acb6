//! What all writers and readers of one run share: the event, the clock of the checker, one copy of each row, and when
//! to stop.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;
use tokio::sync::{Notify, watch};

use super::history::{Moment, Row};
use super::site::{Line, Site};

pub struct Stage {
    pub event: String,
    pub seed: u64,
    pub streams: bool,
    began: Instant,
    /// When everybody gives up.
    pub deadline: Instant,
    doors: watch::Receiver<Vec<super::site::Doors>>,
    rows: Mutex<HashMap<i64, Arc<Row>>>,
    acknowledged: AtomicUsize,
    more: Notify,
    /// True when writers shall come to an end.
    stop: watch::Sender<bool>,
}

impl Stage {
    pub async fn new(site: &Site, event: &str, seed: u64, lasts: Duration) -> Self {
        let began = Instant::now();
        Self {
            event: event.to_owned(),
            seed,
            streams: site.has_streams(event).await,
            began,
            deadline: began + lasts,
            doors: site.doors.subscribe(),
            rows: Mutex::default(),
            acknowledged: AtomicUsize::new(0),
            more: Notify::new(),
            stop: watch::Sender::new(false),
        }
    }

    pub fn now(&self) -> Moment {
        Moment::try_from(self.began.elapsed().as_micros()).unwrap()
    }

    /// The way of one of those who take part.
    pub fn line(&self, who: u64) -> Line {
        Line::new(self.doors.clone(), self.dice(10_000_000 + who))
    }

    /// The dice of one of those who take part: their own, so that one who throws more often does not change the others.
    pub fn dice(&self, who: u64) -> StdRng {
        StdRng::seed_from_u64(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(who))
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/events/{}/{rest}", self.event)
    }

    /// One copy of each row for all who have received the same.
    pub fn share(&self, row: Row) -> Arc<Row> {
        let mut rows = self.rows.lock().unwrap();
        match rows.get(&row.ts) {
            Some(known) if **known == row => Arc::clone(known),
            // Not the row that others were shown: the verdict will say so.
            Some(_) => Arc::new(row),
            None => {
                let (ts, row) = (row.ts, Arc::new(row));
                rows.insert(ts, Arc::clone(&row));
                row
            }
        }
    }

    /// Notes that a post was acknowledged.
    pub fn count_one(&self) {
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
        self.more.notify_waiters();
    }

    /// Waits until so many posts were acknowledged; false where that did not come.
    pub async fn reaches(&self, count: usize) -> bool {
        let enough = async {
            loop {
                let more = self.more.notified();
                if self.acknowledged.load(Ordering::SeqCst) >= count {
                    return;
                }
                more.await;
            }
        };
        tokio::time::timeout_at(self.deadline.into(), enough).await.is_ok()
    }

    pub fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow() || self.is_over()
    }

    pub fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Waits, but not longer than until writers shall stop.
    pub async fn rest(&self, pause: Duration) {
        let mut stop = self.stop.subscribe();
        // Both ends of the wait mean the same: go on and look.
        let _ = tokio::time::timeout(pause, stop.wait_for(|stop| *stop)).await;
    }
}

/// The rows of an answer, with what it says beside them.
#[derive(Debug, Deserialize)]
pub struct Polled {
    pub cursor: i64,
    pub more: bool,
    pub reset: bool,
    pub replaced: bool,
    pub event: Of,
    pub messages: Vec<Row>,
}

#[derive(Debug, Deserialize)]
pub struct Of {
    pub phase: String,
    pub count: i64,
    pub digest: Option<String>,
}

/// Throws with a chance given in percent.
pub fn chance(dice: &mut StdRng, percent: u32) -> bool {
    dice.random_range(0..100) < percent
}
