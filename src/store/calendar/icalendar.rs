//! What calendars show: meetings and events with their changes, and the version of an organizer's
//! private feed. Reads only, but for a new version.

use std::collections::BTreeMap;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use crate::domain::calendar::{Change, Scheduled, Sitting};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::meeting::Meeting;
use crate::domain::time::Timestamp;
use crate::store::schedule::events::{event, select_event};
use crate::store::schedule::meetings::{meeting, select_meeting};
use crate::store::{Error, Store};

impl Store {
    /// A meeting with all of its events, by start.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Unavailable`].
    pub async fn scheduled(&self, id: &str) -> Result<Scheduled, Error> {
        let meeting = sqlx::query(select_meeting!(", revision, changed_at, created_at", "WHERE id = $1")).bind(id);
        let events = sqlx::query(select_event!(", e.revision, e.changed_at", "WHERE e.meeting_id = $1 ORDER BY e.original_start")).bind(id);
        let read = async |on: &mut AnyConnection| Ok((meeting.fetch_one(&mut *on).await?, events.fetch_all(on).await?));
        let (row, rows) = self.of_one_moment(read).await?;
        let sittings = rows.iter().map(sitting).collect::<Result<_, _>>()?;
        Ok(Scheduled { sittings, ..scheduled(&row)? })
    }

    /// The public meetings, each with its events that end after `since`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn scheduled_in_public(&self, since: Timestamp) -> Result<Vec<Scheduled>, Error> {
        let meetings = sqlx::query(select_meeting!(
            ", revision, changed_at, created_at",
            "WHERE visibility = 'public' AND deleted_at IS NULL ORDER BY id"
        ));
        let events = sqlx::query(select_event!(
            ", e.revision, e.changed_at",
            "WHERE e.closes_at > $1 AND m.visibility = 'public' AND m.deleted_at IS NULL ORDER BY e.original_start"
        ))
        .bind(since.micros());
        self.joined(meetings, events).await
    }

    /// An organizer's meetings, unlisted ones too but no drafts, each with its events that end after `since`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn scheduled_by(&self, organizer: &str, since: Timestamp) -> Result<Vec<Scheduled>, Error> {
        let meetings = sqlx::query(select_meeting!(
            ", revision, changed_at, created_at",
            "WHERE organizer_id = $1 AND visibility <> 'draft' AND deleted_at IS NULL ORDER BY id"
        ))
        .bind(organizer.to_owned());
        let events = sqlx::query(select_event!(
            ", e.revision, e.changed_at",
            "WHERE e.closes_at > $1 AND m.organizer_id = $2 AND m.visibility <> 'draft' AND m.deleted_at IS NULL ORDER BY e.original_start"
        ))
        .bind(since.micros())
        .bind(organizer.to_owned());
        self.joined(meetings, events).await
    }

    /// Reads both of one moment, and gives each event to its meeting.
    async fn joined<'q>(&self, meetings: BoundQuery<'q>, events: BoundQuery<'q>) -> Result<Vec<Scheduled>, Error> {
        let read = async |on: &mut AnyConnection| Ok((meetings.fetch_all(&mut *on).await?, events.fetch_all(on).await?));
        let (meetings, rows) = self.of_one_moment(read).await?;
        let mut of: BTreeMap<String, Vec<Sitting>> = BTreeMap::new();
        for row in &rows {
            let sitting = sitting(row)?;
            of.entry(sitting.event.meeting.clone()).or_default().push(sitting);
        }
        meetings
            .iter()
            .map(|row| {
                let one = scheduled(row)?;
                Ok(Scheduled { sittings: of.remove(&one.meeting.id).unwrap_or_default(), ..one })
            })
            .collect()
    }

    /// When anything that calendars show changed last, also in meetings that are deleted or not public:
    /// that one is gone from a feed is a change of the feed as well.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn latest_change(&self) -> Result<Timestamp, Error> {
        let row =
            sqlx::query("SELECT (SELECT max(changed_at) FROM meeting) AS meetings, (SELECT max(changed_at) FROM chat_event) AS events")
                .fetch_one(&self.readers)
                .await?;
        let changes = [row.try_get::<Option<i64>, _>("meetings")?, row.try_get::<Option<i64>, _>("events")?];
        Ok(Timestamp::from_micros(changes.into_iter().flatten().max().unwrap_or_default()))
    }

    /// What tells whether there was any such change.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn changes(&self) -> Result<Changes, Error> {
        let latest = self.latest_change().await?;
        // Where a clock was set back the sums are others all the same. Of remainders, so that they stay small.
        let row = sqlx::query(
            "SELECT m.number + e.number AS number, m.total + e.total AS total FROM \
             (SELECT count(*) AS number, CAST(coalesce(sum(changed_at % 1000000007), 0) AS BIGINT) AS total FROM meeting) m, \
             (SELECT count(*) AS number, CAST(coalesce(sum(changed_at % 1000000007), 0) AS BIGINT) AS total FROM chat_event) e",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(Changes { latest, number: row.try_get("number")?, total: row.try_get("total")? })
    }

    /// An organizer with the version of their private feed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_feed(&self, organizer: &str) -> Result<Option<(Organizer, i64)>, Error> {
        let row =
            sqlx::query("SELECT id, name, feed_version FROM organizer WHERE id = $1").bind(organizer).fetch_optional(&self.readers).await?;
        row.map(|row| Ok((Organizer { id: row.try_get("id")?, name: row.try_get("name")? }, row.try_get("feed_version")?))).transpose()
    }

    /// Moves an organizer's private feed to a new version.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn renew_feed(&self, organizer: &str) -> Result<(), Error> {
        let query = sqlx::query("UPDATE organizer SET feed_version = feed_version + 1 WHERE id = $1").bind(organizer.to_owned());
        self.writer.execute(query).await?;
        Ok(())
    }
}

/// Which changes of meetings and events there have been: two of these are the same only where none came between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// When the last one was.
    pub latest: Timestamp,
    number: i64,
    total: i64,
}

type BoundQuery<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

fn change(row: &AnyRow) -> Result<Change, Error> {
    Ok(Change { revision: row.try_get("revision")?, at: Timestamp::from_micros(row.try_get("changed_at")?) })
}

fn sitting(row: &AnyRow) -> Result<Sitting, Error> {
    Ok(Sitting { event: event(row)?, change: change(row)? })
}

/// The meeting alone.
fn scheduled(row: &AnyRow) -> Result<Scheduled, Error> {
    let meeting: Meeting = meeting(row)?;
    let created_at = Timestamp::from_micros(row.try_get("created_at")?);
    Ok(Scheduled { meeting, change: change(row)?, created_at, sittings: Vec::new() })
}
