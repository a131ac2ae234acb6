//! What the front page shows.

use std::collections::{BTreeSet, HashMap};

use crate::app::{App, Error, Thing};
use crate::domain::schedule::event::{ChatEvent, Phase};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::time::Timestamp;

/// The public events around now, and the meetings they belong to.
#[derive(Clone, Debug)]
pub struct Home {
    pub open: Vec<ChatEvent>,
    pub upcoming: Vec<ChatEvent>,
    /// Those that closed last and in which something was said.
    pub recent: Vec<ChatEvent>,
    /// By id.
    pub meetings: HashMap<String, Meeting>,
}

impl App {
    /// The public events around now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn home(&self) -> Result<Home, Error> {
        let now = self.now();
        let open = self.store.public_open(now, 20).await?;
        let upcoming = self.store.public_ahead(now, 12).await?;
        let recent = self.store.public_transcripts(now, 8).await?;
        let meetings = self.meetings_of(open.iter().chain(&upcoming).chain(&recent)).await?;
        Ok(Home { open, upcoming, recent, meetings })
    }

    /// The meetings of these events, by id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn meetings_of(&self, events: impl Iterator<Item = &ChatEvent>) -> Result<HashMap<String, Meeting>, Error> {
        let ids: Vec<&str> = events.map(|event| event.meeting.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
        let meetings = self.store.meetings_with(&ids).await?;
        Ok(meetings.into_iter().map(|meeting| (meeting.id.clone(), meeting)).collect())
    }

    /// The event of a meeting with this key. Transcripts of deleted meetings are found as well.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn event_by_key(&self, meeting: &Meeting, key: &str) -> Result<ChatEvent, Error> {
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::NotFound(Thing::Event));
        }
        self.store.find_event_by_key(&meeting.id, key).await?.ok_or(Error::NotFound(Thing::Event))
    }

    /// The event's neighbours in its meeting, by start: the one before, the one after, without those that are cancelled.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn neighbours(&self, event: &ChatEvent) -> Result<(Option<ChatEvent>, Option<ChatEvent>), Error> {
        self.store.neighbours(event).await.map_err(Error::from)
    }

    /// How many people are in the room of an open event now; `None` where it is not open.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn present(&self, event: &ChatEvent, now: Timestamp) -> Result<Option<usize>, Error> {
        if event.phase(now) != Phase::Open {
            return Ok(None);
        }
        Ok(Some(self.participants(&event.id).await?.iter().filter(|who| who.present).count()))
    }
}
