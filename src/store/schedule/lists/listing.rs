//! Reading what one organizer has on the schedule: pages of events and meetings, what falls into a span of time. Every list is bounded, however much there is.

use sqlx::AssertSqlSafe;

use crate::domain::limits;
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::time::Timestamp;
use crate::store::schedule::events::{event, select_event};
use crate::store::schedule::meetings::{meeting, select_meeting};
use crate::store::schedule::overlap;
use crate::store::{Error, Store};

/// No event is longer than this, in microseconds: a day and a minute.
const LONGEST: i64 = (limits::MINUTES + 1) * 60_000_000;

/// Whether the titles of an event and its meeting have a pattern of [`Slice::pattern`] in them. Where nothing is
/// searched no title is looked at: that is half of what a list of a hundred thousand events takes.
macro_rules! titled {
    ($pattern:literal) => {
        concat!("(", $pattern, " = '%%' OR lower(m.title || ' ' || coalesce(e.title, '')) LIKE lower(", $pattern, ") ESCAPE '!')")
    };
}
pub(in crate::store) use titled;

/// An organizer's (`$1`) events that are not over at `$3`, by their titles (`$4`). No event is longer than a day, so none that
/// began before `$2` is one of them.
macro_rules! ahead {
    () => {
        concat!(
            "FROM chat_event e JOIN meeting m ON m.id = e.meeting_id WHERE m.organizer_id = $1 \
             AND m.deleted_at IS NULL AND e.opens_at > $2 AND e.closes_at > $3 AND e.closed_ts IS NULL AND ",
            titled!("$4")
        )
    };
}

/// An organizer's (`$1`) events that are over at `$2`, by their titles (`$3`).
macro_rules! over {
    () => {
        concat!(
            "FROM chat_event e JOIN meeting m ON m.id = e.meeting_id WHERE m.organizer_id = $1 \
             AND m.deleted_at IS NULL AND e.opens_at < $2 AND (e.closed_ts IS NOT NULL OR e.closes_at <= $2) AND ",
            titled!("$3")
        )
    };
}

/// An organizer's (`$1`) meetings by their titles (`$2`).
macro_rules! owned {
    () => {
        "WHERE organizer_id = $1 AND deleted_at IS NULL AND lower(title) LIKE lower($2) ESCAPE '!'"
    };
}

/// What of a list is asked for.
#[derive(Clone, Debug)]
pub struct Slice {
    /// A part of a title, in any case of a-z; empty: everything.
    pub search: String,
    pub limit: i64,
    pub offset: i64,
}

impl Slice {
    /// The search as a pattern of `LIKE … ESCAPE '!'`. No title has control characters, and PostgreSQL takes no text with a NUL.
    pub(in crate::store) fn pattern(&self) -> String {
        let mut pattern = String::from("%");
        for c in self.search.trim().chars().filter(|c| !c.is_control()) {
            if matches!(c, '%' | '_' | '!') {
                pattern.push('!');
            }
            pattern.push(c);
        }
        pattern + "%"
    }
}

