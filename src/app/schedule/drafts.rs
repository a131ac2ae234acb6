//! Only its organizer may see the event of a draft. Everyone else gets the answer for an event that does not exist.

use crate::app::people::chairs::{Papers, Right};
use crate::app::{App, Error, Thing};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;
use crate::live::room::Room;

impl App {
    /// Returns whether an event is of a draft, at the least cost where it is not.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn is_draft(&self, id: &EventId) -> Result<bool, Error> {
        if self.rooms.ready(id).is_some_and(|room| !room.is_hidden()) {
            return Ok(false);
        }
        Ok(self.event(id).await?.draft)
    }

    /// Returns whether an organizer owns the meeting of an event.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn owns_event(&self, organizer: &Organizer, id: &EventId) -> Result<bool, Error> {
        let event = self.event(id).await?;
        Ok(self.store.get_meeting(&event.meeting).await?.organizer == organizer.id)
    }

    /// Returns whether a signed-in browser is that of the organizer who owns the meeting of an event.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn session_owns_event(&self, session: &str, id: &EventId) -> Result<bool, Error> {
        match self.organizer_of_session(session).await? {
            Some(organizer) => self.owns_event(&organizer, id).await,
            None => Ok(false),
        }
    }

    /// Returns whether somebody has joined an event.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn has_joined(&self, id: &EventId, who: &ParticipantId) -> Result<bool, Error> {
        Ok(self.store.find_participant(id, who).await?.is_some())
    }

    /// Refuses those who follow the room of a draft without being in it. `insider`: the draft's organizer.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub(in crate::app) async fn check_follower(&self, room: &Room, who: Option<&ParticipantId>, insider: bool) -> Result<(), Error> {
        if insider {
            return Ok(());
        }
        if self.event(&room.id).await?.draft {
            // Only the organizer can have joined.
            let joined = match who {
                Some(who) => self.has_joined(&room.id, who).await?,
                None => false,
            };
            return if joined { Ok(()) } else { Err(Error::NotFound(Thing::Event)) };
        }
        // It was published since the room was read.
        room.doubt();
        Ok(())
    }

    /// Refuses those who join the event of a draft, but for its organizer.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub(in crate::app) async fn check_joiner(&self, id: &EventId, papers: &Papers) -> Result<(), Error> {
        let event = self.event(id).await?;
        if event.draft && self.find_right(papers, &event).await? != Some(Right::Organizer) {
            return Err(Error::NotFound(Thing::Event));
        }
        Ok(())
    }
}
