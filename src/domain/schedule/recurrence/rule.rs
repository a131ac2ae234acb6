//! A rule of RFC 5545 (section 3.3.10) as a value, and its canonical text.
//!
//! Owns the limits. How a text is read stands in `parse`, what dates come out in `expand`.

use std::fmt::{self, Display};

use crate::domain::zone::Zone;
use chrono::{NaiveDate, NaiveDateTime, Weekday};

use crate::domain::time::{self, Timestamp};

/// The longest text of a rule, in characters.
pub const LONGEST: usize = 500;
/// The largest `INTERVAL`.
pub const LARGEST_INTERVAL: u16 = 1_000;
/// The largest `COUNT`: every day for 27 years.
pub const MOST: u16 = 10_000;

/// How often a rule comes round. RFC 5545 has shorter ones, which no meeting needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

impl Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Daily => "DAILY",
            Self::Weekly => "WEEKLY",
            Self::Monthly => "MONTHLY",
            Self::Yearly => "YEARLY",
        })
    }
}

/// A day of the week: each, or with a number the nth of its month or year, from the end where negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayOf {
    pub nth: Option<i8>,
    pub day: Weekday,
}

impl DayOf {
    /// The order of the canonical text: each, then from the start, then from the end.
    pub fn order(self) -> (Option<(bool, i8)>, u32) {
        (self.nth.map(|n| (n < 0, n)), self.day.num_days_from_monday())
    }
}

impl Display for DayOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nth {
            Some(nth) => write!(f, "{nth}{}", code(self.day)),
            None => f.write_str(code(self.day)),
        }
    }
}

/// What ends a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Never,
    /// After so many dates, 1 to [`MOST`].
    Count(u16),
    /// With the end of this day in the meeting's zone, and so it moves with the zone.
    Day(NaiveDate),
    /// With this instant, an event at the instant itself still included.
    Instant(Timestamp),
}

impl End {
    /// The last instant at which an event may start, where a time ends the rule.
    pub fn last_instant(self, zone: Zone) -> Option<Timestamp> {
        match self {
            Self::Never | Self::Count(_) => None,
            Self::Instant(at) => Some(at),
            Self::Day(day) => {
                // The second before the next day begins, which is not always at 00:00.
                let next = day.succ_opt().unwrap_or(day).and_time(chrono::NaiveTime::MIN);
                Some(time::instant(next, zone).plus_seconds(-1))
            }
        }
    }

    /// The last day that may have an event at this time of day, where a time ends the rule.
    pub fn last_day(self, starts: NaiveDateTime, zone: Zone) -> Option<NaiveDate> {
        match self {
            Self::Never | Self::Count(_) => None,
            Self::Day(day) => Some(day),
            Self::Instant(at) => {
                let wall = at.in_zone(zone).naive_local();
                if wall.time() < starts.time() { wall.date().pred_opt() } else { Some(wall.date()) }
            }
        }
    }
}

/// A rule whose parts are each in range and go together. Lists are sorted and without repetitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub frequency: Frequency,
    pub interval: u16,
    pub months: Vec<i16>,
    pub weeks: Vec<i16>,
    pub year_days: Vec<i16>,
    pub month_days: Vec<i16>,
    pub days: Vec<DayOf>,
    pub positions: Vec<i16>,
    pub week_start: Weekday,
    pub end: End,
}

impl Rule {
    /// A rule that only says how often.
    pub const fn new(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: 1,
            months: Vec::new(),
            weeks: Vec::new(),
            year_days: Vec::new(),
            month_days: Vec::new(),
            days: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Mon,
            end: End::Never,
        }
    }

    /// Whether anything but frequency, interval and end says when.
    pub const fn is_plain(&self) -> bool {
        self.months.is_empty()
            && self.weeks.is_empty()
            && self.year_days.is_empty()
            && self.month_days.is_empty()
            && self.days.is_empty()
            && self.positions.is_empty()
    }

    /// Whether numbers of `BYDAY` count in a month; in a year otherwise (RFC 5545, section 3.3.10, note 2).
    pub fn numbers_in_month(&self) -> bool {
        self.frequency == Frequency::Monthly || !self.months.is_empty()
    }

    /// The number of `BYDAY` that counts farthest from the end: of a month -5, of a year -53.
    pub fn farthest(&self) -> i8 {
        if self.numbers_in_month() { -5 } else { -53 }
    }

    /// The most days that one period of the rule has.
    pub const fn longest_period(&self) -> i16 {
        match self.frequency {
            Frequency::Daily => 1,
            Frequency::Weekly => 7,
            Frequency::Monthly => 31,
            Frequency::Yearly => 366,
        }
    }
}

/// The canonical text: parts in one order, without those that say the default.
impl Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FREQ={}", self.frequency)?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        part(f, "BYMONTH", &self.months)?;
        part(f, "BYWEEKNO", &self.weeks)?;
        part(f, "BYYEARDAY", &self.year_days)?;
        part(f, "BYMONTHDAY", &self.month_days)?;
        part(f, "BYDAY", &self.days)?;
        part(f, "BYSETPOS", &self.positions)?;
        if self.week_start != Weekday::Mon {
            write!(f, ";WKST={}", code(self.week_start))?;
        }
        match self.end {
            End::Never => Ok(()),
            End::Count(count) => write!(f, ";COUNT={count}"),
            End::Day(day) => write!(f, ";UNTIL={}", day.format("%Y%m%d")),
            End::Instant(at) => write!(f, ";UNTIL={}", at.utc().format("%Y%m%dT%H%M%SZ")),
        }
    }
}

fn part<T: Display>(f: &mut fmt::Formatter<'_>, name: &str, values: &[T]) -> fmt::Result {
    for (n, value) in values.iter().enumerate() {
        if n == 0 {
            write!(f, ";{name}=")?;
        } else {
            f.write_str(",")?;
        }
        value.fmt(f)?;
    }
    Ok(())
}

/// The days of the week as RFC 5545 writes them.
pub const CODES: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

fn code(day: Weekday) -> &'static str {
    CODES[day.num_days_from_monday() as usize].0
}
