//! The transaction that writes event logs: where timestamps are given and phases decided.
//!
//! Everything that writes a row of CHATDATA goes through [`LogTx`], so that the promises hold in one
//! place: events are locked in the order of their ids, the clock is read after that, each row's
//! `ts` is `max(clock, last + 1)` and is also what its phase is judged by, `opened` and `closed` are
//! written once and before anything that comes after them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::json;
use sqlx::{Any, AnyConnection, Row, Transaction};

use super::events::{self, select_event};
use super::messages::undecodable;
use super::{Clock, Error, Store};
use crate::domain::event::{ChatEvent, EventId, Phase};
use crate::domain::message::{ChatData, Kind};
use crate::domain::participant::{Participant, ParticipantId, Standing};
use crate::domain::text;
use crate::domain::time::Timestamp;

/// What a committed transaction changed in one event, for the rooms.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The event as it is now.
    pub event: ChatEvent,
    /// The head before this transaction: a room whose head differs has missed something.
    pub before: Timestamp,
    /// The new rows, in `ts` order.
    pub rows: Vec<ChatData>,
    /// Earlier rows whose text was emptied.
    pub redacted: Vec<Timestamp>,
    /// People whose standing changed, or who are new.
    pub people: Vec<Participant>,
    /// The event exists no more.
    pub dropped: bool,
}

/// A transaction over the logs of some events.
pub(super) struct LogTx {
    tx: Transaction<'static, Any>,
    clock: Clock,
    now: Timestamp,
    events: BTreeMap<EventId, Committed>,
    /// Whether more than the head of an event may have changed.
    edited: bool,
    /// The people who were looked up, as they are by now.
    known: BTreeMap<(EventId, ParticipantId), Participant>,
}

/// Id, nickname, `away_ts` and `gone_ts`, as the locking statement lists people.
type Known = (String, String, Option<i64>, Option<i64>);

