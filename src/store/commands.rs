//! Commands in messages: whether a row is one, judged at its very place in the log, and what it does beside the minutes.

use super::logs::Logs;
use crate::domain::event::{EventId, Phase};
use crate::domain::meeting;
use crate::domain::message::{Kind, Utterance};
use crate::domain::minutes::{Command, Hint, Manner, Tag, Who};
use crate::domain::participant::{Participant, ParticipantId};

impl Logs {
    /// What a message is to the minutes; where it is nothing, perhaps what its writer is to be told.
    pub(super) fn judge(&self, id: &EventId, person: &Participant, what: &Utterance) -> (Option<Tag>, Option<Hint>) {
        let Some(command) = &what.command else { return (None, what.hint.clone()) };
        match self.forbids(id, person, command) {
            Some(hint) => (None, Some(hint)),
            None => (Some(command.tag), None),
        }
    }

    fn forbids(&self, id: &EventId, person: &Participant, command: &Command) -> Option<Hint> {
        if command.tag.entry().who == Who::Chairs && !person.chair {
            return Some(Hint::ForChairs(command.tag));
        }
        match command.tag {
            Tag::MeetingName | Tag::StartMeeting if !command.argument.is_empty() => {
                meeting::title(&command.argument).err().map(Hint::Title)
            }
            Tag::Chair | Tag::Unchair => match command.names().and_then(|nick| self.holder(id, &nick)) {
                None => Some(Hint::Nobody),
                Some(who) => (who.chair == (command.tag == Tag::Chair)).then_some(Hint::SameAsBefore),
            },
            _ => self.fold(id).and_then(|fold| fold.refuses(command)),
        }
    }

    /// Who alone may see a row: whoever votes in a secret vote.
    pub(super) fn audience(&self, id: &EventId, person: &Participant, tag: Option<Tag>) -> Option<ParticipantId> {
        let question = self.fold(id).filter(|_| tag == Some(Tag::Vote))?.question()?;
        (question.manner == Manner::Secret).then(|| person.id.clone())
    }

    /// Does what a command that was just written does beside the minutes.
    pub(super) fn carry_out(&mut self, id: &EventId, command: &Command) {
        // Its row took a timestamp; at the very end of the event that may have been the last.
        if self.settle(id) != Some(Phase::Open) {
            return;
        }
        match command.tag {
            Tag::Chair | Tag::Unchair => {
                if let Some(mut who) = command.names().and_then(|nick| self.holder(id, &nick)).cloned() {
                    self.seat(id, &mut who, command.tag == Tag::Chair);
                }
            }
            Tag::MeetingName | Tag::StartMeeting => {
                if let Ok(title) = meeting::title(&command.argument) {
                    self.rename(id, title);
                }
            }
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

    fn rename(&mut self, id: &EventId, title: String) {
        if self.event(id).is_none_or(|event| event.title == title) {
            return;
        }
        let text = format!("This event is now called “{title}”.");
        if let Some(event) = self.event_mut(id) {
            (event.title, event.own_title) = (title, true);
        }
        let ts = self.next_ts(id);
        self.append(id, ts, Kind::Rescheduled, &text);
    }
}
