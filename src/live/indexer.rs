//! Takes what was written into the index of the search, a moment behind.
//!
//! Rooms note the events in which something was written; the task takes their rows in, a batch a transaction.
//! What is not noted, as the program was not there, is found at the start and at a look now and then.

use std::collections::HashSet;
use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

use super::lock;
use super::rooms::Rooms;
use crate::domain::event::EventId;
use crate::store::{Error, Store};

/// How long what is written is gathered before it is taken in.
const GATHER: Duration = Duration::from_millis(250);
/// How often the index is compared with all events.
const LOOK: Duration = Duration::from_mins(1);
/// How long to wait before another try to reach the database.
const AGAIN: Duration = Duration::from_secs(2);

/// The events in which something was written since the index was looked after.
#[derive(Debug, Default)]
pub struct Written {
    events: Mutex<HashSet<EventId>>,
    noted: Notify,
}

impl Written {
    /// Notes an event.
    pub(super) fn note(&self, event: &EventId) {
        let mut events = lock(&self.events);
        if !events.contains(event) {
            events.insert(event.clone());
            drop(events);
            self.noted.notify_one();
        }
    }
}

/// Keeps the index of this node's database.
#[derive(Debug)]
pub struct Indexer {
    pub store: Store,
    pub rooms: Arc<Rooms>,
}

impl Indexer {
    /// Starts the task. It ends with the program.
    pub fn start(self) {
        tokio::spawn(self.keep());
    }

    async fn keep(self) {
        while !self.rooms.is_stopping() {
            if let Err(problem) = self.take_in_all().await {
                log::warn!("The index of the search cannot be brought up to date yet: {problem}");
                sleep(AGAIN).await;
                continue;
            }
            self.follow().await;
        }
    }

    /// Takes in what is noted, until it is time for a look at everything or something fails.
    async fn follow(&self) {
        let written = &self.rooms.written;
        let until = Instant::now() + LOOK;
        while !self.rooms.is_stopping() && timeout_at(until, written.noted.notified()).await.is_ok() {
            sleep(GATHER).await;
            let events = mem::take(&mut *lock(&written.events));
            for event in &events {
                if let Err(problem) = self.take_in(event).await {
                    log::warn!("The index of the search falls behind: {problem}");
                    return;
                }
            }
        }
    }

    async fn take_in_all(&self) -> Result<(), Error> {
        loop {
            let behind = self.store.unindexed().await?;
            if behind.is_empty() || self.rooms.is_stopping() {
                return Ok(());
            }
            for event in &behind {
                self.take_in(event).await?;
            }
        }
    }

    async fn take_in(&self, event: &EventId) -> Result<(), Error> {
        while !self.rooms.is_stopping() {
            let began = Instant::now();
            if !self.store.index(event).await? {
                break;
            }
            // Those who write have at least every other turn.
            sleep(began.elapsed()).await;
        }
        Ok(())
    }
}
