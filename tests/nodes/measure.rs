//! What it costs to be several: figures for the campaign's table, on which nothing is asserted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep_until};

use super::hosts::Nodes;
use crate::histories::http::{Reply, request};
use crate::histories::site::{Person, Site};
use crate::histories::stage::Polled;
use crate::histories::support::postgres::shared;

const PER_SECOND: u32 = 100;
const POSTERS: u32 = 20;
const WRITERS: usize = 64;
const ROOMS: usize = 4;

/// Measures both for so long, and prints a line for each.
pub async fn print(lasts: Duration) {
    let nodes = Nodes::start(&shared(), 2);
    let sites = [Arc::new(nodes.only(0)), Arc::new(nodes.only(1))];
    println!("\nTwo nodes on one PostgreSQL with fsync on, {} s each:\n", lasts.as_secs());
    let (p50, p99, count) = across(&sites, lasts).await;
    println!("- From a post on node A to a poll on node B, {PER_SECOND} messages/s: p50 {p50:.1} ms, p99 {p99:.1} ms of {count}.");
    println!("- {WRITERS} writers over {ROOMS} rooms and both nodes: {:.0} acknowledged posts/s.", rate(&sites, lasts).await);
}

fn saying(event: &str, who: &Person, nonce: &str) -> Vec<u8> {
    let body = json!({"text": "a message of a usual length, as people write them", "nonce": nonce});
    request("POST", &format!("/api/v1/events/{event}/messages"), &who.token, "", Some(&body))
}

fn is_written(reply: &Reply) -> bool {
    reply.status() == 201
}

/// Milliseconds from sending a post to one node until a poll of the other has its row: p50 and p99 of how many.
async fn across(sites: &[Arc<Site>; 2], lasts: Duration) -> (f64, f64, usize) {
    let event = sites[0].open_event(Duration::from_hours(1)).await;
    let mut posters = JoinSet::new();
    let beat = Duration::from_secs(1) / PER_SECOND;
    let (began, each) = (Instant::now() + Duration::from_secs(1), beat * POSTERS);
    let end = began + lasts;
    for n in 0..POSTERS {
        let (site, event) = (Arc::clone(&sites[0]), event.clone());
        let who = site.join(&event, &format!("poster-{n}")).await;
        posters.spawn(async move {
            let (mut line, mut sent) = (site.line(), Vec::new());
            sleep_until((began + beat * n).into()).await;
            let mut ticks = interval(each);
            for k in 0.. {
                let at = ticks.tick().await;
                if at.into_std() >= end {
                    break;
                }
                let nonce = format!("{n}-{k}");
                let reply = line.exchange(&saying(&event, &who, &nonce)).await.unwrap();
                assert!(is_written(&reply), "{}", reply.status());
                // From when it was due: a post that waits behind a slow one counts its wait.
                sent.push((nonce, at.into_std()));
            }
            sent
        });
    }
    let reader = tokio::spawn(follow(Arc::clone(&sites[1]), event.clone()));
    let sent: HashMap<String, Instant> = posters.join_all().await.into_iter().flatten().collect();
    sites[0].close(&event).await;
    let came = reader.await.unwrap();
    let mut delays: Vec<f64> = sent.iter().map(|(nonce, sent)| (came[nonce] - *sent).as_secs_f64() * 1e3).collect();
    delays.sort_by(f64::total_cmp);
    let at = |percent: usize| delays[(delays.len() - 1) * percent / 100];
    (at(50), at(99), delays.len())
}

/// When each row came, until the event is closed.
async fn follow(site: Arc<Site>, event: String) -> HashMap<String, Instant> {
    let (mut line, mut came, mut after) = (site.line(), HashMap::new(), 0);
    loop {
        let path = format!("/api/v1/events/{event}/messages?after={after}&wait=25");
        let reply = line.exchange(&request("GET", &path, "", "", None)).await.unwrap();
        let now = Instant::now();
        let answer: Polled = serde_json::from_slice(&reply.body).unwrap();
        let closed = answer.messages.iter().any(|row| row.kind == "closed");
        came.extend(answer.messages.into_iter().filter_map(|row| Some((row.nonce?, now))));
        after = answer.cursor;
        if closed {
            return came;
        }
    }
}

/// How many posts a second are acknowledged to writers who post again as soon as they have their answer.
async fn rate(sites: &[Arc<Site>; 2], lasts: Duration) -> f64 {
    let mut rooms = Vec::new();
    for _ in 0..ROOMS {
        rooms.push(sites[0].open_event(Duration::from_hours(1)).await);
    }
    let mut people = Vec::new();
    for n in 0..WRITERS {
        people.push(sites[0].join(&rooms[n % ROOMS], &format!("writer-{n}")).await);
    }
    let began = Instant::now();
    let mut writers = JoinSet::new();
    for (n, who) in people.into_iter().enumerate() {
        // Both nodes write to each room.
        let (site, event) = (Arc::clone(&sites[n / ROOMS % 2]), rooms[n % ROOMS].clone());
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
    let count: u32 = writers.join_all().await.into_iter().sum();
    f64::from(count) / began.elapsed().as_secs_f64()
}
