//! Who may run an event: its meeting's organizer, whoever has the meeting's chair link, and participants who
//! are chairs. What they do with it is in `events`.
//!
//! The key in a chair link is made from the secret key at every use and kept nowhere.

use crate::app::security_log::{self, Event};
use crate::app::{App, Error, Thing};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::secret;
use crate::domain::talk::participant::{Participant, ParticipantId, ParticipantState};
use crate::store;
use crate::store::schedule::organizer_action::OrganizerAction;

/// What somebody shows for their right to run an event. What it is worth is for [`App::right`] to say.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    /// Who is signed in, or whose API token it is.
    pub organizer: Option<Organizer>,
    /// Whose participant's token it is.
    pub participant: Option<ParticipantId>,
    /// The key of a chair link.
    pub key: Option<String>,
    /// The version of the meeting's chair link that their browser followed, from a cookie that only we can seal.
    pub version: Option<i64>,
}

impl Papers {
    /// Whether there are any.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        self.organizer.is_some() || self.participant.is_some() || self.key.is_some() || self.version.is_some()
    }
}

impl From<&Organizer> for Papers {
    fn from(organizer: &Organizer) -> Self {
        Self { organizer: Some(organizer.clone()), ..Self::default() }
    }
}

/// By which right somebody runs an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    Organizer,
    Chair,
}

impl App {
    /// By which right somebody with these papers runs the event, if by any.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_right(&self, papers: &Papers, event: &ChatEvent) -> Result<Option<Right>, Error> {
        if let Some(organizer) = &papers.organizer
            && self.store.get_meeting(&event.meeting).await?.organizer == organizer.id
        {
            return Ok(Some(Right::Organizer));
        }
        if event.draft {
            return Ok(None);
        }
        if let Some(key) = &papers.key
            && self.chair_version(&event.meeting, key).await?.is_some()
        {
            return Ok(Some(Right::Chair));
        }
        if let Some(version) = papers.version
            && version == self.store.chair_version(&event.meeting).await?
        {
            return Ok(Some(Right::Chair));
        }
        let Some(id) = &papers.participant else { return Ok(None) };
        let person = self.find_member(event, id).await?;
        Ok(person.is_some_and(|who| who.chair).then_some(Right::Chair))
    }

    /// The same, where there has to be one.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] without papers; [`Error::NotAChair`], [`Error::NotYours`], [`Error::BadToken`] or
    /// [`Error::BadChairKey`] with some that do not do.
    pub async fn right(&self, papers: &Papers, event: &ChatEvent) -> Result<Right, Error> {
        if let Some(right) = self.find_right(papers, event).await? {
            return Ok(right);
        }
        if event.draft && papers.is_any() {
            return Err(Error::NotFound(Thing::Event));
        }
        Err(match papers {
            Papers { organizer: Some(_), .. } => Error::NotYours,
            Papers { participant: Some(id), .. } => match self.find_member(event, id).await? {
                Some(_) => Error::NotAChair,
                None => Error::BadToken,
            },
            Papers { key: Some(_), .. } | Papers { version: Some(_), .. } => Error::BadChairKey,
            Papers { .. } => Error::NotSignedIn,
        })
    }

    /// Makes somebody in the event a chair, or takes that from them.
    ///
    /// # Errors
    /// As for [`Self::right`]; [`Error::NotFound`] for somebody who is not, or no longer, in the event.
    pub async fn set_chair(&self, by: impl Into<Papers>, id: &EventId, who: ParticipantId, on: bool) -> Result<(), Error> {
        let event = self.event(id).await?;
        self.right(&by.into(), &event).await?;
        self.act(OrganizerAction::Chair { event: event.id, who, on }).await.map(drop)
    }

    /// The key of a meeting's chair link, for its organizer.
    ///
    /// # Errors
    /// [`Error::NotYours`], [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn chair_key(&self, by: &Organizer, slug: &str) -> Result<String, Error> {
        let meeting = self.owned_meeting(by, slug).await?;
        Ok(self.signer.chair(&meeting.id, self.store.chair_version(&meeting.id).await?))
    }

    /// Gives a meeting a new chair link; the old one is dead from now on. Who is a chair already stays one.
    ///
    /// # Errors
    /// As for [`Self::chair_key`].
    pub async fn renew_chair_key(&self, by: &Organizer, slug: &str) -> Result<String, Error> {
        let meeting = self.owned_meeting(by, slug).await?;
        self.store.renew_chair_key(&meeting.id).await?;
        security_log::note(Event::ChairLinkRenewed { organizer: &by.name, meeting: slug }, None);
        self.chair_key(by, slug).await
    }

    /// Takes the key of a chair link, and gives the version of it that is in force. Anyone of these who is in an open
    /// room of the meeting is a chair there at once.
    ///
    /// # Errors
    /// [`Error::BadChairKey`], [`Error::Unavailable`].
    pub async fn enter_as_chair(
        &self,
        meeting: &Meeting,
        key: &str,
        member: impl Fn(&EventId) -> Option<ParticipantId>,
    ) -> Result<i64, Error> {
        let version = self.chair_version(&meeting.id, key).await?.ok_or(Error::BadChairKey)?;
        for event in self.store.open_events_of(&meeting.id, self.now()).await? {
            let Some(who) = member(&event.id) else { continue };
            match self.act(OrganizerAction::Chair { event: event.id, who, on: true }).await {
                // They left, or the room closed, a moment ago.
                Ok(_) | Err(Error::NotFound(Thing::Participant | Thing::Event) | Error::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(version)
    }

    /// The version of the meeting's chair link that is in force, if this is its key.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn chair_version(&self, meeting: &str, key: &str) -> Result<Option<i64>, Error> {
        match self.store.chair_version(meeting).await {
            Ok(version) => Ok(secret::same(&self.signer.chair(meeting, version), key).then_some(version)),
            Err(store::Error::Missing) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Somebody who is in the event and not gone.
    pub(in crate::app) async fn find_member(&self, event: &ChatEvent, id: &ParticipantId) -> Result<Option<Participant>, Error> {
        if event.tokens_have_ended(self.now()) {
            return Ok(None);
        }
        let mut person = self.room(&event.id).await?.person(id);
        if person.is_none() && self.store.is_shared() {
            // They may have joined on another node a moment ago.
            person = self.store.find_participant(&event.id, id).await?;
        }
        Ok(person.filter(|who| who.standing != ParticipantState::Gone))
    }
}
