//! All rooms of this node, and the tabs that poll in them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::room::{RING_ROWS, Room};
use super::{Error, lock};
use crate::domain::event::EventId;
use crate::domain::participant::ParticipantId;
use crate::store::{Committed, Store};

/// The rooms that somebody used lately.
#[derive(Debug, Default)]
pub struct Rooms {
    rooms: Mutex<HashMap<EventId, Arc<Room>>>,
    stopping: AtomicBool,
}

impl Rooms {
    /// The room of an event where it is ready: what a poll asks first, as it costs no future.
    #[must_use]
    pub fn ready(&self, id: &EventId) -> Option<Arc<Room>> {
        lock(&self.rooms).get(id).filter(|room| !room.is_cold()).cloned()
    }

    /// The room of an event, read from the database where it is not ready.
    ///
    /// # Errors
    /// [`crate::store::Error::Missing`] where there is no such event.
    pub async fn enter(&self, store: &Store, id: &EventId) -> Result<Arc<Room>, Error> {
        let room = Arc::clone(lock(&self.rooms).entry(id.clone()).or_insert_with(|| Arc::new(Room::new(id.clone()))));
        match self.warm(store, &room).await {
            Ok(()) => Ok(room),
            Err(problem) => {
                if matches!(problem, Error::Store(crate::store::Error::Missing)) {
                    // An id that nobody has must not stay in memory.
                    lock(&self.rooms).remove(id);
                }
                Err(problem)
            }
        }
    }

    /// Reads a cold room from the database, once for all who ask at the same time.
    ///
    /// # Errors
    /// As for [`Self::enter`].
    pub async fn warm(&self, store: &Store, room: &Room) -> Result<(), Error> {
        if !room.is_cold() {
            return Ok(());
        }
        let _reading = room.loading.lock().await;
        while room.is_cold() {
            let snapshot = store.snapshot(&room.id, RING_ROWS).await?;
            if room.install(snapshot) {
                break;
            }
        }
        Ok(())
    }

    /// Hands committed changes to their rooms. A room that does not exist reads them when it comes.
    pub(super) fn publish(&self, changes: Vec<Committed>) {
        for change in changes {
            let room = lock(&self.rooms).get(&change.event.id).cloned();
            if let Some(room) = room {
                room.publish(change);
            }
        }
    }

    /// Makes rooms read their event anew: a commit failed, and nobody knows what is on disk.
    pub(super) fn doubt<'i>(&self, ids: impl Iterator<Item = &'i EventId>) {
        for id in ids {
            let room = lock(&self.rooms).get(id).cloned();
            if let Some(room) = room {
                room.doubt();
            }
        }
    }

    /// Makes every room read its event anew.
    pub(super) fn doubt_all(&self) {
        for room in self.all() {
            room.doubt();
        }
    }

    /// Every room there is at this moment.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Room>> {
        lock(&self.rooms).values().cloned().collect()
    }

    /// Lets go of rooms in which nobody waits and nobody is present.
    pub(super) fn sweep(&self) {
        lock(&self.rooms).retain(|_, room| Arc::strong_count(room) > 1 || room.waiting() > 0 || room.presence.is_watched());
    }

    /// Ends every wait, and each that is still to come.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for room in self.all() {
            room.wake();
        }
    }

    /// Whether the program is shutting down.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

/// The polls of a room that named their tab.
#[derive(Debug, Default)]
pub struct Tabs(Mutex<HashMap<(ParticipantId, String), Arc<Notify>>>);

impl Tabs {
    /// Notes a poll, and ends the older one of the same participant and tab.
    #[must_use]
    pub fn take(&self, who: &ParticipantId, tab: &str) -> Tab<'_> {
        let key = (who.clone(), tab.to_owned());
        let replaced = Arc::new(Notify::new());
        let older = lock(&self.0).insert(key.clone(), Arc::clone(&replaced));
        if let Some(older) = older {
            older.notify_one();
        }
        Tab { tabs: self, key, replaced }
    }
}

/// A poll's place; gives it up when dropped.
#[derive(Debug)]
pub struct Tab<'t> {
    tabs: &'t Tabs,
    key: (ParticipantId, String),
    replaced: Arc<Notify>,
}

impl Tab<'_> {
    /// Waits for a newer poll of the same tab.
    pub async fn replaced(&self) {
        self.replaced.notified().await;
    }
}

impl Drop for Tab<'_> {
    fn drop(&mut self) {
        let mut tabs = lock(&self.tabs.0);
        if tabs.get(&self.key).is_some_and(|it| Arc::ptr_eq(it, &self.replaced)) {
            tabs.remove(&self.key);
        }
    }
}
