//! From the times of a log to instants: days that begin, clocks that are set, hours that clocks show twice.

use chrono::offset::LocalResult;
use chrono::{Datelike, Days as Step, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

use super::date::Day;
use super::stamp::Stamp;
use crate::domain::time::{self, Timestamp};
use crate::domain::zone::Zone;
use crate::import::logs::{Problem, Reason};

const HALF_A_DAY: i64 = 12 * 60 * 60;

/// The meaning of a time without a date that is earlier than the one before it, by more than a clock is set right and by
/// less than half a day: a clock that was set back, or the next day after a long silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backwards {
    /// Nobody knows.
    #[default]
    Refuse,
    /// The next day.
    NextDay,
    /// The same moment as the line before.
    SameDay,
}

/// The day and the time that a log has reached.
#[derive(Debug)]
pub struct Days {
    zone: Zone,
    day: Option<NaiveDate>,
    /// The number of seconds that a clock may be set back without a question.
    slack: i64,
    backwards: Backwards,
    /// The latest time, as an instant and as it was written.
    latest: Option<(Timestamp, NaiveTime)>,
    /// The microseconds by which the clock went back so far, when pauses count and not the time.
    shift: Option<i64>,
}

/// The instant of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub at: Timestamp,
    /// Says that the clock had gone back and the line keeps its place.
    pub is_held: bool,
}

impl Days {
    /// Begins on `day`, on the clocks of `zone`; they may go back by `slack` seconds.
    pub fn new(zone: Zone, day: Option<NaiveDate>, slack: u32, backwards: Backwards) -> Self {
        Self { zone, day, slack: slack.into(), backwards, latest: None, shift: None }
    }

    /// The same, but times after a clock that went back go on from the line before, so that pauses are kept.
    #[must_use]
    pub fn keeping_pauses(self) -> Self {
        Self { shift: Some(0), ..self }
    }

    /// The day of a log whose clock never goes back.
    pub fn of_gavel(zone: Zone, day: Option<NaiveDate>) -> Self {
        Self::new(zone, day, 0, Backwards::NextDay)
    }

    /// Takes note that the log names the day from here on.
    pub fn begin(&mut self, number: usize, day: NaiveDate) -> Result<(), Problem> {
        if self.latest.is_some() && self.day.is_some_and(|before| day < before) {
            return Err(Problem::at(number, Reason::DayBack));
        }
        self.day = Some(day);
        self.shift = self.shift.map(|_| 0);
        Ok(())
    }

    /// Makes this the day unless one is known already.
    pub fn suppose(&mut self, day: NaiveDate) {
        self.day.get_or_insert(day);
    }

    /// Returns the instant of a time of day without a date or a zone.
    pub fn at(&mut self, number: usize, seconds: u32) -> Result<Timestamp, Problem> {
        self.moment(number, &Stamp { day: None, seconds, micros: 0, offset: None }).map(|moment| moment.at)
    }

    /// Returns the instant of a line. Without a date, more than half a day back is the next day.
    ///
    /// # Errors
    /// A day that is not known, or a time that goes back further than a clock is set right.
    pub fn moment(&mut self, number: usize, stamp: &Stamp) -> Result<Moment, Problem> {
        let dated = match stamp.day {
            Some(Day::Full(day)) => Some(day),
            Some(Day::NoYear(month, day)) => Some(self.nearest(month, day).ok_or(Problem::at(number, Reason::NoYear))?),
            Some(Day::Unclear) => return Err(Problem::at(number, Reason::UnclearDate)),
            Some(Day::None) => return Err(Problem::at(number, Reason::NoSuchDate)),
            None => None,
        };
        let mut day = dated.or(self.day).ok_or(Problem::whole(Reason::NoDate))?;
        let written = NaiveTime::MIN + Duration::seconds(stamp.seconds.into());
        let Some((latest, before)) = self.latest else {
            let at = self.candidates(day, stamp)[0];
            (self.day, self.latest) = (Some(day), Some((at, written)));
            return Ok(Moment { at, is_held: false });
        };
        let slack = self.slack * 1_000_000;
        let near = |at: &Timestamp| at.micros() + slack >= latest.micros();
        let mut candidates = self.candidates(day, stamp);
        if !candidates.iter().any(near) {
            let back = candidates.last().map_or(0, |at| latest.micros() - at.micros()) / 1_000_000;
            let is_next_day = dated.is_none() && (back > HALF_A_DAY || self.backwards == Backwards::NextDay);
            if is_next_day {
                while !candidates.iter().any(near) {
                    day = day.checked_add_days(Step::new(1)).ok_or(Problem::at(number, Reason::NoSuchDate))?;
                    candidates = self.candidates(day, stamp);
                }
            } else if self.backwards != Backwards::SameDay || dated.is_some() {
                let is_day = dated.is_some_and(|dated| self.day.is_some_and(|before| dated < before));
                return Err(Problem::at(number, if is_day { Reason::DayBack } else { Reason::Back(before, written) }));
            }
        }
        let at = candidates.iter().find(|at| near(at)).copied().unwrap_or(latest);
        self.day = Some(day);
        if at < latest {
            if let (Some(shift), None) = (&mut self.shift, dated) {
                *shift += latest.micros() - at.micros();
            }
            return Ok(Moment { at: latest, is_held: true });
        }
        self.latest = Some((at, written));
        Ok(Moment { at, is_held: false })
    }

