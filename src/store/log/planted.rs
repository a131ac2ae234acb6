//! Bugs on purpose, for the tests of the checker of histories: it has to find each of them.
//!
//! Only with the Cargo feature `planted`, and even then only the one that the environment names in
//! `GAVEL_PLANTED`. Never build what people use with it.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::store::Clock;
use crate::store::talk::participant_action::ParticipantAction;

/// A bug that can be planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Rooms hear of rows before the commit.
    AnnounceBeforeCommit,
    /// A row's `ts` is taken before its transaction begins, so that rows can be committed in another order.
    TsOutsideTransaction,
    /// A poll looks for rows first, and then begins to wait for new ones.
    ReadBeforeSubscribe,
}

#[expect(clippy::disallowed_methods, reason = "no setting of the program: it is not there in what people use")]
static PLANTED: LazyLock<Option<Bug>> = LazyLock::new(|| match std::env::var("GAVEL_PLANTED").as_deref() {
    Ok("announce-before-commit") => Some(Bug::AnnounceBeforeCommit),
    Ok("ts-outside-transaction") => Some(Bug::TsOutsideTransaction),
    Ok("read-before-subscribe") => Some(Bug::ReadBeforeSubscribe),
    _ => None,
});

/// The timestamps that were taken too early, until their transactions come.
static STAMPS: LazyLock<Mutex<HashMap<(ParticipantId, String), Timestamp>>> = LazyLock::new(Mutex::default);

/// Whether this bug is the one that was asked for.
#[must_use]
pub fn bug(bug: Bug) -> bool {
    *PLANTED == Some(bug)
}

/// Takes the `ts` of a message where it must not be taken. Gives how long its sender is to dawdle
/// after that, in turns of the runtime.
#[must_use]
pub fn stamp(entry: &ParticipantAction) -> i64 {
    let ParticipantAction::Say { who, nonce: Some(nonce), .. } = entry else { return 0 };
    let ts = Clock::default().now();
    STAMPS.lock().unwrap_or_else(PoisonError::into_inner).insert((who.clone(), nonce.clone()), ts);
    ts.micros() % 8
}

/// The `ts` that [`stamp`] took for this message.
pub(in crate::store) fn stamped(who: &ParticipantId, nonce: Option<&str>) -> Option<Timestamp> {
    STAMPS.lock().unwrap_or_else(PoisonError::into_inner).remove(&(who.clone(), nonce?.to_owned()))
}
