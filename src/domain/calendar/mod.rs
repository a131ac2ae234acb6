//! Meetings as calendars have them (RFC 5545): which of their events a rule tells and which stand
//! alone (`series`), how that is written (`feed`, `times`, `zones`), and the text that goes with it (`plain`).
//!
//! Nothing here depends on the clock: the same rows make the same bytes, so that a feed is known by its hash.

mod feed;
mod plain_text;
mod series;
mod times;
mod zones;

use super::schedule::event::ChatEvent;
use super::schedule::meeting::Meeting;
use super::time::Timestamp;

pub use feed::Feed;
pub use times::utc;

/// How often something changed that a calendar has to take over, and when anything that it shows did last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub revision: i64,
    pub at: Timestamp,
}

/// An event with its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sitting {
    pub event: ChatEvent,
    pub change: Change,
}

/// A meeting with its changes and its events, by original start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    pub meeting: Meeting,
    pub change: Change,
    pub created_at: Timestamp,
    pub sittings: Vec<Sitting>,
}

impl Scheduled {
    /// When anything of it changed last.
    #[must_use]
    pub fn changed_at(&self) -> Timestamp {
        let own = self.change.at.max(self.created_at);
        self.sittings.iter().map(|it| it.change.at).fold(own, Timestamp::max)
    }
}
