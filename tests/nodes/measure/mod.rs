//! What it costs to be several: figures for the campaign's table, on which nothing is asserted.

mod across;
mod commits;
mod load;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::hosts::Nodes;
use crate::histories::http::{Reply, request};
use crate::histories::site::Person;
use crate::histories::support::postgres::shared;
use load::Load;

/// Rooms that are written to at the same time, from all nodes.
const ROOMS: usize = 4;
const WRITERS: usize = 64;
/// Polls in each room where deliveries are counted.
const READERS: usize = 50;

/// Measures everything for so long each, and prints a line for each figure.
pub async fn print(lasts: Duration) {
    println!("\nOn one PostgreSQL with fsync on, {} s each:\n", lasts.as_secs());
    {
        let nodes = Nodes::start(&shared(), 2);
        let (p50, p99, count) = across::across(&[Arc::new(nodes.only(0)), Arc::new(nodes.only(1))], lasts).await;
        let rate = across::PER_SECOND;
        println!("- From a post on node A to a poll on node B, {rate} messages/s: p50 {p50:.1} ms, p99 {p99:.1} ms of {count}.");
    }
    for count in [1, 2, 4] {
        let nodes = Nodes::start(&shared(), count);
        let Load { posts, .. } = load::load(&nodes, 0, lasts).await;
        println!("- {WRITERS} writers over {ROOMS} rooms, nodes: {count}: {posts:.0} acknowledged posts/s.");
        let Load { posts, deliveries, cpu } = load::load(&nodes, READERS, lasts).await;
        println!(
            "- The same with {READERS} polls in each room: {posts:.0} posts/s, {deliveries:.0} deliveries/s; {:.1} µs of the nodes' CPU for one.",
            cpu.as_secs_f64() * 1e6
        );
    }
    for connections in [1, 8, 64] {
        let (silent, noticed) = (commits::rate(connections, false, lasts).await, commits::rate(connections, true, lasts).await);
        println!("- PostgreSQL alone, connections: {connections}: {silent:.0} commits/s, {noticed:.0} with a NOTIFY in each.");
    }
}

fn saying(event: &str, who: &Person, nonce: &str) -> Vec<u8> {
    let body = json!({"text": "a message of a usual length, as people write them", "nonce": nonce});
    request("POST", &format!("/api/v1/events/{event}/messages"), &who.token, "", Some(&body))
}

fn is_written(reply: &Reply) -> bool {
    reply.status() == 201
}
