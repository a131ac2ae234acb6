//! Saying something.

use super::join::check_nonce;
use crate::app::{App, Error};
use crate::domain::minutes::{Hint, Tag};
use crate::domain::network::Network;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::message::{ChatData, Utterance};
use crate::domain::talk::participant::ParticipantId;
use crate::store::talk::participant_action::{ParticipantAction, ParticipantOutcome};

/// What became of something that was said.
#[derive(Clone, Debug)]
pub struct SaidMessage {
    pub row: ChatData,
    /// False where the same nonce had it written before.
    pub fresh: bool,
    /// For its writer alone: it looks like a command and is none.
    pub hint: Option<Hint>,
}

impl App {
    /// Writes what a participant typed. The same participant and nonce are the same row.
    ///
    /// # Errors
    /// A text that breaks a rule, an event that is not open, a dead token, too many messages of the participant, of the network that
    /// this comes `from`, or to the event.
    pub async fn say(
        &self,
        event: &EventId,
        who: ParticipantId,
        text: &str,
        nonce: Option<String>,
        from: Option<Network>,
    ) -> Result<SaidMessage, Error> {
        check_nonce(nonce.as_deref())?;
        let what = self.check_action(event, Utterance::parse(text).map_err(Error::Text)?).await?;
        let room = self.room(event).await?;
        if room.is_hidden() && room.person(&who).is_none() {
            self.check_follower(&room, Some(&who), false).await?;
        }
        // One who joined on another node may be unknown here yet: the transaction will say.
        if room.person(&who).is_none() && !self.store.is_shared() {
            return Err(Error::BadToken);
        }
        self.limits.post(&who)?;
        self.budgets.post(event, from)?;
        room.presence.seen(&who);
        match self.writer.enter(ParticipantAction::Say { event: event.clone(), who, what, nonce }).await? {
            Ok(ParticipantOutcome::Said { row, fresh, hint }) => {
                let hint = match hint {
                    None if fresh && row.tag == Some(Tag::Action) => self.find_unassigned(event, &row).await,
                    hint => hint,
                };
                Ok(SaidMessage { row, fresh, hint })
            }
            Ok(_) => Err(Error::Unavailable("a message came back as something else".into())),
            Err(refusal) => Err(Error::of_participant(refusal)),
        }
    }

    /// Asks the writer of a message before it is sent, if it looks like a command and is not one.
    ///
    /// # Errors
    /// [`Error::Doubtful`], with what may be meant.
    pub fn ask_about(&self, text: &str) -> Result<(), Error> {
        let doubt = Utterance::parse(text).ok().and_then(|said| said.doubt().cloned());
        doubt.map_or(Ok(()), |hint| Err(Error::Doubtful(hint)))
    }

    /// Finds out whether an action item names nobody. Its row is written: if the minutes cannot be read now, nothing is said.
    async fn find_unassigned(&self, event: &EventId, row: &ChatData) -> Option<Hint> {
        match self.minutes(event).await {
            Ok(made) => made.minutes.items.iter().any(|item| item.ts == row.ts && item.assignees.is_empty()).then_some(Hint::Unassigned),
            Err(problem) => {
                log::debug!("Who is assigned an action item was not found out: {problem:?}");
                None
            }
        }
    }
}
