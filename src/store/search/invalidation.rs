//! Removing rows from the search index, and having events indexed again, in the transaction that makes it necessary.

use sqlx::{AnyConnection, Executor as _};

use super::super::Error;
use super::{AT_ONCE, first_id, postgres};
use crate::domain::schedule::event::EventId;
use crate::domain::secret;
use crate::domain::time::Timestamp;
use crate::store::db::engine::Engine;

/// Has an event (`$1`) indexed again from its first row, if any of it was indexed. The number `$2` is new each time, so that a
/// round that has read the event before notices the change.
const AGAIN: &str = "UPDATE search_cursor SET ts = 0, folded = $2 WHERE event_id = $1";

impl Engine {
    /// Removes a row from the index, in the transaction that empties it. If it changed the minutes, other rows have other labels
    /// from now on, so the event is indexed again.
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
            sqlx::query(AGAIN).bind(event.as_str().to_owned()).bind(secret::number()).execute(on).await?;
        }
        Ok(())
    }

    /// Has an event indexed again, in a transaction that changes its minutes without a row in its log.
    pub(in crate::store) async fn index_anew(self, on: &mut AnyConnection, event: &EventId) -> Result<(), Error> {
        self.lock_index(on).await?;
        sqlx::query(AGAIN).bind(event.as_str().to_owned()).bind(secret::number()).execute(on).await?;
        Ok(())
    }

    /// Waits until no other node writes to the index: a row must not be added after it was redacted. SQLite has one writer
    /// anyway.
    pub(super) async fn lock_index(self, on: &mut AnyConnection) -> Result<(), sqlx::Error> {
        if self == Self::Postgres {
            on.execute(postgres::LOCK).await?;
        }
        Ok(())
    }
}
