//! Events as they are made: those that the timetable of a meeting asks for, its further dates, what is added by hand, and
//! what comes back with a timetable. Each start of a meeting has one event, and each event a link of its own.

use chrono::NaiveDateTime;

use super::change_meetings::Outcome;
use super::events;
use super::meetings::WALL;
use super::organizer_action::{OrganizerOutcome, RESTORED};
use crate::domain::schedule::event::{self, EventId, EventProblem, Phase};
use crate::domain::schedule::meeting::{Meeting, MeetingDraft};
use crate::domain::schedule::undo_reschedule::Gone;
use crate::domain::talk::message::Kind;
use crate::domain::time::Timestamp;
use crate::store::Error;
use crate::store::log::transaction::LogTransaction;
use crate::store::talk::participant_action::Refusal;

/// An event to be made.
pub(in crate::store) struct New {
    pub opens: Timestamp,
    pub closes: Timestamp,
    pub title: Option<String>,
    /// The wall time for which it stands.
    pub wall: Option<NaiveDateTime>,
    /// What is to stand in its link, where that is free; else its day.
    pub key: Option<String>,
}

impl New {
    /// One at an instant of its own.
    pub(in crate::store) const fn at(opens: Timestamp, closes: Timestamp) -> Self {
        Self { opens, closes, title: None, wall: None, key: None }
    }

    /// One that a timetable of the meeting asks for.
    fn asked(meeting: &Meeting, start: Timestamp) -> Self {
        let table = meeting.course().table_of(start);
        Self { wall: Some(table.wall_of(start)), ..Self::at(start, start.plus_minutes(table.minutes)) }
    }
}

/// Adds one event beside those of the timetable.
pub(in crate::store) async fn add(
    tx: &mut LogTransaction,
    meeting: &Meeting,
    opens: Option<Timestamp>,
    closes: Timestamp,
    title: Option<String>,
) -> Outcome {
    if meeting.deleted_at.is_some() {
        return Ok(Err(Refusal::Event(EventProblem::MeetingDeleted)));
    }
    let opens = opens.unwrap_or(tx.now());
    if let Err(problem) = event::check_times(opens, closes, tx.now()) {
        return Ok(Err(Refusal::Event(problem)));
    }
    // Beside a rule it has an instant of its own; where there is none it is one of the meeting's dates.
    let wall = (!meeting.course().repeats()).then(|| meeting.timetable.wall_of(opens));
    let new = New { title, wall, ..New::at(opens, closes) };
    let Some(id) = insert(tx, meeting, new).await? else {
        return Ok(Err(Refusal::Event(EventProblem::SameStart)));
    };
    tx.settle(&id);
    Ok(tx.event(&id).cloned().map(|event| OrganizerOutcome::Event(Box::new(event))).ok_or(Refusal::NoEvent))
}

/// Makes the events that the timetable asks for from now to the horizon, and at least the next one.
pub(in crate::store) async fn top_up(tx: &mut LogTransaction, meeting: &Meeting) -> Result<(), Error> {
    for start in meeting.course().starts_ahead(tx.now()) {
        insert(tx, meeting, New::asked(meeting, start)).await?;
    }
    Ok(())
}

/// Makes an event again that a change dropped and that is asked for once more: at its link where that is free, and with a row
/// that stands for what was told of it before.
pub(in crate::store) async fn again(tx: &mut LogTransaction, meeting: &Meeting, gone: &Gone) -> Result<(), Error> {
    if !meeting.course().starts_ahead(tx.now()).contains(&gone.start) {
        return Ok(());
    }
    let new = New { key: gone.key.clone(), ..New::asked(meeting, gone.start) };
    if let Some(id) = insert(tx, meeting, new).await?
        && tx.settle(&id) == Some(Phase::Scheduled)
    {
        let ts = tx.next_ts(&id);
        tx.append(&id, ts, Kind::Restored, RESTORED);
    }
    Ok(())
}

/// Makes the events of a draft's further dates.
pub(in crate::store) async fn further(tx: &mut LogTransaction, meeting: &Meeting, draft: &MeetingDraft) -> Result<(), Error> {
    for start in &draft.dates {
        let closes = start.plus_minutes(meeting.timetable.minutes);
        if closes > tx.now() {
            let wall = Some(meeting.timetable.wall_of(*start));
            insert(tx, meeting, New { wall, ..New::at(*start, closes) }).await?;
        }
    }
    Ok(())
}

/// Inserts an event, unless the meeting has one with this original start.
pub(in crate::store) async fn insert(tx: &mut LogTransaction, meeting: &Meeting, new: New) -> Result<Option<EventId>, Error> {
    let New { opens, closes, title, wall, key } = new;
    let zone = meeting.timetable.zone;
    let date = event::key(opens, zone, |_| false);
    let taken: Vec<String> = sqlx::query_scalar("SELECT key FROM chat_event WHERE meeting_id = $1 AND (key LIKE $2 OR key = $3)")
        .bind(&meeting.id)
        .bind(format!("{date}%"))
        .bind(key.clone().unwrap_or_default())
        .fetch_all(tx.connection())
        .await?;
    let is_taken = |key: &str| taken.iter().any(|it| it == key);
    let key = key.filter(|key| !is_taken(key)).unwrap_or_else(|| event::key(opens, zone, is_taken));
    let (id, now) = (EventId::random(), tx.now().micros());
    let made = sqlx::query(
        "INSERT INTO chat_event (id, meeting_id, key, title, opens_at, closes_at, original_start, last_ts, row_count, changed_at, \
         warned_ts, agenda, agenda_html, wall) VALUES ($1, $2, $3, $4, $5, $6, $5, 0, 0, $7, $7, $8, $9, $10) \
         ON CONFLICT (meeting_id, original_start) DO NOTHING",
    )
    .bind(id.as_str())
    .bind(&meeting.id)
    .bind(key)
    .bind(title)
    .bind(opens.micros())
    .bind(closes.micros())
    .bind(now)
    .bind(meeting.template())
    .bind(meeting.template().map(|_| meeting.agenda_html.as_str()))
    .bind(wall.map(|wall| wall.format(WALL).to_string()))
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
