//! Reading a log: its end for pages with their cursor inside, one page of it, and all of it, piece by piece, for
//! exports. Nothing here holds more than a page of a log in memory.

use std::collections::HashMap;
use std::time::Duration;

use crate::app::{App, Error};
use crate::domain::minutes::{Action, tells_title, trace};
use crate::domain::schedule::event::{ChatEvent, EventId, SHEET};
use crate::domain::talk::message::ChatData;
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::live::RING_ROWS;
use crate::store::transcript::summary::Passing;

pub use crate::store::transcript::summary::Minute;

/// The most rows of an export that are in memory at a time. A row may have 4,000 characters, and many people may read at once.
const PAGE: usize = 100;
/// The most arrivals and departures that are in memory at a time.
const PASSINGS: i64 = 1_000;

/// A log as one moment shows it.
#[derive(Clone, Debug)]
pub struct Log {
    pub event: ChatEvent,
    /// The rows that whoever asks may see, in `ts` order.
    pub rows: Vec<ChatData>,
    /// The last row scanned: poll after it for what comes next.
    pub cursor: Timestamp,
    /// A row of the page before these rows, if they do not begin with the first one.
    pub earlier: Option<Timestamp>,
    /// The first row of the page after them, if there is one.
    pub later: Option<Timestamp>,
}

/// A page of a log that is over, and what there is to tell of the whole.
#[derive(Clone, Debug)]
pub struct TranscriptPage {
    pub log: Log,
    /// The first row of each page.
    pub pages: Vec<Timestamp>,
    /// The place of this one among them.
    pub page: usize,
    /// The minutes in which something was said.
    pub minutes: Vec<Minute>,
    /// Who said how many lines, most first.
    pub shares: Vec<(String, i64)>,
    /// How long somebody was there.
    pub presence: HashMap<String, Duration>,
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

    /// The page on which the row `at` is, of the log of an event that goes on. Whoever polls after its cursor gets
    /// the pages after it as well.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn stretch(&self, event: ChatEvent, at: Timestamp) -> Result<Log, Error> {
        let pages = self.store.page_starts(&event.id, SHEET).await?;
        self.page_of(event, &pages, at).await.map(|(log, _)| log)
    }

    /// The page of a closed log on which the row `at` is, the first one where none is asked for. However long the
    /// log is, rows of no other page are read into memory.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sheet(&self, event: ChatEvent, at: Option<Timestamp>) -> Result<TranscriptPage, Error> {
        let pages = self.store.page_starts(&event.id, SHEET).await?;
        let (log, page) = self.page_of(event, &pages, at.unwrap_or_default()).await?;
        let event = &log.event;
        let minutes = self.store.busy_minutes(&event.id).await?;
        let shares = self.store.shares(&event.id).await?;
        let presence = self.presence(event).await?;
        Ok(TranscriptPage { log: Log { cursor: event.last, ..log }, pages, page, minutes, shares, presence })
    }

    /// A page of a log, and its place among `pages`.
    async fn page_of(&self, event: ChatEvent, pages: &[Timestamp], at: Timestamp) -> Result<(Log, usize), Error> {
        let page = pages.partition_point(|first| *first <= at).saturating_sub(1);
        let from = pages.get(page).copied().unwrap_or_default();
        let later = pages.get(page + 1).copied();
        let until = later.unwrap_or_else(|| event.last.plus_micros(1));
        let rows = self.store.rows_between(&event.id, from, until).await?;
        let earlier = (page > 0).then(|| from.plus_micros(-1));
        Ok((Log { cursor: until.plus_micros(-1), rows, earlier, later, event }, page))
    }

    /// Returns how long each person was there.
    async fn presence(&self, event: &ChatEvent) -> Result<HashMap<String, Duration>, Error> {
        let mut presence = Presence::default();
        let mut after = Timestamp::ZERO;
        loop {
            let passings = self.store.passings(&event.id, after, PASSINGS).await?;
            let Some(last) = passings.last() else { break };
            after = last.ts;
            for passing in &passings {
                presence.follow(passing);
            }
        }
        Ok(presence.until(event.closed.unwrap_or(event.closes_at)))
    }

    /// What became, up to now, of the actions that an event which has closed left to do: in the order in which they were given. No part of
    /// its minutes, which stay as the event made them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn since(&self, event: &ChatEvent) -> Result<Vec<Action>, Error> {
        let mut actions = trace(self.store.words_about(event).await?);
        actions.retain(|action| action.by.event != event.id || !action.step.ends());
        Ok(actions)
    }

    /// The newest rows of an event, as one transaction read them, with those that this participant alone may see.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn newest(&self, id: &EventId, who: Option<&ParticipantId>) -> Result<Log, Error> {
        let snapshot = self.store.snapshot(id, RING_ROWS).await?;
        let first = snapshot.rows.first().map(|row| row.ts);
        let earlier = first.filter(|_| snapshot.rows.len() >= RING_ROWS).map(|first| first.plus_micros(-1));
        let cursor = snapshot.event.last;
        let rows = snapshot.rows.into_iter().filter(|row| row.audience.is_none() || row.audience.as_ref() == who).collect();
        Ok(Log { event: snapshot.event, rows, cursor, earlier, later: None })
    }
}

impl Telling {
    /// The event as it was at the beginning: its count and digest are those of the rows that come.
    #[must_use]
    pub const fn event(&self) -> &ChatEvent {
        &self.event
    }

    /// The title of the event, where it is its own and its rows do not tell it last: given before them, or together with new times.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn untold_title(&self) -> Result<Option<String>, Error> {
        let event = &self.event;
        if !event.own_title {
            return Ok(None);
        }
        let told = self.app.store.told_title(&event.id, event.last).await?;
        let is_told = told.is_some_and(|told| tells_title(&told, &event.title));
        Ok((!is_told).then(|| event.title.clone()))
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

/// Adds up how long each person was there, from arrivals and departures.
#[derive(Debug, Default)]
struct Presence {
    since: HashMap<String, Timestamp>,
    sums: HashMap<String, Duration>,
}

impl Presence {
    fn follow(&mut self, passing: &Passing) {
        if passing.comes {
            self.since.entry(passing.nick.clone()).or_insert(passing.ts);
        } else if let Some(came) = self.since.remove(&passing.nick) {
            *self.sums.entry(passing.nick.clone()).or_default() += passing.ts.since(came);
        }
    }

    /// The sums, where those who did not leave stayed until `end`.
    fn until(mut self, end: Timestamp) -> HashMap<String, Duration> {
        for (nick, came) in self.since {
            *self.sums.entry(nick).or_default() += end.since(came);
        }
        self.sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_leave_stays_to_the_end() {
        let passing = |nick: &str, ts, comes| Passing { nick: nick.into(), ts: Timestamp::from_seconds(ts), comes };
        let passings = [passing("ada", 0, true), passing("bob", 10, true), passing("ada", 20, false), passing("ada", 50, true)];
        let mut presence = Presence::default();
        for passing in &passings {
            presence.follow(passing);
        }
        let sums = presence.until(Timestamp::from_seconds(60));
        assert_eq!((sums["ada"].as_secs(), sums["bob"].as_secs()), (30, 50));
    }
}
