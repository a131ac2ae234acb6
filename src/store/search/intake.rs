//! Taking rows into the index, in batches and a moment behind, so that no message waits for it.
//!
//! How far an event is taken in stands in `search_cursor`, below zero where there is more to do than what is being said
//! now, zero where it begins from the start. Whoever changes what was taken in sets it back in the same transaction; what is
//! redacted leaves the index at once. A batch leaves the index as the minutes of the rows up to its end have it.
//!
//! A newer program may fold words by other rules. It sets the cursors back that an older one wrote, and takes those events in
//! again, row by row in place of the old entries. A crash in between loses nothing: each batch moves its cursor in the
//! same transaction.

use serde_json::json;
use sqlx::{AnyConnection, Executor as _};

use super::super::engine::Engine;
use super::super::record::Record as _;
use super::super::{Error, Store, messages, minutes};
use super::{AT_ONCE, first_id, postgres};
use crate::domain::event::EventId;
use crate::domain::message::{ChatData, Kind};
use crate::domain::minutes::Fold;
use crate::domain::search::sorts::{self, Noted};
use crate::domain::search::{self, fold};
use crate::domain::time::Timestamp;

/// How many rows one transaction takes in: on SQLite messages wait for it.
const BATCH: usize = 50;
/// How many events one look for unfinished ones gives.
const EVENTS: i64 = 1_000;

/// Makes it quick to ask which events have more to be taken in. An index from before there was this one knows of nothing that was
/// taken back, so it is made anew.
pub(super) const TABLES: [&str; 2] =
    ["UPDATE search_cursor SET ts = 0", "CREATE INDEX IF NOT EXISTS search_cursor_behind ON search_cursor (event_id) WHERE ts <= 0"];

/// Has an event (`$1`) taken in anew, where it was taken in.
const AGAIN: &str = "UPDATE search_cursor SET ts = 0 WHERE event_id = $1";

/// Selects the events whose rows a program with older rules (before version `$1`) took in last. Where `ts` is 0 that is noted
/// already, or nothing was taken in yet.
macro_rules! is_outdated {
    () => {
        "ts <> 0 AND (folding < $1 OR folded <> ts)"
    };
}

