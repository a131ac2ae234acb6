//! Counts the connections that each network has at the door, so that no client alone can take all of its places.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedSemaphorePermit;

use crate::domain::network::Network;

/// The connections by network. A network is in the table only while it has one.
#[derive(Debug)]
pub(super) struct Peers {
    most: u32,
    counts: Mutex<HashMap<Network, u32>>,
}

/// The place that a connection occupies until it ends.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    of: Option<(Arc<Peers>, Network)>,
    _permit: OwnedSemaphorePermit,
}

impl Peers {
    /// Lets a network have up to `most` connections.
    pub(super) fn new(most: u32) -> Arc<Self> {
        Arc::new(Self { most, counts: Mutex::default() })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Network, u32>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection of a network; `None` if it has as many as it may have.
    pub(super) fn place(self: &Arc<Self>, from: Network, permit: OwnedSemaphorePermit) -> Option<ConnectionSlot> {
        let mut counts = self.counts();
        let count = counts.entry(from).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(ConnectionSlot { of: Some((Arc::clone(self), from)), _permit: permit })
    }
}

impl ConnectionSlot {
    /// A place for a connection of a proxy, whose address says nothing about its clients.
    pub(super) const fn of_proxy(permit: OwnedSemaphorePermit) -> Self {
        Self { of: None, _permit: permit }
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let Some((peers, from)) = &self.of else { return };
        let mut counts = peers.counts();
        if let Some(count) = counts.get_mut(from) {
            *count -= 1;
            if *count == 0 {
                counts.remove(from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn a_network_has_so_many_connections_and_leaves_nothing_behind() {
        let (peers, all) = (Peers::new(2), Arc::new(Semaphore::new(10)));
        let place = |address: &str| {
            let address: IpAddr = address.parse().unwrap();
            peers.place(Network::of(address), Arc::clone(&all).try_acquire_owned().unwrap())
        };
        let (one, two) = (place("192.0.2.1"), place("::ffff:192.0.2.1"));
        assert!(one.is_some() && two.is_some() && place("192.0.2.1").is_none());
        let other = place("192.0.2.2");
        assert!(other.is_some());
        drop(one);
        assert!(place("192.0.2.1").is_some());
        drop((two, other));
        assert!(peers.counts().is_empty());
        assert_eq!(all.available_permits(), 10);
    }
}
