//! The settings: one struct, read and checked once at the start. Others get values from it.

use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;

use rocket::figment::error::Kind;
use rocket::figment::{Error, Figment, Source};
use serde::{Deserialize, Serialize};

/// Gavel's own settings: the table `[default.gavel]` of `Rocket.toml`, or the environment, where
/// `data_dir` is `GAVEL_DATA_DIR` and so on. Address, port and workers are Rocket's (`ROCKET_PORT`).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct Config {
    /// The folder for the database and the secret key; made where it is missing.
    pub data_dir: PathBuf,
    /// The address that people use, such as `https://meet.example.org`. With `https` cookies are
    /// marked Secure. Where it is not set, the address served is used.
    pub public_url: Option<String>,
    /// The port of the live door, a listener for polls and streams alone; 0: any free one. Where it is
    /// not set there is no such door.
    pub live_port: Option<u16>,
    /// Connections that the live door keeps side by side.
    pub live_connections: u32,
    /// Connections from one address that the live door keeps side by side; at most three quarters of all. Not used with
    /// Rocket's `ip_header`: then all connections are the proxy's.
    pub address_connections: NonZeroU32,
    /// The address at which pages reach the live door, such as `https://meet.example.org:8443`. Where it is
    /// not set, they poll where they come from.
    pub live_url: Option<String>,
    /// The name of this site on its pages.
    pub site_title: String,
    /// The server that takes mails, such as `smtp://user:password@host:587`. Where it is not set, readers
    /// are not offered reminders.
    pub smtp_url: Option<Hidden>,
    /// Whom mails come from, such as `Gavel <gavel@example.org>`.
    pub mail_from: Option<String>,
    /// A file of certificates in PEM: authorities that vouch for that server, beside those that everybody knows.
    pub smtp_ca: Option<PathBuf>,
    /// Connections that read the database side by side.
    pub readers: u32,
    /// Messages a second of one participant, in the long run.
    pub post_rate: NonZeroU32,
    /// Messages of one participant in a burst.
    pub post_burst: NonZeroU32,
    /// Messages a second from one address, in the long run.
    pub address_post_rate: NonZeroU32,
    /// Messages from one address in a burst.
    pub address_post_burst: NonZeroU32,
    /// Messages and joins a second in one event, in the long run.
    pub event_post_rate: NonZeroU32,
    /// Messages and joins in one event in a burst.
    pub event_post_burst: NonZeroU32,
    /// Reads a second from one address, in the long run: pages, exports, calendars, and answers of the API
    /// except polls and streams.
    pub read_rate: NonZeroU32,
    /// Reads from one address in a burst.
    pub read_burst: NonZeroU32,
    /// Reads from one address that are answered at the same time; more wait for their turn.
    pub address_reads: NonZeroU32,
    /// Joins a minute from one address, in the long run.
    pub join_rate: NonZeroU32,
    /// Joins from one address in a burst.
    pub join_burst: NonZeroU32,
    /// Searches a second from one address, in the long run.
    pub search_rate: NonZeroU32,
    /// Searches from one address in a burst.
    pub search_burst: NonZeroU32,
    /// Requests for reminders a minute from one address, in the long run. Each sends an email.
    pub reminder_rate: NonZeroU32,
    /// Requests for reminders from one address in a burst.
    pub reminder_burst: NonZeroU32,
    /// Failed sign-ins in ten minutes with one name from one address; ten times as many from one address in all.
    pub sign_in_attempts: NonZeroU32,
    /// Milliseconds that a busy room gathers messages before it wakes its pollers again; 0 to 1000. A room
    /// of more polls takes 90 µs for each, up to 100 ms, where that is longer; with 0 none waits.
    pub pace_ms: u64,
    /// Milliseconds from the end of one commit to the next while messages come from many sides; 0 to 100.
    pub gather_ms: u64,
    /// Polls and streams that may be parked in all.
    pub polls: NonZeroU32,
    /// Polls and streams that may be parked in one event.
    pub room_polls: NonZeroU32,
    /// Polls and streams that one participant may have parked.
    pub person_polls: NonZeroU32,
    /// Polls and streams that may be parked from one address.
    pub address_polls: NonZeroU32,
}

/// A setting that no log shows.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

