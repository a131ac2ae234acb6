//! One event's room: what is in it, who waits for its next row, and when they are woken.
//!
//! A room is a cache of the database and may be thrown away at any moment. It takes a committed
//! batch only where that follows on what it has; else it goes cold and is read anew. Everything is
//! behind one lock, held for a moment and released before anybody is woken.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Instant;

use bytes::Bytes;

use super::answer::Flags;
use super::node::Node;
use super::presence::Presence;
use super::ring::Ring;
use super::wait::Wait;
use super::waiting::{Seat, Waiting};
use super::{lock, rhythm};
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::talk::message::Kind;
use crate::domain::talk::participant::{Participant, ParticipantId, ParticipantState};
use crate::domain::time::Timestamp;
use crate::store::schedule::events::Snapshot;
use crate::store::{Clock, Committed};

/// The room of one event.
#[derive(Debug)]
pub struct Room {
    pub id: EventId,
    pub(super) node: Arc<Node>,
    inner: Mutex<Inner>,
    /// One reader of the database at a time.
    pub(super) loading: tokio::sync::Mutex<()>,
    pub presence: Presence,
    /// True if the event was a draft's when it was read: then only its organizer may see it.
    hidden: AtomicBool,
    /// Names browser tabs by numbers that nobody can foresee.
    tabs: RandomState,
}

#[derive(Debug)]
pub(super) struct Inner {
    state: State,
    pub waiting: Waiting,
    /// Where the poll of a browser tab sits.
    pub tabs: HashMap<u64, Seat>,
    /// Until when what comes is held back; `None` while nothing came.
    hot_until: Option<Instant>,
    /// Somebody was asked to show at `hot_until` what is held back.
    held: bool,
    /// How often everything was forgotten: what was read before that may be too old.
    doubts: u64,
}

#[derive(Debug)]
enum State {
    /// Not read yet, or not to be trusted. A snapshot whose head lies before `announced` is too old.
    Cold {
        announced: Timestamp,
    },
    Warm(Box<Ring>),
}

/// What a cold room knows of its event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    announced: Timestamp,
    doubts: u64,
}

/// What whoever looks wants to see.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Who asks; `None` sees what everyone may see.
    pub who: Option<&'a ParticipantId>,
    /// The most rows.
    pub limit: usize,
    pub form: Form,
    /// Whether it would rather wait than get what a busy room has not shown yet.
    pub waits: bool,
}

impl Ask<'_> {
    /// Whether a row for this audience is for whoever asks; `None` is for everyone.
    #[must_use]
    pub fn sees(&self, audience: Option<&ParticipantId>) -> bool {
        audience.is_none() || audience == self.who
    }
}

/// What the rows are wanted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// A poll's answer behind `now`.
    Page,
    /// Server-sent events.
    Frames,
}

/// What a look into the room gave.
#[derive(Debug)]
pub enum Look {
    /// Rows, as bytes, and the last one scanned for them.
    Rows(Bytes, Timestamp),
    /// Nothing to see up to this cursor. Wait, or answer with [`Room::empty`].
    Nothing(Timestamp),
    /// The cursor is at or past the end of a closed event.
    Over,
    /// The rows asked for are older than what is kept ready.
    Older,
    /// The cursor lies ahead of the last row.
    Ahead,
    /// Whoever asks is gone from the event.
    Gone,
    /// The room has to be read from the database first.
    Cold,
}

impl Inner {
    pub fn look(&mut self, after: Timestamp, ask: &Ask<'_>, clock: &Clock) -> Look {
        match &mut self.state {
            State::Warm(ring) => ring.look(after, ask, clock),
            State::Cold { .. } => Look::Cold,
        }
    }

    /// Ends the poll that sits at a tab's place, if one does.
    pub fn take_over(&mut self, tab: u64) -> Option<Waker> {
        self.tabs.remove(&tab).and_then(|seat| self.waiting.replace(seat))
    }
}

impl Room {
    pub(super) fn new(id: EventId, node: Arc<Node>) -> Self {
        let inner = Inner {
            state: State::Cold { announced: Timestamp::ZERO },
            waiting: Waiting::default(),
            tabs: HashMap::new(),
            hot_until: None,
            held: false,
            doubts: 0,
        };
        Self {
            id,
            node,
            inner: Mutex::new(inner),
            loading: tokio::sync::Mutex::new(()),
            presence: Presence::default(),
            hidden: AtomicBool::new(false),
            tabs: RandomState::new(),
        }
    }

