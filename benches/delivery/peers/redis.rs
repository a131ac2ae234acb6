//! Redis, from Debian's package, as the store of a peer: a write is on disk before it is answered, as in Gavel.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::Outcome;
use crate::options::Options;
use crate::servers::gavel;
use crate::servers::process::{self, Pinning, Server};

pub const HOW: &str = "`apt-get install redis-server`";
/// No snapshots and no rewriting of its file: both would run in a child process whose CPU the bench could not count.
const SETTINGS: [[&str; 2]; 6] = [
    ["--bind", "127.0.0.1"],
    ["--daemonize", "no"],
    ["--appendonly", "yes"],
    ["--appendfsync", "always"],
    ["--save", ""],
    ["--auto-aof-rewrite-percentage", "0"],
];

pub struct Redis {
    folder: TempDir,
    program: PathBuf,
}

impl Redis {
    /// `None` if it is not installed.
    pub fn find(options: &Options) -> Outcome<Option<Self>> {
        let program = super::installed(&["/usr/bin/redis-server", "/usr/local/bin/redis-server"]);
        program.map(|program| Ok(Self { folder: gavel::folder(options)?, program })).transpose()
    }

    /// Starts an empty one, on the disk that Gavel writes to.
    pub async fn start(&self, pinning: &Pinning) -> Outcome<Server> {
        let address = process::free_address()?;
        // A folder for each start: Redis would read again what it wrote before. They all go with the outer folder.
        let folder = TempDir::new_in(self.folder.path())?.keep().to_string_lossy().into_owned();
        let port = address.port().to_string();
        let mut arguments = SETTINGS.as_flattened().to_vec();
        arguments.extend(["--port", &port, "--dir", &folder]);
        Server::start_at(pinning, self.program.as_os_str(), &arguments, address).await
    }
}
