//! Bounds the work of hashing passwords: argon2 takes 19 MiB and tens of milliseconds of a core on purpose, so
//! a few hundred sign-ins at once would take all memory and every core.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::Error;
use crate::app::security_log::{self, Event};

/// The most that may wait for each core. At 30 ms a password, the last one waits a quarter of a second.
const QUEUE: usize = 8;
/// The time to wait before another try if the queue is full.
const AGAIN: Duration = Duration::from_secs(2);

/// The cores that hash passwords, and the queue for them.
#[derive(Debug)]
pub struct Passwords {
    /// One permit for each password that is hashed or waits.
    places: Arc<Semaphore>,
    /// The same for known devices, so that others' attempts never take all places.
    known: Arc<Semaphore>,
    /// One permit for each core.
    cores: Arc<Semaphore>,
}

/// A core, until its work is done.
#[derive(Debug)]
pub(in crate::app) struct Core {
    _place: OwnedSemaphorePermit,
    _core: OwnedSemaphorePermit,
}

impl Default for Passwords {
    /// For as many passwords at once as there are cores.
    fn default() -> Self {
        Self::new(thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }
}

impl Passwords {
    fn new(cores: usize) -> Self {
        let places = || Arc::new(Semaphore::new(cores * (1 + QUEUE)));
        Self { places: places(), known: places(), cores: Arc::new(Semaphore::new(cores)) }
    }

    /// Waits for a core in the order of asking. `is_known`: it is for a device that has signed in before.
    ///
    /// # Errors
    /// [`Error::Busy`] at once where the queue is full.
    pub(in crate::app) async fn core(&self, is_known: bool) -> Result<Core, Error> {
        let places = if is_known { &self.known } else { &self.places };
        let place = Arc::clone(places).try_acquire_owned().map_err(|_| {
            security_log::note(Event::LimitReached { route: "passwords" }, None);
            Error::Busy(AGAIN)
        })?;
        let core = Arc::clone(&self.cores).acquire_owned().await.map_err(|problem| Error::Unavailable(problem.to_string()))?;
        Ok(Core { _place: place, _core: core })
    }
}

impl Core {
    /// Runs `work` on a thread that may block. The core is free when the work is done, whether or not someone
    /// still waits for it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the work panicked.
    pub(in crate::app) async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let held = move || {
            let result = work();
            drop(self);
            result
        };
        tokio::task::spawn_blocking(held).await.map_err(|problem| Error::Unavailable(problem.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn no_more_passwords_are_hashed_at_once_than_there_are_cores_and_the_rest_is_refused() {
        let passwords = Passwords::new(2);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let one = async || {
            let core = passwords.core(false).await?;
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            core.run(move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::yield_now();
                now.fetch_sub(1, Ordering::SeqCst);
            })
            .await
        };
        let done = futures_util::future::join_all((0..600).map(|_| one())).await;
        // 18 have places at once, and some of the others find one that was freed meanwhile.
        assert!((18..600).contains(&done.iter().filter(|it| it.is_ok()).count()));
        assert!(done.iter().all(|it| matches!(it, Ok(()) | Err(Error::Busy(_)))), "{done:?}");
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
        assert!(one().await.is_ok(), "the queue is empty again");
    }

    #[tokio::test]
    async fn a_known_device_has_places_of_its_own() {
        let passwords = Passwords::new(1);
        let core = passwords.core(false).await.unwrap();
        let mut waiting: Vec<_> = (0..QUEUE).map(|_| Box::pin(passwords.core(false))).collect();
        for one in &mut waiting {
            assert!(std::future::poll_fn(|context| Poll::Ready(one.as_mut().poll(context).is_pending())).await);
        }
        assert!(matches!(passwords.core(false).await, Err(Error::Busy(_))));
        let mut known = Box::pin(passwords.core(true));
        assert!(std::future::poll_fn(|context| Poll::Ready(known.as_mut().poll(context).is_pending())).await);
        drop((core, waiting));
        assert!(known.await.is_ok());
    }

    #[tokio::test]
    async fn a_client_that_leaves_keeps_the_core_until_its_work_is_done() {
        let passwords = Passwords::new(1);
        let core = passwords.core(false).await.unwrap();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let work = tokio::spawn(core.run(move || ended.recv().ok()));
        while passwords.cores.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        work.abort();
        let next = passwords.core(false);
        tokio::pin!(next);
        let waits = std::future::poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_pending()));
        assert!(waits.await);
        drop(end);
        next.await.unwrap();
    }
}
