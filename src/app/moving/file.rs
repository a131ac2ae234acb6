//! The file of an export, line by line: a head, a line a row, and an end with counts and a hash.
//!
//! What is read is taken for exactly what is written here, or refused with the number of its line.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Map;
use sha2::{Digest, Sha256};

use super::Problem;
use super::check::check;
use crate::domain::secret;
use crate::store::moving::copy::{Counts, Kind, Row, TABLES, Table, Value};

const FORMAT: &str = "gavel";
/// Goes up with every change of the tables. What an older version lacks is for its reader to fill in
/// ([`Column::since`](crate::store::moving::copy::Column)).
const VERSION: u64 = 5;
/// No line that Gavel writes is nearly as long; without a limit a foreign file would fill the memory.
const LONGEST: u64 = 16 * 1_024 * 1_024;

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    version: u64,
}

#[derive(Serialize)]
struct Written<'r> {
    table: &'static str,
    #[serde(serialize_with = "by_name")]
    row: (&'static Table, &'r Row),
}

#[derive(Serialize)]
struct Closing {
    end: End,
}

/// The last line: how many rows of each table there are, and the SHA-256 of all that stands above.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    rows: BTreeMap<String, u64>,
    sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyLine {
    table: Option<String>,
    row: Option<Map<String, serde_json::Value>>,
    end: Option<End>,
}

