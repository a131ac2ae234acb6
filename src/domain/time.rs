//! Instants and time zones: the server's timestamp, and how local times become instants.
//!
//! Owns every conversion between wall time and microseconds. Reads no clock: "now" is an argument.

use std::fmt;
use std::str::FromStr;

use crate::domain::zone::Zone;
use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, Offset, TimeZone, Utc};
use serde::{Deserialize, Serialize};

/// The largest timestamp there is: 2^53 - 1 µs, which every JSON reader keeps exact (RFC 8259, section 6).
pub const LATEST: i64 = (1 << 53) - 1;

/// A server timestamp: microseconds since 1970-01-01T00:00:00Z, from 0 to [`LATEST`].
///
/// It stamps a message, orders an event's log and is the cursor that clients poll with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The cursor before every row.
    pub const ZERO: Self = Self(0);

    /// Takes microseconds since 1970; values outside the range are cut to it.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < 0 {
            Self(0)
        } else if micros > LATEST {
            Self(LATEST)
        } else {
            Self(micros)
        }
    }

    /// Takes seconds since 1970.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The timestamp that a new row gets: the clock's, or one more than the last row's where the
    /// clock has not passed that. This is what keeps an event's log strictly increasing.
    #[must_use]
    pub const fn after(self, last: Self) -> Self {
        if self.0 > last.0 { self } else { Self::from_micros(last.0 + 1) }
    }

    /// This instant moved by whole microseconds (negative: earlier).
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// This instant moved by whole seconds.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_micros(seconds.saturating_mul(1_000_000))
    }

    /// This instant moved by whole minutes.
    #[must_use]
    pub const fn plus_minutes(self, minutes: i64) -> Self {
        self.plus_seconds(minutes.saturating_mul(60))
    }

    /// This instant moved by whole days of 24 hours.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }

    /// How long from `earlier` to here; zero where that is no time at all.
    #[must_use]
    pub fn since(self, earlier: Self) -> std::time::Duration {
        std::time::Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// As a date and time in UTC.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// As a date and time in `zone`.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> DateTime<Zone> {
        self.utc().with_timezone(&zone)
    }

    /// The day as well: "Tue 24 Nov 2026, 18:00 CET".
    #[must_use]
    pub fn in_full(self, zone: Zone) -> String {
        format!("{}, {}", self.in_zone(zone).format("%a %-d %b %Y"), self.on_clocks(zone))
    }

    /// What clocks in `zone` show, and the zone: "18:00 CET".
    #[must_use]
    pub fn on_clocks(self, zone: Zone) -> String {
        let local = self.in_zone(zone);
        format!("{} {}", local.format("%H:%M"), zone_name(&local))
    }
}

/// The end of a stretch of up to a day on the clocks of `zone`: "19:00", and "Wed 01:00" where that is on another day than its start.
#[must_use]
pub fn until(opens: Timestamp, closes: Timestamp, zone: Zone) -> String {
    let (opens, closes) = (opens.in_zone(zone), closes.in_zone(zone));
    closes.format(if opens.date_naive() == closes.date_naive() { "%H:%M" } else { "%a %H:%M" }).to_string()
}

/// Such a stretch as a whole, with its zone: "18:00–19:00 CET", "23:00–Wed 01:00 CET"; with both names where the clocks change in it.
#[must_use]
pub fn hours(opens: Timestamp, closes: Timestamp, zone: Zone) -> String {
    let (first, last) = (opens.in_zone(zone), closes.in_zone(zone));
    let changes = if zone_name(&first) == zone_name(&last) { String::new() } else { format!(" {}", zone_name(&first)) };
    format!("{}{changes}–{} {}", first.format("%H:%M"), until(opens, closes, zone), zone_name(&last))
}

/// What a zone is called at that time: "CET"; "UTC+11" and "UTC+05:45" where it has numbers only.
#[must_use]
pub fn zone_name(at: &DateTime<Zone>) -> String {
    let short = at.format("%Z").to_string();
    match (short.get(..3), short.get(3..)) {
        (Some(hours), Some(minutes)) if short.starts_with(['+', '-']) => {
            format!("UTC{hours}{}{minutes}", if minutes.is_empty() { "" } else { ":" })
        }
        _ => short,
    }
}

impl<Z: TimeZone> From<DateTime<Z>> for Timestamp {
    fn from(at: DateTime<Z>) -> Self {
        Self::from_micros(at.timestamp_micros())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeProblem {
    /// Neither microseconds nor RFC 3339 nor a local time.
    Unreadable,
    /// A local time, and nobody said in which zone.
    NeedsZone,
    /// Not in the IANA time zone database.
    UnknownZone,
}

impl fmt::Display for TimeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => {
                "This is no time. Write microseconds since 1970, 2026-11-24T19:00:00+11:00, or 2026-11-24T19:00 with a time zone."
            }
            Self::NeedsZone => "This local time needs a time zone beside it.",
            Self::UnknownZone => "No such time zone is known. Write an IANA name such as Europe/Berlin.",
        })
    }
}

/// Reads the name of an IANA time zone, in any case.
///
/// # Errors
/// [`TimeProblem::UnknownZone`] where the database has no such name.
pub fn zone(name: &str) -> Result<Zone, TimeProblem> {
    Zone::find(name.trim()).ok_or(TimeProblem::UnknownZone)
}

