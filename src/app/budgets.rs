//! Limits what one network may read and write, and what may be written to one event, on top of the limits per person.
//!
//! The memory is fixed. A client that owns an IPv6 /48 has 65,536 networks and could otherwise fill any table.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{App, Error};
use crate::domain::network::Network;
use crate::domain::schedule::event::EventId;

/// Counters of a limiter, 8 bytes each. Keys that meet in one share its budget; where they meet differs at each start.
const COUNTERS: usize = 32_768;
/// The longest that a read waits for others of its network.
const PATIENCE: Duration = Duration::from_secs(10);

/// A budget: a rate in the long run, and a burst at once.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// A second.
    pub rate: NonZeroU32,
    pub burst: NonZeroU32,
}

impl Budget {
    const fn quota(self) -> Quota {
        Quota::per_second(self.rate).allow_burst(self.burst)
    }
}

/// The counters of the keys of one limiter, in fixed memory.
#[derive(Debug)]
pub(super) struct Counters<K> {
    cells: Box<[InMemoryState]>,
    hasher: RandomState,
    keys: PhantomData<fn(&K)>,
}

impl<K: Hash> StateStore for Counters<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let hash = self.hasher.hash_one(key) % COUNTERS as u64;
        // Less than the number of cells, which is a usize.
        let cell = usize::try_from(hash).unwrap_or_default();
        self.cells[cell].measure_and_replace(&NotKeyed::NonKey, f)
    }
}

/// A limiter in fixed memory.
#[derive(Debug)]
pub(super) struct Limiter<K: Hash + Eq + Clone>(RateLimiter<K, Counters<K>, DefaultClock>);

impl<K: Hash + Eq + Clone> Limiter<K> {
    pub(super) fn new(quota: Quota) -> Self {
        let cells = (0..COUNTERS).map(|_| InMemoryState::default()).collect();
        let counters = Counters { cells, hasher: RandomState::new(), keys: PhantomData };
        Self(RateLimiter::new(quota, counters, DefaultClock::default()))
    }

    /// Counts one, if the budget of `key` has one left.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub(super) fn check(&self, key: &K) -> Result<(), Error> {
        self.0.check_key(key).map_err(|until| Error::TooMany(until.wait_time_from(DefaultClock::default().now())))
    }
}

/// The budgets of networks and events.
#[derive(Debug)]
pub(super) struct Budgets {
    posts: Limiter<Network>,
    written: Limiter<EventId>,
    reads: Limiter<Network>,
    turns: Turns,
}

impl Budgets {
    pub(super) fn new(posts: Budget, event_posts: Budget, reads: Budget, at_once: NonZeroU32) -> Self {
        Self {
            posts: Limiter::new(posts.quota()),
            written: Limiter::new(event_posts.quota()),
            reads: Limiter::new(reads.quota()),
            turns: Turns { most: at_once.get() as usize, networks: Mutex::default() },
        }
    }

    /// Counts one row that a client of a network writes to an event.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub(super) fn post(&self, event: &EventId, from: Option<Network>) -> Result<(), Error> {
        from.map_or(Ok(()), |from| self.posts.check(&from))?;
        self.written.check(event)
    }

    /// Counts one row that tells of a join.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub(super) fn join(&self, event: &EventId) -> Result<(), Error> {
        self.written.check(event)
    }

    /// Counts one read of a network.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub(super) fn read(&self, from: Option<Network>) -> Result<(), Error> {
        from.map_or(Ok(()), |from| self.reads.check(&from))
    }

    /// Waits until fewer reads of the network are being answered than may be at once.
    ///
    /// # Errors
    /// [`Error::TooMany`] after [`PATIENCE`].
    pub(super) async fn turn(&self, from: Option<Network>) -> Result<Option<Turn<'_>>, Error> {
        match from {
            None => Ok(None),
            Some(from) => self.turns.take(from).await.map(Some),
        }
    }
}

