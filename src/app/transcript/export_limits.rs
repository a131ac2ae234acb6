//! Limits how many exports are read at once, by one network and in all.
//!
//! An export is read from the database while it is sent, as fast as its client reads. A client that stops reading keeps its encoder in
//! memory until the connection ends, so the number of exports is limited. More wait for their turn, in the order in which they came.
//! A client that stops reading for 10 seconds gives its place up for someone who waits, and needs a new one when it reads on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::app::{App, Error};
use crate::domain::network::Network;

/// How many of something there may be, of one network and in all.
#[derive(Clone, Copy, Debug)]
struct Cap {
    network: usize,
    all: usize,
}

/// The exports that are being sent.
const SENDING: Cap = Cap { network: 8, all: 64 };
/// The exports whose clients stopped reading, in addition to those. Past this number they keep their places, so memory stays bounded.
const STALLED: Cap = Cap { network: 32, all: 256 };
/// The requests that wait for a place: a class of 200 may ask at once, from one address.
const WAITING: Cap = Cap { network: 256, all: 2_048 };
/// How long a client may go without asking for more before it gives its place up.
const STALL: Duration = Duration::from_secs(10);
/// The longest that a request waits for a place. Longer than [`STALL`], so that clients that stop reading refuse nobody.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a request that waits looks for clients that have stopped reading.
const LOOK: Duration = Duration::from_secs(1);
/// The value of `Retry-After` when an address is refused.
const RETRY: Duration = Duration::from_secs(5);

/// The exports that are being read, and the requests that wait to be.
#[derive(Clone, Debug)]
pub(in crate::app) struct Exports {
    table: Arc<Mutex<Table>>,
    stall: Duration,
    patience: Duration,
}

/// Its rows are few: all limits together allow 2,368.
#[derive(Debug, Default)]
struct Table {
    next_id: u64,
    sent: Vec<Export>,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Export {
    id: u64,
    from: Option<Network>,
    /// When its client asked for more last.
    asked: Instant,
    is_stalled: bool,
}

#[derive(Debug)]
struct Waiting {
    from: Option<Network>,
    granted: oneshot::Sender<Place>,
}

/// An export that is being read. Drop it when the answer has been sent.
#[derive(Debug)]
pub struct Place {
    exports: Exports,
    from: Option<Network>,
    id: u64,
}

impl Cap {
    /// Returns whether one more of `from` is within the cap, in addition to those that `others` lists.
    fn allows(self, from: Option<Network>, others: impl Iterator<Item = Option<Network>> + Clone) -> bool {
        let its = || others.clone().filter(|other| *other == from).take(self.network).count();
        others.clone().count() < self.all && (from.is_none() || its() < self.network)
    }
}

impl Table {
    fn list(&self, is_stalled: bool) -> impl Iterator<Item = Option<Network>> + Clone {
        self.sent.iter().filter(move |export| export.is_stalled == is_stalled).map(|export| export.from)
    }

    /// Has clients that asked for nothing since `since` give their places up, as many as the cap allows.
    fn find_stalled(&mut self, since: Instant) {
        for n in 0..self.sent.len() {
            let Export { from, asked, is_stalled, .. } = self.sent[n];
            if !is_stalled && asked < since && STALLED.allows(from, self.list(true)) {
                self.sent[n].is_stalled = true;
            }
        }
    }
}

impl Default for Exports {
    fn default() -> Self {
        Self { table: Arc::default(), stall: STALL, patience: PATIENCE }
    }
}

impl Exports {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives free places to the requests that have waited longest.
    fn grant(&self) {
        let mut granted = Vec::new();
        let mut table = self.table();
        if table.waiting.is_empty() {
            return;
        }
        if let Some(since) = Instant::now().checked_sub(self.stall) {
            table.find_stalled(since);
        }
        // Networks without a free place, so that each is counted once, however many of its requests wait.
        let mut full: Vec<Option<Network>> = Vec::new();
        let mut n = 0;
        while n < table.waiting.len() && table.list(false).count() < SENDING.all {
            let from = table.waiting[n].from;
            if full.contains(&from) {
                n += 1;
            } else if !SENDING.allows(from, table.list(false)) {
                full.push(from);
            } else if let Some(Waiting { granted: to, .. }) = table.waiting.remove(n) {
                let id = table.next_id;
                table.next_id += 1;
                table.sent.push(Export { id, from, asked: Instant::now(), is_stalled: false });
                granted.push((to, Place { exports: self.clone(), from, id }));
            }
        }
        drop(table);
        for (to, place) in granted {
            // A request that has just given up drops its place, which goes to the next one.
            drop(to.send(place));
        }
    }

    /// Waits for a place.
    async fn take(&self, from: Option<Network>) -> Result<Place, Error> {
        let mut answer = {
            let mut table = self.table();
            if !WAITING.allows(from, table.waiting.iter().map(|waiting| waiting.from)) {
                return Err(refusal(&table, from));
            }
            let (granted, answer) = oneshot::channel();
            table.waiting.push_back(Waiting { from, granted });
            Answer { exports: self, granted: answer }
        };
        let began = Instant::now();
        loop {
            self.grant();
            let left = self.patience.saturating_sub(began.elapsed());
            match timeout(left.min(LOOK).min(self.stall), &mut answer.granted).await {
                Ok(Ok(place)) => return Ok(place),
                Err(_) if !left.is_zero() => {}
                Ok(Err(_)) | Err(_) => return Err(refusal(&self.table(), from)),
            }
        }
    }
}

/// A request that waits. It leaves the queue when it is dropped.
struct Answer<'e> {
    exports: &'e Exports,
    granted: oneshot::Receiver<Place>,
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        self.granted.close();
        self.exports.table().waiting.retain(|waiting| !waiting.granted.is_closed());
    }
}

