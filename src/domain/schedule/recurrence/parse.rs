//! Reads the text of a rule, strictly: what RFC 5545 (section 3.3.10) does not allow is refused by name.
//!
//! The `rrule` crate's own reader is not asked: it takes `XMO` for `MO`, and `BYMONTHDAY=-1` in a week.

use std::ops::RangeInclusive;

use crate::domain::zone::Zone;
use chrono::{NaiveDate, NaiveDateTime, Weekday};

use super::problem::RuleProblem;
use super::rule::{CODES, DayOf, End, Frequency, LARGEST_INTERVAL, LONGEST, MOST, Rule};
use crate::domain::time::{self, Timestamp};

const NAMES: [&str; 11] =
    ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "WKST"];

/// The parts of a text, each known and there once.
struct Parts<'t>(Vec<(&'static str, &'t str)>);

impl<'t> Parts<'t> {
    fn split(text: &'t str) -> Result<Self, RuleProblem> {
        let mut parts = Vec::new();
        for part in text.split(';') {
            let unreadable = || RuleProblem::Form(part.chars().take(40).collect());
            let (name, value) = part.split_once('=').ok_or_else(unreadable)?;
            if matches!(name, "BYHOUR" | "BYMINUTE" | "BYSECOND") {
                return Err(RuleProblem::TimeOfDay);
            }
            let Some(name) = NAMES.into_iter().find(|known| *known == name) else {
                return Err(RuleProblem::Unknown(name.chars().take(40).collect()));
            };
            if value.is_empty() {
                return Err(unreadable());
            }
            if parts.iter().any(|(known, _)| *known == name) {
                return Err(RuleProblem::Twice(name));
            }
            parts.push((name, value));
        }
        Ok(Self(parts))
    }

    fn get(&self, name: &str) -> Option<&'t str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The numbers of a list, sorted from the first day to the last; negative ones count from the end.
    fn numbers(&self, part: &'static str, bounds: RangeInclusive<i16>, range: &'static str) -> Result<Vec<i16>, RuleProblem> {
        let mut numbers = Vec::new();
        for value in self.get(part).into_iter().flat_map(|list| list.split(',')) {
            let within = |n: &i16| *n != 0 && bounds.contains(n);
            numbers.push(number(value).filter(within).ok_or_else(|| RuleProblem::Range { part, value: value.into(), range })?);
        }
        numbers.sort_unstable_by_key(|n| (*n < 0, *n));
        numbers.dedup();
        Ok(numbers)
    }

    fn days(&self) -> Result<Vec<DayOf>, RuleProblem> {
        let mut days = Vec::new();
        for value in self.get("BYDAY").into_iter().flat_map(|list| list.split(',')) {
            let refused = || RuleProblem::Day { part: "BYDAY", value: value.into() };
            let (nth, day) = value.split_at_checked(value.len().saturating_sub(2)).ok_or_else(refused)?;
            let day = weekday(day).ok_or_else(refused)?;
            let nth = if nth.is_empty() {
                None
            } else {
                let nth = number(nth).and_then(|n| i8::try_from(n).ok()).filter(|n| (1..=53).contains(&n.abs()));
                let range = "from 1 to 53 or -53 to -1 before the day";
                Some(nth.ok_or_else(|| RuleProblem::Range { part: "BYDAY", value: value.into(), range })?)
            };
            days.push(DayOf { nth, day });
        }
        days.sort_unstable_by_key(|it| it.order());
        days.dedup();
        Ok(days)
    }
}

/// A rule from its text, for a meeting that starts at `starts` on the wall clock of `zone`.
pub fn rule(text: &str, starts: NaiveDateTime, zone: Zone) -> Result<Rule, RuleProblem> {
    let text = text.trim();
    if text.len() > LONGEST {
        return Err(RuleProblem::Long);
    }
    let upper = text.to_ascii_uppercase();
    let parts = Parts::split(upper.strip_prefix("RRULE:").unwrap_or(&upper).trim_end_matches(';'))?;
    let mut rule = Rule::new(match parts.get("FREQ") {
        Some("DAILY") => Frequency::Daily,
        Some("WEEKLY") => Frequency::Weekly,
        Some("MONTHLY") => Frequency::Monthly,
        Some("YEARLY") => Frequency::Yearly,
        Some(often @ ("HOURLY" | "MINUTELY" | "SECONDLY")) => return Err(RuleProblem::TooOften(often.into())),
        _ => return Err(RuleProblem::Frequency),
    });
    if let Some(value) = parts.get("INTERVAL") {
        let interval = digits(value).and_then(|n| u16::try_from(n).ok()).filter(|n| (1..=LARGEST_INTERVAL).contains(n));
        rule.interval = interval.ok_or(RuleProblem::Interval)?;
    }
    rule.months = parts.numbers("BYMONTH", 1..=12, "from 1 to 12")?;
    rule.weeks = parts.numbers("BYWEEKNO", -53..=53, "from 1 to 53 or -53 to -1")?;
    rule.year_days = parts.numbers("BYYEARDAY", -366..=366, "from 1 to 366 or -366 to -1")?;
    rule.month_days = parts.numbers("BYMONTHDAY", -31..=31, "from 1 to 31 or -31 to -1")?;
    rule.days = parts.days()?;
    rule.positions = parts.numbers("BYSETPOS", -366..=366, "from 1 to 366 or -366 to -1")?;
    if let Some(value) = parts.get("WKST") {
        rule.week_start = weekday(value).ok_or_else(|| RuleProblem::Day { part: "WKST", value: value.into() })?;
    }
    rule.end = match (parts.get("COUNT"), parts.get("UNTIL")) {
        (None, None) => End::Never,
        (Some(_), Some(_)) => return Err(RuleProblem::TwoEnds),
        (Some(count), None) => self::count(count)?,
        (None, Some(value)) => until(value, starts, zone)?,
    };
    check(&rule)?;
    Ok(rule)
}

