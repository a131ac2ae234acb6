//! Reading CHATEVENT: one event, the lists of pages, and what is due at set times.

use sqlx::{Any, AnyConnection, Executor, Row};

use crate::domain::limits;
use crate::domain::schedule::event::{ChatEvent, EventId, WARNINGS};
use crate::domain::schedule::meeting::Visibility;
use crate::domain::talk::message::ChatData;
use crate::domain::talk::participant::Participant;
use crate::domain::time::{self, Timestamp};
use crate::store::db::row::{Record, undecodable};
use crate::store::talk::messages::newest;
use crate::store::talk::participants::of_event;
use crate::store::{Error, Store};

/// Every column that makes a [`ChatEvent`], more columns where they are wanted, and the rest of a statement.
macro_rules! select_event {
    ($rest:expr) => {
        select_event!("", $rest)
    };
    ($more:literal, $rest:expr) => {
        concat!(
            "SELECT e.id, e.meeting_id, m.slug, coalesce(e.title, m.title) AS title, e.title AS own_title, e.key, m.timezone, \
             e.agenda, e.opens_at, e.closes_at, e.original_start, e.wall, e.opened_ts, e.closed_ts, e.cancelled_at, \
             e.cancelled_with_meeting, e.cancel_reason, e.warned_ts, e.last_ts, e.row_count, e.digest, m.visibility",
            $more,
            " FROM chat_event e JOIN meeting m ON m.id = e.meeting_id ",
            $rest
        )
    };
}
pub(in crate::store) use select_event;

/// Whether the moment so long before the end is one at which the room warns, and it has not yet.
macro_rules! is_ahead {
    ($before:literal) => {
        concat!("closes_at - ", $before, " > opens_at AND closes_at - ", $before, " > warned_ts")
    };
}

/// The first such moment of all open rooms.
macro_rules! next_warning {
    ($before:literal, $name:literal) => {
        concat!(
            "(SELECT min(closes_at) - ",
            $before,
            " FROM chat_event WHERE opened_ts IS NOT NULL AND closed_ts IS NULL AND cancelled_at IS NULL AND ",
            is_ahead!($before),
            ") AS ",
            $name
        )
    };
}

/// A minute in microseconds.
const MINUTE: i64 = 60_000_000;

/// An event with its newest rows and its people, all of one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub event: ChatEvent,
    /// In `ts` order; the last one is the event's head.
    pub rows: Vec<ChatData>,
    pub people: Vec<Participant>,
}

