//! All SQL and all transactions, one file a table or two.
//!
//! One connection writes, a pool of them reads; on SQLite that is what WAL asks for. Knows rows and
//! rules, nothing of rooms, people waiting, or HTTP.

pub mod acts;
pub mod clock;
mod digests;
pub mod entries;
pub mod events;
mod lane;
mod log;
pub mod meetings;
pub mod messages;
pub mod open;
pub mod organizers;
pub mod participants;
#[cfg(feature = "planted")]
pub mod planted;
mod schedule;
mod statements;
pub mod walk;

use std::fmt;

use sqlx::AnyPool;

pub use clock::Clock;
use lane::Lane;
pub use log::Committed;
pub use open::OpenProblem;

/// The database: a writer's connection, readers' connections, and the clock that stamps rows.
#[derive(Clone, Debug)]
pub struct Store {
    writer: Lane,
    readers: AnyPool,
    clock: Clock,
}

/// Why the store did not do what was asked.
#[derive(Debug)]
pub enum Error {
    /// There is no such row.
    Missing,
    /// Another row stands in the way: a name, a slug, a start that is taken.
    Conflict,
    /// The database did not answer, or not as it should. The cause is for the log, not for clients.
    Unavailable(sqlx::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no such row"),
            Self::Conflict => f.write_str("another row stands in the way"),
            Self::Unavailable(cause) => write!(f, "the database failed: {cause}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unavailable(cause) => Some(cause),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        match &cause {
            sqlx::Error::RowNotFound => Self::Missing,
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Conflict,
            _ => Self::Unavailable(cause),
        }
    }
}

impl Store {
    /// The clock that stamps this store's rows.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn check(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    /// Closes every connection; on SQLite the last one folds the log file into the database.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
