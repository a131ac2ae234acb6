//! All actions of an event, or of all events of a meeting, piece by piece: what was noted, as the minutes have it.

use std::collections::VecDeque;

use super::meetings::Found;
use super::{App, Error};
use crate::domain::event::{ChatEvent, EventId};
use crate::domain::meeting::Meeting;
use crate::domain::minutes::{Fold, Item, Tag};
use crate::domain::organizer::Organizer;

/// How many events one look finds.
const PAGE: i64 = 50;

/// Actions that are read event by event, however many there are.
#[derive(Debug)]
pub struct ActionSheet {
    app: App,
    found: VecDeque<ChatEvent>,
    /// Where to look for more: a meeting, and the last of its events that was found.
    more: Option<(Meeting, Option<ChatEvent>)>,
}

/// What a slug leads to.
#[derive(Debug)]
pub enum Asked {
    Here(Box<Meeting>, Box<ActionSheet>),
    /// The meeting has this slug now.
    Moved(String),
}

impl App {
    /// The actions of an event.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn actions_of_event(&self, id: &EventId) -> Result<(ChatEvent, ActionSheet), Error> {
        let event = self.event(id).await?;
        Ok((event.clone(), ActionSheet { app: self.clone(), found: [event].into(), more: None }))
    }

    /// The actions of all events of a meeting, for `viewer`; the oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Deleted`], [`Error::Unavailable`].
    pub async fn actions_of_meeting(&self, slug: &str, viewer: Option<&Organizer>) -> Result<Asked, Error> {
        let meeting = match self.find_meeting(slug, viewer).await? {
            Found::Moved(slug) => return Ok(Asked::Moved(slug)),
            Found::Meeting(meeting) if meeting.deleted_at.is_some() => return Err(Error::Deleted),
            Found::Meeting(meeting) => meeting,
        };
        let more = Some((Meeting::clone(&meeting), None));
        let sheet = ActionSheet { app: self.clone(), found: VecDeque::new(), more };
        Ok(Asked::Here(meeting, Box::new(sheet)))
    }
}

impl ActionSheet {
    /// The next event and its actions; `None` behind the last.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next(&mut self) -> Result<Option<(ChatEvent, Vec<Item>)>, Error> {
        let store = &self.app.store;
        if let (true, Some((meeting, last))) = (self.found.is_empty(), &mut self.more) {
            self.found = store.events_with(&meeting.id, Tag::Action, last.as_ref(), PAGE).await?.into();
            *last = self.found.back().cloned();
        }
        let Some(event) = self.found.pop_front() else { return Ok(None) };
        // Not by the minutes that are kept ready: a walk through all events would leave there none that others ask for.
        let material = store.minutes_material(&event.id).await?;
        let minutes = Fold::over(&material.rows).minutes(&material.people, &material.corrections, material.event.closed);
        Ok(Some((material.event, minutes.of(Tag::Action).cloned().collect())))
    }
}
