//! What newer data of the time zones do to the events that a meeting has: each goes to the new instant of its wall time.
//!
//! Decided from the rows alone, like a change of the timetable ([`super::reschedule`]), and done by the same hands. Nothing is
//! made, dropped or called off here, and what was moved by hand, added, opened or is over stays at its instant.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;

use super::event::{ChatEvent, EventId, Phase};
use super::meeting::Meeting;
use super::recurrence::{EarlierTimetable, TimetableHistory};
use super::reschedule::{Move, Refit};
use crate::domain::time::{self, Timestamp};

/// The wall times for which events stand, where they are known.
pub type Walls = BTreeMap<EventId, NaiveDateTime>;

/// How far the data of a zone move an event of which no wall time is known, at the most, and in which steps.
const FARTHEST: i64 = 3 * 3_600_000_000;
const STEP: i64 = 900_000_000;

/// What becomes of a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Realigned {
    /// The timetables before its last one: where one ends is an instant as well.
    pub earlier: Vec<EarlierTimetable>,
    /// Moves, and starts for which events stand that stay.
    pub refit: Refit,
}

/// The instants of today's data for `events`, which are all of the meeting's with an original start from `floor` on.
#[must_use]
pub fn realign(meeting: &Meeting, events: &[ChatEvent], walls: &Walls, floor: Timestamp, now: Timestamp) -> Realigned {
    let old = meeting.course();
    let by_wall = |event: &ChatEvent| {
        let wall = walls.get(&event.id)?;
        Some((event.id.clone(), time::instant(*wall, old.table_of(event.original_start).zone)))
    };
    let mut due: BTreeMap<EventId, Timestamp> = events.iter().filter_map(by_wall).collect();
    let earlier = ends(meeting, events, &due, floor);
    let course = TimetableHistory::new(&earlier, &meeting.timetable);
    let wanted = course.starts_ahead(now);
    guess(events, course, &wanted, &mut due);
    due.retain(|id, to| events.iter().any(|event| event.id == *id && event.original_start != *to && is_due(event, *to, &wanted, now)));
    leave_blocked(events, &mut due);
    let mut refit = Refit::default();
    for event in events {
        let Some(to) = due.get(&event.id) else { continue };
        if matches!(event.phase(now), Phase::Open | Phase::Closed) || event.is_moved() {
            refit.stands.push((event.id.clone(), *to));
        } else {
            let closes_at = to.plus_micros(event.closes_at.micros() - event.opens_at.micros());
            refit.moves.push(Move { event: event.clone(), opens_at: *to, closes_at });
        }
    }
    Realigned { earlier, refit }
}

/// Where the timetables before the last one end now: moved as far as the first event behind each end.
fn ends(meeting: &Meeting, events: &[ChatEvent], due: &BTreeMap<EventId, Timestamp>, floor: Timestamp) -> Vec<EarlierTimetable> {
    let shift = |until: Timestamp| {
        let behind = events.iter().filter(|event| event.original_start >= until && due.contains_key(&event.id));
        let first = behind.min_by_key(|event| event.original_start)?;
        Some(due.get(&first.id)?.micros() - first.original_start.micros())
    };
    let moved = |part: &EarlierTimetable| {
        let by = if part.until < floor { None } else { shift(part.until) };
        EarlierTimetable { until: part.until.plus_micros(by.unwrap_or_default()), timetable: part.timetable.clone() }
    };
    meeting.earlier.iter().map(moved).collect()
}

/// Finds the events of unknown wall time that stand for starts which have none: each is the nearest, as far as clocks change.
fn guess(events: &[ChatEvent], course: TimetableHistory<'_>, wanted: &[Timestamp], due: &mut BTreeMap<EventId, Timestamp>) {
    let taken: BTreeSet<Timestamp> = events.iter().map(|it| due.get(&it.id).copied().unwrap_or(it.original_start)).collect();
    for start in wanted.iter().filter(|start| !taken.contains(start)) {
        let far = |event: &ChatEvent| (event.original_start.micros() - start.micros()).abs();
        let near = |event: &&ChatEvent| {
            !due.contains_key(&event.id) && far(event) <= FARTHEST && far(event) % STEP == 0 && !course.asks_for(event.original_start)
        };
        // Of two at the same distance that of the day's plain link: the rule made it first.
        if let Some(event) = events.iter().filter(near).min_by_key(|event| (far(event), event.key.len())) {
            due.insert(event.id.clone(), *start);
        }
    }
}

/// Whether an event is to go, or to stand for that start: what is over only where the start would be made again, and none that
/// would be over there.
fn is_due(event: &ChatEvent, to: Timestamp, wanted: &[Timestamp], now: Timestamp) -> bool {
    let length = event.closes_at.micros() - event.opens_at.micros();
    match event.phase(now) {
        Phase::Closed => wanted.contains(&to),
        Phase::Open => true,
        Phase::Scheduled | Phase::Cancelled => event.is_moved() || to.plus_micros(length) > now,
    }
}

