//! Group commit: what people do in rooms, many at once, in one transaction.
//!
//! Each engine has a connection of its own kind for this, as it is what a message waits for. What is
//! decided is decided in `batch.rs` for both, and written with the same statements or the same in bulk.

mod postgres;
mod sqlite;

use std::sync::Arc;

use super::batch::{Committed, LogBatch};
use crate::store::db::engine::Engine;
use crate::store::db::postgres_connection::PostgresConnection;
use crate::store::db::sqlite_connection::SqliteConnection;
use crate::store::db::synchronous::Synchronous;
use crate::store::talk::participant_action::{ParticipantAction, ParticipantOutcome, Refusal};
use crate::store::{Error, Store};

/// What a batch did: an outcome for each entry, in order, and the changes to announce.
pub type Batch = (Vec<Result<ParticipantOutcome, Refusal>>, Vec<Committed>);

/// The connection for batches.
#[derive(Clone, Debug)]
pub(in crate::store) enum Batches {
    Sqlite(SqliteConnection),
    Postgres(PostgresConnection),
}

impl Batches {
    /// A connection to the database at `url`, to be opened when it is needed.
    pub(in crate::store) fn at(engine: Engine, url: &str) -> Result<Self, sqlx::Error> {
        Ok(match engine {
            Engine::Sqlite => Self::Sqlite(SqliteConnection::at(url, Synchronous::Full)?),
            Engine::Postgres => Self::Postgres(PostgresConnection::at(url, Synchronous::Full)?),
        })
    }

    /// Closes the connection.
    pub(in crate::store) async fn close(&self) {
        match self {
            Self::Sqlite(connection) => connection.close(),
            Self::Postgres(connection) => connection.close().await,
        }
    }
}

impl Store {
    /// Writes a batch in one transaction and commits it.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing of the batch may be taken as written or as not written, the
    /// commit itself may have been what failed. Read back before announcing anything.
    pub async fn write(&self, entries: impl Into<Arc<Vec<ParticipantAction>>>) -> Result<Batch, Error> {
        self.run(entries.into(), |_| {}).await
    }

    /// The same, telling of the changes before they are committed.
    ///
    /// # Errors
    /// As for [`Self::write`].
    #[cfg(feature = "planted")]
    pub async fn write_too_loud(
        &self,
        entries: impl Into<Arc<Vec<ParticipantAction>>>,
        tell: impl FnOnce(Vec<Committed>) + Send + 'static,
    ) -> Result<Batch, Error> {
        let (outcomes, _) = self.run(entries.into(), |logs| tell(logs.changes().cloned().collect())).await?;
        Ok((outcomes, Vec::new()))
    }

    /// `done` sees what the entries did, before it is written.
    async fn run(&self, entries: Arc<Vec<ParticipantAction>>, done: impl FnOnce(&LogBatch) + Send + 'static) -> Result<Batch, Error> {
        let clock = self.clock.clone();
        match &self.batches {
            Batches::Sqlite(connection) => {
                let connection = connection.clone();
                // Held until the end: SQLite lets one write, and has who comes second sleep.
                let turn = self.writer.turn().await;
                let work = move || {
                    let _turn = turn;
                    connection.on(|on| sqlite::commit(on, clock, &entries, done))
                };
                tokio::task::spawn_blocking(work).await.unwrap_or_else(|problem| Err(Error::Unavailable(problem.into())))
            }
            Batches::Postgres(connection) => connection.on(async |on| postgres::commit(on, &self.node, &clock, &entries, done).await).await,
        }
    }
}
