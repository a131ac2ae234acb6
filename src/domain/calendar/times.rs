//! How instants and wall times are written in a calendar (RFC 5545, sections 3.3.5 and 3.3.14).

use crate::domain::zone::Zone;
use chrono::{Duration, NaiveDateTime, Timelike};
use icalendar::Property;

use crate::domain::time::{self, Timestamp};

const WALL: &str = "%Y%m%dT%H%M%S";

/// An instant in UTC: `20261124T170000Z`.
#[must_use]
pub fn utc(at: Timestamp) -> String {
    format!("{}Z", at.utc().format(WALL))
}

/// A wall time: `20261124T180000`.
pub(super) fn wall(at: NaiveDateTime) -> String {
    at.format(WALL).to_string()
}

/// An offset from UTC in seconds: `+0100`, `-004430`.
pub(super) fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    if rest == 0 { format!("{sign}{hours:02}{minutes:02}") } else { format!("{sign}{hours:02}{minutes:02}{rest:02}") }
}

/// Whether times of this zone are written in UTC, without a zone of their own.
pub(super) fn is_utc(zone: Zone) -> bool {
    matches!(zone.name(), "UTC" | "Etc/UTC")
}

/// What the clocks of `zone` show at this instant.
pub(super) fn shown(at: Timestamp, zone: Zone) -> NaiveDateTime {
    let local = at.in_zone(zone).naive_local();
    // An event that was opened or closed by hand is so at some microsecond; calendars know seconds.
    local.with_nanosecond(0).unwrap_or(local)
}

/// Whether a wall time in `zone` names this very instant for every reader: it is neither skipped nor the
/// second of a doubled one.
fn is_plain(wall: NaiveDateTime, at: Timestamp, zone: Zone) -> bool {
    time::instant(wall, zone) == at && shown(at, zone) == wall
}

/// Whether the clocks of `zone` go on evenly from a wall time over so many minutes.
pub(super) fn runs_evenly(wall: NaiveDateTime, minutes: i64, zone: Zone) -> bool {
    let at = time::instant(wall, zone);
    is_plain(wall, at, zone) && is_plain(wall + Duration::minutes(minutes), at.plus_minutes(minutes), zone)
}

/// A property that names a wall time in `zone`; of a zone that is UTC, the instant.
pub(super) fn at_wall(name: &str, at: NaiveDateTime, zone: Zone) -> Property {
    if is_utc(zone) {
        return Property::new(name, format!("{}Z", wall(at)));
    }
    Property::new(name, wall(at)).add_parameter("TZID", zone.name()).done()
}

/// `DTSTART` and `DTEND`: on the clock of `zone` if both wall times are beyond doubt, else both in UTC. With only one of them in UTC,
/// some programs show the other in the wrong zone.
pub(super) fn at_instants(opens: Timestamp, closes: Timestamp, zone: Zone) -> [Property; 2] {
    let both = [("DTSTART", opens), ("DTEND", closes)];
    let is_beyond_doubt = |at: Timestamp| is_plain(shown(at, zone), Timestamp::from_seconds(at.micros() / 1_000_000), zone);
    if both.iter().all(|(_, at)| is_beyond_doubt(*at)) {
        both.map(|(name, at)| at_wall(name, shown(at, zone), zone))
    } else {
        both.map(|(name, at)| Property::new(name, utc(at)))
    }
}