const fn some(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: "gavel-data".into(),
            public_url: None,
            live_port: None,
            live_connections: 20_000,
            address_connections: some(4_000),
            live_url: None,
            site_title: "Gavel".into(),
            smtp_url: None,
            mail_from: None,
            smtp_ca: None,
            readers: 4,
            post_rate: some(5),
            post_burst: some(30),
            address_post_rate: some(100),
            address_post_burst: some(2_000),
            event_post_rate: some(200),
            event_post_burst: some(4_000),
            read_rate: some(200),
            read_burst: some(4_000),
            address_reads: some(8),
            join_rate: some(60),
            join_burst: some(400),
            search_rate: some(20),
            search_burst: some(2_000),
            reminder_rate: some(30),
            reminder_burst: some(400),
            sign_in_attempts: some(10),
            pace_ms: 25,
            gather_ms: 5,
            polls: some(20_000),
            room_polls: some(10_000),
            person_polls: some(20),
            address_polls: some(2_000),
        }
    }
}

/// A setting that cannot be used.
#[derive(Debug)]
pub struct ConfigProblem(pub String);

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigProblem {}

impl ConfigProblem {
    /// What is wrong with a setting or with the file of settings, in one sentence.
    #[must_use]
    pub fn of(problem: &Error) -> Self {
        let file = problem.metadata.as_ref().and_then(|it| match &it.source {
            Some(Source::File(path)) => Some(path.display().to_string()),
            _ => None,
        });
        if let (Some(file), Kind::Message(message)) = (&file, &problem.kind)
            && problem.path.is_empty()
        {
            // The parser draws the line with a mark below it; its words are around that.
            let words: Vec<&str> = message.lines().map(str::trim).filter(|line| !line.is_empty() && !line.contains('|')).collect();
            return Self(format!("The file of settings {file} cannot be read: {}.", words.join(", ")));
        }
        let key = problem.path.iter().map(String::as_str).filter(|key| *key != "gavel" && *key != "databases").collect::<Vec<_>>();
        let of_gavel = key.len() < problem.path.len();
        let name = match key.first().map(|first| first.to_uppercase()) {
            None => " [gavel]".to_owned(),
            Some(first) if !of_gavel => format!(" ROCKET_{first} ({})", key.join(".")),
            Some(_) if problem.path.iter().any(|key| key == "databases") => " GAVEL_DATABASE_URL (databases.gavel.url)".to_owned(),
            Some(first) => format!(" GAVEL_{first} ({})", key.join(".")),
        };
        let place = file.map_or_else(String::new, |file| format!(" in {file}"));
        Self(format!("The setting{name}{place} cannot be used: {}.", problem.kind))
    }
}

impl Config {
    /// Reads the settings and checks them.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn read(figment: &Figment) -> Result<Self, ConfigProblem> {
        let mut config: Self = match figment.extract_inner("gavel") {
            Err(problem) if problem.missing() => Self::default(),
            other => other.map_err(|problem| ConfigProblem::of(&problem))?,
        };
        origin(&mut config.public_url, "GAVEL_PUBLIC_URL (public_url)", "https://meet.example.org")?;
        origin(&mut config.live_url, "GAVEL_LIVE_URL (live_url)", "https://meet.example.org:8443")?;
        if config.live_connections == 0 {
            return Err(ConfigProblem("The setting GAVEL_LIVE_CONNECTIONS (live_connections) takes a number from 1 on.".into()));
        }
        if config.readers == 0 || config.readers > 64 {
            return Err(ConfigProblem("The setting GAVEL_READERS (readers) takes a number from 1 to 64.".into()));
        }
        if config.pace_ms > 1_000 {
            return Err(ConfigProblem("The setting GAVEL_PACE_MS (pace_ms) takes a number of milliseconds from 0 to 1000.".into()));
        }
        if config.gather_ms > 100 {
            return Err(ConfigProblem("The setting GAVEL_GATHER_MS (gather_ms) takes a number of milliseconds from 0 to 100.".into()));
        }
        Ok(config)
    }
}

/// Checks an address that is scheme and host only, and cuts slashes at its end.
fn origin(url: &mut Option<String>, setting: &str, example: &str) -> Result<(), ConfigProblem> {
    let Some(url) = url else { return Ok(()) };
    while url.ends_with('/') {
        url.pop();
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    // Headers name it, too, where a comma or a semicolon would mean something.
    let strange = |c: char| c.is_whitespace() || c.is_control() || "/?#@;,'\"".contains(c);
    if rest.is_empty() || rest.contains(strange) {
        return Err(ConfigProblem(format!("The setting {setting} is “{url}”. Write scheme and host only, such as {example}.")));
    }
    Ok(())
}
