//! Posts as fast as they are acknowledged: each writer posts again as soon as it is answered.
//!
//! Against Gavel every writer is a participant and every post durable; against the plain reference nothing is stored.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Outcome;
use crate::client::http::Connection;
use crate::figures::ledger::Ledger;
use crate::figures::meter::Meter;
use crate::servers::process::Server;

/// Each of the requests belongs to a writer of its own.
pub async fn round(name: &'static str, server: &Server, requests: &[Vec<u8>], length: Duration, ledger: &mut Ledger) -> Outcome<()> {
    let connections = Connection::open_many(server.address, u16::try_from(requests.len())?).await?;
    let meter = Meter::start(server).await?;
    let started = meter.started;
    let latencies = post(connections, requests, move |_| started.elapsed() < length).await?;
    let sum = meter.stop(server).await?;
    sum.note(ledger, name, latencies);
    Ok(())
}

/// Has each writer post this many messages.
pub async fn fill(server: &Server, requests: &[Vec<u8>], each: usize) -> Outcome<()> {
    let connections = Connection::open_many(server.address, u16::try_from(requests.len())?).await?;
    post(connections, requests, move |posted| posted < each).await?;
    Ok(())
}

async fn post(
    connections: Vec<Connection>,
    requests: &[Vec<u8>],
    goes_on: impl Fn(usize) -> bool + Copy + Send + 'static,
) -> Outcome<Vec<Duration>> {
    let mut tasks = JoinSet::new();
    for (mut connection, request) in connections.into_iter().zip(requests.iter().cloned()) {
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            while goes_on(latencies.len()) {
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
    while let Some(ended) = tasks.join_next().await {
        latencies.append(&mut ended??);
    }
    Ok(latencies)
}