/// Returns the error for a request that gets no place.
fn refusal(table: &Table, from: Option<Network>) -> Error {
    let is_full = table.list(false).count() >= SENDING.all || table.waiting.len() >= WAITING.all;
    if is_full || from.is_none() { Error::crowded() } else { Error::TooMany(RETRY) }
}

impl Place {
    /// Notes that the client asks for more. If it gave its place up because it had stopped reading, waits for a new one.
    ///
    /// # Errors
    /// As [`App::take_export`]: the export must end here.
    pub async fn keep(&mut self) -> Result<(), Error> {
        {
            let mut table = self.exports.table();
            if let Some(export) = table.sent.iter_mut().find(|export| export.id == self.id && !export.is_stalled) {
                export.asked = Instant::now();
                return Ok(());
            }
        }
        // The old place, which counts as stalled, is dropped once there is a new one.
        *self = self.exports.clone().take(self.from).await?;
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.exports.table().sent.retain(|export| export.id != self.id);
        self.exports.grant();
    }
}

impl App {
    /// Waits for a place for an export that is sent while it is read, up to 30 s.
    ///
    /// # Errors
    /// [`Error::TooMany`] if the network's own exports take that long; [`Error::Crowded`] if those of all do.
    pub async fn take_export(&self, from: Option<Network>) -> Result<Place, Error> {
        self.exports.take(from).await
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::net::{IpAddr, Ipv4Addr};
    use std::pin::Pin;
    use std::task::Poll;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn network(n: u8) -> Network {
        Network::of(IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)))
    }

    fn exports(stall: Duration, patience: Duration) -> Exports {
        Exports { stall, patience, ..Exports::default() }
    }

    async fn take(exports: &Exports, from: Option<Network>, n: usize) -> Vec<Place> {
        let mut places = Vec::new();
        for _ in 0..n {
            places.push(exports.take(from).await.unwrap());
        }
        places
    }

    /// Begins to wait for a place that is not free.
    async fn begin<'e>(exports: &'e Exports, from: Option<Network>) -> Pin<Box<dyn Future<Output = Result<Place, Error>> + 'e>> {
        let mut waits = Box::pin(exports.take(from));
        poll_fn(|context| {
            assert!(waits.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        waits
    }

    #[tokio::test]
    async fn a_network_and_all_together_have_so_many_places_and_get_them_back() {
        let exports = exports(HOUR, Duration::ZERO);
        let mut places = take(&exports, Some(network(0)), SENDING.network).await;
        assert!(matches!(exports.take(Some(network(0))).await, Err(Error::TooMany(_))));
        for n in 1..8 {
            places.extend(take(&exports, Some(network(n)), SENDING.network).await);
        }
        assert_eq!(places.len(), SENDING.all);
        assert!(matches!(exports.take(Some(network(9))).await, Err(Error::Crowded(_))));
        assert!(matches!(exports.take(None).await, Err(Error::Crowded(_))));
        places.remove(0);
        exports.take(Some(network(0))).await.unwrap();
        places.clear();
        assert!(exports.table().sent.is_empty() && exports.table().waiting.is_empty());
    }

    #[tokio::test]
    async fn those_who_wait_get_places_in_their_order_and_others_do_not_wait_for_them() {
        let exports = exports(HOUR, HOUR);
        let mut places = take(&exports, Some(network(0)), SENDING.network).await;
        let first = begin(&exports, Some(network(0))).await;
        let mut second = begin(&exports, Some(network(0))).await;
        let other = exports.take(Some(network(1))).await.unwrap();
        places.pop();
        let first = first.await.unwrap();
        poll_fn(|context| {
            assert!(second.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        drop(first);
        drop((second.await.unwrap(), other));
        assert!(exports.table().waiting.is_empty());
    }

    #[tokio::test]
    async fn only_so_many_wait_and_one_that_gives_up_leaves_nothing() {
        let exports = exports(HOUR, HOUR);
        let places = take(&exports, Some(network(0)), SENDING.network).await;
        let mut waiting = Vec::new();
        for _ in 0..WAITING.network {
            waiting.push(begin(&exports, Some(network(0))).await);
        }
        assert!(matches!(exports.take(Some(network(0))).await, Err(Error::TooMany(_))));
        exports.take(Some(network(1))).await.unwrap();
        drop(waiting);
        assert!(exports.table().waiting.is_empty());
        drop(places);
        assert!(exports.table().sent.is_empty());
    }

    #[tokio::test]
    async fn a_client_that_stops_reading_gives_its_place_up_and_needs_another_to_go_on() {
        let exports = exports(Duration::ZERO, HOUR);
        let mut stalled = take(&exports, Some(network(0)), SENDING.network).await;
        let others = take(&exports, Some(network(0)), SENDING.network).await;
        assert!(exports.table().list(true).count() >= SENDING.network);
        stalled[0].keep().await.unwrap();
        assert!(exports.table().list(false).count() <= SENDING.network);
        drop((stalled, others));
        assert!(exports.table().sent.is_empty());
    }

    #[tokio::test]
    async fn clients_that_stop_reading_are_so_many_at_most() {
        let exports = exports(Duration::ZERO, Duration::ZERO);
        let mut places = Vec::new();
        while let Ok(place) = exports.take(Some(network(0))).await {
            places.push(place);
            assert!(places.len() <= SENDING.network + STALLED.network);
        }
        assert_eq!(places.len(), SENDING.network + STALLED.network);
        assert!(places[0].keep().await.is_err());
    }
}
