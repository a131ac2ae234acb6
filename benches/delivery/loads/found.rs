//! How long a message takes to be found by search while many others are posted.
//!
//! Each probe is a message with a word that no other one has. From then on the search is asked for that word until it finds
//! the message. Probes are posted in rooms of their own, so that the proof of the other rooms stays as it is.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::steady::{self, Load};
use crate::Outcome;
use crate::client::crowd::Crowd;
use crate::client::http::Connection;
use crate::servers::side::{Room, Side};

/// Probes a second. More would measure the search under searches.
const RATE: u32 = 5;
/// The time between two searches for one message, and so the precision of the result.
const BETWEEN: Duration = Duration::from_millis(50);
/// A message that was not found by then ends the run with an error.
const PATIENCE: Duration = Duration::from_mins(1);

/// A message with a word of its own.
pub struct Probe {
    /// The request that posts it.
    pub post: Vec<u8>,
    /// The request that searches for its word.
    pub search: Vec<u8>,
}

/// Returns the time from posting to finding for each probe.
pub async fn round(side: &Side, rooms: &[Room], load: Load, probes: Vec<Probe>) -> Outcome<Vec<Duration>> {
    let mut crowd = Crowd::gather(side, rooms, load.polls_each).await?;
    steady::post(&mut crowd, load.per_second, steady::WARM_UP).await?;
    let started = Instant::now();
    let seconds = u32::try_from(probes.len())?.div_ceil(RATE);
    let address = side.server().address;
    let ((), latencies) = tokio::try_join!(steady::post(&mut crowd, load.per_second, seconds), find(address, probes))?;
    crowd.disperse(started).await?;
    Ok(latencies)
}

async fn find(address: SocketAddr, probes: Vec<Probe>) -> Outcome<Vec<Duration>> {
    let start = tokio::time::Instant::now();
    let mut tasks = JoinSet::new();
    for (turn, Probe { post, search }) in (0..).zip(probes) {
        tasks.spawn(async move {
            tokio::time::sleep_until(start + Duration::from_secs(1) * turn / RATE).await;
            let mut connection = Connection::open(address).await?;
            let posted = Instant::now();
            connection.exchange(&post).await?.success()?;
            while !is_found(&mut connection, &search).await? {
                if posted.elapsed() > PATIENCE {
                    return Err(format!("a message was not found within {} s", PATIENCE.as_secs()).into());
                }
                tokio::time::sleep(BETWEEN).await;
            }
            Outcome::Ok(posted.elapsed())
        });
    }
    let mut latencies = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        latencies.push(ended??);
    }
    Ok(latencies)
}

async fn is_found(connection: &mut Connection, search: &[u8]) -> Outcome<bool> {
    let page = connection.exchange(search).await?.json()?;
    match page["results"].as_array().map(Vec::len) {
        Some(0) => Ok(false),
        Some(1) => Ok(true),
        _ => Err(format!("a search for a unique word was answered {page}").into()),
    }
}
