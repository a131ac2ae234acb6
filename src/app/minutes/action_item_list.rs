//! All actions of an event, or of all events of a meeting, piece by piece: what was noted, as the minutes have it, and what became of
//! it since. An event has those that it carried on as well; in a meeting each stands once, where it was given.

use std::collections::{HashMap, VecDeque};

use crate::app::schedule::meetings::Found;
use crate::app::{App, Error};
use crate::domain::minutes::{Action, Fold, Item, Tag, Whence, Word, trace};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::time::Timestamp;

/// How many events one look finds.
const PAGE: i64 = 50;

/// Actions that are read event by event, however many there are.
#[derive(Debug)]
pub struct ActionItemList {
    app: App,
    found: VecDeque<ChatEvent>,
    /// Where to look for more: a meeting, and the last of its events that was found.
    more: Option<(Meeting, Option<ChatEvent>)>,
    /// What was said of the actions of the meeting, once it was asked for.
    said: Option<Said>,
}

#[derive(Debug)]
struct Said {
    words: Vec<(Whence, Word)>,
    /// What that comes to now, by the rows that gave them.
    now: HashMap<Timestamp, Action>,
}

/// An action as the minutes of an event have it, and as it is now; `None` where nothing but these minutes knows of it.
#[derive(Debug)]
pub struct Task {
    pub item: Item,
    pub now: Option<Action>,
}

/// What a slug leads to.
#[derive(Debug)]
pub enum ActionItemsLookup {
    Here(Box<Meeting>, Box<ActionItemList>),
    /// The meeting has this slug now.
    Moved(String),
}

impl App {
    /// The actions of an event.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn actions_of_event(&self, id: &EventId) -> Result<(ChatEvent, ActionItemList), Error> {
        let event = self.event(id).await?;
        Ok((event.clone(), ActionItemList { app: self.clone(), found: [event].into(), more: None, said: None }))
    }

    /// The actions of all events of a meeting, for `viewer`; the oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Deleted`], [`Error::Unavailable`].
    pub async fn actions_of_meeting(&self, slug: &str, viewer: Option<&Organizer>) -> Result<ActionItemsLookup, Error> {
        let meeting = match self.find_meeting(slug, viewer).await? {
            Found::Moved(slug) => return Ok(ActionItemsLookup::Moved(slug)),
            Found::Meeting(meeting) if meeting.deleted_at.is_some() => return Err(Error::Deleted),
            Found::Meeting(meeting) => meeting,
        };
        let more = Some((Meeting::clone(&meeting), None));
        let sheet = ActionItemList { app: self.clone(), found: VecDeque::new(), more, said: None };
        Ok(ActionItemsLookup::Here(meeting, Box::new(sheet)))
    }
}

impl ActionItemList {
    /// The next event and its actions; `None` behind the last.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next(&mut self) -> Result<Option<(ChatEvent, Vec<Task>)>, Error> {
        let store = &self.app.store;
        if let (true, Some((meeting, last))) = (self.found.is_empty(), &mut self.more) {
            self.found = store.events_with(&meeting.id, Tag::Action, last.as_ref(), PAGE).await?.into();
            *last = self.found.back().cloned();
        }
        let Some(event) = self.found.pop_front() else { return Ok(None) };
        let said = match &mut self.said {
            Some(said) => said,
            none => none.insert(Said::of(store.all_words(&event.meeting).await?)),
        };
        // Not by the minutes that are kept ready: a walk through all events would leave there none that others ask for.
        let material = store.minutes_material(&event.id).await?;
        // What it carried on stands in its own table alone.
        let before = if self.more.is_none() { said.before(&material.event) } else { Vec::new() };
        let (people, corrections, ended) = (&material.people, &material.corrections, material.event.closed);
        let minutes = Fold::over(&material.rows).minutes_after(people, corrections, ended, &before);
        let task = |item: &Item| {
            let given = item.carried.as_ref().map_or(item.ts, |carried| carried.given);
            Task { item: item.clone(), now: said.now.get(&given).cloned() }
        };
        Ok(Some((material.event, minutes.of(Tag::Action).map(task).collect())))
    }
}

impl Said {
    fn of(words: Vec<(Whence, Word)>) -> Self {
        let now = trace(words.clone()).into_iter().map(|action| (action.given, action)).collect();
        Self { words, now }
    }

    /// The actions as the events before this one left them.
    fn before(&self, event: &ChatEvent) -> Vec<Action> {
        let is_before = |(whence, word): &&(Whence, Word)| whence.event != event.id && event.closed.is_none_or(|closed| word.ts < closed);
        trace(self.words.iter().filter(is_before).cloned().collect())
    }
}
