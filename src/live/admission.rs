//! How many polls and streams may be parked: in all, in a room, of a person, from an address.
//!
//! A parked poll costs little, but not nothing, and whoever parks thousands must not take the place
//! of everybody else. Polls that have something to get at once are not counted.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use foldhash::fast::RandomState;

use super::lock;
use super::presence::Parked;
use super::room::Room;
use crate::domain::network::Network;
use crate::domain::participant::ParticipantId;

/// The most polls that may be parked at the same time.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
    pub all: usize,
    pub room: usize,
    pub person: usize,
    pub address: usize,
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
    /// That somebody's poll is parked is a sign of life.
    _alive: Option<Parked<'a>>,
}

impl Admission {
    /// Counts against these.
    #[must_use]
    pub fn new(caps: Caps) -> Self {
        Self { caps, all: AtomicUsize::new(0), addresses: Mutex::default() }
    }

    /// A place in `room` for `who`, who asks `from` an address.
    ///
    /// # Errors
    /// [`Crowded`] where one of the four counts is at its most.
    pub fn admit<'a>(&'a self, room: &'a Room, who: Option<&'a ParticipantId>, from: Option<Network>) -> Result<Admitted<'a>, Crowded> {
        if room.waiting() >= self.caps.room {
            return Err(Crowded);
        }
        let alive = match who {
            Some(who) => Some(room.presence.park(who, self.caps.person).ok_or(Crowded)?),
            None => None,
        };
        if self.all.fetch_add(1, Ordering::Relaxed) >= self.caps.all {
            self.all.fetch_sub(1, Ordering::Relaxed);
            return Err(Crowded);
        }
        // From here on dropping it gives everything back.
        let mut admitted = Admitted { admission: self, from: None, _alive: alive };
        if let Some(from) = from {
            let mut addresses = lock(&self.addresses);
            let parked = addresses.entry(from).or_default();
            if *parked >= self.caps.address {
                drop(addresses);
                return Err(Crowded);
            }
            *parked += 1;
            admitted.from = Some(from);
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
