//! Commands in messages: whether a row is one, judged at its very place in the log, and what it does beside the minutes.

use crate::domain::minutes::{self, Command, Hint, Manner, Tag, Undone, Who};
use crate::domain::schedule::event::{EventId, Phase};
use crate::domain::schedule::meeting;
use crate::domain::talk::message::{ChatData, Kind, Utterance};
use crate::domain::talk::participant::{Nick, Participant, ParticipantId, ParticipantState};
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::store::log::batch::LogBatch;
use crate::store::talk::participant_action::Refusal;

impl LogBatch {
    /// What a message is to the minutes, and perhaps what its writer is to be told. What does not count in a secret vote is not
    /// written at all: everybody would read it.
    pub(in crate::store) fn read_command(
        &self,
        id: &EventId,
        person: &Participant,
        what: &Utterance,
    ) -> Result<(Option<Tag>, Option<Hint>), Refusal> {
        let forbidden = what.command.as_ref().and_then(|command| self.forbids(id, person, command));
        let tag = what.command.as_ref().filter(|_| forbidden.is_none()).map(|command| command.tag);
        let for_chairs = |tag: &Tag| tag.entry().who == Who::Chairs && !person.chair && !matches!(what.hint, Some(Hint::Inside(_)));
        let hint = forbidden.or_else(|| what.near.filter(for_chairs).map(Hint::ForChairs)).or_else(|| what.hint.clone());
        match hint {
            Some(hint) if what.votes() && self.is_secret(id) => Err(Refusal::Withheld(hint)),
            hint => Ok((tag, hint)),
        }
    }

    fn is_secret(&self, id: &EventId) -> bool {
        self.fold(id).and_then(minutes::Fold::question).is_some_and(|question| question.manner == Manner::Secret)
    }

    fn forbids(&self, id: &EventId, person: &Participant, command: &Command) -> Option<Hint> {
        if command.tag.entry().who == Who::Chairs && !person.chair {
            return Some(Hint::ForChairs(command.tag));
        }
        let named = command.names().and_then(|nick| self.holder(id, &nick));
        match command.tag {
            Tag::MeetingName | Tag::StartMeeting if !command.argument.is_empty() => match meeting::title(&command.argument) {
                Err(why) => Some(Hint::Title(why)),
                // Bots are told their meeting's name when it begins, whatever it is.
                Ok(title) if command.tag == Tag::MeetingName && self.event(id).is_some_and(|event| event.title == title) => {
                    Some(Hint::SameTitle)
                }
                Ok(_) => None,
            },
            Tag::Chair | Tag::Unchair => match named {
                None => Some(Hint::Nobody),
                Some(who) if who.chair == (command.tag == Tag::Chair) => Some(Hint::SameAsBefore(command.tag)),
                Some(who) => self.is_last_chair(id, who).then_some(Hint::LastChair),
            },
            Tag::Here => named.filter(|who| who.id != person.id).map(|_| Hint::NickOfAnother),
            Tag::Nick if named.is_some() => Some(Hint::IsHere),
            Tag::Undo => self.fold(id).and_then(|fold| match fold.undone() {
                Some(Undone::Chair(nick, false)) => {
                    self.holder(id, &nick).filter(|who| self.is_last_chair(id, who)).map(|_| Hint::LastChair)
                }
                _ => fold.refuses(command),
            }),
            _ => self.fold(id).and_then(|fold| fold.refuses(command)),
        }
    }

    /// Whether nobody else in the room is a chair.
    fn is_last_chair(&self, id: &EventId, who: &Participant) -> bool {
        who.chair && !self.people(id).any(|other| other.chair && other.standing != ParticipantState::Gone && other.id != who.id)
    }

    /// What a command that stands alone says in its row, if it says something.
    pub(in crate::store) fn told(&self, id: &EventId, tag: Option<Tag>, ts: Timestamp) -> Option<String> {
        self.fold(id)?.told(tag?, ts)
    }

    /// What a command takes back beside the minutes: to be asked before its row is written.
    pub(in crate::store) fn undone(&self, id: &EventId, tag: Option<Tag>) -> Option<Undone> {
        self.fold(id).filter(|_| tag == Some(Tag::Undo))?.undone()
    }

    /// Who alone may see a row: whoever votes in a secret vote.
    pub(in crate::store) fn audience(&self, id: &EventId, person: &Participant, tag: Option<Tag>) -> Option<ParticipantId> {
        let question = self.fold(id).filter(|_| tag == Some(Tag::Vote))?.question()?;
        (question.manner == Manner::Secret).then(|| person.id.clone())
    }

    /// Does what a command that was just written does beside the minutes.
    pub(in crate::store) fn carry_out(&mut self, id: &EventId, command: &Command, undone: Option<Undone>) {
        // Its row took a timestamp; at the very end of the event that may have been the last.
        if self.settle(id) != Some(Phase::Open) {
            return;
        }
        match command.tag {
            Tag::Chair | Tag::Unchair => self.seat_holder(id, command.names(), command.tag == Tag::Chair),
            Tag::MeetingName | Tag::StartMeeting => {
                if let Ok(title) = meeting::title(&command.argument) {
                    self.rename(id, title, Some(command.tag));
                }
            }
            Tag::Undo => match undone {
                Some(Undone::Title(title)) => self.rename(id, title, None),
                Some(Undone::Chair(nick, on)) => self.seat_holder(id, Some(nick), on),
                None => {}
            },
            Tag::EndMeeting => {
                let ts = self.next_ts(id);
                if let Some(event) = self.event_mut(id) {
                    event.closes_at = ts;
                }
                self.settle(id);
            }
            _ => {}
        }
    }

    fn seat_holder(&mut self, id: &EventId, nick: Option<Nick>, chair: bool) {
        if let Some(mut who) = nick.and_then(|nick| self.holder(id, &nick)).cloned() {
            self.seat(id, &mut who, chair);
        }
    }

    /// Gives the event a title; the row that tells has the tag of the command, so that it is found where that is taken back.
    fn rename(&mut self, id: &EventId, title: String, tag: Option<Tag>) {
        let ts = self.next_ts(id);
        let Some(event) = self.event_mut(id).filter(|event| event.title != title) else { return };
        let text = minutes::renamed(&title, &event.title);
        (event.title, event.own_title) = (title, true);
        let html = text::plain(&text);
        self.push(id, ChatData { tag, ..ChatData::bare(ts, Kind::Rescheduled, text, html) });
    }
}
