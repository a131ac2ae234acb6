//! When a meeting's events are: a start on a zone's wall clock, and a rule that repeats it.
//!
//! Owns the step from wall times to instants. Each wall time becomes one by [`time::instant`], so a
//! meeting keeps its wall time over clock changes, and skipped and doubled times follow RFC 5545,
//! section 3.3.5.

use crate::domain::zone::Zone;
use chrono::offset::LocalResult;
use chrono::{NaiveDateTime, TimeZone};

use super::Recurrence;
use crate::domain::time::{self, Timestamp};

/// When a meeting's events are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timetable {
    /// The first start, on the wall clock of `zone`.
    pub starts: NaiveDateTime,
    pub zone: Zone,
    pub minutes: i64,
    /// `None`: once only.
    pub rule: Option<Recurrence>,
}

/// One start, as the rule asks for it and as it comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// What the rule asks for.
    pub wall: NaiveDateTime,
    /// When that is.
    pub at: Timestamp,
    pub clock: ClockChange,
}

/// What a change of the clocks does to a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockChange {
    None,
    /// The clocks skip the wall time: the start is as much later as they go forward.
    Skipped,
    /// The clocks show the wall time twice: the start is the first.
    Doubled,
}

impl Timetable {
    /// Up to `most` starts from `from` to `until`, both counted in.
    #[must_use]
    pub fn starts_between(&self, from: Timestamp, until: Timestamp, most: u16) -> Vec<Timestamp> {
        self.occurrences(from).map(|it| it.at).take_while(|at| *at <= until).take(usize::from(most)).collect()
    }

    /// The first `most` starts from `from` on, however far ahead they are.
    #[must_use]
    pub fn next_starts(&self, from: Timestamp, most: u16) -> Vec<Timestamp> {
        self.occurrences(from).map(|it| it.at).take(usize::from(most)).collect()
    }

    /// The first `most` starts from `from` on, each with what the clocks do to it.
    #[must_use]
    pub fn next_occurrences(&self, from: Timestamp, most: u16) -> Vec<Occurrence> {
        self.occurrences(from).take(usize::from(most)).collect()
    }

    /// The wall time of the first event. Where the rule passes over `starts`, it is a later one.
    #[must_use]
    pub fn first_wall(&self) -> Option<NaiveDateTime> {
        self.occurrences(Timestamp::ZERO).next().map(|it| it.wall)
    }

    /// The earliest start of an event that runs at `now`: for a meeting made now such a one is still to come.
    #[must_use]
    pub fn running_from(&self, now: Timestamp) -> Timestamp {
        now.plus_minutes(-self.minutes).plus_micros(1)
    }

    /// The wall time that one of its starts is for: where the clocks skip it, not the one that they show.
    #[must_use]
    pub fn wall_of(&self, start: Timestamp) -> NaiveDateTime {
        let shown = start.in_zone(self.zone).naive_local();
        let told = shown.date().and_time(self.starts.time());
        if time::instant(told, self.zone) == start { told } else { shown }
    }

    /// What it asks for from one of its starts on, as a timetable that begins there.
    #[must_use]
    pub fn from_start(&self, start: Timestamp) -> Self {
        let before = self.starts_between(Timestamp::ZERO, start.plus_micros(-1), u16::MAX).len();
        Self { starts: self.wall_of(start), rule: self.rule.as_ref().map(|rule| rule.after(before)), ..self.clone() }
    }

    /// Starts from `from` on, strictly increasing.
    fn occurrences(&self, from: Timestamp) -> impl Iterator<Item = Occurrence> {
        let zone = self.zone;
        let (walls, last) = match &self.rule {
            None => (None, None),
            Some(rule) => (rule.walls(self.starts), rule.rule.end.last_instant(zone)),
        };
        let once = self.rule.is_none().then_some(self.starts);
        // No zone is further than two days from UTC, skipped days included: earlier ones need no instant.
        let early = from.plus_days(-3).utc().naive_utc();
        let mut found = once
            .into_iter()
            .chain(walls.into_iter().flatten())
            .skip_while(move |wall| *wall < early)
            .map(move |wall| Occurrence::new(wall, zone))
            .take_while(move |it| last.is_none_or(|last| it.at <= last))
            .skip_while(move |it| it.at < from)
            .peekable();
        std::iter::from_fn(move || {
            let mut next = found.next()?;
            // Where the clocks skip a whole day, two wall times meet at one instant. The later is that instant's own.
            while let Some(same) = found.next_if(|it| it.at <= next.at) {
                next = same;
            }
            Some(next)
        })
    }

    /// The rhythm in words, without time, zone and end: "once", "every Tuesday".
    #[must_use]
    pub fn words(&self) -> String {
        self.rule.as_ref().map_or_else(|| "once".to_owned(), |rule| rule.words(self.starts))
    }

    /// All of it in words: "Every second Tuesday at 19:00, Australia/Sydney, until 24 December 2027".
    #[must_use]
    pub fn sentence(&self) -> String {
        let rhythm = match self.rule {
            Some(_) => self.words(),
            None => self.starts.format("on %-d %B %Y").to_string(),
        };
        let mut letters = rhythm.chars();
        let first: String = letters.next().map(char::to_uppercase).into_iter().flatten().collect();
        let end = self.rule.as_ref().and_then(|rule| rule.end_in_words(self.starts, self.zone));
        let end = end.map(|end| format!(", {end}")).unwrap_or_default();
        format!("{first}{} at {}, {}{end}", letters.as_str(), self.starts.format("%H:%M"), self.zone.name())
    }
}

impl Occurrence {
    fn new(wall: NaiveDateTime, zone: Zone) -> Self {
        let clock = match zone.from_local_datetime(&wall) {
            LocalResult::Single(_) => ClockChange::None,
            LocalResult::Ambiguous(..) => ClockChange::Doubled,
            LocalResult::None => ClockChange::Skipped,
        };
        Self { wall, at: time::instant(wall, zone), clock }
    }
}
