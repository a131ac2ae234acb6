//! Walking through events, page by page: through all of them, and through those of a meeting that noted something.

use super::events::{event, select_event};
use crate::domain::minutes::Tag;
use crate::domain::schedule::event::ChatEvent;
use crate::store::{Error, Store};

impl Store {
    /// Up to `limit` events behind this one, by start; from the first one on where there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn events_behind(&self, behind: Option<&ChatEvent>, limit: i64) -> Result<Vec<ChatEvent>, Error> {
        let rows =
            sqlx::query(select_event!("WHERE e.opens_at > $1 OR (e.opens_at = $1 AND e.id > $2) ORDER BY e.opens_at, e.id LIMIT $3"))
                .bind(behind.map_or(-1, |event| event.opens_at.micros()))
                .bind(behind.map_or("", |event| event.id.as_str()))
                .bind(limit)
                .fetch_all(&self.readers)
                .await?;
        rows.iter().map(event).collect()
    }
    /// Up to `limit` events of a meeting behind this one, by start, in whose log something has this tag.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn events_with(&self, meeting: &str, tag: Tag, behind: Option<&ChatEvent>, limit: i64) -> Result<Vec<ChatEvent>, Error> {
        let rows = sqlx::query(select_event!(
            "WHERE e.meeting_id = $1 AND (e.opens_at > $2 OR (e.opens_at = $2 AND e.id > $3)) \
             AND EXISTS (SELECT 1 FROM chat_data d WHERE d.event_id = e.id AND d.tag = $4) ORDER BY e.opens_at, e.id LIMIT $5"
        ))
        .bind(meeting)
        .bind(behind.map_or(-1, |event| event.opens_at.micros()))
        .bind(behind.map_or("", |event| event.id.as_str()))
        .bind(tag.as_str())
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(event).collect()
    }
}
