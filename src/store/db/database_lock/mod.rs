//! The claim on a database: a server needs it while it serves, an import while it puts other rows in.
//!
//! A server keeps rooms in memory and would go on with rows that are no longer there. On SQLite only one process at a
//! time may serve, for a second server would not hear of the first one's messages. On PostgreSQL servers tell each other, so
//! that only an import needs the database alone. The system takes a claim back when its process ends, however it ends.

mod file;
mod holder;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{AnyConnection, Connection};
use tokio::time::timeout;

use super::engine::Engine;
use super::open;
use crate::store::{Error, PATIENCE, Store};

pub use holder::{Holder, Kind};

/// The database is claimed as long as this lives.
#[derive(Debug)]
pub struct Claim(Held);

#[derive(Debug)]
enum Held {
    /// A database in memory, which nobody else has.
    Nothing,
    /// Locks on files.
    Files(file::Locks),
    /// The task that keeps a connection with the lock.
    Connection(#[expect(dead_code, reason = "ends with it")] AbortOnDrop),
}

#[derive(Debug)]
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The advisory lock of PostgreSQL that stands for the database: “gavel” in ASCII.
const KEY: i64 = 0x67_61_76_65_6c;
/// The time between two checks of the connection with the lock.
const LOOK: Duration = Duration::from_secs(5);

/// Why the database could not be claimed.
#[derive(Debug)]
pub enum ClaimProblem {
    /// Another process has it.
    Taken(Box<Holder>),
    /// The file next to the database cannot be made or locked.
    File(String, io::Error),
    Store(Error),
}

impl fmt::Display for ClaimProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(holder) => write!(f, "another process uses the database ({holder})"),
            Self::File(path, cause) => write!(f, "“{path}” cannot be made or locked ({cause})"),
            Self::Store(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for ClaimProblem {}

impl Claim {
    /// Claims the SQLite database at `url` for a server, before anything opens it or changes its tables. `None` where
    /// there is no file to lock: then [`Store::claim_to_serve`] claims it.
    ///
    /// # Errors
    /// [`ClaimProblem`].
    pub fn file_to_serve(url: &str) -> Result<Option<Self>, ClaimProblem> {
        match Engine::of(url) {
            Some(Engine::Sqlite) => file::claim(url, Kind::Server),
            _ => Ok(None),
        }
    }

    /// Records the address that the server is reached at, for others who want the database.
    pub fn serves_at(&self, address: String) {
        if let Held::Files(locks) = &self.0 {
            locks.serves_at(address);
        }
    }
}

impl Store {
    /// Claims the database for a server. On PostgreSQL other servers may do so, too.
    ///
    /// # Errors
    /// [`ClaimProblem`].
    pub async fn claim_to_serve(&self) -> Result<Claim, ClaimProblem> {
        match self.engine {
            Engine::Sqlite => self.claim_file(Kind::Server),
            Engine::Postgres => self.claim_on_server("SELECT pg_try_advisory_lock_shared($1)::int::bigint AS taken").await,
        }
    }

    /// Claims the database for an import, which no server may run beside.
    ///
    /// # Errors
    /// [`ClaimProblem`].
    pub async fn claim_alone(&self) -> Result<Claim, ClaimProblem> {
        match self.engine {
            Engine::Sqlite => self.claim_file(Kind::Import),
            Engine::Postgres => self.claim_on_server("SELECT pg_try_advisory_lock($1)::int::bigint AS taken").await,
        }
    }

    fn claim_file(&self, kind: Kind) -> Result<Claim, ClaimProblem> {
        Ok(file::claim(&self.url, kind)?.unwrap_or(Claim(Held::Nothing)))
    }

    async fn claim_on_server(&self, lock: &'static str) -> Result<Claim, ClaimProblem> {
        let problem = |cause: sqlx::Error| ClaimProblem::Store(cause.into());
        let mut connection = open::connect(self.engine, &self.url).await.map_err(problem)?;
        if !take(&mut connection, lock).await.map_err(problem)? {
            return Err(ClaimProblem::Taken(Box::default()));
        }
        let (engine, url) = (self.engine, Arc::clone(&self.url));
        let keep = async move {
            loop {
                tokio::time::sleep(LOOK).await;
                if timeout(PATIENCE, connection.ping()).await.is_ok_and(|alive| alive.is_ok()) {
                    continue;
                }
                // The server was away. Until it is back nothing can be written by anybody.
                match open::connect(engine, &url).await {
                    Ok(mut again) => {
                        if !take(&mut again, lock).await.unwrap_or_default() {
                            log::error!(
                                "The database was claimed by an import while it could not be reached. Restart this server when that has ended."
                            );
                        }
                        connection = again;
                    }
                    Err(problem) => log::debug!("the claim cannot be renewed yet: {problem}"),
                }
            }
        };
        Ok(Claim(Held::Connection(AbortOnDrop(tokio::spawn(keep)))))
    }
}

async fn take(connection: &mut AnyConnection, lock: &'static str) -> Result<bool, sqlx::Error> {
    let taken: i64 = sqlx::query_scalar(lock).bind(KEY).fetch_one(connection).await?;
    Ok(taken == 1)
}
