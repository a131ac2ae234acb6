//! SIGTERM: whoever waits is answered, what was accepted is finished, and the program ends well.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use reqwest::Method;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::http::{Api, Person, rows};
use crate::program::{AT_MOST, Home};

type Parked = JoinHandle<(u16, Value)>;

fn poll(api: &Api, event: &str, who: &Person) -> Parked {
    let path = format!("/events/{event}/messages?after={}&wait=50&tab=one", who.cursor);
    let request = api.request(Method::GET, &path, &who.token);
    tokio::spawn(async move { Api::send(request).await.unwrap() })
}

/// A poll that the server is certain to hold: another one of the same tab was ended for it.
async fn parked(api: &Api, event: &str, who: &Person) -> Parked {
    let (mut one, mut two) = (poll(api, event, who), poll(api, event, who));
    let (ended, held) = tokio::select! {
        ended = &mut one => (ended, two),
        ended = &mut two => (ended, one),
    };
    let (status, answer) = ended.unwrap();
    assert_eq!((status, &answer["replaced"]), (200, &Value::Bool(true)), "{answer}");
    held
}

/// Says one thing after the other until the server is gone; every row that was acknowledged.
async fn talk(api: Api, event: String, who: Person, n: usize, acknowledged: Arc<Semaphore>) -> Vec<Value> {
    let mut told = Vec::new();
    loop {
        let nonce = format!("{n}-{}", told.len());
        match Api::send(api.saying(&event, &who, &nonce, &nonce)).await {
            Ok((201, row)) => told.push(row),
            Ok((503, _)) | Err(_) => return told,
            Ok(other) => panic!("{other:?}"),
        }
        acknowledged.add_permits(1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_answers_who_waits_and_finishes_what_was_accepted() {
    let home = Home::new().unlimited();
    let server = home.serve();
    let token = home.organizer("olga");
    let api = Api::new(&server.base);
    let (quiet, busy) = (api.open_event(&token, "quiet").await, api.open_event(&token, "busy").await);

    let mut people = Vec::new();
    for n in 0..5 {
        people.push(api.join(&quiet, &format!("reader-{n}")).await);
    }
    let newest = people.iter().map(|who| who.cursor).max().unwrap();
    let mut polls = Vec::new();
    for who in &mut people {
        who.cursor = newest;
        polls.push(parked(&api, &quiet, who).await);
    }
    let (acknowledged, mut talkers) = (Arc::new(Semaphore::new(0)), JoinSet::new());
    for n in 0..8 {
        let who = api.join(&busy, &format!("talker-{n}")).await;
        talkers.spawn(talk(api.clone(), busy.clone(), who, n, Arc::clone(&acknowledged)));
    }
    timeout(AT_MOST, acknowledged.acquire_many(100)).await.unwrap().unwrap().forget();
    assert!(polls.iter().all(|poll| !poll.is_finished()));

    server.signal("TERM");
    for poll in polls {
        // The server does not wait as long as they do: a poll that it does not answer is cut off.
        let (status, answer) = timeout(AT_MOST, poll).await.unwrap().unwrap();
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["messages"], Value::Array(Vec::new()), "{answer}");
        assert_eq!((&answer["cursor"], &answer["replaced"]), (&newest.into(), &Value::Bool(false)), "{answer}");
    }
    let told: HashMap<String, Value> =
        talkers.join_all().await.into_iter().flatten().map(|row| (row["nonce"].as_str().unwrap().to_owned(), row)).collect();
    let (status, err) = server.end();
    assert_eq!(status.code(), Some(0), "{err}");
    assert_eq!(err, "", "a good end is not worth a word");

    let server = home.serve();
    let log = Api::new(&server.base).rows(&busy).await;
    let log: HashMap<String, Value> =
        log.into_iter().filter(|row| row["kind"] == "said").map(|row| (row["nonce"].as_str().unwrap().to_owned(), row)).collect();
    assert_eq!(log, told, "all that was acknowledged is there, and all that is there was acknowledged");
    server.stop();
}

#[tokio::test]
async fn clients_that_stall_do_not_keep_it_from_ending() {
    let home = Home::new();
    let server = home.serve();
    let token = home.organizer("olga");
    let api = Api::new(&server.base);
    let event = api.open_event(&token, "weekly").await;
    let ada = api.join(&event, "ada").await;
    let address = server.base.strip_prefix("http://").unwrap();
    let connect = || TcpStream::connect(address).unwrap();

    // Says nothing at all; stops in the middle of the head, and of the body; asks, but never reads.
    let silent = connect();
    let mut half_head = connect();
    half_head.write_all(b"GET /api/v1/time HTTP/1.1\r\nHost: a\r\n").unwrap();
    let mut half_body = connect();
    let head = format!(
        "POST /api/v1/events/{event}/messages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        ada.token
    );
    half_body.write_all(head.as_bytes()).unwrap();
    // With this answer the handler is known to wait for the body.
    let mut interim = [0; 25];
    half_body.set_read_timeout(Some(AT_MOST)).unwrap();
    half_body.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    half_body.write_all(b"{\"text\":").unwrap();
    let mut deaf = connect();
    deaf.write_all(format!("GET /api/v1/events/{event}/messages HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).unwrap();

    server.signal("TERM");
    let (status, err) = server.end();
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
    drop((silent, half_head, half_body, deaf));

    let server = home.serve();
    let log = rows(&Api::new(&server.base).get(&format!("/events/{event}/messages?wait=0")).await);
    assert!(log.iter().all(|row| row["kind"] != "said"), "half a message is none: {log:?}");
    server.stop();
}

#[test]
fn sigint_ends_it_as_well() {
    let home = Home::new();
    let server = home.serve();
    server.signal("INT");
    let (status, err) = server.end();
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
}
