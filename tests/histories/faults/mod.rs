//! What is done to the program while people write and read, a file for each fault.
//!
//! Each is a function of a seed and a size that gives a verdict; tests run them small, the campaign runs them large.

pub mod clock;
mod closing;
pub mod disk;
mod kill;
mod rude;
pub mod term;

use std::time::Duration;

use super::history::History;
use super::host::Host;
use super::run::{Cast, Run};
use super::verdict::{Verdict, judge};

/// How large a run is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub writers: u64,
    pub readers: u64,
    /// How many posts are acknowledged before the run comes to its end.
    pub rows: usize,
    /// How often the fault strikes.
    pub blows: usize,
    /// After how long the run gives up.
    pub most: Duration,
    /// Whether runs of several nodes judge how long readers waited. A busy machine breaks any bound on that, so tests do not.
    pub timed: bool,
}

impl Size {
    /// Seconds in a debug build.
    pub const SMALL: Self = Self { writers: 6, readers: 8, rows: 150, blows: 2, most: Duration::from_mins(2), timed: false };

    pub fn cast(&self) -> Cast {
        Cast { writers: self.writers, readers: self.readers, most: self.most, ..Cast::default() }
    }

    /// How many rows there are before the blow `n`, counted from 1.
    const fn before(&self, n: usize) -> usize {
        n * self.rows / (self.blows + 1)
    }
}

/// What came of a run.
pub enum Outcome {
    Judged(Verdict),
    /// This machine lacks what the fault needs.
    Skipped(&'static str),
}

impl Outcome {
    /// Ends a test where the run of a fault, by its name, broke a promise or says little.
    pub fn must_hold(self, name: &str, seed: u64, size: &Size) {
        match self {
            Self::Skipped(why) => println!("{name} is not tested: {why}"),
            Self::Judged(verdict) => {
                println!("{name}: {} rows acknowledged, {} delivered {:?}", verdict.acknowledged, verdict.deliveries, verdict.notes);
                assert!(verdict.holds(), "{name}, seed {seed}:\n{}", verdict.words());
                assert!(verdict.acknowledged >= size.rows / 2, "{name}, seed {seed}: {} posts say little", verdict.acknowledged);
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    Kill,
    Term,
    Vanish,
    Retry,
    Clock,
    RealClock,
    FileLimit,
    FullDisk,
    Closing,
}

impl Fault {
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::Kill,
        Self::Term,
        Self::Vanish,
        Self::Retry,
        Self::Clock,
        Self::RealClock,
        Self::FileLimit,
        Self::FullDisk,
        Self::Closing,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Kill => "`kill -9` and restart",
            Self::Term => "SIGTERM and restart",
            Self::Vanish => "clients vanish",
            Self::Retry => "posts cut and retried",
            Self::Clock => "clock stepped, in process",
            Self::RealClock => "clock stepped, libfaketime",
            Self::FileLimit => "disk full, by a limit",
            Self::FullDisk => "disk full, a small tmpfs",
            Self::Closing => "closing under load",
        }
    }

    pub async fn run(self, seed: u64, size: &Size) -> Outcome {
        match self {
            Self::None => Outcome::Judged(nothing(seed, size).await),
            Self::Kill => Outcome::Judged(kill::run(seed, size).await),
            Self::Term => Outcome::Judged(term::run(seed, size).await),
            Self::Vanish => Outcome::Judged(rude::vanish(seed, size).await),
            Self::Retry => Outcome::Judged(rude::retry(seed, size).await),
            Self::Clock => Outcome::Judged(clock::in_process(seed, size).await),
            Self::RealClock => clock::under_libfaketime(seed, size).await,
            Self::FileLimit => disk::by_limit(seed, size).await,
            Self::FullDisk => disk::by_tmpfs(seed, size).await,
            Self::Closing => Outcome::Judged(closing::run(seed, size).await),
        }
    }
}

/// A run in which nothing happens but people.
async fn nothing(seed: u64, size: &Size) -> Verdict {
    let mut host = Host::start();
    let history = calm_history(&host, seed, size).await;
    well_ended(&mut host, &history)
}

/// Its history, on a server that runs.
pub async fn calm_history(host: &Host, seed: u64, size: &Size) -> History {
    let run = Run::begin(&host.site, seed, &size.cast()).await;
    run.reaches(size.rows).await;
    run.finish(&host.site).await
}

/// Judges a history, and the end of its server.
fn well_ended(host: &mut Host, history: &History) -> Verdict {
    let mut verdict = judge(history);
    host.signal("TERM");
    if let Some(problem) = host.ended() {
        verdict.object(problem);
    }
    verdict
}
