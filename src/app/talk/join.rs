//! Coming in and leaving.

use crate::app::people::chairs::Papers;
use crate::app::{App, Error, Thing};
use crate::domain::network::Network;
use crate::domain::schedule::event::{ChatEvent, EventId, Phase};
use crate::domain::talk::message::nonce_is_fine;
use crate::domain::talk::participant::{Nick, Participant, ParticipantId, ParticipantState};
use crate::domain::time::Timestamp;
use crate::store::talk::participant_action::{ParticipantAction, ParticipantOutcome};

/// Somebody who is in, with the secret that proves it.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub who: Participant,
    pub token: String,
    /// The `ts` of the `joined` row: poll after it for what comes next, after 0 for everything.
    pub cursor: Timestamp,
    /// False where the same nonce had joined before.
    pub fresh: bool,
}

/// Who wants to come in, and where, as it came in.
#[derive(Clone, Debug)]
pub struct Joiner {
    pub event: EventId,
    pub nick: String,
    pub nonce: Option<String>,
}

/// Somebody in the list of people.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: ParticipantId,
    pub nick: String,
    pub present: bool,
    /// Whether they may run the event.
    pub chair: bool,
}

impl App {
    /// Lets a nickname into an open event, as a chair where these papers give the right to run it.
    ///
    /// # Errors
    /// A bad nickname or one that is taken, an event that is not open, too many joins from one address, the key of
    /// a chair link that is dead.
    pub async fn join(&self, joiner: Joiner, papers: &Papers, from: Option<Network>) -> Result<Ticket, Error> {
        let Joiner { event, nick, nonce } = joiner;
        let nick = Nick::parse(&nick).map_err(Error::Nick)?;
        check_nonce(nonce.as_deref())?;
        self.limits.join(from)?;
        let room = self.room(&event).await?;
        if room.is_hidden() {
            self.check_joiner(&event, papers).await?;
        }
        self.budgets.join(&event)?;
        let chair = papers.is_any() && self.find_right(papers, &self.event(&event).await?).await?.is_some();
        match self.writer.enter(ParticipantAction::Join { event, nick, nonce, chair }).await? {
            Ok(ParticipantOutcome::Joined { who, cursor, fresh }) => {
                if who.standing != ParticipantState::Gone {
                    room.presence.seen(&who.id);
                }
                Ok(Ticket { token: self.signer.sign(who.id.as_str()), who, cursor, fresh })
            }
            Ok(_) => Err(Error::Unavailable("a join came back as something else".into())),
            Err(refusal) => Err(Error::of_participant(refusal)),
        }
    }

    /// Ends somebody's own participation: the token is dead, the nickname free.
    ///
    /// # Errors
    /// [`Error::BadToken`] where it had ended before.
    pub async fn leave(&self, event: &EventId, who: ParticipantId) -> Result<(), Error> {
        if self.event(event).await?.draft && !self.has_joined(event, &who).await? {
            return Err(Error::NotFound(Thing::Event));
        }
        let done = self.writer.enter(ParticipantAction::Leave { event: event.clone(), who }).await?;
        done.map(drop).map_err(Error::of_participant)
    }

    /// Everybody who joined the event, those present first, then by nickname.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn participants(&self, event: &EventId) -> Result<Vec<Person>, Error> {
        let room = self.room(event).await?;
        let open = room.event().is_some_and(|event| event.phase(self.now()) == Phase::Open);
        let mut people: Vec<Person> = room
            .people()
            .into_iter()
            .map(|who| Person {
                present: open && who.standing == ParticipantState::Here,
                chair: who.chair && who.standing != ParticipantState::Gone,
                id: who.id,
                nick: who.nick,
            })
            .collect();
        people.sort_by_cached_key(|who| (!who.present, who.nick.to_lowercase()));
        Ok(people)
    }

    /// The participant of this id, while they are in the event.
    ///
    /// # Errors
    /// [`Error::BadToken`], [`Error::Unavailable`].
    pub async fn participant(&self, event: &ChatEvent, who: &ParticipantId) -> Result<Participant, Error> {
        self.find_member(event, who).await?.ok_or(Error::BadToken)
    }

    /// Returns whether there is this event, and this participant in it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_member(&self, event: &EventId, who: &ParticipantId) -> Result<bool, Error> {
        match self.store.find_event(event).await? {
            Some(event) => Ok(self.find_member(&event, who).await?.is_some()),
            None => Ok(false),
        }
    }
}

pub(in crate::app) fn check_nonce(nonce: Option<&str>) -> Result<(), Error> {
    if nonce.is_none_or(nonce_is_fine) { Ok(()) } else { Err(Error::Nonce) }
}
