//! What the Atom feeds tell: the events that closed last, each with its agenda and who was there.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::agenda;
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::time::Timestamp;
use crate::store::schedule::events::{event, select_event};
use crate::store::{Error, Store};

/// The most people of an event that are named.
const NAMED: i64 = 40;

/// An event that closed.
#[derive(Clone, Debug)]
pub struct Closed {
    pub event: ChatEvent,
    /// When it closed, or when its title was changed after that.
    pub updated: Timestamp,
    /// Who was there, in the order of their coming, up to a number.
    pub people: Vec<String>,
    /// How many more were there.
    pub others: i64,
    /// Its agenda as [`agenda::html`] gives it; empty where it had none.
    pub agenda: String,
}

impl Store {
    /// The events of a meeting that closed, the last one first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn closed_of(&self, meeting: &str, limit: i64) -> Result<Vec<Closed>, Error> {
        let rows = sqlx::query(select_event!(
            ", e.changed_at, e.agenda_html",
            "WHERE e.meeting_id = $1 AND e.closed_ts IS NOT NULL ORDER BY e.opens_at DESC LIMIT $2"
        ))
        .bind(meeting)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        self.with_people(&rows).await
    }

    /// The events of public meetings that closed up to `now`, the last one first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn closed_in_public(&self, now: Timestamp, limit: i64) -> Result<Vec<Closed>, Error> {
        let rows = sqlx::query(select_event!(
            ", e.changed_at, e.agenda_html",
            "WHERE m.visibility = 'public' AND m.deleted_at IS NULL AND e.closed_ts IS NOT NULL AND e.closes_at <= $1 \
             ORDER BY e.closes_at DESC, e.id LIMIT $2"
        ))
        .bind(now.micros())
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        self.with_people(&rows).await
    }

    /// When a meeting was changed last, or made.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Unavailable`].
    pub async fn changed_at(&self, meeting: &str) -> Result<Timestamp, Error> {
        let row = sqlx::query("SELECT changed_at, created_at FROM meeting WHERE id = $1").bind(meeting).fetch_one(&self.readers).await?;
        let at = |column: &str| row.try_get(column).map(Timestamp::from_micros);
        Ok(at("changed_at")?.max(at("created_at")?))
    }

    async fn with_people(&self, rows: &[AnyRow]) -> Result<Vec<Closed>, Error> {
        let mut closed = Vec::with_capacity(rows.len());
        for row in rows {
            let event = event(row)?;
            let changed = Timestamp::from_micros(row.try_get("changed_at")?);
            let html: Option<String> = row.try_get("agenda_html")?;
            let agenda = html.or_else(|| event.agenda.as_deref().map(agenda::html)).unwrap_or_default();
            let (people, others) = self.were_there(&event.id).await?;
            closed.push(Closed { updated: event.closed.unwrap_or(event.closes_at).max(changed), people, others, agenda, event });
        }
        Ok(closed)
    }

    /// The nicknames of an event, each once, and how many there are beyond those.
    async fn were_there(&self, id: &EventId) -> Result<(Vec<String>, i64), Error> {
        let rows = sqlx::query(
            "SELECT nick, count(*) OVER () AS total FROM (SELECT nick, min(joined_ts) AS joined FROM participant \
             WHERE event_id = $1 GROUP BY nick) n ORDER BY joined, nick LIMIT $2",
        )
        .bind(id.as_str())
        .bind(NAMED)
        .fetch_all(&self.readers)
        .await?;
        let total: i64 = rows.first().map_or(Ok(0), |row| row.try_get("total"))?;
        let people = rows.iter().map(|row| row.try_get("nick")).collect::<Result<Vec<String>, _>>()?;
        Ok((people, (total - NAMED).max(0)))
    }
}