    pub(super) fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// Runs `read` on what is here, if the room is warm.
    fn warm<T>(&self, read: impl FnOnce(&mut Ring) -> T) -> Option<T> {
        match &mut self.inner().state {
            State::Warm(ring) => Some(read(ring)),
            State::Cold { .. } => None,
        }
    }

    /// How many wait here at this moment.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.inner().waiting.count()
    }

    pub(super) fn is_cold(&self) -> bool {
        matches!(self.inner().state, State::Cold { .. })
    }

    /// Returns whether the event was a draft's when the room was read. A draft may have been published since, while a
    /// meeting that is published never becomes a draft again.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.hidden.load(Ordering::Relaxed)
    }

    /// The event as the room knows it.
    #[must_use]
    pub fn event(&self) -> Option<ChatEvent> {
        self.warm(|ring| ring.event.clone())
    }

    /// Somebody in the event.
    #[must_use]
    pub fn person(&self, id: &ParticipantId) -> Option<Participant> {
        self.warm(|ring| ring.people.get(id).cloned()).flatten()
    }

    /// Whether somebody timed out of an event that is open at `now`.
    #[must_use]
    pub fn misses(&self, id: &ParticipantId, now: Timestamp) -> bool {
        let away = |ring: &mut Ring| ring.people.get(id).is_some_and(|it| it.standing == ParticipantState::Away);
        self.warm(|ring| away(ring) && ring.event.phase(now) == crate::domain::schedule::event::Phase::Open).unwrap_or_default()
    }

    /// Everybody who ever joined, in no order.
    #[must_use]
    pub fn people(&self) -> Vec<Participant> {
        self.warm(|ring| ring.people.values().cloned().collect()).unwrap_or_default()
    }

    /// Looks for rows after `after`, at once.
    #[must_use]
    pub fn look(&self, after: Timestamp, ask: &Ask<'_>) -> Look {
        self.inner().look(after, ask, &self.node.clock)
    }

    /// Waits for rows after `after`, until the time `until` of [`Node::time`]. A newer poll of the
    /// same `tab` ([`Self::tab`]) ends it, or one of the same `owner` ([`super::presence::Parked::owner`]) who has too many.
    #[must_use]
    pub fn wait<'r>(&'r self, after: Timestamp, ask: Ask<'r>, until: u64, owner: u64, tab: Option<u64>) -> Wait<'r> {
        Wait::new(self, after, ask, until, owner, tab)
    }

    /// The number of somebody's browser tab.
    #[must_use]
    pub fn tab(&self, who: &ParticipantId, tab: &str) -> u64 {
        self.tabs.hash_one((who, tab))
    }

    /// Ends the older poll of a tab.
    pub fn take_over(&self, tab: u64) {
        let older = self.inner().take_over(tab);
        wake(older);
    }

    /// Ends the oldest poll of a person who has `most` polls here or more.
    pub(super) fn end_oldest(&self, owner: u64, most: usize) {
        let oldest = self.inner().waiting.replace_oldest(owner, most);
        wake(oldest);
    }

    /// An answer without rows that leaves the client at `cursor`, whatever there is behind it.
    #[must_use]
    pub fn empty(&self, cursor: Timestamp, flags: Flags, now: Timestamp) -> Option<Bytes> {
        self.warm(|ring| ring.empty(cursor, flags, now))
    }

    /// The same, if there is nothing behind `cursor`: so its count and digest are those up to there,
    /// also where a row came since the last look.
    #[must_use]
    pub fn rest(&self, cursor: Timestamp, now: Timestamp) -> Option<Bytes> {
        self.warm(|ring| (ring.event.last <= cursor).then(|| ring.empty(cursor, Flags::default(), now))).flatten()
    }

    /// What a cold room has been told so far; `None` where it is warm. To be asked before the database is.
    pub(super) fn told(&self) -> Option<Told> {
        let inner = self.inner();
        match inner.state {
            State::Cold { announced } => Some(Told { announced, doubts: inner.doubts }),
            State::Warm(_) => None,
        }
    }

    /// Takes what was read from the database after the room had been `told` that much. Where it was told of
    /// more since, or doubts since, it has to be read again. A head that lies behind what was announced before
    /// the reading is no reason: then the database was set back.
    pub(super) fn install(&self, snapshot: Snapshot, told: Told) -> bool {
        let mut inner = self.inner();
        let State::Cold { announced } = inner.state else { return true };
        if inner.doubts != told.doubts || (announced > told.announced && announced > snapshot.event.last) {
            return false;
        }
        self.hidden.store(snapshot.event.draft, Ordering::Relaxed);
        inner.state = State::Warm(Box::new(Ring::new(snapshot)));
        true
    }

    /// Takes a committed batch, and wakes whoever waits: at once where the room was quiet, so that a
    /// lone message is there at once; where it is hot, what comes within its pause ([`rhythm::pause`]) is held
    /// back and shown together. Gives the time at which [`Self::show`] is then to be called. Called by the
    /// writer only, after the commit.
    #[must_use]
    pub(super) fn publish(&self, batch: Committed) -> Option<Instant> {
        for who in batch.people.iter().filter(|who| who.standing == ParticipantState::Gone) {
            self.presence.forget(&who.id);
        }
        let now = Instant::now();
        let mut inner = self.inner();
        // Phases are waited for on the second, and whoever was removed must not hear more.
        let mut urgent = batch.people.iter().any(|who| who.standing == ParticipantState::Gone)
            || batch.rows.iter().any(|row| matches!(row.kind, Kind::Opened | Kind::Closed | Kind::Cancelled | Kind::Restored));
        match &mut inner.state {
            State::Cold { announced } => {
                *announced = (*announced).max(batch.event.last);
                urgent = true;
            }
            // A row that was emptied may be here; a gap certainly is not.
            State::Warm(ring) if batch.dropped || !batch.redacted.is_empty() || ring.event.last < batch.before => {
                inner.state = State::Cold { announced: batch.event.last };
                urgent = true;
            }
            // Read from the database before this was told, with all that lay between.
            State::Warm(ring) if ring.event.last > batch.event.last => return None,
            State::Warm(ring) => ring.append(batch),
        }
        if let Some(until) = inner.hot_until.filter(|until| !urgent && now < *until) {
            let asked = std::mem::replace(&mut inner.held, true);
            return (!asked).then_some(until);
        }
        let woken = inner.show();
        inner.hot_until = Some(now + rhythm::pause(self.node.pace, woken.len()));
        drop(inner);
        wake(woken);
        None
    }

    /// Shows what was held back.
    pub(super) fn show(&self) {
        let mut inner = self.inner();
        if std::mem::take(&mut inner.held) {
            let woken = inner.show();
            inner.hot_until = Some(Instant::now() + rhythm::pause(self.node.pace, woken.len()));
            drop(inner);
            wake(woken);
        }
    }

    /// Has everyone who waits look again.
    pub(super) fn wake(&self) {
        let woken = self.inner().waiting.wake_all();
        wake(woken);
    }

    /// Wakes those whose time is over at `now`; says when the next one's is.
    pub(super) fn wake_due(&self, now: u64) -> u64 {
        let (woken, next) = self.inner().waiting.wake_due(now);
        wake(woken);
        next
    }

    /// Whether a batch leaves a gap behind what is here: another node wrote between.
    pub(super) fn lacks(&self, batch: &Committed) -> bool {
        self.warm(|ring| ring.event.last < batch.before).unwrap_or_default()
    }

    /// Sees to it that a cold room is not read from before the event came up to `head`.
    pub(super) fn await_head(&self, head: Timestamp) {
        if let State::Cold { announced } = &mut self.inner().state {
            *announced = head.max(*announced);
        }
    }

    /// Forgets everything: what is in the database is unknown until it is read.
    pub fn doubt(&self) {
        self.overtaken(Timestamp::ZERO);
    }

    /// Forgets everything, as the event has come up to `head` in a way that only the database tells.
    pub(super) fn overtaken(&self, head: Timestamp) {
        let woken = {
            let mut inner = self.inner();
            let known = if let State::Cold { announced } = inner.state { announced } else { Timestamp::ZERO };
            inner.state = State::Cold { announced: head.max(known) };
            inner.doubts += 1;
            inner.show()
        };
        wake(woken);
    }
}

impl Inner {
    fn show(&mut self) -> Vec<Waker> {
        if let State::Warm(ring) = &mut self.state {
            ring.show();
        }
        self.held = false;
        self.waiting.wake_all()
    }
}

/// Call it with no lock held.
pub(super) fn wake(woken: impl IntoIterator<Item = Waker>) {
    for waker in woken {
        waker.wake();
    }
}
