//! Why a text is no rule that Gavel follows: one variant for each thing that a person can put right.
//!
//! Owns the sentences that stand at the field. Knows nothing of how a rule is read.

use std::fmt;

use super::rule::{Frequency, LARGEST_INTERVAL, LONGEST, MOST};

/// Why a text is no rule that Gavel follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleProblem {
    /// Not of the form `NAME=VALUE;NAME=VALUE`; the part that is not.
    Form(String),
    /// Longer than [`LONGEST`] characters.
    Long,
    /// A name that RFC 5545 lacks.
    Unknown(String),
    /// A name that stands there twice.
    Twice(&'static str),
    /// `FREQ` is missing, or no frequency at all.
    Frequency,
    /// `FREQ` is `HOURLY`, `MINUTELY` or `SECONDLY`.
    TooOften(String),
    /// Names hours, minutes or seconds: the start says those.
    TimeOfDay,
    /// `INTERVAL` is no number from 1 to [`LARGEST_INTERVAL`].
    Interval,
    /// `COUNT` is no number from 1 up.
    Count,
    /// `COUNT` is more than [`MOST`].
    CountTooLarge,
    /// Both `COUNT` and `UNTIL`.
    TwoEnds,
    /// `UNTIL` is neither a date nor a time.
    Until,
    /// `UNTIL` lies before the start.
    UntilBeforeStart,
    /// A value of a `BY…` part that is no number, or out of the range that stands beside it.
    Range { part: &'static str, value: String, range: &'static str },
    /// A day of `BYDAY` or `WKST` that is none.
    Day { part: &'static str, value: String },
    /// A part that RFC 5545 forbids with this frequency.
    NotWith { part: &'static str, frequency: Frequency },
    /// `BYDAY` with a number beside `BYWEEKNO`.
    NumberedInWeek,
    /// `BYSETPOS` with nothing to choose from.
    PositionAlone,
    /// The `rrule` crate refuses what the other variants let pass; in its words.
    Parts(String),
    /// No date at all comes out.
    Empty,
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(part) => write!(f, "The rule cannot be read at “{part}”. Write it like FREQ=WEEKLY;INTERVAL=2;BYDAY=TU."),
            Self::Long => write!(f, "A rule has up to {LONGEST} characters."),
            Self::Unknown(name) => write!(f, "A rule has no part called “{name}”."),
            Self::Twice(part) => write!(f, "The rule has {part} twice. Keep one of them."),
            Self::Frequency => f.write_str("The rule needs FREQ=DAILY, WEEKLY, MONTHLY or YEARLY."),
            Self::TooOften(value) => write!(f, "FREQ={value} is too often for meetings: daily is the most."),
            Self::TimeOfDay => f.write_str("The rule cannot name hours, minutes or seconds: the start gives the time of day."),
            Self::Interval => write!(f, "INTERVAL is a number from 1 to {LARGEST_INTERVAL}."),
            Self::Count => f.write_str("COUNT is a number from 1 up."),
            Self::CountTooLarge => write!(f, "COUNT may be {MOST} at the most. Leave it out for a meeting without end."),
            Self::TwoEnds => f.write_str("The rule has both COUNT and UNTIL. Keep one of them."),
            Self::Until => f.write_str("UNTIL is a date such as 20271231, or a time in UTC such as 20271231T235959Z."),
            Self::UntilBeforeStart => f.write_str("UNTIL lies before the first event. Choose a later end."),
            Self::Range { part, value, range } => write!(f, "“{value}” does not fit {part}: write numbers {range}."),
            Self::Day { part, value } => write!(f, "“{value}” is no day for {part}: write MO, TU, WE, TH, FR, SA or SU."),
            Self::NotWith { part, frequency } => write!(f, "{part} does not go together with FREQ={frequency}."),
            Self::NumberedInWeek => f.write_str("Beside BYWEEKNO the days of BYDAY have no number in front."),
            Self::PositionAlone => f.write_str("BYSETPOS needs another BY… part to choose from."),
            Self::Parts(detail) => write!(f, "The rule does not hold together: {detail}"),
            Self::Empty => f.write_str("The rule gives no date at all."),
        }
    }
}