impl Store {
    /// An organizer's events that are not over at `now`, next first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn organizers_events(&self, organizer: &str, now: Timestamp, slice: &Slice) -> Result<Vec<ChatEvent>, Error> {
        // Inside, the index has everything: rows are read for the page alone.
        let rows = sqlx::query(select_event!(concat!(
            "JOIN (SELECT e.id ",
            ahead!(),
            " ORDER BY e.opens_at, e.id LIMIT $5 OFFSET $6) p ON p.id = e.id ORDER BY e.opens_at, e.id"
        )))
        .bind(organizer)
        .bind(now.plus_minutes(-limits::MINUTES - 1).micros())
        .bind(now.micros())
        .bind(slice.pattern())
        .bind(slice.limit)
        .bind(slice.offset)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(event).collect()
    }

    /// An organizer's events that are over at `now`, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn organizers_past(&self, organizer: &str, now: Timestamp, slice: &Slice) -> Result<Vec<ChatEvent>, Error> {
        let rows = sqlx::query(select_event!(concat!(
            "JOIN (SELECT e.id ",
            over!(),
            " ORDER BY e.opens_at DESC, e.id LIMIT $4 OFFSET $5) p ON p.id = e.id ORDER BY e.opens_at DESC, e.id"
        )))
        .bind(organizer)
        .bind(now.micros())
        .bind(slice.pattern())
        .bind(slice.limit)
        .bind(slice.offset)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(event).collect()
    }

    /// How many events [`Self::organizers_events`] has on all pages.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_ahead(&self, organizer: &str, now: Timestamp, slice: &Slice) -> Result<i64, Error> {
        let count = sqlx::query_scalar(concat!("SELECT count(*) ", ahead!()))
            .bind(organizer)
            .bind(now.plus_minutes(-limits::MINUTES - 1).micros())
            .bind(now.micros())
            .bind(slice.pattern());
        Ok(count.fetch_one(&self.readers).await?)
    }

    /// How many events [`Self::organizers_past`] has on all pages.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_past(&self, organizer: &str, now: Timestamp, slice: &Slice) -> Result<i64, Error> {
        let count = sqlx::query_scalar(concat!("SELECT count(*) ", over!())).bind(organizer).bind(now.micros()).bind(slice.pattern());
        Ok(count.fetch_one(&self.readers).await?)
    }

    /// How many meetings [`Self::organizers_meetings`] has on all pages.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_meetings(&self, organizer: &str, slice: &Slice) -> Result<i64, Error> {
        let count = sqlx::query_scalar(concat!("SELECT count(*) FROM meeting ", owned!())).bind(organizer).bind(slice.pattern());
        Ok(count.fetch_one(&self.readers).await?)
    }

    /// These events, a page of them, earliest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_events(&self, ids: &[EventId]) -> Result<Vec<ChatEvent>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let places = (1..=ids.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        // Of words of this program and of numbers; ids are bound.
        let query = sqlx::query(AssertSqlSafe(format!("{} ({places}) ORDER BY e.opens_at, e.id", select_event!("WHERE e.id IN"))));
        let rows = ids.iter().fold(query, |query, id| query.bind(id.to_string())).fetch_all(&self.readers).await?;
        rows.iter().map(event).collect()
    }

    /// An organizer's events that take place at some moment between `from` and `until` and are neither cancelled
    /// nor closed, earliest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn organizers_events_in(
        &self,
        organizer: &str,
        from: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<ChatEvent>, Error> {
        // No event is longer than a day: that bounds where one may begin. Few of all events are in such a span, so they
        // are found by their time: `|| ''` keeps SQLite from going through all meetings of the organizer instead.
        let rows = sqlx::query(select_event!(
            "WHERE m.organizer_id || '' = $1 AND m.deleted_at IS NULL AND e.cancelled_at IS NULL AND e.closed_ts IS NULL \
             AND e.opens_at > $2 AND e.opens_at < $3 AND e.closes_at > $4 ORDER BY e.opens_at, e.id LIMIT $5"
        ))
        .bind(organizer)
        .bind(from.plus_minutes(-limits::MINUTES - 1).micros())
        .bind(until.micros())
        .bind(from.micros())
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(event).collect()
    }

    /// Of each of these meetings the event that is open at `now`, else the next one that is not cancelled.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next_events_of(&self, meetings: &[&str], now: Timestamp) -> Result<Vec<ChatEvent>, Error> {
        if meetings.is_empty() {
            return Ok(Vec::new());
        }
        let places = (0..meetings.len()).map(|n| format!("${}", n + 2)).collect::<Vec<_>>().join(", ");
        let first = "row_number() OVER (PARTITION BY meeting_id \
             ORDER BY CASE WHEN opens_at <= $1 OR opened_ts IS NOT NULL THEN 0 ELSE 1 END, opens_at) AS place";
        // Of words of this program and of numbers; ids are bound.
        let mut query = sqlx::query(AssertSqlSafe(format!(
            "{}(SELECT id, {first} FROM chat_event WHERE meeting_id IN ({places}) AND opens_at > $1 - {LONGEST} AND closes_at > $1 \
             AND cancelled_at IS NULL AND closed_ts IS NULL) p ON p.id = e.id WHERE p.place = 1",
            select_event!("JOIN ")
        )))
        .bind(now.micros());
        for id in meetings {
            query = query.bind((*id).to_owned());
        }
        query.fetch_all(&self.readers).await?.iter().map(event).collect()
    }

    /// The other events of the same meeting that overlap this one and are neither cancelled nor over at `now`,
    /// earliest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn events_beside(&self, of: &ChatEvent, now: Timestamp, limit: i64) -> Result<Vec<ChatEvent>, Error> {
        overlap::others(&self.readers, of, now, limit).await
    }

    /// The events of a meeting whose original start is `floor` or later, whatever became of them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn events_placed_from(&self, meeting: &str, floor: Timestamp) -> Result<Vec<ChatEvent>, Error> {
        let rows = sqlx::query(select_event!("WHERE e.meeting_id = $1 AND e.original_start >= $2 ORDER BY e.id"))
            .bind(meeting)
            .bind(floor.micros())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(event).collect()
    }

    /// An organizer's meetings by title, without deleted ones.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn organizers_meetings(&self, organizer: &str, slice: &Slice) -> Result<Vec<Meeting>, Error> {
        let rows = sqlx::query(select_meeting!(concat!(owned!(), " ORDER BY title, id LIMIT $3 OFFSET $4")))
            .bind(organizer)
            .bind(slice.pattern())
            .bind(slice.limit)
            .bind(slice.offset)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(meeting).collect()
    }

    /// The meetings that an organizer deleted after `since`, the last one first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn organizers_deleted(&self, organizer: &str, since: Timestamp, limit: i64) -> Result<Vec<Meeting>, Error> {
        let rows = sqlx::query(select_meeting!("WHERE organizer_id = $1 AND deleted_at > $2 ORDER BY deleted_at DESC, id LIMIT $3"))
            .bind(organizer)
            .bind(since.micros())
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(meeting).collect()
    }
}
