//! The transaction of an organizer's act: event logs, and whatever else the act changes beside them.
//!
//! Events are locked in the order of their ids. What happens to their logs is decided in [`Logs`];
//! this holds the connection, and is the only way to it.

use std::ops::{Deref, DerefMut};

use sqlx::AnyConnection;

use super::lane::Held;
use super::logs::{Committed, Logs};
use super::{Error, Store, statements};
use crate::domain::event::EventId;
use crate::domain::participant::ParticipantId;

/// A transaction over the logs of some events. Ends with [`Self::commit`] or [`Self::rollback`].
pub(super) struct LogTx {
    connection: Held,
    logs: Logs,
}

impl LogTx {
    /// Begins to write, locks the event and looks up the participant; what does not exist is passed over.
    pub(super) async fn begin(store: &Store, event: Option<&EventId>, who: Option<&ParticipantId>) -> Result<Self, Error> {
        let mut this = Self { connection: store.writer.hold().await?, logs: Logs::new(store.clock.clone()) };
        match this.read(statements::BEGIN_AND_LOCK, event.as_slice(), who.as_slice()).await {
            Ok(()) => Ok(this),
            Err(problem) => {
                this.rollback().await;
                Err(problem)
            }
        }
    }

    /// Locks more events.
    pub(super) async fn lock(&mut self, events: &[EventId]) -> Result<(), Error> {
        let events: Vec<_> = events.iter().collect();
        self.read(statements::LOCK, &events, &[]).await
    }

    async fn read(&mut self, lock: &'static str, events: &[&EventId], people: &[&ParticipantId]) -> Result<(), Error> {
        let rows = sqlx::query(lock)
            .bind(statements::each(events))
            .bind(statements::each(people))
            .bind(statements::NONE)
            .fetch_all(&mut *self.connection)
            .await?;
        for row in &rows {
            self.logs.take(row)?;
        }
        self.logs.start();
        Ok(())
    }

    /// The connection, for statements beside the logs.
    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }

    /// Writes the events as they are by now, in the middle of the transaction.
    pub(super) async fn flush_events(&mut self) -> Result<(), Error> {
        if let Some(events) = self.logs.changed() {
            sqlx::query(statements::UPDATE_EVENTS).bind(events).execute(&mut *self.connection).await?;
        }
        Ok(())
    }

    /// Writes what is to be written, and commits. Only what this gives back may be announced. After an
    /// error nobody knows what stands: read it back.
    pub(super) async fn commit(mut self) -> Result<Vec<Committed>, Error> {
        match self.write().await {
            Ok(()) => {
                self.connection.release();
                Ok(self.logs.into_changes())
            }
            Err(problem) => {
                self.rollback().await;
                Err(problem)
            }
        }
    }

    async fn write(&mut self) -> Result<(), Error> {
        for (statement, values) in self.logs.writings() {
            sqlx::query(statement).bind(values).execute(&mut *self.connection).await?;
        }
        sqlx::query("COMMIT").execute(&mut *self.connection).await?;
        Ok(())
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

impl Deref for LogTx {
    type Target = Logs;

    fn deref(&self) -> &Logs {
        &self.logs
    }
}

impl DerefMut for LogTx {
    fn deref_mut(&mut self) -> &mut Logs {
        &mut self.logs
    }
}
