//! What people do in rooms, and what becomes of it: each entry judged by itself, against the logs as they
//! are by then. One that breaks a rule is refused and never fails its batch.

use crate::domain::minutes::{Hint, Tag};
use crate::domain::schedule::event::{EventId, EventProblem, Phase};
use crate::domain::talk::message::{ChatData, Kind, Utterance, nonce_is_strong};
use crate::domain::talk::participant::{Nick, Participant, ParticipantId, ParticipantState};
use crate::domain::text::confusable::Looks;
use crate::domain::time::Timestamp;
use crate::domain::transcript::digest;
use crate::domain::{limits, text};
use crate::store::log::batch::LogBatch;

/// What somebody, or the clock, does to an event's log.
#[derive(Clone, Debug)]
pub enum ParticipantAction {
    /// A participant says or does something.
    Say { event: EventId, who: ParticipantId, what: Utterance, nonce: Option<String> },
    /// A nickname comes in, for the first time; as a chair or not.
    Join { event: EventId, nick: Nick, nonce: Option<String>, chair: bool },
    /// A participant leaves for good.
    Leave { event: EventId, who: ParticipantId },
    /// A participant gave no sign of life for too long.
    TimeOut { event: EventId, who: ParticipantId },
    /// A participant that had timed out is back.
    Return { event: EventId, who: ParticipantId },
    /// A set time has come: write what is due, if anything is.
    Tick { event: EventId },
}

impl ParticipantAction {
    /// The event whose log it is about.
    #[must_use]
    pub const fn event(&self) -> &EventId {
        match self {
            Self::Say { event, .. }
            | Self::Join { event, .. }
            | Self::Leave { event, .. }
            | Self::TimeOut { event, .. }
            | Self::Return { event, .. }
            | Self::Tick { event } => event,
        }
    }

    /// The pair by which a repeated message is found.
    pub(in crate::store) fn nonce(&self) -> Option<(&ParticipantId, &str)> {
        match self {
            Self::Say { who, nonce: Some(nonce), .. } => Some((who, nonce)),
            _ => None,
        }
    }

    /// The nickname, by its keys, and the nonce of joining that decide what becomes of it.
    pub(in crate::store) fn lookup_key(&self) -> Option<(&EventId, Looks, Option<&str>)> {
        match self {
            Self::Join { event, nick, nonce, .. } => Some((event, nick.looks(), nonce.as_deref())),
            Self::Say { event, what: Utterance { command: Some(command), .. }, .. } => Some((event, command.names()?.looks(), None)),
            _ => None,
        }
    }

    /// The event, where what becomes of it depends on the commands before it.
    pub(in crate::store) fn needs_history(&self) -> Option<&EventId> {
        match self {
            Self::Say { event, what, .. } if what.votes() => Some(event),
            Self::Say { event, what: Utterance { command: Some(command), .. }, .. } => Some(event).filter(|_| command.tag.depends()),
            _ => None,
        }
    }

    /// The event, where somebody may be made no chair by it: who else is one is to be known then.
    pub(in crate::store) fn needs_other_chairs(&self) -> Option<&EventId> {
        match self {
            Self::Say { event, what: Utterance { command: Some(command), .. }, .. } => {
                Some(event).filter(|_| matches!(command.tag, Tag::Unchair | Tag::Undo))
            }
            _ => None,
        }
    }

    /// Who does it, if they are in already.
    pub(in crate::store) const fn who(&self) -> Option<&ParticipantId> {
        match self {
            Self::Say { who, .. } | Self::Leave { who, .. } | Self::TimeOut { who, .. } | Self::Return { who, .. } => Some(who),
            Self::Join { .. } | Self::Tick { .. } => None,
        }
    }
}

/// What came of an entry.
#[derive(Clone, Debug)]
pub enum ParticipantOutcome {
    /// The row stands; `fresh` is false where the same nonce had it written before. The hint is for its writer.
    Said { row: ChatData, fresh: bool, hint: Option<Hint> },
    /// The participant is in; `cursor` is the `ts` of its first `joined` row.
    Joined { who: Participant, cursor: Timestamp, fresh: bool },
    /// Nothing to tell.
    Noted,
}

/// Why an entry was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoEvent,
    /// The participant is gone, or of another event.
    NoParticipant,
    NickTaken,
    /// Someone joined with this nonce, and this request may not have their token.
    NonceUsed,
    /// No message of a person has this `ts`.
    NoMessage,
    SlugTaken,
    /// It was deleted too long ago.
    UndoOver,
    /// It was meant to be a secret vote and is none: why.
    Withheld(Hint),
    Event(EventProblem),
}

