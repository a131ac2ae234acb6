//! Everything from a file, in one transaction: all of it, checked, or nothing.

use std::io::BufRead;
use std::mem;

use super::file::{ExportLine, Source};
use super::{Problem, Step};
use crate::app::App;
use crate::store::moving::copy::{Counts, Filling, Row, TABLES, Table};

/// One statement takes at most so many rows, and text of about so many bytes.
const BATCH_ROWS: usize = 500;
const BATCH_BYTES: u64 = 256 * 1_024;

/// What an import did.
#[derive(Clone, Copy, Debug)]
pub struct Imported {
    pub rows: Counts,
    /// What was there before, and is no more.
    pub replaced: Counts,
}

impl App {
    /// Puts what `from` holds into the database, which has to be empty; with `replace`, in the place of
    /// what is there.
    ///
    /// # Errors
    /// Any [`Problem`]; then the database is as it was.
    pub async fn import(&self, from: impl BufRead, replace: bool, mut progress: impl FnMut(Step)) -> Result<Imported, Problem> {
        let _alone = self.store.claim_alone().await?;
        let mut source = Source::begin(from)?;
        let mut filling = self.store.fill().await?;
        let replaced = filling.counts().await?;
        if replaced.sum() > 0 {
            if !replace {
                return Err(Problem::NotEmpty(replaced));
            }
            filling.clear().await?;
        }
        let mut batch = Batch::default();
        while let ExportLine::Row(place, row) = source.next_line()? {
            if batch.is_full(place, source.bytes()) {
                batch.write(&mut filling, source.line() - 1).await?;
                batch = Batch { place, began: source.bytes(), ..batch };
                progress(Step::Read { bytes: source.bytes() });
            }
            batch.rows.push(row);
        }
        batch.write(&mut filling, source.line() - 1).await?;
        let rows = source.counts();
        filling.read_meetings().await?;
        compare(&mut filling, &rows, progress).await?;
        filling.commit().await?;
        Ok(Imported { rows, replaced })
    }
}

/// Rows of one table that are written together.
#[derive(Default)]
struct Batch {
    /// Of the table in [`TABLES`].
    place: usize,
    rows: Vec<Row>,
    /// How much of the file was read before them.
    began: u64,
}

impl Batch {
    /// Whether a row of this table has to go into another batch, when so much of the file is read.
    const fn is_full(&self, place: usize, bytes: u64) -> bool {
        self.place != place || self.rows.len() >= BATCH_ROWS || bytes - self.began > BATCH_BYTES
    }

    /// Writes the rows, the last of which stood on this line.
    async fn write(&mut self, filling: &mut Filling, line: u64) -> Result<(), Problem> {
        let rows = mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        let table: &'static Table = &TABLES[self.place];
        filling.insert(table, &rows).await.map_err(|cause| Problem::Refused(line, table.name, cause))
    }
}

/// Sees to it that every log, as it is in the database now, is the one that was counted and hashed.
async fn compare(filling: &mut Filling, rows: &Counts, mut progress: impl FnMut(Step)) -> Result<(), Problem> {
    let of = Table::place("chat_event").map_or(0, |place| rows.0[place]);
    let mut logs = 0;
    let unlike = filling
        .first_unlike(|| {
            logs += 1;
            progress(Step::Compared { logs, of });
        })
        .await?;
    let Some(found) = unlike else { return Ok(()) };
    let digest = |digest: Option<&str>| digest.unwrap_or("none").to_owned();
    Err(Problem::Unlike(format!(
        "the event {} ({}) tells of {} messages with the digest {}, the last one at {}, and has {} with {}, the last one at {}",
        found.event.id,
        found.event.url(),
        found.event.count,
        digest(found.event.digest.as_deref()),
        found.event.last,
        found.count,
        digest(found.digest.as_deref()),
        found.last
    )))
}
