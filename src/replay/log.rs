//! A whole log: lines put together into messages with their distance from
//! the first. Pure; what a single line may look like is in `line.rs`, and
//! nothing here knows where the messages go.

use std::fmt;
use std::time::Duration;

use super::line::{self, Shape, outdent};

const DAY: u64 = 24 * 60 * 60;
const HALF_A_DAY: u64 = DAY / 2;

/// The messages of a log, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// At least one.
    pub lines: Vec<LogLine>,
    /// Lines of the file that are no message, as joins and quits; blank lines
    /// are not counted.
    pub skipped: usize,
}

/// One message of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Time since the first message of the log; never less than that of the
    /// message before.
    pub at: Duration,
    /// Who, without a rank such as `@`.
    pub nick: String,
    /// Whether it tells what `nick` did (`/me`) and not what they said.
    pub action: bool,
    /// What; lines that a client wrapped are joined by `\n`. Never empty, and
    /// without control characters but for `\n` and tabs.
    pub text: String,
    /// Where it begins in the file, from 1.
    pub number: usize,
}

/// Why a file is no log that can be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// The file is not UTF-8 at this line (from 1).
    NotUtf8 {
        /// The first line with such bytes, from 1.
        line: usize,
    },
    /// Not one message was found.
    NoMessage {
        /// The first line that was looked at in vain, from 1.
        line: usize,
        /// What it lacks.
        reason: Unreadable,
    },
}

/// Why one line is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The file has no line with anything on it.
    Empty,
    /// The line does not begin with a time.
    NoTime,
    /// What follows the time is neither words nor an action.
    UnknownForm,
    /// Nothing follows the nickname.
    NoText,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 { line } => write!(f, "Line {line} is not UTF-8; convert the file first, for example with iconv"),
            Self::NoMessage { line, reason } => {
                write!(f, "No message was found: line {line} {reason}")
            }
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty, and so is the rest of the file",
            Self::NoTime => "does not begin with a time such as 19:00 or [19:00:05]",
            Self::UnknownForm => "has neither `<nick> text` nor `* nick action` after its time",
            Self::NoText => "has no text after the nickname",
        })
    }
}

impl std::error::Error for ParseError {}

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

/// Reads a log from the bytes of a file. A byte order mark is passed over.
///
/// # Errors
/// As [`parse`]; besides, where the bytes are not UTF-8.
pub fn parse_bytes(bytes: &[u8]) -> Result<Log, ParseError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text),
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let breaks = before.iter().fold(0, |sum, byte| sum + usize::from(*byte == b'\n'));
            Err(ParseError::NotUtf8 { line: breaks + 1 })
        }
    }
}

/// Reads a log: `HH:MM:SS <nick> text`, `HH:MM:SS * nick action`, both also
/// without seconds and with the time in brackets. A line without a time goes
/// on with the message before it. A time more than twelve hours before the
/// last one is on the next day; any other step back counts as no time at all.
///
/// # Errors
/// Where not one message could be read: the first line and what it lacks.
pub fn parse(text: &str) -> Result<Log, ParseError> {
    let mut reader = Reader::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        reader.take(index + 1, &line::clean(line));
    }
    for line in &mut reader.lines {
        // Blank lines after a message were taken for a part of it.
        line.text.truncate(line.text.trim_end().len());
    }
    if reader.lines.is_empty() {
        let (line, reason) = reader.first_skipped.unwrap_or((1, Unreadable::Empty));
        return Err(ParseError::NoMessage { line, reason });
    }
    Ok(Log { lines: reader.lines, skipped: reader.skipped })
}

/// What is known after each line of the file.
#[derive(Default)]
struct Reader {
    lines: Vec<LogLine>,
    skipped: usize,
    first_skipped: Option<(usize, Unreadable)>,
    /// Seconds since midnight of the last message.
    clock: Option<u64>,
    /// Seconds from the first message to the last.
    at: u64,
    /// The column of the text of the last message, while lines without a time
    /// belong to it; `None` after a line that was skipped, since what follows
    /// is the rest of that.
    open: Option<usize>,
}

impl Reader {
    fn take(&mut self, number: usize, line: &str) {
        match line::read(line) {
            Shape::Message { seconds, nick, action, text, column } => {
                self.at += self.gap(u64::from(seconds));
                self.clock = Some(u64::from(seconds));
                self.open = Some(column);
                self.lines.push(LogLine { at: Duration::from_secs(self.at), nick: nick.to_owned(), action, text: text.to_owned(), number });
            }
            Shape::Wordless => self.skip(number, Unreadable::NoText),
            Shape::Other { .. } => self.skip(number, Unreadable::UnknownForm),
            Shape::Remark => self.skip(number, Unreadable::NoTime),
            Shape::Loose => match (self.open, self.lines.last_mut()) {
                (Some(column), Some(last)) => {
                    last.text.push('\n');
                    last.text.push_str(outdent(line, column).trim_end());
                }
                _ => self.skip(number, Unreadable::NoTime),
            },
            Shape::Blank => {
                if let (Some(_), Some(last)) = (self.open, self.lines.last_mut()) {
                    last.text.push('\n');
                }
            }
        }
    }

    /// Seconds from the last message to one at `seconds` since midnight.
    fn gap(&self, seconds: u64) -> u64 {
        match self.clock {
            Some(last) if last > seconds + HALF_A_DAY => seconds + DAY - last,
            Some(last) => seconds.saturating_sub(last),
            None => 0,
        }
    }

    fn skip(&mut self, number: usize, reason: Unreadable) {
        self.open = None;
        self.skipped += 1;
        self.first_skipped.get_or_insert((number, reason));
    }
}
