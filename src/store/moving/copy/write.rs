//! Writing everything in one transaction: until it is committed, nothing of it is there.

use sqlx::{AssertSqlSafe, Executor};

use super::read::counts;
use super::{Counts, Kind, Row, TABLES, Table, Value};
use crate::domain::schedule::event::ChatEvent;
use crate::domain::time::Timestamp;
use crate::domain::transcript::digest;
use crate::store::db::write_connection::Held;
use crate::store::schedule::events::{event, select_event};
use crate::store::schedule::meetings::{meeting, select_meeting};
use crate::store::talk::messages::page;
use crate::store::talk::name_keys;
use crate::store::{Error, Store};

/// How many rows, or events, one read of what was written takes.
const PAGE: usize = 1_000;

/// A transaction that fills the database. Dropped without [`Self::commit`] it takes everything back.
pub struct Filling(Held);

/// A log that is not the one that its event was counted and hashed over.
#[derive(Clone, Debug)]
pub struct Unlike {
    pub event: ChatEvent,
    pub count: i64,
    pub digest: Option<String>,
    /// The `ts` of its last row; [`Timestamp::ZERO`] without rows.
    pub last: Timestamp,
}

impl Store {
    /// Begins to fill the database; nobody else writes until that ends.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn fill(&self) -> Result<Filling, Error> {
        let mut held = self.writer.hold().await?;
        // SQLite would take the lock at the first row, when another could have come between.
        let begin = self.engine.begin();
        held.execute(begin).await?;
        self.engine.take_time(&mut held).await?;
        Ok(Filling(held))
    }
}

impl Filling {
    /// How much there is.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn counts(&mut self) -> Result<Counts, Error> {
        counts(&mut self.0).await
    }

    /// Deletes all rows, what nodes of these rows had in common (other rows may come with another key), and the
    /// index of the search and the words on actions, which servers make anew.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn clear(&mut self) -> Result<(), Error> {
        for table in TABLES.iter().map(|table| table.name).rev().chain(["agreed", "search_cursor", "search_row", "action_word"]) {
            self.0.execute(AssertSqlSafe(format!("DELETE FROM {table}"))).await?;
        }
        Ok(())
    }

    /// Writes rows of a table, in one statement. Each takes as many parameters as it has columns, of
    /// which engines allow 32,766 in all.
    ///
    /// # Errors
    /// [`Error::Conflict`] where such a row is there; [`Error::Unavailable`], also where a row refers to
    /// one that is not there.
    pub async fn insert(&mut self, table: &Table, rows: &[Row]) -> Result<(), Error> {
        let width = table.columns.len();
        let row = |n: usize| {
            let places: Vec<String> = (1..=width).map(|column| format!("${}", n * width + column)).collect();
            format!("({})", places.join(", "))
        };
        let places = (0..rows.len()).map(row).collect::<Vec<_>>().join(", ");
        let sql = AssertSqlSafe(format!("INSERT INTO {} ({}) VALUES {places}", table.name, Table::list(table.columns)));
        let mut query = sqlx::query(sql);
        for (value, column) in rows.iter().flat_map(|row| row.iter().zip(table.columns)) {
            query = match (value, column.kind) {
                (Value::Text(text), _) => query.bind(text.as_str()),
                (Value::Integer(number), _) => query.bind(*number),
                (Value::Null, Kind::Text) => query.bind(None::<String>),
                (Value::Null, Kind::Integer) => query.bind(None::<i64>),
            };
        }
        query.execute(&mut *self.0).await?;
        Ok(())
    }

    /// Reads every log as it was written and gives the first one that does not make the count and the
    /// digest of its event. `each` hears of every event that was looked at.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also where a row is none that this program reads.
    pub async fn first_unlike(&mut self, mut each: impl FnMut()) -> Result<Option<Unlike>, Error> {
        let mut last = String::new();
        loop {
            let rows = sqlx::query(select_event!("WHERE e.id > $1 ORDER BY e.id LIMIT $2"))
                .bind(last.as_str())
                .bind(i64::try_from(PAGE).unwrap_or(i64::MAX))
                .fetch_all(&mut *self.0)
                .await?;
            for row in &rows {
                let event = event(row)?;
                event.id.as_str().clone_into(&mut last);
                let (count, digest, last) = self.follow(&event).await?;
                if (count, &digest, last) != (event.count, &event.digest, event.last) {
                    return Ok(Some(Unlike { event, count, digest, last }));
                }
                each();
            }
            if rows.len() < PAGE {
                return Ok(None);
            }
        }
    }

    /// Reads every meeting as the program does, so that none is committed that it could not read.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn read_meetings(&mut self) -> Result<(), Error> {
        let mut last = String::new();
        loop {
            let rows = sqlx::query(select_meeting!("WHERE id > $1 ORDER BY id LIMIT $2"))
                .bind(last.as_str())
                .bind(i64::try_from(PAGE).unwrap_or(i64::MAX))
                .fetch_all(&mut *self.0)
                .await?;
            for row in &rows {
                last = meeting(row)?.id;
            }
            if rows.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// Counts the rows of an event that everyone may see, and makes their digest. The timestamp is that of the last row of all.
    async fn follow(&mut self, event: &ChatEvent) -> Result<(i64, Option<String>, Timestamp), Error> {
        let (mut count, mut digest, mut cursor) = (0, None, Timestamp::ZERO);
        loop {
            let rows = page(&mut *self.0, &event.id, cursor, PAGE).await?;
            for row in rows.iter().filter(|row| row.audience.is_none()) {
                count += 1;
                digest = Some(digest::next(digest.as_deref(), &event.id, row));
            }
            cursor = rows.last().map_or(cursor, |last| last.ts);
            if rows.len() < PAGE {
                return Ok((count, digest, cursor));
            }
        }
    }

    /// Commits all rows, with keys of names by the rules of this version.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn commit(mut self) -> Result<(), Error> {
        name_keys::refresh(&mut self.0, name_keys::Whose::Everyones).await?;
        self.0.execute("COMMIT").await?;
        self.0.release();
        Ok(())
    }
}
