//! What a catch-up is made of beside the minutes: the lines that people wrote, newest first, and since when somebody is away.
//! Each question goes along an index and takes a bounded number of rows.

use super::messages;
use crate::domain::minutes::Tag;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::store::db::row::{Record, undecodable};
use crate::store::log::statements::select_row;
use crate::store::{Error, Store};

/// As many rows as [`Store::rows_at`] reads at once.
pub const AT_ONCE: usize = 20;

/// A line of a log, or word that one was redacted.
#[derive(Clone, Debug)]
pub struct LogLine {
    pub ts: Timestamp,
    pub from: Option<ParticipantId>,
    /// Empty where it was redacted.
    pub text: String,
    /// Whether its words may be another line's: [`Tag::repeats`].
    pub repeats: bool,
    /// The line that this row emptied.
    pub redacts: Option<Timestamp>,
}

impl Store {
    /// The newest `limit` lines of an event after `after` that everyone may see, in `ts` order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn lines_after(&self, event: &EventId, after: Timestamp, limit: usize) -> Result<Vec<LogLine>, Error> {
        let rows = sqlx::query(
            "SELECT ts, kind, participant_id, text, tag FROM chat_data WHERE event_id = $1 AND ts > $2 AND audience IS NULL \
             AND kind IN ('said', 'emote', 'redacted') ORDER BY ts DESC LIMIT $3",
        )
        .bind(event.as_str())
        .bind(after.micros())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().rev().map(line).collect()
    }

    /// These rows of an event, up to [`AT_ONCE`] of them, in `ts` order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rows_at(&self, event: &EventId, places: &[Timestamp]) -> Result<Vec<ChatData>, Error> {
        let query = sqlx::query(select_row!(
            "WHERE event_id = $1 AND audience IS NULL AND ts IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
             $17, $18, $19, $20, $21) ORDER BY ts"
        ))
        .bind(event.as_str());
        // No row has the time before all.
        let nowhere = std::iter::repeat(-1);
        let wanted = places.iter().map(|ts| ts.micros()).chain(nowhere).take(AT_ONCE);
        let rows = wanted.fold(query, sqlx::query::Query::bind).fetch_all(&self.readers).await?;
        rows.iter().map(messages::message).collect()
    }

    /// Since when somebody in an event is away; `None` for who is in the room.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn away_since(&self, who: &ParticipantId) -> Result<Option<Timestamp>, Error> {
        let found: Option<Option<i64>> =
            sqlx::query_scalar("SELECT away_ts FROM participant WHERE id = $1").bind(who.as_str()).fetch_optional(&self.readers).await?;
        Ok(found.flatten().map(Timestamp::from_micros))
    }

    /// When somebody came into an event first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn came(&self, who: &ParticipantId) -> Result<Option<Timestamp>, Error> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT joined_ts FROM participant WHERE id = $1").bind(who.as_str()).fetch_optional(&self.readers).await?;
        Ok(found.map(Timestamp::from_micros))
    }
}

fn line(row: &impl Record) -> Result<LogLine, Error> {
    let (kind, text) = (row.text("kind")?, row.text("text")?);
    let redacts = (kind == Kind::Redacted.as_str())
        .then(|| text.parse().map(Timestamp::from_micros).map_err(|_| undecodable("text", &text)))
        .transpose()?;
    let from = row.text_or_null("participant_id")?.as_deref().and_then(ParticipantId::parse);
    let repeats = row.text_or_null("tag")?.as_deref().and_then(Tag::parse).is_some_and(Tag::repeats);
    Ok(LogLine { ts: Timestamp::from_micros(row.number("ts")?), from, text, repeats, redacts })
}
