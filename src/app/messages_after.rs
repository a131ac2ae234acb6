//! The poll: rows after a cursor, at once or as soon as there are any.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep_until};

use super::{App, Error};
use crate::domain::event::{EventId, Phase};
use crate::domain::limits;
use crate::domain::participant::{ParticipantId, Standing};
use crate::domain::time::Timestamp;
use crate::live::answer::{self, Flags};
use crate::live::room::{Look, Room};
use crate::live::rooms::Tab;
use crate::store::entries::Entry;

/// What a poll asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    pub after: Timestamp,
    pub wait: Duration,
    /// 1 to [`limits::PAGE`] rows.
    pub limit: usize,
    /// The browser tab that polls; a newer poll of it ends this one.
    pub tab: Option<String>,
}

impl Default for Poll {
    fn default() -> Self {
        Self { after: Timestamp::ZERO, wait: Duration::from_secs(limits::DEFAULT_WAIT), limit: limits::DEFAULT_PAGE, tab: None }
    }
}

/// A poll's answer as bytes: `now` is the poller's own, the rest may be shared with others.
#[derive(Clone, Debug)]
pub struct Answer {
    pub now: Timestamp,
    /// Everything behind `{"now":…,`.
    pub tail: Bytes,
}

impl App {
    /// Answers a poll: with rows after its cursor as soon as there are any, empty when the wait is over.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::BadToken`] also in the middle of the wait, [`Error::Unavailable`].
    pub async fn messages_after(&self, event: &EventId, who: Option<&ParticipantId>, poll: &Poll) -> Result<Answer, Error> {
        // Futures of rare paths are boxed throughout: a parked poll is as large as the largest of
        // them, and a thousand parked polls are as quick to wake as they are small.
        let room = self.room(event).await?;
        let _alive = who.map(|who| {
            self.welcome(&room, who);
            room.presence.parked(who)
        });
        let tab = who.zip(poll.tab.as_deref()).map(|(who, tab)| room.tabs.take(who, tab));
        let deadline = Instant::now() + poll.wait;
        let mut after = poll.after;
        let flags = loop {
            // First subscribe, then look: what is announced in between wakes the wait below.
            let mut news = room.subscribe();
            let stopping = self.rooms.is_stopping();
            match room.look(after, poll.limit, who, self.now()) {
                Look::Rows(tail) => return Ok(Answer { now: self.now(), tail }),
                Look::Nothing(cursor) => after = cursor,
                Look::Over => break Flags::default(),
                Look::Gone => return Err(Error::BadToken),
                Look::Cold => {
                    Box::pin(self.rooms.warm(&self.store, &room)).await?;
                    continue;
                }
                Look::Older => match Box::pin(self.page(&room, after, poll.limit, who, Flags::default())).await? {
                    Page::Rows(answer) => return Ok(answer),
                    Page::Scanned(cursor) => {
                        after = cursor;
                        continue;
                    }
                },
                Look::Ahead => {
                    if let Some(answer) = Box::pin(self.ahead(&room, after, poll.limit, who)).await? {
                        return Ok(answer);
                    }
                    continue;
                }
            }
            if stopping || poll.wait.is_zero() {
                break Flags::default();
            }
            tokio::select! {
                biased;
                // The sender lives in the room, and the room in this function.
                _ = news.changed() => {}
                () = replaced(tab.as_ref()) => break Flags { replaced: true, ..Flags::default() },
                () = sleep_until(deadline) => break Flags::default(),
            }
        };
        Box::pin(self.empty(&room, after, flags)).await
    }

    /// A sign of life; who had timed out is announced again.
    fn welcome(&self, room: &Room, who: &ParticipantId) {
        let away = room.person(who).is_some_and(|it| it.standing == Standing::Away);
        if away && room.event().is_some_and(|event| event.phase(self.now()) == Phase::Open) {
            // With a full queue the next poll tries again.
            let _ = self.writer.note(Entry::Return { event: room.id.clone(), who: who.clone() });
        }
    }

    async fn empty(&self, room: &Room, cursor: Timestamp, flags: Flags) -> Result<Answer, Error> {
        loop {
            let now = self.now();
            if let Some(tail) = room.empty(cursor, flags, now) {
                return Ok(Answer { now, tail });
            }
            self.rooms.warm(&self.store, room).await?;
        }
    }

    /// One page from the database, for a cursor that is older than what the room keeps ready.
    async fn page(&self, room: &Room, after: Timestamp, limit: usize, who: Option<&ParticipantId>, flags: Flags) -> Result<Page, Error> {
        let mut rows = self.store.rows_after(&room.id, after, limit + 1).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let Some(cursor) = rows.last().map(|row| row.ts) else { return Ok(Page::Scanned(after)) };
        let visible: Vec<Bytes> =
            rows.iter().filter(|row| row.audience.is_none() || row.audience.as_ref() == who).map(answer::row).collect();
        if visible.is_empty() && !flags.reset {
            return Ok(Page::Scanned(cursor));
        }
        let event = match room.event() {
            Some(event) => event,
            None => self.event(&room.id).await?,
        };
        let now = self.now();
        let tail = answer::tail(&event, event.phase(now), cursor, Flags { more, ..flags }, visible.iter());
        Ok(Page::Rows(Answer { now, tail }))
    }

    /// A cursor ahead of the last row: either this room is behind, or the database was set back to
    /// a backup and the client has to start anew. The database's head decides.
    async fn ahead(&self, room: &Room, after: Timestamp, limit: usize, who: Option<&ParticipantId>) -> Result<Option<Answer>, Error> {
        let head = self.event(&room.id).await?.last;
        if after <= head {
            room.doubt();
            return Ok(None);
        }
        let flags = Flags { reset: true, ..Flags::default() };
        match self.page(room, Timestamp::ZERO, limit, who, flags).await? {
            Page::Rows(answer) => Ok(Some(answer)),
            Page::Scanned(_) => self.empty(room, Timestamp::ZERO, flags).await.map(Some),
        }
    }
}

enum Page {
    Rows(Answer),
    /// Nothing visible up to here.
    Scanned(Timestamp),
}

async fn replaced(tab: Option<&Tab<'_>>) {
    match tab {
        Some(tab) => tab.replaced().await,
        None => std::future::pending().await,
    }
}
