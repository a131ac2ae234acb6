//! Hearing of what other nodes wrote, and reading it (PostgreSQL's LISTEN).

use sqlx::postgres::PgListener;

use super::notice::{CHANNEL, Notice};
use super::{Error, Store, events, messages, participants};
use crate::domain::event::EventId;
use crate::domain::message::Kind;
use crate::domain::participant::Participant;
use crate::domain::time::Timestamp;
use crate::store::Committed;

/// The connection of a node on which it hears of others.
#[derive(Debug)]
pub struct Listener {
    inner: PgListener,
    node: String,
}

/// What was heard.
#[derive(Debug)]
pub enum Heard {
    Notice(Notice),
    /// The connection was lost and is there again: who knows what was said meanwhile.
    Gap,
}

impl Store {
    /// Listens to other nodes; `None` where there can be none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn listen(&self) -> Result<Option<Listener>, Error> {
        if !self.is_shared() {
            return Ok(None);
        }
        let mut inner = PgListener::connect(&self.url).await?;
        inner.listen(CHANNEL).await?;
        Ok(Some(Listener { inner, node: self.node.to_string() }))
    }

    /// What came to an event after `after`, with the event and the people it tells of, all of one
    /// moment. `None` where that is more than `limit` rows, where an
    /// earlier row was emptied, or where the event is gone.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn since(&self, id: &EventId, after: Timestamp, limit: usize) -> Result<Option<Committed>, Error> {
        let mut tx = self.readers.begin_with(self.engine.begin_reading()).await?;
        let Some(event) = events::one(&mut *tx, id.as_str()).await? else { return Ok(None) };
        let rows = messages::page(&mut *tx, id, after, limit.saturating_add(1)).await?;
        if rows.len() > limit || rows.iter().any(|row| row.kind == Kind::Redacted) {
            return Ok(None);
        }
        let mut people: Vec<Participant> = Vec::new();
        for who in rows.iter().filter(|row| row.kind.is_about_presence()).filter_map(|row| row.from.as_ref()) {
            if !people.iter().any(|known| known.id == *who)
                && let Some(person) = participants::one(&mut *tx, id, who).await?
            {
                people.push(person);
            }
        }
        tx.commit().await?;
        Ok(Some(Committed { event, before: after, rows, redacted: Vec::new(), people, dropped: false }))
    }

    /// The heads of those of these events that exist.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn heads(&self, ids: &[EventId]) -> Result<Vec<(EventId, Timestamp)>, Error> {
        let mut heads = Vec::with_capacity(ids.len());
        for id in ids {
            let head: Option<i64> =
                sqlx::query_scalar("SELECT last_ts FROM chat_event WHERE id = $1").bind(id.as_str()).fetch_optional(&self.readers).await?;
            heads.extend(head.map(|head| (id.clone(), Timestamp::from_micros(head))));
        }
        Ok(heads)
    }
}

impl Listener {
    /// Waits for the next notice of another node.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the connection is lost and could not be made again; ask again later.
    pub async fn next(&mut self) -> Result<Heard, Error> {
        loop {
            match self.inner.try_recv().await? {
                None => return Ok(Heard::Gap),
                Some(heard) => {
                    let notice = Notice::parse(heard.payload());
                    if notice.node != self.node {
                        return Ok(Heard::Notice(notice));
                    }
                }
            }
        }
    }
}
