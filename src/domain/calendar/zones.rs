//! VTIMEZONE (RFC 5545, section 3.6.5) from the IANA data that the program itself uses.
//!
//! If a zone follows a yearly rule, an observance is that rule (`RRULE`). Elsewhere each change of the clocks within the years
//! asked for is a date (`RDATE`): past changes of the law, and Gaza, whose clocks follow the moon.
//!
//! ical.js ignores an observance's `DTSTART` if it has `RDATE`s, so the first date is there again. Outlook keeps only the latest
//! of several `STANDARD` parts and knows no `RDATE`, so a zone that follows a rule all the time has one part of each kind.

use std::fmt::Write;

use crate::domain::zone::Zone;
use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Utc, Weekday};

use super::times::{offset, wall};

/// The years beyond those asked for in which a rule has to apply to count as one. After 28 years dates are on the same days of the week.
const PROOF: i32 = 28;

/// A zone's clocks from one change to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Clocks {
    /// Seconds ahead of UTC.
    offset: i32,
    /// Whether they are ahead for the summer.
    summer: bool,
    name: String,
}

/// Changes of the clocks from and to the same.
#[derive(Debug)]
struct Observance {
    from: i32,
    to: Clocks,
    daylight: bool,
    /// When, on the clock from before.
    at: Vec<NaiveDateTime>,
    /// The rule that has all of `at`, and goes on.
    rule: Option<String>,
}

/// Writes the zone as it is from the beginning of one year to the end of another.
pub(super) fn vtimezone(zone: Zone, first: i32, last: i32) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write!(out, "BEGIN:VTIMEZONE\r\nTZID:{}\r\n", zone.name());
    for observance in observances(zone, first, last) {
        let kind = if observance.daylight { "DAYLIGHT" } else { "STANDARD" };
        let Some(begin) = observance.at.first() else { continue };
        let _ = write!(
            out,
            "BEGIN:{kind}\r\nTZNAME:{}\r\nTZOFFSETFROM:{}\r\nTZOFFSETTO:{}\r\nDTSTART:{}\r\n",
            observance.to.name,
            offset(observance.from),
            offset(observance.to.offset),
            wall(*begin)
        );
        if let Some(rule) = &observance.rule {
            let _ = write!(out, "RRULE:{rule}\r\n");
        } else if observance.at.len() > 1 {
            for date in &observance.at {
                let _ = write!(out, "RDATE:{}\r\n", wall(*date));
            }
        }
        let _ = write!(out, "END:{kind}\r\n");
    }
    out.push_str("END:VTIMEZONE\r\n");
    out
}

fn observances(zone: Zone, first: i32, last: i32) -> Vec<Observance> {
    let end = last.saturating_add(1);
    // From the year before, so that what is in force at the first new year is a change of its own, of the rule if there is one.
    let begin = new_year(first.saturating_sub(1));
    let mut found: Vec<Observance> = Vec::new();
    let mut now = clocks(zone, begin);
    let until = new_year(end.saturating_add(PROOF)).timestamp();
    for second in zone.changes_after(begin.timestamp()).take_while(|second| *second < until) {
        let change = DateTime::from_timestamp(second, 0).unwrap_or(begin);
        let then = clocks(zone, change);
        if then == now {
            continue;
        }
        let daylight = then.offset > now.offset && (then.summer || now.summer);
        let on = on_clock(change, now.offset);
        match found.iter_mut().find(|it| it.from == now.offset && it.to == then && it.daylight == daylight) {
            Some(observance) => observance.at.push(on),
            None => found.push(Observance { from: now.offset, to: then.clone(), daylight, at: vec![on], rule: None }),
        }
        now = then;
    }
    let mut found: Vec<Observance> = found.into_iter().flat_map(|observance| split(observance, end)).collect();
    found.sort_by_key(|it| it.at.first().copied());
    let covered = found.first().and_then(|it| it.at.first()).is_some_and(|at| *at <= new_year(first).naive_utc() - Duration::days(1));
    if !covered {
        // As if it had been set long ago.
        let now = clocks(zone, begin);
        let long_ago = new_year(first.saturating_sub(1).min(1970)).naive_utc();
        found.insert(0, Observance { from: now.offset, daylight: now.summer, at: vec![long_ago], to: now, rule: None });
    }
    found
}

