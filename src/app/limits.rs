//! How much one source may do. Counted in memory on the monotonic clock, with the GCRA of `governor`.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Error;
use crate::domain::network::Network;
use crate::domain::participant::ParticipantId;
use crate::domain::reminder::Email;
use crate::live::admission::Caps;

/// The rates, as the settings give them.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Messages a second of one participant, in the long run.
    pub posts_per_second: NonZeroU32,
    /// Messages of one participant in a burst.
    pub posts_burst: NonZeroU32,
    /// Joins a minute from one address, in the long run.
    pub joins_per_minute: NonZeroU32,
    /// Joins from one address in a burst: a whole office comes in at the opening.
    pub joins_burst: NonZeroU32,
    /// Searches a second from one address, in the long run.
    pub searches_per_second: NonZeroU32,
    /// Searches from one address in a burst: results follow the typing, and a class may sit behind one address.
    pub searches_burst: NonZeroU32,
    /// Sign-in attempts in ten minutes for one name; ten times as many from one address.
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
    joins: DefaultKeyedRateLimiter<Network>,
    searches: DefaultKeyedRateLimiter<Network>,
    names: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<Network>,
    mailed: DefaultKeyedRateLimiter<String>,
    mailing: DefaultKeyedRateLimiter<Network>,
}

/// Mails in an hour that ask one address to confirm; of whoever makes others get them, more bother nobody.
const ASKED: NonZeroU32 = some(5);
/// Such mails in ten minutes that one visitor's address asks for: a whole class may sit behind it.
const ASKING: NonZeroU32 = some(30);
const HOUR: Duration = Duration::from_hours(1);
const TEN_MINUTES: Duration = Duration::from_mins(10);
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
        let in_ten_minutes = |n: NonZeroU32| within(TEN_MINUTES, n);
        Self {
            posts: RateLimiter::keyed(Quota::per_second(rates.posts_per_second).allow_burst(rates.posts_burst)),
            joins: RateLimiter::keyed(Quota::per_minute(rates.joins_per_minute).allow_burst(rates.joins_burst)),
            searches: RateLimiter::keyed(Quota::per_second(rates.searches_per_second).allow_burst(rates.searches_burst)),
            names: RateLimiter::keyed(in_ten_minutes(rates.sign_ins)),
            addresses: RateLimiter::keyed(in_ten_minutes(rates.sign_ins.saturating_mul(NonZeroU32::MIN.saturating_add(9)))),
            mailed: RateLimiter::keyed(within(HOUR, ASKED)),
            mailing: RateLimiter::keyed(in_ten_minutes(ASKING)),
        }
    }

    pub(super) fn post(&self, who: &ParticipantId) -> Result<(), Error> {
        check(&self.posts, who)
    }

    pub(super) fn join(&self, from: Option<Network>) -> Result<(), Error> {
        from.map_or(Ok(()), |from| check(&self.joins, &from))
    }

    pub(super) fn search(&self, from: Option<Network>) -> Result<(), Error> {
        from.map_or(Ok(()), |from| check(&self.searches, &from))
    }

    pub(super) fn sign_in(&self, name: &str, from: Option<Network>) -> Result<(), Error> {
        from.map_or(Ok(()), |from| check(&self.addresses, &from))?;
        check(&self.names, &name.to_owned())
    }

    /// Counts one mail that asks `email` to confirm something, on behalf of a visitor.
    pub(super) fn remind(&self, email: &Email, from: Option<Network>) -> Result<(), Error> {
        from.map_or(Ok(()), |from| check(&self.mailing, &from))?;
        check(&self.mailed, &email.as_str().to_ascii_lowercase())
    }
}

fn check<K: Clone + Hash + Eq>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Error> {
    if limiter.len() > KEYS {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|until| Error::TooMany(until.wait_time_from(DefaultClock::default().now())))
}
