//! Meetings as they are made, changed, deleted and brought back. Their events are made in `create_events`.

use sqlx::Row;

use super::create_events::{add, further, top_up};
use super::meetings::{self, WALL};
use super::organizer_action::{OrganizerAction, OrganizerOutcome};
use super::{earlier_timetables, overlap, reschedule, undo_reschedule};
use crate::domain::schedule::event::{EventId, EventProblem, Phase};
use crate::domain::schedule::meeting::{Meeting, MeetingDraft, Visibility};
use crate::domain::schedule::reschedule::Retiming;
use crate::domain::schedule::slug;
use crate::domain::time::Timestamp;
use crate::domain::{limits, secret};
use crate::store::log::transaction::LogTransaction;
use crate::store::talk::participant_action::Refusal;
use crate::store::{Error, agenda};

pub(in crate::store) type Outcome = Result<Result<OrganizerOutcome, Refusal>, Error>;

pub(in crate::store) async fn act(tx: &mut LogTransaction, act: OrganizerAction) -> Outcome {
    if let OrganizerAction::EditMeeting { meeting, .. }
    | OrganizerAction::UndoRetiming { meeting, .. }
    | OrganizerAction::DeleteMeeting { meeting }
    | OrganizerAction::RestoreMeeting { meeting }
    | OrganizerAction::AddEvent { meeting, .. }
    | OrganizerAction::TopUp { meeting } = &act
    {
        tx.lock_meeting(meeting).await?;
    }
    match act {
        OrganizerAction::CreateMeeting { organizer, draft } => create(tx, &organizer, &draft).await,
        // Boxed: the rarest of all that the writer does would make each wait of it larger.
        OrganizerAction::EditMeeting { meeting, draft, from } => Box::pin(edit(tx, &meeting, &draft, from)).await,
        OrganizerAction::UndoRetiming { meeting, before } => Box::pin(undo_reschedule::undo(tx, &meeting, &before)).await,
        OrganizerAction::DeleteMeeting { meeting } => delete(tx, &meeting).await,
        OrganizerAction::RestoreMeeting { meeting } => restore(tx, &meeting).await,
        OrganizerAction::AddEvent { meeting, opens_at, closes_at, title, apart } => {
            let meeting = meetings::by_id(tx.connection(), &meeting).await?;
            let added = add(tx, &meeting, opens_at, closes_at, title).await?;
            if let (true, Ok(OrganizerOutcome::Event(event))) = (apart, &added)
                && let Err(problem) = overlap::stands_apart(tx, event).await?
            {
                return Ok(Err(Refusal::Event(problem)));
            }
            Ok(added)
        }
        OrganizerAction::TopUp { meeting } => {
            let meeting = meetings::by_id(tx.connection(), &meeting).await?;
            if meeting.deleted_at.is_none() {
                top_up(tx, &meeting).await?;
            }
            Ok(Ok(OrganizerOutcome::Nothing))
        }
        _ => Ok(Ok(OrganizerOutcome::Nothing)),
    }
}

pub(in crate::store) async fn create(tx: &mut LogTransaction, organizer: &str, draft: &MeetingDraft) -> Outcome {
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
    .bind(&draft.description_html)
    .bind(table.zone.name())
    .bind(table.starts.format(WALL).to_string())
    .bind(table.minutes)
    .bind(table.rule.as_ref().map(|rule| rule.as_str().to_owned()))
    .bind(draft.visibility.as_str())
    .bind(tx.now().micros())
    .bind(&draft.agenda)
    .bind(&draft.agenda_html)
    .execute(tx.connection())
    .await?;
    let meeting = meetings::by_id(tx.connection(), &id).await?;
    top_up(tx, &meeting).await?;
    further(tx, &meeting, draft).await?;
    Ok(Ok(OrganizerOutcome::Meeting(Box::new(meeting))))
}

