//! The poll: rows after a cursor, at once or as soon as there are any.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::app::{App, Error};
use crate::domain::limits;
use crate::domain::network::Network;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::{ParticipantId, ParticipantState};
use crate::domain::time::Timestamp;
pub use crate::live::answer::Head;
use crate::live::answer::{self, Flags};
use crate::live::room::{Ask, Form, Look, Room};
use crate::live::wait::Woken;
use crate::store::talk::participant_action::ParticipantAction;

/// What a poll asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    pub after: Timestamp,
    pub wait: Duration,
    /// 1 to [`limits::PAGE`] rows.
    pub limit: usize,
    /// The browser tab that polls; a newer poll of it ends this one.
    pub tab: Option<String>,
    /// Where it comes from: an address may park so many polls and no more.
    pub from: Option<Network>,
    /// The meeting's organizer asks, who sees it also while it is a draft.
    pub insider: bool,
}

impl Default for Poll {
    fn default() -> Self {
        let wait = Duration::from_secs(limits::DEFAULT_WAIT);
        Self { after: Timestamp::ZERO, wait, limit: limits::DEFAULT_PAGE, tab: None, from: None, insider: false }
    }
}

/// A poll's answer as bytes: `now` is the poller's own, the rest may be shared with others.
#[derive(Clone, Debug)]
pub struct Answer {
    pub now: Timestamp,
    /// Everything after `{"now":…,`.
    pub tail: Bytes,
    /// False if the poll asked not to wait: then the answer is hardly ever one that others get as well.
    pub shared: bool,
}

impl Answer {
    /// The bytes before the shared ones.
    #[must_use]
    pub fn head(&self) -> Head {
        Head::of(self.now)
    }
}

/// What came of a look that cannot be answered from the room alone.
pub(in crate::app) enum Aside {
    /// Rows, and the last one scanned for them.
    Rows(Bytes, Timestamp),
    /// Nothing visible up to here, or the room has to be looked into again.
    Again(Timestamp),
    /// The cursor is of a time that this database does not know: start anew.
    Reset,
}

impl App {
    /// Answers a poll: with rows after its cursor as soon as there are any, empty when the wait is over.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::BadToken`] also in the middle of the wait, [`Error::Crowded`],
    /// [`Error::Unavailable`].
    pub async fn messages_after(&self, event: &EventId, who: Option<&ParticipantId>, poll: &Poll) -> Result<Answer, Error> {
        // Futures of rare paths are boxed throughout: a parked poll is as large as the largest of
        // them, and a thousand parked polls are as quick to wake as they are small.
        let room = self.room(event).await?;
        if room.is_hidden() {
            Box::pin(self.check_follower(&room, who, poll.insider)).await?;
        }
        if let Some(who) = who {
            self.welcome(&room, who);
        }
        let tab = who.zip(poll.tab.as_deref()).map(|(who, tab)| room.tab(who, tab));
        if let Some(tab) = tab {
            room.take_over(tab);
        }
        let shared = !poll.wait.is_zero();
        let mut ask = Ask { who, limit: poll.limit, form: Form::Page, waits: !poll.wait.is_zero() };
        let mut after = poll.after;
        let mut until = None;
        loop {
            let mut look = room.look(after, &ask);
            if let Look::Nothing(cursor) = look {
                after = cursor;
                if !ask.waits {
                    match room.rest(after, self.now()) {
                        Some(tail) => return Ok(Answer { now: self.now(), tail, shared }),
                        // A row came in this moment, or the room went cold.
                        None => continue,
                    }
                }
                let place = self.admission.admit(&room, who, poll.from).map_err(|_| Error::crowded())?;
                let until = *until.get_or_insert_with(|| self.rooms.node.after(poll.wait));
                look = match room.wait(after, ask, until, place.owner(), tab).await {
                    Woken::Look(look) => look,
                    Woken::Replaced(cursor) if tab.is_some() => {
                        let flags = Flags { replaced: true, ..Flags::default() };
                        return Box::pin(self.empty(&room, cursor, flags)).await;
                    }
                    Woken::Over(cursor) | Woken::Replaced(cursor) => {
                        // It is answered now, with what came in this moment or with nothing.
                        (after, ask.waits) = (cursor, false);
                        continue;
                    }
                };
            }
            match look {
                Look::Rows(tail, _) => return Ok(Answer { now: self.now(), tail, shared }),
                Look::Over => return Box::pin(self.empty(&room, after, Flags::default())).await,
                rare => match Box::pin(self.aside(&room, after, &ask, rare)).await? {
                    Aside::Rows(tail, _) => return Ok(Answer { now: self.now(), tail, shared }),
                    Aside::Again(cursor) => after = cursor,
                    Aside::Reset => return Box::pin(self.anew(&room, &ask, shared)).await,
                },
            }
        }
    }

