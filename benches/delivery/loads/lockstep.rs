//! Lockstep load: all polls of a room are parked, one message wakes them, and the next goes out when all have it.
//!
//! A batch of messages for one wake-up would flatter the server, and lockstep keeps that from happening.

use crate::Outcome;
use crate::client::crowd::Crowd;
use crate::figures::ledger::Ledger;
use crate::figures::meter::Meter;
use crate::servers::side::{Room, Side};

#[derive(Clone, Copy)]
pub struct Load {
    pub polls: u16,
    pub messages: u32,
    pub warm_up: u32,
}

/// CPU counts the post and the parking again.
pub async fn round(side: &Side, room: &Room, load: Load, ledger: &mut Ledger) -> Outcome<()> {
    let mut crowd = Crowd::gather(side, std::slice::from_ref(room), load.polls).await?;
    for _ in 0..load.warm_up {
        crowd.step().await?;
    }
    let meter = Meter::start(side.server()).await?;
    let started = meter.started;
    for _ in 0..load.messages {
        crowd.step().await?;
    }
    let sum = meter.stop(side.server()).await?;
    sum.note(ledger, side.name, crowd.disperse(started).await?);
    Ok(())
}