impl App {
    /// Counts one read against the budget of the client's network.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub fn count_read(&self, from: Option<Network>) -> Result<(), Error> {
        self.budgets.read(from)
    }

    /// Waits until a read of this network may be answered. Drop what this gives when it is.
    ///
    /// # Errors
    /// [`Error::TooMany`], if it takes more than 10 s.
    pub async fn take_turn(&self, from: Option<Network>) -> Result<Option<Turn<'_>>, Error> {
        self.budgets.turn(from).await
    }
}

/// The reads that are being answered, by network. A network is in the table only while it reads.
#[derive(Debug)]
struct Turns {
    most: usize,
    networks: Mutex<HashMap<Network, Arc<Semaphore>>>,
}

/// A read that is being answered, or that waits.
#[derive(Debug)]
pub struct Turn<'t> {
    turns: &'t Turns,
    from: Network,
    permit: Option<OwnedSemaphorePermit>,
}

impl Turns {
    fn networks(&self) -> std::sync::MutexGuard<'_, HashMap<Network, Arc<Semaphore>>> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(&self, from: Network) -> Result<Turn<'_>, Error> {
        let its = {
            let mut networks = self.networks();
            Arc::clone(networks.entry(from).or_insert_with(|| Arc::new(Semaphore::new(self.most))))
        };
        // Made before the wait, so that a wait that is given up leaves nothing in the table.
        let mut turn = Turn { turns: self, from, permit: None };
        match timeout(PATIENCE, its.acquire_owned()).await {
            Ok(Ok(permit)) => {
                turn.permit = Some(permit);
                Ok(turn)
            }
            // Nobody closes the semaphore.
            Err(_) | Ok(Err(_)) => Err(Error::TooMany(Duration::from_secs(2))),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut networks = self.turns.networks();
        // The permit has a handle of its own.
        self.permit = None;
        if networks.get(&self.from).is_some_and(|its| Arc::strong_count(its) == 1) {
            networks.remove(&self.from);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};

    use super::*;

    const fn some(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    fn network(n: u16) -> Network {
        Network::of(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, n, 0, 0, 0, 1)))
    }

    #[test]
    fn a_network_has_its_budget_and_thousands_of_others_take_no_memory() {
        let limiter = Limiter::new(Budget { rate: some(1), burst: some(3) }.quota());
        for _ in 0..3 {
            limiter.check(&network(0)).unwrap();
        }
        assert!(matches!(limiter.check(&network(0)), Err(Error::TooMany(wait)) if wait <= Duration::from_secs(1)));
        // A /48 has 65,536 networks. Those that share no counter with another one have budgets of their own.
        let served = (1..=u16::MAX).filter(|n| limiter.check(&network(*n)).is_ok()).count();
        assert!(served > 40_000, "{served}");
        assert_eq!(limiter.0.into_state_store().cells.len(), COUNTERS);
    }

    #[tokio::test]
    async fn reads_of_a_network_take_turns_and_others_do_not_wait() {
        let turns = Turns { most: 2, networks: Mutex::default() };
        let (one, two) = (turns.take(network(1)).await.unwrap(), turns.take(network(1)).await.unwrap());
        let other = turns.take(network(2)).await.unwrap();
        let mut waits = Box::pin(turns.take(network(1)));
        tokio::select! {
            biased;
            _ = &mut waits => panic!("two are being answered"),
            () = std::future::ready(()) => {}
        }
        drop(one);
        drop((waits.await.unwrap(), two, other));
        assert!(turns.networks().is_empty());
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_leaves_nothing() {
        let turns = Turns { most: 1, networks: Mutex::default() };
        let one = turns.take(network(1)).await.unwrap();
        let mut waits = Box::pin(turns.take(network(1)));
        tokio::select! {
            biased;
            _ = &mut waits => panic!("one is being answered"),
            () = std::future::ready(()) => {}
        }
        drop(one);
        drop(waits);
        assert!(turns.networks().is_empty());
    }
}
