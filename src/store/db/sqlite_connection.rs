//! A connection to SQLite for work that runs on one thread from beginning to end.
//!
//! The library that serves every engine changes threads for each statement. What is written often, messages and the search
//! index, has connections of this kind instead.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use sqlx::sqlite::SqliteConnectOptions;

use super::open;
use super::synchronous::Synchronous;
use crate::store::Error;

/// A connection that is opened when it is needed and kept between transactions.
#[derive(Clone, Debug)]
pub(in crate::store) struct SqliteConnection {
    file: PathBuf,
    synchronous: Synchronous,
    kept: Arc<Mutex<Option<Connection>>>,
}

impl SqliteConnection {
    /// A connection to the database at `url`.
    pub(in crate::store) fn at(url: &str, synchronous: Synchronous) -> Result<Self, sqlx::Error> {
        let file = SqliteConnectOptions::from_str(url)?.get_filename().to_owned();
        Ok(Self { file, synchronous, kept: Arc::default() })
    }

    /// Runs `work` on the connection. An error closes it, which rolls back an open transaction.
    pub(in crate::store) fn on<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
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
        if self.synchronous == Synchronous::Normal {
            connection.execute_batch("PRAGMA synchronous = NORMAL")?;
        }
        Ok(connection)
    }

    /// Closes the connection.
    pub(in crate::store) fn close(&self) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((_, problem)) = kept.and_then(|connection| connection.close().err()) {
            log::warn!("The database was not closed in good order: {problem}");
        }
    }
}