/// Reads a local date and time such as `2026-11-24T19:00`, seconds allowed, a space for the `T` too.
///
/// # Errors
/// [`TimeProblem::Unreadable`] for anything else, dates that do not exist among them.
pub fn local(text: &str) -> Result<NaiveDateTime, TimeProblem> {
    let text = text.trim().replacen(' ', "T", 1);
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())
        .filter(|at| (1970..=2255).contains(&chrono::Datelike::year(at)))
        .ok_or(TimeProblem::Unreadable)
}

/// The instant that a wall clock in `zone` shows as `at`.
///
/// A time that the clocks skip is read with the offset before the gap, a doubled one is its first
/// occurrence (RFC 5545, section 3.3.5).
#[must_use]
pub fn instant(at: NaiveDateTime, zone: Zone) -> Timestamp {
    match zone.from_local_datetime(&at) {
        LocalResult::Single(exact) | LocalResult::Ambiguous(exact, _) => exact.into(),
        LocalResult::None => {
            // Read as UTC, the wall time less 27 hours lies before the gap wherever on earth the zone is.
            let offset = zone.offset_from_utc_datetime(&(at - Duration::hours(27))).fix().local_minus_utc();
            Timestamp::from(Utc.from_utc_datetime(&(at - Duration::seconds(i64::from(offset)))))
        }
    }
}

/// Reads an instant as requests may write it: microseconds, RFC 3339, or a local time in `zone`.
///
/// # Errors
/// [`TimeProblem::NeedsZone`] for a local time without a zone, else [`TimeProblem::Unreadable`].
pub fn parse_instant(text: &str, zone: Option<Zone>) -> Result<Timestamp, TimeProblem> {
    let text = text.trim();
    if let Ok(micros) = i64::from_str(text) {
        return if (0..=LATEST).contains(&micros) { Ok(Timestamp(micros)) } else { Err(TimeProblem::Unreadable) };
    }
    if let Ok(exact) = DateTime::parse_from_rfc3339(text) {
        let micros = exact.timestamp_micros();
        return if (0..=LATEST).contains(&micros) { Ok(Timestamp(micros)) } else { Err(TimeProblem::Unreadable) };
    }
    let wall = local(text)?;
    zone.map(|zone| instant(wall, zone)).ok_or(TimeProblem::NeedsZone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall: &str, place: &str) -> String {
        instant(local(wall).unwrap(), zone(place).unwrap()).utc().to_rfc3339()
    }

    #[test]
    fn a_skipped_local_time_keeps_the_offset_from_before_the_gap() {
        assert_eq!(at("2027-03-28T02:30", "Europe/Berlin"), "2027-03-28T01:30:00+00:00");
        assert_eq!(at("2026-10-04T02:30", "Australia/Sydney"), "2026-10-03T16:30:00+00:00");
    }

    #[test]
    fn a_doubled_local_time_is_its_first_occurrence() {
        assert_eq!(at("2026-10-25T02:30", "Europe/Berlin"), "2026-10-25T00:30:00+00:00");
    }

    #[test]
    fn a_stretch_of_time_names_the_day_on_which_it_ends_where_that_is_another() {
        let said = |opens: &str, closes: &str, place: &str| {
            let zone = zone(place).unwrap();
            hours(instant(local(opens).unwrap(), zone), instant(local(closes).unwrap(), zone), zone)
        };
        assert_eq!(said("2026-11-24T18:00", "2026-11-24T19:00", "Europe/Berlin"), "18:00–19:00 CET");
        assert_eq!(said("2026-11-24T23:00", "2026-11-25T00:00", "Europe/Berlin"), "23:00–Wed 00:00 CET");
        assert_eq!(said("2026-11-24T23:00", "2026-11-25T23:00", "Asia/Kathmandu"), "23:00–Wed 23:00 UTC+05:45");
        assert_eq!(said("2026-10-25T01:30", "2026-10-25T04:00", "Europe/Berlin"), "01:30 CEST–04:00 CET");
        // The same hour in a zone of another day.
        let (opens, closes) = (Timestamp::from_seconds(1_795_507_200), Timestamp::from_seconds(1_795_528_800));
        assert_eq!(until(opens, closes, zone("Australia/Sydney").unwrap()), "Wed 01:00");
        assert_eq!(until(opens, closes, Zone::utc()), "14:00");
    }

    #[test]
    fn instants_are_read_in_the_three_ways_of_the_contract() {
        let sydney = zone("Australia/Sydney").ok();
        let expected = Timestamp::from_seconds(1_795_507_200);
        for text in ["1795507200000000", "2026-11-24T19:00:00+11:00", "2026-11-24T08:00:00Z"] {
            assert_eq!(parse_instant(text, None), Ok(expected), "{text}");
        }
        assert_eq!(parse_instant("2026-11-24T19:00", sydney), Ok(expected));
        assert_eq!(parse_instant("2026-11-24T19:00", None), Err(TimeProblem::NeedsZone));
        for bad in ["", "-5", "9007199254740992", "2026-02-31T10:00", "soon", "1e9", "0001-01-01T00:00:00Z"] {
            assert!(parse_instant(bad, sydney).is_err(), "{bad}");
        }
    }
}
