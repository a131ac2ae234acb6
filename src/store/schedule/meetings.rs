//! Reading MEETING: one, the public ones, those that repeat.

use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Executor, Row};

use super::earlier_timetables;
use crate::domain::schedule::meeting::{Meeting, Visibility};
use crate::domain::schedule::recurrence::{Recurrence, Timetable};
use crate::domain::time::{self, Timestamp};
use crate::store::db::row::undecodable;
use crate::store::{Error, Store};

/// Every column that makes a [`Meeting`], more columns where they are wanted, and the rest of a statement.
macro_rules! select_meeting {
    ($rest:expr) => {
        select_meeting!("", $rest)
    };
    ($more:literal, $rest:expr) => {
        concat!(
            "SELECT id, slug, organizer_id, title, description, description_html, agenda, agenda_html, timezone, starts, duration_minutes, rrule, \
             earlier, visibility, deleted_at",
            $more,
            " FROM meeting ",
            $rest
        )
    };
}
pub(in crate::store) use select_meeting;

/// How many meetings one statement asks for.
const AT_ONCE: usize = 100;

impl Store {
    /// The meeting with this slug, deleted ones too.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_meeting(&self, slug: &str) -> Result<Option<Meeting>, Error> {
        let row = sqlx::query(select_meeting!("WHERE slug = $1")).bind(slug).fetch_optional(&self.readers).await?;
        row.as_ref().map(meeting).transpose()
    }

    /// The meeting with this id, deleted ones too.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Unavailable`].
    pub async fn get_meeting(&self, id: &str) -> Result<Meeting, Error> {
        by_id(&self.readers, id).await
    }

    /// The meetings with these ids, deleted ones too, in any order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn meetings_with(&self, ids: &[&str]) -> Result<Vec<Meeting>, Error> {
        let mut meetings = Vec::with_capacity(ids.len());
        for some in ids.chunks(AT_ONCE) {
            let places = (1..=some.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
            // Of words of this program and of numbers; ids are bound.
            let mut query = sqlx::query(AssertSqlSafe(format!("{}{places})", select_meeting!("WHERE id IN ("))));
            for id in some {
                query = query.bind((*id).to_owned());
            }
            for row in query.fetch_all(&self.readers).await? {
                meetings.push(meeting(&row)?);
            }
        }
        Ok(meetings)
    }

    /// The meeting that had this slug before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_meeting_by_old_slug(&self, slug: &str) -> Result<Option<Meeting>, Error> {
        let row = sqlx::query(select_meeting!("WHERE id = (SELECT meeting_id FROM old_slug WHERE slug = $1)"))
            .bind(slug)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(meeting).transpose()
    }

    /// Public meetings by title, `offset` of them passed over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn public_meetings(&self, limit: i64, offset: i64) -> Result<Vec<Meeting>, Error> {
        let rows = sqlx::query(select_meeting!("WHERE visibility = 'public' AND deleted_at IS NULL ORDER BY title, id LIMIT $1 OFFSET $2"))
            .bind(limit)
            .bind(offset)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(meeting).collect()
    }

    /// The ids of the meetings that repeat and are not deleted.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn repeating(&self) -> Result<Vec<String>, Error> {
        Ok(sqlx::query_scalar("SELECT id FROM meeting WHERE rrule IS NOT NULL AND deleted_at IS NULL").fetch_all(&self.readers).await?)
    }
}

/// Whether a slug leads to a meeting other than `but` already, or once did.
pub(in crate::store) async fn slug_is_taken<'c>(on: impl Executor<'c, Database = Any>, slug: &str, but: &str) -> Result<bool, Error> {
    let count: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM meeting WHERE slug = $1 AND id <> $2) \
              + (SELECT count(*) FROM old_slug WHERE slug = $1 AND meeting_id <> $2)",
    )
    .bind(slug)
    .bind(but)
    .fetch_one(on)
    .await?;
    Ok(count > 0)
}

/// One meeting, on a connection that may be inside a transaction.
pub(in crate::store) async fn by_id<'c>(on: impl Executor<'c, Database = Any>, id: &str) -> Result<Meeting, Error> {
    meeting(&sqlx::query(select_meeting!("WHERE id = $1")).bind(id).fetch_one(on).await?)
}

/// A start as the table holds it: a wall time to the minute or second.
pub(in crate::store) const WALL: &str = "%Y-%m-%dT%H:%M:%S";

pub(in crate::store) fn meeting(row: &AnyRow) -> Result<Meeting, Error> {
    let word = |column: &str| -> Result<String, Error> { Ok(row.try_get::<String, _>(column)?) };
    let (zone, starts, visibility) = (word("timezone")?, word("starts")?, word("visibility")?);
    let tz = time::zone(&zone).map_err(|_| undecodable("timezone", &zone))?;
    let wall = time::local(&starts).map_err(|_| undecodable("starts", &starts))?;
    let rule = match row.try_get::<Option<String>, _>("rrule")? {
        None => None,
        Some(rule) => Some(Recurrence::parse(&rule, wall, tz).map_err(|_| undecodable("rrule", &rule))?),
    };
    Ok(Meeting {
        id: word("id")?,
        slug: word("slug")?,
        organizer: word("organizer_id")?,
        title: word("title")?,
        description: word("description")?,
        description_html: word("description_html")?,
        agenda: word("agenda")?,
        agenda_html: word("agenda_html")?,
        earlier: row.try_get::<Option<String>, _>("earlier")?.as_deref().map(earlier_timetables::read).transpose()?.unwrap_or_default(),
        timetable: Timetable { starts: wall, zone: tz, minutes: row.try_get("duration_minutes")?, rule },
        visibility: Visibility::parse(&visibility).ok_or_else(|| undecodable("visibility", &visibility))?,
        deleted_at: row.try_get::<Option<i64>, _>("deleted_at")?.map(Timestamp::from_micros),
    })
}