impl Store {
    /// The event with this id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_event(&self, id: &EventId) -> Result<Option<ChatEvent>, Error> {
        let row = sqlx::query(select_event!("WHERE e.id = $1")).bind(id.as_str()).fetch_optional(&self.readers).await?;
        row.as_ref().map(event).transpose()
    }

    /// The event of a meeting with this key.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_event_by_key(&self, meeting: &str, key: &str) -> Result<Option<ChatEvent>, Error> {
        let row = sqlx::query(select_event!("WHERE e.meeting_id = $1 AND e.key = $2"))
            .bind(meeting)
            .bind(key)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(event).transpose()
    }

    /// An event with its newest `limit` rows and all of its people, read in one transaction.
    ///
    /// # Errors
    /// [`Error::Missing`] where there is no such event; [`Error::Unavailable`].
    pub async fn snapshot(&self, id: &EventId, limit: usize) -> Result<Snapshot, Error> {
        let read = async |on: &mut AnyConnection| {
            let Some(event) = one(&mut *on, id.as_str()).await? else { return Ok(None) };
            Ok(Some(Snapshot { event, rows: newest(&mut *on, id, limit).await?, people: of_event(on, id).await? }))
        };
        self.of_one_moment(read).await?.ok_or(Error::Missing)
    }

    /// The events of a meeting that are open at `now`, earliest start first. What has opened is open
    /// also where the clock stepped back behind its start.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn open_events_of(&self, meeting: &str, now: Timestamp) -> Result<Vec<ChatEvent>, Error> {
        let rows = sqlx::query(select_event!(
            "WHERE e.meeting_id = $1 AND e.cancelled_at IS NULL AND e.closed_ts IS NULL \
             AND (e.opens_at <= $2 OR e.opened_ts IS NOT NULL) AND e.closes_at > $2 ORDER BY e.opens_at"
        ))
        .bind(meeting)
        .bind(now.micros())
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(event).collect()
    }

    /// The events of a meeting that lie ahead of `now`, cancelled ones among them, next first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn events_ahead_of(&self, meeting: &str, now: Timestamp, limit: i64) -> Result<Vec<ChatEvent>, Error> {
        let rows = sqlx::query(select_event!(
            "WHERE e.meeting_id = $1 AND e.closed_ts IS NULL AND e.closes_at > $2 \
             AND ((e.opens_at > $2 AND e.opened_ts IS NULL) OR e.cancelled_at IS NOT NULL) ORDER BY e.opens_at LIMIT $3"
        ))
        .bind(meeting)
        .bind(now.micros())
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(event).collect()
    }

    /// The events of a meeting that are over at `now` and began before `before`, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn past_events_of(&self, meeting: &str, now: Timestamp, before: Timestamp, limit: i64) -> Result<Vec<ChatEvent>, Error> {
        let rows = sqlx::query(select_event!(
            "WHERE e.meeting_id = $1 AND (e.closed_ts IS NOT NULL OR e.closes_at <= $2) \
             AND e.opens_at < $3 ORDER BY e.opens_at DESC LIMIT $4"
        ))
        .bind(meeting)
        .bind(now.micros())
        .bind(before.micros())
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(event).collect()
    }

    /// The events of the same meeting that start next before and next after this one, of those that are not cancelled.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn neighbours(&self, of: &ChatEvent) -> Result<(Option<ChatEvent>, Option<ChatEvent>), Error> {
        let before =
            select_event!("WHERE e.meeting_id = $1 AND e.opens_at < $2 AND e.cancelled_at IS NULL ORDER BY e.opens_at DESC LIMIT 1");
        let after = select_event!("WHERE e.meeting_id = $1 AND e.opens_at > $2 AND e.cancelled_at IS NULL ORDER BY e.opens_at LIMIT 1");
        Ok((self.near(of, before).await?, self.near(of, after).await?))
    }

    /// The event that a statement finds by the meeting (`$1`) and the opening (`$2`) of this one.
    pub(in crate::store) async fn near(&self, of: &ChatEvent, find: &'static str) -> Result<Option<ChatEvent>, Error> {
        let row = sqlx::query(find).bind(&of.meeting).bind(of.opens_at.micros()).fetch_optional(&self.readers).await?;
        row.as_ref().map(event).transpose()
    }

    /// The public events that are open at `now`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn public_open(&self, now: Timestamp, limit: i64) -> Result<Vec<ChatEvent>, Error> {
        // No event is longer than a day, but one may have been opened long before its time: two indexes have them all.
        let rows = sqlx::query(select_event!(
            "WHERE m.visibility = 'public' AND m.deleted_at IS NULL AND e.id IN (\
             SELECT id FROM chat_event WHERE closed_ts IS NULL AND cancelled_at IS NULL AND opens_at > $2 AND opens_at <= $1 AND closes_at > $1 \
             UNION ALL \
             SELECT id FROM chat_event WHERE opened_ts IS NOT NULL AND closed_ts IS NULL AND cancelled_at IS NULL AND closes_at > $1) \
             ORDER BY e.closes_at LIMIT $3"
        ))
        .bind(now.micros())
        .bind(now.plus_minutes(-limits::MINUTES - 1).micros())
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(event).collect()
    }

    /// The public events that open after `now`, next first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn public_ahead(&self, now: Timestamp, limit: usize) -> Result<Vec<ChatEvent>, Error> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = sqlx::query(select_event!(
            "WHERE m.visibility = 'public' AND m.deleted_at IS NULL AND e.closed_ts IS NULL AND e.cancelled_at IS NULL \
             AND e.opened_ts IS NULL AND e.opens_at > $1 ORDER BY e.opens_at LIMIT $2"
        ))
        .bind(now.micros())
        .bind(most)
        .fetch_all(&self.readers)
        .await?;
        let mut events: Vec<ChatEvent> = rows.iter().map(event).collect::<Result<_, _>>()?;
        // Cancelled ones are in no index by their start, but each would have ended within a day of that.
        let last = events.last().filter(|_| events.len() == limit).map_or(Timestamp::from_micros(time::LATEST), |last| last.opens_at);
        let rows = sqlx::query(select_event!(
            "WHERE m.visibility = 'public' AND m.deleted_at IS NULL AND e.closed_ts IS NULL AND e.cancelled_at IS NOT NULL \
             AND e.opens_at > $1 AND e.opens_at <= $2 AND e.closes_at > $1 AND e.closes_at <= $3 ORDER BY e.opens_at LIMIT $4"
        ))
        .bind(now.micros())
        .bind(last.micros())
        .bind(last.plus_minutes(limits::MINUTES + 1).micros())
        .bind(most)
        .fetch_all(&self.readers)
        .await?;
        for row in &rows {
            events.push(event(row)?);
        }
        events.sort_by_key(|event| event.opens_at);
        events.truncate(limit);
        Ok(events)
    }

    /// The public events that closed last and in which something was said, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn public_transcripts(&self, now: Timestamp, limit: i64) -> Result<Vec<ChatEvent>, Error> {
        let rows = sqlx::query(select_event!(
            "WHERE m.visibility = 'public' AND m.deleted_at IS NULL AND e.cancelled_at IS NULL AND e.closes_at <= $1 \
             AND e.row_count > 2 ORDER BY e.closes_at DESC LIMIT $2"
        ))
        .bind(now.micros())
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(event).collect()
    }

    /// The next instant at which an event opens, warns or closes, past ones that were slept through included.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next_boundary(&self) -> Result<Option<Timestamp>, Error> {
        let row = sqlx::query(concat!(
            "SELECT (SELECT min(opens_at) FROM chat_event WHERE closed_ts IS NULL AND cancelled_at IS NULL AND opened_ts IS NULL) AS opens, \
             (SELECT min(closes_at) FROM chat_event WHERE closed_ts IS NULL AND cancelled_at IS NULL) AS closes, ",
            next_warning!("$1", "first"),
            ", ",
            next_warning!("$2", "second"),
            ", ",
            next_warning!("$3", "third")
        ));
        let row = WARNINGS.iter().fold(row, |query, minutes| query.bind(minutes * MINUTE)).fetch_one(&self.readers).await?;
        let instants = ["opens", "closes", "first", "second", "third"].map(|name| row.try_get::<Option<i64>, _>(name));
        let instants: Vec<Option<i64>> = instants.into_iter().collect::<Result<_, _>>()?;
        Ok(instants.into_iter().flatten().min().map(Timestamp::from_micros))
    }

    /// The events with an `opened`, `warning` or `closed` row due at `now`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn due(&self, now: Timestamp, limit: i64) -> Result<Vec<EventId>, Error> {
        let rows = sqlx::query(concat!(
            "SELECT id FROM chat_event WHERE closed_ts IS NULL AND cancelled_at IS NULL \
             AND ((opened_ts IS NULL AND opens_at <= $1) OR closes_at <= $1 OR (opened_ts IS NOT NULL AND (",
            "(closes_at - $3 <= $1 AND ",
            is_ahead!("$3"),
            ") OR (closes_at - $4 <= $1 AND ",
            is_ahead!("$4"),
            ") OR (closes_at - $5 <= $1 AND ",
            is_ahead!("$5"),
            ")))) ORDER BY opens_at LIMIT $2"
        ))
        .bind(now.micros())
        .bind(limit);
        let rows = WARNINGS.iter().fold(rows, |query, minutes| query.bind(minutes * MINUTE)).fetch_all(&self.readers).await?;
        rows.iter().map(|row| row.event_id("id")).collect()
    }

    /// The open events in which somebody is present, for those who watch over presence after a start.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn inhabited(&self) -> Result<Vec<EventId>, Error> {
        let rows = sqlx::query(
            "SELECT e.id FROM chat_event e WHERE e.closed_ts IS NULL AND e.cancelled_at IS NULL AND e.opened_ts IS NOT NULL \
             AND (SELECT count(*) FROM participant p WHERE p.event_id = e.id AND p.away_ts IS NULL AND p.gone_ts IS NULL) > 0",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| row.event_id("id")).collect()
    }
}

