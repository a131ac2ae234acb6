//! Which events of a meeting its rule tells, and which stand alone: derived from the rows each time, so
//! that there is nothing beside them that could go out of step.
//!
//! What a calendar makes of the series, as far as events are made ahead, is exactly the rows that it stands for.

use std::collections::HashMap;

use chrono::{Duration, NaiveDateTime};

use super::times::{runs_evenly, shown};
use super::{Scheduled, Sitting};
use crate::domain::event::ChatEvent;
use crate::domain::meeting::Meeting;
use crate::domain::recurrence::{Recurrence, Timetable};
use crate::domain::time::{self, Timestamp};

/// The events that follow the rule, from one of them on.
#[derive(Debug)]
pub(super) struct Series<'s> {
    /// The first one, on the meeting's clock.
    pub starts: NaiveDateTime,
    pub ends: NaiveDateTime,
    /// The rule as it reads from there on.
    pub rule: String,
    /// What the rule tells and no event is for.
    pub except: Vec<NaiveDateTime>,
    /// Events that are not as the rule tells, each with its place in it.
    pub changed: Vec<(NaiveDateTime, &'s Sitting)>,
}

/// All events of a meeting, each once.
#[derive(Debug)]
pub(super) struct Layout<'s> {
    pub series: Option<Series<'s>>,
    pub alone: Vec<&'s Sitting>,
}

/// Finds what the rule tells of the meeting's events.
///
/// The series begins at the event from which on the fewest have to be named one by one: those before
/// it, and dates without an event behind it. That is where the present rule set in, and it stays the
/// same as later events come.
pub(super) fn layout(of: &Scheduled) -> Layout<'_> {
    let table = &of.meeting.timetable;
    let sittings = &of.sittings;
    let everything_alone = || Layout { series: None, alone: sittings.iter().collect() };
    let originals = || sittings.iter().map(|it| it.event.original_start);
    let (Some(rule), Some(first), Some(last)) = (&table.rule, originals().min(), originals().max()) else { return everything_alone() };
    let rows: HashMap<Timestamp, &Sitting> = sittings.iter().map(|it| (it.event.original_start, it)).collect();
    let mut told = table.starts_between(first, last, u16::MAX);
    let Some(end) = told.iter().rposition(|start| rows.contains_key(start)) else { return everything_alone() };
    told.truncate(end + 1);
    let Some(begin) = beginning(&told, &rows, table) else { return everything_alone() };

    let mut series = Series {
        starts: place(told[begin], table),
        ends: place(told[begin], table) + Duration::minutes(table.minutes),
        rule: rule_from(rule, told[begin], table),
        except: Vec::new(),
        changed: Vec::new(),
    };
    for start in &told[begin..] {
        match rows.get(start) {
            None => series.except.push(place(*start, table)),
            Some(sitting) if is_as_told(&sitting.event, &of.meeting) => {}
            Some(sitting) => series.changed.push((place(*start, table), sitting)),
        }
    }
    let within = |sitting: &&Sitting| told[begin..].binary_search(&sitting.event.original_start).is_ok();
    Layout { series: Some(series), alone: sittings.iter().filter(|it| !within(it)).collect() }
}

/// Where the series begins among the starts that the rule tells, the last of which has an event.
fn beginning(told: &[Timestamp], rows: &HashMap<Timestamp, &Sitting>, table: &Timetable) -> Option<usize> {
    let missing = told.iter().filter(|start| !rows.contains_key(start)).count();
    let (mut alone, mut except) = (0, missing);
    let mut costs = Vec::new();
    for (n, start) in told.iter().enumerate() {
        if rows.contains_key(start) {
            // One whose clocks change while it lasts would not tell the others how long they are.
            costs.push((!runs_evenly(place(*start, table), table.minutes, table.zone), alone + except, n));
            alone += 1;
        } else {
            except -= 1;
        }
    }
    costs.into_iter().min().map(|(_, _, n)| n)
}

/// The wall time that the rule tells for a start: where the clocks skip it, not the one they show.
fn place(start: Timestamp, table: &Timetable) -> NaiveDateTime {
    let shown = shown(start, table.zone);
    let told = shown.date().and_time(table.starts.time());
    if time::instant(told, table.zone) == start { told } else { shown }
}

/// Whether an event is just what the rule tells, so that nothing needs to be said of it.
fn is_as_told(event: &ChatEvent, meeting: &Meeting) -> bool {
    let table = &meeting.timetable;
    let wall = place(event.original_start, table);
    event.opens_at == event.original_start
        && event.closes_at == event.opens_at.plus_minutes(table.minutes)
        && event.cancelled_at.is_none()
        && !event.own_title
        && event.agenda.as_deref() == meeting.template()
        // Readers differ in what a skipped time is, and in how long an event is while the clocks change: it says so itself.
        && runs_evenly(wall, table.minutes, table.zone)
}

/// The rule as it reads for a series that begins at `begin`: a count is of those that are left.
fn rule_from(rule: &Recurrence, begin: Timestamp, table: &Timetable) -> String {
    let text = rule.for_calendars(table.starts, table.zone);
    let parts = text.split(';').map(|part| match part.split_once('=') {
        Some(("COUNT", count)) => {
            let before = table.starts_between(Timestamp::ZERO, begin.plus_micros(-1), u16::MAX).len();
            let left = count.parse::<usize>().unwrap_or(1).saturating_sub(before);
            format!("COUNT={}", left.max(1))
        }
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(";")
}
