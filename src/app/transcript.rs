//! Reading a log: its end for pages with their cursor inside, and all of it, piece by piece, for exports.

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

/// A log that is read piece by piece, however long it is, up to where its event was when that began.
#[derive(Debug)]
pub struct Telling {
    app: App,
    event: ChatEvent,
    cursor: Timestamp,
}

impl App {
    /// Begins to read the whole log of an event.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn telling(&self, id: &EventId) -> Result<Telling, Error> {
        Ok(Telling { app: self.clone(), event: self.event(id).await?, cursor: Timestamp::ZERO })
    }

    /// The whole log of an event at once.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn transcript(&self, id: &EventId) -> Result<Log, Error> {
        let mut telling = self.telling(id).await?;
        let mut rows = Vec::new();
        while let Some(more) = telling.next().await? {
            rows.extend(more);
        }
        Ok(Log { event: telling.event, rows, cursor: telling.cursor, whole: true })
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

impl Telling {
    /// The event as it was at the beginning: its count and digest are those of the rows that come.
    #[must_use]
    pub const fn event(&self) -> &ChatEvent {
        &self.event
    }

    /// The next rows that everyone may see; `None` behind the last.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next(&mut self) -> Result<Option<Vec<ChatData>>, Error> {
        if self.cursor >= self.event.last {
            return Ok(None);
        }
        let page = self.app.store.rows_after(&self.event.id, self.cursor, PAGE).await?;
        let last = self.event.last;
        // Rows may have come since the event was read. Count and digest go by the event, so they wait.
        self.cursor = page.last().map_or(last, |row| row.ts.min(last));
        Ok(Some(page.into_iter().filter(|row| row.ts <= last && row.audience.is_none()).collect()))
    }
}
