//! What is kept ready of events, those that were asked for last in front. Each has one place, and one at a time works at it: who
//! comes meanwhile finds what was made.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::schedule::event::EventId;

/// Of how many events something is kept.
const EVENTS: usize = 64;

#[derive(Debug)]
pub(super) struct EventCache<T>(Mutex<VecDeque<(EventId, CacheSlot<T>)>>);

pub(super) type CacheSlot<T> = Arc<tokio::sync::Mutex<T>>;

impl<T> Default for EventCache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Default> EventCache<T> {
    /// The place of an event. An id that nobody has should not get one.
    pub fn place(&self, id: &EventId) -> CacheSlot<T> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = places.iter().position(|(known, _)| known == id).and_then(|at| places.remove(at));
        let found = known.unwrap_or_else(|| (id.clone(), CacheSlot::default()));
        let place = Arc::clone(&found.1);
        places.push_front(found);
        places.truncate(EVENTS);
        place
    }
}
