//! What other nodes wrote: one connection hears of it, and the rooms of this node read it.
//!
//! A notice only says where to look, so one that is lost costs a moment: the next one, the safety look
//! or the next poll of a room that is behind finds the rows in the database. After a loss of the
//! connection every room is read anew.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

use super::rooms::Rooms;
use crate::domain::schedule::event::EventId;
use crate::domain::time::Timestamp;
use crate::store::db::listen::{Heard, Listener};
use crate::store::db::notification::Moved;
use crate::store::{self, Store};

/// How often the heads of rooms are compared and the clock is set, though nothing was heard.
const LOOK: Duration = Duration::from_secs(5);
/// How long to wait before another try to reach the database.
const AGAIN: Duration = Duration::from_millis(500);

/// Listens for this node.
#[derive(Debug)]
pub struct Relay {
    pub store: Store,
    pub rooms: Arc<Rooms>,
    /// Told when set times may have changed.
    pub changed: Arc<Notify>,
}

impl Relay {
    /// Starts to listen, where there can be other nodes. Ends with the program.
    pub fn start(self) {
        if self.store.is_shared() {
            let this = Arc::new(self);
            tokio::spawn(Arc::clone(&this).keep_listening());
            tokio::spawn(this.keep_looking());
        }
    }

    async fn keep_listening(self: Arc<Self>) {
        let mut lost = false;
        while !self.rooms.is_stopping() {
            match self.store.listen().await {
                Ok(Some(listener)) => {
                    if lost {
                        log::info!("Other nodes are heard again.");
                    }
                    self.read_anew().await;
                    log::warn!("Other nodes are not heard: {}", self.hear(listener).await);
                }
                Ok(None) => return,
                Err(problem) if !lost => log::warn!("Other nodes are not heard: {problem}"),
                Err(_) => {}
            }
            lost = true;
            sleep(AGAIN).await;
        }
    }

    /// Hears until the connection is lost for good; says why.
    async fn hear(&self, mut listener: Listener) -> store::Error {
        loop {
            match listener.next().await {
                Ok(Heard::Notice(notice)) => {
                    if notice.schedule {
                        self.changed.notify_one();
                    }
                    self.follow(notice.moved).await;
                }
                Ok(Heard::Gap) => self.read_anew().await,
                Err(problem) => return problem,
            }
        }
    }

    /// What was said while nobody listened is not known, and heads do not tell of all of it: a text that was
    /// emptied, a person who was removed, an agenda, a set time.
    async fn read_anew(&self) {
        self.rooms.doubt_all();
        self.changed.notify_one();
        self.look().await;
    }

    /// Looks now and then although nothing was heard.
    async fn keep_looking(self: Arc<Self>) {
        while !self.rooms.is_stopping() {
            sleep(LOOK).await;
            self.look().await;
        }
    }

    async fn follow(&self, moved: Vec<Moved>) {
        // An event may be named twice where a transaction needed more than one notice.
        let mut latest: BTreeMap<EventId, (Timestamp, bool)> = BTreeMap::new();
        for Moved { event, head, whole } in moved {
            let known = latest.entry(event).or_default();
            *known = (known.0.max(head), known.1 || whole);
        }
        for (event, (head, whole)) in latest {
            if let Some(room) = self.rooms.find(&event) {
                self.rooms.catch_up(&self.store, &room, head, whole).await;
            }
        }
    }

    /// Compares every room that somebody waits in with the database, and sets the clock.
    async fn look(&self) {
        if let Err(problem) = self.store.follow_clock().await {
            log::warn!("The database's clock could not be read: {problem}");
            return;
        }
        let waited_in: Vec<EventId> = self.rooms.all().iter().filter(|room| room.waiting() > 0).map(|room| room.id.clone()).collect();
        match self.store.heads(&waited_in).await {
            Ok(heads) => self.follow(heads.into_iter().map(|(event, head)| Moved { event, head, whole: false }).collect()).await,
            Err(problem) => log::warn!("The heads of rooms could not be read: {problem}"),
        }
    }
}
