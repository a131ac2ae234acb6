//! When a meeting's events are: a start on a zone's wall clock, and a rule that repeats it.
//!
//! The rule (RFC 5545, section 3.3.10) is expanded by the `rrule` crate on a clock without a zone;
//! each wall time then becomes an instant by [`time::instant`]. So a meeting keeps its wall time
//! over clock changes, and skipped and doubled times follow RFC 5545, section 3.3.5.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use rrule::{Frequency, NWeekday, RRule, RRuleSet, Unvalidated};

use super::time::{self, Timestamp};

/// A rule of RFC 5545, checked: daily to yearly, with whatever narrows it but the time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// The rule as people and the API write it, upper-case, without `RRULE:`.
    text: String,
    rule: RRule<Unvalidated>,
}

/// Why a text is no rule that Gavel follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleProblem {
    /// Not of the form `NAME=VALUE;NAME=VALUE`, or a name twice, or one that RFC 5545 lacks.
    Form(String),
    /// Repeats more often than daily, or not at all.
    Frequency,
    /// Names hours, minutes or seconds: the start says those.
    TimeOfDay,
    /// `INTERVAL` is no number from 1 to 1000.
    Interval,
    /// `COUNT` is no number from 1 up.
    Count,
    /// Both `COUNT` and `UNTIL`.
    TwoEnds,
    /// `UNTIL` is no date, or lies before the start.
    Until,
    /// The parts do not go together, or are out of range.
    Parts(String),
    /// No date at all comes out.
    Empty,
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(part) => write!(f, "The rule cannot be read at “{part}”. Write it like FREQ=WEEKLY;INTERVAL=2;BYDAY=TU."),
            Self::Frequency => f.write_str("The rule needs FREQ=DAILY, WEEKLY, MONTHLY or YEARLY."),
            Self::TimeOfDay => f.write_str("The rule cannot name hours, minutes or seconds: the start gives the time of day."),
            Self::Interval => f.write_str("INTERVAL is a number from 1 to 1000."),
            Self::Count => f.write_str("COUNT is a number from 1 up."),
            Self::TwoEnds => f.write_str("The rule has both COUNT and UNTIL. Keep one of them."),
            Self::Until => f.write_str("UNTIL is a date from the start on, such as 20271231 or 20271231T235959Z."),
            Self::Parts(detail) => write!(f, "The rule does not hold together: {detail}."),
            Self::Empty => f.write_str("The rule gives no date at all."),
        }
    }
}

const NAMES: [&str; 11] =
    ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "WKST"];

impl Recurrence {
    /// Reads a rule for a meeting that starts at `starts` on the wall clock of `zone`.
    ///
    /// # Errors
    /// The first rule of RFC 5545, or of Gavel's narrower choice, that the text breaks.
    pub fn parse(text: &str, starts: NaiveDateTime, zone: Tz) -> Result<Self, RuleProblem> {
        let upper = text.trim().to_ascii_uppercase();
        let text = upper.strip_prefix("RRULE:").unwrap_or(&upper).trim_end_matches(';').to_owned();
        if text.len() > 500 {
            return Err(RuleProblem::Form(text.chars().take(20).collect()));
        }
        let mut seen: Vec<(&str, &str)> = Vec::new();
        let mut plain = Vec::new();
        for part in text.split(';') {
            let (name, value) = part.split_once('=').ok_or_else(|| RuleProblem::Form(part.into()))?;
            if matches!(name, "BYHOUR" | "BYMINUTE" | "BYSECOND") {
                return Err(RuleProblem::TimeOfDay);
            }
            if !NAMES.contains(&name) || value.is_empty() || seen.iter().any(|(known, _)| *known == name) {
                return Err(RuleProblem::Form(part.into()));
            }
            seen.push((name, value));
            match name {
                "FREQ" if !matches!(value, "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY") => return Err(RuleProblem::Frequency),
                "INTERVAL" if !value.parse::<u16>().is_ok_and(|n| (1..=1000).contains(&n)) => return Err(RuleProblem::Interval),
                "COUNT" if !value.parse::<u32>().is_ok_and(|n| n > 0) => return Err(RuleProblem::Count),
                "UNTIL" => {
                    let until = until(value, zone).filter(|until| *until >= starts).ok_or(RuleProblem::Until)?;
                    plain.push(format!("UNTIL={}", until.format("%Y%m%dT%H%M%SZ")));
                    continue;
                }
                _ => {}
            }
            plain.push(part.to_owned());
        }
        let has = |name| seen.iter().any(|(known, _)| *known == name);
        if !has("FREQ") {
            return Err(RuleProblem::Frequency);
        }
        if has("COUNT") && has("UNTIL") {
            return Err(RuleProblem::TwoEnds);
        }
        let rule: RRule<Unvalidated> = plain.join(";").parse().map_err(|e: rrule::RRuleError| RuleProblem::Parts(e.to_string()))?;
        rule.clone().validate(floating(starts)).map_err(|e| RuleProblem::Parts(e.to_string()))?;
        let recurrence = Self { text, rule };
        if recurrence.walls(starts, starts, None, 1).is_empty() {
            return Err(RuleProblem::Empty);
        }
        Ok(recurrence)
    }

