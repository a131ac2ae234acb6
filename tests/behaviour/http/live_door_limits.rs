//! What the live door bounds: heads that never end, idle connections, those that do not read, and
//! how many there are. A door of the test's own, with times that a test can wait for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use gavel::domain::schedule::event::EventId;
use gavel::domain::talk::participant::ParticipantId;
use gavel::http::door::{Door, Settings, Times};
use gavel::store::talk::participant_action::ParticipantAction;
use tokio::time::timeout;

use crate::support::TestApp;
use crate::support::desk::say;
use crate::support::wire::{AT_MOST, Wire};

/// One more live door of this server.
fn door(app: &TestApp, connections: u32, times: Times) -> (Door, String) {
    let settings = Settings {
        address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
        connections,
        address_connections: connections,
        times,
        ip_header: None,
        public_url: None,
        secret_key: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".into(),
    };
    let door = Door::bind(settings).unwrap();
    door.open(&app.operations);
    let base = format!("http://{}", door.address());
    (door, base)
}

/// Waits until the door has so many connections.
async fn connections(door: &Door, n: usize) {
    let began = Instant::now();
    while door.connections() != n {
        assert!(began.elapsed() < AT_MOST, "{} connections, not {n}", door.connections());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_and_a_connection_that_says_nothing_are_closed() {
    let app = TestApp::start().await;
    let (door, base) = door(&app, 10, Times { head: SHORT, ..Times::default() });
    let (mut half, mut silent, mut idle) = (Wire::to(&base).await, Wire::to(&base).await, Wire::to(&base).await);
    half.send("GET /health HTTP/1.1\r\nHost: gavel\r\nX-Slow:").await;
    idle.get("/health", "").await;
    assert_eq!(idle.answer().await.unwrap().status, 200);
    for wire in [&mut half, &mut silent, &mut idle] {
        assert!(wire.ends().await);
    }
    connections(&door, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_poll_is_not_idle() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let cursor = app.join(&event, "ada").await.cursor;
    let (_door, base) = door(&app, 10, Times { head: SHORT, write: SHORT });
    let mut wire = Wire::to(&base).await;
    let began = Instant::now();
    wire.get(&format!("/api/v1/events/{event}/messages?after={cursor}&wait=1"), "").await;
    assert_eq!(wire.answer().await.unwrap().status, 200);
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_idle_from_the_end_of_its_last_answer_on() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let cursor = app.join(&event, "ada").await.cursor;
    let (_door, base) = door(&app, 10, Times { head: SHORT, ..Times::default() });
    let mut wire = Wire::to(&base).await;
    for wait in [1, 0] {
        let began = Instant::now();
        wire.get(&format!("/api/v1/events/{event}/messages?after={cursor}&wait={wait}"), "").await;
        assert_eq!(wire.answer().await.unwrap().status, 200);
        if wait == 0 {
            assert!(wire.ends().await);
            assert!(began.elapsed() >= SHORT, "{:?}", began.elapsed());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_not_idle() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let (_door, base) = door(&app, 10, Times { head: SHORT, ..Times::default() });
    let mut stream = Wire::to(&base).await;
    stream.get(&format!("/api/v1/events/{event}/stream?after={}", ada.cursor), "").await;
    assert!(stream.reads("event: ack").await);
    // Five times as long as an idle connection is kept.
    let mut poll = Wire::to(&base).await;
    poll.get(&format!("/api/v1/events/{event}/messages?after={}&wait=1", ada.cursor), "").await;
    assert_eq!(poll.answer().await.unwrap().status, 200);
    app.say(&event, &ada, "still there").await;
    assert!(stream.reads("still there").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_told_so_and_has_its_place_when_another_leaves() {
    let app = TestApp::start().await;
    let (door, base) = door(&app, 2, Times::default());
    let (mut one, mut two) = (Wire::to(&base).await, Wire::to(&base).await);
    for wire in [&mut one, &mut two] {
        wire.get("/health", "").await;
        assert_eq!(wire.answer().await.unwrap().status, 200);
    }
    let mut three = Wire::to(&base).await;
    let refused = three.answer().await.unwrap();
    assert_eq!(
        (refused.status, refused.header("retry-after"), refused.header("content-type")),
        (503, Some("5"), Some("application/problem+json"))
    );
    assert!(refused.body.contains("/problems/unavailable"), "{refused:?}");
    assert!(three.ends().await);
    drop(one);
    connections(&door, 1).await;
    let mut four = Wire::to(&base).await;
    four.get("/health", "").await;
    assert_eq!(four.answer().await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_nothing_is_dropped() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (id, ada) = (EventId::parse(&event).unwrap(), app.join(&event, "ada").await);
    let who = ParticipantId::parse(&ada.id).unwrap();
    let entries: Vec<ParticipantAction> = (0..400).map(|_| say(&id, &who, &"words ".repeat(600), None)).collect();
    app.store().await.write(entries).await.unwrap();
    // So that the room knows of them.
    app.say(&event, &ada, "hello").await;
    // Long enough that it is not what ends the connection.
    let (door, base) = door(&app, 10, Times { head: Duration::from_mins(10), write: SHORT });
    let mut deaf = Wire::to(&base).await;
    // Each answer has megabytes: more than the kernels of both sides keep.
    for _ in 0..8 {
        deaf.get(&format!("/api/v1/events/{event}/messages?after=0&wait=0&limit=500"), "").await;
    }
    connections(&door, 1).await;
    connections(&door, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_waits_for_answers_but_not_for_clients_that_stall() {
    let app = TestApp::start().await;
    // Long enough that it is not what ends the connection.
    let (door, base) = door(&app, 10, Times { head: Duration::from_mins(10), ..Times::default() });
    let mut half = Wire::to(&base).await;
    half.send("GET /health HTTP/1.1\r\nHost").await;
    connections(&door, 1).await;
    timeout(AT_MOST, door.finish(SHORT)).await.unwrap();
    assert_eq!(door.connections(), 0);
    assert!(half.ends().await);
}