    /// The instants that a time of this day can be, the earlier one first; at least one.
    fn candidates(&self, day: NaiveDate, stamp: &Stamp) -> Vec<Timestamp> {
        let wall = wall(day, stamp.seconds);
        let exact = |at: Timestamp| at.plus_micros(stamp.micros.into());
        if let Some(offset) = stamp.offset {
            return vec![exact(Timestamp::from_micros(wall.and_utc().timestamp_micros() - i64::from(offset) * 1_000_000))];
        }
        let shift = self.shift.filter(|_| stamp.day.is_none()).unwrap_or(0);
        let exact = |at: Timestamp| exact(at).plus_micros(shift);
        match self.zone.from_local_datetime(&wall) {
            LocalResult::Ambiguous(first, second) => vec![exact(first.into()), exact(second.into())],
            _ => vec![exact(time::instant(wall, self.zone))],
        }
    }

    /// The date with this month and day that is nearest to the current day.
    fn nearest(&self, month: u32, day: u32) -> Option<NaiveDate> {
        let now = self.day?;
        let years = [now.year() - 1, now.year(), now.year() + 1].into_iter();
        years.filter_map(|year| NaiveDate::from_ymd_opt(year, month, day)).min_by_key(|date| (*date - now).num_days().abs())
    }
}

