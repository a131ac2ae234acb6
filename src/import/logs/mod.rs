//! Logs that other programs wrote: IRC clients, bouncers, and bots.
//!
//! Pure, bytes in and what happened out. The format is found for the whole file first, then every line is read strictly in
//! it: a line is a message, or it is counted in the report, or the file is refused with the number of the line. Nobody is
//! given words that may be somebody else's. What becomes of a log is not known here.

mod body;
mod cut;
mod detect;
pub mod format;
mod people;
mod problem;
mod reader;
pub mod report;
mod status;
pub mod text;
pub mod timestamps;

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveTime};
use encoding_rs::Encoding;

use crate::domain::time::{self, Timestamp};
use crate::domain::zone::Zone;

pub use format::Format;
pub use problem::{Problem, Reason};
pub use reader::{Event, LogEntry};
pub use report::Report;
pub use text::SourceLine;
pub use timestamps::date::Order;
pub use timestamps::days::Backwards;

/// So far into a log MeetBot may say when it began.
const HEAD: usize = 200;

/// Facts that a log does not contain.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// The file's name, in which there may be a date.
    pub name: &'k str,
    /// The day of the first line, if somebody said it.
    pub date: Option<NaiveDate>,
    /// On whose clocks its times are.
    pub zone: Zone,
}

/// Answers to questions that the file leaves open.
#[derive(Clone, Debug)]
pub struct Options {
    /// The encoding of lines that are not UTF-8; Windows-1252 (Latin-1) without it.
    pub encoding: Option<&'static Encoding>,
    /// The meaning of lines without a time; without it, only indented ones go on with the line before.
    pub continuation: Option<Continuation>,
    pub date_order: Option<Order>,
    /// The format; without it, the one that reads most lines.
    pub format: Option<&'static Format>,
    pub backwards: Backwards,
    /// The number of seconds that a clock may go back without a question.
    pub slack: u32,
    /// Says that only the pauses count: after a clock that went back, times go on from the line before.
    pub keeps_pauses: bool,
    /// The day of the first line when nothing says it; without it such a log is refused.
    pub fallback_day: Option<NaiveDate>,
    /// The first and the last moment that count.
    pub from: Option<Bound>,
    pub to: Option<Bound>,
    /// Asks to cut at `#startmeeting` and `#endmeeting`.
    pub cut: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            encoding: None,
            continuation: None,
            date_order: None,
            format: None,
            backwards: Backwards::Refuse,
            slack: 5 * 60,
            keeps_pauses: false,
            fallback_day: None,
            from: None,
            to: None,
            cut: false,
        }
    }
}

/// The meaning of lines without a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuation {
    /// They go on with the line before.
    Join,
    /// A reason to refuse the file.
    Refuse,
}

/// The beginning or the end of a part of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Instant(Timestamp),
    /// The beginning or the end of a day.
    Day(NaiveDate),
    /// On the day of the log's first line.
    Time(NaiveTime),
}

impl Bound {
    /// Reads `2026-03-07`, `19:30`, `2026-03-07 19:30` or `2026-03-07T19:30:00Z`; without a zone on the clocks of `zone`.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub fn parse(text: &str, zone: Zone) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(day) = text.parse() {
            return Ok(Self::Day(day));
        }
        if let Some(time) = ["%H:%M", "%H:%M:%S"].iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok()) {
            return Ok(Self::Time(time));
        }
        let written = text.replacen(' ', "T", 1);
        let wall =
            ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"].iter().find_map(|form| chrono::NaiveDateTime::parse_from_str(&written, form).ok());
        if let Some(wall) = wall {
            return Ok(Self::Instant(time::instant(wall, zone)));
        }
        let exact = chrono::DateTime::parse_from_rfc3339(&written).map(|at| Timestamp::from_micros(at.timestamp_micros()));
        exact.map(Self::Instant).map_err(|_| format!("“{text}” is not a time. Give one such as 2026-03-07 19:30, 2026-03-07 or 19:30."))
    }
}

