//! From the times of a log to instants: days that begin, clocks that are set, seconds that many lines share.

use chrono::offset::LocalResult;
use chrono::{Days as Step, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

use super::{Problem, Reason};
use crate::domain::limits;
use crate::domain::time::{self, Timestamp};
use crate::domain::zone::Zone;

const HALF_A_DAY: u32 = 12 * 60 * 60;
/// How far a clock may go back, in seconds: as one does that is set right, or where lines of two clients are sorted badly.
const SET_RIGHT: u32 = 5 * 60;

/// Where a log is by now.
#[derive(Debug)]
pub(super) struct Days {
    zone: Zone,
    day: Option<NaiveDate>,
    /// The latest time of this day.
    clock: Option<u32>,
    /// Whether the clocks have gone back on this day: a doubled time is then its second occurrence.
    again: bool,
    first: Option<Timestamp>,
    last: Timestamp,
}

impl Days {
    pub fn new(zone: Zone, day: Option<NaiveDate>) -> Self {
        Self { zone, day, clock: None, again: false, first: None, last: Timestamp::ZERO }
    }

    /// The log says which day it is from here on.
    pub fn begin(&mut self, number: usize, day: NaiveDate) -> Result<(), Problem> {
        if self.day != Some(day) {
            if self.clock.is_some() && self.day.is_some_and(|before| day < before) {
                return Err(Problem::at(number, Reason::DayBack));
            }
            (self.day, self.clock, self.again) = (Some(day), None, false);
        }
        Ok(())
    }

    /// Sees to it that this is the day, where none is known yet.
    pub fn suppose(&mut self, day: NaiveDate) {
        self.day.get_or_insert(day);
    }

    /// The instant of a line, `seconds` after midnight. A little back is no time at all, more than half a day back is
    /// the next day, all else is a mistake.
    pub fn at(&mut self, number: usize, seconds: u32) -> Result<Timestamp, Problem> {
        let Some(mut day) = self.day else { return Err(Problem::whole(Reason::NoDate)) };
        let mut clock = seconds;
        if let Some(before) = self.clock {
            let back = before.saturating_sub(seconds);
            if back > HALF_A_DAY {
                day = day.checked_add_days(Step::new(1)).unwrap_or(day);
                (self.day, self.again) = (Some(day), false);
            } else if back > SET_RIGHT {
                let doubled = matches!(self.zone.from_local_datetime(&wall(day, seconds)), LocalResult::Ambiguous(..));
                if !doubled || self.again {
                    return Err(Problem::at(number, Reason::Back(time_of(before), time_of(seconds))));
                }
                self.again = true;
            } else {
                clock = seconds.max(before);
            }
        }
        self.clock = Some(clock);
        let at = match self.zone.from_local_datetime(&wall(day, clock)) {
            LocalResult::Ambiguous(_, second) if self.again => second.into(),
            _ => time::instant(wall(day, clock), self.zone),
        };
        self.last = at.after(self.last);
        let first = *self.first.get_or_insert(self.last);
        if self.last >= first.plus_minutes(limits::MINUTES) {
            return Err(Problem::at(number, Reason::TooLong));
        }
        Ok(self.last)
    }

    /// Makes the last instant the one that the log itself names, later in the same second.
    pub fn precisely(&mut self, at: Timestamp) -> Timestamp {
        self.last = at.max(self.last);
        self.last
    }

    /// The next instant there is, for a row that shares the time of the one before it.
    pub fn next(&mut self) -> Timestamp {
        self.last = self.last.plus_micros(1);
        self.last
    }
}

fn wall(day: NaiveDate, seconds: u32) -> NaiveDateTime {
    // A leap second is the first of the next minute.
    day.and_time(NaiveTime::MIN) + Duration::seconds(i64::from(seconds))
}

fn time_of(seconds: u32) -> NaiveTime {
    NaiveTime::MIN + Duration::seconds(i64::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn clock(hours: u32, minutes: u32) -> u32 {
        hours * 3_600 + minutes * 60
    }

    fn days(zone: &str, day: &str) -> Days {
        Days::new(time::zone(zone).unwrap(), Some(day.parse().unwrap()))
    }

    #[test]
    fn midnight_begins_the_next_day_and_a_clock_that_is_set_right_does_not() {
        let mut log = days("UTC", "2026-11-24");
        let first = log.at(1, clock(23, 58)).unwrap();
        assert_eq!(log.at(2, clock(23, 57)).unwrap(), first.plus_micros(1));
        assert_eq!(log.at(3, clock(0, 1)).unwrap(), first.plus_minutes(3));
        assert_eq!(log.at(4, clock(0, 1)).unwrap(), first.plus_minutes(3).plus_micros(1));
    }

    #[test]
    fn a_jump_back_and_more_than_a_day_are_mistakes() {
        let mut log = days("UTC", "2026-11-24");
        log.at(1, clock(19, 30)).unwrap();
        let back = Reason::Back(time_of(clock(19, 30)), time_of(clock(18, 10)));
        assert_eq!(log.at(7, clock(18, 10)), Err(Problem::at(7, back)));
        let mut log = days("UTC", "2026-11-24");
        log.at(1, clock(19, 30)).unwrap();
        log.begin(2, "2026-11-26".parse().unwrap()).unwrap();
        assert_eq!(log.at(3, 0), Err(Problem::at(3, Reason::TooLong)));
        assert_eq!(log.begin(4, "2026-11-24".parse().unwrap()), Err(Problem::at(4, Reason::DayBack)));
        assert_eq!(Days::new(Zone::utc(), None).at(1, 0), Err(Problem::whole(Reason::NoDate)));
    }

    #[test]
    fn an_hour_that_the_clocks_show_twice_is_told_twice() {
        let mut log = days("Europe/Berlin", "2026-10-25");
        let first = log.at(1, clock(2, 59)).unwrap();
        assert_eq!(log.at(2, clock(2, 0)).unwrap(), first.plus_minutes(1));
        assert_eq!(log.at(3, clock(3, 0)).unwrap(), first.plus_minutes(61));
        assert!(log.at(4, clock(2, 30)).is_err(), "not a third time");
    }
}
