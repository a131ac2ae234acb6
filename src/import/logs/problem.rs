//! Reasons to refuse a log, with the line that shows them.

use std::fmt;

use chrono::NaiveTime;

use super::format::known;
use crate::domain::limits;
use crate::domain::talk::participant::NickProblem;

/// A problem of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1; `None` when it is wrong as a whole.
    pub line: Option<usize>,
    pub reason: Reason,
}

/// The reason why a line, or the log as a whole, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Neither UTF-8 nor in this encoding.
    NotEncoded(&'static str),
    /// More bytes than any message needs.
    LongLine,
    /// Nobody says anything in it.
    Nothing,
    /// Nobody says anything between `--from` and `--to`.
    NothingInRange,
    /// A part of it is wanted, and it is a transcript of Gavel's.
    OneEvent,
    /// It is to be cut at `#startmeeting`, which it does not have.
    NoMeeting,
    /// Neither the log nor anybody else says on which day it was.
    NoDate,
    /// The same, and what looks like a date in the file's name is not one.
    NoSuchDay(String),
    /// The line has a date without a year, which nothing else says either.
    NoYear,
    /// The numbers of the date can be read in two ways.
    UnclearDate,
    /// The numbers where a date would be are not one.
    NoSuchDate,
    /// A heading may begin a day, and its date cannot be read.
    Heading(String),
    /// No time at its beginning (the line's beginning), and no message before it that it could go on with.
    NoTime(String),
    /// Something else is in the place of the time, and then somebody speaks.
    BadTime(String),
    /// No time, and not indented as what a client wrapped: nobody knows whose words these are.
    Stray,
    /// A time, and then nothing that is known: the line's beginning, and the format of the rest.
    UnknownForm(String, Option<&'static str>),
    /// Two formats read the line differently: their names, and the line's beginning.
    Unclear(&'static str, &'static str, String),
    /// Somebody speaks under a nickname that they gave up in this line, if it was not an action.
    DoubtfulRename(String, usize),
    /// A line of a transcript that is neither a row nor the rest of one.
    NoRow,
    /// The title that a transcript tells cannot be one.
    Title,
    /// The transcript has no `The room closed.`
    NotClosed,
    /// Something follows the close.
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
    pub(crate) const fn at(line: usize, reason: Reason) -> Self {
        Self { line: Some(line), reason }
    }

    pub(crate) const fn whole(reason: Reason) -> Self {
        Self { line: None, reason }
    }
}

/// The beginning of a line, for a message.
pub(super) fn beginning(line: &str) -> String {
    const LENGTH: usize = 40;
    let shown: String = line.trim().chars().map(|c| if c == '\t' { '→' } else { c }).take(LENGTH).collect();
    if line.trim().chars().count() > LENGTH { shown + "…" } else { shown }
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
            Self::NotEncoded("UTF-8") => f.write_str("is not UTF-8. Name the encoding with --encoding, for example --encoding latin1"),
            Self::NotEncoded(name) => write!(f, "is not UTF-8, and not {name} either. Name the right encoding with --encoding"),
            Self::LongLine => f.write_str("is longer than any message: this is not the log of a meeting"),
            Self::Nothing => f.write_str("has no message: lines look like “19:00:05 <nick> text” or “19:00 * nick does something”"),
            Self::NothingInRange => f.write_str("has no message between --from and --to. Check both, and --zone"),
            Self::OneEvent => f.write_str("is a transcript of Gavel's, which is one event. Remove --from, --to, and --cut"),
            Self::NoMeeting => f.write_str("has no #startmeeting at which it could be cut. Use --from and --to"),
            Self::NoDate => f.write_str("does not say on which day it was: give the file a name with the date in it, or --date 2026-11-24"),
            Self::NoSuchDay(date) => write!(
                f,
                "does not say on which day it was, and “{date}” in its name is not a date: give it a name with the right date, or --date 2026-11-24"
            ),
            Self::NoYear => f.write_str("has a date without a year: give the file a name with the full date in it, or --date 2026-11-24"),
            Self::UnclearDate => {
                f.write_str("has a date that can be read in two ways. Say which with --date-format, for example --date-format dmy")
            }
            Self::NoSuchDate => {
                f.write_str("has a date that does not exist. If its parts are in another order, say so with --date-format, for example mdy")
            }
            Self::Heading(line) => write!(
                f,
                "may begin a new day, but its date cannot be read: “{line}”. Write it as “--- Day changed 2026-11-24” in the file"
            ),
            Self::NoTime(line) => {
                write!(f, "does not begin with a time such as 19:00 or [19:00:05]: “{line}”. Known formats: {}", known())
            }
            Self::BadTime(time) => write!(f, "begins with “{time}”, which is not a time of day"),
            Self::Stray => f.write_str(
                "has no time, and no indent that shows it as the rest of the line before: nobody knows whose words these are. \
                 If such lines always go on with the message before, say --continuation join",
            ),
            Self::UnknownForm(line, format) => {
                write!(f, "is not in a known format: “{line}”. ")?;
                if let Some(format) = format {
                    write!(f, "The rest of the file looks like {format}. ")?;
                }
                write!(f, "Known formats: {}", known())
            }
            Self::Unclear(first, second, line) => {
                write!(f, "is an action if {first} wrote the file, and a status line if {second} did: “{line}”. Say which with --format")
            }
            Self::DoubtfulRename(nick, line) => write!(
                f,
                "is by “{nick}”, who changed that nickname in line {line}, unless line {line} is an action. Correct one of the two lines"
            ),
            Self::NoRow => {
                f.write_str("is neither a row of a transcript (“19:00:05 <nick> text”) nor, indented by two spaces, the rest of one")
            }
            Self::Title => write!(f, "has a title that cannot be one: a title needs 1 to {} visible characters", limits::TITLE),
            Self::NotClosed => f.write_str("is the transcript of a room that had not closed yet: download it again after the close"),
            Self::BehindTheClose => f.write_str("is after the room closed"),
            Self::Nick(nick, problem) => write!(f, "is by “{nick}”. {}", problem.to_string().trim_end_matches('.')),
            Self::LongText => write!(f, "begins a message of more than {} characters", limits::TEXT),
            Self::Controls => f.write_str("contains control characters: remove them first"),
            Self::Back(from, to) => write!(
                f,
                "goes back from {} to {}, further than a clock is set right. If another day begins here, say --backwards next-day; if the clock \
                 was set back, --backwards same-day",
                from.format("%H:%M:%S"),
                to.format("%H:%M:%S")
            ),
            Self::DayBack => f.write_str("has an earlier day than the line before"),
            Self::TooLong => write!(
                f,
                "is more than {} hours after the first: an event cannot last as long. Cut the log at #startmeeting and #endmeeting with --cut, or \
                 choose a part with --from and --to",
                limits::MINUTES / 60
            ),
        }
    }
}

impl std::error::Error for Problem {}
