//! The stream: the same rows after the same cursors as the poll gives, as server-sent events.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::poll::Aside;
use crate::app::{App, Error};
use crate::domain::limits;
use crate::domain::network::Network;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::live::answer::Flags;
use crate::live::room::{Ask, Form, Look, Room};
use crate::live::wait::Woken;

/// How often a stream says that it is alive; who does not read is noticed then.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What a stream starts from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start {
    pub after: Timestamp,
    /// Where it comes from: an address may have so many open and no more.
    pub from: Option<Network>,
    /// The meeting's organizer asks, who sees it also while it is a draft.
    pub insider: bool,
}

/// Server-sent events of one event, chunk by chunk. Dropping it ends it.
#[derive(Debug)]
pub struct Stream {
    app: App,
    room: Arc<Room>,
    who: Option<ParticipantId>,
    from: Option<Network>,
    after: Timestamp,
    /// The first chunk.
    ack: Option<Bytes>,
}

impl App {
    /// Opens a stream of the rows after a cursor; `None` where the event is over and nothing is left.
    ///
    /// # Errors
    /// As for a poll: [`Error::NotFound`], [`Error::BadToken`], [`Error::Crowded`], [`Error::Unavailable`].
    pub async fn stream(&self, event: &EventId, who: Option<ParticipantId>, start: Start) -> Result<Option<Stream>, Error> {
        let room = self.room(event).await?;
        if room.is_hidden() {
            self.check_follower(&room, who.as_ref(), start.insider).await?;
        }
        if let Some(who) = &who {
            self.welcome(&room, who);
        }
        let (mut after, mut flags) = (start.after, Flags::default());
        loop {
            let ask = Ask { who: who.as_ref(), limit: limits::PAGE, form: Form::Frames, waits: true };
            match room.look(after, &ask) {
                Look::Over => return Ok(None),
                Look::Rows(..) | Look::Older => break,
                Look::Nothing(cursor) => {
                    after = cursor;
                    break;
                }
                rare => match self.aside(&room, after, &ask, rare).await? {
                    Aside::Reset => (after, flags.reset) = (Timestamp::ZERO, true),
                    Aside::Rows(..) => break,
                    Aside::Again(cursor) => after = cursor,
                },
            }
        }
        // Whether there is a place is said before the stream begins, while it can be said with a status.
        drop(self.admission.admit(&room, who.as_ref(), start.from).map_err(|_| Error::crowded())?);
        let answer = self.empty(&room, after, flags).await?;
        let mut ack = format!("event: ack\ndata: {{\"now\":{},", answer.now).into_bytes();
        ack.extend_from_slice(&answer.tail);
        ack.extend_from_slice(b"\n\n");
        Ok(Some(Stream { app: self.clone(), room, who, from: start.from, after, ack: Some(ack.into()) }))
    }
}

impl Stream {
    /// The next chunk of `text/event-stream`; `None` when the event or the stream is over. Safe to
    /// drop and to ask again.
    pub async fn next(&mut self) -> Option<Bytes> {
        if let Some(ack) = self.ack.take() {
            return Some(ack);
        }
        let who = self.who.as_ref();
        if let Some(who) = who {
            self.app.welcome(&self.room, who);
        }
        let ask = Ask { who, limit: limits::PAGE, form: Form::Frames, waits: true };
        loop {
            let mut look = self.room.look(self.after, &ask);
            if let Look::Nothing(cursor) = look {
                self.after = cursor;
                // A stream that lost its place to others ends; its client comes again, and is told.
                let place = self.app.admission.admit(&self.room, who, self.from).ok()?;
                let node = &self.app.rooms.node;
                look = match self.room.wait(self.after, ask, node.after(HEARTBEAT), place.owner(), None).await {
                    Woken::Look(look) => look,
                    // If it went on, it would in turn end the poll that took its place.
                    Woken::Replaced(_) => return None,
                    Woken::Over(_) if node.is_stopping() => return None,
                    Woken::Over(cursor) => {
                        self.after = cursor;
                        return Some(Bytes::from_static(b": alive\n\n"));
                    }
                };
            }
            let (rows, cursor) = match look {
                Look::Rows(rows, cursor) => (rows, cursor),
                Look::Over => return None,
                rare => match Box::pin(self.app.aside(&self.room, self.after, &ask, rare)).await {
                    Ok(Aside::Rows(rows, cursor)) => (rows, cursor),
                    Ok(Aside::Again(cursor)) => {
                        self.after = cursor;
                        continue;
                    }
                    // The next stream, or its refusal, says why.
                    Ok(Aside::Reset) | Err(Error::BadToken) => return None,
                    Err(problem) => {
                        log::warn!("A stream ends: {problem}");
                        return None;
                    }
                },
            };
            self.after = cursor;
            return Some(rows);
        }
    }
}
