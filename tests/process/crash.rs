//! `kill -9` in the middle of a busy meeting, more than once: nothing acknowledged is missing,
//! nothing is there twice, and pollers go on as if nothing had been.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::http::{Api, Person, rows};
use crate::program::{AT_MOST, Home};

const PEOPLE: usize = 12;
const EACH: usize = 40;
const KILLS: usize = 3;

/// The address of the server that runs now.
#[derive(Clone)]
struct Place {
    base: watch::Receiver<String>,
    client: Client,
}

impl Place {
    /// Sends until there is an answer, to whichever server runs; how often it took.
    async fn persist(&mut self, request: impl Fn(&Api) -> RequestBuilder) -> (u16, Value, usize) {
        let mut tries = 1;
        loop {
            let api = Api { base: self.base.borrow_and_update().clone(), client: self.client.clone() };
            match Api::send(request(&api)).await {
                Ok((status, body)) => return (status, body, tries),
                // Killed. The next server has another port.
                Err(_) => self.base.changed().await.unwrap(),
            }
            tries += 1;
        }
    }
}

/// How many were acknowledged, and word of each.
#[derive(Default)]
struct Acknowledged {
    count: AtomicUsize,
    more: Notify,
}

impl Acknowledged {
    async fn reaches(&self, count: usize) {
        loop {
            let more = self.more.notified();
            if self.count.load(Ordering::SeqCst) >= count {
                return;
            }
            more.await;
        }
    }
}

/// Says `EACH` lines one after the other, each as often as it takes. Gives nonce and row of each,
/// and how many were tried more than once.
async fn talk(mut place: Place, event: String, who: Person, n: usize, acknowledged: Arc<Acknowledged>) -> (Vec<(String, Value)>, usize) {
    let (mut told, mut again) = (Vec::new(), 0);
    for line in 0..EACH {
        let nonce = format!("{n}-{line}");
        let (status, row, tries) = place.persist(|api| api.saying(&event, &who, &format!("{line} of {n}"), &nonce)).await;
        assert!(status == 201 || (status == 200 && tries > 1), "{status} at try {tries}: {row}");
        again += usize::from(tries > 1);
        told.push((nonce, row));
        acknowledged.count.fetch_add(1, Ordering::SeqCst);
        acknowledged.more.notify_waiters();
    }
    (told, again)
}

/// Reads from the start until the event has closed.
async fn read(mut place: Place, event: String, limit: usize) -> Vec<Value> {
    let (mut seen, mut after) = (Vec::new(), 0_i64);
    loop {
        let path = format!("/events/{event}/messages?after={after}&wait=20&limit={limit}");
        let (status, answer, _) = place.persist(|api| api.request(Method::GET, &path, "")).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["reset"], false, "no row that was shown is gone: {answer}");
        for row in rows(&answer) {
            let ts = row["ts"].as_i64().unwrap();
            assert!(ts > after, "{row} after {after}");
            after = ts;
            seen.push(row);
        }
        assert_eq!(answer["cursor"], after);
        if seen.last().is_some_and(|row| row["kind"] == "closed") {
            return seen;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_kill_9() {
    let home = Home::new().unlimited();
    let mut server = home.serve();
    let token = home.organizer("olga");
    let api = Api::new(&server.base);
    let event = api.open_event(&token, "weekly").await;
    let (base, watched) = watch::channel(server.base.clone());
    let place = Place { base: watched, client: api.client.clone() };

    let acknowledged = Arc::new(Acknowledged::default());
    let (mut readers, mut talkers) = (JoinSet::new(), JoinSet::new());
    for limit in [1, 7, 500] {
        readers.spawn(read(place.clone(), event.clone(), limit));
    }
    for n in 0..PEOPLE {
        let who = api.join(&event, &format!("person-{n}")).await;
        talkers.spawn(talk(place.clone(), event.clone(), who, n, Arc::clone(&acknowledged)));
    }
    for kill in 1..=KILLS {
        timeout(AT_MOST, acknowledged.reaches(kill * PEOPLE * EACH / (KILLS + 1))).await.unwrap();
        server.kill();
        server = home.serve();
        base.send_replace(server.base.clone());
    }
    let told = timeout(AT_MOST, talkers.join_all()).await.unwrap();
    assert!(told.iter().map(|(_, again)| again).sum::<usize>() > 0, "nobody was in the middle of anything");
    let told: HashMap<String, Value> = told.into_iter().flat_map(|(told, _)| told).collect();
    assert_eq!(told.len(), PEOPLE * EACH);

    let mut api = Api::new(&server.base);
    let (status, _) = api.post(&format!("/events/{event}/close"), &token, &json!({})).await;
    assert_eq!(status, 200);
    let seen = timeout(AT_MOST, readers.join_all()).await.unwrap();

    // Once more, and nothing is different.
    server.kill();
    let server = home.serve();
    api.base.clone_from(&server.base);
    let log = api.rows(&event).await;
    for seen in seen {
        assert_eq!(seen, log);
    }
    let mut nonces = HashSet::new();
    let mut last = [None; PEOPLE];
    for row in log.iter().filter(|row| row["kind"] == "said") {
        let nonce = row["nonce"].as_str().unwrap();
        assert!(nonces.insert(nonce), "{nonce} is there twice");
        assert_eq!(told.get(nonce), Some(row), "the row is the one that was acknowledged");
        let (n, line): (usize, usize) = nonce.split_once('-').map(|(n, line)| (n.parse().unwrap(), line.parse().unwrap())).unwrap();
        assert!(last[n] < Some(line), "{n} said {line} after {:?}", last[n]);
        last[n] = Some(line);
    }
    assert_eq!(nonces.len(), told.len(), "all that was acknowledged is there");
    server.stop();
}
