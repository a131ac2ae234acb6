//! Moving a whole Gavel: everything in the database to a file, and back into another database.
//!
//! Where the file lies is not known here, only what is read and written. `docs/moving.md` specifies
//! the format, and the rules for each column.

mod check;
mod export;
mod file;
mod import;
pub mod import_log;
mod rules;

use std::{fmt, io};

use crate::store;
use crate::store::db::database_lock::ClaimProblem;
use crate::store::moving::copy::Counts;

pub use import::Imported;

/// How far a move has come.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// So many rows of so many are written to the file.
    Written { rows: u64, of: u64 },
    /// So many bytes of the file are read.
    Read { bytes: u64 },
    /// So many logs of so many are compared with their digests.
    Compared { logs: u64, of: u64 },
}

/// Why a move came to nothing.
#[derive(Debug)]
pub enum Problem {
    /// The file cannot be read or written.
    File(io::Error),
    /// The file is none of ours.
    Foreign,
    /// The file is of a format that only newer programs read.
    Newer(u64),
    /// The file ends, after so many lines, before its last line.
    Half(u64),
    /// This line is not as Gavel writes it.
    Line(u64, String),
    /// The last line does not fit to what stands above it.
    Changed(String),
    /// Rows up to this line do not go into this table.
    Refused(u64, &'static str, store::Error),
    /// The rows of a log do not make the digest of its event.
    Unlike(String),
    /// There are rows in the database, and they were not given up.
    NotEmpty(Counts),
    /// A server, or another import, is using the database.
    Claimed(ClaimProblem),
    Store(store::Error),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(cause) => write!(f, "{cause}."),
            Self::Foreign => f.write_str("It does not begin as an export of Gavel does."),
            Self::Newer(version) => {
                write!(f, "It is an export of version {version}, which this Gavel does not know: import it with a newer one.")
            }
            Self::Half(lines) => write!(f, "It breaks off behind line {lines}, without its last line: this is not all of it."),
            Self::Line(line, reason) => write!(f, "Line {line}: {reason}."),
            Self::Changed(how) => write!(f, "It was changed after it was written: {how}."),
            Self::Refused(line, table, cause) => write!(f, "The rows up to line {line} do not go into the table “{table}”: {cause}."),
            Self::Unlike(log) => write!(f, "Its rows do not make its digests: {log}."),
            Self::NotEmpty(there) => write!(
                f,
                "The database is not empty, there is: {there}. With --replace all of that is deleted and what is in the file takes its place."
            ),
            Self::Claimed(ClaimProblem::Taken(holder)) => write!(
                f,
                "A server, or another import, is using the database ({holder}). Stop it first: a server would go on with what it has in memory."
            ),
            Self::Claimed(cause) => write!(f, "The database cannot be kept from servers: {cause}."),
            Self::Store(cause) => write!(f, "The database does not do this now: {cause}."),
        }
    }
}

impl std::error::Error for Problem {}

impl From<io::Error> for Problem {
    fn from(cause: io::Error) -> Self {
        Self::File(cause)
    }
}

impl From<store::Error> for Problem {
    fn from(cause: store::Error) -> Self {
        Self::Store(cause)
    }
}

impl From<ClaimProblem> for Problem {
    fn from(cause: ClaimProblem) -> Self {
        Self::Claimed(cause)
    }
}
