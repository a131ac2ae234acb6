//! `cargo bench --bench transcript`: how soon a long transcript begins to arrive, and what reading it leaves in memory.
//!
//! Brings a log of 20,000 lines in (`-- 5000`: of as many), starts the program as a process of its own on SQLite, and reads
//! the event's page and each of its files 20 times, one after another, each over a new connection. The first byte is that
//! of the body. `--profile dev` behind `bench` builds without optimization. No figure is asserted: `docs/archive.md` says
//! what they mean.
#![forbid(unsafe_code)]
#![expect(clippy::cast_precision_loss, reason = "bytes and kibibytes, to be read by people")]

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

type Outcome<T> = Result<T, Box<dyn Error>>;

const LINES: usize = 20_000;
const TIMES: usize = 20;
/// Longer takes no answer.
const PATIENCE: Duration = Duration::from_mins(1);
const NAME: &str = "long-2020-11-24.log";

fn main() -> Outcome<()> {
    let lines = std::env::args().skip(1).find(|it| !it.starts_with("--")).map_or(Ok(LINES), |lines| lines.parse())?;
    let home = tempfile::tempdir()?;
    fs::write(home.path().join(NAME), log(lines))?;
    run(home.path(), &["organizer", "add", "bench"])?;
    let began = Instant::now();
    run(home.path(), &["import-log", NAME, "--slug", "long"])?;
    println!("{lines} lines brought in within {:.1} s", began.elapsed().as_secs_f64());

    let server = Server::start(home.path())?;
    let meeting: Value = serde_json::from_slice(&server.read("/api/v1/meetings/long")?.body)?;
    let event = &meeting["past"][0];
    let (page, id) = (event["url"].as_str().ok_or("the event has no address")?, event["id"].as_str().ok_or("the event has no id")?);
    let files = ["transcript.html", "transcript.md", "transcript.txt", "transcript.json", "minutes.html", "minutes.json", "actions.csv"];
    let mut addresses = vec![("page".to_owned(), page.to_owned()), ("last page".to_owned(), format!("{page}?at={}", event["closes_at"]))];
    addresses.extend(files.map(|name| (name.to_owned(), format!("/api/v1/events/{id}/{name}"))));

    println!("{:<16} {:>8} {:>25} {:>9} {:>21}", "", "", "first byte, ms", "whole, ms", "resident, MiB");
    println!("{:<16} {:>8} {:>8} {:>8} {:>8} {:>8} {:>10} {:>10}", "", "KiB", "p50", "p95", "worst", "p50", "before", "after");
    for (what, address) in addresses {
        let before = server.resident()?;
        let (mut first, mut whole, mut bytes) = (Vec::new(), Vec::new(), 0);
        for _ in 0..TIMES {
            let answer = server.read(&address)?;
            first.push(answer.first);
            whole.push(answer.whole);
            bytes = answer.body.len();
        }
        first.sort_unstable();
        whole.sort_unstable();
        let ms = |of: &[Duration], share: usize| of[(of.len() * share).div_ceil(100) - 1].as_secs_f64() * 1e3;
        println!(
            "{what:<16} {:>8.0} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {before:>10.1} {:>10.1}",
            bytes as f64 / 1_024.0,
            ms(&first, 50),
            ms(&first, 95),
            ms(&first, 100),
            ms(&whole, 50),
            server.resident()?
        );
    }
    Ok(())
}

/// A log of this many lines by forty people, two a second, with topics and tasks among them.
fn log(lines: usize) -> String {
    let mut log = String::new();
    for n in 0..lines {
        let (seconds, nick) = (n / 2, n % 40);
        let command = match n {
            n if n % 500 == 0 => "#topic ",
            n if n % 100 == 50 => "#action ",
            _ => "",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            log,
            "{:02}:{:02}:{:02} <nick{nick}> {command}line {n}: nick{} looks after the **tide** and https://example.org/{n}",
            seconds / 3_600 % 24,
            seconds / 60 % 60,
            seconds % 60,
            n % 7
        );
    }
    log
}

/// The program, with nothing of the settings of whoever runs this.
fn program(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gavel"));
    command.args(arguments).current_dir(home).env_clear().env("GAVEL_DATA_DIR", home.join("data")).env("ROCKET_PORT", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

fn run(home: &Path, arguments: &[&str]) -> Outcome<()> {
    let ended = program(home, arguments).output()?;
    if ended.status.success() {
        Ok(())
    } else {
        Err(format!("gavel {}: {}", arguments.join(" "), String::from_utf8_lossy(&ended.stderr)).into())
    }
}

/// A running program; dropping it ends the process.
struct Server {
    child: Child,
    /// What it prints, which is little: kept open, lest it prints to nobody.
    printed: Option<BufReader<ChildStdout>>,
    /// Host and port.
    address: String,
}

/// What came for a request, and when.
struct Answer {
    first: Duration,
    whole: Duration,
    body: Vec<u8>,
}

impl Server {
    fn start(home: &Path) -> Outcome<Self> {
        let mut server = Self { child: program(home, &[]).spawn()?, printed: None, address: String::new() };
        let mut printed = BufReader::new(server.child.stdout.take().ok_or("the program has no standard output")?);
        let mut line = String::new();
        while printed.read_line(&mut line)? > 0 {
            if let Some(address) = line.trim_end().strip_prefix("Gavel serves http://") {
                address.clone_into(&mut server.address);
                server.printed = Some(printed);
                return Ok(server);
            }
            line.clear();
        }
        Err("the program ended before it served".into())
    }

    /// Reads an address to its end.
    fn read(&self, path: &str) -> Outcome<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let began = Instant::now();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)?;
        let (mut bytes, mut part, mut first) = (Vec::new(), vec![0; 65_536], None);
        loop {
            let length = stream.read(&mut part)?;
            if length == 0 {
                break;
            }
            bytes.extend_from_slice(&part[..length]);
            if first.is_none() && head(&bytes).is_some_and(|end| bytes.len() > end) {
                first = Some(began.elapsed());
            }
        }
        let whole = began.elapsed();
        let end = head(&bytes).ok_or("an answer has no end of its head")?;
        if !bytes.starts_with(b"HTTP/1.1 200 ") {
            return Err(format!("{path}: {}", String::from_utf8_lossy(&bytes[..end])).into());
        }
        Ok(Answer { first: first.ok_or("an answer has no body")?, whole, body: bytes.split_off(end) })
    }

    /// Its resident memory in MiB.
    fn resident(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("the system does not tell the resident memory")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1_024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good; and nobody is left to hear of a failure.
        drop(self.printed.take());
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Where the head of an answer ends.
fn head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}
