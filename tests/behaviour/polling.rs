//! Polls: what comes, when, and what a cursor is worth.

use std::time::Duration;

use serde_json::json;

use crate::support::{TestApp, kinds, said};

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_returns_at_once_when_messages_are_waiting() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "hello").await;
    let (reply, took) = app.park(&event, "after=0&wait=50", None).await.unwrap();
    assert_eq!(kinds(reply.expect(200)["messages"].as_array().unwrap()), ["opened", "joined", "said"]);
    assert!(took < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_poll_is_answered_by_the_next_message() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let parked = app.park(&event, &format!("after={}&wait=50", ada.cursor), None);
    let row = app.say(&event, &ada, "hello").await;
    let (reply, _) = parked.await.unwrap();
    let answer = reply.expect(200);
    assert_eq!(answer["messages"], json!([row]));
    assert_eq!(answer["cursor"], row["ts"]);
    assert_eq!(said(answer["messages"].as_array().unwrap()), ["hello"]);
}
