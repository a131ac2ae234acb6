//! Reads a whole file in one format: lines are put together into messages, times become instants, and nicknames become
//! people. Every line is a message, is counted in the report, or ends the reading.

use chrono::{NaiveTime, TimeZone};

use super::body::{self, Body};
use super::format::{Format, Layout};
use super::people::{People, Rename};
use super::problem::beginning;
use super::report::{Kind, Report};
use super::status::Status;
use super::text::SourceLine;
use super::timestamps::date::{self, Day};
use super::timestamps::days::Days;
use super::timestamps::stamp::{self, Stamp};
use super::{Bound, Continuation, Known, Options, Problem, Reason};
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The line in which it begins, from 1.
    pub number: usize,
    pub at: Timestamp,
    /// The number of the person, the same under each of their nicknames.
    pub person: usize,
    pub nick: String,
    pub event: Event,
}

/// A nickname that a person had before or after they changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// The line of the change.
    pub number: usize,
    pub person: usize,
    pub nick: String,
}

/// The kinds of things that happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Says(String),
    Does(String),
    Comes,
    Goes,
}

/// The target of lines without a time.
#[derive(Clone, Copy)]
enum Open {
    Nothing,
    /// The last entry, whose text begins in this column.
    Message(usize),
    /// A line that is not a message, or is left out.
    Skipped,
}

pub(super) struct Reader<'o> {
    format: &'static Format,
    options: &'o Options,
    zone: Zone,
    days: Days,
    people: People,
    open: Open,
    /// `--from` and `--to`, once the first line has said the day.
    range: Option<(Option<Timestamp>, Option<Timestamp>)>,
    pub entries: Vec<LogEntry>,
    /// The old and the new nickname of each change, in the order of the lines, also outside of the range.
    pub names: Vec<Name>,
    pub report: Report,
}

impl<'o> Reader<'o> {
    pub fn new(format: &'static Format, options: &'o Options, known: &Known<'_>, report: Report) -> Self {
        let days = Days::new(known.zone, known.date, options.slack, options.backwards);
        Self {
            format,
            options,
            zone: known.zone,
            days: if options.keeps_pauses { days.keeping_pauses() } else { days },
            people: People::default(),
            open: Open::Nothing,
            range: None,
            entries: Vec::new(),
            names: Vec::new(),
            report,
        }
    }

    /// Makes this the day of the first line unless one is known already.
    pub fn suppose(&mut self, day: chrono::NaiveDate) {
        self.days.suppose(day);
    }

    /// Takes the next line.
    pub fn take(&mut self, line: &SourceLine<'_>) -> Result<(), Problem> {
        let text: &str = &line.text;
        if text.trim().is_empty() {
            if let (Open::Message(_), Some(said)) = (self.open, self.said()) {
                said.push('\n');
            }
            return Ok(());
        }
        if let Some((stamp, rest)) = stamp::take(text, self.options.date_order) {
            return self.stamped(line, &stamp, rest);
        }
        if self.format.headings.iter().chain(&["--- "]).any(|heading| text.starts_with(heading)) {
            return self.heading(line.number, text);
        }
        self.loose(line.number, text)
    }

    /// Ends the reading: blank lines after a message are not a part of it.
    pub fn finish(&mut self) {
        for entry in &mut self.entries {
            if let Event::Says(text) | Event::Does(text) = &mut entry.event {
                text.truncate(text.trim_end().len());
            }
        }
    }

    fn stamped(&mut self, line: &SourceLine<'_>, stamp: &Stamp, rest: &str) -> Result<(), Problem> {
        let number = line.number;
        let Some((body, _)) = body::read(self.format, rest) else {
            // A day that begins with a time before it.
            if rest.trim_start().starts_with(['-', '=', '*']) && date::in_text(rest, self.options.date_order) != Day::None {
                return self.heading(number, rest);
            }
            return Err(Problem::at(number, Reason::UnknownForm(beginning(&line.text), Some(self.format.name))));
        };
        let moment = self.days.moment(number, stamp)?;
        if moment.is_held {
            self.report.count(Kind::ClockBack, number);
        }
        let is_in_range = self.is_in_range(moment.at);
        match body {
            Body::Says(by, words) | Body::Does(by, words) => {
                if let Some(renamed) = self.people.was_given_up(by) {
                    return Err(Problem::at(number, Reason::DoubtfulRename(by.to_owned(), renamed)));
                }
                let person = self.people.with(by);
                if !is_in_range {
                    self.report.count(Kind::Outside, number);
                    self.open = Open::Skipped;
                    return Ok(());
                }
                let column = line.text[..words.as_ptr() as usize - line.text.as_ptr() as usize].chars().count();
                let event = if matches!(body, Body::Says(..)) { Event::Says(words.to_owned()) } else { Event::Does(words.to_owned()) };
                self.entries.push(LogEntry { number, at: moment.at, person, nick: by.to_owned(), event });
                self.open = Open::Message(column);
            }
            Body::Other(kind) => self.skip(number, kind),
            Body::Status(status, is_doubtful) => self.status(number, moment.at, is_in_range, &status, is_doubtful),
        }
        Ok(())
    }