/// One event, on a connection that may be inside a transaction.
pub(in crate::store) async fn one<'c>(on: impl Executor<'c, Database = Any>, id: &str) -> Result<Option<ChatEvent>, Error> {
    let row = sqlx::query(select_event!("WHERE e.id = $1")).bind(id).fetch_optional(on).await?;
    row.as_ref().map(event).transpose()
}

pub(in crate::store) fn event(row: &impl Record) -> Result<ChatEvent, Error> {
    let zone = row.text("timezone")?;
    let instant = |column: &str| -> Result<Option<Timestamp>, Error> { Ok(row.number_or_null(column)?.map(Timestamp::from_micros)) };
    let set = |column: &str| -> Result<Timestamp, Error> { Ok(Timestamp::from_micros(row.number(column)?)) };
    Ok(ChatEvent {
        id: row.event_id("id")?,
        meeting: row.text("meeting_id")?,
        slug: row.text("slug")?,
        title: row.text("title")?,
        own_title: row.text_or_null("own_title")?.is_some(),
        key: row.text("key")?,
        zone: time::zone(&zone).map_err(|_| undecodable("timezone", &zone))?,
        agenda: row.text_or_null("agenda")?,
        opens_at: set("opens_at")?,
        closes_at: set("closes_at")?,
        original_start: set("original_start")?,
        is_by_timetable: row.text_or_null("wall")?.is_some(),
        opened: instant("opened_ts")?,
        closed: instant("closed_ts")?,
        cancelled_at: instant("cancelled_at")?,
        cancelled_with_meeting: instant("cancelled_with_meeting")?.is_some(),
        reason: row.text_or_null("cancel_reason")?,
        warned: set("warned_ts")?,
        last: set("last_ts")?,
        count: row.number("row_count")?,
        draft: row.text("visibility")? == Visibility::Draft.as_str(),
        digest: row.text_or_null("digest")?,
    })
}
