//! socket.io, from npm, as a peer: the script and the pinned versions next to this file, in one process of Node.js.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::servers::process::{Pinning, Server};

const SCRIPT: &str = include_str!("socketio.mjs");
const PACKAGES: &str = include_str!("package.json");
/// Outside the sources. Node.js looks for packages next to the script, so both are here.
const FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/socketio");

/// Proof that the packages are installed.
pub struct SocketIo(());

impl SocketIo {
    /// Installs the packages, unless these versions are there already.
    pub fn install() -> Outcome<Self> {
        let folder = Path::new(FOLDER);
        let done = folder.join("installed.json");
        fs::create_dir_all(folder)?;
        fs::write(folder.join("socketio.mjs"), SCRIPT)?;
        if fs::read_to_string(&done).is_ok_and(|installed| installed == PACKAGES) {
            return Ok(Self(()));
        }
        fs::write(folder.join("package.json"), PACKAGES)?;
        let output = Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|problem| format!("npm, of Node.js, cannot be run: {problem}"))?;
        if !output.status.success() {
            return Err(format!("npm: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        fs::write(done, PACKAGES)?;
        Ok(Self(()))
    }

    pub fn start(&self, pinning: &Pinning) -> Outcome<Server> {
        let Self(()) = self;
        let script = Path::new(FOLDER).join("socketio.mjs");
        Server::start(pinning, "node".as_ref(), &[&script.to_string_lossy()], &[("NODE_ENV", "production".as_ref())])
    }
}
