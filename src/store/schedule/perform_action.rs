//! Carries out what organizers do to one event or to what is said in it, each in a transaction of its own.

use super::change_meetings;
use super::organizer_action::{EventPatch, OrganizerAction, OrganizerOutcome, RESTORED, moved_text, not_open};
use crate::domain::schedule::event::{self, EventId, EventProblem, Phase};
use crate::domain::talk::message::Kind;
use crate::store::agenda::{self, AgendaEdit};
use crate::store::log::batch::Committed;
use crate::store::log::transaction::LogTransaction;
use crate::store::talk::participant_action::Refusal;
use crate::store::{Error, Store};

impl Store {
    /// Does one act. A refused one changes nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the outcome is unknown, as for [`Store::write`].
    pub async fn act(&self, act: OrganizerAction) -> Result<(Result<OrganizerOutcome, Refusal>, Vec<Committed>), Error> {
        self.within_patience(self.transact(act)).await
    }

    async fn transact(&self, act: OrganizerAction) -> Result<(Result<OrganizerOutcome, Refusal>, Vec<Committed>), Error> {
        let event = act.event().cloned();
        let mut tx = LogTransaction::begin(self, event.as_ref(), act.is_scheduling(), act.who()).await?;
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

impl LogTransaction {
    async fn on_event(&mut self, act: OrganizerAction, id: &EventId, phase: Phase) -> Result<Result<OrganizerOutcome, Refusal>, Error> {
        let done = match act {
            OrganizerAction::Open { by_chair, .. } => self.open(id, phase, by_chair),
            OrganizerAction::Close { .. } => self.close(id, phase),
            OrganizerAction::Extend { minutes, .. } => match self.event(id).map(|event| event.closes_at.plus_minutes(minutes)) {
                Some(closes_at) if phase == Phase::Open => {
                    let patch = EventPatch { closes_at: Some(closes_at), ..EventPatch::default() };
                    self.change_unless_next(id, phase, patch, String::new()).await?
                }
                _ => Err(not_open(phase)),
            },
            OrganizerAction::Change { mut patch, .. } => {
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
            OrganizerAction::Agenda { edit, .. } => match Box::pin(self.edit_agenda(id, phase, edit)).await? {
                Ok(()) => Ok(()),
                Err(refusal) => return Ok(Err(refusal)),
            },
            OrganizerAction::Decide { what, .. } => match Box::pin(self.decide(id, phase, &what)).await? {
                Ok(()) => Ok(()),
                Err(refusal) => return Ok(Err(refusal)),
            },
            OrganizerAction::Cancel { reason, .. } => self.call_off(id, phase, false, reason),
            OrganizerAction::Restore { .. } => {
                if change_meetings::meeting_is_deleted(self, id).await? {
                    Err(EventProblem::MeetingDeleted)
                } else {
                    self.restore(id, phase)
                }
            }
            OrganizerAction::Remove { who, .. } => return Ok(self.remove(id, phase, &who)),
            OrganizerAction::Chair { who, on, .. } => return Ok(self.chair(id, phase, &who, on)),
            OrganizerAction::Redact { ts, .. } => return self.redact(id, phase, ts).await,
            _ => Ok(()),
        };
        Ok(match (done, self.event(id)) {
            (Ok(()), Some(event)) => Ok(OrganizerOutcome::Event(Box::new(event.clone()))),
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