async fn edit(tx: &mut LogTransaction, id: &str, draft: &MeetingDraft, from: Option<Timestamp>) -> Outcome {
    let old = meetings::by_id(tx.connection(), id).await?;
    if old.deleted_at.is_some() {
        return Ok(Err(Refusal::Event(EventProblem::MeetingDeleted)));
    }
    let slug = match relink(tx, &old, draft).await? {
        Ok(slug) => slug,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let retiming = Retiming::of(&old, &draft.timetable, from, tx.now());
    let (table, earlier) = retiming.as_ref().map_or((&old.timetable, &old.earlier), |it| (&it.timetable, &it.earlier));
    sqlx::query(
        "UPDATE meeting SET slug = $2, title = $3, description = $4, description_html = $5, timezone = $6, starts = $7, \
         duration_minutes = $8, rrule = $9, earlier = $10, visibility = $11, revision = revision + $12, changed_at = $13, \
         agenda = $14, agenda_html = $15 WHERE id = $1",
    )
    .bind(id)
    .bind(slug)
    .bind(&draft.title)
    .bind(&draft.description)
    .bind(&draft.description_html)
    .bind(table.zone.name())
    .bind(table.starts.format(WALL).to_string())
    .bind(table.minutes)
    .bind(table.rule.as_ref().map(|rule| rule.as_str().to_owned()))
    .bind(earlier_timetables::write(earlier))
    .bind(draft.visibility.as_str())
    .bind(i64::from(draft.title != old.title || retiming.is_some()))
    .bind(tx.now().micros())
    .bind(&draft.agenda)
    .bind(&draft.agenda_html)
    .execute(tx.connection())
    .await?;
    if old.visibility == Visibility::Draft && draft.visibility != Visibility::Draft {
        drop_unseen(tx, id).await?;
    }
    if let Some(retiming) = &retiming {
        reschedule::refit(tx, &old, retiming).await?;
    }
    let new = meetings::by_id(tx.connection(), id).await?;
    if let Some(retiming) = &retiming {
        reschedule::note_walls(tx, &new, retiming.floor).await?;
    }
    agenda::follow_template(tx, &old, &new).await?;
    top_up(tx, &new).await?;
    further(tx, &new, draft).await?;
    Ok(Ok(OrganizerOutcome::Meeting(Box::new(new))))
}

/// The link that a changed meeting has, and what becomes of the one that it had.
async fn relink(tx: &mut LogTransaction, old: &Meeting, draft: &MeetingDraft) -> Result<Result<String, Refusal>, Error> {
    let keeps = draft.slug.as_ref().is_none_or(|slug| *slug == old.slug) && draft.visibility == old.visibility;
    if keeps {
        return Ok(Ok(old.slug.clone()));
    }
    let slug = match free_slug(tx, &old.id, draft).await? {
        Ok(slug) => slug,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if slug != old.slug {
        sqlx::query("DELETE FROM old_slug WHERE slug = $1").bind(slug.clone()).execute(tx.connection()).await?;
        if old.visibility == Visibility::Draft || (old.visibility, draft.visibility) == (Visibility::Public, Visibility::Unlisted) {
            // A link that can be guessed must not lead to the one that cannot, and nobody has that of a draft.
            sqlx::query("DELETE FROM old_slug WHERE meeting_id = $1").bind(&old.id).execute(tx.connection()).await?;
        } else {
            sqlx::query("INSERT INTO old_slug (slug, meeting_id) VALUES ($1, $2) ON CONFLICT (slug) DO NOTHING")
                .bind(old.slug.clone())
                .bind(&old.id)
                .execute(tx.connection())
                .await?;
        }
    }
    Ok(Ok(slug))
}

/// Takes the events away that a draft had before it was published and in which nobody was: they would stand among
/// its past ones as if people had met.
async fn drop_unseen(tx: &mut LogTransaction, meeting: &str) -> Result<(), Error> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM chat_event e WHERE meeting_id = $1 AND closes_at <= $2 \
         AND NOT EXISTS (SELECT 1 FROM participant p WHERE p.event_id = e.id) ORDER BY id",
    )
    .bind(meeting)
    .bind(tx.now().micros())
    .fetch_all(tx.connection())
    .await?;
    let ids: Vec<EventId> = ids.iter().filter_map(|id| EventId::parse(id)).collect();
    tx.lock(ids.iter()).await?;
    for id in ids {
        sqlx::query("DELETE FROM chat_event WHERE id = $1").bind(id.as_str()).execute(tx.connection()).await?;
        tx.dropped(&id);
    }
    Ok(())
}

async fn delete(tx: &mut LogTransaction, id: &str) -> Outcome {
    let meeting = meetings::by_id(tx.connection(), id).await?;
    if meeting.deleted_at.is_some() {
        return Ok(Ok(OrganizerOutcome::Meeting(Box::new(meeting))));
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
    Ok(Ok(OrganizerOutcome::Meeting(Box::new(meetings::by_id(tx.connection(), id).await?))))
}

async fn restore(tx: &mut LogTransaction, id: &str) -> Outcome {
    let meeting = meetings::by_id(tx.connection(), id).await?;
    let Some(deleted_at) = meeting.deleted_at else { return Ok(Ok(OrganizerOutcome::Meeting(Box::new(meeting)))) };
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
    Ok(Ok(OrganizerOutcome::Meeting(Box::new(meeting))))
}

/// Locks the events of a meeting that have not closed.
pub(in crate::store) async fn ahead(tx: &mut LogTransaction, meeting: &str) -> Result<Vec<EventId>, Error> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM chat_event WHERE meeting_id = $1 AND closed_ts IS NULL ORDER BY id")
        .bind(meeting)
        .fetch_all(tx.connection())
        .await?;
    let ids: Vec<EventId> = ids.iter().filter_map(|id| EventId::parse(id)).collect();
    tx.lock(ids.iter()).await?;
    Ok(ids)
}

/// The slug that the draft asks for, or a free one made from its title.
async fn free_slug(tx: &mut LogTransaction, id: &str, draft: &MeetingDraft) -> Result<Result<String, Refusal>, Error> {
    let wish = draft.slug.clone().unwrap_or_else(|| slug::from_title(&draft.title));
    if draft.visibility == Visibility::Unlisted {
        return Ok(Ok(slug::unguessable(&wish)));
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
    Ok(Ok(slug::unguessable(&wish)))
}

pub(in crate::store) async fn meeting_is_deleted(tx: &mut LogTransaction, event: &EventId) -> Result<bool, Error> {
    let row = sqlx::query("SELECT m.deleted_at FROM meeting m JOIN chat_event e ON e.meeting_id = m.id WHERE e.id = $1")
        .bind(event.as_str())
        .fetch_one(tx.connection())
        .await?;
    Ok(row.try_get::<Option<i64>, _>("deleted_at")?.is_some())
}

/// The title that an event has where it has none of its own.
pub(in crate::store) async fn meeting_title(tx: &mut LogTransaction, event: &EventId) -> Result<String, Error> {
    Ok(sqlx::query_scalar("SELECT m.title FROM meeting m JOIN chat_event e ON e.meeting_id = m.id WHERE e.id = $1")
        .bind(event.as_str())
        .fetch_one(tx.connection())
        .await?)
}
