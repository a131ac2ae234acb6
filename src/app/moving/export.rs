//! Everything to a file: one moment of the database, a page in memory at a time.

use std::io::Write;

use super::file::Sink;
use super::{Problem, Step};
use crate::app::App;
use crate::store::moving::copy::{Counts, TABLES};

impl App {
    /// Writes all that is in the database to `to`, as one moment shows it; says how much that was. What
    /// is written may stand only where this ends well.
    ///
    /// # Errors
    /// [`Problem::File`], [`Problem::Store`].
    pub async fn export(&self, to: impl Write, mut progress: impl FnMut(Step)) -> Result<Counts, Problem> {
        let mut moment = self.store.moment().await?;
        let of = moment.counts().await?.sum();
        let mut sink = Sink::begin(to)?;
        for (place, table) in TABLES.iter().enumerate() {
            let mut last = None;
            loop {
                let rows = moment.page(table, last.as_ref()).await?;
                for row in &rows {
                    sink.row(place, row)?;
                }
                progress(Step::Written { rows: sink.counts().sum(), of });
                let Some(newest) = rows.into_iter().next_back() else { break };
                last = Some(newest);
            }
        }
        Ok(sink.end()?)
    }
}
