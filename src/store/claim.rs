//! Who has the database: servers, side by side, or one that puts other rows under it, alone.
//!
//! A server keeps rooms in memory and would go on with rows that are there no more. So it claims the
//! database while it serves. The system itself takes a claim back when its process ends, however: on SQLite
//! the lock of a file, on PostgreSQL an advisory lock of a connection, which is taken again if that is lost.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{AnyConnection, Connection};
use tokio::time::timeout;

use super::engine::Engine;
use super::{Error, PATIENCE, Store, open};

/// The database is claimed as long as this lives.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "held, never read")] Held);

#[derive(Debug)]
enum Held {
    /// A database in memory, which nobody else has.
    Nothing,
    /// A file beside the database, locked.
    File(#[expect(dead_code, reason = "locked as long as it is open")] File),
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
/// How often the connection with the lock is looked after.
const LOOK: Duration = Duration::from_secs(5);

/// Why the database could not be claimed.
#[derive(Debug)]
pub enum ClaimProblem {
    /// Others have it, in a way that goes not with this one.
    Taken,
    /// The file beside the database cannot be made or locked.
    File(String, io::Error),
    Store(Error),
}

impl fmt::Display for ClaimProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => f.write_str("the database is in use by a server or an import"),
            Self::File(path, cause) => write!(f, "“{path}” cannot be made or locked ({cause})"),
            Self::Store(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for ClaimProblem {}

impl Store {
    /// Claims the database for a server; other servers may do so, too.
    ///
    /// # Errors
    /// [`ClaimProblem`].
    pub async fn claim_to_serve(&self) -> Result<Claim, ClaimProblem> {
        match self.engine {
            Engine::Sqlite => self.claim(File::try_lock_shared).await,
            Engine::Postgres => self.claim_on_server("SELECT pg_try_advisory_lock_shared($1)::int::bigint AS taken").await,
        }
    }

    /// Claims the database for nobody but the caller.
    ///
    /// # Errors
    /// [`ClaimProblem`].
    pub async fn claim_alone(&self) -> Result<Claim, ClaimProblem> {
        match self.engine {
            Engine::Sqlite => self.claim(File::try_lock).await,
            Engine::Postgres => self.claim_on_server("SELECT pg_try_advisory_lock($1)::int::bigint AS taken").await,
        }
    }

    async fn claim(&self, lock: impl Fn(&File) -> Result<(), TryLockError>) -> Result<Claim, ClaimProblem> {
        // The database says where it lies, whatever way the URL takes to it. Not the file itself is
        // locked: SQLite's own locks on it end with any handle that is closed.
        let file: String = sqlx::query_scalar("SELECT coalesce(file, '') FROM pragma_database_list WHERE name = 'main'")
            .fetch_one(&self.readers)
            .await
            .map_err(|cause| ClaimProblem::Store(cause.into()))?;
        if file.is_empty() {
            return Ok(Claim(Held::Nothing));
        }
        let path = format!("{file}.claim");
        let problem = |cause| ClaimProblem::File(path.clone(), cause);
        // It stays when the claim goes: another process may be about to lock it.
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(problem)?;
        match lock(&file) {
            Ok(()) => Ok(Claim(Held::File(file))),
            Err(TryLockError::WouldBlock) => Err(ClaimProblem::Taken),
            Err(TryLockError::Error(cause)) => Err(problem(cause)),
        }
    }

    async fn claim_on_server(&self, lock: &'static str) -> Result<Claim, ClaimProblem> {
        let problem = |cause: sqlx::Error| ClaimProblem::Store(cause.into());
        let mut connection = open::connect(self.engine, &self.url).await.map_err(problem)?;
        if !take(&mut connection, lock).await.map_err(problem)? {
            return Err(ClaimProblem::Taken);
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
