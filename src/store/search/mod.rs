//! The index of what people said, and searching in it. What the engines have for that is in `sqlite` and `postgres`.
//!
//! The index is derived from the rows and follows them a moment behind, in batches, so that no message waits
//! for it. What is redacted leaves it in the same transaction. Who may read what is decided by the rows, at each search.

mod postgres;
mod sqlite;

use serde_json::json;
use sqlx::{AnyConnection, Executor as _, Row as _};

use super::engine::Engine;
use super::events::event;
use super::messages::message;
use super::record::Record as _;
use super::{Error, Store};
use crate::domain::event::{ChatEvent, EventId};
use crate::domain::message::ChatData;
use crate::domain::search::{self, Needle};
use crate::domain::time::{LATEST, Timestamp};

/// How many rows one transaction takes in: on SQLite messages wait for it.
const BATCH: usize = 50;
/// How many events one look for unfinished ones gives.
const EVENTS: i64 = 1_000;
/// Rows of the index are numbered by their time, and rows of the same microsecond, of other events, one after the
/// other. Of more than so many the rest is not found.
const AT_ONCE: i64 = 1_024;
/// Whoever may read no more meetings than this is searched for in these alone.
const FEW: i64 = 16;

/// Whether the meeting `y` may be read: by anybody, by its organizer `$4`, or as the one that is known, `$5`.
macro_rules! readable {
    () => {
        "y.deleted_at IS NULL AND (y.visibility = 'public' OR y.organizer_id = $4 OR y.id = $5)"
    };
}
use readable;

/// What to search for, and for whom.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub query: search::Query,
    /// The id of the organizer who searches.
    pub organizer: Option<String>,
    /// The id of the meeting to search in; whoever knows it may read it.
    pub meeting: Option<String>,
    /// Only what stands behind this place.
    pub behind: Option<Place>,
    pub limit: usize,
}

/// Where in the order of all rows, newest first, a hit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(pub i64);

/// A row that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    pub place: Place,
    pub event: ChatEvent,
    pub row: ChatData,
}

impl Store {
    /// What is found, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn search(&self, search: &Search) -> Result<Vec<Hit>, Error> {
        let meetings = match &search.meeting {
            Some(meeting) => vec![meeting.clone()],
            None => self.few_readable(search.organizer.as_deref()).await?,
        };
        let needle = self.engine.needle(&search.query.needle(&meetings));
        let until = search.query.until.map_or(i64::MAX, first_id);
        let rows = sqlx::query(self.engine.find())
            // Planned anew each time: PostgreSQL goes another way for a common word than for a rare one.
            .persistent(false)
            .bind(needle)
            .bind(search.behind.map_or(until, |place| place.0.min(until)))
            .bind(search.query.from.map_or(0, first_id))
            .bind(search.organizer.as_deref().unwrap_or_default())
            .bind(search.meeting.as_deref().unwrap_or_default())
            .bind(i64::try_from(search.limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await?;
        let hits = rows.iter().map(|row| Ok(Hit { place: Place(row.try_get("place")?), event: event(row)?, row: message(row)? }));
        // The index has none of these; a row that is private or emptied is told to nobody even so.
        hits.filter(|hit| !hit.as_ref().is_ok_and(|hit: &Hit| search::labels(&hit.row).next().is_none())).collect()
    }

    /// The meetings that somebody may read, where these are few: among the rows of all, theirs would be looked for long.
    async fn few_readable(&self, organizer: Option<&str>) -> Result<Vec<String>, Error> {
        let rows = sqlx::query("SELECT id FROM meeting WHERE deleted_at IS NULL AND (visibility = 'public' OR organizer_id = $1) LIMIT $2")
            .bind(organizer.unwrap_or_default())
            .bind(FEW + 1)
            .fetch_all(&self.readers)
            .await?;
        let ids = rows.iter().map(|row| row.text("id")).collect::<Result<Vec<_>, _>>()?;
        Ok(if i64::try_from(ids.len()).is_ok_and(|n| n <= FEW) { ids } else { Vec::new() })
    }

    /// Events with rows that the index lacks, those of the newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unindexed(&self) -> Result<Vec<EventId>, Error> {
        let rows = sqlx::query(
            "SELECT e.id FROM chat_event e LEFT JOIN search_cursor c ON c.event_id = e.id WHERE e.last_ts > coalesce(c.ts, 0) \
             ORDER BY e.last_ts DESC LIMIT $1",
        )
        .bind(EVENTS)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| row.event_id("id")).collect()
    }

    /// Takes the next rows of an event into the index. Gives whether there may be more.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; then nothing was taken in.
    pub async fn index(&self, event: &EventId) -> Result<bool, Error> {
        let work = async {
            // Dropped without being released it takes everything back.
            let mut held = self.writer.hold().await?;
            held.execute(self.engine.begin()).await?;
            let more = self.engine.take_in(&mut held, event).await?;
            held.execute("COMMIT").await?;
            held.release();
            Ok(more)
        };
        self.within_patience(work).await
    }
}

