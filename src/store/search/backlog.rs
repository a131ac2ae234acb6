//! Which events have rows that the search index lacks.
//!
//! `search_cursor.ts` is the last row of an event that the index has. It is 0 where indexing begins at the first row, and
//! negative where an earlier part of the log is still being indexed.

use sqlx::Executor as _;

use super::super::{Error, Store};
use crate::domain::schedule::event::EventId;
use crate::domain::search::fold;
use crate::store::db::row::Record as _;

/// How many events one query for unfinished ones returns.
const EVENTS: i64 = 1_000;

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
}
