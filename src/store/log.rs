//! The transaction that writes event logs: where timestamps are given and phases decided.
//!
//! Everything that writes a row of CHATDATA goes through [`LogTx`], so that the promises hold in one
//! place: events are locked in the order of their ids, the clock is read after that, each row's
//! `ts` is `max(clock, last + 1)` and is also what its phase is judged by, `opened` and `closed` are
//! written once and before anything that comes after them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::events;
use super::lane::Held;
use super::messages::undecodable;
use super::{Clock, Error, Store, statements};
use crate::domain::digest;
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
    connection: Held,
    clock: Clock,
    now: Timestamp,
    events: BTreeMap<EventId, Committed>,
    /// Whether more than the head of an event may have changed.
    edited: bool,
    /// The people who were looked up, as they are by now.
    known: BTreeMap<(EventId, ParticipantId), Participant>,
    /// The rows that were asked for by participant and nonce, and those of this transaction.
    said: BTreeMap<(ParticipantId, String), ChatData>,
}

/// Id, nickname, `away_ts` and `gone_ts`, as the locking statement lists people.
type Known = (String, String, Option<i64>, Option<i64>);
/// `ts`, kind, participant, nickname, text, HTML, nonce, salt and hash, as it lists rows.
type Said = (Timestamp, String, String, Option<String>, String, String, String, Option<String>, Option<String>);