/// Splits off the end of the changes that follows a rule; of what is before it, or of all, the dates before the year `end`.
fn split(of: Observance, end: i32) -> Vec<Observance> {
    let Observance { from, to, daylight, mut at, .. } = of;
    let part = |at, rule| Observance { from, to: to.clone(), daylight, at, rule };
    let mut parts = Vec::new();
    if let Some((begin, rule)) = steady(&at, end) {
        parts.push(part(at.split_off(begin), Some(rule)));
    }
    at.retain(|it| it.year() < end);
    if !at.is_empty() {
        parts.insert(0, part(at, None));
    }
    parts
}

/// Finds the rule that the last of these changes follow, and where it begins: once a year up to the end of the proof, from a year
/// before `end` on.
fn steady(at: &[NaiveDateTime], end: i32) -> Option<(usize, String)> {
    let last = *at.last()?;
    if last.year() < end + PROOF - 1 {
        return None;
    }
    let is_alike = |n: &usize| {
        let (it, age) = (at[*n], at.len() - 1 - *n);
        (it.time(), it.month(), it.weekday()) == (last.time(), last.month(), last.weekday())
            && i32::try_from(age).is_ok_and(|age| it.year() == last.year() - age)
    };
    let mut begin = (0..at.len()).rev().take_while(is_alike).last()?;
    // An older date that is like those of the rule by chance, but for its day, is not one of them.
    let rule = days(&at[at.len().saturating_sub(PROOF.unsigned_abs() as usize)..])?;
    while begin < at.len() && days(&at[begin..]).as_ref() != Some(&rule) {
        begin += 1;
    }
    let days = rule.part(last.weekday());
    (at.get(begin)?.year() < end).then(|| (begin, format!("FREQ=YEARLY;BYMONTH={};{days}", last.month())))
}

/// Which day of its month a change is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    Last,
    Nth(u32),
    /// The day of the week on this date or after it, within a week.
    OnOrAfter(u32),
}

fn days(at: &[NaiveDateTime]) -> Option<Day> {
    let of_month = |it: &NaiveDateTime| it.day();
    let (low, high) = (at.iter().map(of_month).min()?, at.iter().map(of_month).max()?);
    if at.iter().all(|it| (it.date() + Duration::days(7)).month() != it.month()) {
        return Some(Day::Last);
    }
    let nth = (low - 1) / 7;
    if (high - 1) / 7 == nth {
        return Some(Day::Nth(nth + 1));
    }
    (high - low < 7).then_some(Day::OnOrAfter(high.saturating_sub(6)))
}

impl Day {
    fn part(self, day: Weekday) -> String {
        let code = day.to_string().to_uppercase();
        let code = code.get(..2).unwrap_or_default();
        match self {
            Self::Last => format!("BYDAY=-1{code}"),
            Self::Nth(nth) => format!("BYDAY={nth}{code}"),
            Self::OnOrAfter(low) => {
                let dates: Vec<String> = (low..low + 7).map(|day| day.to_string()).collect();
                format!("BYMONTHDAY={};BYDAY={code}", dates.join(","))
            }
        }
    }
}

fn clocks(zone: Zone, at: DateTime<Utc>) -> Clocks {
    let there = zone.offset_from_utc_datetime(&at.naive_utc());
    let offset = there.fix().local_minus_utc();
    Clocks { offset, summer: there.is_summer(), name: there.to_string() }
}

fn new_year(year: i32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().and_time(chrono::NaiveTime::MIN).and_utc()
}

