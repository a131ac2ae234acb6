//! `gavel replay` after its arguments are parsed: reads the file, finds the
//! event, plays, and reports on standard error. Prints no result.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use chrono::NaiveDate;

use super::progress::Progress;
use super::report::Report;
use super::{Played, ReplayError, Target, parse_with, play};
use crate::domain::zone::Zone;
use crate::import::{self, Known};

/// What `gavel replay` is asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// The log.
    pub log: PathBuf,
    /// The options for reading the log.
    pub reading: import::Options,
    /// On whose clocks its times are, and the day of its first line.
    pub zone: Zone,
    pub date: Option<NaiveDate>,
    /// Where it is played.
    pub room: Room,
    /// What the pauses are divided by; above 0.
    pub speed: f64,
    /// The server's address, such as `http://127.0.0.1:8000`.
    pub server: String,
    /// Whether the participants stay in the event at the end.
    pub stay: bool,
}

/// How an event is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Room {
    /// By its id.
    Event(String),
    /// By the slug of its meeting: the one that is open.
    Meeting(String),
}

/// Plays a file as asked, with progress on standard error. What comes back
/// says for the user, as text, what was done.
///
/// # Errors
/// As [`play`]; besides, where the file cannot be read or is no log, and where
/// no event of the meeting is open.
pub fn run(options: &Options) -> Result<Played, ReplayError> {
    let path = &options.log;
    let bytes = fs::read(path).map_err(|cause| ReplayError::File { path: path.clone(), cause })?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let known = Known { name: &name, date: options.date, zone: options.zone };
    let log = parse_with(&bytes, &known, &options.reading).map_err(|cause| ReplayError::Log { path: path.clone(), cause })?;
    let stderr = io::stderr();
    let terminal = stderr.is_terminal();
    let mut report = Report::new(stderr, terminal);
    let mut show = |progress: Progress<'_>| report.show(progress);
    let target = match &options.room {
        Room::Event(id) => Ok(Target::new(&options.server, id)),
        Room::Meeting(slug) => Target::open_event_of(&options.server, slug, &mut show),
    };
    let played = target.and_then(|target| {
        let target = Target { stay: options.stay, ..target };
        play(&log, &target, options.speed, &mut show)
    });
    report.end();
    played
}
