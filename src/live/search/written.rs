//! Which events have new messages for the search index.

use std::collections::HashSet;
use std::mem;
use std::sync::Mutex;

use tokio::sync::Notify;

use crate::domain::schedule::event::EventId;
use crate::live::lock;

/// The events in which something was written since the index was last updated.
#[derive(Debug, Default)]
pub struct Written {
    events: Mutex<HashSet<EventId>>,
    noted: Notify,
}

impl Written {
    /// Notes an event.
    pub(in crate::live) fn note(&self, event: &EventId) {
        let mut events = lock(&self.events);
        if !events.contains(event) {
            events.insert(event.clone());
            drop(events);
            self.noted.notify_one();
        }
    }

    /// Takes the events that were noted.
    pub(super) fn take(&self) -> HashSet<EventId> {
        mem::take(&mut *lock(&self.events))
    }

    /// Waits until an event is noted.
    pub(super) async fn noted(&self) {
        self.noted.notified().await;
    }
}
