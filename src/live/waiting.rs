//! Who waits in a room: a seat for each parked poll, with the waker that brings it back.
//!
//! Plain data for behind the room's lock, free of tokio and of clocks, so that every order of events
//! can be tried (`tests/models.rs`). Wakers are handed out, to be called when the lock is released.

use std::task::Waker;

/// Never: the time of a wait that has no end.
const NEVER: u64 = u64::MAX;

/// The seats of a room. A seat is kept from the first to the last time that its poll finds nothing,
/// so that being woken in vain costs no bookkeeping.
#[derive(Debug)]
pub struct Waiting {
    places: Vec<Place>,
    vacant: Vec<u32>,
    /// How many seats were given so far: their numbers, so that an old one is known as such.
    given: u64,
    /// No seat's time is over before this. It may be too early, never too late.
    earliest: u64,
}

#[derive(Debug)]
struct Place {
    /// Whose place this is; 0: nobody's.
    number: u64,
    until: u64,
    /// Which person it belongs to, by a number of the room; 0: a reader without a token.
    owner: u64,
    replaced: bool,
    waker: Option<Waker>,
}

/// One poll's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    place: u32,
    number: u64,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { places: Vec::new(), vacant: Vec::new(), given: 0, earliest: NEVER }
    }
}

impl Waiting {
    /// A seat for a wait of `owner` that is over at `until`, in milliseconds of whatever clock.
    pub fn sit(&mut self, until: u64, owner: u64) -> Seat {
        self.given += 1;
        self.earliest = self.earliest.min(until);
        let mine = Place { number: self.given, until, owner, replaced: false, waker: None };
        let place = if let Some(place) = self.vacant.pop() {
            self.places[place as usize] = mine;
            place
        } else {
            self.places.push(mine);
            // A room has fewer polls than four thousand millions.
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        };
        Seat { place, number: self.given }
    }

    /// Notes who is to be woken. Call it in the same hold of the lock in which nothing was found.
    pub fn park(&mut self, seat: Seat, waker: &Waker) {
        if let Some(place) = self.place(seat) {
            match &mut place.waker {
                Some(known) => known.clone_from(waker),
                none => *none = Some(waker.clone()),
            }
        }
    }

    /// Gives a seat up.
    pub fn rise(&mut self, seat: Seat) {
        if let Some(place) = self.place(seat) {
            *place = Place { number: 0, until: NEVER, owner: 0, replaced: false, waker: None };
            self.vacant.push(seat.place);
            if self.vacant.len() == self.places.len() {
                // The last one leaves: an idle room keeps no memory for a crowd.
                *self = Self { given: self.given, ..Self::default() };
            }
        }
    }

    /// How many have a seat.
    #[must_use]
    pub fn count(&self) -> usize {
        self.places.len() - self.vacant.len()
    }

    /// Hands out every waker.
    #[must_use]
    pub fn wake_all(&mut self) -> Vec<Waker> {
        let mut woken = Vec::with_capacity(self.count());
        woken.extend(self.places.iter_mut().filter_map(|place| place.waker.take()));
        woken
    }

    /// Hands out the wakers of those whose time is over at `now`, and says when the next one's is.
    #[must_use]
    pub fn wake_due(&mut self, now: u64) -> (Vec<Waker>, u64) {
        let mut woken = Vec::new();
        if self.earliest <= now {
            self.earliest = NEVER;
            for place in &mut self.places {
                if place.until <= now {
                    woken.extend(place.waker.take());
                } else {
                    self.earliest = self.earliest.min(place.until);
                }
            }
        }
        (woken, self.earliest)
    }

    /// Tells a seat that a newer poll has taken over, and hands out its waker.
    pub fn replace(&mut self, seat: Seat) -> Option<Waker> {
        let place = self.place(seat)?;
        place.replaced = true;
        place.waker.take()
    }

    /// Tells the oldest seat of a person that a newer poll has taken over, if that person has `most` seats or more, and
    /// hands out its waker. Looks at every seat: call it only when the person may have that many.
    pub fn replace_oldest(&mut self, owner: u64, most: usize) -> Option<Waker> {
        let of_owner = || self.places.iter().filter(|place| place.number > 0 && place.owner == owner && !place.replaced);
        if of_owner().count() < most {
            return None;
        }
        let oldest = of_owner().map(|place| place.number).min()?;
        let place = self.places.iter_mut().find(|place| place.number == oldest)?;
        place.replaced = true;
        place.waker.take()
    }

    /// Whether a newer poll has taken over.
    #[must_use]
    pub fn is_replaced(&mut self, seat: Seat) -> bool {
        self.place(seat).is_some_and(|place| place.replaced)
    }

    fn place(&mut self, seat: Seat) -> Option<&mut Place> {
        self.places.get_mut(seat.place as usize).filter(|place| place.number == seat.number)
    }
}
