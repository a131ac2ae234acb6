//! What a server of a test keeps its rows in: a file in a folder of its own, or a database of its own on PostgreSQL.
//!
//! `GAVEL_TEST_DATABASE=postgres` has all tests that come by here use the latter; `scripts/test` runs them on both.

use std::env::VarError;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::postgres::{Database, shared};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The one that this run of the tests is about.
    #[expect(clippy::disallowed_methods, reason = "no setting of the program")]
    pub fn tested() -> Self {
        match std::env::var("GAVEL_TEST_DATABASE").as_deref() {
            Err(VarError::NotPresent) | Ok("sqlite") => Self::Sqlite,
            Ok("postgres") => Self::Postgres,
            other => panic!("GAVEL_TEST_DATABASE takes sqlite or postgres: {other:?}"),
        }
    }

    /// A new database, where that is not a file which the program makes.
    pub fn database(self) -> Option<Database> {
        (self == Self::Postgres).then(|| shared().database())
    }
}

/// A data folder, and the database that goes with it. Made and dropped it blocks for a moment: harmless on the thread
/// of a test, which is none of those that its tasks run on.
#[derive(Debug)]
pub struct Data {
    folder: TempDir,
    database: Option<Database>,
}

impl Data {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: Engine::tested().database() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What `GAVEL_DATABASE_URL` takes.
    pub fn url(&self) -> String {
        match &self.database {
            Some(database) => database.url(),
            None => format!("sqlite:{}", self.folder().join("gavel.db").display()),
        }
    }

    /// The database on PostgreSQL.
    pub fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// Everything that is kept, to look for what must not be there.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.database {
            Some(database) => database.sql("SELECT schema_to_xml('public', true, false, '')").into_bytes(),
            None => ["gavel.db", "gavel.db-wal"].iter().flat_map(|name| fs::read(self.folder().join(name)).unwrap_or_default()).collect(),
        }
    }
}
