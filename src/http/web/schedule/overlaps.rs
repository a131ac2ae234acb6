//! Which other events of an organizer are at the same time, as forms and lists tell it: each with its time and a link, the first
//! few of them, and how many more.

use serde::Serialize;

use crate::domain::schedule::event::ChatEvent;
use crate::http::web::kit::edit_conflict::short;
use crate::http::web::kit::instants::Instant;

/// How many are named.
const NAMED: usize = 5;

/// The events that another one overlaps.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Overlaps {
    named: Vec<Named>,
    /// How many there are beside those.
    more: usize,
    /// Names all of them, so that a form can tell that they were shown; empty where there are none.
    pub seen: String,
}

#[derive(Clone, Debug, Serialize)]
struct Named {
    title: String,
    url: String,
    opens: Instant,
    /// From when to when, with the day of an end on another one.
    hours: String,
    /// Whether it is of the same meeting and stays as it is.
    own: bool,
}

impl Overlaps {
    /// `own` are those of the same meeting.
    pub fn new(others: &[ChatEvent], own: &[ChatEvent]) -> Self {
        let ids: Vec<&str> = others.iter().chain(own).map(|event| event.id.as_str()).collect();
        let named = |(event, own): (&ChatEvent, bool)| Named {
            title: event.title.clone(),
            url: event.url(),
            opens: Instant::new(event.opens_at, event.zone),
            hours: event.hours(),
            own,
        };
        let mut all: Vec<_> = others.iter().map(|event| (event, false)).chain(own.iter().map(|event| (event, true))).collect();
        all.sort_by_key(|(event, _)| event.opens_at);
        Self {
            more: all.len().saturating_sub(NAMED),
            named: all.into_iter().take(NAMED).map(named).collect(),
            seen: if ids.is_empty() { String::new() } else { short(&ids.join(" ")) },
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}
