//! How long a message takes from one node to another.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{interval, sleep_until};

use super::{is_written, saying};
use crate::histories::http::request;
use crate::histories::site::Site;
use crate::histories::stage::Polled;

/// Messages a second in the room that is measured.
pub const PER_SECOND: u32 = 100;
const POSTERS: u32 = 20;

/// Milliseconds from sending a post to one node until a poll of the other has its row: p50 and p99 of how many.
pub async fn across(sites: &[Arc<Site>; 2], lasts: Duration) -> (f64, f64, usize) {
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
