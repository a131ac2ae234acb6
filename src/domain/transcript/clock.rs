//! The parts of a plain transcript that give the time besides `HH:MM:SS`, so that a reader finds the instant of each row.

use chrono::offset::LocalResult;
use chrono::{NaiveDate, Offset, TimeZone};

use super::system_text;
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;

/// Follows the clock of a plain transcript, whose rows have times without dates.
#[derive(Clone, Copy, Debug)]
pub struct TranscriptClock {
    zone: Zone,
    day: NaiveDate,
    last: Option<Timestamp>,
}

impl TranscriptClock {
    /// A transcript begins on the day on which its event opened.
    #[must_use]
    pub fn new(zone: Zone, opens_at: Timestamp) -> Self {
        Self { zone, day: opens_at.in_zone(zone).date_naive(), last: None }
    }

    /// Returns the lines that a reader needs before a row of this instant, mostly none: the day when another one begins, and
    /// the offset in the second of two hours that the clocks show, when the row could be in the first.
    pub fn before(&mut self, ts: Timestamp) -> String {
        let at = ts.in_zone(self.zone);
        let mut lines = String::new();
        if at.date_naive() != self.day {
            self.day = at.date_naive();
            lines = system_text::day(self.day) + "\n";
        }
        if let LocalResult::Ambiguous(first, second) = self.zone.from_local_datetime(&at.naive_local()) {
            let could_be_first = self.last.is_none_or(|last| last.micros() / 1_000_000 <= first.timestamp());
            if at.timestamp() == second.timestamp() && could_be_first {
                lines += &(system_text::clock(second.offset().fix().local_minus_utc()) + "\n");
            }
        }
        self.last = Some(ts);
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::zone;

    fn before(clock: &mut TranscriptClock, at: &str) -> String {
        let at: chrono::DateTime<chrono::Utc> = at.parse().unwrap();
        clock.before(Timestamp::from_micros(at.timestamp_micros()))
    }

    #[test]
    fn days_and_doubled_hours_are_named_where_the_times_do_not_tell() {
        let berlin = zone("Europe/Berlin").unwrap();
        let opens = Timestamp::from_seconds(1_792_879_200); // 24 October 2026, 22:00 UTC: midnight in Berlin.
        let mut clock = TranscriptClock::new(berlin, opens);
        for (at, lines) in [
            ("2026-10-23T10:00:00Z", "--- Day changed Fri Oct 23 2026\n"),
            ("2026-10-24T22:00:00Z", "--- Day changed Sun Oct 25 2026\n"),
            ("2026-10-25T00:10:00.5Z", ""),
            ("2026-10-25T01:20:00.5Z", "--- Clock changed to UTC+01:00\n"),
            ("2026-10-25T01:25:00Z", ""),
            ("2026-10-25T12:00:00Z", ""),
        ] {
            assert_eq!(before(&mut clock, at), lines, "{at}");
        }
        assert_eq!(system_text::clock_changed("--- Clock changed to UTC-03:30"), Some(-12_600));
        assert_eq!(system_text::clock_changed(&system_text::clock(20_700)), Some(20_700));
        assert_eq!(system_text::clock_changed("--- Clock changed to UTC+x"), None);
    }
}
