//! All rooms of this node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use foldhash::fast::RandomState;

use super::node::Node;
use super::ring::RING_ROWS;
use super::room::Room;
use super::search::written::Written;
use super::{Error, lock};
use crate::domain::schedule::event::EventId;
use crate::domain::time::Timestamp;
use crate::store::{Committed, Store};

/// The rooms that somebody used lately.
#[derive(Debug)]
pub struct Rooms {
    #[expect(clippy::struct_field_names, reason = "it is the rooms")]
    rooms: Mutex<HashMap<EventId, Arc<Room>, RandomState>>,
    /// What they share.
    pub node: Arc<Node>,
    /// What the index of the search lacks.
    pub(super) written: Written,
}

impl Rooms {
    /// No rooms yet.
    #[must_use]
    pub fn new(node: Node) -> Self {
        Self { rooms: Mutex::default(), node: Arc::new(node), written: Written::default() }
    }

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
        let room =
            Arc::clone(lock(&self.rooms).entry(id.clone()).or_insert_with(|| Arc::new(Room::new(id.clone(), Arc::clone(&self.node)))));
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
        while let Some(told) = room.told() {
            let snapshot = store.snapshot(&room.id, RING_ROWS).await?;
            if room.install(snapshot, told) {
                break;
            }
        }
        Ok(())
    }

    /// Hands committed changes to their rooms. Where another node wrote to an event between, its rows
    /// are read first.
    pub(super) async fn announce(&self, store: &Store, changes: Vec<Committed>) {
        for change in changes {
            self.written.note(&change.event.id);
            let Some(room) = self.find(&change.event.id) else { continue };
            if store.is_shared() && room.lacks(&change) {
                let whole = change.dropped || !change.redacted.is_empty();
                self.catch_up(store, &room, change.event.last, whole).await;
            } else {
                publish(room, change);
            }
        }
    }

    /// Brings a room up to `head`, which another node wrote. `whole`: more changed than new rows tell.
    pub(super) async fn catch_up(&self, store: &Store, room: &Arc<Room>, head: Timestamp, whole: bool) {
        if whole {
            return room.overtaken(head);
        }
        let Some(known) = room.event() else { return room.await_head(head) };
        if head <= known.last {
            return;
        }
        match store.since(&room.id, known.last, RING_ROWS).await {
            Ok(Some(missed)) => publish(Arc::clone(room), missed),
            Ok(None) => room.overtaken(head),
            // What is here stays true, and whoever waits goes on waiting: the relay looks again soon.
            Err(problem) => log::warn!("What another node wrote could not be read yet: {problem}"),
        }
    }

    /// Brings a room that somebody has overtaken up to `head`, which is in the database. Where that changes
    /// nothing, the room is read anew.
    pub async fn read_up_to(&self, store: &Store, room: &Arc<Room>, head: Timestamp) {
        if store.is_shared() && room.event().is_some_and(|known| known.last < head) {
            self.catch_up(store, room, head, false).await;
        } else {
            room.doubt();
        }
    }

    /// The room of an event, if somebody used it lately.
    pub(super) fn find(&self, id: &EventId) -> Option<Arc<Room>> {
        lock(&self.rooms).get(id).cloned()
    }

    /// Hands changes to their rooms, whatever lies between. A room that does not exist reads them when it comes.
    #[cfg(feature = "planted")]
    pub(super) fn publish(&self, changes: Vec<Committed>) {
        for change in changes {
            if let Some(room) = self.find(&change.event.id) {
                publish(room, change);
            }
        }
    }

    /// Makes rooms read their event anew: a commit failed, and nobody knows what is on disk.
    pub(super) fn doubt<'i>(&self, ids: impl Iterator<Item = &'i EventId>) {
        for id in ids {
            if let Some(room) = self.find(id) {
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
        self.node.stop();
        for room in self.all() {
            room.show();
            room.wake();
        }
        self.node.alarm_by(0);
    }

    /// Whether the program is shutting down.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.node.is_stopping()
    }

    /// Wakes polls whose wait is over, until the program stops.
    pub(super) async fn keep_alarm(&self) {
        let ring = |now| self.all().iter().map(|room| room.wake_due(now)).min().unwrap_or(u64::MAX);
        self.node.keep_alarm(ring).await;
    }
}

/// Hands a change to its room.
fn publish(room: Arc<Room>, change: Committed) {
    if let Some(until) = room.publish(change) {
        // One for a hot room and its pause, however many wait in it.
        tokio::spawn(async move {
            tokio::time::sleep_until(until.into()).await;
            room.show();
        });
    }
}
