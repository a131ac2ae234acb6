//! Counts failed sign-ins. Only failures count, so an attempt is taken before its password is checked, and given
//! back if the password was right: guesses that are sent all at once do not get around the limit.
//!
//! `governor`, which counts everything else ([`crate::app::limits`]), cannot give back. The rule is the same: GCRA.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After so long without a failure all attempts are there again.
const WINDOW: Duration = Duration::from_mins(10);
/// The most sources to remember. With more, those with the fewest failures are forgotten.
const SOURCES: usize = 100_000;

/// Failures by source, in memory.
#[derive(Debug)]
pub(in crate::app) struct Attempts {
    /// The part of [`WINDOW`] that one failure takes.
    step: Duration,
    hasher: RandomState,
    /// The time at which a source has all its attempts again; sources that have all of them are not in here.
    full: Mutex<HashMap<u64, Instant>>,
}

/// One attempt that was taken.
#[derive(Debug)]
pub(in crate::app) struct Attempt<'a> {
    of: &'a Attempts,
    source: u64,
}

impl Attempts {
    /// Allows `most` failures in ten minutes.
    pub(in crate::app) fn new(most: NonZeroU32) -> Self {
        Self { step: WINDOW / most.get(), hasher: RandomState::new(), full: Mutex::default() }
    }

    /// Takes one attempt of `source`.
    ///
    /// # Errors
    /// The time to wait for the next one.
    pub(in crate::app) fn take(&self, source: impl Hash) -> Result<Attempt<'_>, Duration> {
        self.take_at(source, Instant::now())
    }

    /// Returns whether `source` has an attempt, without taking it.
    ///
    /// # Errors
    /// The time to wait for the next one.
    pub(in crate::app) fn check(&self, source: impl Hash) -> Result<(), Duration> {
        let (source, now) = (self.hasher.hash_one(source), Instant::now());
        let full = self.full.lock().unwrap_or_else(PoisonError::into_inner).get(&source).copied();
        self.next(full, now).map(drop)
    }

    fn take_at(&self, source: impl Hash, now: Instant) -> Result<Attempt<'_>, Duration> {
        let source = self.hasher.hash_one(source);
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.next(full.get(&source).copied(), now)?;
        if full.len() >= SOURCES {
            forget(&mut full, now);
        }
        full.insert(source, next);
        Ok(Attempt { of: self, source })
    }

    /// Returns when all attempts are there again after one more is taken.
    fn next(&self, full: Option<Instant>, now: Instant) -> Result<Instant, Duration> {
        let next = full.map_or(now, |full| full.max(now)) + self.step;
        // A step is rounded down, so that all of them fit into the window.
        match next.saturating_duration_since(now).checked_sub(WINDOW) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(next),
        }
    }
}

impl Attempt<'_> {
    /// The password was right: this was no failure.
    pub(in crate::app) fn give_back(self) {
        let mut full = self.of.full.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = full.get_mut(&self.source) {
            match until.checked_sub(self.of.step) {
                Some(earlier) => *until = earlier,
                None => drop(full.remove(&self.source)),
            }
        }
    }
}

/// Forgets sources that are at rest, and where that is not enough, the half with the fewest failures.
fn forget(full: &mut HashMap<u64, Instant>, now: Instant) {
    full.retain(|_, until| *until > now);
    if full.len() >= SOURCES {
        let mut times: Vec<Instant> = full.values().copied().collect();
        let (_, median, _) = times.select_nth_unstable(SOURCES / 2);
        let median = *median;
        full.retain(|_, until| *until > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(most: u32) -> Attempts {
        Attempts::new(NonZeroU32::new(most).unwrap())
    }

    #[test]
    fn only_failures_count_and_each_comes_back_after_its_time() {
        for most in [1, 3, 7, 10, 1_000] {
            let (attempts, begin) = (attempts(most), Instant::now());
            for _ in 0..most * 2 {
                attempts.take_at("ada", begin).unwrap().give_back();
            }
            for n in 0..most {
                assert!(attempts.take_at("ada", begin).is_ok(), "{n} of {most}");
            }
            let wait = attempts.take_at("ada", begin).unwrap_err();
            assert!(wait <= WINDOW / most + Duration::from_micros(1), "{wait:?} of {most}");
            assert!(attempts.take_at("bob", begin).is_ok());
            assert!(attempts.take_at("ada", begin + wait).is_ok());
            assert!(attempts.take_at("ada", begin + wait).is_err());
        }
    }

    #[test]
    fn guesses_that_are_sent_at_once_do_not_get_around_the_limit() {
        let (attempts, now) = (attempts(3), Instant::now());
        let taken: Vec<_> = (0..3).map(|_| attempts.take_at("ada", now).unwrap()).collect();
        assert!(attempts.take_at("ada", now).is_err());
        drop(taken);
        assert!(attempts.take_at("ada", now).is_err());
    }

    #[test]
    fn sources_are_forgotten_before_they_fill_the_memory() {
        let (attempts, now) = (attempts(10), Instant::now());
        for _ in 0..9 {
            attempts.take_at("ada", now).unwrap();
        }
        for n in 0..3 * SOURCES {
            attempts.take_at(n, now).unwrap();
        }
        assert!(attempts.full.lock().unwrap().len() <= SOURCES);
        attempts.take_at("ada", now).unwrap();
        assert!(attempts.take_at("ada", now).is_err(), "who failed most is remembered");
    }
}
