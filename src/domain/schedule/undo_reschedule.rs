//! Taking a change of a meeting's timetables back: what they were before it, and how the events follow them there.
//!
//! It holds only from what that change left: where the timetables were changed again since, there is nothing to take back.

use sha2::{Digest, Sha256};

use super::event::{self, ChatEvent, EventId};
use super::meeting::Meeting;
use super::recurrence::{EarlierTimetable, Timetable, TimetableHistory};
use super::reschedule::{Refit, Retiming};
use crate::domain::secret::hex;
use crate::domain::time::Timestamp;

/// What a change of a meeting's timetables began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    earlier: Vec<EarlierTimetable>,
    timetable: Timetable,
    /// Names the timetables that the change left.
    left: String,
    /// The events that it called off.
    pub cancelled: Vec<EventId>,
    /// Those that it dropped and that cannot simply be made anew: something was told of them, or their link is not what their
    /// day would give.
    pub gone: Vec<Gone>,
}

/// An event that was dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    pub start: Timestamp,
    /// What stood in its link, where that was not its day alone.
    pub key: Option<String>,
}

impl Before {
    /// What `old` was, before a change by `refit` made it `new`.
    #[must_use]
    pub fn new(old: &Meeting, new: &Meeting, refit: &Refit) -> Self {
        let gone = |event: &ChatEvent| {
            let start = event.original_start;
            let key = Some(&event.key).filter(|key| **key != event::key(start, old.timetable.zone, |_| false)).cloned();
            (key.is_some() || event.last > Timestamp::ZERO).then_some(Gone { start, key })
        };
        Self {
            earlier: old.earlier.clone(),
            timetable: old.timetable.clone(),
            left: version(new),
            cancelled: refit.cancels.iter().map(|event| event.id.clone()).collect(),
            gone: refit.drops.iter().filter_map(gone).collect(),
        }
    }

    /// Whether the timetables of the meeting are still those that the change left.
    #[must_use]
    pub fn fits(&self, meeting: &Meeting) -> bool {
        version(meeting) == self.left
    }

    /// The change that leads back. What took place meanwhile stays as it was told of.
    #[must_use]
    pub fn retiming(&self, meeting: &Meeting, now: Timestamp) -> Retiming {
        let (old, new) = (self.course(), meeting.course());
        let running = |course: TimetableHistory<'_>| {
            let table = course.table_of(now);
            table.starts_between(table.running_from(now), now, 1).first().copied()
        };
        let begin = [old, new].into_iter().filter_map(running).min().unwrap_or(now);
        let past = |course: TimetableHistory<'_>| course.starts_between(Timestamp::ZERO, begin.plus_micros(-1), u16::MAX);
        let mut earlier = self.earlier.clone();
        if past(old) != past(new) {
            let cut = |part: &EarlierTimetable| EarlierTimetable { until: part.until.min(begin), timetable: part.timetable.clone() };
            let gone = new.spans().filter(|span| span.from < begin);
            let gone = gone.map(|span| cut(&EarlierTimetable { until: span.until.unwrap_or(begin), timetable: span.table.clone() }));
            earlier = gone.chain(self.earlier.iter().filter(|part| part.until > begin).cloned()).collect();
        }
        Retiming { earlier, timetable: self.timetable.clone(), begin, floor: now.plus_days(-1) }
    }

    /// Those of `events` that the change made and that stay although it is taken back, by their times.
    #[must_use]
    pub fn leftover(&self, undone: &Meeting, events: Vec<ChatEvent>) -> Vec<ChatEvent> {
        let (old, new) = (self.course(), undone.course());
        let stays = |event: &ChatEvent| new.asks_for(event.original_start) && !old.asks_for(event.original_start);
        let mut left: Vec<ChatEvent> = events.into_iter().filter(stays).collect();
        left.sort_unstable_by_key(|event| event.opens_at);
        left
    }

    /// One line of all of it, for a form to carry.
    #[must_use]
    pub fn line(&self) -> String {
        let cancelled: Vec<&str> = self.cancelled.iter().map(EventId::as_str).collect();
        let last = EarlierTimetable { until: Timestamp::ZERO, timetable: self.timetable.clone() };
        let gone: Vec<String> = self.gone.iter().map(Gone::word).collect();
        let mut parts = vec![self.left.clone(), cancelled.join(" "), gone.join(" ")];
        parts.extend(self.earlier.iter().chain([&last]).map(EarlierTimetable::line));
        parts.join("|")
    }

    /// Reads such a line; `None` for anything else.
    #[must_use]
    pub fn of_line(line: &str) -> Option<Self> {
        let mut lines = line.split('|');
        let left = lines.next()?.to_owned();
        let cancelled = lines.next()?.split_whitespace().map(EventId::parse).collect::<Option<_>>()?;
        let gone = lines.next()?.split_whitespace().map(Gone::of_word).collect::<Option<_>>()?;
        let mut earlier: Vec<EarlierTimetable> = lines.map(EarlierTimetable::of_line).collect::<Option<_>>()?;
        let timetable = earlier.pop()?.timetable;
        Some(Self { earlier, timetable, left, cancelled, gone })
    }

    fn course(&self) -> TimetableHistory<'_> {
        TimetableHistory::new(&self.earlier, &self.timetable)
    }
}