impl LogTx {
    /// Begins to write, locks the events and looks up the people; what does not exist is passed over.
    pub(super) async fn begin<'i>(
        store: &Store,
        events: impl IntoIterator<Item = &'i EventId>,
        people: impl IntoIterator<Item = &'i ParticipantId>,
    ) -> Result<Self, Error> {
        // On SQLite this takes the only write lock there is, before anything is read.
        let tx = store.writer.begin_with("BEGIN IMMEDIATE").await?;
        let mut this =
            Self { tx, clock: store.clock.clone(), now: Timestamp::ZERO, events: BTreeMap::new(), edited: false, known: BTreeMap::new() };
        this.lock(events, people).await?;
        Ok(this)
    }

    /// Locks events, looks up people in them, and reads the clock after that.
    pub(super) async fn lock<'i>(
        &mut self,
        events: impl IntoIterator<Item = &'i EventId>,
        people: impl IntoIterator<Item = &'i ParticipantId>,
    ) -> Result<(), Error> {
        let events: BTreeSet<&str> = events.into_iter().map(EventId::as_str).collect();
        let people: BTreeSet<&str> = people.into_iter().map(ParticipantId::as_str).collect();
        let rows = sqlx::query(LOCK).bind(json!(events).to_string()).bind(json!(people).to_string()).fetch_all(&mut *self.tx).await?;
        for row in &rows {
            let event = events::event(row)?;
            let people: String = row.try_get("people")?;
            for (id, nick, away, gone) in serde_json::from_str::<Vec<Known>>(&people).map_err(|_| undecodable("people", &people))? {
                let standing = match (away, gone) {
                    (_, Some(_)) => Standing::Gone,
                    (Some(_), None) => Standing::Away,
                    (None, None) => Standing::Here,
                };
                let id = ParticipantId::parse(&id).ok_or_else(|| undecodable("id", &id))?;
                self.known.insert((event.id.clone(), id.clone()), Participant { id, nick, standing });
            }
            self.adopt(event);
        }
        self.now = self.clock.now();
        Ok(())
    }

    /// Somebody of this event, as this transaction knows them.
    pub(super) fn known(&self, event: &EventId, who: &ParticipantId) -> Option<&Participant> {
        self.known.get(&(event.clone(), who.clone()))
    }

    /// Takes an event that this transaction has made or read itself.
    pub(super) fn adopt(&mut self, event: ChatEvent) {
        self.events.entry(event.id.clone()).or_insert_with(|| Committed {
            before: event.last,
            event,
            rows: Vec::new(),
            redacted: Vec::new(),
            people: Vec::new(),
            dropped: false,
        });
    }

    /// The connection, for statements beside the logs.
    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.tx
    }

    /// The clock as this transaction read it.
    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    /// The event in its present state.
    pub(super) fn event(&self, id: &EventId) -> Option<&ChatEvent> {
        self.events.get(id).filter(|it| !it.dropped).map(|it| &it.event)
    }

    /// The event to change.
    pub(super) fn event_mut(&mut self, id: &EventId) -> Option<&mut ChatEvent> {
        self.edited = true;
        self.events.get_mut(id).filter(|it| !it.dropped).map(|it| &mut it.event)
    }

    /// The `ts` that the next row of this event gets.
    pub(super) fn next_ts(&self, id: &EventId) -> Timestamp {
        self.events.get(id).map_or(self.now, |it| self.now.after(it.event.last))
    }

    /// Writes the `opened` and `closed` rows that are due, and says the phase that the next row
    /// falls into. Call it before each row.
    pub(super) fn settle(&mut self, id: &EventId) -> Option<Phase> {
        let event = self.event(id)?;
        let phase = event.phase(self.now);
        if matches!(phase, Phase::Open | Phase::Closed) && event.cancelled_at.is_none() && event.closed.is_none() {
            if event.opened.is_none() {
                let ts = event.opens_at.after(event.last);
                self.append(id, ts, Kind::Opened, "The room opened.");
                self.event_mut(id)?.opened = Some(ts);
            }
            if phase == Phase::Closed {
                let event = self.event(id)?;
                let ts = event.closes_at.after(event.last);
                self.append(id, ts, Kind::Closed, "The room closed.");
                self.event_mut(id)?.closed = Some(ts);
            }
        }
        // A row at the very end of the event may have moved it over its end.
        let event = self.event(id)?;
        Some(event.phase(self.now))
    }

    /// Adds a row of the program's own.
    pub(super) fn append(&mut self, id: &EventId, ts: Timestamp, kind: Kind, text: &str) {
        self.push(
            id,
            ChatData { ts, kind, from: None, nick: None, text: text.to_owned(), html: text::plain(text), nonce: None, audience: None },
        );
    }

    /// Adds a row about a participant, `joined` and `left`.
    pub(super) fn append_about(&mut self, id: &EventId, ts: Timestamp, kind: Kind, who: &Participant, text: &str) {
        self.push(
            id,
            ChatData {
                ts,
                kind,
                from: Some(who.id.clone()),
                nick: Some(who.nick.clone()),
                text: text.to_owned(),
                html: text::plain(text),
                nonce: None,
                audience: None,
            },
        );
    }

    /// Adds a row. Its `ts` comes from [`Self::next_ts`], or is a set time after the last row.
    pub(super) fn push(&mut self, id: &EventId, row: ChatData) {
        if let Some(it) = self.events.get_mut(id) {
            debug_assert!(row.ts > it.event.last, "timestamps of an event increase strictly");
            it.event.last = row.ts;
            it.event.count += i64::from(row.audience.is_none());
            it.rows.push(row);
        }
    }

    /// Notes that somebody's standing changed.
    pub(super) fn person(&mut self, id: &EventId, who: Participant) {
        if let Some(it) = self.events.get_mut(id) {
            it.people.retain(|known| known.id != who.id);
            self.known.insert((id.clone(), who.id.clone()), who.clone());
            it.people.push(who);
        }
    }

    /// Notes that an earlier row was emptied.
    pub(super) fn redacted(&mut self, id: &EventId, ts: Timestamp) {
        if let Some(it) = self.events.get_mut(id) {
            it.redacted.push(ts);
        }
    }

    /// Notes that the event's row is deleted.
    pub(super) fn dropped(&mut self, id: &EventId) {
        if let Some(it) = self.events.get_mut(id) {
            it.dropped = true;
            it.rows.clear();
        }
    }

    /// Writes all rows with one statement and all events with another. Gives back the rows whose
    /// participant and nonce have a row already: those are not written.
    pub(super) async fn flush(&mut self) -> Result<Vec<(EventId, ChatData)>, Error> {
        let mut rows = Vec::new();
        for it in self.events.values() {
            rows.extend(it.rows.iter().map(|row| {
                json!({
                    "event": it.event.id, "ts": row.ts, "kind": row.kind, "from": row.from, "nick": row.nick,
                    "text": row.text, "html": row.html, "nonce": row.nonce, "audience": row.audience,
                })
            }));
        }
        if rows.is_empty() {
            self.flush_events().await?;
            return Ok(Vec::new());
        }
        let statement = if self.edited { WRITE } else { WRITE_HEADS };
        let written = sqlx::query(statement).bind(json!(rows).to_string()).bind(self.changed()).fetch_all(&mut *self.tx).await?;
        if written.len() == rows.len() {
            return Ok(Vec::new());
        }
        let repeated = self.take_back(&written)?;
        self.edited = true;
        self.flush_events().await?;
        Ok(repeated)
    }

    /// Writes the events as they are by now.
    pub(super) async fn flush_events(&mut self) -> Result<(), Error> {
        if self.edited {
            sqlx::query(UPDATE_EVENTS).bind(self.changed()).execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    fn changed(&self) -> String {
        let events: Vec<_> = self.events.values().filter(|it| !it.dropped).map(|it| changed(&it.event)).collect();
        json!(events).to_string()
    }

    /// Takes the rows that were not written out of the events again.
    fn take_back(&mut self, written: &[sqlx::any::AnyRow]) -> Result<Vec<(EventId, ChatData)>, Error> {
        let mut kept: HashSet<(String, i64)> = HashSet::new();
        for row in written {
            kept.insert((row.try_get("event_id")?, row.try_get("ts")?));
        }
        let mut repeated = Vec::new();
        for it in self.events.values_mut() {
            let (stay, go): (Vec<_>, Vec<_>) =
                it.rows.drain(..).partition(|row| kept.contains(&(it.event.id.as_str().to_owned(), row.ts.micros())));
            it.event.count -= i64::try_from(go.iter().filter(|row| row.audience.is_none()).count()).unwrap_or(0);
            it.event.last = stay.last().map_or(it.before, |row| row.ts);
            it.rows = stay;
            repeated.extend(go.into_iter().map(|row| (it.event.id.clone(), row)));
        }
        Ok(repeated)
    }

    /// Commits. Only what this gives back may be announced.
    pub(super) async fn commit(self) -> Result<Vec<Committed>, Error> {
        self.tx.commit().await?;
        Ok(self.events.into_values().collect())
    }
}

// The statements in which the engines differ: SQLite folds and unfolds a batch with its JSON functions.
// A second engine gets its texts here, beside these.

/// Events by their ids, each with those of the people who are in it.
const LOCK: &str = select_event!(
    ", coalesce((SELECT json_group_array(json_array(p.id, p.nick, p.away_ts, p.gone_ts)) FROM participant p \
     WHERE p.id IN (SELECT value FROM json_each($2)) AND p.event_id = e.id), '[]') AS people",
    "WHERE e.id IN (SELECT value FROM json_each($1)) ORDER BY e.id"
);

/// The rows of a batch. Behind it, in the same round trip, goes the update of their events.
macro_rules! insert_rows {
    () => {
        "INSERT INTO chat_data (event_id, ts, kind, participant_id, nick, text, html, nonce, audience) \
         SELECT value ->> 'event', value ->> 'ts', value ->> 'kind', value ->> 'from', value ->> 'nick', \
                value ->> 'text', value ->> 'html', value ->> 'nonce', value ->> 'audience' \
         FROM json_each($1) WHERE true \
         ON CONFLICT (participant_id, nonce) WHERE nonce IS NOT NULL DO NOTHING \
         RETURNING event_id, ts"
    };
}

/// What every message moves. It touches no indexed column, so a commit writes half as many pages.
macro_rules! update_heads {
    ($parameter:literal) => {
        concat!(
            "UPDATE chat_event SET last_ts = n.value ->> 'last', row_count = n.value ->> 'count' FROM json_each(",
            $parameter,
            ") AS n WHERE chat_event.id = n.value ->> 'id'"
        )
    };
}

macro_rules! update_events {
    ($parameter:literal) => {
        concat!(
            "UPDATE chat_event SET title = n.value ->> 'title', agenda = n.value ->> 'agenda', \
             opens_at = n.value ->> 'opens_at', closes_at = n.value ->> 'closes_at', original_start = n.value ->> 'original_start', \
             opened_ts = n.value ->> 'opened', closed_ts = n.value ->> 'closed', cancelled_at = n.value ->> 'cancelled_at', \
             cancelled_with_meeting = n.value ->> 'cancelled_with_meeting', \
             last_ts = n.value ->> 'last', row_count = n.value ->> 'count' FROM json_each(",
            $parameter,
            ") AS n WHERE chat_event.id = n.value ->> 'id'"
        )
    };
}

const WRITE: &str = concat!(insert_rows!(), "; ", update_events!("$2"));
const WRITE_HEADS: &str = concat!(insert_rows!(), "; ", update_heads!("$2"));
const UPDATE_EVENTS: &str = update_events!("$1");

fn changed(event: &ChatEvent) -> serde_json::Value {
    json!({
        "id": event.id,
        "title": event.own_title.then_some(&event.title),
        "agenda": event.agenda,
        "opens_at": event.opens_at,
        "closes_at": event.closes_at,
        "original_start": event.original_start,
        "opened": event.opened,
        "closed": event.closed,
        "cancelled_at": event.cancelled_at,
        "cancelled_with_meeting": event.cancelled_with_meeting.then_some(event.cancelled_at).flatten(),
        "last": event.last,
        "count": event.count,
    })
}
