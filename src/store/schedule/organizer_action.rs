//! What organizers do to one event or what is said in it, each in a transaction of its own.

use super::change_meetings;
use crate::domain::schedule::event::{self, ChatEvent, EventId, EventProblem, Phase};
use crate::domain::schedule::meeting::{Meeting, MeetingDraft};
use crate::domain::schedule::undo_reschedule::Before;
use crate::domain::talk::message::Kind;
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::domain::transcript::system_text;
use crate::store::agenda::{self, AgendaEdit};
use crate::store::log::batch::Committed;
use crate::store::log::transaction::LogTx;
use crate::store::minutes::action_items::Decided;
use crate::store::talk::participant_action::Refusal;
use crate::store::{Error, Store};

/// What an organizer does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Opens a scheduled event at once, from [`ChatEvent::may_open_from`] on; its end stays.
    Open {
        event: EventId,
        by_chair: bool,
    },
    /// Closes an open event at once.
    Close {
        event: EventId,
    },
    /// Moves the end of an event that has not closed, by minutes.
    Extend {
        event: EventId,
        minutes: i64,
    },
    /// Changes times, title, agenda.
    Change {
        event: EventId,
        patch: EventPatch,
    },
    /// Writes, ticks or carries over what is on the agenda.
    Agenda {
        event: EventId,
        edit: AgendaEdit,
    },
    /// Decides on an action of an earlier event.
    Decide {
        event: EventId,
        what: Decided,
    },
    Cancel {
        event: EventId,
        reason: Option<String>,
    },
    /// Takes a cancellation back.
    Restore {
        event: EventId,
    },
    /// Ends somebody's participation.
    Remove {
        event: EventId,
        who: ParticipantId,
    },
    /// Makes somebody a chair, or takes that from them.
    Chair {
        event: EventId,
        who: ParticipantId,
        on: bool,
    },
    /// Empties what somebody said.
    Redact {
        event: EventId,
        ts: Timestamp,
    },
    /// Adds one more event to a meeting; opens now where no start is given.
    AddEvent {
        meeting: String,
        opens_at: Option<Timestamp>,
        closes_at: Timestamp,
        title: Option<String>,
        /// Refused where it would overlap another event of the meeting.
        apart: bool,
    },
    CreateMeeting {
        organizer: String,
        draft: MeetingDraft,
    },
    /// Changes a meeting; its times for all that lies ahead, or from one start on.
    EditMeeting {
        meeting: String,
        draft: MeetingDraft,
        from: Option<Timestamp>,
    },
    /// Takes a change of a meeting's times back.
    UndoRetiming {
        meeting: String,
        before: Before,
    },
    DeleteMeeting {
        meeting: String,
    },
    RestoreMeeting {
        meeting: String,
    },
    /// Makes the events of the coming weeks that are not made yet.
    TopUp {
        meeting: String,
    },
}

impl Act {
    /// The one event it is about; `None` where it is about a meeting.
    #[must_use]
    pub const fn event(&self) -> Option<&EventId> {
        match self {
            Self::Open { event, .. }
            | Self::Close { event }
            | Self::Extend { event, .. }
            | Self::Change { event, .. }
            | Self::Agenda { event, .. }
            | Self::Decide { event, .. }
            | Self::Cancel { event, .. }
            | Self::Restore { event }
            | Self::Remove { event, .. }
            | Self::Chair { event, .. }
            | Self::Redact { event, .. } => Some(event),
            _ => None,
        }
    }

    /// Whether it may bring an event to where another one of its meeting is. Of those that do, one comes after the other.
    const fn is_scheduling(&self) -> bool {
        match self {
            Self::Extend { .. } => true,
            Self::Change { patch, .. } => patch.moves(),
            _ => false,
        }
    }

    /// The participant it is about, if about one.
    const fn who(&self) -> Option<&ParticipantId> {
        match self {
            Self::Remove { who, .. } | Self::Chair { who, .. } => Some(who),
            Self::Decide { what, .. } => what.who.as_ref(),
            _ => None,
        }
    }
}

/// New values for an event; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPatch {
    pub opens_at: Option<Timestamp>,
    pub closes_at: Option<Timestamp>,
    /// `Some(None)`: the meeting's title again.
    pub title: Option<Option<String>>,
    /// Empty: none.
    pub agenda: Option<String>,
    /// The version of the agenda whose change is taken back.
    pub agenda_undo: Option<String>,
    /// Times at which it would overlap another event of its meeting are refused.
    pub apart: bool,
}

impl EventPatch {
    /// Whether it is about times.
    pub(in crate::store) const fn moves(&self) -> bool {
        self.opens_at.is_some() || self.closes_at.is_some()
    }
}

/// What an act made.
#[derive(Clone, Debug)]
pub enum Acted {
    Event(Box<ChatEvent>),
    Meeting(Box<Meeting>),
    Nothing,
}

