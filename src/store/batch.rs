//! Group commit: what people do in rooms, many at once, in one transaction.
//!
//! On SQLite the whole transaction runs on one of the runtime's blocking threads, over a connection of
//! its own: one hop there and one back, whatever the transaction asks. The other library, which serves
//! every engine, changes threads for each word of each answer, and that cost a lone message four times
//! as much as SQLite itself. The statements are the same.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, params, params_from_iter};
use sqlx::sqlite::SqliteConnectOptions;

use super::entries::{Done, Entry, Refusal};
use super::logs::{Committed, Logs};
use super::writings::{Value, Writing};
use super::{Clock, Error, Store, events, messages, open, participants, statements};

/// What a batch did: an outcome for each entry, in order, and the changes to announce.
pub type Batch = (Vec<Result<Done, Refusal>>, Vec<Committed>);

/// The connection for batches, kept between them.
#[derive(Clone, Debug)]
pub(super) struct Batches {
    file: PathBuf,
    kept: Arc<Mutex<Option<Connection>>>,
}

impl Batches {
    /// A connection to the database at `url`, to be opened when it is needed.
    pub(super) fn at(url: &str) -> Result<Self, sqlx::Error> {
        let file = SqliteConnectOptions::from_str(url)?.get_filename().to_owned();
        Ok(Self { file, kept: Arc::default() })
    }

    /// Works on the connection. After an error it is closed, which takes back whatever was begun.
    fn on<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let connection = kept.map_or_else(|| self.open(), Ok)?;
        let done = work(&connection)?;
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        Ok(done)
    }

    fn open(&self) -> Result<Connection, Error> {
        let connection = Connection::open_with_flags(&self.file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        for pragma in open::PRAGMAS {
            connection.execute_batch(pragma)?;
        }
        Ok(connection)
    }

    /// Closes the connection.
    pub(super) fn close(&self) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((_, problem)) = kept.and_then(|connection| connection.close().err()) {
            log::warn!("The database was not closed in good order: {problem}");
        }
    }
}

impl Store {
    /// Writes a batch in one transaction and commits it.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing of the batch may be taken as written or as not written, the
    /// commit itself may have been what failed. Read back before announcing anything.
    pub async fn write(&self, entries: impl Into<Arc<Vec<Entry>>>) -> Result<Batch, Error> {
        self.run(entries.into(), |_| {}).await
    }

    /// The same, telling of the changes before they are committed.
    ///
    /// # Errors
    /// As for [`Self::write`].
    #[cfg(feature = "planted")]
    pub async fn write_too_loud(
        &self,
        entries: impl Into<Arc<Vec<Entry>>>,
        tell: impl FnOnce(Vec<Committed>) + Send + 'static,
    ) -> Result<Batch, Error> {
        let (outcomes, _) = self.run(entries.into(), |logs| tell(logs.changes())).await?;
        Ok((outcomes, Vec::new()))
    }

    /// `done` sees what the entries did, before it is written.
    async fn run(&self, entries: Arc<Vec<Entry>>, done: impl FnOnce(&Logs) + Send + 'static) -> Result<Batch, Error> {
        let (batches, clock) = (self.batches.clone(), self.clock.clone());
        // Held until the end: SQLite lets one write, and has who comes second sleep.
        let turn = self.writer.turn().await;
        let work = move || {
            let _turn = turn;
            batches.on(|connection| commit(connection, clock, &entries, done))
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|problem| Err(Error::Unavailable(problem.into())))
    }
}

fn commit(connection: &Connection, clock: Clock, entries: &[Entry], done: impl FnOnce(&Logs)) -> Result<Batch, Error> {
    connection.prepare_cached(statements::BEGIN)?.execute([])?;
    let mut logs = Logs::new(clock);
    lock(connection, &mut logs, entries)?;
    let outcomes = entries.iter().map(|entry| logs.enter(entry)).collect();
    done(&logs);
    write(connection, &logs.writings())?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok((outcomes, logs.into_changes()))
}

/// Reads all that the entries are judged by: the events first, then the clock.
fn lock(connection: &Connection, logs: &mut Logs, entries: &[Entry]) -> Result<(), Error> {
    let mut find = connection.prepare_cached(statements::FIND_EVENT)?;
    for event in entries.iter().map(Entry::event).collect::<BTreeSet<_>>() {
        let mut rows = find.query([event.as_str()])?;
        if let Some(row) = rows.next()? {
            logs.adopt(events::event(row)?);
        }
    }
    logs.start();
    let mut find = connection.prepare_cached(statements::FIND_PERSON)?;
    for (event, who) in entries.iter().filter_map(|entry| Some((entry.event(), entry.who()?))).collect::<BTreeSet<_>>() {
        let mut rows = find.query([event.as_str(), who.as_str()])?;
        if let Some(row) = rows.next()? {
            logs.take_person(event, participants::participant(row)?);
        }
    }
    let mut find = connection.prepare_cached(statements::FIND_SAID)?;
    for (who, nonce) in entries.iter().filter_map(Entry::nonce) {
        let mut rows = find.query([who.as_str(), nonce])?;
        if let Some(row) = rows.next()? {
            logs.take_said(messages::message(row)?);
        }
    }
    let mut find = connection.prepare_cached(statements::FIND_JOINED)?;
    for entry in entries {
        if let Entry::Join { event, nick, nonce } = entry {
            let mut rows = find.query(params![event.as_str(), nick.key(), nonce])?;
            while let Some(row) = rows.next()? {
                logs.take_joined(event, participants::joined(row)?);
            }
        }
    }
    Ok(())
}

fn write(connection: &Connection, writings: &[Writing<'_>]) -> Result<(), Error> {
    for alike in writings.chunk_by(|one, next| one.0 == next.0) {
        let mut statement = connection.prepare_cached(alike[0].0)?;
        for (_, values) in alike {
            statement.execute(params_from_iter(values))?;
        }
    }
    Ok(())
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Own(text) => ValueRef::Text(text.as_bytes()),
            Self::Number(Some(number)) => ValueRef::Integer(*number),
            Self::Text(None) | Self::Number(None) => ValueRef::Null,
        }))
    }
}
