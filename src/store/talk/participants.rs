//! Who is in an event.

use sqlx::{Any, Executor};

use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::{Participant, ParticipantId, ParticipantState};
use crate::domain::time::Timestamp;
use crate::store::db::row::Record;
use crate::store::log::statements;
use crate::store::{Error, Store};

impl Store {
    /// One participant of an event.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_participant(&self, event: &EventId, id: &ParticipantId) -> Result<Option<Participant>, Error> {
        one(&self.readers, event, id).await
    }
}

/// One participant of an event.
pub(in crate::store) async fn one<'c>(
    on: impl Executor<'c, Database = Any>,
    event: &EventId,
    id: &ParticipantId,
) -> Result<Option<Participant>, Error> {
    let row = sqlx::query(statements::FIND_PERSON).bind(event.as_str()).bind(id.as_str()).fetch_optional(on).await?;
    row.as_ref().map(participant).transpose()
}

/// Everybody who ever joined the event, in the order of joining.
pub(in crate::store) async fn of_event<'c>(on: impl Executor<'c, Database = Any>, event: &EventId) -> Result<Vec<Participant>, Error> {
    let rows = sqlx::query("SELECT id, nick, away_ts, gone_ts, chair_ts FROM participant WHERE event_id = $1 ORDER BY joined_ts")
        .bind(event.as_str())
        .fetch_all(on)
        .await?;
    rows.iter().map(participant).collect()
}

pub(in crate::store) fn participant(row: &impl Record) -> Result<Participant, Error> {
    let standing = match (row.number_or_null("away_ts")?, row.number_or_null("gone_ts")?) {
        (_, Some(_)) => ParticipantState::Gone,
        (Some(_), None) => ParticipantState::Away,
        (None, None) => ParticipantState::Here,
    };
    let chair = row.number_or_null("chair_ts")?.is_some();
    Ok(Participant { id: row.participant_id("id")?, nick: row.text("nick")?, standing, chair })
}

/// Somebody, with what another one who joins may share with them.
pub(in crate::store) struct Joined {
    pub who: Participant,
    pub nonce: Option<String>,
    pub ts: Timestamp,
}

pub(in crate::store) fn joined(row: &impl Record) -> Result<Joined, Error> {
    let nonce = row.text_or_null("join_nonce")?;
    Ok(Joined { who: participant(row)?, nonce, ts: Timestamp::from_micros(row.number("joined_ts")?) })
}