impl Store {
    /// Does one act. A refused one changes nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the outcome is unknown, as for [`Store::write`].
    pub async fn act(&self, act: Act) -> Result<(Result<Acted, Refusal>, Vec<Committed>), Error> {
        self.within_patience(self.transact(act)).await
    }

    async fn transact(&self, act: Act) -> Result<(Result<Acted, Refusal>, Vec<Committed>), Error> {
        let event = act.event().cloned();
        let mut tx = LogTx::begin(self, event.as_ref(), act.is_scheduling(), act.who()).await?;
        let outcome = match (act, event) {
            (act, Some(id)) => match tx.settle(&id) {
                None => Ok(Err(Refusal::NoEvent)),
                Some(phase) => tx.on_event(act, &id, phase).await,
            },
            // Boxed, like the agenda below: large and rare, so that all others stay small.
            (act, None) => Box::pin(change_meetings::act(&mut tx, act)).await,
        };
        match outcome {
            Ok(Ok(acted)) => Ok((Ok(acted), tx.commit().await?)),
            // Taken back whole; a row that was due is written by the keeper.
            Ok(Err(refusal)) => {
                tx.rollback().await;
                Ok((Err(refusal), Vec::new()))
            }
            Err(problem) => {
                tx.rollback().await;
                Err(problem)
            }
        }
    }
}

impl LogTx {
    async fn on_event(&mut self, act: Act, id: &EventId, phase: Phase) -> Result<Result<Acted, Refusal>, Error> {
        let done = match act {
            Act::Open { by_chair, .. } => self.open(id, phase, by_chair),
            Act::Close { .. } => self.close(id, phase),
            Act::Extend { minutes, .. } => match self.event(id).map(|event| event.closes_at.plus_minutes(minutes)) {
                Some(closes_at) if phase == Phase::Open => {
                    let patch = EventPatch { closes_at: Some(closes_at), ..EventPatch::default() };
                    self.change_unless_next(id, phase, patch, String::new()).await?
                }
                _ => Err(not_open(phase)),
            },
            Act::Change { mut patch, .. } => {
                if let Some(agenda) = patch.agenda.take()
                    && let Err(problem) = Box::pin(self.put_agenda(id, phase, agenda, agenda::CHANGED)).await?
                {
                    return Ok(Err(Refusal::Event(problem)));
                }
                if let Some(of) = patch.agenda_undo.take()
                    && let Err(refusal) = Box::pin(self.edit_agenda(id, phase, AgendaEdit::Undo { of })).await?
                {
                    return Ok(Err(refusal));
                }
                let inherited = if patch.title == Some(None) { change_meetings::meeting_title(self, id).await? } else { String::new() };
                self.change_unless_next(id, phase, patch, inherited).await?
            }
            Act::Agenda { edit, .. } => match Box::pin(self.edit_agenda(id, phase, edit)).await? {
                Ok(()) => Ok(()),
                Err(refusal) => return Ok(Err(refusal)),
            },
            Act::Decide { what, .. } => match Box::pin(self.decide(id, phase, &what)).await? {
                Ok(()) => Ok(()),
                Err(refusal) => return Ok(Err(refusal)),
            },
            Act::Cancel { reason, .. } => self.call_off(id, phase, false, reason),
            Act::Restore { .. } => {
                if change_meetings::meeting_is_deleted(self, id).await? {
                    Err(EventProblem::MeetingDeleted)
                } else {
                    self.restore(id, phase)
                }
            }
            Act::Remove { who, .. } => return Ok(self.remove(id, phase, &who)),
            Act::Chair { who, on, .. } => return Ok(self.chair(id, phase, &who, on)),
            Act::Redact { ts, .. } => return self.redact(id, phase, ts).await,
            _ => Ok(()),
        };
        Ok(match (done, self.event(id)) {
            (Ok(()), Some(event)) => Ok(Acted::Event(Box::new(event.clone()))),
            (Err(problem), _) => Err(Refusal::Event(problem)),
            (Ok(()), None) => Err(Refusal::NoEvent),
        })
    }

    fn open(&mut self, id: &EventId, phase: Phase, by_chair: bool) -> Result<(), EventProblem> {
        match phase {
            Phase::Scheduled => {}
            Phase::Open => return Err(EventProblem::AlreadyOpen),
            Phase::Closed => return Err(EventProblem::Closed),
            Phase::Cancelled => return Err(EventProblem::Cancelled),
        }
        let ts = self.next_ts(id);
        if let Some(event) = self.event_mut(id) {
            let from = event.may_open_from(by_chair);
            if ts < from {
                return Err(EventProblem::TooEarly { from, zone: event.zone, by_chair });
            }
            event::check_times(ts, event.closes_at, ts)?;
            event.opens_at = ts;
        }
        self.settle(id);
        Ok(())
    }

