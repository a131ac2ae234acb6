//! How much one source may do. Counted in memory on the monotonic clock, with the GCRA of `governor`.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Error;
use super::budgets::{Budget, Limiter};
use super::people::sign_in_attempts::{Attempt, Attempts};
use crate::domain::network::Network;
use crate::domain::reminders::Email;
use crate::domain::talk::participant::ParticipantId;
use crate::live::admission::Caps;

/// The rates, as the settings give them.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Messages a second of one participant, in the long run.
    pub posts_per_second: NonZeroU32,
    /// Messages of one participant in a burst.
    pub posts_burst: NonZeroU32,
    /// Rows that the clients of one network write, by saying something.
    pub network_posts: Budget,
    /// Rows that people write to one event, by joining and by saying something.
    pub event_posts: Budget,
    /// Pages, exports, calendars, and answers of the API that one network reads; not polls and streams.
    pub reads: Budget,
    /// The most of these that are answered for one network at the same time. More wait for their turn.
    pub reads_at_once: NonZeroU32,
    /// Joins a minute from one address, in the long run.
    pub joins_per_minute: NonZeroU32,
    /// Joins from one address in a burst: a whole office comes in at the opening.
    pub joins_burst: NonZeroU32,
    /// Searches a second from one address, in the long run.
    pub searches_per_second: NonZeroU32,
    /// Searches from one address in a burst: results follow the typing, and a class may sit behind one address.
    pub searches_burst: NonZeroU32,
    /// Requests for reminders a minute from one address, in the long run.
    pub reminders_per_minute: NonZeroU32,
    /// Requests for reminders from one address in a burst: everyone in a class may ask after the same event.
    pub reminders_burst: NonZeroU32,
    /// Failed sign-ins in ten minutes with one name from one address; ten times as many from one address in all.
    pub sign_ins: NonZeroU32,
    /// How many polls and streams may be parked.
    pub polls: Caps,
    /// How often a busy room wakes its pollers at the most.
    pub pace: Duration,
    /// From the end of one commit to the next while messages come from many sides.
    pub gather: Duration,
}

/// The counts.
#[derive(Debug)]
pub struct Limits {
    posts: DefaultKeyedRateLimiter<ParticipantId>,
    joins: Limiter<Network>,
    searches: Limiter<Network>,
    sign_ins: Attempts,
    sign_ins_of_address: Attempts,
    mailed: Limiter<String>,
    mailing: Limiter<Network>,
}

/// The source of sign-ins whose failures are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// A device that this organizer signed in with before: the device's id, and the key of the name.
    Device(String, String),
    /// Everyone of a network who tries this name, by its key.
    Network(String, Option<Network>),
}

impl Source {
    /// The network whose failures are counted over all names.
    const fn network(&self) -> Option<Network> {
        match self {
            Self::Device(..) => None,
            Self::Network(_, network) => *network,
        }
    }
}

/// An attempt to sign in that was taken.
#[derive(Debug)]
pub(super) struct SignIn<'a> {
    mine: Attempt<'a>,
    of_address: Option<Attempt<'a>>,
}

impl SignIn<'_> {
    /// It succeeded, and does not count.
    pub(super) fn give_back(self) {
        self.mine.give_back();
        if let Some(attempt) = self.of_address {
            attempt.give_back();
        }
    }
}

/// The factor by which more sign-ins may fail from one address over all names than with one name.
const NAMES: NonZeroU32 = some(10);
/// The most emails in an hour that ask one mailbox to confirm, so that nobody can flood someone else's.
const ASKED: NonZeroU32 = some(5);
const HOUR: Duration = Duration::from_hours(1);
/// Past so many keys those at rest are forgotten.
const KEYS: usize = 10_000;

const fn some(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

impl Limits {
    pub(super) fn new(rates: &Rates) -> Self {
        let within =
            |time: Duration, n: NonZeroU32| Quota::with_period(time / n.get()).map_or(Quota::per_minute(n), |quota| quota.allow_burst(n));
        Self {
            posts: RateLimiter::keyed(Quota::per_second(rates.posts_per_second).allow_burst(rates.posts_burst)),
            joins: Limiter::new(Quota::per_minute(rates.joins_per_minute).allow_burst(rates.joins_burst)),
            searches: Limiter::new(Quota::per_second(rates.searches_per_second).allow_burst(rates.searches_burst)),
            sign_ins: Attempts::new(rates.sign_ins),
            sign_ins_of_address: Attempts::new(rates.sign_ins.saturating_mul(NAMES)),
            mailed: Limiter::new(within(HOUR, ASKED)),
            mailing: Limiter::new(Quota::per_minute(rates.reminders_per_minute).allow_burst(rates.reminders_burst)),
        }
    }

    pub(super) fn post(&self, who: &ParticipantId) -> Result<(), Error> {
        check(&self.posts, who)
    }

    pub(super) fn join(&self, from: Option<Network>) -> Result<(), Error> {
        from.map_or(Ok(()), |from| self.joins.check(&from))
    }

    pub(super) fn search(&self, from: Option<Network>) -> Result<(), Error> {
        from.map_or(Ok(()), |from| self.searches.check(&from))
    }

    /// Returns whether a sign-in may be tried now, so that one that may not takes no place in the queue.
    pub(super) fn check_sign_in(&self, source: &Source) -> Result<(), Error> {
        self.sign_ins.check(source).map_err(Error::TooMany)?;
        source.network().map_or(Ok(()), |network| self.sign_ins_of_address.check(network)).map_err(Error::TooMany)
    }

    /// Takes an attempt to sign in, to be given back where it succeeds.
    pub(super) fn sign_in(&self, source: &Source) -> Result<SignIn<'_>, Error> {
        let mine = self.sign_ins.take(source).map_err(Error::TooMany)?;
        match source.network().map(|network| self.sign_ins_of_address.take(network)).transpose() {
            Ok(of_address) => Ok(SignIn { mine, of_address }),
            Err(wait) => {
                mine.give_back();
                Err(Error::TooMany(wait))
            }
        }
    }

    /// Counts one email that asks `email` to confirm something, at the request of a visitor.
    pub(super) fn remind(&self, email: &Email, from: Option<Network>) -> Result<(), Error> {
        from.map_or(Ok(()), |from| self.mailing.check(&from))?;
        self.mailed.check(&email.as_str().to_ascii_lowercase())
    }
}

fn check<K: Clone + Hash + Eq>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Error> {
    if limiter.len() > KEYS {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|until| Error::TooMany(until.wait_time_from(DefaultClock::default().now())))
}
