//! What minutes are made of: the tagged rows of an event, its people, and what was corrected after the close.

use sqlx::AnyConnection;

use crate::domain::minutes::{Correction, Person};
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::talk::message::ChatData;
use crate::domain::time::Timestamp;
use crate::store::db::row::Record;
use crate::store::log::transaction::LogTransaction;
use crate::store::schedule::events::{event, select_event};
use crate::store::talk::messages;
use crate::store::{Error, Store};

/// All that minutes depend on beside the event: as long as it stays the same, so do they. Lines are counted anew only with
/// these, so that a row that is nothing to the minutes costs them nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Version {
    /// How many rows have a tag, how many of these are redacted, and the newest.
    tagged: i64,
    redacted: i64,
    newest: i64,
    people: i64,
    corrections: i64,
}

/// What minutes are made of, at one moment.
#[derive(Clone, Debug)]
pub struct Material {
    pub event: ChatEvent,
    pub version: Version,
    /// The rows that have a tag, whoever may see them.
    pub rows: Vec<ChatData>,
    /// Everybody who ever joined, in the order of joining.
    pub people: Vec<Person>,
    /// In the order in which they were made.
    pub corrections: Vec<Correction>,
}

const FIND_VERSION: &str = select_event!(
    ", (SELECT count(*) FROM chat_data d WHERE d.event_id = e.id AND d.tag IS NOT NULL) AS tagged, \
     (SELECT count(*) FROM chat_data d WHERE d.event_id = e.id AND d.tag IS NOT NULL AND d.hash IS NOT NULL) AS redacted, \
     (SELECT coalesce(max(d.ts), 0) FROM chat_data d WHERE d.event_id = e.id AND d.tag IS NOT NULL) AS newest, \
     (SELECT count(*) FROM participant p WHERE p.event_id = e.id) AS people, \
     (SELECT count(*) FROM minutes_correction c WHERE c.event_id = e.id) AS corrections",
    "WHERE e.id = $1"
);
const FIND_PEOPLE: &str = "SELECT p.nick, p.also, coalesce(n.lines, 0) AS lines FROM participant p LEFT JOIN \
     (SELECT participant_id, count(*) AS lines FROM chat_data \
     WHERE event_id = $1 AND kind IN ('said', 'emote') AND audience IS NULL GROUP BY participant_id) n ON n.participant_id = p.id \
     WHERE p.event_id = $1 ORDER BY p.joined_ts, p.id";
/// The same without their lines, for those who need none.
const FIND_NAMES: &str = "SELECT nick, also, CAST(0 AS BIGINT) AS lines FROM participant WHERE event_id = $1 ORDER BY joined_ts, id";
/// What was corrected in the minutes of an event, `$1`.
pub(in crate::store) const FIND_CORRECTIONS: &str = "SELECT c.ts, c.text, o.name, c.made_at FROM minutes_correction c JOIN organizer o ON o.id = c.organizer_id \
     WHERE c.event_id = $1 ORDER BY c.made_at, c.ts";

impl Store {
    /// An event, and of which version its minutes are.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Unavailable`].
    pub async fn minutes_version(&self, id: &EventId) -> Result<(ChatEvent, Version), Error> {
        let row = sqlx::query(FIND_VERSION).bind(id.as_str()).fetch_optional(&self.readers).await?.ok_or(Error::Missing)?;
        Ok((event(&row)?, version(&row)?))
    }

    /// What an event's minutes are made of.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Unavailable`].
    pub async fn minutes_material(&self, id: &EventId) -> Result<Material, Error> {
        self.of_one_moment(async |on| material(on, id).await).await?.ok_or(Error::Missing)
    }

    /// Keeps a correction of an item of the minutes; without a text the item is taken out.
    ///
    /// # Errors
    /// [`Error::Conflict`] where the item was corrected at this very instant; [`Error::Unavailable`].
    pub async fn correct_minutes(&self, id: &EventId, item: Timestamp, text: Option<&str>, organizer: &str) -> Result<(), Error> {
        let mut tx = LogTransaction::begin(self, Some(id), false, None).await?;
        let corrected = tx.correct(id, item, text, organizer).await;
        tx.end(corrected).await
    }
}

impl LogTransaction {
    async fn correct(&mut self, id: &EventId, item: Timestamp, text: Option<&str>, organizer: &str) -> Result<(), Error> {
        let now = self.now();
        sqlx::query("INSERT INTO minutes_correction (event_id, ts, made_at, organizer_id, text) VALUES ($1, $2, $3, $4, $5)")
            .bind(id.as_str())
            .bind(item.micros())
            .bind(now.micros())
            .bind(organizer)
            .bind(text)
            .execute(self.connection())
            .await?;
        // What was corrected away is no item to the search any more.
        self.index_anew(id).await?;
        self.forget_words(id).await
    }
}

/// Everybody who ever joined, in the order of joining, without how much they said.
pub(in crate::store) async fn names(on: &mut AnyConnection, id: &EventId) -> Result<Vec<Person>, Error> {
    sqlx::query(FIND_NAMES).bind(id.as_str()).fetch_all(on).await?.iter().map(person).collect()
}

/// What was corrected, in the order in which that was.
pub(in crate::store) async fn corrections(on: &mut AnyConnection, id: &EventId) -> Result<Vec<Correction>, Error> {
    sqlx::query(FIND_CORRECTIONS).bind(id.as_str()).fetch_all(on).await?.iter().map(correction).collect()
}

async fn material(on: &mut AnyConnection, id: &EventId) -> Result<Option<Material>, Error> {
    let Some(found) = sqlx::query(FIND_VERSION).bind(id.as_str()).fetch_optional(&mut *on).await? else { return Ok(None) };
    let people = sqlx::query(FIND_PEOPLE).bind(id.as_str()).fetch_all(&mut *on).await?;
    Ok(Some(Material {
        event: event(&found)?,
        version: version(&found)?,
        rows: messages::tagged(&mut *on, id).await?,
        people: people.iter().map(person).collect::<Result<_, _>>()?,
        corrections: corrections(on, id).await?,
    }))
}

fn version(row: &impl Record) -> Result<Version, Error> {
    Ok(Version {
        tagged: row.number("tagged")?,
        redacted: row.number("redacted")?,
        newest: row.number("newest")?,
        people: row.number("people")?,
        corrections: row.number("corrections")?,
    })
}

fn person(row: &impl Record) -> Result<Person, Error> {
    let also = row.text_or_null("also")?.unwrap_or_default();
    Ok(Person { nick: row.text("nick")?, also: also.lines().map(str::to_owned).collect(), lines: row.number("lines")? })
}

pub(in crate::store) fn correction(row: &impl Record) -> Result<Correction, Error> {
    Ok(Correction {
        ts: Timestamp::from_micros(row.number("ts")?),
        text: row.text_or_null("text")?,
        by: row.text("name")?,
        at: Timestamp::from_micros(row.number("made_at")?),
    })
}
