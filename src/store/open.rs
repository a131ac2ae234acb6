//! Opening the database: connections, pragmas, migrations, and clear words where that fails.

use std::fmt;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection, Executor};

use super::batch::Batches;
use super::lane::Lane;
use super::{Clock, Error, Store, digests};

/// Embedded, so that the binary runs from any folder.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// What each connection is told first. FULL: a commit is on disk when it returns (G3). The log file is
/// folded in less often than SQLite would by itself: that costs the writer its longest pauses.
pub(super) const PRAGMAS: [&str; 6] = [
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA wal_autocheckpoint = 8000",
    "PRAGMA cache_size = -16000",
];

/// Why the database cannot be opened, for the person who starts the program.
#[derive(Debug)]
pub enum OpenProblem {
    /// The URL names an engine that this build lacks.
    Engine(String),
    /// No connection could be made.
    Connect(sqlx::Error),
    /// The file is no SQLite database.
    NoDatabase,
    /// The tables are of another program, or of a newer Gavel.
    Migrate(sqlx::migrate::MigrateError),
    /// The logs of an older Gavel could not be read for their digests.
    Digests(Error),
}

impl fmt::Display for OpenProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(scheme) => write!(f, "“{scheme}:” is no database that this Gavel can open. Write sqlite:PATH."),
            Self::Connect(cause) => {
                write!(f, "it cannot be opened or written ({cause}). Check that the file and its folder are yours to write.")
            }
            Self::NoDatabase => f.write_str("the file is no SQLite database. Point the setting to another file, or move this one away."),
            Self::Migrate(sqlx::migrate::MigrateError::VersionMissing(version)) => {
                write!(
                    f,
                    "it was made by a newer Gavel (its version {version} is unknown here). Start that Gavel, or choose another database."
                )
            }
            Self::Digests(cause) => write!(f, "the logs in it could not be brought up to date ({cause})."),
            Self::Migrate(cause) => {
                write!(f, "its tables cannot be brought up to date ({cause}). Choose another database if this is that of another program.")
            }
        }
    }
}

impl std::error::Error for OpenProblem {}

const NOT_A_DATABASE: &str = "26";

impl From<sqlx::Error> for OpenProblem {
    fn from(cause: sqlx::Error) -> Self {
        match &cause {
            sqlx::Error::Database(database) if database.code().as_deref() == Some(NOT_A_DATABASE) => Self::NoDatabase,
            _ => Self::Connect(cause),
        }
    }
}

impl Store {
    /// Opens (and where it is missing, makes) the database at `url`, such as `sqlite:data/gavel.db`,
    /// and brings its tables up to date. At most `readers` connections read side by side.
    ///
    /// # Errors
    /// What is wrong with the database, in words for whoever starts the program.
    pub async fn open(url: &str, readers: u32, clock: Clock) -> Result<Self, OpenProblem> {
        sqlx::any::install_default_drivers();
        let scheme = url.split(':').next().unwrap_or_default();
        if scheme != "sqlite" {
            return Err(OpenProblem::Engine(scheme.to_owned()));
        }
        // A fresh file is made by the writer; readers find it.
        let writer = Lane::open(&with_mode(url, "rwc")).await?;
        let mut held = writer.hold().await?;
        // `run` asks for more general a type than a borrowed connection is; this is its inside.
        MIGRATIONS.run_direct(None, &mut *held, false).await.map_err(|problem| match problem {
            sqlx::migrate::MigrateError::Execute(cause) => OpenProblem::from(cause),
            other => OpenProblem::Migrate(other),
        })?;
        digests::fill(&mut held).await.map_err(OpenProblem::Digests)?;
        held.release();
        let readers = readers_pool(&with_mode(url, "rw"), readers.max(1)).await?;
        let batches = Batches::at(url)?;
        Ok(Self { writer, batches, readers, clock })
    }
}

fn with_mode(url: &str, mode: &str) -> String {
    format!("{url}{}mode={mode}", if url.contains('?') { '&' } else { '?' })
}

/// A connection as all of ours are.
pub(super) async fn connect(url: &str) -> Result<AnyConnection, sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    set_up(&mut connection).await?;
    Ok(connection)
}

async fn readers_pool(url: &str, connections: u32) -> Result<AnyPool, sqlx::Error> {
    AnyPoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(5))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(|connection, _| Box::pin(set_up(connection)))
        .connect(url)
        .await
}

async fn set_up(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    for pragma in PRAGMAS {
        connection.execute(pragma).await?;
    }
    Ok(())
}