    fn close(&mut self, id: &EventId, phase: Phase) -> Result<(), EventProblem> {
        if phase != Phase::Open {
            return Err(not_open(phase));
        }
        let ts = self.next_ts(id);
        if let Some(event) = self.event_mut(id) {
            event.closes_at = ts;
        }
        self.settle(id);
        Ok(())
    }

    /// `inherited` is the meeting's title, for an event that is to have none of its own.
    pub(in crate::store) fn change(
        &mut self,
        id: &EventId,
        phase: Phase,
        patch: EventPatch,
        inherited: String,
    ) -> Result<(), EventProblem> {
        let Some(mut event) = self.event(id).cloned() else { return Ok(()) };
        let before = event.clone();
        match patch.title {
            Some(Some(title)) => (event.title, event.own_title) = (title, true),
            Some(None) => (event.title, event.own_title) = (inherited, false),
            None => {}
        }
        let renamed = event.title != before.title;
        let times = (patch.opens_at.unwrap_or(event.opens_at), patch.closes_at.unwrap_or(event.closes_at));
        let moved = times != (event.opens_at, event.closes_at);
        // What it was called stands with what was said there: no row could tell of another name behind its last one.
        if renamed && phase == Phase::Closed {
            return Err(EventProblem::Closed);
        }
        if moved {
            match phase {
                Phase::Closed => return Err(EventProblem::Closed),
                Phase::Cancelled => return Err(EventProblem::Cancelled),
                Phase::Open if times.0 != event.opens_at => return Err(EventProblem::AlreadyOpen),
                Phase::Open | Phase::Scheduled => event::check_times(times.0, times.1, self.next_ts(id))?,
            }
            (event.opens_at, event.closes_at) = times;
            // The new end has its own warnings; what lies before this moment is none of them.
            event.warned = self.next_ts(id);
        }
        let text = if moved { moved_text(&before, &event, phase) } else { format!("This event is now called “{}”.", event.title) };
        if let Some(it) = self.event_mut(id) {
            *it = event;
        }
        if moved || renamed {
            let ts = self.next_ts(id);
            self.append(id, ts, Kind::Rescheduled, &text);
        }
        self.settle(id);
        Ok(())
    }

    /// Calls an event off. `with_meeting`: because its meeting is deleted.
    pub(in crate::store) fn cancel(&mut self, id: &EventId, phase: Phase, with_meeting: bool) -> Result<(), EventProblem> {
        self.call_off(id, phase, with_meeting, None)
    }

    fn call_off(&mut self, id: &EventId, phase: Phase, with_meeting: bool, reason: Option<String>) -> Result<(), EventProblem> {
        match phase {
            Phase::Closed => return Err(EventProblem::Closed),
            Phase::Cancelled => return Err(EventProblem::Cancelled),
            Phase::Scheduled | Phase::Open => {}
        }
        let ts = self.next_ts(id);
        let text = reason.as_ref().map_or("This event was cancelled.".to_owned(), |why| format!("This event was cancelled: {why}"));
        self.append(id, ts, Kind::Cancelled, &text);
        if let Some(event) = self.event_mut(id) {
            event.cancelled_at = Some(ts);
            event.reason = reason;
            event.cancelled_with_meeting = with_meeting;
        }
        Ok(())
    }

    /// Takes a cancellation back; what fell due meanwhile is written at once.
    pub(in crate::store) fn restore(&mut self, id: &EventId, phase: Phase) -> Result<(), EventProblem> {
        match phase {
            Phase::Cancelled => {}
            Phase::Closed => return Err(EventProblem::Closed),
            Phase::Scheduled | Phase::Open => return Err(EventProblem::NotCancelled),
        }
        let ts = self.next_ts(id);
        self.append(id, ts, Kind::Restored, RESTORED);
        if let Some(event) = self.event_mut(id) {
            event.cancelled_at = None;
            event.reason = None;
            event.cancelled_with_meeting = false;
        }
        self.settle(id);
        Ok(())
    }
}

/// What a row tells of an event that was cancelled, or gone, and is not any more.
pub(in crate::store) const RESTORED: &str = "This event takes place after all.";

pub(in crate::store) const fn not_open(phase: Phase) -> EventProblem {
    match phase {
        Phase::Scheduled | Phase::Open => EventProblem::NotOpen,
        Phase::Closed => EventProblem::Closed,
        Phase::Cancelled => EventProblem::Cancelled,
    }
}

/// The text of the row that tells an event's new times, and which they were, to everyone who waits or talks in it.
pub(in crate::store) fn moved_text(before: &ChatEvent, event: &ChatEvent, phase: Phase) -> String {
    if phase == Phase::Open {
        return format!("The room now closes at {}.", event.end());
    }
    let times = |event: &ChatEvent| format!("{}, {}", event.opens_at.in_zone(event.zone).format("%A %-d %B %Y"), event.hours());
    format!("{}{}. It was on {}.", system_text::MOVED, times(event), times(before))
}
