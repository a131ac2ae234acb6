//! Recurring meetings after RFC 5545: the rule, its dates, its text and its words.
//!
//! A rule is read by `parse`, held by `rule`, expanded by `expand` on a clock without a zone, and
//! said by `words`; `timetable` puts its dates on a zone's clock, `course` puts timetables one after another;
//! `choice` is the part of rules that a form can express. What is accepted and how it is read: `docs/recurrence.md`.

mod choice;
mod expand;
mod lines;
mod parse;
mod phrases;
mod portable;
mod problem;
mod rule;
#[cfg(test)]
mod tests;
mod timetable;
mod timetable_history;
mod words;

use crate::domain::zone::Zone;
use chrono::{NaiveDate, NaiveDateTime, Weekday};

pub use choice::{ChoiceEnd, Monthly, RepetitionChoice};
pub use problem::RuleProblem;
pub use rule::{Frequency, LARGEST_INTERVAL, LONGEST, MOST};
pub use timetable::{ClockChange, Occurrence, Timetable};
pub use timetable_history::{EarlierTimetable, Span, TimetableHistory};

use crate::domain::time;
use rule::{End, Rule};

/// A rule of RFC 5545, checked: daily to yearly, with whatever narrows it but the time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// The canonical text, without `RRULE:`.
    text: String,
    rule: Rule,
}

impl Recurrence {
    /// Reads a rule for a meeting that starts at `starts` on the wall clock of `zone`.
    ///
    /// # Errors
    /// The first rule of RFC 5545, or of Gavel's narrower choice, that the text breaks.
    pub fn parse(text: &str, starts: NaiveDateTime, zone: Zone) -> Result<Self, RuleProblem> {
        let rule = parse::rule(text, starts, zone)?;
        let mut walls = expand::walls(&rule, starts).map_err(|e| RuleProblem::Parts(e.to_string()))?;
        let last = rule.end.last_instant(zone);
        match walls.next() {
            Some(first) if last.is_none_or(|last| time::instant(first, zone) <= last) => Ok(Self { text: rule.to_string(), rule }),
            _ => Err(RuleProblem::Empty),
        }
    }

    /// The canonical text, to be stored and shown: one order of parts and values, no defaults.
    /// `UNTIL` is a date where it was written as one, else a time in UTC.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text for an iCalendar file, next to a `DTSTART` with a zone: `UNTIL` in UTC, as RFC 5545 wants
    /// it there, and with everything written out that programs fill in differently.
    #[must_use]
    pub fn for_calendars(&self, starts: NaiveDateTime, zone: Zone) -> String {
        let mut rule = portable::portable(&self.rule, starts);
        if let Some(last) = rule.end.last_instant(zone) {
            rule.end = End::Instant(last);
        }
        rule.to_string()
    }

    /// Returns whether the rule has `BYWEEKNO`, which calendar programs read differently however it is written.
    #[must_use]
    pub const fn has_week_numbers(&self) -> bool {
        !self.rule.weeks.is_empty()
    }

    /// The rule for a series that has `before` of its dates behind it: a count is of those that are left.
    #[must_use]
    pub fn after(&self, before: usize) -> Self {
        let mut rule = self.rule.clone();
        if let End::Count(count) = rule.end {
            rule.end = End::Count(count.saturating_sub(u16::try_from(before).unwrap_or(u16::MAX)).max(1));
        }
        Self { text: rule.to_string(), rule }
    }

    /// The rule for a series that ends with this day.
    #[must_use]
    pub fn until(&self, day: NaiveDate) -> Self {
        let rule = Rule { end: End::Day(day), ..self.rule.clone() };
        Self { text: rule.to_string(), rule }
    }

    /// Wall times from `starts` on; `UNTIL`, which is an instant, is not looked at.
    fn walls(&self, starts: NaiveDateTime) -> Option<impl Iterator<Item = NaiveDateTime> + use<>> {
        // What the crate refuses does not depend on the start, and `parse` has refused it.
        expand::walls(&self.rule, starts).ok()
    }

    /// The rhythm in words, without time, zone and end: "every second Tuesday".
    #[must_use]
    pub fn words(&self, starts: NaiveDateTime) -> String {
        words::rhythm(&self.rule, starts)
    }

    /// The end in words: "until 24 December 2027", "10 times"; `None` where there is none.
    #[must_use]
    pub fn end_in_words(&self, starts: NaiveDateTime, zone: Zone) -> Option<String> {
        words::end(self.rule.end, starts, zone)
    }
}

/// The English name of a day of the week.
#[must_use]
pub const fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}