impl LogTx {
    /// Begins to write, locks the events, looks up the people and what they wrote with these nonces;
    /// what does not exist is passed over. Ends with [`Self::commit`] or [`Self::rollback`].
    pub(super) async fn begin<'i>(
        store: &Store,
        events: impl IntoIterator<Item = &'i EventId>,
        people: impl IntoIterator<Item = &'i ParticipantId>,
        nonces: impl IntoIterator<Item = (&'i ParticipantId, &'i str)>,
    ) -> Result<Self, Error> {
        let mut this = Self {
            connection: store.writer.hold().await?,
            clock: store.clock.clone(),
            now: Timestamp::ZERO,
            events: BTreeMap::new(),
            edited: false,
            known: BTreeMap::new(),
            said: BTreeMap::new(),
        };
        let events: BTreeSet<&str> = events.into_iter().map(EventId::as_str).collect();
        let people: BTreeSet<&str> = people.into_iter().map(ParticipantId::as_str).collect();
        let nonces: BTreeSet<(&str, &str)> = nonces.into_iter().map(|(who, nonce)| (who.as_str(), nonce)).collect();
        let locked = sqlx::query(statements::BEGIN_AND_LOCK)
            .bind(text(&events))
            .bind(text(&people))
            .bind(text(&nonces))
            .fetch_all(&mut *this.connection)
            .await;
        let read = match locked {
            Ok(rows) => this.take(&rows),
            Err(problem) => Err(problem.into()),
        };
        match read {
            Ok(()) => Ok(this),
            Err(problem) => {
                this.rollback().await;
                Err(problem)
            }
        }
    }

    /// Locks more events.
    pub(super) async fn lock(&mut self, events: &[EventId]) -> Result<(), Error> {
        let events: BTreeSet<&str> = events.iter().map(EventId::as_str).collect();
        let rows = sqlx::query(statements::LOCK).bind(text(&events)).bind("[]").bind("[]").fetch_all(&mut *self.connection).await?;
        self.take(&rows)
    }

    /// Takes what the locking statement read, and reads the clock after that.
    fn take(&mut self, rows: &[AnyRow]) -> Result<(), Error> {
        for row in rows {
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
            let said: String = row.try_get("said")?;
            for (ts, kind, who, nick, text, html, nonce, salt, hash) in
                serde_json::from_str::<Vec<Said>>(&said).map_err(|_| undecodable("said", &said))?
            {
                let kind = Kind::parse(&kind).ok_or_else(|| undecodable("kind", &kind))?;
                let who = ParticipantId::parse(&who).ok_or_else(|| undecodable("participant_id", &who))?;
                let row = ChatData {
                    ts,
                    kind,
                    from: Some(who.clone()),
                    nick,
                    text,
                    html,
                    nonce: Some(nonce.clone()),
                    audience: None,
                    salt,
                    hash,
                };
                self.said.insert((who, nonce), row);
            }
            self.adopt(event);
        }
        self.now = self.clock.now();
        Ok(())
    }

    /// What this participant wrote with this nonce, before or in this transaction.
    pub(super) fn said(&self, who: &ParticipantId, nonce: &str) -> Option<&ChatData> {
        self.said.get(&(who.clone(), nonce.to_owned()))
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
        &mut self.connection
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
        self.push(id, own_row(ts, kind, None, text));
    }

    /// Adds a row about a participant, `joined` and `left`.
    pub(super) fn append_about(&mut self, id: &EventId, ts: Timestamp, kind: Kind, who: &Participant, text: &str) {
        self.push(id, own_row(ts, kind, Some(who), text));
    }

    /// Adds a row. Its `ts` comes from [`Self::next_ts`], or is a set time after the last row.
    pub(super) fn push(&mut self, id: &EventId, row: ChatData) {
        if let Some(it) = self.events.get_mut(id) {
            debug_assert!(row.ts > it.event.last || cfg!(feature = "planted"), "timestamps of an event increase strictly");
            it.event.last = row.ts.max(it.event.last);
            if row.audience.is_none() {
                it.event.count += 1;
                it.event.digest = Some(digest::next(it.event.digest.as_deref(), id, &row));
            }
            if let (Some(who), Some(nonce)) = (&row.from, &row.nonce) {
                self.said.insert((who.clone(), nonce.clone()), row.clone());
            }
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

    /// Writes the events as they are by now, in the middle of the transaction.
    pub(super) async fn flush_events(&mut self) -> Result<(), Error> {
        sqlx::query(statements::UPDATE_EVENTS).bind(self.changed()).execute(&mut *self.connection).await?;
        Ok(())
    }

    fn changed(&self) -> String {
        text(&self.events.values().filter(|it| !it.dropped).map(|it| statements::event(&it.event)).collect::<Vec<_>>())
    }

    /// Writes all rows and all events, and commits. Only what this gives back may be announced. After
    /// an error nobody knows what stands: read it back.
    pub(super) async fn commit(mut self) -> Result<Vec<Committed>, Error> {
        let rows: Vec<_> = self.events.values().flat_map(|it| it.rows.iter().map(|row| statements::row(&it.event, row))).collect();
        let (rows_json, events) = (text(&rows), self.changed());
        let query = match (rows.is_empty(), self.edited) {
            (false, false) => sqlx::query(statements::WRITE_ROWS_AND_HEADS).bind(rows_json).bind(events),
            (false, true) => sqlx::query(statements::WRITE_ROWS_AND_EVENTS).bind(rows_json).bind(events),
            (true, true) => sqlx::query(statements::WRITE_EVENTS).bind(events),
            (true, false) => sqlx::query("COMMIT"),
        };
        match query.execute(&mut *self.connection).await {
            Ok(_) => {
                self.connection.release();
                Ok(self.events.into_values().collect())
            }
            Err(problem) => {
                self.rollback().await;
                Err(problem.into())
            }
        }
    }

    /// What a commit would change.
    #[cfg(feature = "planted")]
    pub(super) fn changes(&self) -> Vec<Committed> {
        self.events.values().cloned().collect()
    }

    /// Takes everything back.
    pub(super) async fn rollback(mut self) {
        match sqlx::query("ROLLBACK").execute(&mut *self.connection).await {
            Ok(_) => self.connection.release(),
            Err(problem) => {
                // Nothing was begun, or the connection is broken: the next transaction gets another one.
                log::debug!("a connection is given up: {problem}");
            }
        }
    }
}

/// A row that nobody wrote.
fn own_row(ts: Timestamp, kind: Kind, about: Option<&Participant>, text: &str) -> ChatData {
    ChatData {
        ts,
        kind,
        from: about.map(|who| who.id.clone()),
        nick: about.map(|who| who.nick.clone()),
        text: text.to_owned(),
        html: text::plain(text),
        nonce: None,
        audience: None,
        salt: None,
        hash: None,
    }
}

/// What a statement unfolds. Strings, numbers and lists of them always serialize.
fn text(values: &impl Serialize) -> String {
    serde_json::to_string(values).unwrap_or_default()
}
