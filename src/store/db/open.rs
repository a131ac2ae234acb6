//! Opening the database: connections, pragmas, migrations, and clear words where that fails.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection, Executor, Row as _};

use super::engine::{Engine, database_time};
use super::files;
use super::read_pool::Readers;
use super::write_connection::Lane;
use crate::domain::secret;
use crate::store::log::group_commit::Batches;
use crate::store::search::intake::Intake;
use crate::store::talk::name_keys;
use crate::store::transcript::digests;
use crate::store::{Clock, Error, PATIENCE, Store};

/// Embedded, so that the binary runs from any folder.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// What each connection is told first. FULL: a commit is on disk when it returns (G3). The log file is
/// folded in less often than SQLite would by itself: that costs the writer its longest pauses.
pub(in crate::store) const PRAGMAS: [&str; 6] = [
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA wal_autocheckpoint = 8000",
    "PRAGMA cache_size = -16000",
];

/// The same on PostgreSQL. A commit is on disk when it returns, whatever the server's default is. What a
/// node that was cut off has begun must not hold up the others for long, not for so long that their own
/// patience is over. All that is asked here is short, while what it costs is often guessed so high that the server
/// would compile the plan first, which takes longer than the answer.
pub(in crate::store) const SETTINGS: [&str; 6] = [
    "SET client_min_messages = warning",
    "SET synchronous_commit = on",
    "SET statement_timeout = '10s'",
    "SET idle_in_transaction_session_timeout = '2s'",
    "SET application_name = 'gavel'",
    "SET jit = off",
];

/// Why the database cannot be opened, for the person who starts the program.
#[derive(Debug)]
pub enum OpenProblem {
    /// The URL names an engine that this build lacks.
    Engine(String),
    /// No connection could be made.
    Connect(sqlx::Error),
    /// The server refuses, or is not there.
    Server(sqlx::Error),
    /// The role may not do there what is needed; what it may not.
    Rights(String),
    /// The server does not answer.
    Silent,
    /// The file is no SQLite database.
    NoDatabase,
    /// The tables are of another program, or of a newer Gavel.
    Migrate(sqlx::migrate::MigrateError),
    /// The rows of an older Gavel could not be brought up to date.
    Digests(Error),
}

impl fmt::Display for OpenProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(scheme) => write!(
                f,
                "“{scheme}:” is no database that this Gavel can open. Write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE."
            ),
            Self::Connect(cause) => {
                write!(f, "it cannot be opened or written ({cause}). Check that the file and its folder are yours to write.")
            }
            Self::Server(cause) => write!(
                f,
                "the server does not let us in, or is not there ({cause}). Check the host, port, name, password and database in the URL."
            ),
            Self::Rights(what) => {
                write!(
                    f,
                    "the role in the URL lacks rights there ({what}). Make it the owner of the database and its tables, or GRANT it what it lacks."
                )
            }
            Self::Silent => f.write_str("the server did not answer in time. Check the host and port in the URL, and firewalls between."),
            Self::NoDatabase => f.write_str("the file is no SQLite database. Point the setting to another file, or move this one away."),
            Self::Migrate(sqlx::migrate::MigrateError::VersionMissing(version)) => {
                write!(
                    f,
                    "it was made by a newer Gavel (its version {version} is unknown here). Start that Gavel, or choose another database."
                )
            }
            Self::Digests(cause) => write!(f, "the rows in it could not be brought up to date ({cause})."),
            Self::Migrate(cause) => {
                write!(f, "its tables cannot be brought up to date ({cause}). Choose another database if this is that of another program.")
            }
        }
    }
}

impl std::error::Error for OpenProblem {}

/// Codes of SQLite and of PostgreSQL.
const NOT_A_DATABASE: &str = "26";
const NO_RIGHTS: &str = "42501";