fn wall(day: NaiveDate, seconds: u32) -> NaiveDateTime {
    // A leap second is the first of the next minute.
    day.and_time(NaiveTime::MIN) + Duration::seconds(i64::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn clock(hours: u32, minutes: u32) -> u32 {
        hours * 3_600 + minutes * 60
    }

    fn time_of(seconds: u32) -> NaiveTime {
        NaiveTime::MIN + Duration::seconds(seconds.into())
    }

    fn days(zone: &str, day: &str) -> Days {
        Days::new(time::zone(zone).unwrap(), Some(day.parse().unwrap()), 300, Backwards::Refuse)
    }

    fn stamp(day: Option<&str>, seconds: u32, offset: Option<i32>) -> Stamp {
        Stamp { day: day.map(|day| Day::Full(day.parse().unwrap())), seconds, micros: 0, offset }
    }

    #[test]
    fn midnight_begins_the_next_day_and_a_clock_that_is_set_right_does_not() {
        let mut log = days("UTC", "2026-11-24");
        let first = log.at(1, clock(23, 58)).unwrap();
        assert_eq!(log.moment(2, &stamp(None, clock(23, 57), None)).unwrap(), Moment { at: first, is_held: true });
        assert_eq!(log.at(3, clock(0, 1)).unwrap(), first.plus_minutes(3));
        assert_eq!(log.at(4, clock(0, 1)).unwrap(), first.plus_minutes(3));
        // The clock is set right just after midnight.
        assert_eq!(log.moment(5, &stamp(Some("2026-11-24"), clock(23, 59), None)).unwrap().at, first.plus_minutes(3));
    }

    #[test]
    fn a_jump_back_is_a_mistake_unless_somebody_says_what_it_is() {
        let mut log = days("UTC", "2026-11-24");
        let first = log.at(1, clock(19, 30)).unwrap();
        let back = Reason::Back(time_of(clock(19, 30)), time_of(clock(18, 10)));
        assert_eq!(log.at(7, clock(18, 10)), Err(Problem::at(7, back.clone())));
        for (backwards, minutes) in [(Backwards::NextDay, 24 * 60 - 80), (Backwards::SameDay, 0)] {
            let mut log = Days { backwards, ..days("UTC", "2026-11-24") };
            log.at(1, clock(19, 30)).unwrap();
            assert_eq!(log.at(7, clock(18, 10)).unwrap(), first.plus_minutes(minutes));
        }
        assert_eq!(log.begin(4, "2026-11-23".parse().unwrap()), Err(Problem::at(4, Reason::DayBack)));
        // A line with a date is never on the next day.
        assert_eq!(
            log.moment(5, &stamp(Some("2026-11-24"), clock(1, 0), None)),
            Err(Problem::at(5, Reason::Back(time_of(clock(19, 30)), time_of(3_600))))
        );
        assert_eq!(log.moment(5, &stamp(Some("2026-11-23"), clock(1, 0), None)), Err(Problem::at(5, Reason::DayBack)));
        assert_eq!(Days::of_gavel(Zone::utc(), None).at(1, 0), Err(Problem::whole(Reason::NoDate)));
    }

    #[test]
    fn a_clock_that_never_goes_back_shows_the_next_day() {
        let mut log = Days::of_gavel(Zone::utc(), Some("2026-11-24".parse().unwrap()));
        let first = log.at(1, clock(9, 0)).unwrap();
        assert_eq!(log.at(2, clock(8, 59)).unwrap(), first.plus_minutes(24 * 60 - 1));
        assert_eq!(log.at(3, clock(22, 0)).unwrap(), first.plus_minutes(37 * 60));
    }

    #[test]
    fn an_hour_that_the_clocks_show_twice_is_told_twice() {
        for mut log in
            [days("Europe/Berlin", "2026-10-25"), Days::of_gavel(time::zone("Europe/Berlin").unwrap(), Some("2026-10-25".parse().unwrap()))]
        {
            let first = log.at(1, clock(2, 59)).unwrap();
            assert_eq!(log.at(2, clock(2, 0)).unwrap(), first.plus_minutes(1));
            assert_eq!(log.at(3, clock(3, 0)).unwrap(), first.plus_minutes(61));
        }
        let mut log = days("Europe/Berlin", "2026-10-25");
        for (line, seconds) in [(1, clock(2, 59)), (2, clock(2, 0)), (3, clock(3, 0))] {
            log.at(line, seconds).unwrap();
        }
        assert!(log.at(4, clock(2, 30)).is_err(), "not a third time");
        // A little back within that hour is not its second time.
        let mut log = days("Europe/Berlin", "2026-10-25");
        let first = log.at(1, clock(2, 30)).unwrap();
        assert_eq!(log.at(2, clock(2, 29)).unwrap(), first);
    }

    #[test]
    fn a_zone_in_the_line_goes_before_that_of_the_log() {
        let mut log = days("America/New_York", "2026-10-25");
        let first = log.moment(1, &stamp(None, clock(2, 59), Some(7_200))).unwrap().at;
        assert_eq!(first.utc().to_rfc3339(), "2026-10-25T00:59:00+00:00");
        assert_eq!(log.moment(2, &stamp(None, clock(2, 0), Some(3_600))).unwrap().at, first.plus_minutes(1));
        // 1 hour and a half back is no next day, 14 hours are.
        assert!(log.moment(3, &stamp(None, clock(0, 30), Some(3_600))).is_err());
        assert_eq!(log.moment(4, &stamp(None, clock(16, 0), Some(3_600))).unwrap().at, first.plus_minutes(1 + 14 * 60));
        assert_eq!(log.moment(5, &stamp(None, clock(2, 0), Some(3_600))).unwrap().at, first.plus_minutes(1 + 24 * 60));
    }

    #[test]
    fn the_year_is_the_one_that_makes_the_date_nearest() {
        let mut log = days("UTC", "2026-12-31");
        let no_year = |month, day| Stamp { day: Some(Day::NoYear(month, day)), seconds: 0, micros: 0, offset: None };
        assert_eq!(log.moment(1, &no_year(12, 31)).unwrap().at.utc().to_rfc3339(), "2026-12-31T00:00:00+00:00");
        assert_eq!(log.moment(2, &no_year(1, 1)).unwrap().at.utc().to_rfc3339(), "2027-01-01T00:00:00+00:00");
        assert_eq!(Days::of_gavel(Zone::utc(), None).moment(3, &no_year(1, 1)), Err(Problem::at(3, Reason::NoYear)));
    }
}
