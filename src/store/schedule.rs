//! Meetings as they are made, changed and deleted, and the events that their timetables ask for.

use std::collections::BTreeMap;

use sqlx::Row;

use super::acts::{Act, Acted, horizon, moved_text};
use super::entries::Refusal;
use super::log::LogTx;
use super::meetings::{self, WALL};
use super::{Error, agendas, events};
use crate::domain::event::{self, ChatEvent, EventId, EventProblem, Phase};
use crate::domain::meeting::{self, Meeting, MeetingDraft, Visibility};
use crate::domain::message::Kind;
use crate::domain::time::Timestamp;
use crate::domain::{agenda, limits, secret, text};

/// The most events that one meeting has ahead: four a day for twelve weeks.
const MOST_AHEAD: u16 = 400;

type Outcome = Result<Result<Acted, Refusal>, Error>;

pub(super) async fn act(tx: &mut LogTx, act: Act) -> Outcome {
    if let Act::EditMeeting { meeting, .. }
    | Act::DeleteMeeting { meeting }
    | Act::RestoreMeeting { meeting }
    | Act::AddEvent { meeting, .. }
    | Act::TopUp { meeting } = &act
    {
        tx.lock_meeting(meeting).await?;
    }
    match act {
        Act::CreateMeeting { organizer, draft } => create(tx, &organizer, &draft).await,
        Act::EditMeeting { meeting, draft } => edit(tx, &meeting, &draft).await,
        Act::DeleteMeeting { meeting } => delete(tx, &meeting).await,
        Act::RestoreMeeting { meeting } => restore(tx, &meeting).await,
        Act::AddEvent { meeting, opens_at, closes_at, title } => {
            let meeting = meetings::by_id(tx.connection(), &meeting).await?;
            add(tx, &meeting, opens_at, closes_at, title).await
        }
        Act::TopUp { meeting } => {
            let meeting = meetings::by_id(tx.connection(), &meeting).await?;
            if meeting.deleted_at.is_none() {
                top_up(tx, &meeting).await?;
            }
            Ok(Ok(Acted::Nothing))
        }
        _ => Ok(Ok(Acted::Nothing)),
    }
}

