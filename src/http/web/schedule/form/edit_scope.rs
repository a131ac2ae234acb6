//! For which events a change of a meeting holds: all that lie ahead, or one and those that follow it.

use serde::Serialize;

use super::meeting_values::Values;
use crate::app::{Error, Thing};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::schedule::recurrence::Timetable;
use crate::domain::time::Timestamp;
use crate::http::web::kit::edit_conflict::Met;
use crate::http::web::kit::instants::Instant;
use crate::http::web::kit::page::Page;

/// A meeting that is changed, and from when on.
#[derive(Debug)]
pub struct Scope {
    pub meeting: Meeting,
    /// The first event that changes; `None`: all that lie ahead.
    pub from: Option<EventId>,
    /// Where its timetable put that one.
    pub start: Option<Timestamp>,
}

/// An event with which a change can begin, for a list to choose from.
#[derive(Debug, Serialize)]
pub struct ScopeOption {
    id: String,
    day: String,
}

impl Scope {
    /// The scope of a form. `slug` is the meeting's, `from` an event's id or nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `from`, where nothing can begin with this event; else as for [`owned`].
    pub async fn of(page: &Page<'_>, me: &Organizer, slug: &str, from: &str) -> Result<Self, Error> {
        let meeting = owned(page, me, slug).await?;
        let from = match from.trim() {
            "" => None,
            id => Some(EventId::parse(id).ok_or(Error::NotFound(Thing::Event))?),
        };
        let start = page.app.first_to_change(&meeting, from.as_ref()).await?;
        Ok(Self { meeting, from, start })
    }

    /// The scope of everything that lies ahead.
    pub const fn all(meeting: Meeting) -> Self {
        Self { meeting, from: None, start: None }
    }

    /// The timetable with which the form begins.
    pub fn timetable(&self, now: Timestamp) -> Timetable {
        self.meeting.timetable_for(self.start, now)
    }

    /// The form as it is before anybody typed.
    pub fn values(&self, now: Timestamp) -> Values {
        let from = self.from.as_ref().map(ToString::to_string).unwrap_or_default();
        Values { from, ..Values::of(&self.meeting, &self.timetable(now)) }.sealed()
    }

    /// Brings a form that was open for a while up to date; gives what was changed on both sides.
    pub fn catch_up(&self, values: &mut Values, now: Timestamp) -> Met {
        values.of.clone_from(&self.meeting.slug);
        values.catch_up(&self.values(now), &self.timetable(now).words())
    }

    /// The events with which a change of this meeting can begin.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn choices(&self, page: &Page<'_>) -> Result<Vec<ScopeOption>, Error> {
        let zone = self.meeting.timetable.zone;
        let choice = |event: ChatEvent| ScopeOption { id: event.id.to_string(), day: Instant::new(event.original_start, zone).in_full() };
        Ok(page.app.changeable(&self.meeting).await?.into_iter().map(choice).collect())
    }
}

/// The meeting, where it is this organizer's and not deleted.
///
/// # Errors
/// [`Error::NotYours`], [`Error::NotFound`], [`Error::Deleted`], [`Error::Unavailable`].
pub async fn owned(page: &Page<'_>, me: &Organizer, slug: &str) -> Result<Meeting, Error> {
    let meeting = page.app.owned_meeting(me, slug).await?;
    if meeting.deleted_at.is_some() { Err(Error::Deleted) } else { Ok(meeting) }
}
