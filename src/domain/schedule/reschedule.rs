//! What a new timetable does to the events that a meeting has: which it adds, moves, drops and leaves alone.
//!
//! Decided here from the rows alone, so that what a form tells beforehand is what is then done. An event never
//! changes its link. None that somebody changed by itself goes away, and none that people have used is dropped.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::event::{ChatEvent, EventId, Phase};
use super::meeting::Meeting;
use super::recurrence::{EarlierTimetable, Timetable, TimetableHistory};
use crate::domain::secret::hex;
use crate::domain::time::Timestamp;

/// A change of a meeting's timetable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retiming {
    /// What held before, oldest first.
    pub earlier: Vec<EarlierTimetable>,
    pub timetable: Timetable,
    /// The new timetable's starts are those from here on.
    pub begin: Timestamp,
    /// Events that stood before this instant are not looked at.
    pub floor: Timestamp,
}

/// An event that stays, with other times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub event: ChatEvent,
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
}

/// An event that stays as it is although it is not as the timetable has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    pub event: ChatEvent,
    pub why: Why,
}

/// Why an event is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Open,
    Cancelled,
    Moved,
    /// Added by hand, or kept in an earlier change.
    Beside,
    /// Changed by itself in something else than its start.
    Own(Own),
}

/// What an event has for itself, besides a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    pub title: bool,
    pub agenda: bool,
    pub length: bool,
}

/// What becomes of the events that lie ahead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refit {
    /// Starts that get an event of their own.
    pub adds: Vec<Timestamp>,
    /// Events that follow the timetable to other times.
    pub moves: Vec<Move>,
    /// Events without a place that nobody has used, as the timetable made them.
    pub drops: Vec<ChatEvent>,
    /// The same that somebody has used: they are called off and stay at their links.
    pub cancels: Vec<ChatEvent>,
    pub keeps: Vec<Keep>,
    /// The starts for which kept events stand from now on, so that they are not made a second time.
    pub stands: Vec<(EventId, Timestamp)>,
}

impl Retiming {
    /// The change of a meeting to the timetable `new`, for all that lies ahead of `now`, or `from` one start on.
    /// `None`: that is what it has already.
    #[must_use]
    pub fn of(meeting: &Meeting, new: &Timetable, from: Option<Timestamp>, now: Timestamp) -> Option<Self> {
        let course = meeting.course();
        if *new == meeting.timetable_for(from, now) {
            return None;
        }
        let (begin, floor) = match from {
            None => {
                // What runs at this moment is of the new timetable: by that, or it may come to stand for a start of it.
                let running = |table: &Timetable| table.starts_between(table.running_from(now), now, 1).first().copied();
                let begin = [new, course.table_of(now)].into_iter().filter_map(running).min();
                (begin.unwrap_or(now), now.plus_days(-1))
            }
            Some(from) => {
                let before = course.starts_between(Timestamp::ZERO, from.plus_micros(-1), u16::MAX).last().copied();
                let free = before.unwrap_or(Timestamp::ZERO).max(now);
                // It may begin a little before the event from which on it holds, but behind the one before.
                let first = new.next_starts(Timestamp::ZERO, 1).first().copied().filter(|first| *first > free);
                let begin = first.map_or(from, |first| first.min(from));
                (begin, begin)
            }
        };
        Some(Self { earlier: course.before(begin, new), timetable: new.clone(), begin, floor })
    }