/// The content of a file.
#[derive(Clone, Debug)]
pub struct Log {
    /// The name of the format.
    pub format: &'static str,
    /// One, unless it was cut; in the order of the file.
    pub meetings: Vec<Meeting>,
    pub report: Report,
}

/// One meeting of a log.
#[derive(Clone, Debug)]
pub struct Meeting {
    /// Each person has one nickname in them.
    pub entries: Vec<LogEntry>,
    /// Other nicknames that people had in the log, also before and after the meeting: from, to.
    pub aliases: HashMap<String, String>,
}

impl Meeting {
    /// Returns how many messages there are.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.event, Event::Says(_) | Event::Does(_))).count()
    }
}

/// Reads a log that another program wrote, from its lines.
///
/// # Errors
/// The first line that cannot be read, and why.
pub fn read(lines: &[SourceLine<'_>], known: &Known<'_>, options: &Options, report: Report) -> Result<Log, Problem> {
    let options = &Options { date_order: options.date_order.or_else(|| detect::order(lines)), ..options.clone() };
    let detected = match options.format {
        Some(format) => Some(format),
        None => detect::detect(lines, options.date_order)?,
    };
    let format = detected.ok_or_else(|| unreadable(lines, options))?;
    let mut reader = reader::Reader::new(format, options, known, report);
    for day in lines
        .iter()
        .take(HEAD)
        .find_map(|line| timestamps::date::of_bot(&line.text))
        .into_iter()
        .chain(timestamps::date::of_name(known.name))
    {
        reader.suppose(day);
    }
    if let Some(day) = options.fallback_day {
        reader.suppose(day_before(lines, options).unwrap_or(day));
    }
    for line in lines {
        reader.take(line).map_err(|problem| with_name(problem, known.name))?;
    }
    reader.finish();
    let (entries, names, mut report) = (reader.entries, reader.names, reader.report);
    let meetings = if options.cut { cut::at_meetings(entries, &names, &mut report)? } else { vec![entries] };
    let settled = |mut entries: Vec<LogEntry>| {
        let aliases = people::settle(&mut entries, &names);
        Meeting { entries, aliases }
    };
    let meetings: Vec<Meeting> = meetings.into_iter().map(settled).collect();
    if meetings.iter().all(|meeting| meeting.messages() == 0) {
        let is_cut = report.of(report::Kind::Outside) > 0;
        return Err(Problem::whole(if is_cut { Reason::NothingInRange } else { Reason::Nothing }));
    }
    Ok(Log { format: format.name, meetings, report })
}

/// The same problem, with what looks like a date in the file's name.
#[must_use]
pub fn with_name(problem: Problem, name: &str) -> Problem {
    match (&problem.reason, timestamps::date::no_day_in_name(name)) {
        (Reason::NoDate, Some(no_day)) => Problem { reason: Reason::NoSuchDay(no_day.to_owned()), ..problem },
        _ => problem,
    }
}

/// Returns the reason to refuse a file that has no line in a known format, with its first line.
fn unreadable(lines: &[SourceLine<'_>], options: &Options) -> Problem {
    let Some(line) = lines.iter().find(|line| !line.text.trim().is_empty()) else { return Problem::whole(Reason::Nothing) };
    let begins = problem::beginning(&line.text);
    let reason = if timestamps::stamp::take(&line.text, options.date_order).is_some() {
        Reason::UnknownForm(begins, None)
    } else if let Some(time) = timestamps::stamp::mistimed(&line.text) {
        Reason::BadTime(time.to_owned())
    } else {
        Reason::NoTime(begins)
    };
    Problem::at(line.number, reason)
}

/// The day of lines before the first heading with a date: the one before that.
fn day_before(lines: &[SourceLine<'_>], options: &Options) -> Option<NaiveDate> {
    lines.iter().find_map(|line| match timestamps::date::in_text(line.text.strip_prefix("--- ")?, options.date_order) {
        timestamps::date::Day::Full(day) => day.pred_opt(),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
