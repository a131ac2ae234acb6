//! Limits the polls and streams that are parked: in all, in a room, of a person, from a network.
//!
//! A parked poll costs little, but not nothing, and a client that parks thousands must not take the
//! places of everybody else. Polls that have something to get at once are not counted.
//!
//! A quarter of all places, of each room's, and of each network's is reserved for participants: readers without
//! a token cannot fill those.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use foldhash::fast::RandomState;

use super::lock;
use super::presence::Parked;
use super::room::Room;
use crate::domain::network::Network;
use crate::domain::talk::participant::ParticipantId;

/// The most polls that may be parked at the same time.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
    pub all: usize,
    pub room: usize,
    pub person: usize,
    pub address: usize,
}

/// Returns how many of `places` readers without a token may fill. With a single place there is nothing to reserve.
const fn unreserved(places: usize) -> usize {
    if places < 2 { places } else { places - places.div_ceil(4) }
}

/// Counts who is parked on this node.
#[derive(Debug)]
pub struct Admission {
    caps: Caps,
    all: AtomicUsize,
    addresses: Mutex<HashMap<Network, usize, RandomState>>,
}

/// There is no place for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowded;

/// A place; given up when dropped.
#[derive(Debug)]
pub struct Admitted<'a> {
    admission: &'a Admission,
    from: Option<Network>,
    /// A parked poll is a sign of life of its participant.
    alive: Option<Parked<'a>>,
}

impl Admitted<'_> {
    /// The number by which the room knows whose poll it is; 0 for a reader without a token.
    #[must_use]
    pub fn owner(&self) -> u64 {
        self.alive.as_ref().map_or(0, Parked::owner)
    }
}

impl Admission {
    /// Counts against these.
    #[must_use]
    pub fn new(caps: Caps) -> Self {
        Self { caps, all: AtomicUsize::new(0), addresses: Mutex::default() }
    }

    /// A place in `room` for `who`, who asks `from` a network. A participant who has as many polls as one person may
    /// have gets it too: then their oldest poll ends. A client whose requests were cut off cannot end them itself.
    ///
    /// # Errors
    /// [`Crowded`] if one of the three other counts is at its most.
    pub fn admit<'a>(&'a self, room: &'a Room, who: Option<&'a ParticipantId>, from: Option<Network>) -> Result<Admitted<'a>, Crowded> {
        let open_to = |places| if who.is_some() { places } else { unreserved(places) };
        if room.waiting() >= open_to(self.caps.room) {
            return Err(Crowded);
        }
        if self.all.fetch_add(1, Ordering::Relaxed) >= open_to(self.caps.all) {
            self.all.fetch_sub(1, Ordering::Relaxed);
            return Err(Crowded);
        }
        // From here on dropping it gives everything back.
        let mut admitted = Admitted { admission: self, from: None, alive: None };
        if let Some(from) = from {
            let mut addresses = lock(&self.addresses);
            let parked = addresses.entry(from).or_default();
            if *parked >= open_to(self.caps.address) {
                drop(addresses);
                return Err(Crowded);
            }
            *parked += 1;
            admitted.from = Some(from);
        }
        if let Some(who) = who {
            let (alive, parked) = room.presence.park(who);
            if parked > self.caps.person {
                room.end_oldest(alive.owner(), self.caps.person);
            }
            admitted.alive = Some(alive);
        }
        Ok(admitted)
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.admission.all.fetch_sub(1, Ordering::Relaxed);
        if let Some(from) = self.from {
            let mut addresses = lock(&self.admission.addresses);
            if let Some(parked) = addresses.get_mut(&from) {
                *parked -= 1;
                if *parked == 0 {
                    addresses.remove(&from);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_reserved_and_never_all() {
        assert_eq!([1, 2, 3, 4, 50, 2_000].map(unreserved), [1, 1, 2, 3, 37, 1_500]);
    }
}