    /// The timetables once it is made.
    #[must_use]
    pub fn course(&self) -> TimetableHistory<'_> {
        TimetableHistory::new(&self.earlier, &self.timetable)
    }

    /// What it does to `events`, which are all of the meeting's with an original start from its floor on. Of those that
    /// have not opened, `used` are the ones in whose logs people did anything.
    #[must_use]
    pub fn refit(&self, meeting: &Meeting, events: &[ChatEvent], used: &BTreeSet<EventId>, now: Timestamp) -> Refit {
        let (old, new, mut refit) = (meeting.course(), self.course(), Refit::default());
        let originals: BTreeSet<Timestamp> = events.iter().map(|event| event.original_start).collect();
        let asked: BTreeSet<Timestamp> = match (originals.first(), originals.last()) {
            (Some(first), Some(last)) => old.starts_between(*first, *last, u16::MAX).into_iter().collect(),
            _ => BTreeSet::new(),
        };
        let ahead = new.starts_ahead(now).into_iter();
        let mut wanted: BTreeSet<Timestamp> = ahead.filter(|start| *start >= self.begin).collect();
        let (mut held, mut free) = (Vec::new(), Vec::new());
        // Whatever stands for a start that is wanted goes on to do so.
        for event in events {
            let (phase, stays) = (event.phase(now), wanted.remove(&event.original_start));
            if !asked.contains(&event.original_start) {
                refit.keep(event, phase, Why::Beside);
            } else if phase == Phase::Closed && event.original_start < now {
                // What is over is no concern of the days to come.
            } else if matches!(phase, Phase::Open | Phase::Closed) || event.is_moved() {
                held.push((event, phase, stays));
            } else {
                free.push((event, phase, stays));
            }
        }
        let mut days: BTreeMap<NaiveDate, Timestamp> = BTreeMap::new();
        for start in wanted {
            days.entry(date(start, new.table_of(start))).or_insert(start);
        }
        let day = |event: &ChatEvent| date(event.original_start, old.table_of(event.original_start));
        for (event, phase, stays) in held {
            // It stands for its day, so that day gets no second one.
            if !stays && let Some(start) = days.remove(&day(event)) {
                refit.stands.push((event.id.clone(), start));
            }
            refit.keep(event, phase, Why::Moved);
        }
        for (event, phase, stays) in free {
            let start = if stays { Some(event.original_start) } else { days.remove(&day(event)) };
            let own = Own::of(event, meeting, old.table_of(event.original_start));
            match start {
                Some(start) => {
                    // A length of its own stays with the event.
                    let length = event.closes_at.micros() - event.opens_at.micros();
                    let length = if own.length { length } else { new.table_of(start).minutes * 60_000_000 };
                    let times = (start, start.plus_micros(length));
                    if times != (event.opens_at, event.closes_at) {
                        refit.moves.push(Move { event: event.clone(), opens_at: times.0, closes_at: times.1 });
                    }
                }
                None if phase == Phase::Cancelled || own.is_any() => refit.keep(event, phase, Why::Own(own)),
                None if used.contains(&event.id) => refit.cancels.push(event.clone()),
                None => refit.drops.push(event.clone()),
            }
        }
        refit.adds = days.into_values().collect();
        refit
    }
}

impl Own {
    /// What an event of `meeting`, whose start is of this timetable, has for itself.
    fn of(event: &ChatEvent, meeting: &Meeting, table: &Timetable) -> Self {
        Self {
            title: event.own_title,
            agenda: event.agenda.as_deref() != meeting.template(),
            length: event.closes_at != event.opens_at.plus_minutes(table.minutes),
        }
    }

    const fn is_any(self) -> bool {
        self.title || self.agenda || self.length
    }
}

fn date(start: Timestamp, table: &Timetable) -> NaiveDate {
    start.in_zone(table.zone).date_naive()
}

impl Refit {
    /// Keeps an event that is not over; `why`, unless its phase says more.
    fn keep(&mut self, event: &ChatEvent, phase: Phase, why: Why) {
        let why = match phase {
            Phase::Closed => return,
            Phase::Open => Why::Open,
            Phase::Cancelled => Why::Cancelled,
            Phase::Scheduled if event.is_moved() => Why::Moved,
            Phase::Scheduled => why,
        };
        self.keeps.push(Keep { event: event.clone(), why });
    }

