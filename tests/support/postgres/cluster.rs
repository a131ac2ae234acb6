//! A private cluster: how it is made, stopped as in a crash, started again, and followed by a standby.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::database::Database;
use super::keeper::Keeper;
use super::tools::Tools;

/// The most that anything here may take: for machines that are busy.
const AT_MOST: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(10);
/// The owner of the tests' databases: no superuser, as in earnest.
pub const OWNER: &str = "gavel";
/// Who is in this group has to give a password.
pub const SEALED: &str = "sealed";

/// Who may connect how: the first line that fits counts.
const RULES: &str = "\
local all all trust
local replication all trust
host all +sealed 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
host replication postgres 127.0.0.1/32 trust
";

#[derive(Debug)]
pub struct Cluster {
    tools: Tools,
    keeper: Mutex<Keeper>,
    port: u16,
}

impl Cluster {
    /// One of a test's own; stopped and removed when it is dropped.
    pub fn start() -> Arc<Self> {
        Self::try_start().map_or_else(|problem| panic!("{problem}"), Arc::new)
    }

    /// # Errors
    /// What keeps PostgreSQL from running here, in words for who runs the tests.
    pub fn try_start() -> Result<Self, String> {
        let (tools, keeper) = prepare()?;
        let folder = keeper.folder();
        let mut initdb = tools.command("initdb", folder);
        // What initdb itself writes need not outlive a power cut.
        initdb.args(["-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        said(&mut initdb)?;
        fs::write(folder.join("data/pg_hba.conf"), RULES).map_err(|cause| cause.to_string())?;
        let this = Self::serve(tools, keeper)?;
        this.sql("postgres", &format!("CREATE ROLE {OWNER} LOGIN"));
        this.sql("postgres", &format!("CREATE ROLE {SEALED}"));
        Ok(this)
    }

    /// Starts a server on the data that the keeper's folder has.
    fn serve(tools: Tools, mut keeper: Keeper) -> Result<Self, String> {
        let mut tries = 0;
        loop {
            // Below the range from which the kernel takes ports for clients, so that it stays ours over a restart.
            let port = rand::random_range(12_000..30_000);
            tries += 1;
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
            match if free { run(&mut keeper, port) } else { Err(format!("port {port} is taken")) } {
                Ok(()) => return Ok(Self { tools, keeper: Mutex::new(keeper), port }),
                Err(_) if tries < 5 => keeper.stop_server(),
                Err(problem) => return Err(problem),
            }
        }
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// A new database, empty, of the role `gavel`.
    pub fn database(self: &Arc<Self>) -> Database {
        Database::create(Arc::clone(self))
    }

    /// What a statement of the superuser gives: a line a row, columns with `|` between.
    #[track_caller]
    pub fn sql(&self, database: &str, statement: &str) -> String {
        self.try_sql(database, &[statement]).unwrap_or_else(|problem| panic!("{statement}: {problem}"))
    }

    /// The same with several, each a transaction of its own.
    ///
    /// # Errors
    /// What PostgreSQL has to say against them.
    pub fn try_sql(&self, database: &str, statements: &[&str]) -> Result<String, String> {
        let folder = self.keeper.lock().unwrap().folder().to_owned();
        let mut psql = self.tools.command("psql", &folder);
        psql.env("PGOPTIONS", format!("-c statement_timeout={}", AT_MOST.as_millis())).arg("-h").arg(folder);
        psql.args(["-p", &self.port.to_string(), "-U", "postgres", "-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1"]);
        psql.args(statements.iter().flat_map(|statement| ["-c", statement]));
        said(&mut psql)
    }

    /// Ends it in immediate mode: as in a crash, with all connections, and nothing but its log to recover from.
    pub fn stop(&self) {
        self.keeper.lock().unwrap().stop_server();
    }

    /// Starts it again after [`Self::stop`], and waits until it has recovered. The address stays.
    pub fn resume(&self) {
        run(&mut self.keeper.lock().unwrap(), self.port).unwrap_or_else(|problem| panic!("{problem}"));
    }

    /// [`Self::stop`] and [`Self::resume`].
    pub fn restart(&self) {
        self.stop();
        self.resume();
    }

    /// A streaming standby made of a base backup. When this returns, replication is synchronous: from now on this
    /// cluster acknowledges no commit that the standby has not on disk. One standby at most.
    pub fn standby(&self) -> Arc<Self> {
        self.try_standby().map_or_else(|problem| panic!("{problem}"), Arc::new)
    }

    fn try_standby(&self) -> Result<Self, String> {
        let (tools, keeper) = prepare()?;
        let from = format!("host=127.0.0.1 port={} user=postgres application_name=standby", self.port);
        let mut backup = tools.command("pg_basebackup", keeper.folder());
        said(backup.args(["-D", "data", "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", &from]))?;
        let standby = Self::serve(tools, keeper)?;
        // After the backup, which has the settings as well: promoted, the standby is to wait for nobody.
        self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
        self.sql("postgres", "SELECT pg_reload_conf()");
        let began = Instant::now();
        while self.sql("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1" {
            if began.elapsed() > AT_MOST {
                return Err("the standby does not follow".into());
            }
            thread::sleep(PAUSE);
        }
        Ok(standby)
    }

    /// Makes a primary of a standby, and waits until it takes writes.
    pub fn promote(&self) {
        assert_eq!(self.sql("postgres", "SELECT pg_promote(true, 60)"), "t", "it is not promoted");
    }

    /// Where its data and its log are.
    pub fn folder(&self) -> std::path::PathBuf {
        self.keeper.lock().unwrap().folder().to_owned()
    }
}

/// A folder with its keeper.
fn prepare() -> Result<(Tools, Keeper), String> {
    let tools = Tools::find()?;
    let folder = tempfile::Builder::new().prefix("gavel-postgres-").tempdir().map_err(|cause| cause.to_string())?;
    tools.give(folder.path())?;
    let keeper = Keeper::start(&tools, folder)?;
    Ok((tools, keeper))
}

/// Starts the server and waits until it takes connections.
fn run(keeper: &mut Keeper, port: u16) -> Result<(), String> {
    let (server, began) = (keeper.start_server(port), Instant::now());
    while !server.is_ready()? {
        if began.elapsed() > AT_MOST {
            return Err("PostgreSQL is not ready in time".into());
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Runs a command to its end, and gives its output.
fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|cause| format!("{}: {cause}", Path::new(command.get_program()).display()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    } else {
        Err(format!("{}: {}", Path::new(command.get_program()).display(), String::from_utf8_lossy(&output.stderr)))
    }
}
