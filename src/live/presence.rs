//! Who is here, told from signs of life: polls and posts of a participant.
//!
//! Counts on the monotonic clock, so that a step of the wall clock throws nobody out. A parked poll
//! is a sign of life as long as it is parked.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::lock;
use crate::domain::talk::participant::ParticipantId;

/// How long after the last sign of life somebody has left. It outlasts the longest pause of a client
/// that tries to come back (15 s), so a lost connection or a restart of the server empties no room.
pub const GRACE: Duration = Duration::from_secs(30);

/// The signs of life in one room.
#[derive(Debug, Default)]
pub struct Presence {
    people: Mutex<HashMap<ParticipantId, Seen>>,
    /// The number of people who were given a number.
    numbered: AtomicU64,
}

#[derive(Debug)]
struct Seen {
    last: Instant,
    /// The number that marks this person's polls among the room's seats.
    number: u64,
    parked: usize,
    /// Other nodes were told of this sign of life.
    told: bool,
}

impl Presence {
    /// Notes a sign of life.
    pub fn seen(&self, who: &ParticipantId) {
        self.note(who, |seen| (seen.last, seen.told) = (Instant::now(), false));
    }

    /// Notes a poll that parks, and says how many polls of this person are parked with it.
    #[must_use]
    pub fn park<'p>(&'p self, who: &'p ParticipantId) -> (Parked<'p>, usize) {
        let (owner, parked) = self.note(who, |seen| {
            seen.parked += 1;
            (seen.number, seen.parked)
        });
        (Parked { presence: self, who, owner }, parked)
    }

    fn note<T>(&self, who: &ParticipantId, note: impl FnOnce(&mut Seen) -> T) -> T {
        let mut people = lock(&self.people);
        if let Some(seen) = people.get_mut(who) {
            note(seen)
        } else {
            let number = self.numbered.fetch_add(1, Ordering::Relaxed) + 1;
            note(people.entry(who.clone()).or_insert(Seen { last: Instant::now(), number, parked: 0, told: false }))
        }
    }

    /// Stops watching somebody who left.
    pub fn forget(&self, who: &ParticipantId) {
        lock(&self.people).remove(who);
    }

    /// Whether anybody is watched here.
    pub(super) fn is_watched(&self) -> bool {
        !lock(&self.people).is_empty()
    }

    /// Whom other nodes are to be told of: who gave a sign of life since the last time, or is parked.
    #[must_use]
    pub(super) fn take_news(&self) -> Vec<ParticipantId> {
        let mut news = Vec::new();
        for (who, seen) in lock(&self.people).iter_mut() {
            if seen.parked > 0 || !std::mem::replace(&mut seen.told, true) {
                news.push(who.clone());
            }
        }
        news
    }

    /// Whoever gave no sign of life for `grace`; they are not watched any more.
    #[must_use]
    pub fn take_silent(&self, grace: Duration) -> Vec<ParticipantId> {
        let mut people = lock(&self.people);
        let silent: Vec<ParticipantId> =
            people.iter().filter(|(_, seen)| seen.parked == 0 && seen.last.elapsed() >= grace).map(|(who, _)| who.clone()).collect();
        for who in &silent {
            people.remove(who);
        }
        silent
    }
}

/// A poll that is parked; its end is a sign of life too.
#[derive(Debug)]
pub struct Parked<'p> {
    presence: &'p Presence,
    who: &'p ParticipantId,
    owner: u64,
}

impl Parked<'_> {
    /// The number by which the room knows whose poll it is; never 0.
    #[must_use]
    pub const fn owner(&self) -> u64 {
        self.owner
    }
}

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        // Whoever left meanwhile is not watched again.
        if let Some(seen) = lock(&self.presence.people).get_mut(self.who) {
            (seen.last, seen.told) = (Instant::now(), false);
            seen.parked = seen.parked.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_counts_from_the_last_sign_of_life_and_never_while_parked() {
        let (presence, who) = (Presence::default(), ParticipantId::random());
        let (poll, parked) = presence.park(&who);
        assert_eq!((poll.owner(), parked, presence.park(&who).1), (1, 1, 2));
        assert!(presence.take_silent(Duration::ZERO).is_empty());
        drop(poll);
        assert!(presence.take_silent(GRACE).is_empty());
        assert_eq!(presence.take_silent(Duration::ZERO), [who]);
        assert!(presence.take_silent(Duration::ZERO).is_empty());
    }
}
