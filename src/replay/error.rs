//! What can keep a log from being played, each with a sentence for the person
//! at the terminal. Nothing is decided here.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use chrono::DateTime;

use crate::import::Problem;

/// Why a log was not played, or not to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// The file could not be read.
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file is not a log that can be read.
    Log {
        /// The file.
        path: PathBuf,
        /// Where and why.
        cause: Problem,
    },
    /// The speed is not a number above 0, or so small that the log would take more than a year.
    Speed(f64),
    /// The address of the server does not begin with `http://` or `https://`.
    Server(String),
    /// An event's id or a slug has characters that none can have.
    Name(String),
    /// No event of the meeting is open.
    NoneOpen {
        /// The meeting.
        slug: String,
        /// When the next one opens, in microseconds since 1970 UTC.
        next: Option<i64>,
    },
    /// The server refuses a nickname.
    NickRefused {
        /// The nickname in the log.
        nick: String,
        /// The line of the log where it first speaks, from 1.
        line: usize,
        /// The server's reason, a sentence.
        detail: String,
    },
    /// A nickname and those made from it are all taken.
    NickTaken {
        /// The nickname in the log.
        nick: String,
        /// The last that was tried.
        last: String,
    },
    /// The server refuses something else.
    Refused {
        /// The line of the log that was to be posted, from 1.
        line: Option<usize>,
        /// The status of the answer.
        status: u16,
        /// The server's reason, a sentence.
        detail: String,
    },
    /// The server did not answer, or only that it cannot now, for too long.
    Unreachable {
        /// The line of the log that was to be posted, from 1. It may or may
        /// not be in the event.
        line: Option<usize>,
        /// The server's address.
        server: String,
        /// What went wrong last.
        cause: String,
        /// How long it was tried.
        tried: Duration,
    },
    /// The answer is not one of this protocol.
    Odd {
        /// The server's address.
        server: String,
        /// What is odd about it.
        what: String,
    },
}

impl std::error::Error for ReplayError {}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, cause } => write!(f, "{} cannot be read: {cause}.", path.display()),
            Self::Log { path, cause } => {
                write!(f, "{} is not a log that can be played. {cause}", path.display())
            }
            Self::Speed(speed) => {
                write!(f, "A speed of {speed} cannot be played; give a number above 0, such as 10 for ten times as fast.")
            }
            Self::Server(server) => write!(f, "{server:?} is not the address of a server; give one such as http://127.0.0.1:8000."),
            Self::Name(name) => {
                write!(f, "{name:?} is neither the id of an event nor the slug of a meeting; copy it from the event's page.")
            }
            Self::NoneOpen { slug, next } => none_open(f, slug, *next),
            Self::NickRefused { nick, line, detail } => {
                write!(f, "The server refuses the nickname {nick:?} (line {line} of the log): {}", sentence(detail))
            }
            Self::NickTaken { nick, last } => write!(
                f,
                "The nickname {nick:?} is taken in this event, and so is every other up to {last:?}; play the log into a new event."
            ),
            Self::Refused { line, detail, .. } => {
                if let Some(line) = line {
                    write!(f, "The log was played up to line {line}, which the server refuses: ")?;
                }
                f.write_str(&sentence(detail))
            }
            Self::Unreachable { line, server, cause, tried } => {
                if let Some(line) = line {
                    write!(f, "The log was played as far as line {line}, which may be missing. ")?;
                }
                let seconds = tried.as_secs_f64();
                write!(f, "{server} gave no useful answer for {seconds:.0} seconds ({cause}); see that the server runs and try again.")
            }
            Self::Odd { server, what } => {
                write!(f, "{server} does not answer as Gavel does ({what}); check the address.")
            }
        }
    }
}

fn none_open(f: &mut fmt::Formatter<'_>, slug: &str, next: Option<i64>) -> fmt::Result {
    write!(f, "No event of the meeting {slug:?} is open")?;
    match next.and_then(DateTime::from_timestamp_micros) {
        Some(next) => {
            let next = next.format("%Y-%m-%d at %H:%M UTC");
            write!(f, "; the next one opens on {next}. Open it now from the schedule, or wait.")
        }
        None => f.write_str(", and none is planned; add one from the schedule."),
    }
}

/// A server's reason, ended as a sentence where it is not yet one.
fn sentence(detail: &str) -> String {
    let detail = detail.trim();
    let ended = detail.ends_with(['.', '!', '?']);
    format!("{detail}{}", if ended { "" } else { "." })
}
