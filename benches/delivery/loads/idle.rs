//! The CPU of a server whose polls are all parked, while nothing is said in any room.
//!
//! Polls that a server ends by itself ask again, and those that it pings answer: that is part of what idling costs.

use std::time::Duration;

use crate::Outcome;
use crate::client::crowd::Crowd;
use crate::figures::ledger::Ledger;
use crate::figures::meter::Meter;
use crate::servers::side::{Room, Side};

pub const A_MINUTE: &str = "CPU ms a minute";

pub async fn round(side: &Side, rooms: &[Room], polls_each: u16, length: Duration, ledger: &mut Ledger) -> Outcome<()> {
    let mut crowd = Crowd::gather(side, rooms, polls_each).await?;
    // A message that arrives everywhere shows that all polls are there, and lets rooms settle after it.
    crowd.step().await?;
    side.server().resident_at_rest().await?;
    let meter = Meter::start(side.server()).await?;
    let started = meter.started;
    tokio::time::sleep(length).await;
    let sum = meter.stop(side.server()).await?;
    ledger.add(side.name, A_MINUTE, sum.a_minute().as_secs_f64() * 1e3);
    sum.note_threads(ledger, side.name);
    // One more message ends them, which shows that none was lost.
    crowd.disperse(started).await?;
    Ok(())
}