    /// The rule as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Up to `most` wall times from `from` on, to `until`.
    fn walls(&self, starts: NaiveDateTime, from: NaiveDateTime, until: Option<NaiveDateTime>, most: u16) -> Vec<NaiveDateTime> {
        let Ok(rule) = self.rule.clone().validate(floating(starts)) else { return Vec::new() };
        let mut set = RRuleSet::new(floating(starts)).rrule(rule).after(floating(from));
        if let Some(until) = until {
            set = set.before(floating(until));
        }
        let mut walls: Vec<NaiveDateTime> = set.all(most).dates.iter().map(DateTime::naive_utc).collect();
        walls.dedup();
        walls
    }

    /// The rule in words: "every second Tuesday", or the rule itself where words would be longer.
    #[must_use]
    pub fn words(&self, starts: NaiveDateTime) -> String {
        let every = |unit: &str, units: &str| match self.rule.get_interval() {
            1 => format!("every {unit}"),
            2 => format!("every second {unit}"),
            n => format!("every {n} {units}"),
        };
        let narrowed = ["BYSETPOS", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH="].iter().any(|part| self.text.contains(part));
        let days = self.rule.get_by_weekday();
        let said = match self.rule.get_freq() {
            _ if narrowed => None,
            Frequency::Daily if days.is_empty() => Some(every("day", "days")),
            Frequency::Weekly => {
                let mut names: Vec<Weekday> = days.iter().map(|(NWeekday::Every(day) | NWeekday::Nth(_, day))| *day).collect();
                if names.is_empty() {
                    names.push(starts.weekday());
                }
                let names: Vec<&str> = names.into_iter().map(day_name).collect();
                Some(match (self.rule.get_interval(), names.as_slice()) {
                    (1 | 2, [one]) => every(one, ""),
                    (1, many) => format!("every {}", list(many)),
                    _ => format!("{} on {}", every("week", "weeks"), list(&names)),
                })
            }
            Frequency::Monthly if days.is_empty() => Some(format!("{} on day {}", every("month", "months"), starts.day())),
            Frequency::Monthly => match days {
                [NWeekday::Nth(n, day)] => ordinal(*n).map(|nth| format!("{} on the {nth} {}", every("month", "months"), day_name(*day))),
                _ => None,
            },
            Frequency::Yearly if days.is_empty() => Some(format!("{} on {}", every("year", "years"), starts.format("%-d %B"))),
            _ => None,
        };
        said.unwrap_or_else(|| format!("by the rule {}", self.text))
    }
}

/// When a meeting's events are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timetable {
    /// The first start, on the wall clock of `zone`.
    pub starts: NaiveDateTime,
    pub zone: Tz,
    pub minutes: i64,
    /// `None`: once only.
    pub rule: Option<Recurrence>,
}

