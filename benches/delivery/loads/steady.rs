//! Steady load: messages go out evenly spread in time, whether the polls keep up or not.
//!
//! Here a server may answer with several messages at once. Each message that reached a poll still counts as one.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Outcome;
use crate::client::crowd::Crowd;
use crate::figures::ledger::Ledger;
use crate::figures::meter::Meter;
use crate::servers::side::{Room, Side};

/// How long the same load runs before it counts.
pub const WARM_UP: u32 = 1;
/// Messages a second that were in fact posted: less than asked for if a server cannot follow.
pub const POSTED: &str = "messages/s";

#[derive(Clone, Copy)]
pub struct Load {
    pub polls_each: u16,
    /// Messages a second, in all rooms together.
    pub per_second: u32,
    pub seconds: u32,
}

pub async fn round(side: &Side, rooms: &[Room], load: Load, ledger: &mut Ledger) -> Outcome<()> {
    let mut crowd = Crowd::gather(side, rooms, load.polls_each).await?;
    post(&mut crowd, load.per_second, WARM_UP).await?;
    crowd.all_received().await?;
    let meter = Meter::start(side.server()).await?;
    let started = meter.started;
    post(&mut crowd, load.per_second, load.seconds).await?;
    ledger.add(side.name, POSTED, f64::from(load.per_second * load.seconds) / started.elapsed().as_secs_f64());
    crowd.all_received().await?;
    let sum = meter.stop(side.server()).await?;
    sum.note(ledger, side.name, crowd.disperse(started).await?);
    Ok(())
}

/// The writers take turns; one whose last post is still on its way is late with the next.
pub async fn post(crowd: &mut Crowd, per_second: u32, seconds: u32) -> Outcome<()> {
    let messages = per_second * seconds;
    let writers = std::mem::take(&mut crowd.writers);
    let turns = writers.len();
    let start = tokio::time::Instant::now();
    let mut tasks = JoinSet::new();
    for (turn, (room, mut writer)) in writers.into_iter().enumerate() {
        tasks.spawn(async move {
            let mut sent = Vec::new();
            for number in (0..messages).skip(turn).step_by(turns) {
                tokio::time::sleep_until(start + Duration::from_secs(1) * number / per_second).await;
                let at = Instant::now();
                sent.push((writer.say().await?, at));
            }
            Outcome::Ok((room, writer, sent))
        });
    }
    while let Some(ended) = tasks.join_next().await {
        let (room, writer, mut sent) = ended??;
        crowd.sent[room].append(&mut sent);
        crowd.writers.push((room, writer));
    }
    Ok(())
}