/// Leaves those where they are whose new place another event has: each start has one event.
fn leave_blocked(events: &[ChatEvent], due: &mut BTreeMap<EventId, Timestamp>) {
    loop {
        let mut held: BTreeSet<Timestamp> =
            events.iter().filter(|event| !due.contains_key(&event.id)).map(|event| event.original_start).collect();
        let Some(blocked) = due.iter().find(|(_, to)| !held.insert(**to)).map(|(id, _)| id.clone()) else { return };
        due.remove(&blocked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::event::tests::event;
    use crate::domain::schedule::recurrence::Timetable;
    use crate::domain::schedule::reschedule::tests::{at, meeting, table};

    const HOUR: i64 = 3_600_000_000;

    /// A meeting, and its events as data made them by which it was an hour later.
    fn early(timetable: Timetable) -> (Meeting, Vec<ChatEvent>, Walls) {
        let starts = timetable.starts_between(Timestamp::ZERO, at("2028-01-01T00:00"), 9);
        let events: Vec<_> = starts.iter().map(|it| event(it.micros() - HOUR, it.micros())).collect();
        let walls = events.iter().zip(&starts).map(|(event, start)| (event.id.clone(), start.utc().naive_utc())).collect();
        (meeting(timetable), events, walls)
    }

    fn moves(of: &Realigned) -> Vec<String> {
        of.refit.moves.iter().map(|it| it.opens_at.utc().format("%m-%d %H").to_string()).collect()
    }

    fn run(meeting: &Meeting, events: &[ChatEvent], walls: &Walls) -> Realigned {
        let now = at("2027-03-01T12:00");
        realign(meeting, events, walls, now.plus_days(-1), now)
    }

    #[test]
    fn events_go_to_their_wall_times_known_or_not_and_once_there_stay() {
        let (meeting, events, walls) = early(table("2027-03-02T18:00", "FREQ=WEEKLY;COUNT=3"));
        for walls in [walls, Walls::new()] {
            let done = run(&meeting, &events, &walls);
            assert_eq!(moves(&done), ["03-02 18", "03-09 18", "03-16 18"]);
            assert!(done.refit.stands.is_empty() && done.refit.drops.is_empty() && done.refit.cancels.is_empty());
            let there: Vec<_> = done
                .refit
                .moves
                .iter()
                .map(|it| ChatEvent { opens_at: it.opens_at, closes_at: it.closes_at, original_start: it.opens_at, ..it.event.clone() })
                .collect();
            assert_eq!(run(&meeting, &there, &walls).refit, Refit::default());
        }
    }

    #[test]
    fn moved_and_open_ones_stand_for_their_start_and_added_ones_stay() {
        let (meeting, mut events, _) = early(table("2027-03-02T18:00", "FREQ=WEEKLY;COUNT=4"));
        events[0].opens_at = at("2027-03-03T09:00");
        events[0].closes_at = at("2027-03-03T10:00");
        events[1].opened = Some(at("2027-03-01T11:00"));
        events[2].cancelled_at = Some(at("2027-03-01T11:00"));
        let added = at("2027-03-23T16:00").micros();
        events.push(event(added, added + HOUR));
        let done = run(&meeting, &events, &Walls::new());
        assert_eq!(done.refit.stands, [(events[0].id.clone(), at("2027-03-02T18:00")), (events[1].id.clone(), at("2027-03-09T18:00"))]);
        // A skipped one goes along and stays skipped; of two near a start the nearest is that of the rule.
        assert_eq!(moves(&done), ["03-16 18", "03-23 18"]);
        assert_eq!(done.refit.moves[1].event.id, events[3].id);
    }

    #[test]
    fn one_that_was_made_beside_the_old_one_keeps_its_place() {
        let (meeting, mut events, walls) = early(table("2027-03-02T18:00", "FREQ=WEEKLY;COUNT=2"));
        let second = at("2027-03-02T18:00").micros();
        events.push(event(second, second + HOUR));
        assert_eq!(moves(&run(&meeting, &events, &walls)), ["03-09 18"]);
        assert_eq!(moves(&run(&meeting, &events, &Walls::new())), ["03-09 18"]);
    }

    #[test]
    fn each_may_go_to_where_the_next_one_was() {
        let (meeting, mut events, walls) = early(table("2027-03-03T18:00", "FREQ=DAILY;COUNT=4"));
        for event in &mut events {
            event.opens_at = event.opens_at.plus_micros(-23 * HOUR);
            event.closes_at = event.closes_at.plus_micros(-23 * HOUR);
            event.original_start = event.opens_at;
        }
        assert_eq!(moves(&run(&meeting, &events, &walls)), ["03-03 18", "03-04 18", "03-05 18", "03-06 18"]);
        // Without wall times that is too far for a guess.
        assert_eq!(moves(&run(&meeting, &events, &Walls::new())), Vec::<String>::new());
    }

    #[test]
    fn where_a_timetable_ended_moves_with_the_first_event_of_the_next() {
        let (mut meeting, mut events, mut walls) = early(table("2027-03-02T18:00", "FREQ=WEEKLY;COUNT=2"));
        let (_, later, theirs) = early(table("2027-03-16T20:00", "FREQ=WEEKLY;COUNT=2"));
        let until = later[0].original_start;
        meeting.earlier = vec![EarlierTimetable { until, timetable: meeting.timetable.clone() }];
        meeting.timetable = table("2027-03-16T20:00", "FREQ=WEEKLY;COUNT=2");
        events.extend(later);
        walls.extend(theirs);
        let done = run(&meeting, &events, &walls);
        assert_eq!(moves(&done), ["03-02 18", "03-09 18", "03-16 20", "03-23 20"]);
        assert_eq!(done.earlier[0].until, at("2027-03-16T20:00"));
    }

    #[test]
    fn none_is_moved_to_where_it_would_be_over() {
        let (meeting, mut events, walls) = early(table("2027-03-01T10:00", "FREQ=DAILY;COUNT=2"));
        events[0].opens_at = at("2027-03-01T13:00");
        events[0].closes_at = at("2027-03-01T14:00");
        events[0].original_start = events[0].opens_at;
        assert_eq!(moves(&run(&meeting, &events, &walls)), ["03-02 10"]);
    }
}
