//! Reading CHATDATA: pages along the key, and single rows by nonce.

use sqlx::{Any, Executor};

use crate::domain::minutes::Tag;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::store::db::row::{Record, undecodable};
use crate::store::log::statements::{FIND_TAGGED, select_row};
use crate::store::{Error, Store};

impl Store {
    /// Up to `limit` rows of an event after `after`, in `ts` order, whoever may see them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rows_after(&self, event: &EventId, after: Timestamp, limit: usize) -> Result<Vec<ChatData>, Error> {
        page(&self.readers, event, after, limit).await
    }
}

/// Up to `limit` rows of an event after `after`, in `ts` order.
pub(in crate::store) async fn page<'c>(
    on: impl Executor<'c, Database = Any>,
    event: &EventId,
    after: Timestamp,
    limit: usize,
) -> Result<Vec<ChatData>, Error> {
    let rows = sqlx::query(select_row!("WHERE event_id = $1 AND ts > $2 ORDER BY ts LIMIT $3"))
        .bind(event.as_str())
        .bind(after.micros())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(on)
        .await?;
    rows.iter().map(message).collect()
}

/// The newest `limit` rows of an event, in `ts` order.
pub(in crate::store) async fn newest<'c>(
    on: impl Executor<'c, Database = Any>,
    event: &EventId,
    limit: usize,
) -> Result<Vec<ChatData>, Error> {
    let rows = sqlx::query(select_row!("WHERE event_id = $1 ORDER BY ts DESC LIMIT $2"))
        .bind(event.as_str())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(on)
        .await?;
    rows.iter().rev().map(message).collect()
}

/// The rows of an event that its minutes are folded from.
pub(in crate::store) async fn tagged<'c>(on: impl Executor<'c, Database = Any>, event: &EventId) -> Result<Vec<ChatData>, Error> {
    let rows = sqlx::query(FIND_TAGGED).bind(event.as_str()).fetch_all(on).await?;
    rows.iter().map(message).collect()
}

pub(in crate::store) fn message(row: &impl Record) -> Result<ChatData, Error> {
    let kind = row.text("kind")?;
    let id =
        |column: &str| -> Result<Option<ParticipantId>, Error> { Ok(row.text_or_null(column)?.as_deref().and_then(ParticipantId::parse)) };
    Ok(ChatData {
        ts: Timestamp::from_micros(row.number("ts")?),
        kind: Kind::parse(&kind).ok_or_else(|| undecodable("kind", &kind))?,
        from: id("participant_id")?,
        nick: row.text_or_null("nick")?,
        text: row.text("text")?,
        html: row.text("html")?,
        nonce: row.text_or_null("nonce")?,
        audience: id("audience")?,
        salt: row.text_or_null("salt")?,
        hash: row.text_or_null("hash")?,
        tag: row.text_or_null("tag")?.map(|tag| Tag::parse(&tag).ok_or_else(|| undecodable("tag", &tag))).transpose()?,
    })
}
