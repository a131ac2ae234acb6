//! Reading what begins on the days of an organizer's month: the first events of each day, how many there are, where they are.
//! Days are counted in UTC or by quarters of an hour, from which those of any zone can be told.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, Row as _};

use super::listing::{Slice, titled};
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::time::{self, Timestamp};
use crate::domain::zone::Zone;
use crate::store::db::row::{Record as _, undecodable};
use crate::store::schedule::events::{event, select_event};
use crate::store::{Error, Store};

/// The most events of one day (in UTC) that a month is given.
pub const OF_A_DAY: i64 = 8;

/// An organizer's (`$1`) events that begin from `$2` to before `$3`, by their titles (`$4`).
macro_rules! between {
    () => {
        concat!(
            "FROM chat_event e JOIN meeting m ON m.id = e.meeting_id WHERE m.organizer_id = $1 AND m.deleted_at IS NULL \
             AND e.opens_at >= $2 AND e.opens_at < $3 AND ",
            titled!("$4")
        )
    };
}

/// Where an event is, without the rest of it.
#[derive(Clone, Debug)]
pub struct Start {
    pub id: EventId,
    pub opens: Timestamp,
    pub closes: Timestamp,
    pub zone: Zone,
}

/// The events that begin in one quarter of an hour and end in another, in a zone: all of them are on the same days there, since no
/// zone is off by less.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// The beginning of the one quarter.
    pub opens: Timestamp,
    /// The end of the other.
    pub closes: Timestamp,
    pub zone: Zone,
    pub count: usize,
}

impl Store {
    /// Where an organizer's events are that begin from `from` to before `until`, cancelled ones too, earliest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn organizers_starts(&self, organizer: &str, from: Timestamp, until: Timestamp, slice: &Slice) -> Result<Vec<Start>, Error> {
        let find = concat!("SELECT e.id, e.opens_at, e.closes_at, m.timezone ", between!(), " ORDER BY e.opens_at, e.id");
        let rows = in_span(find, organizer, from, until, slice).fetch_all(&self.readers).await?;
        let start = |row: &AnyRow| {
            let at = |column: &str| -> Result<Timestamp, Error> { Ok(Timestamp::from_micros(row.number(column)?)) };
            Ok(Start { id: row.event_id("id")?, opens: at("opens_at")?, closes: at("closes_at")?, zone: zone_of(row)? })
        };
        rows.iter().map(start).collect()
    }

    /// How many of an organizer's events begin when, from `from` to before `until`, cancelled ones too.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn organizers_crowds(&self, organizer: &str, from: Timestamp, until: Timestamp, slice: &Slice) -> Result<Vec<Crowd>, Error> {
        let count = concat!(
            "SELECT e.opens_at / 900000000 AS first, (e.closes_at - 1) / 900000000 AS last, m.timezone, count(*) AS events ",
            between!(),
            " GROUP BY e.opens_at / 900000000, (e.closes_at - 1) / 900000000, m.timezone"
        );
        let rows = in_span(count, organizer, from, until, slice).fetch_all(&self.readers).await?;
        let crowd = |row: &AnyRow| {
            let (first, last, count) = (row.number("first")?, row.number("last")?, row.number("events")?);
            Ok(Crowd {
                opens: Timestamp::from_micros(first * 900_000_000),
                closes: Timestamp::from_micros((last + 1) * 900_000_000),
                zone: zone_of(row)?,
                count: usize::try_from(count).unwrap_or_default(),
            })
        };
        rows.iter().map(crowd).collect()
    }

    /// An organizer's events that begin from `from` to before `until`, cancelled ones too: the first
    /// [`OF_A_DAY`] of each day, and whether there are more.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn organizers_days(
        &self,
        organizer: &str,
        from: Timestamp,
        until: Timestamp,
        slice: &Slice,
    ) -> Result<Vec<(ChatEvent, bool)>, Error> {
        let find = select_event!(
            ", p.place",
            concat!(
                "JOIN (SELECT e.id, row_number() OVER (PARTITION BY e.opens_at / 86400000000 ORDER BY e.opens_at, e.id) AS place ",
                between!(),
                ") p ON p.id = e.id WHERE p.place <= $5 ORDER BY e.opens_at, e.id"
            )
        );
        let rows = in_span(find, organizer, from, until, slice).bind(OF_A_DAY + 1).fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((event(row)?, row.try_get::<i64, _>("place")? > OF_A_DAY))).collect()
    }
}

/// A statement about `between!`, with what that asks for.
fn in_span<'q>(
    statement: &'static str,
    organizer: &'q str,
    from: Timestamp,
    until: Timestamp,
    slice: &Slice,
) -> Query<'q, Any, AnyArguments> {
    sqlx::query(statement).bind(organizer).bind(from.micros()).bind(until.micros()).bind(slice.pattern())
}

fn zone_of(row: &AnyRow) -> Result<Zone, Error> {
    let zone: String = row.try_get("timezone")?;
    time::zone(&zone).map_err(|_| undecodable("timezone", &zone))
}
