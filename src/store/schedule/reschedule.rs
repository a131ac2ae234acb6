//! Changes of when a meeting's events are, by its timetable or by newer data of the zones: what `domain` has found out
//! about its events, done in one transaction.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use sqlx::{Any, Executor, Row};

use super::earlier_timetables;
use super::events::{event, select_event};
use super::meetings::{self, WALL};
use super::organizer_action::moved_text;
use crate::domain::schedule::event::{ChatEvent, EventId, Phase};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::schedule::reschedule::{Refit, Retiming};
use crate::domain::schedule::tz_update::{self, Walls};
use crate::domain::talk::message::Kind;
use crate::domain::time::{self, Timestamp};
use crate::store::db::row::{Record as _, undecodable};
use crate::store::log::transaction::LogTransaction;
use crate::store::{Error, Store};

/// Rows that an event gets as the schedule is administered. They tell nothing that is not so of the event itself, so an event
/// with no others is as if it had none.
const NOTICES: [Kind; 4] = [Kind::Rescheduled, Kind::Cancelled, Kind::Restored, Kind::Agenda];

impl Store {
    /// The events of a meeting from the original start `floor` on that have not opened and that people have used: with a
    /// row in their logs that is not the program's own notice.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn used_from(&self, meeting: &str, floor: Timestamp) -> Result<BTreeSet<EventId>, Error> {
        used_from(&self.readers, meeting, floor).await
    }
}

/// The events of [`Store::used_from`], on a connection that may be inside a transaction.
async fn used_from<'c>(on: impl Executor<'c, Database = Any>, meeting: &str, floor: Timestamp) -> Result<BTreeSet<EventId>, Error> {
    let rows = sqlx::query(
        "SELECT DISTINCT d.event_id FROM chat_data d JOIN chat_event e ON e.id = d.event_id \
         WHERE e.meeting_id = $1 AND e.original_start >= $2 AND e.opened_ts IS NULL \
         AND (d.participant_id IS NOT NULL OR d.kind NOT IN ($3, $4, $5, $6))",
    )
    .bind(meeting.to_owned())
    .bind(floor.micros());
    let rows = NOTICES.iter().fold(rows, |query, kind| query.bind(kind.as_str())).fetch_all(on).await?;
    rows.iter().map(|row| row.event_id("event_id")).collect()
}

/// Brings the events of a meeting in line with a change of its timetable. New ones are left to be made.
pub(in crate::store) async fn refit(tx: &mut LogTransaction, meeting: &Meeting, retiming: &Retiming) -> Result<(), Error> {
    let events = locked(tx, &meeting.id, retiming.floor).await?;
    let used = used_from(tx.connection(), &meeting.id, retiming.floor).await?;
    let refit = retiming.refit(meeting, &events, &used, tx.now());
    apply(tx, &meeting.id, retiming.floor, refit).await
}

/// What [`realign()`] did with the events of a meeting.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::store) struct Done {
    /// How many changed their times.
    pub moved: usize,
    /// How many rows that was.
    pub written: usize,
}

/// Brings the events of a meeting in line with the data of the zones as they are now.
pub(in crate::store) async fn realign(tx: &mut LogTransaction, id: &str) -> Result<Done, Error> {
    tx.lock_meeting(id).await?;
    let meeting = meetings::by_id(tx.connection(), id).await?;
    let now = tx.now();
    let floor = now.plus_days(-1);
    let walls: Walls = walls(tx, id, floor).await?.into_iter().filter_map(|it| Some((it.id, it.wall?))).collect();
    // Nearly always nothing is to be done: that is found out without locking them all one by one.
    let events = placed_from(tx, id, floor).await?;
    let mut realigned = tz_update::realign(&meeting, &events, &walls, floor, now);
    let mut done = Done::default();
    if realigned.refit != Refit::default() {
        let events = locked(tx, id, floor).await?;
        let now = tx.now();
        realigned = tz_update::realign(&meeting, &events, &walls, floor, now);
        done = Done { moved: realigned.refit.moves.len(), written: events.len() };
        apply(tx, id, floor, std::mem::take(&mut realigned.refit)).await?;
        sqlx::query("UPDATE meeting SET earlier = $2, revision = revision + 1, changed_at = $3 WHERE id = $1")
            .bind(id)
            .bind(earlier_timetables::write(&realigned.earlier))
            .bind(now.micros())
            .execute(tx.connection())
            .await?;
    }
    done.written += note_walls(tx, &Meeting { earlier: realigned.earlier, ..meeting }, floor).await?;
    Ok(done)
}

async fn placed_from(tx: &mut LogTransaction, meeting: &str, floor: Timestamp) -> Result<Vec<ChatEvent>, Error> {
    let rows = sqlx::query(select_event!("WHERE e.meeting_id = $1 AND e.original_start >= $2 ORDER BY e.id"))
        .bind(meeting)
        .bind(floor.micros())
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(event).collect()
}