fn by_name<S: Serializer>((table, row): &(&'static Table, &Row), to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(row.len()))?;
    for (column, value) in table.columns.iter().zip(*row) {
        match value {
            Value::Null => map.serialize_entry(column.name, &())?,
            Value::Text(text) => map.serialize_entry(column.name, text)?,
            Value::Integer(number) => map.serialize_entry(column.name, number)?,
        }
    }
    map.end()
}

/// A file that is written.
pub(super) struct Sink<W> {
    to: W,
    hash: Sha256,
    counts: Counts,
}

impl<W: Write> Sink<W> {
    pub fn begin(to: W) -> io::Result<Self> {
        let mut this = Self { to, hash: Sha256::new(), counts: Counts::default() };
        this.line(&Head { format: FORMAT.to_owned(), version: VERSION })?;
        Ok(this)
    }

    /// Writes a row of the table at this place.
    pub fn row(&mut self, place: usize, row: &Row) -> io::Result<()> {
        let table = &TABLES[place];
        self.counts.0[place] += 1;
        self.line(&Written { table: table.name, row: (table, row) })
    }

    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Writes the last line.
    pub fn end(mut self) -> io::Result<Counts> {
        let rows = TABLES.iter().map(|table| table.name.to_owned()).zip(self.counts.0).collect();
        let sha256 = secret::hex(&self.hash.clone().finalize());
        self.line(&Closing { end: End { rows, sha256 } })?;
        self.to.flush()?;
        Ok(self.counts)
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.hash.update(&bytes);
        self.to.write_all(&bytes)
    }
}

/// A file that is read.
pub(super) struct Source<R> {
    from: R,
    hash: Sha256,
    counts: Counts,
    /// The version of the format.
    version: u64,
    line: u64,
    bytes: u64,
    read: Vec<u8>,
}

/// What a line says.
pub(super) enum ExportLine {
    /// A row of the table at this place.
    Row(usize, Row),
    /// There are no more rows.
    End,
}

impl<R: BufRead> Source<R> {
    /// Reads the head.
    pub fn begin(from: R) -> Result<Self, Problem> {
        let mut this = Self { from, hash: Sha256::new(), counts: Counts::default(), version: 0, line: 0, bytes: 0, read: Vec::new() };
        this.read()?;
        let head: Head = serde_json::from_slice(&this.read).map_err(|_| Problem::Foreign)?;
        match (head.format.as_str(), head.version) {
            (FORMAT, 1..=VERSION) => this.version = head.version,
            (FORMAT, version) if version > VERSION => return Err(Problem::Newer(version)),
            _ => return Err(Problem::Foreign),
        }
        this.hash.update(&this.read);
        Ok(this)
    }

    /// How many lines are read.
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// How many bytes are read.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many rows there were.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Reads the next line. Gives [`ExportLine::End`] only where that is the last one and all above it is
    /// as it was written.
    pub fn next_line(&mut self) -> Result<ExportLine, Problem> {
        self.read()?;
        if self.read.is_empty() {
            return Err(Problem::Half(self.line - 1));
        }
        let line = match serde_json::from_slice::<AnyLine>(&self.read) {
            Ok(line) => line,
            // Every whole line has its end.
            Err(_) if self.read.last() != Some(&b'\n') => return Err(Problem::Half(self.line - 1)),
            Err(cause) => return Err(self.broken(reason(&cause))),
        };
        match line {
            AnyLine { table: Some(name), row: Some(row), end: None } => {
                let place = Table::place(&name).ok_or_else(|| self.broken(format!("the table “{name}” is unknown here")))?;
                let mut row = values(&TABLES[place], row, self.version).map_err(|reason| self.broken(reason))?;
                check(&TABLES[place], &mut row).map_err(|reason| self.broken(reason))?;
                self.hash.update(&self.read);
                self.counts.0[place] += 1;
                Ok(ExportLine::Row(place, row))
            }
            AnyLine { table: None, row: None, end: Some(end) } => {
                self.check(&end)?;
                Ok(ExportLine::End)
            }
            _ => Err(self.broken("it is neither a row nor the end".to_owned())),
        }
    }

    fn check(&mut self, end: &End) -> Result<(), Problem> {
        let told = |table: &Table| end.rows.get(table.name).copied().unwrap_or_default();
        if let Some(name) = end.rows.keys().find(|name| Table::place(name).is_none()) {
            return Err(self.broken(format!("the table “{name}” is unknown here")));
        }
        if let Some((table, count)) = TABLES.iter().zip(self.counts.0).find(|(table, count)| told(table) != *count) {
            return Err(Problem::Changed(format!("of the table “{}” it has {count} rows and tells of {}", table.name, told(table))));
        }
        let found = secret::hex(&self.hash.clone().finalize());
        if found != end.sha256 {
            return Err(Problem::Changed(format!("its hash is {found}, and was {}", end.sha256)));
        }
        self.read()?;
        if self.read.is_empty() { Ok(()) } else { Err(self.broken("it stands behind the end".to_owned())) }
    }

    /// Reads a line with its end into `read`, nothing where there is none.
    fn read(&mut self) -> Result<(), Problem> {
        self.read.clear();
        self.line += 1;
        let read = self.from.by_ref().take(LONGEST).read_until(b'\n', &mut self.read)?;
        self.bytes += read as u64;
        if read as u64 == LONGEST { Err(self.broken("it is longer than any that Gavel writes".to_owned())) } else { Ok(()) }
    }

    const fn broken(&self, reason: String) -> Problem {
        Problem::Line(self.line, reason)
    }
}

/// The values of a row of a file of this version, in the order of the table's columns.
fn values(table: &Table, mut row: Map<String, serde_json::Value>, version: u64) -> Result<Row, String> {
    let mut values = Row::with_capacity(table.columns.len());
    for column in table.columns {
        if column.since > version {
            values.push(column.lacking());
            continue;
        }
        let named = format!("“{}” of the table “{}”", column.name, table.name);
        let value = row.remove(column.name).ok_or_else(|| format!("{named} is missing"))?;
        values.push(match (column.kind, value) {
            (_, serde_json::Value::Null) if column.optional => Value::Null,
            (Kind::Text, serde_json::Value::String(text)) => Value::Text(text),
            (Kind::Integer, serde_json::Value::Number(number)) => {
                Value::Integer(number.as_i64().ok_or_else(|| format!("{named} is {number}, and no whole number of 64 bits"))?)
            }
            (kind, _) => {
                let wanted = if kind == Kind::Text { "a text" } else { "a number" };
                return Err(format!("{named} is not {wanted}"));
            }
        });
    }
    match row.keys().next() {
        Some(name) => Err(format!("the table “{}” has no column “{name}” here", table.name)),
        None => Ok(values),
    }
}

/// What the reader of JSON says, without the line, which for it is always the first.
fn reason(cause: &serde_json::Error) -> String {
    let said = cause.to_string();
    let words = said.rsplit_once(" at line ").map_or(said.as_str(), |(words, _)| words);
    format!("{words} (at byte {})", cause.column())
}