impl LogBatch {
    /// Does one thing to one log, if the rules allow it.
    pub(in crate::store) fn enter(&mut self, entry: &ParticipantAction) -> Result<ParticipantOutcome, Refusal> {
        let id = entry.event();
        let Some(phase) = self.settle(id) else { return Err(Refusal::NoEvent) };
        let has_ended = self.event(id).is_some_and(|event| event.tokens_have_ended(self.now()));
        let mut person = match entry {
            ParticipantAction::Tick { .. } => return Ok(ParticipantOutcome::Noted),
            ParticipantAction::Join { nick, nonce, chair, .. } => return self.join(id, phase, nick, nonce.as_deref(), *chair),
            ParticipantAction::Say { who, .. }
            | ParticipantAction::Leave { who, .. }
            | ParticipantAction::TimeOut { who, .. }
            | ParticipantAction::Return { who, .. } => {
                let known = self.known(id, who).filter(|it| it.standing != ParticipantState::Gone && !has_ended);
                known.cloned().ok_or(Refusal::NoParticipant)?
            }
        };
        match entry {
            ParticipantAction::Say { what, nonce, .. } => return self.say(id, phase, person, what, nonce.as_deref()),
            ParticipantAction::Leave { .. } => {
                let was_here = person.standing == ParticipantState::Here;
                let ts = self.next_ts(id);
                self.set_state(id, &mut person, ParticipantState::Gone, ts);
                if was_here && phase == Phase::Open {
                    self.append_about(id, ts, Kind::Left, &person, &format!("{} left", person.nick));
                }
            }
            ParticipantAction::TimeOut { .. } if person.standing == ParticipantState::Here && phase == Phase::Open => {
                let ts = self.next_ts(id);
                self.set_state(id, &mut person, ParticipantState::Away, ts);
                self.append_about(id, ts, Kind::Left, &person, &format!("{} left", person.nick));
            }
            ParticipantAction::Return { .. } if person.standing == ParticipantState::Away && phase == Phase::Open => {
                self.mark_present(id, &mut person);
            }
            _ => {}
        }
        Ok(ParticipantOutcome::Noted)
    }

    fn say(
        &mut self,
        id: &EventId,
        phase: Phase,
        mut person: Participant,
        what: &Utterance,
        nonce: Option<&str>,
    ) -> Result<ParticipantOutcome, Refusal> {
        // The same nonce is the same row: also after the close, also with another text.
        if let Some(row) = nonce.and_then(|nonce| self.said(&person.id, nonce)) {
            return Ok(ParticipantOutcome::Said { row: row.clone(), fresh: false, hint: None });
        }
        admitted(phase)?;
        if person.standing == ParticipantState::Away {
            self.mark_present(id, &mut person);
        }
        // Coming back took a timestamp; at the very end of the event that may have been the last.
        self.settle(id).map_or(Err(Refusal::NoEvent), admitted)?;
        #[cfg(not(feature = "planted"))]
        let ts = self.next_ts(id);
        #[cfg(feature = "planted")]
        let ts = crate::store::log::planted::stamped(&person.id, nonce).unwrap_or_else(|| self.next_ts(id));
        let (tag, hint) = self.read_command(id, &person, what)?;
        let (told, undone) = (self.told(id, tag, ts).or_else(|| what.told(tag)), self.undone(id, tag));
        let row = ChatData {
            ts,
            kind: what.kind,
            audience: self.audience(id, &person, tag),
            from: Some(person.id),
            nick: Some(person.nick),
            html: told.as_deref().map_or_else(|| what.html.clone(), text::inline),
            text: told.unwrap_or_else(|| what.text.clone()),
            nonce: nonce.map(str::to_owned),
            salt: Some(digest::salt()),
            hash: None,
            tag,
        };
        self.push(id, row.clone());
        if let Some(command) = what.command.as_ref().filter(|command| tag == Some(command.tag)) {
            self.carry_out(id, command, undone);
        }
        Ok(ParticipantOutcome::Said { row, fresh: true, hint })
    }

    /// Somebody who had timed out is here again.
    fn mark_present(&mut self, id: &EventId, person: &mut Participant) {
        let ts = self.next_ts(id);
        self.set_state(id, person, ParticipantState::Here, ts);
        self.append_about(id, ts, Kind::Joined, person, &format!("{} joined", person.nick));
    }

    fn join(&mut self, id: &EventId, phase: Phase, nick: &Nick, nonce: Option<&str>, chair: bool) -> Result<ParticipantOutcome, Refusal> {
        if let Some((who, cursor)) = nonce.and_then(|nonce| self.joined(id, nonce)) {
            // The token is given out once more only to a client that cannot have guessed the nonce and that
            // asks for what its first request asked for, soon after it.
            let repeats = nonce.is_some_and(nonce_is_strong) && who.nick == nick.as_str() && who.standing != ParticipantState::Gone;
            let in_time = self.next_ts(id) <= cursor.plus_minutes(limits::REJOIN_MINUTES);
            if !repeats || !in_time {
                return Err(Refusal::NonceUsed);
            }
            return Ok(ParticipantOutcome::Joined { who: who.clone(), cursor, fresh: false });
        }
        admitted(phase)?;
        if self.is_taken(id, nick) {
            return Err(Refusal::NickTaken);
        }
        let ts = self.next_ts(id);
        let mut who = self.arrive(id, nick, nonce, ts);
        self.append_about(id, ts, Kind::Joined, &who, &format!("{} joined", who.nick));
        // Joining took a timestamp; at the very end of the event that may have been the last.
        if chair && self.settle(id) == Some(Phase::Open) {
            self.seat(id, &mut who, true);
        }
        Ok(ParticipantOutcome::Joined { who, cursor: ts, fresh: true })
    }
}

const fn admitted(phase: Phase) -> Result<(), Refusal> {
    match phase {
        Phase::Open => Ok(()),
        Phase::Scheduled => Err(Refusal::Event(EventProblem::NotOpen)),
        Phase::Closed => Err(Refusal::Event(EventProblem::Closed)),
        Phase::Cancelled => Err(Refusal::Event(EventProblem::Cancelled)),
    }
}