impl Engine {
    /// Makes the index where it is missing. Where it is there nothing is written: a command beside a server that is
    /// busy writing need not wait for it.
    pub(super) async fn make_index(self, on: &mut AnyConnection) -> Result<(), sqlx::Error> {
        let (is_there, tables): (_, &[&'static str]) = match self {
            Self::Sqlite => (sqlite::IS_THERE, &sqlite::TABLES),
            Self::Postgres => (postgres::IS_THERE, &postgres::TABLES),
        };
        if sqlx::query_scalar::<_, i64>(is_there).fetch_one(&mut *on).await? > 0 {
            return Ok(());
        }
        on.execute(self.begin()).await?;
        for statement in tables {
            on.execute(*statement).await?;
        }
        on.execute("COMMIT").await?;
        Ok(())
    }

    /// Takes a row out of the index, in a transaction that empties it.
    pub(super) async fn forget(self, on: &mut AnyConnection, event: &EventId, ts: Timestamp) -> Result<(), Error> {
        self.lock_index(on).await?;
        sqlx::query("DELETE FROM search_row WHERE id BETWEEN $1 AND $2 AND event_id = $3 AND ts = $4")
            .bind(first_id(ts))
            .bind(first_id(ts).saturating_add(AT_ONCE))
            .bind(event.as_str().to_owned())
            .bind(ts.micros())
            .execute(on)
            .await?;
        Ok(())
    }

    /// Waits until nobody else writes to the index: what another node has read but not written must not come in
    /// after it was redacted. On SQLite whoever writes is alone.
    async fn lock_index(self, on: &mut AnyConnection) -> Result<(), sqlx::Error> {
        if self == Self::Postgres {
            on.execute(postgres::LOCK).await?;
        }
        Ok(())
    }

    async fn take_in(self, on: &mut AnyConnection, event: &EventId) -> Result<bool, Error> {
        self.lock_index(on).await?;
        // The head first: all rows up to it are there when they are read.
        let head = sqlx::query(
            "SELECT e.last_ts, e.meeting_id, coalesce(c.ts, 0) AS taken FROM chat_event e \
             LEFT JOIN search_cursor c ON c.event_id = e.id WHERE e.id = $1",
        )
        .bind(event.as_str().to_owned())
        .fetch_optional(&mut *on)
        .await?;
        let Some(head) = head else { return Ok(false) };
        let (last, meeting, taken) = (head.number("last_ts")?, head.text("meeting_id")?, head.number("taken")?);
        let rows = super::messages::page(&mut *on, event, Timestamp::from_micros(taken), BATCH).await?;
        let documents = rows.iter().filter_map(|row| {
            let words = search::index(row, &meeting);
            (!words.is_empty()).then(|| json!([first_id(row.ts), row.ts, self.document(&words)]))
        });
        let documents = documents.collect::<Vec<_>>();
        if !documents.is_empty() {
            for statement in self.enter() {
                sqlx::query(*statement).bind(json!(documents).to_string()).bind(event.as_str().to_owned()).execute(&mut *on).await?;
            }
        }
        let more = rows.len() == BATCH;
        let reached = rows.last().map_or(taken, |row| row.ts.micros());
        sqlx::query("INSERT INTO search_cursor (event_id, ts) VALUES ($1, $2) ON CONFLICT (event_id) DO UPDATE SET ts = excluded.ts")
            .bind(event.as_str().to_owned())
            .bind(if more { reached } else { reached.max(last) })
            .execute(on)
            .await?;
        Ok(more)
    }

    const fn enter(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &sqlite::ENTER,
            Self::Postgres => &postgres::ENTER,
        }
    }

    const fn find(self) -> &'static str {
        match self {
            Self::Sqlite => sqlite::FIND,
            Self::Postgres => postgres::FIND,
        }
    }

    fn document(self, words: &[String]) -> String {
        match self {
            Self::Sqlite => sqlite::document(words),
            Self::Postgres => postgres::document(words),
        }
    }

    fn needle(self, needle: &Needle) -> String {
        match self {
            Self::Sqlite => sqlite::needle(needle),
            Self::Postgres => postgres::needle(needle),
        }
    }
}

/// The first number that a row of this time may have.
fn first_id(ts: Timestamp) -> i64 {
    ts.micros().clamp(0, LATEST) * AT_ONCE
}
