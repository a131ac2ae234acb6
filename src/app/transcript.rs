//! Reading a log whole, or its end: for transcripts and for pages with their cursor inside.

use super::{App, Error};
use crate::domain::event::{ChatEvent, EventId};
use crate::domain::message::ChatData;
use crate::domain::time::Timestamp;
use crate::live::RING_ROWS;

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
        let event = self.event(id).await?;
        let (mut rows, mut cursor) = (Vec::new(), Timestamp::ZERO);
        loop {
            let page = self.store.rows_after(id, cursor, PAGE).await?;
            let full = page.len() == PAGE;
            // Rows may have come since the event was read. Count and digest go by the event, so they wait.
            let page = page.into_iter().take_while(|row| row.ts <= event.last);
            rows.extend(page.inspect(|row| cursor = row.ts).filter(|row| row.audience.is_none()));
            if !full || cursor >= event.last {
                break;
            }
        }
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
