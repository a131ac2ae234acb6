//! Starts a server as a child process on a core of its own, learns its address from what it prints, and ends it by its
//! process id.
//!
//! This module does not know what the server serves.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::Outcome;
use crate::figures::cpu::Reading;

/// How long a server may take until it serves.
const START: Duration = Duration::from_secs(30);
/// Within this time the answers on their way have arrived and the threads sleep, so that their counters are exact.
const QUIET: Duration = Duration::from_millis(60);
/// A process that used no CPU for this long has finished what it was asked.
const REST: Duration = Duration::from_millis(150);
/// How long after its address a server may say that it has a live door.
const DOOR: Duration = Duration::from_millis(500);
const ADDRESS: &str = "http://127.0.0.1:";
const DOOR_LINE: &str = "Live door:";
/// With this setting a Gavel that has a live door serves on it.
pub const DOOR_SETTING: &str = "GAVEL_LIVE_PORT";

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
            // `taskset` replaces itself with the program, so the process id is the server's.
            Self::Cores => {
                let mut command = Command::new("taskset");
                command.args(["-c", "0"]).arg(program);
                command
            }
            Self::Not(_) => Command::new(program),
        }
    }
}

/// Removes the settings of the person who runs the bench: their environment and their `Rocket.toml` do not count.
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
    /// The process that stores its messages, if that is another one. Its CPU and memory count as well.
    store: Option<Box<Server>>,
    pub address: SocketAddr,
    /// The second address, for polls and streams alone, of a Gavel that has one.
    pub door: Option<SocketAddr>,
}

/// A line that a server prints about itself.
enum Said {
    Address(u16),
    Door(u16),
    Nothing(String),
}

impl Server {
    /// Starts a server that prints its address.
    pub fn start(pinning: &Pinning, program: &OsStr, arguments: &[&str], settings: &[(&str, &OsStr)]) -> Outcome<Self> {
        let mut child = Self::command(pinning, program, arguments, settings).stdout(Stdio::piped()).spawn()?;
        let printed = child.stdout.take();
        // From here on the guard ends the process, whatever goes wrong.
        let mut server = Self { child, store: None, address: local(0), door: None };
        let said = follow(printed.ok_or("a server has no standard output")?);
        while server.address.port() == 0 {
            let said =
                said.recv_timeout(START).unwrap_or_else(|_| Said::Nothing(format!("it printed no address within {} s", START.as_secs())));
            match said {
                Said::Address(port) => server.address = local(port),
                Said::Door(port) => server.door = Some(local(port)),
                Said::Nothing(problem) => return Err(format!("{} did not start: {problem}", program.display()).into()),
            }
        }
        if server.door.is_none() && settings.iter().any(|(name, _)| *name == DOOR_SETTING) {
            // An older version has no live door and prints nothing about one.
            while let Ok(said) = said.recv_timeout(DOOR) {
                if let Said::Door(port) = said {
                    server.door = Some(local(port));
                    break;
                }
            }
        }
        Ok(server)
    }

    /// Starts a server that prints nothing and serves at `address`.
    pub async fn start_at(pinning: &Pinning, program: &OsStr, arguments: &[&str], address: SocketAddr) -> Outcome<Self> {
        let mut server = Self { child: Self::command(pinning, program, arguments, &[]).spawn()?, store: None, address, door: None };
        let deadline = Instant::now() + START;
        while let Err(problem) = TcpStream::connect(address).await {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("{} ended with {status}", program.display()).into());
            }
            if Instant::now() > deadline {
                return Err(format!("{} cannot be reached: {problem}", program.display()).into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(server)
    }

    fn command(pinning: &Pinning, program: &OsStr, arguments: &[&str], settings: &[(&str, &OsStr)]) -> Command {
        let mut command = clean(pinning.command(program));
        command
            .args(arguments)
            .envs([("ROCKET_ADDRESS", "127.0.0.1"), ("ROCKET_PORT", "0"), ("ROCKET_WORKERS", "1")])
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// The same server with the process that stores its messages, which ends after it.
    pub fn with_store(mut self, store: Self) -> Self {
        self.store = Some(Box::new(store));
        self
    }

    /// The processor time that it has used so far, read after a pause in which the last answers arrive.
    pub async fn used(&self) -> Outcome<Reading> {
        tokio::time::sleep(QUIET).await;
        Reading::of(&self.processes())
    }

    fn processes(&self) -> Vec<u32> {
        let mut processes = vec![self.child.id()];
        processes.extend(self.store.iter().flat_map(|store| store.processes()));
        processes
    }

    /// Its resident memory in KiB, when neither it nor the load has anything left to do.
    pub async fn resident_at_rest(&self) -> Outcome<f64> {
        let deadline = Instant::now() + START;
        let both = || Outcome::Ok([Reading::of(&self.processes())?, Reading::of(&[std::process::id()])?]);
        let mut before = both()?;
        loop {
            tokio::time::sleep(REST).await;
            let now = both()?;
            let mut used = Duration::ZERO;
            for (now, before) in now.iter().zip(&before) {
                used = used.max(now.since(before)?);
            }
            if used < REST / 50 {
                break;
            }
            if Instant::now() > deadline {
                return Err("a server does not come to rest".into());
            }
            before = now;
        }
        self.processes().into_iter().map(resident).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, and there is no one to report a failure to.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// The resident memory of a process in KiB.
fn resident(process: u32) -> Outcome<f64> {
    let memory = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let resident = memory.lines().find_map(|line| line.strip_prefix("Rss:")).ok_or("the system does not report the resident memory")?;
    Ok(resident.trim().trim_end_matches("kB").trim().parse()?)
}

/// Reads everything that a server prints, so that a full pipe never blocks it, and passes on its addresses.
fn follow(output: ChildStdout) -> mpsc::Receiver<Said> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut last_lines = VecDeque::new();
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(port) = port_in(&line) {
                let said = if line.contains(DOOR_LINE) { Said::Door(port) } else { Said::Address(port) };
                // Only the first ones are awaited.
                let _unheard = sender.send(said);
            }
            last_lines.push_back(line);
            if last_lines.len() > 20 {
                last_lines.pop_front();
            }
        }
        let last_lines = last_lines.make_contiguous().join("\n");
        let _unheard = sender.send(Said::Nothing(format!("it ended, having printed:\n{last_lines}")));
    });
    receiver
}

fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once(ADDRESS)?;
    let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Returns a free port, for a server that cannot choose one by itself.
pub fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind(local(0))?.local_addr()?)
}
