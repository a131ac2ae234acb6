//! One event's room: its recent rows ready as bytes, who is in it, and who waits for its next row.
//!
//! A room is a cache of the database and may be thrown away at any moment. It takes a committed
//! batch only where that follows on what it has; else it goes cold and is read anew.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use bytes::Bytes;
use tokio::sync::watch;

use super::answer::{self, Flags};
use super::lock;
use super::presence::Presence;
use super::rooms::Tabs;
use crate::domain::event::{ChatEvent, EventId};
use crate::domain::participant::{Participant, ParticipantId, Standing};
use crate::domain::time::Timestamp;
use crate::store::Committed;
use crate::store::events::Snapshot;

/// How many rows a room keeps ready.
pub const RING_ROWS: usize = 512;
/// How many bytes of rows a room keeps ready.
const RING_BYTES: usize = 512 * 1024;
/// How many different answers are kept between two rows. Pollers are at few cursors.
const ANSWERS: usize = 64;
/// The largest answer that is kept: those who wait get a few rows, who catches up asks once.
const SHARED_BYTES: usize = 32 * 1024;

/// The room of one event.
#[derive(Debug)]
pub struct Room {
    pub id: EventId,
    state: Mutex<State>,
    /// Says "look again". The value counts the announcements.
    signal: watch::Sender<u64>,
    /// One reader of the database at a time.
    pub(super) loading: tokio::sync::Mutex<()>,
    pub presence: Presence,
    pub tabs: Tabs,
}

#[derive(Debug)]
enum State {
    /// Not read yet, or not to be trusted. A snapshot whose head lies before `announced` is too old.
    Cold {
        announced: Timestamp,
    },
    Warm(Box<Warm>),
}

#[derive(Debug)]
struct Warm {
    event: ChatEvent,
    /// Every row after `floor` and up to `event.last`.
    ring: VecDeque<Ready>,
    ring_bytes: usize,
    floor: Timestamp,
    people: HashMap<ParticipantId, Participant>,
    /// Bodies that are shared until the next change. Only rows that everyone may see go in here.
    answers: HashMap<Key, Bytes>,
}

#[derive(Debug)]
struct Ready {
    ts: Timestamp,
    audience: Option<ParticipantId>,
    json: Bytes,
}

/// All that a shared answer depends on; head and version of the event clear the table instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    after: Timestamp,
    /// Says how far was scanned: with a row for one reader only on the way, that differs by reader.
    cursor: Timestamp,
    limit: usize,
    phase: crate::domain::event::Phase,
    flags: Flags,
}

/// What a look into the room gave.
#[derive(Debug)]
pub enum Look {
    /// Rows: the answer behind `now`.
    Rows(Bytes),
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

impl Room {
    pub(super) fn new(id: EventId) -> Self {
        Self {
            id,
            state: Mutex::new(State::Cold { announced: Timestamp::ZERO }),
            signal: watch::Sender::new(0),
            loading: tokio::sync::Mutex::new(()),
            presence: Presence::default(),
            tabs: Tabs::default(),
        }
    }

    /// Subscribes to the next announcement. Do this first, then [`Self::look`]: an announcement
    /// between the two is then noticed, never lost.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.signal.subscribe()
    }

