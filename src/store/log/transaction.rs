//! The transaction of an organizer's act: event logs, and whatever else the act changes beside them.
//!
//! A meeting is locked before its events, and events in the order of their ids. What happens to their logs is
//! decided in [`LogBatch`]; this holds the connection, and is the only way to it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::{AnyConnection, Executor};

use super::batch::{Committed, LogBatch};
use super::bound_statement::{Value, Writing};
use super::statements;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::store::db::engine::Engine;
use crate::store::db::notification;
use crate::store::db::write_connection::Held;
use crate::store::schedule::events;
use crate::store::talk::participants;
use crate::store::{Clock, Error, Store};

/// A transaction over the logs of some events. Ends with [`Self::commit`] or [`Self::rollback`].
pub(in crate::store) struct LogTransaction {
    connection: Held,
    engine: Engine,
    clock: Clock,
    node: Arc<str>,
    logs: LogBatch,
}

impl LogTransaction {
    /// Begins to write, locks the event, before it the schedule of its meeting where that is `scheduling`, and looks up
    /// the participant; what does not exist is passed over.
    pub(in crate::store) async fn begin(
        store: &Store,
        event: Option<&EventId>,
        scheduling: bool,
        who: Option<&ParticipantId>,
    ) -> Result<Self, Error> {
        let (connection, logs) = (store.writer.hold().await?, LogBatch::default());
        let mut this = Self { connection, engine: store.engine, clock: store.clock.clone(), node: Arc::clone(&store.node), logs };
        match this.read(event, scheduling, who).await {
            Ok(()) => Ok(this),
            Err(problem) => {
                this.rollback().await;
                Err(problem)
            }
        }
    }

    async fn read(&mut self, event: Option<&EventId>, scheduling: bool, who: Option<&ParticipantId>) -> Result<(), Error> {
        self.connection.execute(self.engine.begin()).await?;
        if let (Some(event), true) = (event, scheduling) {
            sqlx::query(self.engine.lock_meeting_of()).bind(event.as_str()).fetch_optional(&mut *self.connection).await?;
        }
        self.lock(event.into_iter()).await?;
        if let (Some(event), Some(who)) = (event, who) {
            let find = sqlx::query(statements::FIND_PERSON).bind(event.as_str()).bind(who.as_str());
            if let Some(row) = find.fetch_optional(&mut *self.connection).await? {
                self.logs.take_person(event, participants::participant(&row)?);
            }
        }
        Ok(())
    }

    /// Locks these events, which come in the order of their ids.
    pub(in crate::store) async fn lock<'e>(&mut self, events: impl Iterator<Item = &'e EventId>) -> Result<(), Error> {
        for event in events {
            let find = sqlx::query(self.engine.lock_event()).bind(event.as_str());
            if let Some(row) = find.fetch_optional(&mut *self.connection).await? {
                self.logs.adopt(events::event(&row)?);
            }
        }
        self.logs.start(self.engine.time(&self.clock, &mut self.connection).await?);
        Ok(())
    }

    /// Keeps others from the schedule of a meeting until the end of the transaction.
    pub(in crate::store) async fn lock_meeting(&mut self, meeting: &str) -> Result<(), Error> {
        sqlx::query(self.engine.lock_meeting()).bind(meeting).fetch_optional(&mut *self.connection).await?;
        Ok(())
    }

    /// What the nodes have in common under this name, kept from others until the end of the transaction. Locked before
    /// anything else.
    pub(in crate::store) async fn lock_agreed(&mut self, name: &'static str) -> Result<String, Error> {
        Ok(sqlx::query_scalar(self.engine.lock_agreed()).bind(name).fetch_one(&mut *self.connection).await?)
    }

    /// The connection, for statements beside the logs.
    pub(in crate::store) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }

    /// Takes a row that is emptied out of the index of the search.
    pub(in crate::store) async fn take_from_index(&mut self, event: &EventId, ts: Timestamp) -> Result<(), Error> {
        self.engine.forget(&mut self.connection, event, ts).await
    }

    /// Has an event taken into the index of the search anew.
    pub(in crate::store) async fn index_anew(&mut self, event: &EventId) -> Result<(), Error> {
        self.engine.index_anew(&mut self.connection, event).await
    }

    /// Writes the events as they are by now, in the middle of the transaction.
    pub(in crate::store) async fn flush_events(&mut self) -> Result<(), Error> {
        put(&mut self.connection, self.logs.edits()).await
    }

    /// Writes what is to be written, and commits. Only what this gives back may be announced. After an
    /// error nobody knows what stands: read it back.
    pub(in crate::store) async fn commit(mut self) -> Result<Vec<Committed>, Error> {
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
        put(&mut self.connection, self.logs.writings().into_iter()).await?;
        if self.engine == Engine::Postgres {
            for notice in notification::of(&self.node, self.logs.changes(), true) {
                sqlx::query(notification::NOTIFY).bind(notice).execute(&mut *self.connection).await?;
            }
        }
        self.connection.execute("COMMIT").await?;
        Ok(())
    }

    /// Ends with a commit where all went well, else with a rollback.
    pub(in crate::store) async fn end<T>(self, outcome: Result<T, Error>) -> Result<T, Error> {
        match outcome {
            Ok(_) => drop(self.commit().await?),
            Err(_) => self.rollback().await,
        }
        outcome
    }

    /// Takes everything back.
    pub(in crate::store) async fn rollback(mut self) {
        match sqlx::query("ROLLBACK").execute(&mut *self.connection).await {
            Ok(_) => self.connection.release(),
            Err(problem) => {
                // Nothing was begun, or the connection is broken: the next transaction gets another one.
                log::debug!("a connection is given up: {problem}");
            }
        }
    }
}

async fn put<'l>(connection: &mut AnyConnection, writings: impl Iterator<Item = Writing<'l>>) -> Result<(), Error> {
    for (statement, values) in writings {
        let mut query = sqlx::query(statement);
        for value in values {
            query = match value {
                Value::Text(text) => query.bind(text.map(str::to_owned)),
                Value::Own(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
            };
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

impl Deref for LogTransaction {
    type Target = LogBatch;

    fn deref(&self) -> &LogBatch {
        &self.logs
    }
}

impl DerefMut for LogTransaction {
    fn deref_mut(&mut self) -> &mut LogBatch {
        &mut self.logs
    }
}
