//! The exports that are being read: how many there may be at once, of a network and in all.
//!
//! An export is read from the database while it is sent, as fast as its client reads. A client that stops reading keeps
//! its rows and its encoder in memory until the connection ends, so their number is bounded until then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::app::{App, Error};
use crate::domain::network::Network;

/// The most exports that are being read at once, of one network.
const OF_A_NETWORK: usize = 8;
/// The most in all.
const IN_ALL: usize = 64;
/// How long a client that is refused waits before it tries again.
const WAIT: Duration = Duration::from_secs(5);

/// The exports that are being read. A network is in the table only while it reads one.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct Exports(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    networks: HashMap<Network, usize>,
}

/// An export that is being read. Drop it when the answer has been sent.
#[derive(Debug)]
pub struct Place {
    taken: Arc<Mutex<Taken>>,
    from: Option<Network>,
}

impl Exports {
    fn take(&self, from: Option<Network>) -> Result<Place, Error> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if from.is_some_and(|from| taken.networks.get(&from).is_some_and(|its| *its >= OF_A_NETWORK)) {
            return Err(Error::TooMany(WAIT));
        }
        if taken.in_all >= IN_ALL {
            return Err(Error::crowded());
        }
        taken.in_all += 1;
        if let Some(from) = from {
            *taken.networks.entry(from).or_default() += 1;
        }
        Ok(Place { taken: Arc::clone(&self.0), from })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.in_all -= 1;
        if let Some(from) = self.from
            && let Some(its) = taken.networks.get_mut(&from)
        {
            *its -= 1;
            if *its == 0 {
                taken.networks.remove(&from);
            }
        }
    }
}

impl App {
    /// Takes a place for an export that is sent while it is read.
    ///
    /// # Errors
    /// [`Error::TooMany`] if the network reads 8 exports already; [`Error::Crowded`] if 64 are being read in all.
    pub fn take_export(&self, from: Option<Network>) -> Result<Place, Error> {
        self.exports.take(from)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn network(n: u8) -> Network {
        Network::of(IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)))
    }

    #[test]
    fn a_network_and_all_together_have_so_many_places_and_get_them_back() {
        let exports = Exports::default();
        let mut places: Vec<Place> = (0..OF_A_NETWORK).map(|_| exports.take(Some(network(0))).unwrap()).collect();
        assert!(matches!(exports.take(Some(network(0))), Err(Error::TooMany(_))));
        for n in 1.. {
            match exports.take(Some(network(n))) {
                Ok(place) => places.push(place),
                Err(problem) => {
                    assert!(matches!(problem, Error::Crowded(_)), "{problem:?}");
                    break;
                }
            }
        }
        assert_eq!(places.len(), IN_ALL);
        assert!(exports.take(None).is_err());
        places.remove(0);
        exports.take(Some(network(0))).unwrap();
        places.clear();
        assert!(exports.0.lock().unwrap().networks.is_empty());
        assert_eq!(exports.0.lock().unwrap().in_all, 0);
    }
}
