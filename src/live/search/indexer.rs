//! Adds what was written to the search index, about a second later.
//!
//! Rooms note the events in which something was written; the task indexes all of them in one transaction. Once a second it
//! also asks the database for events that somebody else left behind: an import by another process, a node that ended. These
//! may be many, so new messages come before them, and so do people who read.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::domain::schedule::event::EventId;
use crate::domain::text::counted;
use crate::live::rooms::Rooms;
use crate::store::{Error, Store};

/// How long new messages are gathered before they are indexed.
const GATHER: Duration = Duration::from_secs(1);
/// How many earlier events a transaction indexes.
const EARLIER: usize = 16;
/// How often the database is asked what others left.
const GLANCE: Duration = Duration::from_secs(1);
/// How often the index is compared with all events.
const LOOK: Duration = Duration::from_mins(1);
/// How long to wait before another try to reach the database.
const AGAIN: Duration = Duration::from_secs(2);
/// The time between two lines about the progress of an index rebuild.
const NEWS: Duration = Duration::from_secs(10);
/// How long readers go first at most, and how often the task looks whether they still read.
const WAY: Duration = Duration::from_millis(200);
const WHILE: Duration = Duration::from_millis(10);

/// Keeps the index of this node's database.
#[derive(Debug)]
pub struct Indexer {
    pub store: Store,
    pub rooms: Arc<Rooms>,
}

impl Indexer {
    /// Starts the task. It ends with the program.
    pub fn start(self) {
        tokio::spawn(self.keep());
    }

    async fn keep(self) {
        let mut work = Work::default();
        while !self.rooms.is_stopping() {
            if let Err(problem) = self.go_on(&mut work).await {
                log::warn!("The index of the search cannot be brought up to date yet: {problem}");
                // A look at everything finds again what was to be done.
                work = Work::default();
                sleep(AGAIN).await;
            }
        }
    }

    /// Runs one transaction, or waits until there is something to index.
    async fn go_on(&self, work: &mut Work) -> Result<(), Error> {
        let now = Instant::now();
        if work.looked.is_none_or(|at| now - at >= LOOK) {
            let outdated = self.store.note_outdated().await?;
            if work.looked.is_none() {
                self.store.note_unindexed().await?;
            }
            if outdated > 0 || work.looked.is_none() {
                work.progress = Progress::begin(self.store.count_unindexed().await?, now);
            }
            work.leave(self.store.unindexed().await?);
            (work.looked, work.glanced) = (Some(now), Some(now));
        } else if work.left.is_empty() && work.glanced.is_none_or(|at| now - at >= GLANCE) {
            work.leave(self.store.noted_unindexed().await?);
            work.glanced = Some(now);
        }
        if work.gathered.is_none_or(|at| now - at >= GATHER) {
            let mut noted = self.rooms.written.take();
            for unfinished in &work.new {
                noted.remove(unfinished);
            }
            work.new.extend(noted);
            work.gathered = Some(now);
        }
        let Some((events, is_new)) = work.next() else {
            self.report(work).await?;
            if timeout(GLANCE, self.rooms.written.noted()).await.is_ok() {
                sleep(GATHER).await;
            }
            return Ok(());
        };
        if !is_new {
            self.let_readers_go().await;
        }
        let began = Instant::now();
        work.put_back(self.store.index(&events).await?, is_new);
        if work.progress.as_ref().is_some_and(|progress| progress.reported.elapsed() >= NEWS) {
            self.report(work).await?;
        }
        // Messages have at least every other turn to be written.
        sleep(began.elapsed()).await;
        Ok(())
    }

    /// Logs the progress of an index rebuild.
    async fn report(&self, work: &mut Work) -> Result<(), Error> {
        if let Some(progress) = &mut work.progress
            && let Some(line) = progress.advance(self.store.count_unindexed().await?, Instant::now())
        {
            log::warn!("{line}");
            if progress.left == 0 {
                work.progress = None;
            }
        }
        Ok(())
    }

    /// Waits while somebody reads, but not for ever.
    async fn let_readers_go(&self) {
        let began = Instant::now();
        while self.store.is_read() && began.elapsed() < WAY {
            sleep(WHILE).await;
        }
    }
}