async fn create(tx: &mut LogTx, organizer: &str, draft: &MeetingDraft) -> Outcome {
    let id = format!("m_{}", secret::readable(16));
    let slug = match free_slug(tx, &id, draft).await? {
        Ok(slug) => slug,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let table = &draft.timetable;
    sqlx::query(
        "INSERT INTO meeting (id, slug, organizer_id, title, description, description_html, timezone, starts, duration_minutes, \
         rrule, visibility, created_at, changed_at, agenda, agenda_html) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14)",
    )
    .bind(&id)
    .bind(slug)
    .bind(organizer)
    .bind(&draft.title)
    .bind(&draft.description)
    .bind(text::blocks(&draft.description))
    .bind(table.zone.name())
    .bind(table.starts.format(WALL).to_string())
    .bind(table.minutes)
    .bind(table.rule.as_ref().map(|rule| rule.as_str().to_owned()))
    .bind(draft.visibility.as_str())
    .bind(tx.now().micros())
    .bind(&draft.agenda)
    .bind(agenda::html(&draft.agenda))
    .execute(tx.connection())
    .await?;
    let meeting = meetings::by_id(tx.connection(), &id).await?;
    top_up(tx, &meeting).await?;
    further(tx, &meeting, draft).await?;
    Ok(Ok(Acted::Meeting(Box::new(meeting))))
}

async fn edit(tx: &mut LogTx, id: &str, draft: &MeetingDraft) -> Outcome {
    let old = meetings::by_id(tx.connection(), id).await?;
    if old.deleted_at.is_some() {
        return Ok(Err(Refusal::Event(EventProblem::MeetingDeleted)));
    }
    let keeps = draft.slug.as_ref().is_none_or(|slug| *slug == old.slug) && draft.visibility == old.visibility;
    let slug = if keeps {
        old.slug.clone()
    } else {
        match free_slug(tx, id, draft).await? {
            Ok(slug) => slug,
            Err(refusal) => return Ok(Err(refusal)),
        }
    };
    if slug != old.slug {
        sqlx::query("DELETE FROM old_slug WHERE slug = $1").bind(slug.clone()).execute(tx.connection()).await?;
        if (old.visibility, draft.visibility) == (Visibility::Public, Visibility::Unlisted) {
            // A link that can be guessed must not lead to the one that cannot.
            sqlx::query("DELETE FROM old_slug WHERE meeting_id = $1").bind(id).execute(tx.connection()).await?;
        } else {
            sqlx::query("INSERT INTO old_slug (slug, meeting_id) VALUES ($1, $2) ON CONFLICT (slug) DO NOTHING")
                .bind(old.slug.clone())
                .bind(id)
                .execute(tx.connection())
                .await?;
        }
    }
    let table = &draft.timetable;
    sqlx::query(
        "UPDATE meeting SET slug = $2, title = $3, description = $4, description_html = $5, timezone = $6, starts = $7, \
         duration_minutes = $8, rrule = $9, visibility = $10, revision = revision + $11, changed_at = $12, \
         agenda = $13, agenda_html = $14 WHERE id = $1",
    )
    .bind(id)
    .bind(slug)
    .bind(&draft.title)
    .bind(&draft.description)
    .bind(text::blocks(&draft.description))
    .bind(table.zone.name())
    .bind(table.starts.format(WALL).to_string())
    .bind(table.minutes)
    .bind(table.rule.as_ref().map(|rule| rule.as_str().to_owned()))
    .bind(draft.visibility.as_str())
    .bind(i64::from(draft.title != old.title || *table != old.timetable))
    .bind(tx.now().micros())
    .bind(&draft.agenda)
    .bind(agenda::html(&draft.agenda))
    .execute(tx.connection())
    .await?;
    let new = meetings::by_id(tx.connection(), id).await?;
    if new.timetable != old.timetable {
        refit(tx, &old, &new).await?;
    }
    agendas::follow_template(tx, &old, &new).await?;
    top_up(tx, &new).await?;
    further(tx, &new, draft).await?;
    Ok(Ok(Acted::Meeting(Box::new(new))))
}

/// Brings the events ahead in line with a changed timetable. Events that somebody moved or that are
/// open, and ones that the old timetable did not ask for, stay as they are. An event whose day stays keeps its
/// link; one without a day is dropped, or cancelled where its log has rows already.
async fn refit(tx: &mut LogTx, old: &Meeting, new: &Meeting) -> Result<(), Error> {
    let ahead = ahead(tx, &old.id).await?;
    let now = tx.now();
    let asked = old.timetable.starts_between(now.plus_days(-1), horizon(now).plus_days(400), MOST_AHEAD * 2);
    let mut wanted: BTreeMap<String, Timestamp> = BTreeMap::new();
    for start in starts_ahead(new, now) {
        wanted.entry(day(start, new)).or_insert(start);
    }
    let (mut kept, mut refitted) = (Vec::new(), Vec::new());
    for id in ahead {
        let Some(phase) = tx.settle(&id) else { continue };
        let Some(event) = tx.event(&id).cloned() else { continue };
        if phase == Phase::Closed || !asked.contains(&event.original_start) {
            wanted.retain(|_, start| *start != event.original_start);
        } else if phase == Phase::Open || event.is_moved() {
            kept.push((id, event));
        } else {
            refitted.push((id, phase, event));
        }
    }
    for (id, event) in kept {
        // It stands for its day, so that day gets no second one.
        if let Some(start) = wanted.remove(&day(event.original_start, old))
            && let Some(it) = tx.event_mut(&id)
        {
            it.original_start = start;
        } else {
            wanted.retain(|_, start| *start != event.original_start);
        }
    }
    for (id, phase, event) in refitted {
        if let Some(start) = wanted.remove(&day(event.opens_at, old)) {
            let moved = ChatEvent {
                opens_at: start,
                closes_at: start.plus_minutes(new.timetable.minutes),
                original_start: start,
                zone: new.timetable.zone,
                ..event.clone()
            };
            if (moved.opens_at, moved.closes_at) != (event.opens_at, event.closes_at) && phase == Phase::Scheduled {
                let (ts, text) = (tx.next_ts(&id), moved_text(&moved, phase));
                tx.append(&id, ts, Kind::Rescheduled, &text);
            }
            if let Some(it) = tx.event_mut(&id) {
                (it.opens_at, it.closes_at, it.original_start) = (moved.opens_at, moved.closes_at, start);
            }
        } else if event.last == Timestamp::ZERO {
            sqlx::query("DELETE FROM chat_event WHERE id = $1").bind(id.as_str()).execute(tx.connection()).await?;
            tx.dropped(&id);
        } else if phase == Phase::Scheduled {
            // The only refusals are for other phases.
            let _ = tx.cancel(&id, phase, false);
        }
    }
    // An event may move to where another one was. All of these are written below, and none of their
    // old starts may be in the way meanwhile.
    sqlx::query("UPDATE chat_event SET original_start = -original_start WHERE meeting_id = $1 AND closed_ts IS NULL")
        .bind(&old.id)
        .execute(tx.connection())
        .await?;
    // The rows must stand before events are added beside them.
    tx.flush_events().await
}

async fn delete(tx: &mut LogTx, id: &str) -> Outcome {
    let meeting = meetings::by_id(tx.connection(), id).await?;
    if meeting.deleted_at.is_some() {
        return Ok(Ok(Acted::Meeting(Box::new(meeting))));
    }
    for id in ahead(tx, id).await? {
        if let Some(phase @ (Phase::Scheduled | Phase::Open)) = tx.settle(&id) {
            let _ = tx.cancel(&id, phase, true);
        }
    }
    let now = tx.now().micros();
    sqlx::query("UPDATE meeting SET deleted_at = $1, revision = revision + 1, changed_at = $1 WHERE id = $2")
        .bind(now)
        .bind(id)
        .execute(tx.connection())
        .await?;
    Ok(Ok(Acted::Meeting(Box::new(meetings::by_id(tx.connection(), id).await?))))
}

async fn restore(tx: &mut LogTx, id: &str) -> Outcome {
    let meeting = meetings::by_id(tx.connection(), id).await?;
    let Some(deleted_at) = meeting.deleted_at else { return Ok(Ok(Acted::Meeting(Box::new(meeting)))) };
    if deleted_at.plus_days(limits::UNDO_DAYS) < tx.now() {
        return Ok(Err(Refusal::UndoOver));
    }
    let now = tx.now().micros();
    sqlx::query("UPDATE meeting SET deleted_at = NULL, revision = revision + 1, changed_at = $1 WHERE id = $2")
        .bind(now)
        .bind(id)
        .execute(tx.connection())
        .await?;
    for id in ahead(tx, id).await? {
        if tx.event(&id).is_some_and(|event| event.cancelled_with_meeting)
            && let Some(phase @ Phase::Cancelled) = tx.settle(&id)
        {
            let _ = tx.restore(&id, phase);
        }
    }
    let meeting = meetings::by_id(tx.connection(), id).await?;
    top_up(tx, &meeting).await?;
    Ok(Ok(Acted::Meeting(Box::new(meeting))))
}

async fn add(tx: &mut LogTx, meeting: &Meeting, opens: Option<Timestamp>, closes: Timestamp, title: Option<String>) -> Outcome {
    if meeting.deleted_at.is_some() {
        return Ok(Err(Refusal::Event(EventProblem::MeetingDeleted)));
    }
    let opens = opens.unwrap_or(tx.now());
    if let Err(problem) = event::check_times(opens, closes, tx.now()) {
        return Ok(Err(Refusal::Event(problem)));
    }
    let Some(id) = insert(tx, meeting, opens, closes, title).await? else {
        return Ok(Err(Refusal::Event(EventProblem::SameStart)));
    };
    tx.settle(&id);
    Ok(tx.event(&id).cloned().map(|event| Acted::Event(Box::new(event))).ok_or(Refusal::NoEvent))
}

/// Makes the events that the timetable asks for from now to the horizon, and at least the next one.
async fn top_up(tx: &mut LogTx, meeting: &Meeting) -> Result<(), Error> {
    for start in starts_ahead(meeting, tx.now()) {
        insert(tx, meeting, start, start.plus_minutes(meeting.timetable.minutes), None).await?;
    }
    Ok(())
}

async fn further(tx: &mut LogTx, meeting: &Meeting, draft: &MeetingDraft) -> Result<(), Error> {
    for start in &draft.dates {
        let closes = start.plus_minutes(meeting.timetable.minutes);
        if closes > tx.now() {
            insert(tx, meeting, *start, closes, None).await?;
        }
    }
    Ok(())
}

fn starts_ahead(meeting: &Meeting, now: Timestamp) -> Vec<Timestamp> {
    let table = &meeting.timetable;
    // An event that runs at this moment is still to come for a meeting made now.
    let from = now.plus_minutes(-table.minutes).plus_micros(1);
    let mut starts = table.starts_between(from, horizon(now), MOST_AHEAD);
    if !starts.iter().any(|start| *start > now) {
        starts.extend(table.next_starts(now.plus_micros(1), 1));
    }
    starts
}

fn day(at: Timestamp, meeting: &Meeting) -> String {
    at.in_zone(meeting.timetable.zone).format("%Y-%m-%d").to_string()
}

/// Inserts an event, unless the meeting has one with this original start.
async fn insert(
    tx: &mut LogTx,
    meeting: &Meeting,
    opens: Timestamp,
    closes: Timestamp,
    title: Option<String>,
) -> Result<Option<EventId>, Error> {
    let zone = meeting.timetable.zone;
    let date = event::key(opens, zone, |_| false);
    let taken: Vec<String> = sqlx::query_scalar("SELECT key FROM chat_event WHERE meeting_id = $1 AND key LIKE $2")
        .bind(&meeting.id)
        .bind(format!("{date}%"))
        .fetch_all(tx.connection())
        .await?;
    let (id, now) = (EventId::random(), tx.now().micros());
    let made = sqlx::query(
        "INSERT INTO chat_event (id, meeting_id, key, title, opens_at, closes_at, original_start, last_ts, row_count, changed_at, \
         warned_ts, agenda, agenda_html) VALUES ($1, $2, $3, $4, $5, $6, $5, 0, 0, $7, $7, $8, $9) \
         ON CONFLICT (meeting_id, original_start) DO NOTHING",
    )
    .bind(id.as_str())
    .bind(&meeting.id)
    .bind(event::key(opens, zone, |key| taken.iter().any(|it| it == key)))
    .bind(title)
    .bind(opens.micros())
    .bind(closes.micros())
    .bind(now)
    .bind(meeting.template())
    .bind(meeting.template().map(|_| meeting.agenda_html.as_str()))
    .execute(tx.connection())
    .await?;
    if made.rows_affected() == 0 {
        return Ok(None);
    }
    if let Some(event) = events::one(tx.connection(), id.as_str()).await? {
        tx.adopt(event);
    }
    Ok(Some(id))
}

/// Locks the events of a meeting that have not closed.
pub(super) async fn ahead(tx: &mut LogTx, meeting: &str) -> Result<Vec<EventId>, Error> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM chat_event WHERE meeting_id = $1 AND closed_ts IS NULL ORDER BY id")
        .bind(meeting)
        .fetch_all(tx.connection())
        .await?;
    let ids: Vec<EventId> = ids.iter().filter_map(|id| EventId::parse(id)).collect();
    tx.lock(ids.iter()).await?;
    Ok(ids)
}

