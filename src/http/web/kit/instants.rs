//! An instant as templates see it: written out in its meeting's zone.

use chrono::SecondsFormat;
use serde::Serialize;

use crate::domain::time::{self, Timestamp};
use crate::domain::zone::Zone;

/// An instant in a meeting's zone.
#[derive(Clone, Debug, Serialize)]
pub struct Instant {
    us: Timestamp,
    iso: String,
    date: String,
    day: String,
    year: String,
    time: String,
    zone: String,
}

impl Instant {
    /// `at` on the clock of `zone`.
    pub fn new(at: Timestamp, zone: Zone) -> Self {
        let local = at.in_zone(zone);
        Self {
            us: at,
            iso: local.to_rfc3339_opts(SecondsFormat::Secs, false),
            date: local.format("%a %-d %b %Y").to_string(),
            day: local.format("%-d %b").to_string(),
            year: local.format("%Y").to_string(),
            time: local.format("%H:%M").to_string(),
            zone: time::zone_name(&local),
        }
    }

    /// "Tue 24 Nov 2026, 18:00 CET".
    pub fn in_full(&self) -> String {
        format!("{}, {}", self.date, self.time_of_day())
    }

    /// The instant itself, to sort by.
    pub const fn us(&self) -> Timestamp {
        self.us
    }

    /// "18:00 CET".
    pub fn time_of_day(&self) -> String {
        format!("{} {}", self.time, self.zone)
    }

    /// "Tue 24 Nov 2026".
    pub fn date(&self) -> &str {
        &self.date
    }

    /// "18:00".
    pub fn clock(&self) -> &str {
        &self.time
    }

    /// "CET".
    pub fn zone(&self) -> &str {
        &self.zone
    }
}