impl OpenProblem {
    fn new(engine: Engine, cause: sqlx::Error) -> Self {
        match &cause {
            sqlx::Error::Database(database) if database.code().as_deref() == Some(NOT_A_DATABASE) => Self::NoDatabase,
            sqlx::Error::Database(database) if database.code().as_deref() == Some(NO_RIGHTS) => Self::Rights(database.message().to_owned()),
            sqlx::Error::PoolTimedOut => Self::Silent,
            _ if engine == Engine::Postgres => Self::Server(cause),
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
        let Some(engine) = Engine::of(url) else {
            return Err(OpenProblem::Engine(url.split(':').next().unwrap_or_default().to_owned()));
        };
        if engine == Engine::Sqlite
            && let Some(file) = files::of(url).map_err(|cause| OpenProblem::new(engine, cause))?
        {
            files::make_private(&file).map_err(|cause| OpenProblem::Connect(cause.into()))?;
        }
        let (write, read) = match engine {
            Engine::Sqlite => (with_mode(url, "rwc"), with_mode(url, "rw")),
            Engine::Postgres => (url.to_owned(), url.to_owned()),
        };
        let problem = |cause| OpenProblem::new(engine, cause);
        let opened = tokio::time::timeout(PATIENCE, Lane::open(engine, &write)).await.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut));
        let writer = opened.map_err(problem)?;
        let mut held = writer.hold().await.map_err(problem)?;
        // `run` asks for more general a type than a borrowed connection is; this is its inside. Several
        // nodes may start at once: on PostgreSQL it takes an advisory lock.
        MIGRATIONS.run_direct(None, &mut *held, false).await.map_err(|cause| match cause {
            sqlx::migrate::MigrateError::Execute(cause) => problem(cause),
            other => OpenProblem::Migrate(other),
        })?;
        digests::fill(&mut held).await.map_err(OpenProblem::Digests)?;
        name_keys::refresh(&mut held, name_keys::Whose::Present).await.map_err(OpenProblem::Digests)?;
        engine.make_index(&mut held).await.map_err(problem)?;
        held.release();
        let readers = Readers::open(engine, &read, readers.max(1)).await.map_err(problem)?;
        let node: Arc<str> = secret::readable(12).into();
        let batches = Batches::at(engine, url).map_err(problem)?;
        let intake = Intake::at(engine, url).map_err(problem)?;
        let this = Self { engine, url: url.into(), node, writer, batches, intake, readers, clock };
        this.follow_clock().await.map_err(OpenProblem::Digests)?;
        Ok(this)
    }

    /// Whether other nodes may write to the same database.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.engine == Engine::Postgres
    }

    /// Sets the clock by the database's, where that is the clock of all nodes.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn follow_clock(&self) -> Result<(), Error> {
        if self.is_shared() {
            let ask = async {
                let mut lent = self.readers.lend().await?;
                // From here on: a connection may have had to be made.
                let asked = Instant::now();
                let row = sqlx::query(concat!("SELECT ", database_time!(), " AS now")).fetch_one(&mut *lent).await?;
                lent.give_back();
                Ok((row.try_get("now")?, asked))
            };
            let (now, asked) = self.within_patience(ask).await?;
            self.clock.follow(now, asked);
        }
        Ok(())
    }
}

fn with_mode(url: &str, mode: &str) -> String {
    format!("{url}{}mode={mode}", if url.contains('?') { '&' } else { '?' })
}

/// A connection as all of ours are.
pub(in crate::store) async fn connect(engine: Engine, url: &str) -> Result<AnyConnection, sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    set_up(engine, &mut connection).await?;
    Ok(connection)
}

pub(in crate::store) async fn readers_pool(engine: Engine, url: &str, connections: u32) -> Result<AnyPool, sqlx::Error> {
    AnyPoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        // Before patience is over, so that what is said tells the one from the other.
        .acquire_timeout(Duration::from_secs(4))
        .idle_timeout(None)
        .max_lifetime(None)
        // A server may have gone and come again; a file has not.
        .test_before_acquire(engine == Engine::Postgres)
        .after_connect(move |connection, _| Box::pin(set_up(engine, connection)))
        .connect(url)
        .await
}

async fn set_up(engine: Engine, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let first: &[&'static str] = match engine {
        Engine::Sqlite => &PRAGMAS,
        Engine::Postgres => &SETTINGS,
    };
    for statement in first {
        connection.execute(*statement).await?;
    }
    if engine == Engine::Sqlite {
        // There are several of these, and the system keeps the file's pages in memory anyway.
        connection.execute("PRAGMA cache_size = -4000").await?;
    }
    Ok(())
}
