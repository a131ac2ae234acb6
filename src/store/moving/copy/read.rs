//! Reading everything as one moment shows it, page by page along the keys, beside a running server.

use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row as _, Transaction};

use super::{Counts, Kind, Row, TABLES, Table, Value};
use crate::store::db::row::undecodable;
use crate::store::{Error, Store};

/// How many rows one read takes.
const PAGE: usize = 1_000;

/// The database as it was when this was made, whatever is written meanwhile.
pub struct Moment(Transaction<'static, Any>);

impl Store {
    /// Holds on to the database as it is now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn moment(&self) -> Result<Moment, Error> {
        let mut reading = self.readers.begin().await?;
        self.engine.take_time(&mut reading).await?;
        Ok(Moment(reading))
    }
}

impl Moment {
    /// How much there is.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn counts(&mut self) -> Result<Counts, Error> {
        counts(&mut self.0).await
    }

    /// The rows of a table behind this one by their key, some at a time; from the first one on where
    /// there is none. An empty page is the end.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn page(&mut self, table: &Table, behind: Option<&Row>) -> Result<Vec<Row>, Error> {
        let (columns, key) = (Table::list(table.columns), Table::list(&table.columns[..table.key]));
        let behind = behind.map_or(&[][..], |row| &row[..table.key]);
        let places: Vec<String> = (1..=behind.len()).map(|n| format!("${n}")).collect();
        let only = if behind.is_empty() { String::new() } else { format!("WHERE ({key}) > ({})", places.join(", ")) };
        // Of names in this program and of numbers; values are bound.
        let sql = AssertSqlSafe(format!("SELECT {columns} FROM {} {only} ORDER BY {key} LIMIT {PAGE}", table.name));
        let mut query = sqlx::query(sql);
        for value in behind {
            query = match value {
                Value::Text(text) => query.bind(text.as_str()),
                Value::Integer(number) => query.bind(*number),
                // Behind NULL nothing would be found, and the rest be left out without a word.
                Value::Null => return Err(undecodable(table.name, "NULL in its key")),
            };
        }
        let rows = query.fetch_all(&mut *self.0).await?;
        rows.iter().map(|found| row(table, found)).collect()
    }
}

/// How many rows each table has.
pub(super) async fn counts(on: &mut AnyConnection) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    for (table, count) in TABLES.iter().zip(&mut counts.0) {
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {}", table.name))).fetch_one(&mut *on).await?;
        *count = found.unsigned_abs();
    }
    Ok(counts)
}

fn row(table: &Table, found: &AnyRow) -> Result<Row, Error> {
    let value = |(n, kind): (usize, Kind)| -> Result<Value, Error> {
        Ok(match kind {
            Kind::Text => found.try_get::<Option<String>, _>(n)?.map_or(Value::Null, Value::Text),
            Kind::Integer => found.try_get::<Option<i64>, _>(n)?.map_or(Value::Null, Value::Integer),
        })
    };
    table.columns.iter().map(|column| column.kind).enumerate().map(value).collect()
}
