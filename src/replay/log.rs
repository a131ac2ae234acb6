//! A log as a replay needs it: messages with their distance from the first. How a file is read is in `import`;
//! nothing here knows where the messages go.

use std::time::Duration;

use chrono::NaiveDate;

use crate::domain::zone::Zone;
use crate::import::{self, Known, Options, Problem};

/// The messages of a log, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// At least one.
    pub lines: Vec<LogLine>,
    /// Lines of the file that are not messages, such as joins and quits; blank lines are not counted.
    pub skipped: usize,
}

/// One message of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Time since the first message of the log; never less than that of the message before.
    pub at: Duration,
    /// Who, without a rank such as `@`, and under one nickname for each person.
    pub nick: String,
    /// Whether it tells what `nick` did (`/me`) and not what they said.
    pub action: bool,
    /// What; lines that a client wrapped are joined by `\n`. Never empty, and without control characters except `\n` and tabs.
    pub text: String,
    /// Where it begins in the file, from 1.
    pub number: usize,
}

impl Log {
    /// Everyone who speaks, each once, in the order of their first words.
    #[must_use]
    pub fn nicks(&self) -> Vec<&str> {
        let mut seen = std::collections::HashSet::new();
        let nicks = self.lines.iter().map(|line| line.nick.as_str());
        nicks.filter(|nick| seen.insert(*nick)).collect()
    }

    /// Time from the first message to the last.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.lines.last().map_or(Duration::ZERO, |line| line.at)
    }
}

/// The most that a clock may be set back in a replay, in seconds: as much as in autumn, since nobody says in which zone it was.
const SLACK: u32 = 60 * 60;

/// Returns the options of a replay: only the distances count, so a log needs no date.
#[must_use]
pub fn options() -> Options {
    Options { slack: SLACK, keeps_pauses: true, fallback_day: NaiveDate::from_ymd_opt(2000, 1, 2), ..Options::default() }
}

/// Reads a log.
///
/// # Errors
/// As [`parse_with`].
pub fn parse(text: &str) -> Result<Log, Problem> {
    parse_bytes(text.as_bytes())
}

/// Reads a log from the bytes of a file.
///
/// # Errors
/// As [`parse_with`].
pub fn parse_bytes(bytes: &[u8]) -> Result<Log, Problem> {
    parse_with(bytes, &Known { name: "", date: None, zone: Zone::utc() }, &options())
}

/// Reads a log from the bytes of a file, in any format that `gavel import-log` reads.
///
/// # Errors
/// The first line that cannot be read, and why.
pub fn parse_with(bytes: &[u8], known: &Known<'_>, options: &Options) -> Result<Log, Problem> {
    let (messages, skipped) = import::messages(bytes, known, options)?;
    let lines = messages.into_iter().map(|it| LogLine { at: it.at, nick: it.nick, action: it.is_action, text: it.text, number: it.number });
    Ok(Log { lines: lines.collect(), skipped })
}
