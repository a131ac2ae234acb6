//! Walking through all events, page by page, for those who look at every one.

use super::events::{event, select_event};
use super::{Error, Store};
use crate::domain::event::ChatEvent;

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
}
