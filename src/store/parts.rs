//! The timetables that a meeting had before its last one, as the one column of text that keeps them:
//! `migrations/0006_exceptions.sql` says why.

use super::Error;
use super::meetings::WALL;
use super::record::undecodable;
use crate::domain::recurrence::{Part, Recurrence, Timetable};
use crate::domain::time::{self, Timestamp};

/// The column's text; NULL where there is none.
pub(super) fn write(parts: &[Part]) -> Option<String> {
    let line = |part: &Part| {
        let Timetable { starts, zone, minutes, rule } = &part.timetable;
        let rule = rule.as_ref().map_or("-", Recurrence::as_str);
        format!("{} {} {} {minutes} {rule}", part.until, zone.name(), starts.format(WALL))
    };
    (!parts.is_empty()).then(|| parts.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Reads the column's text.
///
/// # Errors
/// [`Error::Unavailable`] for what [`write()`] did not write.
pub(super) fn read(text: &str) -> Result<Vec<Part>, Error> {
    text.lines().map(|line| part(line).ok_or_else(|| undecodable("earlier", line))).collect()
}

fn part(line: &str) -> Option<Part> {
    let mut words = line.split(' ');
    let until = Timestamp::from_micros(words.next()?.parse().ok()?);
    let zone = time::zone(words.next()?).ok()?;
    let starts = time::local(words.next()?).ok()?;
    let minutes = words.next()?.parse().ok()?;
    let rule = match words.next()? {
        "-" => None,
        rule => Some(Recurrence::parse(rule, starts, zone).ok()?),
    };
    words.next().is_none().then_some(Part { until, timetable: Timetable { starts, zone, minutes, rule } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let starts = time::local("2027-03-02T18:00:30").unwrap();
        let zone = time::zone("Europe/Berlin").unwrap();
        let table = |rule: &str| Timetable { starts, zone, minutes: 45, rule: Recurrence::parse(rule, starts, zone).ok() };
        let parts = [
            Part { until: Timestamp::from_seconds(1_800_000_000), timetable: table("FREQ=MONTHLY;BYDAY=TU,-1FR;COUNT=9") },
            Part { until: Timestamp::from_seconds(1_900_000_000), timetable: table("") },
        ];
        assert_eq!(read(&write(&parts).unwrap()).unwrap(), parts);
        assert_eq!((write(&[]), parts[1].timetable.rule.is_none()), (None, true));
        for broken in ["", "x", "1 UTC 2027-03-02T18:00:30 45", "1 UTC 2027-03-02T18:00:30 45 - -", "1 Mars 2027-03-02T18:00:30 45 -"] {
            assert!(part(broken).is_none(), "{broken}");
        }
    }
}
