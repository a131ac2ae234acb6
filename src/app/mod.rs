//! The operations: verbs that a user would use, one folder a feature, one file for each or for a few of a kind.
//!
//! The only place that joins store and live. Knows nothing of HTTP; gets parsed or raw values and
//! gives back values or an [`Error`].

pub mod agenda;
pub mod budgets;
pub mod calendar;
pub mod error;
mod event_cache;
pub mod limits;
pub mod minutes;
pub mod moving;
pub mod people;
pub mod reminders;
pub mod schedule;
pub mod search;
pub mod security_log;
pub mod talk;
pub mod transcript;

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Notify;

use self::budgets::Budgets;
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::secret::{self, Signer};
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::email::{self, Mailer};
use crate::live::admission::Admission;
use crate::live::node::Node;
use crate::live::relay::Relay;
use crate::live::room::Room;
use crate::live::rooms::Rooms;
use crate::live::schedule::keeper::Keeper;
use crate::live::search::indexer::Indexer;
use crate::live::writer::Writer;
use crate::store::{Clock, Store};

pub use error::{Error, Thing};
pub use limits::{Limits, Rates};

/// The program's operations: a handle on what they work on, of which a node has one.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// What the operations work on.
#[derive(Debug)]
pub struct Parts {
    store: Store,
    rooms: Arc<Rooms>,
    writer: Writer,
    signer: Signer,
    limits: Limits,
    budgets: Budgets,
    exports: transcript::export_limits::Exports,
    admission: Admission,
    passwords: people::passwords::Passwords,
    /// Sends mail, where there is a server for it.
    post: Option<Mailer>,
    shelf: minutes::current_minutes::MinutesCache,
    ready: calendar::icalendar::Ready,
    /// What was said in events, to look for names in.
    lines: event_cache::EventCache<talk::catch_up::Ear>,
    /// The secret of the link for the first account: of this run, or where there are several nodes, of all.
    set_up: String,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Puts the operations together on an open store and starts the tasks behind them. `key` signs
    /// participants' tokens. Call it inside a tokio runtime.
    #[must_use]
    pub fn start(store: Store, key: &[u8], rates: &Rates) -> Self {
        Self::start_with(store, key, rates, None)
    }

    /// The same, with the server that takes its mails.
    #[must_use]
    pub fn start_with(store: Store, key: &[u8], rates: &Rates, mail: Option<email::Settings>) -> Self {
        let rooms = Arc::new(Rooms::new(Node::new(store.clock().clone(), rates.pace)));
        let changed = Arc::new(Notify::new());
        let writer = Writer::start(store.clone(), Arc::clone(&rooms), Arc::clone(&changed), rates.gather);
        Relay { store: store.clone(), rooms: Arc::clone(&rooms), changed: Arc::clone(&changed) }.start();
        Indexer { store: store.clone(), rooms: Arc::clone(&rooms) }.start();
        Keeper { store: store.clone(), rooms: Arc::clone(&rooms), writer: writer.clone(), changed }.start();
        let signer = Signer::new(key);
        let post = mail.map(|settings| Mailer::start(settings, store.clone(), signer.clone()));
        Self::of(store, rooms, writer, signer, rates, post)
    }

    /// The operations without the tasks of a server, for a command beside one.
    #[must_use]
    pub fn tool(store: Store, rates: &Rates) -> Self {
        let rooms = Arc::new(Rooms::new(Node::new(store.clock().clone(), rates.pace)));
        let writer = Writer::start(store.clone(), Arc::clone(&rooms), Arc::default(), rates.gather);
        Self::of(store, rooms, writer, Signer::new(&[]), rates, None)
    }

    fn of(store: Store, rooms: Arc<Rooms>, writer: Writer, signer: Signer, rates: &Rates, post: Option<Mailer>) -> Self {
        let set_up = if store.is_shared() { signer.set_up() } else { secret::readable(32) };
        Self(Arc::new(Parts {
            store,
            rooms,
            writer,
            signer,
            limits: Limits::new(rates),
            exports: transcript::export_limits::Exports::default(),
            budgets: Budgets::new(rates.network_posts, rates.event_posts, rates.reads, rates.reads_at_once),
            admission: Admission::new(rates.polls),
            passwords: people::passwords::Passwords::default(),
            post,
            shelf: minutes::current_minutes::MinutesCache::default(),
            ready: calendar::icalendar::Ready::default(),
            lines: event_cache::EventCache::default(),
            set_up,
        }))
    }

    /// The server's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.store.clock().now()
    }

    /// The clock that everything here goes by, for tests to turn.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.store.clock().clone()
    }

    /// The rooms of this node, for tests to see who waits in them.
    #[must_use]
    pub fn rooms(&self) -> Arc<Rooms> {
        Arc::clone(&self.rooms)
    }

    /// Whether the program can serve: the database answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn health(&self) -> Result<(), Error> {
        Ok(self.store.check().await?)
    }

    /// Ends every parked poll; new ones answer at once.
    pub fn begin_stop(&self) {
        self.rooms.stop();
        if let Some(post) = &self.post {
            post.begin_stop();
        }
    }

    /// Lets every accepted write be finished, then closes the database.
    pub async fn finish(&self) {
        self.writer.drain().await;
        if let Some(post) = &self.post {
            post.finish().await;
        }
        self.store.close().await;
    }

    /// An event by its id.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn event(&self, id: &EventId) -> Result<ChatEvent, Error> {
        self.store.find_event(id).await?.ok_or(Error::NotFound(Thing::Event))
    }

    /// The room of an event. Where it is ready, as for nearly every poll, this waits for nothing; the
    /// rare reading of it is boxed, so that those who ask stay small.
    async fn room(&self, id: &EventId) -> Result<Arc<Room>, Error> {
        match self.rooms.ready(id) {
            Some(room) => Ok(room),
            None => Ok(Box::pin(self.rooms.enter(&self.store, id)).await?),
        }
    }

    /// Whose token this is. That the participant is of the event, and not gone, is for the room or
    /// the writing transaction to say.
    ///
    /// # Errors
    /// [`Error::BadToken`].
    pub fn authenticate(&self, token: &str) -> Result<ParticipantId, Error> {
        self.signer.verify(token).and_then(ParticipantId::parse).ok_or(Error::BadToken)
    }
}
