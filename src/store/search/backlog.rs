//! Which events have rows that the search index lacks.
//!
//! `search_cursor.ts` is the last row of an event that the index has. It is 0 where indexing begins at the first row, and
//! negative where an earlier part of the log is still being indexed.

use sqlx::Executor as _;

use super::super::{Error, Store};
use crate::domain::schedule::event::EventId;
use crate::domain::search::fold;
use crate::store::db::row::Record as _;

/// Makes it quick to find the events that are not indexed completely. An index from before does not know what was taken back, so
/// it is built again.
pub(super) const TABLES: [&str; 2] =
    ["UPDATE search_cursor SET ts = 0", "CREATE INDEX IF NOT EXISTS search_cursor_behind ON search_cursor (event_id) WHERE ts <= 0"];
/// The number of events that one query for unfinished ones returns.
const EVENTS: i64 = 1_000;

/// Selects events that a program with older rules for words (before version `$1`) indexed last. If `ts` is 0, they are to be indexed
/// from the first row anyway.
macro_rules! is_outdated {
    () => {
        "ts <> 0 AND (folding < $1 OR folded <> ts)"
    };
}

impl Store {
    /// Has events indexed again that a program with older rules for words indexed. Returns their number.
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
            // A round of another node that has begun must not move a cursor that is set back here.
            self.engine.lock_index(&mut held).await?;
            let set_back = concat!("UPDATE search_cursor SET ts = 0 WHERE ", is_outdated!());
            let done = sqlx::query(set_back).bind(fold::VERSION).execute(&mut *held).await?;
            held.execute("COMMIT").await?;
            held.release();
            Ok(done.rows_affected())
        };
        self.within_patience(work).await
    }

    /// Counts the events of which an earlier part of the log is not indexed yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_unindexed(&self) -> Result<i64, Error> {
        let count = "SELECT count(*) FROM search_cursor c JOIN chat_event e ON e.id = c.event_id WHERE c.ts <= 0 AND e.last_ts > 0";
        Ok(sqlx::query_scalar(count).fetch_one(&self.readers).await?)
    }

    /// Notes events that the index does not know, such as imported ones, so that searches say that messages may be missing.
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

    /// Finds events with rows that the index lacks, the newest first. Looks at all events.
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

    /// Finds those of them that are noted: imported ones, and ones that are to be indexed again. Looks at no others.
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

    /// Returns whether an earlier part of any log is not indexed yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn search_is_behind(&self) -> Result<bool, Error> {
        // An event without rows has nothing to index.
        let find = "SELECT e.id FROM search_cursor c JOIN chat_event e ON e.id = c.event_id WHERE c.ts <= 0 AND e.last_ts <> 0 LIMIT 1";
        let found = sqlx::query(find).fetch_optional(&self.readers).await?;
        Ok(found.is_some())
    }

    /// Returns whether anybody is reading from the database now. Work that can wait lets them go first.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.readers.are_busy()
    }

    async fn events_of(&self, find: &'static str) -> Result<Vec<EventId>, Error> {
        let rows = sqlx::query(find).bind(EVENTS).fetch_all(&self.readers).await?;
        rows.iter().map(|row| row.event_id("id")).collect()
    }
}
