//! Which events of a meeting its rules tell, and which stand alone: derived from the rows each time, so
//! that there is nothing beside them that could go out of step.
//!
//! Each timetable that the meeting has had is a series of its own. What a calendar makes of a series, as far as events
//! are made ahead, is exactly the rows that it stands for.

use std::collections::{HashMap, HashSet};

use chrono::{Duration, NaiveDateTime};

use super::times::runs_evenly;
use super::{Scheduled, Sitting};
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::schedule::recurrence::{Span, Timetable};
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;

/// The events that follow a rule, from one of them on.
#[derive(Debug)]
pub(super) struct Series<'s> {
    /// From when on its timetable held; what tells its series from the others of the meeting.
    pub since: Timestamp,
    pub zone: Zone,
    /// The first one, on the clock of that zone.
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
    pub series: Vec<Series<'s>>,
    pub alone: Vec<&'s Sitting>,
}

/// Finds what the rules tell of the meeting's events.
pub(super) fn layout(of: &Scheduled) -> Layout<'_> {
    let rows: HashMap<Timestamp, &Sitting> = of.sittings.iter().map(|it| (it.event.original_start, it)).collect();
    let mut told: HashSet<&EventId> = HashSet::new();
    let mut all = Vec::new();
    for span in of.meeting.course().spans() {
        let within = |start: &&Timestamp| **start >= span.from && span.until.is_none_or(|until| **start < until);
        let (first, last) = (rows.keys().filter(within).min(), rows.keys().filter(within).max());
        if let (Some(first), Some(last)) = (first, last)
            && let Some((series, starts)) = series(span, &rows, (*first, *last), of.meeting.template())
        {
            told.extend(starts.iter().filter_map(|start| rows.get(start)).map(|it| &it.event.id));
            all.push(series);
        }
    }
    Layout { series: all, alone: of.sittings.iter().filter(|it| !told.contains(&it.event.id)).collect() }
}

/// The series of one timetable, and the starts that it stands for. `first` and `last` are those of the rows in its time.
///
/// It begins at the event from which on the fewest have to be named one by one: those before
/// it, and dates without an event behind it. That is where the rule set in, and it stays the
/// same as later events come. It ends with its time, or never where it is the last.
fn series<'s>(
    span: Span<'_>,
    rows: &HashMap<Timestamp, &'s Sitting>,
    (first, last): (Timestamp, Timestamp),
    template: Option<&str>,
) -> Option<(Series<'s>, Vec<Timestamp>)> {
    let table = span.table;
    // Calendar programs read weeks of the year differently, and ical.js ignores them, so each such event is an entry of its own.
    let rule = table.rule.as_ref().filter(|rule| !rule.has_week_numbers())?;
    let mut told = span.starts_between(first, last, u16::MAX);
    told.truncate(told.iter().rposition(|start| rows.contains_key(start))? + 1);
    let begin = beginning(&told, rows, table)?;
    let starts = told.split_off(begin);
    let told = table.from_start(starts[0]);
    let rule = match (span.until, starts.last()) {
        (Some(_), Some(end)) => rule.until(table.wall_of(*end).date()),
        _ => told.rule.unwrap_or_else(|| rule.clone()),
    };
    let mut series = Series {
        since: span.from,
        zone: table.zone,
        starts: told.starts,
        ends: told.starts + Duration::minutes(table.minutes),
        rule: rule.for_calendars(table.starts, table.zone),
        except: Vec::new(),
        changed: Vec::new(),
    };
    for start in &starts {
        match rows.get(start) {
            None => series.except.push(table.wall_of(*start)),
            Some(sitting) if is_as_told(&sitting.event, table, template) => {}
            Some(sitting) => series.changed.push((table.wall_of(*start), sitting)),
        }
    }
    Some((series, starts))
}

/// Where the series begins among the starts that the rule tells, the last of which has an event.
fn beginning(told: &[Timestamp], rows: &HashMap<Timestamp, &Sitting>, table: &Timetable) -> Option<usize> {
    let missing = told.iter().filter(|start| !rows.contains_key(start)).count();
    let (mut alone, mut except) = (0, missing);
    let mut costs = Vec::new();
    for (n, start) in told.iter().enumerate() {
        if rows.contains_key(start) {
            // One whose clocks change while it lasts would not tell the others how long they are.
            costs.push((!runs_evenly(table.wall_of(*start), table.minutes, table.zone), alone + except, n));
            alone += 1;
        } else {
            except -= 1;
        }
    }
    costs.into_iter().min().map(|(_, _, n)| n)
}

/// Whether an event is just what the rule tells, so that nothing needs to be said of it.
fn is_as_told(event: &ChatEvent, table: &Timetable, template: Option<&str>) -> bool {
    let wall = table.wall_of(event.original_start);
    event.opens_at == event.original_start
        && event.closes_at == event.opens_at.plus_minutes(table.minutes)
        && event.cancelled_at.is_none()
        && !event.own_title
        && event.agenda.as_deref() == template
        // Readers differ in what a skipped time is, and in how long an event is while the clocks change: it says so itself.
        && runs_evenly(wall, table.minutes, table.zone)
}