impl Gone {
    /// Its second, and its key if there is one: starts have no smaller parts.
    fn word(&self) -> String {
        let second = self.start.micros() / 1_000_000;
        self.key.as_ref().map_or_else(|| second.to_string(), |key| format!("{second}/{key}"))
    }

    fn of_word(word: &str) -> Option<Self> {
        let (second, key) = word.split_once('/').map_or((word, None), |(second, key)| (second, Some(key.to_owned())));
        Some(Self { start: Timestamp::from_seconds(second.parse().ok()?), key })
    }
}

/// Names the timetables of a meeting.
fn version(meeting: &Meeting) -> String {
    let mut hash = Sha256::new();
    let last = EarlierTimetable { until: Timestamp::ZERO, timetable: meeting.timetable.clone() };
    for part in meeting.earlier.iter().chain([&last]) {
        hash.update(part.line());
        hash.update("\n");
    }
    hex(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::reschedule::tests::{at, days, table, weekly};

    #[test]
    fn a_change_is_taken_back_to_the_very_timetables() {
        let (meeting, mut events) = weekly();
        let now = at("2027-03-10T00:00");
        for event in &mut events {
            event.key = event::key(event.original_start, meeting.timetable.zone, |_| false);
        }
        events[3].last = now;
        events[4].key += "-2";
        let drops = Refit { drops: events[2..].to_vec(), ..Refit::default() };
        for from in [None, Some(at("2027-03-23T18:00"))] {
            let retiming = Retiming::of(&meeting, &table("2027-03-24T20:00", "FREQ=WEEKLY"), from, now).unwrap();
            let changed = Meeting { earlier: retiming.earlier, timetable: retiming.timetable, ..meeting.clone() };
            let before = Before::new(&meeting, &changed, &drops);
            let gone = [(events[3].original_start, None), (events[4].original_start, Some(events[4].key.clone()))];
            assert_eq!(before.gone, gone.map(|(start, key)| Gone { start, key }));
            assert_eq!(Before::of_line(&before.line()), Some(before.clone()));
            assert!(before.fits(&changed) && !before.fits(&meeting));
            let back = before.retiming(&changed, now.plus_minutes(5));
            assert_eq!((&back.earlier, &back.timetable), (&meeting.earlier, &meeting.timetable));
        }
    }

    #[test]
    fn what_took_place_meanwhile_stays_told_of() {
        let (meeting, _) = weekly();
        let now = at("2027-03-10T00:00");
        let retiming = Retiming::of(&meeting, &table("2027-03-11T18:00", "FREQ=WEEKLY"), None, now).unwrap();
        let changed = Meeting { earlier: retiming.earlier, timetable: retiming.timetable, ..meeting.clone() };
        let back = Before::new(&meeting, &changed, &Refit::default()).retiming(&changed, at("2027-03-12T00:00"));
        let all = back.course().starts_between(Timestamp::ZERO, at("2027-04-01T00:00"), 50);
        assert_eq!(days(all), ["03-02 18", "03-09 18", "03-11 18", "03-16 18", "03-23 18", "03-30 18"]);
    }
}
