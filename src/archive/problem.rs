//! Why a log is not taken, with the line at which that shows.

use std::fmt;

use chrono::NaiveTime;

use crate::domain::limits;
use crate::domain::participant::NickProblem;

/// What is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1; `None` where it is wrong as a whole.
    pub line: Option<usize>,
    pub reason: Reason,
}

/// Why a line, or the whole, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    NotUtf8,
    /// More bytes than any message needs.
    LongLine,
    /// Nobody says anything in it.
    Nothing,
    /// Neither the log nor anybody else says on which day it was.
    NoDate,
    /// The same, and what looks like a date in the file's name is none.
    NoSuchDay(String),
    /// No time at its beginning, and no message before it that it could go on with.
    NoTime,
    /// What stands where a time would is none, and behind it somebody speaks.
    BadTime(String),
    /// No time, and not indented as what a client wrapped: whose words these are nobody knows.
    Stray,
    /// A time, and then no form that is known.
    UnknownForm,
    /// A line of a transcript that is neither a row nor the rest of one.
    NoRow,
    /// The title that a transcript tells is none.
    Title,
    /// The transcript has no `The room closed.`
    NotClosed,
    /// Something stands behind the close.
    BehindTheClose,
    Nick(String, NickProblem),
    LongText,
    /// Control characters, which no text here has.
    Controls,
    /// The time is far before that of the line before: from, to.
    Back(NaiveTime, NaiveTime),
    /// The day is before that of the line before.
    DayBack,
    /// The log goes on for more than a day.
    TooLong,
}

impl Problem {
    pub(super) const fn at(line: usize, reason: Reason) -> Self {
        Self { line: Some(line), reason }
    }

    pub(super) const fn whole(reason: Reason) -> Self {
        Self { line: None, reason }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "Line {line} {}.", self.reason),
            None => write!(f, "It {}.", self.reason),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("is not UTF-8; convert the file first, for example with iconv"),
            Self::LongLine => f.write_str("is longer than any message: this is no log of a meeting"),
            Self::Nothing => f.write_str("has no message: lines look like “19:00:05 <nick> text” or “19:00 * nick does something”"),
            Self::NoDate => f.write_str("does not say on which day it was: give the file a name with the date in it, or --date 2026-11-24"),
            Self::NoSuchDay(date) => write!(
                f,
                "does not say on which day it was, and “{date}” in its name is no day of any calendar: give it a name with the right date, or --date 2026-11-24"
            ),
            Self::NoTime => f.write_str("does not begin with a time such as 19:00 or [19:00:05]"),
            Self::BadTime(time) => write!(f, "begins with “{time}”, which is no time of day at the place where logs have one"),
            Self::Stray => {
                f.write_str("has no time, and no indent that shows it as the rest of the line before: nobody knows whose words these are")
            }
            Self::UnknownForm => f.write_str("has neither “<nick> text” nor “* nick does something” behind its time"),
            Self::NoRow => f.write_str("is neither a row of a transcript (“19:00:05 <nick> text”) nor, two spaces in, the rest of one"),
            Self::Title => write!(f, "tells a title that is none: it needs 1 to {} characters that can be seen", limits::TITLE),
            Self::NotClosed => f.write_str("is the transcript of a room that had not closed yet: take it again after the close"),
            Self::BehindTheClose => f.write_str("stands behind the close of the room, where nothing can"),
            Self::Nick(nick, problem) => write!(f, "is by “{nick}”. {}", problem.to_string().trim_end_matches('.')),
            Self::LongText => write!(f, "begins a message of more than {} characters", limits::TEXT),
            Self::Controls => f.write_str("holds control characters: remove them first"),
            Self::Back(from, to) => write!(
                f,
                "goes back from {} to {}, further than a clock is set right. If another day begins here, make it a file of its own",
                from.format("%H:%M:%S"),
                to.format("%H:%M:%S")
            ),
            Self::DayBack => f.write_str("is of a day before that of the line before"),
            Self::TooLong => write!(
                f,
                "is more than {} hours after the first: an event cannot last as long. Make a file of each meeting",
                limits::MINUTES / 60
            ),
        }
    }
}

impl std::error::Error for Problem {}