impl Timetable {
    /// Up to `most` starts from `from` to `until`, both counted in.
    #[must_use]
    pub fn starts_between(&self, from: Timestamp, until: Timestamp, most: u16) -> Vec<Timestamp> {
        // A day more on either side: wall time and instants differ by less.
        let wall = |at: Timestamp| at.in_zone(self.zone).naive_local();
        let walls = match &self.rule {
            None => vec![self.starts],
            Some(rule) => rule.walls(self.starts, wall(from.plus_days(-1)), Some(wall(until.plus_days(1))), most.saturating_add(4)),
        };
        self.instants(walls, from).filter(|at| *at <= until).take(usize::from(most)).collect()
    }

    /// The first `most` starts from `from` on, however far ahead they are.
    #[must_use]
    pub fn next_starts(&self, from: Timestamp, most: u16) -> Vec<Timestamp> {
        let walls = match &self.rule {
            None => vec![self.starts],
            Some(rule) => rule.walls(self.starts, from.plus_days(-1).in_zone(self.zone).naive_local(), None, most.saturating_add(4)),
        };
        self.instants(walls, from).take(usize::from(most)).collect()
    }

    fn instants(&self, walls: Vec<NaiveDateTime>, from: Timestamp) -> impl Iterator<Item = Timestamp> {
        let mut starts: Vec<Timestamp> = walls.into_iter().map(|wall| time::instant(wall, self.zone)).filter(|at| *at >= from).collect();
        // Where the clocks skip an hour, two wall times may meet at one instant.
        starts.sort_unstable();
        starts.dedup();
        starts.into_iter()
    }

    /// The rhythm in words, without time and zone: "once", "every Tuesday".
    #[must_use]
    pub fn words(&self) -> String {
        self.rule.as_ref().map_or_else(|| "once".to_owned(), |rule| rule.words(self.starts))
    }
}

fn floating(wall: NaiveDateTime) -> DateTime<rrule::Tz> {
    rrule::Tz::UTC.from_utc_datetime(&wall)
}