    /// How many wait here at this moment.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.signal.receiver_count()
    }

    pub(super) fn wake(&self) {
        self.signal.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(super) fn is_cold(&self) -> bool {
        matches!(*lock(&self.state), State::Cold { .. })
    }

    /// The event as the room knows it.
    #[must_use]
    pub fn event(&self) -> Option<ChatEvent> {
        match &*lock(&self.state) {
            State::Warm(warm) => Some(warm.event.clone()),
            State::Cold { .. } => None,
        }
    }

    /// Somebody in the event.
    #[must_use]
    pub fn person(&self, id: &ParticipantId) -> Option<Participant> {
        match &*lock(&self.state) {
            State::Warm(warm) => warm.people.get(id).cloned(),
            State::Cold { .. } => None,
        }
    }

    /// Everybody who ever joined, in no order.
    #[must_use]
    pub fn people(&self) -> Vec<Participant> {
        match &*lock(&self.state) {
            State::Warm(warm) => warm.people.values().cloned().collect(),
            State::Cold { .. } => Vec::new(),
        }
    }

    /// Looks for rows after `after` that `who` may see, at the time `now`.
    #[must_use]
    pub fn look(&self, after: Timestamp, limit: usize, who: Option<&ParticipantId>, now: Timestamp) -> Look {
        let mut state = lock(&self.state);
        let State::Warm(warm) = &mut *state else { return Look::Cold };
        if let Some(who) = who
            && !warm.people.get(who).is_some_and(|it| it.standing != Standing::Gone)
        {
            return Look::Gone;
        }
        if warm.event.closed.is_some_and(|closed| after >= closed) {
            return Look::Over;
        }
        if after > warm.event.last {
            return Look::Ahead;
        }
        if after < warm.floor {
            return Look::Older;
        }
        warm.rows(after, limit, who, now)
    }

    /// An answer without rows that leaves the client at `cursor`.
    #[must_use]
    pub fn empty(&self, cursor: Timestamp, flags: Flags, now: Timestamp) -> Option<Bytes> {
        match &mut *lock(&self.state) {
            State::Warm(warm) => Some(warm.shared((cursor, cursor), 0, flags, now, |event, phase| {
                answer::tail(event, phase, cursor, flags, std::iter::empty::<&Bytes>())
            })),
            State::Cold { .. } => None,
        }
    }

    /// Takes what was read from the database, unless something newer has been announced since:
    /// then it has to be read again.
    pub(super) fn install(&self, snapshot: Snapshot) -> bool {
        let mut state = lock(&self.state);
        let State::Cold { announced } = *state else { return true };
        if announced > snapshot.event.last {
            return false;
        }
        let whole = snapshot.rows.len() < RING_ROWS;
        let mut warm = Warm {
            floor: if whole { Timestamp::ZERO } else { snapshot.rows.first().map_or(Timestamp::ZERO, |row| row.ts.plus_micros(-1)) },
            event: snapshot.event,
            ring: VecDeque::with_capacity(snapshot.rows.len()),
            ring_bytes: 0,
            people: snapshot.people.into_iter().map(|who| (who.id.clone(), who)).collect(),
            answers: HashMap::new(),
        };
        for row in snapshot.rows {
            warm.push(Ready { ts: row.ts, json: answer::row(&row), audience: row.audience });
        }
        *state = State::Warm(Box::new(warm));
        true
    }

    /// Takes a committed batch and wakes whoever waits. Called by the writer only, after the commit.
    pub(super) fn publish(&self, batch: Committed) {
        for who in batch.people.iter().filter(|who| who.standing == Standing::Gone) {
            self.presence.forget(&who.id);
        }
        {
            let mut state = lock(&self.state);
            match &mut *state {
                State::Cold { announced } => *announced = (*announced).max(batch.event.last),
                // A row that was emptied may be in the ring; a gap certainly is not.
                State::Warm(warm) if batch.dropped || !batch.redacted.is_empty() || warm.event.last != batch.before => {
                    *state = State::Cold { announced: batch.event.last };
                }
                State::Warm(warm) => warm.append(batch),
            }
        }
        self.wake();
    }

    /// Forgets everything: what is in the database is unknown until it is read.
    pub fn doubt(&self) {
        *lock(&self.state) = State::Cold { announced: Timestamp::ZERO };
        self.wake();
    }
}

impl Warm {
    fn append(&mut self, batch: Committed) {
        for row in batch.rows {
            self.push(Ready { ts: row.ts, json: answer::row(&row), audience: row.audience });
        }
        self.event = batch.event;
        for who in batch.people {
            self.people.insert(who.id.clone(), who);
        }
        self.answers.clear();
    }

    fn push(&mut self, row: Ready) {
        self.ring_bytes += row.json.len();
        self.ring.push_back(row);
        while self.ring.len() > RING_ROWS || self.ring_bytes > RING_BYTES {
            let Some(oldest) = self.ring.pop_front() else { break };
            self.ring_bytes -= oldest.json.len();
            self.floor = oldest.ts;
        }
    }

    fn rows(&mut self, after: Timestamp, limit: usize, who: Option<&ParticipantId>, now: Timestamp) -> Look {
        let first = self.ring.partition_point(|row| row.ts <= after);
        let (mut cursor, mut more, mut private) = (after, false, false);
        let mut seen: Vec<usize> = Vec::new();
        for (n, row) in self.ring.iter().enumerate().skip(first) {
            let visible = row.audience.is_none() || (who.is_some() && row.audience.as_ref() == who);
            if visible && seen.len() == limit {
                more = true;
                break;
            }
            private |= row.audience.is_some() && visible;
            cursor = row.ts;
            if visible {
                seen.push(n);
            }
        }
        if seen.is_empty() {
            return Look::Nothing(cursor);
        }
        let flags = Flags { more, ..Flags::default() };
        if private {
            let phase = self.event.phase(now);
            let rows: Vec<&Bytes> = seen.iter().map(|n| &self.ring[*n].json).collect();
            return Look::Rows(answer::tail(&self.event, phase, cursor, flags, rows.into_iter()));
        }
        let rows: Vec<Bytes> = seen.iter().map(|n| self.ring[*n].json.clone()).collect();
        Look::Rows(self.shared((after, cursor), limit, flags, now, |event, phase| answer::tail(event, phase, cursor, flags, rows.iter())))
    }

    /// The answer for this key: built once, then handed to everyone who asks for the same.
    fn shared(
        &mut self,
        (after, cursor): (Timestamp, Timestamp),
        limit: usize,
        flags: Flags,
        now: Timestamp,
        build: impl FnOnce(&ChatEvent, crate::domain::event::Phase) -> Bytes,
    ) -> Bytes {
        let phase = self.event.phase(now);
        let key = Key { after, cursor, limit, phase, flags };
        if let Some(ready) = self.answers.get(&key) {
            return ready.clone();
        }
        let made = build(&self.event, phase);
        if self.answers.len() < ANSWERS && made.len() <= SHARED_BYTES {
            self.answers.insert(key, made.clone());
        }
        made
    }
}
