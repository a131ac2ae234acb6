//! The keeper of a server: a small shell process that is the server's parent and lives as long as our end of its pipe.
//!
//! A test's process may be killed at any moment, and its statics are never dropped. The keeper then reads the end of
//! its input, ends the server and removes the folder.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use tempfile::TempDir;

use super::tools::Tools;

/// Its arguments: the folder, then the server's command. SIGQUIT is PostgreSQL's immediate mode: an end as in a crash.
const SCRIPT: &str = r#"
folder=$1
shift
server=
stop() {
    [ -n "$server" ] || return 0
    kill -QUIT "$server"
    wait "$server"
    server=
}
while read -r word; do
    case $word in
    start)
        "$@" "$(cat "$folder/port")" >>"$folder/log" 2>&1 </dev/null &
        server=$!
        echo "$server"
        ;;
    stop)
        stop
        echo stopped
        ;;
    esac
done
stop
rm -rf "$folder"
"#;

#[derive(Debug)]
pub struct Keeper {
    child: Child,
    /// Taken, and so closed, at the end.
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    folder: PathBuf,
}

impl Keeper {
    /// A keeper of this folder, for the server in `data` below it. From now on the folder is the keeper's to remove.
    pub fn start(tools: &Tools, folder: TempDir) -> Result<Self, String> {
        let mut command = tools.unprivileged(Path::new("/bin/sh"), folder.path());
        command.args(["-c", SCRIPT, "keeper"]).arg(folder.path());
        command.arg(tools.path("postgres")).args(["-D", "data", "-c", "listen_addresses=127.0.0.1", "-k"]).arg(folder.path());
        command.args(["-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "max_connections=300", "-p"]);
        // A group of its own: Ctrl-C in a terminal ends the tests, and must not end who tidies up after them.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|cause| format!("no keeper for {}: {cause}", folder.path().display()))?;
        let (words, answers) = (child.stdin.take(), child.stdout.take().map(BufReader::new).expect("a pipe"));
        Ok(Self { child, words, answers, folder: folder.keep() })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn ask(&mut self, word: &str) -> String {
        let mut answer = String::new();
        writeln!(self.words.as_ref().expect("it runs"), "{word}").expect("the keeper listens");
        self.answers.read_line(&mut answer).expect("the keeper answers");
        answer.trim().to_owned()
    }

    /// Starts the server on this port; its process. It is not ready yet.
    pub fn start_server(&mut self, port: u16) -> Server {
        fs::write(self.folder.join("port"), port.to_string()).expect("a folder to write in");
        Server { id: self.ask("start"), folder: self.folder.clone() }
    }

    /// Ends the server as in a crash, and waits until it is gone.
    pub fn stop_server(&mut self) {
        assert_eq!(self.ask("stop"), "stopped", "the keeper is gone");
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.words.take();
        // It only ends; how is of no interest.
        let _ = self.child.wait();
    }
}

/// A server that was started.
pub struct Server {
    id: String,
    folder: PathBuf,
}

impl Server {
    /// Whether it takes connections by now; what it said where it has ended.
    pub fn is_ready(&self) -> Result<bool, String> {
        let state = fs::read_to_string(format!("/proc/{}/stat", self.id)).unwrap_or_default();
        // The keeper has not asked for its end yet, so that it is a zombie.
        if state.is_empty() || state.contains(") Z ") {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            return Err(format!("PostgreSQL does not start:\n{log}"));
        }
        // Its first line is the process, the eighth how far it has come.
        let Ok(said) = fs::read_to_string(self.folder.join("data/postmaster.pid")) else { return Ok(false) };
        let lines: Vec<&str> = said.lines().map(str::trim).collect();
        Ok(lines.first() == Some(&self.id.as_str()) && lines.get(7) == Some(&"ready"))
    }
}
