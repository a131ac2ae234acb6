//! Keeping order: removing a person, redacting a message. The organizer of the meeting may.

use crate::app::security_log::{self, Event};
use crate::app::{App, Error};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::store::schedule::organizer_action::OrganizerAction;

impl App {
    /// Ends somebody's participation: the token is dead and parked polls end at once.
    ///
    /// # Errors
    /// [`Error::NotYours`], [`Error::NotFound`] also for somebody who is gone already.
    pub async fn remove(&self, by: &Organizer, event: &EventId, who: ParticipantId) -> Result<(), Error> {
        self.owned_event(by, event).await?;
        self.act(OrganizerAction::Remove { event: event.clone(), who: who.clone() }).await?;
        security_log::note(Event::ParticipantRemoved { organizer: &by.name, participant: who.as_str() }, None);
        Ok(())
    }

    /// Empties what somebody said, everywhere; the row and its `ts` stay.
    ///
    /// # Errors
    /// [`Error::NotYours`], [`Error::NotFound`] where no person's message has this `ts`.
    pub async fn redact(&self, by: &Organizer, event: &EventId, ts: Timestamp) -> Result<(), Error> {
        self.owned_event(by, event).await?;
        self.act(OrganizerAction::Redact { event: event.clone(), ts }).await.map(drop)
    }
}