/// The events to index.
#[derive(Debug, Default)]
struct Work {
    /// Those with new messages.
    new: Vec<EventId>,
    /// Those that were left from before, in this order.
    left: VecDeque<EventId>,
    looked: Option<Instant>,
    glanced: Option<Instant>,
    gathered: Option<Instant>,
    /// While the index of earlier events is being built.
    progress: Option<Progress>,
}

/// The progress of an index rebuild.
#[derive(Debug)]
struct Progress {
    /// Events that lacked something when it began.
    all: i64,
    left: i64,
    reported: Instant,
}

impl Progress {
    /// Announces the work, where there is any.
    fn begin(events: i64, now: Instant) -> Option<Self> {
        if events == 0 {
            return None;
        }
        log::warn!("The search index is being built for {}. Searches may miss messages until it is complete.", counted(events, "event"));
        Some(Self { all: events, left: events, reported: now })
    }

    /// Takes the number of events that are left, and returns a line for the console when it is time for one.
    fn advance(&mut self, left: i64, now: Instant) -> Option<String> {
        // Another node or an import may have added some.
        self.all = self.all.max(left);
        self.left = left;
        if left == 0 {
            return Some("The search index is complete.".into());
        }
        if now - self.reported < NEWS {
            return None;
        }
        self.reported = now;
        Some(format!("The search index is being built: {} of {} events are done.", self.all - left, self.all))
    }
}

impl Work {
    /// Replaces the events that were left from before.
    fn leave(&mut self, events: Vec<EventId>) {
        self.left = events.into_iter().filter(|event| !self.new.contains(event)).collect();
    }

    /// Takes the events of the next transaction, and whether they have new messages.
    fn next(&mut self) -> Option<(Vec<EventId>, bool)> {
        if !self.new.is_empty() {
            return Some((mem::take(&mut self.new), true));
        }
        let events: Vec<EventId> = self.left.drain(..self.left.len().min(EARLIER)).collect();
        (!events.is_empty()).then_some((events, false))
    }

    /// Keeps the events that have more. New ones take turns; of those left from before, one is finished first.
    fn put_back(&mut self, events: Vec<EventId>, is_new: bool) {
        if is_new {
            self.new.extend(events);
        } else {
            for event in events.into_iter().rev() {
                self.left.push_front(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_shows_the_progress_now_and_then_and_the_end_at_once() {
        let begun = Instant::now();
        assert!(Progress::begin(0, begun).is_none());
        let mut progress = Progress::begin(40, begun).unwrap();
        assert_eq!(progress.advance(39, begun), None);
        assert_eq!(progress.advance(30, begun + NEWS).as_deref(), Some("The search index is being built: 10 of 40 events are done."));
        assert_eq!(progress.advance(45, begun + NEWS), None);
        assert_eq!(progress.advance(9, begun + 2 * NEWS).as_deref(), Some("The search index is being built: 36 of 45 events are done."));
        assert_eq!(progress.advance(0, begun + 2 * NEWS).as_deref(), Some("The search index is complete."));
    }

    #[test]
    fn new_messages_come_before_what_was_left() {
        let events: Vec<EventId> = (0..EARLIER + 2).map(|_| EventId::random()).collect();
        let mut work = Work { new: vec![events[0].clone()], ..Work::default() };
        work.leave(events.clone());
        assert_eq!(work.next(), Some((vec![events[0].clone()], true)));
        let (earlier, is_new) = work.next().unwrap();
        assert_eq!((&earlier[..], is_new), (&events[1..=EARLIER], false));
        // Two of them have more; meanwhile there is a new message in the last event.
        work.put_back(earlier[..2].to_vec(), false);
        work.new.push(events[EARLIER + 1].clone());
        assert_eq!(work.next(), Some((vec![events[EARLIER + 1].clone()], true)));
        let rest = vec![earlier[0].clone(), earlier[1].clone(), events[EARLIER + 1].clone()];
        assert_eq!((work.next(), work.next()), (Some((rest, false)), None));
    }
}