/// The slug that the draft asks for, or a free one made from its title.
async fn free_slug(tx: &mut LogTx, id: &str, draft: &MeetingDraft) -> Result<Result<String, Refusal>, Error> {
    let wish = draft.slug.clone().unwrap_or_else(|| meeting::slug_from(&draft.title));
    if draft.visibility == Visibility::Unlisted {
        return Ok(Ok(meeting::unguessable(&wish)));
    }
    if !meetings::slug_is_taken(tx.connection(), &wish, id).await? {
        return Ok(Ok(wish));
    }
    if draft.slug.is_some() {
        return Ok(Err(Refusal::SlugTaken));
    }
    for n in 2..1_000 {
        let next = format!("{wish}-{n}");
        if !meetings::slug_is_taken(tx.connection(), &next, id).await? {
            return Ok(Ok(next));
        }
    }
    Ok(Ok(meeting::unguessable(&wish)))
}

pub(super) async fn meeting_is_deleted(tx: &mut LogTx, event: &EventId) -> Result<bool, Error> {
    let row = sqlx::query("SELECT m.deleted_at FROM meeting m JOIN chat_event e ON e.meeting_id = m.id WHERE e.id = $1")
        .bind(event.as_str())
        .fetch_one(tx.connection())
        .await?;
    Ok(row.try_get::<Option<i64>, _>("deleted_at")?.is_some())
}

/// The title that an event has where it has none of its own.
pub(super) async fn meeting_title(tx: &mut LogTx, event: &EventId) -> Result<String, Error> {
    Ok(sqlx::query_scalar("SELECT m.title FROM meeting m JOIN chat_event e ON e.meeting_id = m.id WHERE e.id = $1")
        .bind(event.as_str())
        .fetch_one(tx.connection())
        .await?)
}
