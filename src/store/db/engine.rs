//! The engines, and where they differ: how one is told apart, begins to write, reads one moment, locks
//! an event, and tells the time.

use sqlx::{AnyConnection, Executor as _, Row as _};

use crate::domain::time::Timestamp;
use crate::store::schedule::events::select_event;
use crate::store::{Clock, Error, PATIENCE};

/// What keeps the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Engine {
    /// One node, with the database inside.
    Sqlite,
    /// As many nodes as one likes on one server, whose clock is the clock of all of them.
    Postgres,
}

/// Microseconds since 1970 by the database's clock at this moment, not at the transaction's beginning.
macro_rules! database_time {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    };
}
pub(in crate::store) use database_time;

impl Engine {
    /// The engine of a database at `url`, by its scheme.
    pub(in crate::store) fn of(url: &str) -> Option<Self> {
        match url.split(':').next() {
            Some("sqlite") => Some(Self::Sqlite),
            Some("postgres" | "postgresql") => Some(Self::Postgres),
            _ => None,
        }
    }

    /// Begins a transaction that writes. SQLite locks everything with it.
    pub(in crate::store) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Begins a transaction in which all reading shows one moment.
    pub(in crate::store) const fn begin_reading(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Reads an event, `$1`, that nobody else writes to until the end of the transaction.
    pub(in crate::store) const fn lock_event(self) -> &'static str {
        match self {
            Self::Sqlite => select_event!("WHERE e.id = $1"),
            Self::Postgres => select_event!("WHERE e.id = $1 FOR UPDATE OF e"),
        }
    }

    /// Holds on to a meeting, `$1`, until the end of the transaction: nobody else changes its schedule. Rows that
    /// refer to it may be written meanwhile.
    pub(in crate::store) const fn lock_meeting(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT id FROM meeting WHERE id = $1",
            Self::Postgres => "SELECT id FROM meeting WHERE id = $1 FOR NO KEY UPDATE",
        }
    }

    /// Keeps others from adding accounts until the end of the transaction. SQLite lets only one write anyway.
    pub(in crate::store) const fn lock_organizers(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("LOCK TABLE organizer IN SHARE ROW EXCLUSIVE MODE"),
        }
    }

    /// The same with the meeting of an event, `$1`.
    pub(in crate::store) const fn lock_meeting_of(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT meeting_id FROM chat_event WHERE id = $1",
            Self::Postgres => "SELECT id FROM meeting WHERE id = (SELECT meeting_id FROM chat_event WHERE id = $1) FOR NO KEY UPDATE",
        }
    }

    /// Reads what nodes have in common under a name, `$1`, and nobody else changes until the end of the transaction.
    pub(in crate::store) const fn lock_agreed(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT value FROM agreed WHERE name = $1",
            Self::Postgres => "SELECT value FROM agreed WHERE name = $1 FOR UPDATE",
        }
    }

    /// Gives up, and says so with `silent`, on a server that does not answer; SQLite, which is in here, always does.
    pub(in crate::store) async fn within_patience<T, E>(self, work: impl Future<Output = Result<T, E>>, silent: fn() -> E) -> Result<T, E> {
        match self {
            Self::Sqlite => work.await,
            Self::Postgres => tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(silent())),
        }
    }

    /// Lets the transaction that has just begun take all the time that it needs: whoever moves everything
    /// waits for who reads or feeds the file.
    pub(in crate::store) async fn take_time(self, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
        if self == Self::Postgres {
            for setting in ["SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0"] {
                connection.execute(setting).await?;
            }
        }
        Ok(())
    }

    /// The one clock, read now: where several nodes write, the database's.
    pub(in crate::store) async fn time(self, clock: &Clock, connection: &mut AnyConnection) -> Result<Timestamp, Error> {
        match self {
            Self::Sqlite => Ok(clock.now()),
            Self::Postgres => {
                let row = sqlx::query(concat!("SELECT ", database_time!(), " AS now")).fetch_one(connection).await?;
                Ok(clock.turned(row.try_get("now")?))
            }
        }
    }
}