impl Store {
    /// Sets the events back that a program with older rules for words took in. Returns how many there were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_outdated(&self) -> Result<u64, Error> {
        let find = concat!("SELECT event_id FROM search_cursor WHERE ", is_outdated!(), " LIMIT 1");
        if sqlx::query(find).bind(fold::VERSION).fetch_optional(&self.readers).await?.is_none() {
            return Ok(0);
        }
        let work = async {
            let mut held = self.writer.hold().await?;
            held.execute(self.engine.begin()).await?;
            // A batch of another node that has begun must not move a cursor on that is set back here.
            self.engine.lock_index(&mut held).await?;
            let set_back = concat!("UPDATE search_cursor SET ts = 0 WHERE ", is_outdated!());
            let done = sqlx::query(set_back).bind(fold::VERSION).execute(&mut *held).await?;
            held.execute("COMMIT").await?;
            held.release();
            Ok(done.rows_affected())
        };
        self.within_patience(work).await
    }

    /// Counts the events that lack more than what is being said now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_unindexed(&self) -> Result<i64, Error> {
        let count = "SELECT count(*) FROM search_cursor c JOIN chat_event e ON e.id = c.event_id WHERE c.ts <= 0 AND e.last_ts > 0";
        Ok(sqlx::query_scalar(count).fetch_one(&self.readers).await?)
    }

    /// Notes the events that no index knows of, as after an import: until they are taken in the index is behind.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_unindexed(&self) -> Result<(), Error> {
        let note = sqlx::query(
            "INSERT INTO search_cursor (event_id, ts) SELECT e.id, 0 FROM chat_event e WHERE e.last_ts > 0 \
             AND NOT EXISTS (SELECT 1 FROM search_cursor c WHERE c.event_id = e.id) ON CONFLICT (event_id) DO NOTHING",
        );
        self.writer.execute(note).await?;
        Ok(())
    }

    /// Events with rows that the index lacks, those of the newest first. It looks at all events.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unindexed(&self) -> Result<Vec<EventId>, Error> {
        self.events_of(
            "SELECT e.id FROM chat_event e LEFT JOIN search_cursor c ON c.event_id = e.id WHERE e.last_ts > coalesce(c.ts, 0) \
             ORDER BY e.last_ts DESC LIMIT $1",
        )
        .await
    }

    /// Those of them that somebody noted: what an archive brought, what is to be taken in anew. It looks at nothing else.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn noted_unindexed(&self) -> Result<Vec<EventId>, Error> {
        self.events_of(
            "SELECT e.id FROM search_cursor c JOIN chat_event e ON e.id = c.event_id WHERE c.ts <= 0 AND e.last_ts > 0 \
             ORDER BY e.last_ts DESC LIMIT $1",
        )
        .await
    }

    /// Whether the index lacks more than what is being said now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn search_is_behind(&self) -> Result<bool, Error> {
        // An event without rows has nothing to be taken in.
        let find = "SELECT e.id FROM search_cursor c JOIN chat_event e ON e.id = c.event_id WHERE c.ts <= 0 AND e.last_ts <> 0 LIMIT 1";
        let found = sqlx::query(find).fetch_optional(&self.readers).await?;
        Ok(found.is_some())
    }

    /// Whether anybody reads from the database just now: who has time lets them go first.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.readers.are_busy()
    }

    async fn events_of(&self, find: &'static str) -> Result<Vec<EventId>, Error> {
        let rows = sqlx::query(find).bind(EVENTS).fetch_all(&self.readers).await?;
        rows.iter().map(|row| row.event_id("id")).collect()
    }

    /// Takes the next rows of an event into the index. Gives whether there may be more.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; then nothing was taken in.
    pub async fn index(&self, event: &EventId) -> Result<bool, Error> {
        let work = async {
            // Dropped without being released it takes everything back.
            let mut held = self.writer.hold().await?;
            held.execute(self.engine.begin()).await?;
            let more = self.engine.take_in(&mut held, event).await?;
            held.execute("COMMIT").await?;
            held.release();
            Ok(more)
        };
        self.within_patience(work).await
    }
}

impl Engine {
    /// Takes a row out of the index, in a transaction that empties it. Where what it did to the minutes is undone with
    /// it, other rows are found otherwise from then on.
    pub(in crate::store) async fn forget(self, on: &mut AnyConnection, event: &EventId, ts: Timestamp) -> Result<(), Error> {
        self.lock_index(on).await?;
        sqlx::query("DELETE FROM search_row WHERE id BETWEEN $1 AND $2 AND event_id = $3 AND ts = $4")
            .bind(first_id(ts))
            .bind(first_id(ts).saturating_add(AT_ONCE))
            .bind(event.as_str().to_owned())
            .bind(ts.micros())
            .execute(&mut *on)
            .await?;
        let find = "SELECT ts FROM chat_data WHERE event_id = $1 AND ts = $2 AND tag IN ('strike', 'vote')";
        let found = sqlx::query(find).bind(event.as_str().to_owned()).bind(ts.micros()).fetch_optional(&mut *on).await?;
        if found.is_some() {
            sqlx::query(AGAIN).bind(event.as_str().to_owned()).execute(on).await?;
        }
        Ok(())
    }

    /// Has an event taken in anew, in a transaction that changes what its rows are to the minutes without a row of its log.
    pub(in crate::store) async fn index_anew(self, on: &mut AnyConnection, event: &EventId) -> Result<(), Error> {
        self.lock_index(on).await?;
        sqlx::query(AGAIN).bind(event.as_str().to_owned()).execute(on).await?;
        Ok(())
    }

