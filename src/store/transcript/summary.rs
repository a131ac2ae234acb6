//! What a transcript tells of its log without reading all of it into memory: where its pages begin, who said how much,
//! how much was said in which minute, who was there for how long.

use crate::domain::minutes;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::time::Timestamp;
use crate::store::db::row::Record;
use crate::store::log::statements::select_row;
use crate::store::talk::messages::message;
use crate::store::{Error, Store};

/// The characters that a row of a page may have on average.
const ROW: i64 = 400;

/// Something was said: the first `ts` of it, and how many lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minute {
    pub first: Timestamp,
    pub lines: i64,
}

/// Somebody came (`true`) or left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    pub nick: String,
    pub ts: Timestamp,
    pub comes: bool,
}

impl Store {
    /// The `ts` of every row that begins a page. A page has `rows` rows; a row of more than `ROW` characters takes the
    /// room of several, so that a page of the longest messages is not larger than others.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn page_starts(&self, event: &EventId, rows: i64) -> Result<Vec<Timestamp>, Error> {
        let found: Vec<i64> = sqlx::query_scalar(
            // PostgreSQL sums BIGINT to NUMERIC, whose division has a rest.
            "SELECT min(ts) FROM (SELECT ts, (CAST(sum(1 + length(text) / $3) OVER (ORDER BY ts) AS BIGINT) - 1 - length(text) / $3) / $2 \
             AS page FROM chat_data WHERE event_id = $1 AND audience IS NULL) all_rows GROUP BY page ORDER BY 1",
        )
        .bind(event.as_str())
        .bind(rows)
        .bind(ROW)
        .fetch_all(&self.readers)
        .await?;
        Ok(found.into_iter().map(Timestamp::from_micros).collect())
    }

    /// The rows that everyone may see from one moment to before another.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rows_between(&self, event: &EventId, from: Timestamp, until: Timestamp) -> Result<Vec<ChatData>, Error> {
        let rows = sqlx::query(select_row!("WHERE event_id = $1 AND ts >= $2 AND ts < $3 AND audience IS NULL ORDER BY ts"))
            .bind(event.as_str())
            .bind(from.micros())
            .bind(until.micros())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(message).collect()
    }

    /// The row up to this one that tells of a title last, if any does.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn told_title(&self, event: &EventId, until: Timestamp) -> Result<Option<String>, Error> {
        let told = sqlx::query_scalar(
            "SELECT text FROM chat_data WHERE event_id = $1 AND ts <= $2 AND audience IS NULL AND kind = 'rescheduled' \
             AND text LIKE $3 ORDER BY ts DESC LIMIT 1",
        );
        Ok(told.bind(event.as_str()).bind(until.micros()).bind(format!("{}%", minutes::NOW)).fetch_optional(&self.readers).await?)
    }

    /// The minutes in which something was said, in order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn busy_minutes(&self, event: &EventId) -> Result<Vec<Minute>, Error> {
        let rows = sqlx::query(
            "SELECT min(ts) AS first, count(*) AS lines FROM chat_data WHERE event_id = $1 AND audience IS NULL \
             AND kind IN ('said', 'emote') GROUP BY ts / 60000000 ORDER BY 1",
        )
        .bind(event.as_str())
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok(Minute { first: Timestamp::from_micros(row.number("first")?), lines: row.number("lines")? })).collect()
    }

    /// Who said how many lines, by nickname.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn shares(&self, event: &EventId) -> Result<Vec<(String, i64)>, Error> {
        let rows = sqlx::query(
            "SELECT nick, count(*) AS lines FROM chat_data WHERE event_id = $1 AND audience IS NULL \
             AND kind IN ('said', 'emote') AND nick IS NOT NULL GROUP BY nick ORDER BY 2 DESC, 1",
        )
        .bind(event.as_str())
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((row.text("nick")?, row.number("lines")?))).collect()
    }

    /// Up to `limit` rows after `after` that tell who came and left, in order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn passings(&self, event: &EventId, after: Timestamp, limit: i64) -> Result<Vec<Passing>, Error> {
        let rows = sqlx::query(
            "SELECT ts, kind, nick FROM chat_data WHERE event_id = $1 AND ts > $2 AND kind IN ('joined', 'left') AND nick IS NOT NULL \
             ORDER BY ts LIMIT $3",
        )
        .bind(event.as_str())
        .bind(after.micros())
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        let passing = |row| -> Result<Passing, Error> {
            let comes = Record::text(row, "kind")? == Kind::Joined.as_str();
            Ok(Passing { nick: Record::text(row, "nick")?, ts: Timestamp::from_micros(Record::number(row, "ts")?), comes })
        };
        rows.iter().map(passing).collect()
    }
}