    /// Notes that a participant is still here, for readers without script, whose log asks again every few seconds but does
    /// not poll. A participant who had timed out joins again.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn note_presence(&self, event: &EventId, who: &ParticipantId) -> Result<(), Error> {
        self.welcome(&*self.room(event).await?, who);
        Ok(())
    }

    /// A sign of life; who had timed out is announced again.
    pub(in crate::app) fn welcome(&self, room: &Room, who: &ParticipantId) {
        room.presence.seen(who);
        if room.misses(who, self.now()) {
            // With a full queue the next poll tries again.
            let _ = self.writer.note(ParticipantAction::Return { event: room.id.clone(), who: who.clone() });
        }
    }

    pub(in crate::app) async fn empty(&self, room: &Room, cursor: Timestamp, flags: Flags) -> Result<Answer, Error> {
        loop {
            let now = self.now();
            if let Some(tail) = room.empty(cursor, flags, now) {
                return Ok(Answer { now, tail, shared: true });
            }
            self.rooms.warm(&self.store, room).await?;
        }
    }

    /// Does what a look asks for that the room alone cannot answer.
    pub(in crate::app) async fn aside(&self, room: &Arc<Room>, after: Timestamp, ask: &Ask<'_>, look: Look) -> Result<Aside, Error> {
        match look {
            Look::Rows(bytes, cursor) => return Ok(Aside::Rows(bytes, cursor)),
            // Whoever joined on another node a moment ago is not in this room yet.
            Look::Gone if self.joined_elsewhere(room, ask.who).await? => {
                let head = self.event(&room.id).await?.last;
                self.rooms.read_up_to(&self.store, room, head).await;
            }
            Look::Gone => return Err(Error::BadToken),
            Look::Older => return self.page(room, after, ask, Flags::default()).await,
            Look::Ahead => {
                // Either this room is behind, or the database was set back to a backup: its head decides.
                let head = self.event(&room.id).await?.last;
                if after > head {
                    return Ok(Aside::Reset);
                }
                self.rooms.read_up_to(&self.store, room, head).await;
            }
            Look::Cold => self.rooms.warm(&self.store, room).await?,
            Look::Nothing(cursor) => return Ok(Aside::Again(cursor)),
            Look::Over => {}
        }
        Ok(Aside::Again(after))
    }

    async fn joined_elsewhere(&self, room: &Room, who: Option<&ParticipantId>) -> Result<bool, Error> {
        let has_ended = room.event().is_some_and(|event| event.tokens_have_ended(self.now()));
        let Some(who) = who.filter(|_| self.store.is_shared() && !has_ended) else { return Ok(false) };
        let person = self.store.find_participant(&room.id, who).await?;
        Ok(person.is_some_and(|person| person.standing != ParticipantState::Gone))
    }

    /// One page from the database, for a cursor that is older than what the room keeps ready.
    async fn page(&self, room: &Room, after: Timestamp, ask: &Ask<'_>, flags: Flags) -> Result<Aside, Error> {
        // The event first: what comes while the rows are read is left to the next answer, so that
        // count and digest are those of the last page's end.
        let event = match room.event() {
            Some(event) => event,
            None => self.event(&room.id).await?,
        };
        let mut rows = self.store.rows_after(&room.id, after, ask.limit).await?;
        rows.retain(|row| row.ts <= event.last);
        let Some(cursor) = rows.last().map(|row| row.ts) else { return Ok(Aside::Again(after)) };
        rows.retain(|row| ask.sees(row.audience.as_ref()));
        if rows.is_empty() && !flags.reset {
            return Ok(Aside::Again(cursor));
        }
        let visible: Vec<Bytes> = rows.iter().map(answer::row).collect();
        let bytes = match ask.form {
            Form::Page => {
                let flags = Flags { more: cursor < event.last, ..flags };
                answer::tail(&event, event.phase(self.now()), cursor, flags, visible.iter())
            }
            Form::Frames => answer::frames(rows.iter().zip(&visible).map(|(row, json)| (row.ts, row.kind, json))),
        };
        Ok(Aside::Rows(bytes, cursor))
    }

    /// The answer to a cursor that this database does not know: rows from the start.
    async fn anew(&self, room: &Room, ask: &Ask<'_>, shared: bool) -> Result<Answer, Error> {
        let flags = Flags { reset: true, ..Flags::default() };
        match self.page(room, Timestamp::ZERO, ask, flags).await? {
            Aside::Rows(tail, _) => Ok(Answer { now: self.now(), tail, shared }),
            Aside::Again(_) | Aside::Reset => self.empty(room, Timestamp::ZERO, flags).await,
        }
    }
}