    /// Waits until nobody else writes to the index: what another node has read but not written must not come in
    /// after it was redacted. On SQLite whoever writes is alone.
    async fn lock_index(self, on: &mut AnyConnection) -> Result<(), sqlx::Error> {
        if self == Self::Postgres {
            on.execute(postgres::LOCK).await?;
        }
        Ok(())
    }

    async fn take_in(self, on: &mut AnyConnection, event: &EventId) -> Result<bool, Error> {
        self.lock_index(on).await?;
        // The head first: all rows up to it are there when they are read.
        let head = sqlx::query(
            "SELECT e.last_ts, e.meeting_id, CASE WHEN c.folding >= $2 AND c.folded = c.ts THEN abs(c.ts) ELSE 0 END AS taken \
             FROM chat_event e LEFT JOIN search_cursor c ON c.event_id = e.id WHERE e.id = $1",
        )
        .bind(event.as_str().to_owned())
        .bind(fold::VERSION)
        .fetch_optional(&mut *on)
        .await?;
        let Some(head) = head else { return Ok(false) };
        let (last, meeting, taken) = (head.number("last_ts")?, head.text("meeting_id")?, head.number("taken")?);
        let rows = messages::page(&mut *on, event, Timestamp::from_micros(taken), BATCH).await?;
        let (noted, others) = noted(on, event, Timestamp::from_micros(taken), &rows).await?;
        let documents = others.iter().chain(&rows).filter_map(|row| {
            let words = search::index(row, &meeting, &noted);
            (!words.is_empty()).then(|| json!([first_id(row.ts), row.ts, self.document(&words)]))
        });
        let documents = documents.collect::<Vec<_>>();
        if !documents.is_empty() {
            for statement in self.enter() {
                sqlx::query(*statement).bind(json!(documents).to_string()).bind(event.as_str().to_owned()).execute(&mut *on).await?;
            }
        }
        let more = rows.len() == BATCH;
        let reached = rows.last().map_or(taken, |row| row.ts.micros());
        let advance = "INSERT INTO search_cursor (event_id, ts, folding, folded) VALUES ($1, $2, $3, $2) \
             ON CONFLICT (event_id) DO UPDATE SET ts = excluded.ts, folding = excluded.folding, folded = excluded.folded";
        sqlx::query(advance)
            .bind(event.as_str().to_owned())
            .bind(if more { -reached } else { reached.max(last) })
            .bind(fold::VERSION)
            .execute(on)
            .await?;
        Ok(more)
    }
}

/// What the rows up to the end of a batch are to the minutes, and those before it that are something else than they were.
async fn noted(on: &mut AnyConnection, event: &EventId, taken: Timestamp, rows: &[ChatData]) -> Result<(Noted, Vec<ChatData>), Error> {
    let changes = rows.iter().any(sorts::changes);
    if !changes && rows.iter().all(|row| row.tag.is_none()) {
        return Ok((Noted::default(), Vec::new()));
    }
    let corrections = minutes::corrections(&mut *on, event).await?;
    if !changes && corrections.is_empty() {
        return Ok((Noted::default(), Vec::new()));
    }
    let mut tagged = messages::tagged(&mut *on, event).await?;
    let reached = rows.last().map_or(taken, |row| row.ts);
    tagged.retain(|row| row.ts <= reached);
    let closed = rows.last().filter(|row| row.kind == Kind::Closed).map(|row| row.ts);
    let at = |until: Timestamp, ended| {
        let fold = Fold::over(tagged.iter().filter(|row| row.ts <= until));
        Noted::in_minutes(&fold.minutes(&[], &corrections, ended))
    };
    let (before, now) = (at(taken, None), at(reached, closed));
    let others = tagged.iter().filter(|row| row.ts <= taken && !before.labels(row).eq(now.labels(row))).cloned().collect();
    Ok((now, others))
}
