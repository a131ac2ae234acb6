//! Server-sent events: the same rows after the same cursors as the poll gives.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Door, Events, HOUR, TestApp, kinds};

async fn a_stream_begins_with_an_ack_and_gives_the_rows_of_the_poll(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "one\ntwo").await;
    let mut events = app.stream(&event, "", None).await;
    let ack = events.next().await.unwrap();
    assert_eq!((ack.name.as_str(), ack.id.as_deref()), ("ack", None));
    assert_eq!((&ack.data["messages"], &ack.data["reset"], &ack.data["event"]["phase"]), (&json!([]), &json!(false), &json!("open")));
    let mut rows = events.rows(3).await;
    app.say(&event, &ada, "later").await;
    rows.extend(events.rows(1).await);
    assert_eq!(rows, app.log(&event).await);
}

async fn every_event_has_the_kind_and_the_timestamp_of_its_row(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    app.join(&event, "ada").await;
    let reply = app.response(&format!("/events/{event}/stream"), None, None).await;
    assert_eq!(reply.headers()["content-type"], "text/event-stream");
    assert_eq!(reply.headers()["cache-control"], "no-store");
    let mut events = Events::of(reply);
    events.next().await.unwrap();
    for _ in 0..2 {
        let it = events.next().await.unwrap();
        assert_eq!((it.name.as_str(), it.id), (it.data["kind"].as_str().unwrap(), Some(it.data["ts"].to_string())));
    }
}

async fn a_cursor_goes_from_poll_to_stream_and_back(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let mut seen = app.poll(&event, "after=0&wait=0").await["messages"].as_array().unwrap().clone();
    for n in 0..6 {
        app.say(&event, &ada, &format!("message {n}")).await;
        let cursor = seen.last().unwrap()["ts"].clone();
        if n % 2 == 0 {
            let mut events = app.stream(&event, &format!("after={cursor}"), Some(&ada)).await;
            events.next().await.unwrap();
            seen.extend(events.rows(1).await);
        } else {
            seen.extend(app.poll(&event, &format!("after={cursor}&wait=5")).await["messages"].as_array().unwrap().clone());
        }
    }
    assert_eq!(seen, app.log(&event).await);
}

async fn the_last_event_id_goes_before_the_query(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let row = app.say(&event, &ada, "hello").await;
    let reply = app.response(&format!("/events/{event}/stream?after=0"), Some(&ada.cursor.to_string()), None).await;
    let mut events = Events::of(reply);
    events.next().await.unwrap();
    assert_eq!(events.rows(1).await, [row]);
    for bad in ["x", "-1", "1.5", "9007199254740992"] {
        let reply = app.response(&format!("/events/{event}/stream"), Some(bad), None).await;
        assert_eq!(reply.status(), 400, "{bad}");
    }
    assert_eq!(app.response(&format!("/events/{event}/stream?after=-1"), None, None).await.status(), 400);
}

async fn a_stream_ends_behind_the_closed_row_and_there_is_none_after_it(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let mut events = app.stream(&event, &format!("after={}", ada.cursor), Some(&ada)).await;
    events.next().await.unwrap();
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    let closed = events.rows(1).await.remove(0);
    assert_eq!(closed["kind"], "closed");
    assert!(events.next().await.is_none());
    let after = closed["ts"].to_string();
    assert_eq!(app.response(&format!("/events/{event}/stream?after={after}"), None, None).await.status(), 204);
    // From the start it is all there still.
    let mut whole = app.stream(&event, "after=0", None).await;
    whole.next().await.unwrap();
    assert_eq!(kinds(&whole.rows(3).await), ["opened", "joined", "closed"]);
    assert!(whole.next().await.is_none());
}

async fn a_cursor_ahead_of_the_log_starts_anew_and_says_so_first(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let mut events = app.stream(&event, &format!("after={}", ada.cursor + HOUR), None).await;
    let ack = events.next().await.unwrap();
    assert_eq!((&ack.data["reset"], &ack.data["cursor"]), (&json!(true), &json!(0)));
    assert_eq!(kinds(&events.rows(2).await), ["opened", "joined"]);
}

async fn bad_tokens_and_unknown_events_have_no_stream_and_a_removed_persons_ends(door: Door) {
    let app = TestApp::start_at(door).await;
    let (event, other) = (app.open_event().await, app.open_event().await);
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&other, "bob").await);
    assert_eq!(app.response(&format!("/events/{event}/stream"), None, Some("nonsense")).await.status(), 401);
    assert_eq!(app.response(&format!("/events/{event}/stream"), None, Some(&bob.token)).await.status(), 401);
    assert_eq!(app.response("/events/e_aaaaaaaaaaaaaaaaaaaaaaaa/stream", None, None).await.status(), 404);
    let mut events = app.stream(&event, &format!("after={}", ada.cursor), Some(&ada)).await;
    events.next().await.unwrap();
    app.organize(Method::DELETE, &format!("/events/{event}/participants/{}", ada.id), None).await.expect(204);
    assert!(events.next().await.is_none());
}

async fn a_stream_ends_at_once_when_the_server_stops(door: Door) {
    let mut app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let mut events = app.stream(&event, "", None).await;
    assert_eq!(events.next().await.unwrap().name, "ack");
    assert_eq!(events.rows(1).await[0]["kind"], "opened");
    app.parked(&event, 1).await;
    app.stop().await;
    let end = tokio::time::timeout(Duration::from_secs(30), events.next()).await.unwrap();
    assert!(end.is_none());
}

async fn a_long_log_comes_whole(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    // More than a room keeps ready.
    for n in 0..600 {
        app.say(&event, &ada, &format!("{n} ἄλφα")).await;
    }
    let mut events = app.stream(&event, "after=0", None).await;
    events.next().await.unwrap();
    let rows: Vec<Value> = events.rows(602).await;
    assert_eq!(rows, app.log(&event).await);
}

async fn head_says_how_a_stream_would_begin(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let reply = app.call(Method::HEAD, &format!("/events/{event}/stream"), None, None).await;
    assert_eq!(reply.headers["content-type"], "text/event-stream");
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, ""));
    assert_eq!(app.call(Method::HEAD, &format!("/events/{event}/stream"), Some("wrong"), None).await.status, 401);
}

at_both_doors!(
    a_stream_begins_with_an_ack_and_gives_the_rows_of_the_poll,
    every_event_has_the_kind_and_the_timestamp_of_its_row,
    a_cursor_goes_from_poll_to_stream_and_back,
    the_last_event_id_goes_before_the_query,
    a_stream_ends_behind_the_closed_row_and_there_is_none_after_it,
    a_cursor_ahead_of_the_log_starts_anew_and_says_so_first,
    bad_tokens_and_unknown_events_have_no_stream_and_a_removed_persons_ends,
    a_stream_ends_at_once_when_the_server_stops,
    a_long_log_comes_whole,
    head_says_how_a_stream_would_begin,
);

#[tokio::test(flavor = "multi_thread")]
async fn at_the_live_door_a_stream_ends_when_its_client_leaves() {
    let app = TestApp::start_at(Door::Live).await;
    let event = app.open_event().await;
    let mut events = app.stream(&event, "", None).await;
    events.next().await.unwrap();
    events.rows(1).await;
    app.parked(&event, 1).await;
    drop(events);
    app.parked_at_most(&event, 0).await;
}
