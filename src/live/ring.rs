//! A room's newest rows, ready as bytes, and the answers made of them that pollers share.
//!
//! What is here is committed. A busy room gathers rows for a moment before it *shows* them: who has
//! all that is shown waits on. Whoever is behind, or does not want to wait, gets everything.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use foldhash::fast::RandomState;

use super::answer::{self, Flags};
use super::room::{Ask, Form, Look};
use crate::domain::schedule::event::{ChatEvent, Phase};
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::talk::participant::{Participant, ParticipantId, ParticipantState};
use crate::domain::time::Timestamp;
use crate::store::schedule::events::Snapshot;
use crate::store::{Clock, Committed};

/// How many rows a room keeps ready.
pub const RING_ROWS: usize = 512;
/// How many bytes of rows a room keeps ready.
const RING_BYTES: usize = 512 * 1024;
/// How many different answers are kept between two rows. Pollers are at few cursors.
const ANSWERS: usize = 64;
/// The largest answer that is kept: those who wait get a few rows, who catches up asks once.
const SHARED_BYTES: usize = 32 * 1024;

#[derive(Debug)]
pub(super) struct Ring {
    pub event: ChatEvent,
    /// Who waits behind this row waits on, though more may be here.
    shown: Timestamp,
    /// Every row after `floor` and up to `event.last`.
    rows: VecDeque<Ready>,
    bytes: usize,
    floor: Timestamp,
    /// The newest row that not everyone may see: after it, all answers are for everyone.
    private: Timestamp,
    pub people: HashMap<ParticipantId, Participant, RandomState>,
    /// Bodies that are shared until there is more. Only rows that everyone may see go in here. Nearly
    /// all pollers ask for the first ones, so that to look along them costs less than to hash.
    answers: Vec<(Key, Bytes, Timestamp)>,
}

#[derive(Debug)]
struct Ready {
    ts: Timestamp,
    kind: Kind,
    audience: Option<ParticipantId>,
    json: Bytes,
}

/// All that a shared answer depends on; a new row or a change of the event clears the table instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    after: Timestamp,
    /// 0 for an answer without rows.
    limit: usize,
    phase: Phase,
    flags: Flags,
    form: Form,
}

impl Ring {
    pub fn new(snapshot: Snapshot) -> Self {
        let whole = snapshot.rows.len() < RING_ROWS;
        let first = snapshot.rows.first().map_or(Timestamp::ZERO, |row| row.ts.plus_micros(-1));
        let mut ring = Self {
            floor: if whole { Timestamp::ZERO } else { first },
            shown: snapshot.event.last,
            event: snapshot.event,
            rows: VecDeque::with_capacity(snapshot.rows.len()),
            bytes: 0,
            private: Timestamp::ZERO,
            people: snapshot.people.into_iter().map(|who| (who.id.clone(), who)).collect(),
            answers: Vec::new(),
        };
        for row in &snapshot.rows {
            ring.push(row);
        }
        ring
    }

    /// Takes a committed batch that follows on the newest row. It is seen after [`Self::show`].
    /// Takes rows without a gap; those that are here already are passed over.
    pub fn append(&mut self, batch: Committed) {
        let head = self.event.last;
        for row in batch.rows.iter().filter(|row| row.ts > head) {
            self.push(row);
        }
        self.event = batch.event;
        self.answers.clear();
        for who in batch.people {
            self.people.insert(who.id.clone(), who);
        }
    }

    /// Shows all that is here.
    pub const fn show(&mut self) {
        self.shown = self.event.last;
    }

    fn push(&mut self, row: &ChatData) {
        let json = answer::row(row);
        if row.audience.is_some() {
            self.private = row.ts;
        }
        self.bytes += json.len();
        self.rows.push_back(Ready { ts: row.ts, kind: row.kind, audience: row.audience.clone(), json });
        while self.rows.len() > RING_ROWS || self.bytes > RING_BYTES {
            let Some(oldest) = self.rows.pop_front() else { break };
            self.bytes -= oldest.json.len();
            self.floor = oldest.ts;
        }
    }

    /// Reads no clock while the event lives.
    fn tokens_have_ended(&self, clock: &Clock) -> bool {
        (self.event.closed.is_some() || self.event.cancelled_at.is_some()) && self.event.tokens_have_ended(clock.now())
    }

    /// The clock is read only where there is something to answer: most looks find nothing.
    pub fn look(&mut self, after: Timestamp, ask: &Ask<'_>, clock: &Clock) -> Look {
        if let Some(who) = ask.who
            && (!self.people.get(who).is_some_and(|it| it.standing != ParticipantState::Gone) || self.tokens_have_ended(clock))
        {
            return Look::Gone;
        }
        if self.event.closed.is_some_and(|closed| after >= closed) {
            return Look::Over;
        }
        if after > self.event.last {
            return Look::Ahead;
        }
        if after == self.event.last || (ask.waits && after >= self.shown) {
            return Look::Nothing(after);
        }
        if after < self.floor {
            return Look::Older;
        }
        let now = clock.now();
        if after < self.private {
            return self.rows_for(after, ask, now);
        }
        let phase = self.event.phase(now);
        let key = Key { after, limit: ask.limit, phase, flags: Flags::default(), form: ask.form };
        if let Some((_, body, cursor)) = self.kept(&key) {
            return Look::Rows(body.clone(), *cursor);
        }
        let look = self.rows_for(after, ask, now);
        if let Look::Rows(body, cursor) = &look {
            self.keep(key, body, *cursor);
        }
        look
    }

    /// Builds an answer from the rows after `after` that whoever asks may see.
    fn rows_for(&self, after: Timestamp, ask: &Ask<'_>, now: Timestamp) -> Look {
        let first = self.rows.partition_point(|row| row.ts <= after);
        let (mut cursor, mut more) = (after, false);
        let mut seen: Vec<&Ready> = Vec::new();
        for row in self.rows.range(first..) {
            let visible = ask.sees(row.audience.as_ref());
            if visible && seen.len() == ask.limit {
                more = true;
                break;
            }
            cursor = row.ts;
            if visible {
                seen.push(row);
            }
        }
        if seen.is_empty() {
            return Look::Nothing(cursor);
        }
        let body = match ask.form {
            Form::Page => {
                let flags = Flags { more, ..Flags::default() };
                answer::tail(&self.event, self.event.phase(now), cursor, flags, seen.iter().map(|row| &row.json))
            }
            Form::Frames => answer::frames(seen.iter().map(|row| (row.ts, row.kind, &row.json))),
        };
        Look::Rows(body, cursor)
    }

    /// An answer without rows that leaves the client at `cursor`.
    pub fn empty(&mut self, cursor: Timestamp, flags: Flags, now: Timestamp) -> Bytes {
        let phase = self.event.phase(now);
        let key = Key { after: cursor, limit: 0, phase, flags, form: Form::Page };
        if let Some((_, body, _)) = self.kept(&key) {
            return body.clone();
        }
        let body = answer::tail(&self.event, phase, cursor, flags, std::iter::empty::<&Bytes>());
        self.keep(key, &body, cursor);
        body
    }

    fn kept(&self, key: &Key) -> Option<&(Key, Bytes, Timestamp)> {
        self.answers.iter().find(|(known, ..)| known == key)
    }

    fn keep(&mut self, key: Key, body: &Bytes, cursor: Timestamp) {
        if self.answers.len() < ANSWERS && body.len() <= SHARED_BYTES {
            self.answers.push((key, body.clone(), cursor));
        }
    }
}