/// What RFC 5545 says of parts that stand side by side.
fn check(rule: &Rule) -> Result<(), RuleProblem> {
    let frequency = rule.frequency;
    let not_with = |part| Err(RuleProblem::NotWith { part, frequency });
    let numbered = rule.days.iter().any(|it| it.nth.is_some());
    match frequency {
        Frequency::Weekly if !rule.month_days.is_empty() => not_with("BYMONTHDAY"),
        // Where a month cuts a week, calendars disagree on what is left to choose from.
        Frequency::Weekly if !rule.positions.is_empty() && !rule.months.is_empty() => not_with("BYSETPOS beside BYMONTH"),
        Frequency::Daily | Frequency::Weekly if numbered => not_with("BYDAY with a number"),
        Frequency::Daily | Frequency::Weekly | Frequency::Monthly if !rule.year_days.is_empty() => not_with("BYYEARDAY"),
        Frequency::Daily | Frequency::Weekly | Frequency::Monthly if !rule.weeks.is_empty() => not_with("BYWEEKNO"),
        Frequency::Yearly if numbered && !rule.weeks.is_empty() => Err(RuleProblem::NumberedInWeek),
        _ if !rule.positions.is_empty() && Rule { positions: Vec::new(), ..rule.clone() }.is_plain() => Err(RuleProblem::PositionAlone),
        _ => check_reach(rule),
    }
}

/// Numbers that RFC 5545 allows, but that no period of the rule reaches. So the range in the sentence is the one that helps.
fn check_reach(rule: &Rule) -> Result<(), RuleProblem> {
    if let Some(position) = rule.positions.iter().find(|n| n.abs() > rule.longest_period()) {
        let range = match rule.frequency {
            Frequency::Daily => "1 or -1 with FREQ=DAILY",
            Frequency::Weekly => "from 1 to 7 or -7 to -1 with FREQ=WEEKLY",
            Frequency::Monthly => "from 1 to 31 or -31 to -1 with FREQ=MONTHLY",
            Frequency::Yearly => "from 1 to 366 or -366 to -1",
        };
        return Err(RuleProblem::Range { part: "BYSETPOS", value: position.to_string(), range });
    }
    let beyond = |it: &&DayOf| it.nth.is_some_and(|n| n.abs() > rule.farthest().abs());
    if let Some(day) = rule.days.iter().find(beyond) {
        let range = "from 1 to 5 or -5 to -1 before the day, in a month";
        return Err(RuleProblem::Range { part: "BYDAY", value: day.to_string(), range });
    }
    // Alone it can be told to the crate in other words, see `expand`; beside others it cannot.
    let farthest = |it: &DayOf| it.nth == Some(rule.farthest());
    let alone = rule.days.iter().all(farthest) && rule.month_days.is_empty() && rule.year_days.is_empty();
    match rule.days.iter().find(|it| farthest(it)) {
        Some(day) if !alone => {
            let range = if rule.numbers_in_month() { "from 1 to 5 or -4 to -1" } else { "from 1 to 53 or -52 to -1" };
            Err(RuleProblem::Range { part: "BYDAY beside other days", value: day.to_string(), range })
        }
        _ => Ok(()),
    }
}

fn count(value: &str) -> Result<End, RuleProblem> {
    if value.is_empty() || !value.bytes().all(|c| c.is_ascii_digit()) || value.bytes().all(|c| c == b'0') {
        return Err(RuleProblem::Count);
    }
    let count = value.parse::<u16>().ok().filter(|count| *count <= MOST);
    count.map(End::Count).ok_or(RuleProblem::CountTooLarge)
}

/// A date, a time in UTC, or a time without zone, which is then the meeting's: RFC 5545 wants UTC
/// beside a start with a zone, but calendars write all three.
fn until(value: &str, starts: NaiveDateTime, zone: Zone) -> Result<End, RuleProblem> {
    let shape: String = value.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    let wall = |form| NaiveDateTime::parse_from_str(value, form).map_err(|_| RuleProblem::Until);
    let (end, is_late_enough) = match shape.as_str() {
        "99999999" => {
            let day = NaiveDate::parse_from_str(value, "%Y%m%d").map_err(|_| RuleProblem::Until)?;
            (End::Day(day), day >= starts.date())
        }
        "99999999T999999Z" => {
            let at = Timestamp::from(wall("%Y%m%dT%H%M%SZ")?.and_utc());
            (End::Instant(at), at >= time::instant(starts, zone))
        }
        "99999999T999999" => {
            let wall = wall("%Y%m%dT%H%M%S")?;
            (End::Instant(time::instant(wall, zone)), wall >= starts)
        }
        _ => return Err(RuleProblem::Until),
    };
    if is_late_enough { Ok(end) } else { Err(RuleProblem::UntilBeforeStart) }
}

fn weekday(text: &str) -> Option<Weekday> {
    CODES.iter().find(|(code, _)| *code == text).map(|(_, day)| *day)
}

/// A number with a sign before it where there is one.
fn number(text: &str) -> Option<i16> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    digits(rest).map(|n| sign * n)
}

/// Up to four digits and nothing else.
fn digits(text: &str) -> Option<i16> {
    let fits = (1..=4).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}
