//! Reading an event by its id: anyone with the id may, unless the event is a draft's. Then only the meeting's organizer may, and
//! for everybody else there is no such event.

use super::api::event_id;
use super::guards::Caller;
use super::problem::Problem;
use crate::app::{App, Error, Thing};
use crate::domain::schedule::event::EventId;

/// Reads the id of an event that the caller may see.
///
/// # Errors
/// 404 where there is none, or none for this caller.
pub async fn seen(id: &str, caller: &Caller<'_>, app: &App) -> Result<EventId, Problem> {
    let id = event_id(id)?;
    if app.is_draft(&id).await? && !caller.is_insider(app, &id).await? {
        return Err(Error::NotFound(Thing::Event).into());
    }
    Ok(id)
}

impl Caller<'_> {
    /// Returns whether the caller is the organizer of this event's meeting, or has joined the event; of a draft, only the
    /// organizer can have.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn is_insider(&self, app: &App, id: &EventId) -> Result<bool, Error> {
        if let Some(organizer) = self.viewer(app).await?
            && app.owns_event(&organizer, id).await?
        {
            return Ok(true);
        }
        let Ok(Some(who)) = self.participant(app, id) else { return Ok(false) };
        app.has_joined(id, &who).await
    }
}
