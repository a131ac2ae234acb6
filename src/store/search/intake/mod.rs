//! Adding rows to the search index: many events in one transaction.
//!
//! A round first reads, without a lock, how far each event is indexed, and its next rows. It then writes all entries and
//! cursors in one short transaction, which notices what changed in between: a row that was emptied is left out, and a cursor
//! that was moved or set back stays where it is, so that its event has another turn.
//!
//! The transaction does not wait for the disk. When the machine fails, the index may fall back to an earlier round together with
//! its cursors, and the next start continues from there.

mod postgres;
mod sqlite;

use std::collections::HashMap;

use super::super::{Error, Store};
use super::first_id;
use crate::domain::minutes::{Correction, Fold};
use crate::domain::schedule::event::EventId;
use crate::domain::search::row_kinds::{self, Noted};
use crate::domain::search::{self, fold};
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::time::Timestamp;
use crate::store::db::engine::Engine;
use crate::store::db::postgres_connection::PostgresConnection;
use crate::store::db::row::Record;
use crate::store::db::synchronous::Synchronous;

/// The connection of the index.
#[derive(Clone, Debug)]
pub(in crate::store) enum Intake {
    Sqlite(sqlite::Worker),
    Postgres(PostgresConnection),
}

impl Intake {
    /// A connection to the database at `url`, to be opened when it is needed.
    pub(in crate::store) fn at(engine: Engine, url: &str) -> Result<Self, sqlx::Error> {
        Ok(match engine {
            Engine::Sqlite => Self::Sqlite(sqlite::Worker::at(url)?),
            Engine::Postgres => Self::Postgres(PostgresConnection::at(url, Synchronous::Normal)?),
        })
    }

    /// Closes the connection.
    pub(in crate::store) async fn close(&self) {
        match self {
            Self::Sqlite(worker) => worker.close(),
            Self::Postgres(connection) => connection.close().await,
        }
    }
}

impl Store {
    /// Adds the next rows of these events to the index, in one transaction. Returns the events that may have more: first those
    /// that had no turn, then those that had.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; then nothing was added.
    pub async fn index(&self, events: &[EventId]) -> Result<Vec<EventId>, Error> {
        match &self.intake {
            Intake::Sqlite(worker) => worker.index(&self.writer, events).await,
            Intake::Postgres(connection) => connection.on(async |on| postgres::index(on, events).await).await,
        }
    }
}

/// How far an event is indexed.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    /// See `backlog`.
    ts: i64,
    /// The version of the folding rules, and `ts` again: a program that knows no such rules leaves them as they were.
    folding: i64,
    folded: i64,
    is_stored: bool,
}

impl Cursor {
    /// Up to here the event is indexed by today's rules.
    const fn reached(&self) -> i64 {
        if self.folding >= fold::VERSION && self.folded == self.ts { self.ts.abs() } else { 0 }
    }
}

/// An event that is to be indexed.
#[derive(Debug)]
struct Source {
    event: EventId,
    meeting: String,
    /// The last row that the event had when it was read.
    last: i64,
    cursor: Cursor,
    /// The rows after the cursor, read after `last`: at most as many as were asked for.
    rows: Vec<ChatData>,
    has_more: bool,
}

/// What the minutes of an event are made of.
#[derive(Debug, Default)]
struct Material {
    tagged: Vec<ChatData>,
    corrections: Vec<Correction>,
}

/// A row for the index.
#[derive(Debug)]
struct Entry {
    event: EventId,
    ts: i64,
    /// The first number that it may have in the index.
    first: i64,
    words: String,
}

/// A cursor that moves on, unless it is no longer where it was.
#[derive(Debug)]
struct Advance {
    event: EventId,
    from: Cursor,
    to: i64,
}

impl Advance {
    /// Whether the event may have more rows afterwards. `moved`: the cursor was where it was.
    const fn is_unfinished(&self, moved: bool) -> bool {
        self.to < 0 || !moved
    }
}

/// What one transaction writes. Every entry belongs to an event whose cursor moves.
#[derive(Debug, Default)]
struct Round {
    entries: Vec<Entry>,
    advances: Vec<Advance>,
}

macro_rules! select_source {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.meeting_id, e.last_ts, c.ts, c.folding, c.folded FROM chat_event e \
             LEFT JOIN search_cursor c ON c.event_id = e.id ",
            $rest
        )
    };
}
use select_source;

impl Source {
    fn read(row: &impl Record) -> Result<Self, Error> {
        let ts = row.number_or_null("ts")?;
        let cursor = Cursor {
            ts: ts.unwrap_or_default(),
            folding: row.number_or_null("folding")?.unwrap_or_default(),
            folded: row.number_or_null("folded")?.unwrap_or_default(),
            is_stored: ts.is_some(),
        };
        let (meeting, last) = (row.text("meeting_id")?, row.number("last_ts")?);
        Ok(Self { event: row.event_id("id")?, meeting, last, cursor, rows: Vec::new(), has_more: false })
    }

    /// Whether its rows need what was corrected in the minutes.
    fn needs_corrections(&self) -> bool {
        self.rows.iter().any(|row| row.tag.is_some() || row_kinds::changes(row))
    }

    /// Whether its rows need the tagged rows before them.
    fn needs_tagged(&self, corrections: &[Correction]) -> bool {
        !corrections.is_empty() || self.rows.iter().any(row_kinds::changes)
    }

    /// The time of the last of its rows.
    fn reached(&self) -> i64 {
        self.rows.last().map_or(self.cursor.reached(), |row| row.ts.micros())
    }

    /// What its rows are in the minutes, and those before them whose labels these rows change.
    fn noted(&self, material: Option<Material>) -> (Noted, Vec<ChatData>) {
        let Some(Material { mut tagged, corrections }) = material else { return (Noted::default(), Vec::new()) };
        let (taken, reached) = (Timestamp::from_micros(self.cursor.reached()), Timestamp::from_micros(self.reached()));
        tagged.retain(|row| row.ts <= reached);
        let closed = self.rows.last().filter(|row| row.kind == Kind::Closed).map(|row| row.ts);
        let at = |until: Timestamp, ended| {
            let fold = Fold::over(tagged.iter().filter(|row| row.ts <= until));
            Noted::in_minutes(&fold.minutes(&[], &corrections, ended))
        };
        let (before, now) = (at(taken, None), at(reached, closed));
        let others = tagged.iter().filter(|row| row.ts <= taken && !before.labels(row).eq(now.labels(row))).cloned().collect();
        (now, others)
    }
}

impl Round {
    /// Makes the entries of all sources. `material` has those whose minutes decide what a row is.
    fn of(engine: Engine, sources: Vec<Source>, mut material: HashMap<EventId, Material>) -> Self {
        let mut this = Self::default();
        for source in sources {
            let (noted, others) = source.noted(material.remove(&source.event));
            for row in others.iter().chain(&source.rows) {
                let words = search::index(row, &source.meeting, &noted);
                if !words.is_empty() {
                    let words = engine.document(&words);
                    this.entries.push(Entry { event: source.event.clone(), ts: row.ts.micros(), first: first_id(row.ts), words });
                }
            }
            let to = if source.has_more { -source.reached() } else { source.reached().max(source.last) };
            let from = source.cursor;
            if !from.is_stored || (to, fold::VERSION, to) != (from.ts, from.folding, from.folded) {
                this.advances.push(Advance { event: source.event, from, to });
            }
        }
        this
    }
}
