//! The real-time core: rooms with their recent rows ready as bytes, group commit, presence, and what
//! happens at set times.
//!
//! Announces only what is committed. Holds no lock over an await, and none while it wakes anybody.

pub mod admission;
mod alarm;
pub mod answer;
pub mod node;
pub mod presence;
pub mod relay;
mod rhythm;
mod ring;
pub mod room;
pub mod rooms;
pub mod schedule;
pub mod search;
pub mod wait;
mod waiting;
pub mod writer;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store;

#[cfg(feature = "planted")]
pub use crate::store::log::planted;
pub use ring::RING_ROWS;

/// Why the core did not do what was asked.
#[derive(Debug)]
pub enum Error {
    /// The queue of the writer is full.
    Busy,
    /// The program is shutting down.
    Stopping,
    /// The commit failed, and whether the row stands is unknown until the same nonce is tried
    /// again. The cause is in the log.
    Unknown,
    Store(store::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the writer's queue is full"),
            Self::Stopping => f.write_str("the program is shutting down"),
            Self::Unknown => f.write_str("the database did not confirm the write"),
            Self::Store(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<store::Error> for Error {
    fn from(cause: store::Error) -> Self {
        Self::Store(cause)
    }
}

/// What `alarm.rs` is built of; the models put other things in its place.
mod sync {
    pub use std::sync::atomic::{AtomicU64, Ordering};
}

/// Locks for a moment. What these locks guard is whole between any two statements, so a panic
/// elsewhere leaves nothing half-done behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
