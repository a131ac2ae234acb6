//! Events that took place elsewhere, written whole: never open here, closed from their first row on.
//!
//! One transaction makes the meeting where there is none, the event, its people and its log. Until that is committed
//! nobody has heard of the event, so no room can hold less of it than there is: this goes on beside servers.

use sqlx::AssertSqlSafe;

use crate::domain::schedule::event::{ChatEvent, EventId, EventProblem};
use crate::domain::schedule::meeting::MeetingDraft;
use crate::domain::talk::message::ChatData;
use crate::domain::talk::participant::{Nick, ParticipantId};
use crate::domain::text::confusable::Looks;
use crate::domain::time::Timestamp;
use crate::domain::transcript::digest;
use crate::store::log::bound_statement::{Value, insert_row};
use crate::store::log::statements;
use crate::store::log::transaction::LogTransaction;
use crate::store::schedule::create_events::{New, insert};
use crate::store::schedule::events::{self, select_event};
use crate::store::schedule::organizer_action::OrganizerOutcome;
use crate::store::schedule::{change_meetings, meetings};
use crate::store::talk::participant_action::Refusal;
use crate::store::{Error, Store};

/// So many rows go into one statement: eleven values each, and engines take 32,766 of them.
const AT_ONCE: usize = 500;

/// Where an event goes.
#[derive(Clone, Debug)]
pub enum TargetEvent {
    /// The meeting with this id.
    Meeting(String),
    /// A meeting that is made with it, of this organizer.
    New { organizer: String, draft: Box<MeetingDraft> },
}

/// The log of an event that is over.
#[derive(Clone, Debug)]
pub struct Over {
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
    /// What its chairs called it.
    pub title: Option<String>,
    pub people: Vec<Somebody>,
    /// In `ts` order; `opened` among them, `closed` the last.
    pub rows: Vec<ChatData>,
}

/// Somebody who took part.
#[derive(Clone, Debug)]
pub struct Somebody {
    pub id: ParticipantId,
    pub nick: Nick,
    /// Other nicknames that they had.
    pub also: Vec<String>,
    pub joined: Timestamp,
}

impl Store {
    /// Writes such an event, and tells after each statement how many more of its rows are written. `None` where its meeting has
    /// one that began then.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; [`Error::Conflict`] where somebody else makes the same just now.
    pub async fn archive(
        &self,
        place: &TargetEvent,
        over: &Over,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Result<Option<ChatEvent>, Refusal>, Error> {
        let mut tx = LogTransaction::begin(self, None, false, None).await?;
        match write(&mut tx, place, over, progress).await {
            Ok(Ok(Some(event))) => {
                tx.commit().await?;
                Ok(Ok(Some(event)))
            }
            other => {
                tx.rollback().await;
                other
            }
        }
    }

    /// The event of a meeting that began, or was to begin, at this moment.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_event_by_start(&self, meeting: &str, start: Timestamp) -> Result<Option<ChatEvent>, Error> {
        let row = sqlx::query(select_event!("WHERE e.meeting_id = $1 AND e.original_start = $2"))
            .bind(meeting)
            .bind(start.micros())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(events::event).transpose()
    }
}

async fn write(
    tx: &mut LogTransaction,
    place: &TargetEvent,
    over: &Over,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Result<Option<ChatEvent>, Refusal>, Error> {
    let meeting = match place {
        TargetEvent::Meeting(id) => {
            tx.lock_meeting(id).await?;
            meetings::by_id(tx.connection(), id).await?
        }
        TargetEvent::New { organizer, draft } => match change_meetings::create(tx, organizer, draft).await? {
            Ok(OrganizerOutcome::Meeting(meeting)) => *meeting,
            Ok(_) => return Err(Error::Missing),
            Err(refusal) => return Ok(Err(refusal)),
        },
    };
    if meeting.deleted_at.is_some() {
        return Ok(Err(Refusal::Event(EventProblem::MeetingDeleted)));
    }
    let title = over.title.clone().filter(|title| *title != meeting.title);
    let Some(id) = insert(tx, &meeting, New { title, ..New::at(over.opens_at, over.closes_at) }).await? else { return Ok(Ok(None)) };
    people(tx, &id, over).await?;
    let digest = rows(tx, &id, over, progress).await?;
    // Its server learns from this that there is something to take into the index of the search.
    sqlx::query("INSERT INTO search_cursor (event_id, ts) VALUES ($1, 0)").bind(id.to_string()).execute(tx.connection()).await?;
    let Some(event) = tx.event_mut(&id) else { return Err(Error::Missing) };
    event.opened = Some(over.opens_at);
    event.closed = Some(over.closes_at);
    event.last = over.closes_at;
    event.count = i64::try_from(over.rows.len()).unwrap_or(i64::MAX);
    event.digest = digest;
    Ok(Ok(Some(event.clone())))
}

/// Everybody is gone with the end: nobody comes back by a token, and a name may be that of two who look alike.
async fn people(tx: &mut LogTransaction, event: &EventId, over: &Over) -> Result<(), Error> {
    for some in over.people.chunks(AT_ONCE) {
        let head = "INSERT INTO participant (id, event_id, nick, nick_key, nick_written, also, joined_ts, gone_ts) VALUES ";
        let values = some.iter().flat_map(|who| {
            let Looks { folded, written } = who.nick.looks();
            let name = [who.id.as_str().into(), event.as_str().into(), who.nick.as_str().into(), Value::Own(folded), Value::Own(written)];
            let also = (!who.also.is_empty()).then(|| who.also.join("\n"));
            name.into_iter().chain([also.map_or(Value::Text(None), Value::Own), who.joined.into(), over.closes_at.into()])
        });
        put(tx, head, 8, values.collect()).await?;
    }
    Ok(())
}

/// Gives the digest of them all. It is made in between, so that a server of databases never waits long for the next word.
async fn rows(tx: &mut LogTransaction, event: &EventId, over: &Over, progress: &(dyn Fn(usize) + Sync)) -> Result<Option<String>, Error> {
    let mut digest = None;
    // The statement of a single row, up to its values.
    let head = statements::INSERT_ROW.split_inclusive("VALUES ").next().unwrap_or_default();
    for some in over.rows.chunks(AT_ONCE) {
        let values: Vec<Value<'_>> = some.iter().flat_map(|row| insert_row(event, row).1).collect();
        put(tx, head, values.len() / some.len(), values).await?;
        digest = some.iter().fold(digest, |before: Option<String>, row| Some(digest::next(before.as_deref(), event, row)));
        progress(some.len());
    }
    Ok(digest)
}

/// Runs an insertion of many rows, each of them `width` values.
async fn put(tx: &mut LogTransaction, head: &str, width: usize, values: Vec<Value<'_>>) -> Result<(), Error> {
    let place = |row: usize| format!("({})", (1..=width).map(|n| format!("${}", row * width + n)).collect::<Vec<_>>().join(", "));
    let places = (0..values.len() / width).map(place).collect::<Vec<_>>().join(", ");
    // Of words of this program and of numbers; values are bound.
    let mut query = sqlx::query(AssertSqlSafe(format!("{head}{places}")));
    for value in values {
        query = match value {
            Value::Text(text) => query.bind(text.map(str::to_owned)),
            Value::Own(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
        };
    }
    query.execute(tx.connection()).await?;
    Ok(())
}
