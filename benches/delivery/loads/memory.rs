//! The memory of a server with thousands of parked polls, before and after a message reached them all.
//!
//! It is the resident memory of the process. The kernel's buffers of a connection belong to no process, and are the
//! same for each server.

use std::time::Instant;

use crate::Outcome;
use crate::client::crowd::Crowd;
use crate::figures::ledger::Ledger;
use crate::servers::side::Side;

/// KiB of the process, before the polls came.
pub const BEFORE: &str = "KiB before";
/// KiB for each poll while all wait for their first message.
pub const PARKED: &str = "KiB a poll, parked";
/// KiB for each poll when all have had a message and wait again.
pub const AGAIN: &str = "KiB a poll, parked again";
/// A few polls and messages, for what a server makes on first use.
const WARM_UP: (u16, u32) = (20, 10);

/// The side's server is fresh: what others left behind would serve the polls unseen.
pub async fn round(side: &Side, polls: u16, ledger: &mut Ledger) -> Outcome<()> {
    let server = side.server();
    let room = [side.room(1).await?];
    let started = Instant::now();
    let mut crowd = Crowd::gather(side, &room, WARM_UP.0).await?;
    for _ in 0..WARM_UP.1 {
        crowd.step().await?;
    }
    crowd.disperse(started).await?;
    let before = server.resident_at_rest().await?;
    let mut crowd = Crowd::gather(side, &room, polls).await?;
    let parked = server.resident_at_rest().await?;
    // That it arrives everywhere shows that all were parked.
    crowd.step().await?;
    let again = server.resident_at_rest().await?;
    crowd.disperse(started).await?;
    ledger.add(side.name, BEFORE, before);
    ledger.add(side.name, PARKED, (parked - before) / f64::from(polls));
    ledger.add(side.name, AGAIN, (again - before) / f64::from(polls));
    Ok(())
}
