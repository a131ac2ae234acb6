//! Reading a log whole, or its end: for transcripts and for pages with their cursor inside.

use super::{App, Error};
use crate::domain::event::{ChatEvent, EventId};
use crate::domain::message::ChatData;
use crate::domain::time::Timestamp;
use crate::live::room::RING_ROWS;

/// How many rows one read of the database takes.
const PAGE: usize = 1_000;

/// A log as one moment shows it.
#[derive(Clone, Debug)]
pub struct Log {
    pub event: ChatEvent,
    /// The rows that everyone may see, in `ts` order.
    pub rows: Vec<ChatData>,
    /// The last row scanned: poll after it for what comes next.
    pub cursor: Timestamp,
    /// Whether these are all rows from the first on.
    pub whole: bool,
}

impl App {
    /// The whole log of an event.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn transcript(&self, id: &EventId) -> Result<Log, Error> {
        let mut event = self.event(id).await?;
        let (mut rows, mut cursor) = (Vec::new(), Timestamp::ZERO);
        loop {
            let page = self.store.rows_after(id, cursor, PAGE).await?;
            let Some(last) = page.last().map(|row| row.ts) else { break };
            let full = page.len() == PAGE;
            cursor = last;
            rows.extend(page.into_iter().filter(|row| row.audience.is_none()));
            if !full {
                break;
            }
        }
        // Rows may have come between the two reads; what is shown goes by the rows.
        event.last = event.last.max(cursor);
        event.count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        Ok(Log { event, rows, cursor, whole: true })
    }

    /// The newest rows of an event, as one transaction read them.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn newest(&self, id: &EventId) -> Result<Log, Error> {
        let snapshot = self.store.snapshot(id, RING_ROWS).await?;
        let whole = snapshot.rows.len() < RING_ROWS;
        let cursor = snapshot.event.last;
        let rows = snapshot.rows.into_iter().filter(|row| row.audience.is_none()).collect();
        Ok(Log { event: snapshot.event, rows, cursor, whole })
    }
}
