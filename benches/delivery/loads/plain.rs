//! The load of plain `GET`s on the plain reference: as many connections as there are polls, each asking again as soon as it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::Outcome;
use crate::client::http::{self, Connection};
use crate::servers::process::Server;

/// Requests on every connection before the count begins.
const WARM_UP: u32 = 20;

/// Asks `requests` times over `connections` connections, and gives the CPU time of the server for one request.
pub async fn round(server: &Server, connections: u16, requests: u32) -> Outcome<Duration> {
    let opened = Connection::open_many(server.address, connections).await?;
    let opened = ask(opened, WARM_UP * u32::from(connections)).await?;
    let before = server.used().await?;
    let _opened = ask(opened, requests).await?;
    Ok(server.used().await?.since(&before)? / requests)
}

/// The connections share the number of requests, so that none goes on alone at the end.
async fn ask(connections: Vec<Connection>, requests: u32) -> Outcome<Vec<Connection>> {
    let request: Arc<[u8]> = http::get("/plain", "").into();
    let left = Arc::new(AtomicU32::new(requests));
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        let (request, left) = (Arc::clone(&request), Arc::clone(&left));
        tasks.spawn(async move {
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                let answer = connection.exchange(&request).await?;
                if answer.success()?.len() != 10 {
                    return Err("the plain server did not answer with ten bytes".into());
                }
            }
            Outcome::Ok(connection)
        });
    }
    let mut connections = Vec::with_capacity(tasks.len());
    while let Some(finished) = tasks.join_next().await {
        connections.push(finished??);
    }
    Ok(connections)
}
