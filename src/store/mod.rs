//! All SQL and all transactions, one folder a feature; `db` is the database itself, `log` writes event logs.
//!
//! One connection writes, a pool of them reads; on SQLite that is what WAL asks for. Knows rows and
//! rules, nothing of rooms, people waiting, or HTTP.

pub mod agenda;
pub mod calendar;
pub mod db;
pub mod log;
pub mod minutes;
pub mod moving;
pub mod people;
pub mod reminders;
pub mod schedule;
pub mod search;
pub mod talk;
pub mod transcript;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sqlx::AnyConnection;

pub use self::log::batch::Committed;
use self::log::group_commit::Batches;
pub use db::clock::Clock;
use db::engine::Engine;
pub use db::open::OpenProblem;
use db::read_pool::Readers;
use db::write_connection::Lane;
use search::intake::Intake;

/// The database: a writer's connection, readers' connections, and the clock that stamps rows.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
    url: Arc<str>,
    /// Names this process to other nodes.
    node: Arc<str>,
    writer: Lane,
    batches: Batches,
    intake: Intake,
    readers: Readers,
    clock: Clock,
}

/// How long a server of databases may take for a transaction before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// What went wrong inside the database, as its library says it.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the store did not do what was asked.
#[derive(Debug)]
pub enum Error {
    /// There is no such row.
    Missing,
    /// Another row stands in the way: a name, a slug, a start that is taken.
    Conflict,
    /// The database did not answer, or not as it should. The cause is for the log, not for clients.
    Unavailable(Cause),
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
            Self::Unavailable(cause) => Some(cause.as_ref()),
            _ => None,
        }
    }
}

impl Error {
    /// The server of the database did not answer in time.
    fn silent() -> Self {
        Self::Unavailable(silence().into())
    }
}

/// What is said of a server that did not answer in time.
fn silence() -> String {
    format!("the database did not answer within {} s", PATIENCE.as_secs())
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        match &cause {
            sqlx::Error::RowNotFound => Self::Missing,
            sqlx::Error::PoolTimedOut => Self::Unavailable(
                "no connection for reading was free in time: the database does not answer, or needs more of them \
                 (the setting GAVEL_READERS (readers))"
                    .into(),
            ),
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Conflict,
            _ => Self::Unavailable(cause.into()),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Unavailable(cause.into())
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

    /// Gives up on a server that does not answer.
    async fn within_patience<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.engine.within_patience(work, Error::silent).await
    }

    /// Reads with `read` on a connection that shows one moment, whatever is written meanwhile.
    async fn of_one_moment<T>(&self, read: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, Error>) -> Result<T, Error> {
        let work = async {
            let mut lent = self.readers.lend_for_one_moment().await?;
            let found = read(&mut lent).await?;
            lent.end().await?;
            Ok(found)
        };
        self.within_patience(work).await
    }

    /// Closes every connection; on SQLite the last one folds the log file into the database. Those to a server that vanished
    /// are left: it answers no goodbye.
    pub async fn close(&self) {
        let all = async {
            self.writer.close().await;
            self.batches.close().await;
            self.intake.close().await;
            self.readers.close().await;
            Ok(())
        };
        if let Err(problem) = self.within_patience(all).await {
            ::log::warn!("The database was not closed in good order: {problem}");
        }
    }
}
