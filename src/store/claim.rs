//! Who has the database: servers, side by side, or one that puts other rows under it, alone.
//!
//! A server keeps rooms in memory and would go on with rows that are there no more. So it claims the
//! database while it serves. The system itself takes a claim back when its process ends, however.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

use super::{Error, Store};

/// The database is claimed as long as this lives.
#[derive(Debug)]
pub struct Claim {
    /// A file beside the database, locked; `None` for a database in memory, which nobody else has.
    _locked: Option<File>,
}

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
        self.claim(File::try_lock_shared).await
    }

    /// Claims the database for nobody but the caller.
    ///
    /// # Errors
    /// [`ClaimProblem`].
    pub async fn claim_alone(&self) -> Result<Claim, ClaimProblem> {
        self.claim(File::try_lock).await
    }

    async fn claim(&self, lock: impl Fn(&File) -> Result<(), TryLockError>) -> Result<Claim, ClaimProblem> {
        // The database says where it lies, whatever way the URL takes to it. Not the file itself is
        // locked: SQLite's own locks on it end with any handle that is closed.
        let file: String = sqlx::query_scalar("SELECT coalesce(file, '') FROM pragma_database_list WHERE name = 'main'")
            .fetch_one(&self.readers)
            .await
            .map_err(|cause| ClaimProblem::Store(cause.into()))?;
        if file.is_empty() {
            return Ok(Claim { _locked: None });
        }
        let path = format!("{file}.claim");
        let problem = |cause| ClaimProblem::File(path.clone(), cause);
        // It stays when the claim goes: another process may be about to lock it.
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(problem)?;
        match lock(&file) {
            Ok(()) => Ok(Claim { _locked: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(ClaimProblem::Taken),
            Err(TryLockError::Error(cause)) => Err(problem(cause)),
        }
    }
}
