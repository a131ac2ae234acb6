//! Timetables as lines of text, for where they are kept: until when each held, then zone, start, minutes and rule.

use super::{EarlierTimetable, Recurrence, Timetable};
use crate::domain::time::{self, Timestamp};

/// How wall times are written.
const WALL: &str = "%Y-%m-%dT%H:%M:%S";

impl EarlierTimetable {
    /// One line of it.
    #[must_use]
    pub fn line(&self) -> String {
        let Timetable { starts, zone, minutes, rule } = &self.timetable;
        let rule = rule.as_ref().map_or("-", Recurrence::as_str);
        format!("{} {} {} {minutes} {rule}", self.until, zone.name(), starts.format(WALL))
    }

    /// Reads such a line; `None` for anything else.
    #[must_use]
    pub fn of_line(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let until = Timestamp::from_micros(words.next()?.parse().ok()?);
        let zone = time::zone(words.next()?).ok()?;
        let starts = time::local(words.next()?).ok()?;
        let minutes = words.next()?.parse().ok()?;
        let rule = match words.next()? {
            "-" => None,
            rule => Some(Recurrence::parse(rule, starts, zone).ok()?),
        };
        words.next().is_none().then_some(Self { until, timetable: Timetable { starts, zone, minutes, rule } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let starts = time::local("2027-03-02T18:00:30").unwrap();
        let zone = time::zone("Europe/Berlin").unwrap();
        for rule in ["FREQ=MONTHLY;BYDAY=TU,-1FR;COUNT=9", ""] {
            let timetable = Timetable { starts, zone, minutes: 45, rule: Recurrence::parse(rule, starts, zone).ok() };
            assert_eq!(timetable.rule.is_none(), rule.is_empty());
            let part = EarlierTimetable { until: Timestamp::from_seconds(1_800_000_000), timetable };
            assert_eq!(EarlierTimetable::of_line(&part.line()), Some(part));
        }
        for broken in ["", "x", "1 UTC 2027-03-02T18:00:30 45", "1 UTC 2027-03-02T18:00:30 45 - -", "1 Mars 2027-03-02T18:00:30 45 -"] {
            assert_eq!(EarlierTimetable::of_line(broken), None, "{broken}");
        }
    }
}
