//! How many posts a second the server acknowledges, each of them durable, and what one costs.
//!
//! Every writer is a participant of its own on its own connection and posts again as soon as it is answered.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Outcome;
use crate::gavel::Site;
use crate::http::Connection;

pub struct Round {
    pub cpu: Duration,
    pub latencies: Vec<Duration>,
    pub elapsed: Duration,
}

/// The writers of one event; each is the request that posts as them.
pub async fn writers(site: &Site, count: u16) -> Outcome<Vec<Vec<u8>>> {
    let event = site.open_event("Posts").await?;
    let mut requests = Vec::with_capacity(count.into());
    for number in 1..=count {
        requests.push(site.join(&event, &format!("writer{number}")).await?);
    }
    Ok(requests)
}

pub async fn round(site: &Site, requests: &[Vec<u8>], length: Duration) -> Outcome<Round> {
    let connections = Connection::open_many(site.server.address, u16::try_from(requests.len())?).await?;
    let before = site.server.used().await?;
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for (mut connection, request) in connections.into_iter().zip(requests.iter().cloned()) {
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            while started.elapsed() < length {
                let sent = Instant::now();
                let answer = connection.exchange(&request).await?;
                latencies.push(sent.elapsed());
                // 200 would be an old row again: nothing was written.
                if answer.success()?.is_empty() || answer.status != 201 {
                    return Err(format!("a post was answered {} instead of 201", answer.status).into());
                }
            }
            Outcome::Ok(latencies)
        });
    }
    let mut latencies = Vec::new();
    while let Some(finished) = tasks.join_next().await {
        latencies.append(&mut finished??);
    }
    let elapsed = started.elapsed();
    let cpu = site.server.used().await?.since(&before)? / u32::try_from(latencies.len())?.max(1);
    Ok(Round { cpu, latencies, elapsed })
}