fn on_clock(at: DateTime<Utc>, offset: i32) -> NaiveDateTime {
    at.naive_utc() + Duration::seconds(i64::from(offset))
}

/// The year of an instant, in UTC.
pub(super) fn year(at: crate::domain::time::Timestamp) -> i32 {
    at.utc().year()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::time;

    /// A VTIMEZONE as another program reads it: from each instant on, this offset.
    fn read(text: &str) -> BTreeMap<i64, i32> {
        let mut changes = BTreeMap::new();
        let (mut from, mut to, mut at, mut begin) = (0, 0, Vec::new(), String::new());
        for line in text.lines() {
            let (name, value) = line.split_once(':').unwrap();
            match name {
                "BEGIN" => at.clear(),
                "TZOFFSETFROM" => from = seconds(value),
                "TZOFFSETTO" => to = seconds(value),
                "DTSTART" | "RDATE" => {
                    at.push(NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S").unwrap());
                    if name == "DTSTART" {
                        value.clone_into(&mut begin);
                    }
                }
                "RRULE" => {
                    let rule: rrule::RRuleSet = format!("DTSTART:{begin}Z\nRRULE:{value}").parse().unwrap();
                    at.extend(rule.all(50).dates.iter().map(DateTime::naive_utc));
                }
                "END" if value != "VTIMEZONE" => {
                    changes.extend(at.iter().map(|wall| (wall.and_utc().timestamp() - i64::from(from), to)));
                }
                _ => {}
            }
        }
        changes
    }

    fn seconds(offset: &str) -> i32 {
        let digits = |range| offset.get(range).map_or(0, |digits: &str| digits.parse::<i32>().unwrap());
        let all = digits(1..3) * 3_600 + digits(3..5) * 60 + digits(5..7);
        if offset.starts_with('-') { -all } else { all }
    }

    #[test]
    fn a_zone_is_the_same_at_every_hour_of_thirty_years() {
        for place in [
            "Africa/Cairo",
            "Africa/Casablanca",
            "Africa/El_Aaiun",
            "Europe/Kyiv",
            "America/Caracas",
            "America/Havana",
            "America/New_York",
            "America/Nuuk",
            "America/Santiago",
            "America/Sao_Paulo",
            "America/St_Johns",
            "Antarctica/Troll",
            "Asia/Gaza",
            "Asia/Kathmandu",
            "Asia/Tehran",
            "Australia/Lord_Howe",
            "Australia/Sydney",
            "Europe/Berlin",
            "Europe/Dublin",
            "Europe/Moscow",
            "Pacific/Apia",
            "Pacific/Chatham",
        ] {
            let zone = time::zone(place).unwrap();
            let changes = read(&vtimezone(zone, 2007, 2037));
            for hour in 0..(30 * 365 * 24) {
                // 2007-01-02: a calendar's first year begins at new year in UTC.
                let at = 1_167_696_000 + hour * 3_600;
                let told = changes.range(..=at).next_back().map(|(_, offset)| *offset);
                let there = DateTime::from_timestamp(at, 0).unwrap().with_timezone(&zone).offset().fix().local_minus_utc();
                assert_eq!(told, Some(there), "{place} at {at}");
            }
        }
    }

    #[test]
    fn a_zone_that_follows_a_rule_has_one_part_of_each_kind_with_that_rule() {
        let sydney = vtimezone(time::zone("Australia/Sydney").unwrap(), 2026, 2036);
        let expected = [
            "BEGIN:VTIMEZONE\r\nTZID:Australia/Sydney\r\n",
            "BEGIN:STANDARD\r\nTZNAME:AEST\r\nTZOFFSETFROM:+1100\r\nTZOFFSETTO:+1000\r\nDTSTART:20250406T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU\r\nEND:STANDARD\r\n",
            "BEGIN:DAYLIGHT\r\nTZNAME:AEDT\r\nTZOFFSETFROM:+1000\r\nTZOFFSETTO:+1100\r\nDTSTART:20251005T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=1SU\r\nEND:DAYLIGHT\r\n",
            "END:VTIMEZONE\r\n",
        ];
        assert_eq!(sydney, expected.concat());
        let rules = |place: &str, first| -> Vec<String> {
            let text = vtimezone(time::zone(place).unwrap(), first, first + 11);
            assert_eq!((text.matches("BEGIN:STANDARD").count(), text.matches("BEGIN:DAYLIGHT").count()), (1, 1), "{text}");
            let mut rules: Vec<String> =
                text.lines().filter_map(|line| line.strip_prefix("RRULE:FREQ=YEARLY;")).map(str::to_owned).collect();
            rules.sort();
            rules
        };
        for first in [2026, 2027] {
            assert_eq!(rules("Europe/Berlin", first), ["BYMONTH=10;BYDAY=-1SU", "BYMONTH=3;BYDAY=-1SU"]);
            assert_eq!(rules("Europe/Dublin", first), ["BYMONTH=10;BYDAY=-1SU", "BYMONTH=3;BYDAY=-1SU"]);
            assert_eq!(rules("America/New_York", first), ["BYMONTH=11;BYDAY=1SU", "BYMONTH=3;BYDAY=2SU"]);
            assert_eq!(rules("Pacific/Chatham", first), ["BYMONTH=4;BYDAY=1SU", "BYMONTH=9;BYDAY=-1SU"]);
            // On the Sunday after the first Saturday, and on the Saturday before the last Sunday.
            assert_eq!(
                rules("America/Santiago", first),
                ["BYMONTH=4;BYMONTHDAY=2,3,4,5,6,7,8;BYDAY=SU", "BYMONTH=9;BYMONTHDAY=2,3,4,5,6,7,8;BYDAY=SU"]
            );
            assert_eq!(rules("America/Nuuk", first), ["BYMONTH=10;BYDAY=-1SU", "BYMONTH=3;BYMONTHDAY=24,25,26,27,28,29,30;BYDAY=SA"]);
        }
    }

    #[test]
    fn changes_without_a_rule_are_dates_and_the_first_is_there_twice() {
        // The moon decides in Gaza. In Cairo summer ends after a Thursday that may be the last day of October.
        for place in ["Asia/Gaza", "Africa/Cairo"] {
            let text = vtimezone(time::zone(place).unwrap(), 2026, 2037);
            for part in text.split("BEGIN:").filter(|part| part.contains("RDATE:")) {
                let begin = part.split("DTSTART:").nth(1).and_then(|rest| rest.lines().next()).unwrap();
                assert!(part.contains(&format!("RDATE:{begin}\r\n")) && !part.contains("RRULE"), "{text}");
            }
            assert!(text.matches("RDATE:").count() > 10, "{text}");
        }
    }

    #[test]
    fn a_zone_without_changes_has_one_standard_time() {
        let text = vtimezone(time::zone("Asia/Tokyo").unwrap(), 2026, 2046);
        assert_eq!((text.matches("BEGIN:STANDARD").count(), text.matches("DAYLIGHT").count(), text.matches("RDATE").count()), (1, 0, 0));
        assert!(text.contains("DTSTART:19700101T000000\r\n"), "{text}");
    }

    #[test]
    fn what_the_law_calls_winter_time_is_standard_also_where_it_is_the_exception() {
        let dublin = vtimezone(time::zone("Europe/Dublin").unwrap(), 2026, 2026);
        for part in ["BEGIN:DAYLIGHT\r\nTZNAME:IST\r\nTZOFFSETFROM:+0000\r\n", "BEGIN:STANDARD\r\nTZNAME:GMT\r\nTZOFFSETFROM:+0100\r\n"] {
            assert!(dublin.contains(part), "{dublin}");
        }
    }
}
