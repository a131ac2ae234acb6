//! The index of what people said, and searching in it. What the engines have for that is in `sqlite` and `postgres`.
//!
//! How rows are added is in `intake`. Each search decides by the rows who may read what.

mod backlog;
pub(super) mod intake;
mod invalidation;
mod postgres;
mod sqlite;

use sqlx::{AnyConnection, Executor as _, Row as _};

use super::db::engine::Engine;
use super::db::row::Record as _;
use super::schedule::events::event;
use super::talk::messages::message;
use super::{Error, Store};
use crate::domain::schedule::event::ChatEvent;
use crate::domain::search::{self, Needle, row_kinds};
use crate::domain::talk::message::ChatData;
use crate::domain::time::{LATEST, Timestamp};

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
    pub behind: Option<HitPosition>,
    pub limit: usize,
}

/// Where in the order of all rows, newest first, a hit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HitPosition(pub i64);

/// A row that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    pub place: HitPosition,
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
        let hits = rows.iter().map(|row| Ok(Hit { place: HitPosition(row.try_get("place")?), event: event(row)?, row: message(row)? }));
        // The index has none of these; a row that is private or emptied is told to nobody even so.
        hits.filter(|hit| !hit.as_ref().is_ok_and(|hit: &Hit| !row_kinds::is_found(&hit.row))).collect()
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
            if self == Self::Sqlite && sqlx::query_scalar::<_, i64>(sqlite::MERGES_RARELY).fetch_one(&mut *on).await? == 0 {
                on.execute(sqlite::MERGE_RARELY).await?;
            }
            return Ok(());
        }
        on.execute(self.begin()).await?;
        for statement in tables.iter().chain(&backlog::TABLES) {
            on.execute(*statement).await?;
        }
        on.execute("COMMIT").await?;
        Ok(())
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
