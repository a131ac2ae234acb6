//! Feeds of what took place: of one meeting, and of all public ones. An entry is an event that closed.

use std::sync::Arc;

use crate::app::minutes::current_minutes::Made;
use crate::app::schedule::meetings::Found;
use crate::app::{App, Error};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::time::Timestamp;
pub use crate::store::calendar::atom::Closed;

/// How many entries a feed has.
const ENTRIES: i64 = 20;

/// A feed as it is to be sent.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Whose it is; `None`: the site's.
    pub meeting: Option<Meeting>,
    /// The last one first.
    pub entries: Vec<Closed>,
    /// The minutes of each.
    pub minutes: Vec<Arc<Made>>,
    /// When anything of it changed last.
    pub changed: Timestamp,
}

/// What an address of a feed leads to.
#[derive(Clone, Debug)]
pub enum FeedLookup {
    Here(Box<Feed>),
    /// The meeting has this slug now.
    Moved(String),
}

impl App {
    /// The feed of a meeting, for whoever has its link.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Deleted`], [`Error::Unavailable`].
    pub async fn meeting_feed(&self, slug: &str) -> Result<FeedLookup, Error> {
        let meeting = match self.find_meeting(slug, None).await? {
            Found::Meeting(meeting) => *meeting,
            Found::Moved(slug) => return Ok(FeedLookup::Moved(slug)),
        };
        if meeting.deleted_at.is_some() {
            return Err(Error::Deleted);
        }
        let (entries, changed) = (self.store.closed_of(&meeting.id, ENTRIES).await?, self.store.changed_at(&meeting.id).await?);
        Ok(FeedLookup::Here(Box::new(self.feed(Some(meeting), entries, changed).await?)))
    }

    /// The feed of all public meetings.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn site_feed(&self) -> Result<Feed, Error> {
        // That a meeting is gone from it changes it as well.
        let changed = self.store.latest_change().await?;
        let entries = self.store.closed_in_public(self.now(), ENTRIES).await?;
        self.feed(None, entries, changed).await
    }

    /// A correction of its minutes changes an entry.
    async fn feed(&self, meeting: Option<Meeting>, mut entries: Vec<Closed>, changed: Timestamp) -> Result<Feed, Error> {
        let mut minutes = Vec::with_capacity(entries.len());
        for entry in &mut entries {
            let made = self.minutes(&entry.event.id).await?;
            entry.updated = made.minutes.corrections.iter().map(|correction| correction.at).fold(entry.updated, Timestamp::max);
            minutes.push(made);
        }
        Ok(Feed { meeting, changed: latest(&entries, changed), entries, minutes })
    }
}

fn latest(entries: &[Closed], changed: Timestamp) -> Timestamp {
    entries.iter().map(|entry| entry.updated).fold(changed, Timestamp::max)
}