    /// Whether no event changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.adds.is_empty() && self.moves.is_empty() && self.drops.is_empty() && self.cancels.is_empty()
    }

    /// Names what becomes of which event, so that a form can tell whether this was shown.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for start in &self.adds {
            hash.update(format!("+{start}"));
        }
        for it in &self.moves {
            hash.update(format!("~{}{}-{}", it.event.id, it.opens_at, it.closes_at));
        }
        for event in self.drops.iter().chain(&self.cancels) {
            hash.update(format!("-{}", event.id));
        }
        hex(&hash.finalize()[..8])
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::domain::schedule::event::tests::event;
    use crate::domain::schedule::meeting::Visibility;
    use crate::domain::schedule::recurrence::Recurrence;
    use crate::domain::time;
    use crate::domain::zone::Zone;

    pub(in crate::domain) fn at(wall: &str) -> Timestamp {
        time::instant(time::local(wall).unwrap(), Zone::utc())
    }

    pub(in crate::domain) fn table(starts: &str, rule: &str) -> Timetable {
        let starts = time::local(starts).unwrap();
        Timetable { starts, zone: Zone::utc(), minutes: 60, rule: Recurrence::parse(rule, starts, Zone::utc()).ok() }
    }

    /// A meeting on Tuesdays at 18:00, with the events that it has on 10 March.
    pub(in crate::domain) fn weekly() -> (Meeting, Vec<ChatEvent>) {
        let timetable = table("2027-03-02T18:00", "FREQ=WEEKLY;COUNT=6");
        let starts = timetable.starts_between(Timestamp::ZERO, at("2028-01-01T00:00"), 9);
        let events = starts.iter().map(|start| event(start.micros(), start.plus_minutes(60).micros())).collect();
        (meeting(timetable), events)
    }

    pub(in crate::domain) fn meeting(timetable: Timetable) -> Meeting {
        Meeting {
            id: "m".into(),
            slug: "weekly".into(),
            organizer: "o".into(),
            title: "Weekly".into(),
            description: String::new(),
            description_html: String::new(),
            agenda: String::new(),
            agenda_html: String::new(),
            timetable,
            earlier: Vec::new(),
            visibility: Visibility::Public,
            deleted_at: None,
        }
    }

    fn used(events: &[ChatEvent]) -> BTreeSet<EventId> {
        events.iter().filter(|event| event.last > Timestamp::ZERO).map(|event| event.id.clone()).collect()
    }

    pub(in crate::domain) fn days(starts: impl IntoIterator<Item = Timestamp>) -> Vec<String> {
        starts.into_iter().map(|at| at.utc().format("%m-%d %H").to_string()).collect()
    }

    fn originals(events: &[ChatEvent]) -> Vec<String> {
        days(events.iter().map(|event| event.original_start))
    }

    #[test]
    fn from_one_event_on_what_comes_before_it_stays() {
        let (meeting, events) = weekly();
        let (now, from) = (at("2027-03-10T00:00"), at("2027-03-23T18:00"));
        let new = table("2027-03-23T19:30", "FREQ=WEEKLY;COUNT=4");
        let retiming = Retiming::of(&meeting, &new, Some(from), now).unwrap();
        assert_eq!((retiming.begin, retiming.earlier.len()), (from, 1));
        let ahead: Vec<ChatEvent> = events.into_iter().filter(|event| event.original_start >= retiming.floor).collect();
        let refit = retiming.refit(&meeting, &ahead, &BTreeSet::new(), now);
        assert_eq!(days(refit.moves.iter().map(|it| it.opens_at)), ["03-23 19", "03-30 19", "04-06 19"]);
        assert_eq!((days(refit.adds.clone()), refit.drops.len(), refit.keeps.len()), (vec!["04-13 19".to_owned()], 0, 0));
        assert_eq!(days(retiming.course().starts_ahead(now)), ["03-16 18", "03-23 19", "03-30 19", "04-06 19", "04-13 19"]);
    }

    #[test]
    fn what_it_has_already_is_no_change() {
        let (meeting, _) = weekly();
        let (now, from) = (at("2027-03-10T00:00"), at("2027-03-23T18:00"));
        assert_eq!(Retiming::of(&meeting, &meeting.timetable, None, now), None);
        let rest = table("2027-03-23T18:00", "FREQ=WEEKLY;COUNT=3");
        assert_eq!((meeting.timetable_for(Some(from), now), Retiming::of(&meeting, &rest, Some(from), now)), (rest, None));
    }

    #[test]
    fn a_new_rule_may_begin_before_the_event_but_not_before_the_one_before_that() {
        let (meeting, _) = weekly();
        let (now, from) = (at("2027-03-10T00:00"), at("2027-03-23T18:00"));
        for (starts, begin) in
            [("2027-03-22T18:00", "2027-03-22T18:00"), ("2027-03-25T18:00", "2027-03-23T18:00"), ("2027-03-15T18:00", "2027-03-23T18:00")]
        {
            assert_eq!(Retiming::of(&meeting, &table(starts, "FREQ=DAILY"), Some(from), now).unwrap().begin, at(begin), "{starts}");
        }
    }

    #[test]
    fn moved_skipped_added_and_changed_events_are_kept_and_used_ones_cancelled() {
        let (meeting, mut events) = weekly();
        let now = at("2027-03-10T00:00");
        events[2].opens_at = at("2027-03-17T09:00");
        events[2].closes_at = at("2027-03-17T10:00");
        events[3].cancelled_at = Some(now);
        events[4].last = now;
        let added = at("2027-03-19T12:00");
        events.push(event(added.micros(), added.plus_minutes(30).micros()));
        // Thursdays: nobody stays on the day, and only the last event is of no use to anybody.
        let retiming = Retiming::of(&meeting, &table("2027-03-11T18:00", "FREQ=WEEKLY;COUNT=3"), None, now).unwrap();
        let refit = retiming.refit(&meeting, &events[2..], &used(&events), now);
        let kept: Vec<ChatEvent> = refit.keeps.iter().map(|it| it.event.clone()).collect();
        assert_eq!(originals(&kept), ["03-19 12", "03-16 18", "03-23 18"]);
        assert_eq!(refit.keeps.iter().map(|it| it.why).collect::<Vec<_>>(), [Why::Beside, Why::Moved, Why::Cancelled]);
        assert_eq!((originals(&refit.cancels), originals(&refit.drops)), (vec!["03-30 18".to_owned()], vec!["04-06 18".to_owned()]));
        assert_eq!(days(refit.adds.clone()), ["03-11 18", "03-18 18", "03-25 18"]);
        // Tuesdays at another time: the moved one stands for its day, the skipped one goes with the others.
        let retiming = Retiming::of(&meeting, &table("2027-03-02T20:00", "FREQ=WEEKLY;COUNT=6"), None, now).unwrap();
        let refit = retiming.refit(&meeting, &events[2..], &used(&events), now);
        assert_eq!(refit.stands, [(events[2].id.clone(), at("2027-03-16T20:00"))]);
        assert_eq!(days(refit.moves.iter().map(|it| it.opens_at)), ["03-23 20", "03-30 20", "04-06 20"]);
        assert!(refit.adds.is_empty() && refit.drops.is_empty() && refit.cancels.is_empty());
    }

    #[test]
    fn what_has_a_title_an_agenda_or_a_length_of_its_own_is_kept_or_goes_along_with_it() {
        let (meeting, mut events) = weekly();
        let now = at("2027-03-10T00:00");
        (events[2].own_title, events[2].title) = (true, "Budget".into());
        events[3].agenda = Some("Tides".into());
        events[4].closes_at = at("2027-03-30T20:00");
        // Used or not, none of them is cancelled.
        events[3].last = now;
        let thursdays = Retiming::of(&meeting, &table("2027-03-11T18:00", "FREQ=WEEKLY;COUNT=3"), None, now).unwrap();
        let refit = thursdays.refit(&meeting, &events[2..], &used(&events), now);
        let own = |title, agenda, length| Why::Own(Own { title, agenda, length });
        let kept: Vec<(&ChatEvent, Why)> = refit.keeps.iter().map(|it| (&it.event, it.why)).collect();
        assert_eq!(
            kept,
            [(&events[2], own(true, false, false)), (&events[3], own(false, true, false)), (&events[4], own(false, false, true))]
        );
        assert_eq!((originals(&refit.drops), refit.cancels.len()), (vec!["04-06 18".to_owned()], 0));
        // In the next change they are beside the rule, and stay.
        let changed = Meeting { earlier: thursdays.earlier, timetable: thursdays.timetable, ..meeting.clone() };
        let fridays = Retiming::of(&changed, &table("2027-03-12T18:00", "FREQ=WEEKLY;COUNT=3"), None, now).unwrap();
        let refit = fridays.refit(&changed, &events[2..5], &used(&events), now);
        assert!(refit.keeps.iter().all(|it| it.why == Why::Beside) && refit.keeps.len() == 3);
        // Where their days stay they go along.
        let later = Retiming::of(&meeting, &table("2027-03-02T20:00", "FREQ=WEEKLY;COUNT=6"), None, now).unwrap();
        let refit = later.refit(&meeting, &events[2..], &used(&events), now);
        assert_eq!(days(refit.moves.iter().map(|it| it.closes_at)), ["03-16 21", "03-23 21", "03-30 22", "04-06 21"]);
        assert!(refit.keeps.is_empty() && refit.adds.is_empty());
    }

    #[test]
    fn a_length_of_its_own_stays_with_an_event_that_moves() {
        let (meeting, mut events) = weekly();
        events[2].closes_at = at("2027-03-16T20:00");
        let new = Timetable { minutes: 45, ..table("2027-03-02T19:00", "FREQ=WEEKLY;COUNT=6") };
        let now = at("2027-03-10T00:00");
        let refit = Retiming::of(&meeting, &new, None, now).unwrap().refit(&meeting, &events[2..4], &BTreeSet::new(), now);
        assert_eq!(refit.moves.iter().map(|it| it.closes_at).collect::<Vec<_>>(), [at("2027-03-16T21:00"), at("2027-03-23T19:45")]);
    }
}
