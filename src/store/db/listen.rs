//! Hearing of what other nodes wrote, and reading it (PostgreSQL's LISTEN).

use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{AnyConnection, Executor as _};
use tokio::time::timeout;

use super::engine::Engine;
use super::notification::{CHANNEL, Notice};
use super::row::Record as _;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::message::Kind;
use crate::domain::talk::participant::Participant;
use crate::domain::time::Timestamp;
use crate::store::schedule::events;
use crate::store::talk::{messages, participants};
use crate::store::{Committed, Error, Store};

/// After how long a silence the connection is asked whether it is alive.
const SILENCE: Duration = Duration::from_secs(5);

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
        // A network that swallows everything would keep this waiting for good, and the node deaf.
        let begin = async {
            let mut inner = PgListener::connect(&self.url).await?;
            inner.listen(CHANNEL).await?;
            Ok(inner)
        };
        let inner = self.within_patience(begin).await?;
        Ok(Some(Listener { inner, node: self.node.to_string() }))
    }

    /// What came to an event after `after`, with the event and the people it tells of, all of one
    /// moment. `None` where that is more than `limit` rows, where an
    /// earlier row was emptied, or where the event is gone.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn since(&self, id: &EventId, after: Timestamp, limit: usize) -> Result<Option<Committed>, Error> {
        self.of_one_moment(async |on| missed(on, id, after, limit).await).await
    }

    /// The heads of those of these events that exist.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn heads(&self, ids: &[EventId]) -> Result<Vec<(EventId, Timestamp)>, Error> {
        let list = ids.iter().map(EventId::as_str).collect::<Vec<_>>().join(" ");
        let find = sqlx::query("SELECT id, last_ts FROM chat_event WHERE id = ANY(string_to_array($1, ' '))").bind(list);
        let rows = self.within_patience(async { Ok(find.fetch_all(&self.readers).await?) }).await?;
        rows.iter().map(|row| Ok((row.event_id("id")?, Timestamp::from_micros(row.number("last_ts")?)))).collect()
    }
}

/// See [`Store::since`].
async fn missed(on: &mut AnyConnection, id: &EventId, after: Timestamp, limit: usize) -> Result<Option<Committed>, Error> {
    let Some(event) = events::one(&mut *on, id.as_str()).await? else { return Ok(None) };
    let rows = messages::page(&mut *on, id, after, limit.saturating_add(1)).await?;
    if rows.len() > limit || rows.iter().any(|row| row.kind == Kind::Redacted) {
        return Ok(None);
    }
    let mut people: Vec<Participant> = Vec::new();
    for who in rows.iter().filter(|row| row.kind.is_about_somebody()).filter_map(|row| row.from.as_ref()) {
        if !people.iter().any(|known| known.id == *who)
            && let Some(person) = participants::one(&mut *on, id, who).await?
        {
            people.push(person);
        }
    }
    Ok(Some(Committed { event, before: after, rows, redacted: Vec::new(), people, dropped: false }))
}

impl Listener {
    /// Waits for the next notice of another node.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the connection is lost and could not be made again; ask again later.
    pub async fn next(&mut self) -> Result<Heard, Error> {
        loop {
            match timeout(SILENCE, self.inner.try_recv()).await {
                // Nobody said anything, or nobody can: a server that is gone does not always say so.
                Err(_) => self.check().await?,
                Ok(heard) => {
                    let Some(heard) = heard? else { return Ok(Heard::Gap) };
                    let notice = Notice::parse(heard.payload());
                    if notice.node != self.node {
                        return Ok(Heard::Notice(notice));
                    }
                }
            }
        }
    }

    async fn check(&mut self) -> Result<(), Error> {
        let ask = async { Ok(self.inner.execute("SELECT 1").await.map(drop)?) };
        Engine::Postgres.within_patience(ask, Error::silent).await
    }
}
