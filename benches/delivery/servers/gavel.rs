//! A fresh Gavel with a meeting that is open now, made through its command line and its public API alone.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Outcome;
use crate::client::http::{self, Connection};
use crate::options::Options;
use crate::servers::process::{self, Pinning, Server};

/// Lifts what protects a public server from just this kind of load, and asks for a live door.
const SETTINGS: &[(&str, &str)] = &[
    ("GAVEL_POST_RATE", "1000000"),
    ("GAVEL_POST_BURST", "1000000"),
    ("GAVEL_ADDRESS_POST_RATE", "1000000"),
    ("GAVEL_ADDRESS_POST_BURST", "1000000"),
    ("GAVEL_EVENT_POST_RATE", "1000000"),
    ("GAVEL_EVENT_POST_BURST", "1000000"),
    ("GAVEL_SEARCH_RATE", "1000000"),
    ("GAVEL_SEARCH_BURST", "1000000"),
    ("GAVEL_READ_RATE", "1000000"),
    ("GAVEL_READ_BURST", "1000000"),
    ("GAVEL_JOIN_RATE", "1000000"),
    ("GAVEL_JOIN_BURST", "1000000"),
    ("GAVEL_POLLS", "100000"),
    ("GAVEL_ROOM_POLLS", "100000"),
    ("GAVEL_PERSON_POLLS", "100000"),
    ("GAVEL_ADDRESS_POLLS", "100000"),
    // One address may have three quarters of these.
    ("GAVEL_LIVE_CONNECTIONS", "200000"),
    ("GAVEL_ADDRESS_CONNECTIONS", "200000"),
    (process::DOOR_SETTING, "0"),
];
const ORGANIZER: &str = "bench";
const PASSWORD: &[u8] = b"a pass phrase for the bench only\n";
pub const TEXT: &str = "One message of a usual length, as people write them.";

/// A data folder of its own, removed when it is dropped.
pub fn folder(options: &Options) -> Outcome<TempDir> {
    std::fs::create_dir_all(&options.data)?;
    Ok(TempDir::with_prefix_in("gavel-bench-", options.data.canonicalize()?)?)
}

/// Serves a data folder, without an organizer in it.
pub fn serve(options: &Options, pinning: &Pinning, data: &Path, door: bool) -> Outcome<Server> {
    let mut settings = vec![("GAVEL_DATA_DIR", data.as_os_str())];
    let more = SETTINGS.iter().filter(|(name, _)| door || *name != process::DOOR_SETTING);
    settings.extend(more.map(|(name, value)| (*name, OsStr::new(*value))));
    let pace = options.pace.map(|pace| pace.to_string());
    settings.extend(pace.as_ref().map(|pace| ("GAVEL_PACE_MS", OsStr::new(pace))));
    Server::start(pinning, &program(options)?, &[], &settings)
}

fn program(options: &Options) -> Outcome<OsString> {
    Ok(match &options.server {
        Some(path) => path.canonicalize().map_err(|problem| format!("{}: {problem}", path.display()))?.into_os_string(),
        None => OsString::from(env!("CARGO_BIN_EXE_gavel")),
    })
}

pub struct Site {
    pub server: Server,
    token: String,
    // Dropped after the server, which writes to it.
    data: TempDir,
}

impl Site {
    pub fn start(options: &Options, pinning: &Pinning) -> Outcome<Self> {
        let data = folder(options)?;
        let server = serve(options, pinning, data.path(), true)?;
        let program = program(options)?;
        command_line(&program, data.path(), &["organizer", "add", ORGANIZER], PASSWORD)?;
        let token = command_line(&program, data.path(), &["token", "add", ORGANIZER], b"")?;
        Ok(Self { server, token, data })
    }

    /// Ends the server as a crash would, and returns its data folder.
    pub fn crash(self) -> TempDir {
        self.data
    }

    /// The log file of its database.
    pub fn log_file(&self) -> PathBuf {
        self.data.path().join("gavel.db-wal")
    }

    /// The same data in a new process, which has read nothing yet.
    pub fn restart(self, options: &Options, pinning: &Pinning) -> Outcome<Self> {
        let Self { server, token, data } = self;
        drop(server);
        let server = serve(options, pinning, data.path(), true)?;
        Ok(Self { server, token, data })
    }

    /// Makes a meeting whose event is open, and returns the path of the event in the API.
    #[expect(clippy::disallowed_methods, reason = "the bench stands outside the program and has no store to ask")]
    pub async fn open_event(&self, title: &str) -> Outcome<String> {
        let starts = (chrono::Utc::now() - chrono::TimeDelta::minutes(1)).format("%Y-%m-%dT%H:%M").to_string();
        let meeting = json!({"title": title, "timezone": "UTC", "starts": starts, "duration_minutes": 120});
        let meeting = self.call("/api/v1/meetings", &self.token, &meeting).await?;
        let mut event = meeting["current"].clone();
        if event.is_null() {
            let slug = meeting["slug"].as_str().ok_or("a meeting has no slug")?;
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
            let closes_at = i64::try_from(now)? + 2 * 3600 * 1_000_000;
            event = self.call(&format!("/api/v1/meetings/{slug}/events"), &self.token, &json!({"closes_at": closes_at})).await?;
        }
        let id = event["id"].as_str().ok_or_else(|| format!("an event has no id: {event}"))?;
        Ok(format!("/api/v1/events/{id}"))
    }

    /// Joins an event as a new participant.
    pub async fn join(&self, event: &str, nick: &str) -> Outcome<Participant> {
        let participant = self.call(&format!("{event}/participants"), "", &json!({"nick": nick})).await?;
        let token = participant["token"].as_str().ok_or("a participant has no token")?.to_owned();
        Ok(Participant { messages: format!("{event}/messages"), token })
    }

    /// The request for what the organizer may read at `path`.
    pub fn get(&self, path: &str) -> Vec<u8> {
        http::get(path, &self.token)
    }

    async fn call(&self, path: &str, token: &str, body: &Value) -> Outcome<Value> {
        let mut connection = Connection::open(self.server.address).await?;
        let answer = connection.exchange(&http::post(path, token, body)).await?.json();
        answer.map_err(|problem| format!("POST {path}: {problem}").into())
    }
}

/// A person in an event.
pub struct Participant {
    messages: String,
    token: String,
}

impl Participant {
    /// The request that posts this as them.
    pub fn post(&self, message: &Value) -> Vec<u8> {
        http::post(&self.messages, &self.token, message)
    }

    /// The request that posts a message of a usual length.
    pub fn say(&self) -> Vec<u8> {
        self.post(&json!({"text": TEXT}))
    }
}

/// Runs a command of the program next to the server, and returns what it printed.
fn command_line(program: &OsStr, data: &Path, arguments: &[&str], input: &[u8]) -> Outcome<String> {
    let mut child = process::clean(Command::new(program))
        .args(arguments)
        .env("GAVEL_DATA_DIR", data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut standard_input) = child.stdin.take() {
        // A command that reads nothing may have ended by now, which is no problem of ours.
        let _unread = standard_input.write_all(input);
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let problem = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("`gavel {}` failed: {problem}", arguments.join(" ")).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
