//! VTIMEZONE (RFC 5545, section 3.6.5) from the IANA data that the program itself goes by.
//!
//! Each change of a zone's clocks within the years asked for is found by bisection and written out, those
//! that are alike together. So it is right also where no yearly rule is: over past changes, and in
//! Morocco, whose clocks follow the moon.

use std::fmt::Write;

use crate::domain::zone::Zone;
use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Utc};

use super::times::{offset, wall};

/// A zone's clocks from one change to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Clocks {
    /// Seconds ahead of UTC.
    offset: i32,
    /// Whether they are ahead for the summer.
    summer: bool,
    name: String,
}

/// A change of the clocks. Alike are those from and to the same.
#[derive(Debug)]
struct Observance {
    from: i32,
    to: Clocks,
    daylight: bool,
    /// When, on the clock from before.
    at: Vec<NaiveDateTime>,
}

/// Writes the zone as it is from the beginning of one year to the end of another.
pub(super) fn vtimezone(zone: Zone, first: i32, last: i32) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write!(out, "BEGIN:VTIMEZONE\r\nTZID:{}\r\n", zone.name());
    for observance in observances(zone, first, last) {
        let kind = if observance.daylight { "DAYLIGHT" } else { "STANDARD" };
        let mut at = observance.at.iter().copied().map(wall);
        let _ = write!(
            out,
            "BEGIN:{kind}\r\nTZNAME:{}\r\nTZOFFSETFROM:{}\r\nTZOFFSETTO:{}\r\nDTSTART:{}\r\n",
            observance.to.name,
            offset(observance.from),
            offset(observance.to.offset),
            at.next().unwrap_or_default()
        );
        for date in at {
            let _ = write!(out, "RDATE:{date}\r\n");
        }
        let _ = write!(out, "END:{kind}\r\n");
    }
    out.push_str("END:VTIMEZONE\r\n");
    out
}

fn observances(zone: Zone, first: i32, last: i32) -> Vec<Observance> {
    let (mut at, end) = (new_year(first), new_year(last.saturating_add(1)));
    let mut now = clocks(zone, at);
    // What holds at the beginning, as if it had been set then.
    let begin = Observance { from: now.offset, daylight: now.summer, at: vec![on_clock(at, now.offset)], to: now.clone() };
    let mut found = vec![begin];
    while at < end {
        // No zone's clocks changed there and back within a day.
        let next = at + Duration::days(1);
        let then = clocks(zone, next);
        if then != now {
            let change = bisect(zone, at, next, &now);
            let daylight = then.offset > now.offset && (then.summer || now.summer);
            let on = on_clock(change, now.offset);
            // The first one is no change, so nothing joins it.
            let alike = found.iter_mut().skip(1).find(|it| it.from == now.offset && it.to == then && it.daylight == daylight);
            match alike {
                Some(observance) => observance.at.push(on),
                None => found.push(Observance { from: now.offset, to: then.clone(), daylight, at: vec![on] }),
            }
            now = then;
        }
        at = next;
    }
    found
}

/// The second at which the clocks no longer are as `before`, between two instants.
fn bisect(zone: Zone, from: DateTime<Utc>, until: DateTime<Utc>, before: &Clocks) -> DateTime<Utc> {
    let (mut low, mut high) = (from.timestamp(), until.timestamp());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let there = DateTime::from_timestamp(middle, 0).unwrap_or(from);
        if clocks(zone, there) == *before { low = middle } else { high = middle }
    }
    DateTime::from_timestamp(high, 0).unwrap_or(until)
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
        let (mut from, mut to, mut at) = (0, 0, Vec::new());
        for line in text.lines() {
            let (name, value) = line.split_once(':').unwrap();
            match name {
                "BEGIN" => at.clear(),
                "TZOFFSETFROM" => from = seconds(value),
                "TZOFFSETTO" => to = seconds(value),
                "DTSTART" | "RDATE" => at.push(NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S").unwrap()),
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
    fn changes_are_written_to_the_second_and_alike_ones_together() {
        let sydney = vtimezone(time::zone("Australia/Sydney").unwrap(), 2026, 2027);
        let expected = [
            "BEGIN:VTIMEZONE\r\nTZID:Australia/Sydney\r\n",
            "BEGIN:DAYLIGHT\r\nTZNAME:AEDT\r\nTZOFFSETFROM:+1100\r\nTZOFFSETTO:+1100\r\nDTSTART:20260101T110000\r\nEND:DAYLIGHT\r\n",
            "BEGIN:STANDARD\r\nTZNAME:AEST\r\nTZOFFSETFROM:+1100\r\nTZOFFSETTO:+1000\r\nDTSTART:20260405T030000\r\nRDATE:20270404T030000\r\nEND:STANDARD\r\n",
            "BEGIN:DAYLIGHT\r\nTZNAME:AEDT\r\nTZOFFSETFROM:+1000\r\nTZOFFSETTO:+1100\r\nDTSTART:20261004T020000\r\nRDATE:20271003T020000\r\nEND:DAYLIGHT\r\n",
            "END:VTIMEZONE\r\n",
        ];
        assert_eq!(sydney, expected.concat());
    }

    #[test]
    fn a_zone_without_changes_has_one_standard_time() {
        let text = vtimezone(time::zone("Asia/Tokyo").unwrap(), 2026, 2046);
        assert_eq!((text.matches("BEGIN:STANDARD").count(), text.matches("DAYLIGHT").count(), text.matches("RDATE").count()), (1, 0, 0));
    }

    #[test]
    fn what_the_law_calls_winter_time_is_standard_also_where_it_is_the_exception() {
        let dublin = vtimezone(time::zone("Europe/Dublin").unwrap(), 2026, 2026);
        for part in ["BEGIN:DAYLIGHT\r\nTZNAME:IST\r\nTZOFFSETFROM:+0000\r\n", "BEGIN:STANDARD\r\nTZNAME:GMT\r\nTZOFFSETFROM:+0100\r\n"] {
            assert!(dublin.contains(part), "{dublin}");
        }
    }
}