/// The events of a meeting with an original start from `floor` on, locked.
async fn locked(tx: &mut LogTransaction, meeting: &str, floor: Timestamp) -> Result<Vec<ChatEvent>, Error> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM chat_event WHERE meeting_id = $1 AND original_start >= $2 ORDER BY id")
        .bind(meeting)
        .bind(floor.micros())
        .fetch_all(tx.connection())
        .await?;
    let ids: Vec<EventId> = ids.iter().filter_map(|id| EventId::parse(id)).collect();
    tx.lock(ids.iter()).await?;
    for id in &ids {
        tx.settle(id);
    }
    Ok(ids.iter().filter_map(|id| tx.event(id).cloned()).collect())
}

/// Does what was found out about the events of a meeting from `floor` on, all of which are locked.
async fn apply(tx: &mut LogTransaction, meeting: &str, floor: Timestamp, refit: Refit) -> Result<(), Error> {
    let now = tx.now();
    let Refit { moves, drops, cancels, stands, .. } = refit;
    for it in moves {
        let phase = it.event.phase(now);
        let before = it.event;
        let moved = ChatEvent { opens_at: it.opens_at, closes_at: it.closes_at, original_start: it.opens_at, ..before.clone() };
        if phase == Phase::Scheduled {
            let (ts, text) = (tx.next_ts(&moved.id), moved_text(&before, &moved, phase));
            tx.append(&moved.id, ts, Kind::Rescheduled, &text);
        }
        if let Some(event) = tx.event_mut(&moved.id) {
            (event.opens_at, event.closes_at, event.original_start) = (moved.opens_at, moved.closes_at, moved.original_start);
        }
    }
    for (id, start) in stands {
        if let Some(event) = tx.event_mut(&id) {
            event.original_start = start;
        }
    }
    for event in cancels {
        // The only refusals are for other phases.
        let _ = tx.cancel(&event.id, event.phase(now), false);
    }
    for event in drops {
        sqlx::query("DELETE FROM chat_event WHERE id = $1").bind(event.id.as_str()).execute(tx.connection()).await?;
        tx.dropped(&event.id);
    }
    // An event may move to where another one was. All of these are written below, and none of their
    // old starts may be in the way meanwhile.
    sqlx::query("UPDATE chat_event SET original_start = -original_start WHERE meeting_id = $1 AND original_start >= $2")
        .bind(meeting)
        .bind(floor.micros())
        .execute(tx.connection())
        .await?;
    // The rows must stand before events are added beside them.
    tx.flush_events().await
}

/// An event's place, and the wall time for which it stands.
struct Placed {
    id: EventId,
    start: Timestamp,
    wall: Option<NaiveDateTime>,
}

async fn walls(tx: &mut LogTransaction, meeting: &str, floor: Timestamp) -> Result<Vec<Placed>, Error> {
    let rows = sqlx::query("SELECT id, original_start, wall FROM chat_event WHERE meeting_id = $1 AND original_start >= $2 ORDER BY id")
        .bind(meeting)
        .bind(floor.micros())
        .fetch_all(tx.connection())
        .await?;
    let placed = |row: &sqlx::any::AnyRow| {
        let (id, wall): (String, Option<String>) = (row.try_get("id")?, row.try_get("wall")?);
        let read = |wall: String| time::local(&wall).map_err(|_| undecodable("wall", &wall));
        Ok(Placed {
            start: Timestamp::from_micros(row.try_get("original_start")?),
            wall: wall.map(read).transpose()?,
            id: EventId::parse(&id).ok_or_else(|| undecodable("id", &id))?,
        })
    };
    rows.iter().map(placed).collect()
}

/// Notes for which wall times the events of a meeting stand from `floor` on, by its timetables as they are now. Those that the
/// timetables do not ask for have one if they were dates before, or where no rule gives any. Gives how many that changed.
pub(in crate::store) async fn note_walls(tx: &mut LogTransaction, meeting: &Meeting, floor: Timestamp) -> Result<usize, Error> {
    let (events, course) = (walls(tx, &meeting.id, floor).await?, meeting.course());
    let (first, last) = (events.iter().map(|it| it.start).min(), events.iter().map(|it| it.start).max());
    let (Some(first), Some(last)) = (first, last) else { return Ok(0) };
    let mut written = 0;
    let asked: BTreeSet<Timestamp> = course.starts_between(first, last, u16::MAX).into_iter().collect();
    for event in events {
        let table = course.table_of(event.start);
        let stands = asked.contains(&event.start) || event.wall.is_some() || !course.repeats();
        let still = event.wall.filter(|wall| stands && time::instant(*wall, table.zone) == event.start);
        let wall = still.or_else(|| stands.then(|| table.wall_of(event.start)));
        if wall != event.wall {
            sqlx::query("UPDATE chat_event SET wall = $2 WHERE id = $1")
                .bind(event.id.as_str())
                .bind(wall.map(|wall| wall.format(WALL).to_string()))
                .execute(tx.connection())
                .await?;
            written += 1;
        }
    }
    Ok(written)
}
