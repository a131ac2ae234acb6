//! What nodes get done when everybody writes as fast as they are answered.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::super::hosts::Nodes;
use super::{ROOMS, WRITERS, is_written, saying};
use crate::histories::http::request;
use crate::histories::site::Site;
use crate::histories::stage::Polled;

/// A tick of the processor's account of a process on Linux: `USER_HZ`, the same on every architecture that matters.
const TICK: Duration = Duration::from_millis(10);

/// What came of it.
pub struct Load {
    /// Acknowledged posts a second.
    pub posts: f64,
    /// Messages at polls a second.
    pub deliveries: f64,
    /// Processor time of all nodes for one delivery, posts included; of no meaning without polls.
    pub cpu: Duration,
}

/// Writers who post again as soon as they have their answer, on all nodes to each room, and so many polls in each.
pub async fn load(nodes: &Nodes, readers: usize, lasts: Duration) -> Load {
    let count = nodes.count();
    let sites: Vec<Arc<Site>> = (0..count).map(|n| Arc::new(nodes.only(n))).collect();
    let mut rooms = Vec::new();
    for _ in 0..ROOMS {
        rooms.push(sites[0].open_event(Duration::from_hours(1)).await);
    }
    let mut people = Vec::new();
    for n in 0..WRITERS {
        people.push(sites[0].join(&rooms[n % ROOMS], &format!("writer-{n}")).await);
    }
    let mut reading = JoinSet::new();
    for n in 0..readers * ROOMS {
        reading.spawn(follow(Arc::clone(&sites[n / ROOMS % count]), rooms[n % ROOMS].clone()));
    }
    let (used, began) = (cpu(nodes), Instant::now());
    let mut writers = JoinSet::new();
    for (n, who) in people.into_iter().enumerate() {
        let (site, event) = (Arc::clone(&sites[n / ROOMS % count]), rooms[n % ROOMS].clone());
        writers.spawn(async move {
            let (mut line, mut count) = (site.line(), 0_u32);
            while began.elapsed() < lasts {
                let reply = line.exchange(&saying(&event, &who, &count.to_string())).await.unwrap();
                assert!(is_written(&reply), "{}", reply.status());
                count += 1;
            }
            count
        });
    }
    let posts: u32 = writers.join_all().await.into_iter().sum();
    let took = began.elapsed().as_secs_f64();
    for room in &rooms {
        sites[0].close(room).await;
    }
    let delivered: u32 = reading.join_all().await.into_iter().sum();
    let used = cpu(nodes).saturating_sub(used);
    // What came between the last post and the close is read as well: over the whole time.
    let deliveries = f64::from(delivered) / began.elapsed().as_secs_f64();
    Load { posts: f64::from(posts) / took, deliveries, cpu: used / delivered.max(1) }
}

/// How many rows that people wrote came, until the event is closed.
async fn follow(site: Arc<Site>, event: String) -> u32 {
    let (mut line, mut count, mut after) = (site.line(), 0, 0);
    loop {
        let path = format!("/api/v1/events/{event}/messages?after={after}&wait=25&limit=500");
        let reply = line.exchange(&request("GET", &path, "", "", None)).await.unwrap();
        let answer: Polled = serde_json::from_slice(&reply.body).unwrap();
        for row in &answer.messages {
            count += u32::from(row.nonce.is_some());
        }
        if answer.messages.iter().any(|row| row.kind == "closed") {
            return count;
        }
        after = answer.cursor;
    }
}

/// Processor time that all nodes have used so far.
fn cpu(nodes: &Nodes) -> Duration {
    let ticks = nodes.processes().map(|id| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        // The name of the program may hold spaces and brackets, so count from behind it.
        let (_, rest) = stat.rsplit_once(')').unwrap();
        rest.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u32>().unwrap()).sum::<u32>()
    });
    TICK * ticks.sum::<u32>()
}
