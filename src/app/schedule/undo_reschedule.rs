//! Changing a meeting so that it can be taken back: what its times were before is handed out, signed, for a button that
//! brings them back.

use crate::app::{App, Error};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{ChatEvent, EventId, EventProblem};
use crate::domain::schedule::meeting::{Meeting, MeetingInput};
use crate::domain::schedule::reschedule::Refit;
use crate::domain::schedule::undo_reschedule::Before;
use crate::domain::secret;
use crate::domain::time::Timestamp;
use crate::store::schedule::organizer_action::OrganizerAction;

/// A meeting that was changed.
#[derive(Clone, Debug)]
pub struct Changed {
    pub meeting: Meeting,
    pub times: Option<Retimed>,
}

/// What a change of its times did.
#[derive(Clone, Debug)]
pub struct Retimed {
    pub refit: Refit,
    /// What [`App::undo_times`] takes.
    pub before: String,
}

impl App {
    /// Changes a meeting as [`Self::edit_meeting`] does, and gives what takes a change of its times back.
    ///
    /// # Errors
    /// As for [`Self::edit_meeting`].
    pub async fn edit_undoably(&self, by: &Organizer, slug: &str, input: &MeetingInput, from: Option<&EventId>) -> Result<Changed, Error> {
        let old = self.owned_meeting(by, slug).await?;
        let start = self.first_to_change(&old, from).await?;
        let refit = match input.check(Timestamp::ZERO) {
            Ok(draft) => self.refit(&old, &draft.timetable, start).await?,
            // Whatever is wrong is told by the change itself.
            Err(_) => None,
        };
        let meeting = self.edit_meeting(by, slug, input, from).await?;
        let times = refit.map(|(_, refit)| {
            let line = Before::new(&old, &meeting, &refit).line();
            Retimed { before: format!("{}|{line}", self.signer.before(&meeting.id, &line)), refit }
        });
        Ok(Changed { meeting, times })
    }

    /// Takes a change of a meeting's times back; gives the events that it made and that stay, since somebody used them.
    ///
    /// # Errors
    /// [`Error::Conflict`] where the times were changed again since; [`Error::NotYours`], [`Error::NotFound`],
    /// [`Error::Unavailable`].
    pub async fn undo_times(&self, by: &Organizer, slug: &str, before: &str) -> Result<(Meeting, Vec<ChatEvent>), Error> {
        let changed = self.owned_meeting(by, slug).await?;
        let signed = before.split_once('|').filter(|(seal, line)| secret::same(&self.signer.before(&changed.id, line), seal));
        let before = signed.and_then(|(_, line)| Before::of_line(line)).ok_or(Error::Conflict(EventProblem::TimesChanged))?;
        let meeting = self.meeting_act(OrganizerAction::UndoRetiming { meeting: changed.id.clone(), before: before.clone() }).await?;
        let placed = self.store.events_placed_from(&meeting.id, self.now().plus_days(-1)).await?;
        Ok((meeting, before.leftover(&changed, placed)))
    }
}