    fn status(&mut self, number: usize, at: Timestamp, is_in_range: bool, status: &Status<'_>, is_doubtful: bool) {
        let mut happened: Vec<(usize, &str, Event)> = Vec::new();
        let kind = match status {
            Status::Comes(nicks) => {
                for nick in nicks {
                    self.people.came(nick);
                    happened.push((self.people.with(nick), *nick, Event::Comes));
                }
                Kind::Join
            }
            Status::Goes(kind, nicks) => {
                for nick in nicks {
                    happened.extend(self.people.leave(nick).map(|person| (person, *nick, Event::Goes)));
                }
                *kind
            }
            Status::Renamed(from, to) if from != to => {
                match self.people.rename(from, to, number, is_doubtful) {
                    Rename::Same(person) => {
                        self.names.extend([from, to].map(|nick| Name { number, person, nick: (*nick).to_owned() }));
                        self.report.renamed(from, to, number);
                    }
                    Rename::Swap(one, other) => happened.extend([(one, *from, Event::Goes), (other, *to, Event::Comes)]),
                }
                Kind::Rename
            }
            Status::Renamed(..) => Kind::Rename,
            Status::Other(kind) => *kind,
        };
        if is_in_range {
            self.entries.extend(happened.into_iter().map(|(person, nick, event)| LogEntry {
                number,
                at,
                person,
                nick: nick.to_owned(),
                event,
            }));
        }
        self.skip(number, kind);
    }

    /// A line about the log itself, in which a day may begin.
    fn heading(&mut self, number: usize, text: &str) -> Result<(), Problem> {
        match date::in_text(text, self.options.date_order) {
            Day::Full(day) => self.days.begin(number, day)?,
            Day::Unclear => return Err(Problem::at(number, Reason::UnclearDate)),
            Day::NoYear(..) | Day::None => {
                let is_known =
                    ["Session Ident:", "Session ident:", "Session Close", "--- Log of “"].iter().any(|known| text.starts_with(known));
                if !is_known {
                    return Err(Problem::at(number, Reason::Heading(beginning(text))));
                }
            }
        }
        self.skip(number, Kind::Heading);
        Ok(())
    }

    /// A line without a time. Its words are somebody's only if it is certain that they go on with the line before.
    fn loose(&mut self, number: usize, text: &str) -> Result<(), Problem> {
        if let Some(time) = stamp::mistimed(text) {
            return Err(Problem::at(number, Reason::BadTime(time.to_owned())));
        }
        if matches!(self.open, Open::Nothing) {
            return Err(Problem::at(number, Reason::NoTime(beginning(text))));
        }
        // WeeChat's window shows a bar where the nickname would end.
        let after_bar =
            Some(text.trim_start()).filter(|_| self.format.layout == Layout::Bars).and_then(|text| text.strip_prefix(['|', '│']));
        let is_indented = after_bar.is_some() || text.starts_with("  ") || text.starts_with('\t');
        let has_speaker =
            text.trim_start().strip_prefix('<').and_then(|rest| rest.split_once("> ")).is_some_and(|(by, _)| !by.contains(' '));
        let is_joined = match self.options.continuation {
            Some(Continuation::Join) => true,
            Some(Continuation::Refuse) => false,
            None => is_indented && !has_speaker,
        };
        if !is_joined {
            return Err(Problem::at(number, Reason::Stray));
        }
        match self.open {
            Open::Message(column) => {
                let rest = after_bar.map_or_else(|| outdent(text, column), |after| after.strip_prefix(' ').unwrap_or(after));
                let rest = rest.trim_end().to_owned();
                if let Some(said) = self.said() {
                    said.push('\n');
                    said.push_str(&rest);
                }
            }
            Open::Skipped => self.report.count(Kind::Wrapped, number),
            Open::Nothing => {}
        }
        Ok(())
    }

    fn said(&mut self) -> Option<&mut String> {
        match &mut self.entries.last_mut()?.event {
            Event::Says(text) | Event::Does(text) => Some(text),
            Event::Comes | Event::Goes => None,
        }
    }

    fn skip(&mut self, number: usize, kind: Kind) {
        self.report.count(kind, number);
        self.open = Open::Skipped;
    }

    fn is_in_range(&mut self, at: Timestamp) -> bool {
        let (zone, options) = (self.zone, self.options);
        let (from, to) = *self.range.get_or_insert_with(|| {
            let first = at.in_zone(zone).date_naive();
            let instant = |bound: Bound, end: NaiveTime| match bound {
                Bound::Instant(at) => at,
                Bound::Day(day) => latest(day.and_time(end), zone),
                Bound::Time(time) => latest(first.and_time(time), zone),
            };
            let end = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap_or_default();
            (options.from.map(|bound| instant(bound, NaiveTime::MIN)), options.to.map(|bound| instant(bound, end)))
        });
        from.is_none_or(|from| at >= from) && to.is_none_or(|to| at <= to)
    }
}

fn latest(at: chrono::NaiveDateTime, zone: Zone) -> Timestamp {
    zone.from_local_datetime(&at).latest().map_or_else(|| crate::domain::time::instant(at, zone), Into::into)
}

/// Takes off the indent that a continued line got: as far as the text of its message where a client wrapped it, else the
/// two spaces of a transcript of Gavel's. What is left is the writer's own (a pasted piece of a program).
fn outdent(line: &str, column: usize) -> &str {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let added = if indent >= column { column } else { indent.min(2) };
    &line[added..]
}