/// The last wall time that `UNTIL` lets pass: its instant, or the whole of its day.
fn until(value: &str, zone: Tz) -> Option<NaiveDateTime> {
    if let Some(utc) = value.strip_suffix('Z') {
        let utc = NaiveDateTime::parse_from_str(utc, "%Y%m%dT%H%M%S").ok()?;
        return Some(Utc.from_utc_datetime(&utc).with_timezone(&zone).naive_local());
    }
    if value.contains('T') {
        return NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S").ok();
    }
    NaiveDate::parse_from_str(value, "%Y%m%d").ok()?.and_hms_opt(23, 59, 59)
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

fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn ordinal(n: i16) -> Option<&'static str> {
    Some(match n {
        1 => "first",
        2 => "second",
        3 => "third",
        4 => "fourth",
        5 => "fifth",
        -1 => "last",
        -2 => "last but one",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(starts: &str, place: &str, rule: Option<&str>) -> Timetable {
        let (starts, zone) = (time::local(starts).unwrap(), time::zone(place).unwrap());
        Timetable { starts, zone, minutes: 60, rule: rule.map(|rule| Recurrence::parse(rule, starts, zone).unwrap()) }
    }

    fn first(table: &Timetable, n: u16) -> Vec<String> {
        let from = time::instant(table.starts, table.zone).plus_days(-1);
        table.next_starts(from, n).into_iter().map(|at| at.utc().format("%m-%d %H:%M").to_string()).collect()
    }

    #[test]
    fn a_weekly_meeting_keeps_its_wall_time_over_the_clock_changes() {
        let berlin = table("2026-10-20T18:00", "Europe/Berlin", Some("FREQ=WEEKLY;BYDAY=TU"));
        assert_eq!(first(&berlin, 3), ["10-20 16:00", "10-27 17:00", "11-03 17:00"]);
        let sydney = table("2026-09-29T19:00", "Australia/Sydney", Some("FREQ=WEEKLY"));
        assert_eq!(first(&sydney, 2), ["09-29 09:00", "10-06 08:00"]);
        let new_york = table("2027-03-09T09:00", "America/New_York", Some("freq=weekly"));
        assert_eq!(first(&new_york, 2), ["03-09 14:00", "03-16 13:00"]);
    }

    #[test]
    fn skipped_and_doubled_times_follow_rfc_5545() {
        let gap = table("2027-03-21T02:30", "Europe/Berlin", Some("FREQ=WEEKLY"));
        assert_eq!(first(&gap, 3), ["03-21 01:30", "03-28 01:30", "04-04 00:30"]);
        let twice = table("2026-10-18T02:30", "Europe/Berlin", Some("FREQ=WEEKLY"));
        assert_eq!(first(&twice, 3), ["10-18 00:30", "10-25 00:30", "11-01 01:30"]);
    }

    #[test]
    fn intervals_ends_and_single_dates() {
        assert_eq!(first(&table("2026-11-24T10:00", "UTC", Some("FREQ=WEEKLY;INTERVAL=3;COUNT=2")), 5), ["11-24 10:00", "12-15 10:00"]);
        assert_eq!(first(&table("2026-11-24T10:00", "UTC", Some("FREQ=DAILY;UNTIL=20261125")), 5), ["11-24 10:00", "11-25 10:00"]);
        assert_eq!(first(&table("2026-11-24T19:00", "Australia/Sydney", Some("FREQ=DAILY;UNTIL=20261125T080000Z")), 5).len(), 2);
        assert_eq!(first(&table("2026-11-24T10:00", "UTC", None), 5), ["11-24 10:00"]);
        let ahead = table("2026-11-24T10:00", "UTC", Some("FREQ=WEEKLY"));
        let from = Timestamp::from_seconds(1_795_521_600);
        assert_eq!(ahead.starts_between(from, from.plus_days(84), 200).len(), 12);
    }

    #[test]
    fn rules_that_break_rfc_5545_are_refused() {
        let starts = time::local("2026-11-24T10:00").unwrap();
        for (text, problem) in [
            ("FREQ=SECONDLY", RuleProblem::Frequency),
            ("BYDAY=TU", RuleProblem::Frequency),
            ("FREQ=WEEKLY;INTERVAL=0", RuleProblem::Interval),
            ("FREQ=WEEKLY;COUNT=0", RuleProblem::Count),
            ("FREQ=WEEKLY;COUNT=3;UNTIL=20271231", RuleProblem::TwoEnds),
            ("FREQ=WEEKLY;UNTIL=20251231", RuleProblem::Until),
            ("FREQ=WEEKLY;UNTIL=soon", RuleProblem::Until),
            ("FREQ=DAILY;BYHOUR=1,2", RuleProblem::TimeOfDay),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31", RuleProblem::Empty),
        ] {
            assert_eq!(Recurrence::parse(text, starts, Tz::UTC).map(|_| ()), Err(problem), "{text}");
        }
        for text in [
            "",
            "weekly",
            "FREQ=WEEKLY;FREQ=DAILY",
            "FREQ=WEEKLY;X=1",
            "FREQ=WEEKLY;BYDAY=XX",
            "FREQ=MONTHLY;BYMONTHDAY=32",
            "FREQ=WEEKLY\nDTSTART:20200101T000000Z",
        ] {
            assert!(Recurrence::parse(text, starts, Tz::UTC).is_err(), "{text}");
        }
    }

    #[test]
    fn rules_are_said_in_words() {
        for (rule, words) in [
            ("FREQ=WEEKLY", "every Tuesday"),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "every second Tuesday"),
            ("FREQ=WEEKLY;BYDAY=MO,WE,FR", "every Monday, Wednesday and Friday"),
            ("FREQ=WEEKLY;INTERVAL=3", "every 3 weeks on Tuesday"),
            ("FREQ=DAILY", "every day"),
            ("FREQ=MONTHLY;BYDAY=-1TH", "every month on the last Thursday"),
            ("FREQ=MONTHLY", "every month on day 24"),
            ("FREQ=YEARLY;BYWEEKNO=20", "by the rule FREQ=YEARLY;BYWEEKNO=20"),
        ] {
            assert_eq!(table("2026-11-24T10:00", "UTC", Some(rule)).words(), words);
        }
    }
}
