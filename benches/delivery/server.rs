//! Starts a server as a child process on a core of its own, learns its address from what it prints, and ends it by its
//! process id.
//!
//! This module knows nothing of what the server serves.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::Outcome;
use crate::cpu::Reading;

/// How long a server may take until it serves.
const START: Duration = Duration::from_secs(30);
/// Within this time the answers on their way have arrived and the threads sleep, so that their counters are exact.
const QUIET: Duration = Duration::from_millis(60);
const ADDRESS: &str = "http://127.0.0.1:";

/// Server and load on a core each: otherwise moving between cores is measured as well.
pub enum Pinning {
    Cores,
    Not(&'static str),
}

impl Pinning {
    /// Pins this process, the load, to the second core.
    pub fn set_up() -> Self {
        if thread::available_parallelism().map_or(1, std::num::NonZero::get) < 2 {
            return Self::Not("there is only one core");
        }
        let process = std::process::id().to_string();
        match Command::new("taskset").args(["-cp", "1", &process]).stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() => Self::Cores,
            Ok(_) => Self::Not("taskset is not allowed to"),
            Err(_) => Self::Not("taskset, of util-linux, is missing"),
        }
    }

    /// A command that runs `program` on the first core.
    fn command(&self, program: &OsStr) -> Command {
        match self {
            // `taskset` replaces itself with the program, so that the process id is that of the server.
            Self::Cores => {
                let mut command = Command::new("taskset");
                command.args(["-c", "0"]).arg(program);
                command
            }
            Self::Not(_) => Command::new(program),
        }
    }
}

/// A command without the settings of whoever runs the bench: neither their environment nor their `Rocket.toml` counts.
pub fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("ROCKET_") || name.starts_with("GAVEL_")) {
            command.env_remove(name);
        }
    }
    command.current_dir("/");
    command
}

/// A running server; dropping it ends the process.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(pinning: &Pinning, program: &OsStr, arguments: &[&str], settings: &[(&str, &OsStr)]) -> Outcome<Self> {
        let mut child = clean(pinning.command(program))
            .args(arguments)
            .envs([("ROCKET_ADDRESS", "127.0.0.1"), ("ROCKET_PORT", "0"), ("ROCKET_WORKERS", "1")])
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let printed = child.stdout.take();
        // From here on the guard ends the process, whatever goes wrong.
        let mut server = Self { child, address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) };
        let port = follow(printed.ok_or("a server has no standard output")?).recv_timeout(START);
        let port = port.unwrap_or_else(|_| Err(format!("it printed no address within {} s", START.as_secs())));
        server.address.set_port(port.map_err(|problem| format!("{} did not start: {problem}", program.display()))?);
        Ok(server)
    }

    /// The processor time that it has used so far, once it has come to rest.
    pub async fn used(&self) -> Outcome<Reading> {
        tokio::time::sleep(QUIET).await;
        Reading::of(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good; and nobody is left to hear of a failure.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Reads what a server prints until its end, lest the pipe fills up and blocks it, and passes on the port.
fn follow(output: ChildStdout) -> mpsc::Receiver<Result<u16, String>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut last_lines = VecDeque::new();
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(port) = port_in(&line) {
                // Only the first one is awaited.
                let _unheard = sender.send(Ok(port));
            }
            last_lines.push_back(line);
            if last_lines.len() > 20 {
                last_lines.pop_front();
            }
        }
        let last_lines = last_lines.make_contiguous().join("\n");
        let _unheard = sender.send(Err(format!("it ended, having printed:\n{last_lines}")));
    });
    receiver
}

fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once(ADDRESS)?;
    let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next()?;
    digits.parse().ok()
}
