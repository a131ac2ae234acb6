//! Events that readers have not heard of although they are near: made, or moved here, by a change. What simply comes near with
//! time is not announced (`plan_reminders`).

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::domain::reminders::change::Span;
use crate::domain::reminders::pairing::NewDate;
use crate::domain::time::Timestamp;
use crate::store::db::row::Record as _;
use crate::store::{Error, Store};

/// How many days before its start followers are told of every change of an event. The next event of a weekly meeting is always
/// among these.
pub(in crate::store) const AHEAD_DAYS: i64 = 8;
/// The most dates of one meeting that are looked at.
const MOST: i64 = 100;

/// The condition for an event that came near by a change, while somebody was following its meeting. `$1` is the time.
macro_rules! came_near {
    () => {
        "e.cancelled_at IS NULL AND e.closed_ts IS NULL AND e.opened_ts IS NULL AND e.opens_at > $1 \
         AND e.opens_at <= e.changed_at + 691200000000 \
         AND EXISTS (SELECT 1 FROM reminder r WHERE r.meeting_id = e.meeting_id AND r.confirmed_at < e.changed_at)"
    };
}

pub(in crate::store) use came_near;

impl Store {
    /// From when to when the next event of a meeting goes that is not cancelled.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next_span(&self, meeting: &str) -> Result<Option<Span>, Error> {
        let query = sqlx::query(
            "SELECT opens_at, closes_at FROM chat_event WHERE meeting_id = $1 AND opens_at > $2 \
             AND cancelled_at IS NULL AND closed_ts IS NULL ORDER BY opens_at LIMIT 1",
        );
        let row = query.bind(meeting.to_owned()).bind(self.clock.now().micros()).fetch_optional(&self.readers).await?;
        row.map(|row| {
            let at = |column: &str| -> Result<Timestamp, Error> { Ok(Timestamp::from_micros(row.number(column)?)) };
            Ok(Span { opens: at("opens_at")?, closes: at("closes_at")? })
        })
        .transpose()
    }

    /// The meetings with new dates that have been left alone since `settled`.
    pub(in crate::store) async fn meetings_with_new_dates(&self, now: Timestamp, settled: Timestamp) -> Result<Vec<String>, Error> {
        let query = sqlx::query_scalar(concat!(
            "SELECT e.meeting_id FROM chat_event e WHERE ",
            came_near!(),
            " AND NOT EXISTS (SELECT 1 FROM announced a WHERE a.event_id = e.id) GROUP BY e.meeting_id HAVING max(e.changed_at) <= $2"
        ));
        Ok(query.bind(now.micros()).bind(settled.micros()).fetch_all(&self.readers).await?)
    }
}

/// The new dates of a meeting: those that came near, and what its last change has made farther off, up to five minutes before that:
/// several changes are one email. Before an event opens, its `warned_ts` is when it was made.
pub(in crate::store) async fn of_meeting(on: &mut AnyConnection, meeting: &str, now: Timestamp) -> Result<Vec<NewDate>, Error> {
    let rows = sqlx::query(concat!(
        "SELECT e.id, e.key, coalesce(e.title, m.title) AS title, e.opens_at, e.closes_at, \
         CASE WHEN ",
        came_near!(),
        " THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS near FROM chat_event e JOIN meeting m ON m.id = e.meeting_id \
         WHERE e.meeting_id = $2 AND e.cancelled_at IS NULL AND e.closed_ts IS NULL AND e.opened_ts IS NULL AND e.opens_at > $1 \
         AND (e.opens_at <= $3 OR (e.warned_ts >= m.changed_at - 300000000 \
         AND EXISTS (SELECT 1 FROM reminder r WHERE r.meeting_id = m.id AND r.confirmed_at < e.warned_ts))) \
         AND NOT EXISTS (SELECT 1 FROM announced a WHERE a.event_id = e.id) ORDER BY e.opens_at, e.id LIMIT $4"
    ))
    .bind(now.micros())
    .bind(meeting)
    .bind(now.plus_days(AHEAD_DAYS).micros())
    .bind(MOST)
    .fetch_all(on)
    .await?;
    let date = |row: &AnyRow| {
        let at = |column: &str| -> Result<Timestamp, Error> { Ok(Timestamp::from_micros(row.number(column)?)) };
        Ok(NewDate {
            event: row.text("id")?,
            title: row.text("title")?,
            key: row.text("key")?,
            span: Span { opens: at("opens_at")?, closes: at("closes_at")? },
            is_near: row.number("near")? > 0,
        })
    };
    rows.iter().map(date).collect()
}

/// Notes a new date as known. `day_at` and `hour_at` are as for an event that moved: what this mail says needs no reminder soon after.
pub(in crate::store) async fn note(
    on: &mut AnyConnection,
    meeting: &str,
    date: &NewDate,
    day_at: Option<i64>,
    hour_at: Option<i64>,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO announced (event_id, meeting_id, title, opens_at, closes_at, day_at, hour_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (event_id) DO NOTHING",
    )
    .bind(date.event.clone())
    .bind(meeting.to_owned())
    .bind(date.title.clone())
    .bind(date.span.opens.micros())
    .bind(date.span.closes.micros())
    .bind(day_at)
    .bind(hour_at)
    .execute(on)
    .await?;
    Ok(())
}
