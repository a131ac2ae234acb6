//! A node that is cut off for a moment does not hear what the other one did, and knows it all the same.

use std::time::Duration;

use gavel::domain::schedule::event::EventId;
use gavel::domain::time::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::two_nodes::{two, until};
use crate::support::desk::kinds_of;
use crate::support::postgres::Forward;
use crate::support::{HOUR, TestApp, rows, said};

/// A node, and another one whose connections to the database can be cut.
async fn one_and_one_that_is_cut() -> (TestApp, TestApp, Forward) {
    let one = TestApp::start().await;
    let database = one.data().database().unwrap();
    let forward = Forward::to(database.cluster.address());
    let url = database.url_at(forward.address());
    let other = one.beside_with(&[("databases.gavel.url", json!(url))]).await;
    (one, other, forward)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_whose_notice_is_lost_comes_a_moment_later() {
    only_on_postgres!();
    let (one, other, forward) = one_and_one_that_is_cut().await;
    let event = one.open_event().await;
    let ada = one.join(&event, "ada").await;
    let mut cursor = json!(ada.cursor);
    for text in ["does anybody hear me?", "and now?"] {
        let parked = other.park(&event, &format!("after={cursor}&wait=50"), None);
        other.parked(&event, 1).await;
        forward.cut();
        let row = one.say(&event, &ada, text).await;
        forward.mend();
        let (reply, took) = parked.await.unwrap();
        assert_eq!(rows(&reply.expect(200)), std::slice::from_ref(&row));
        assert!(took < Duration::from_secs(50), "the poll waited until its end");
        cursor = row["ts"].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_row_tells_is_known_though_its_notice_was_lost() {
    only_on_postgres!();
    let (one, other, forward) = one_and_one_that_is_cut().await;
    let (event, quiet) = (one.open_event().await, one.open_event().await);
    let ada = one.join(&event, "ada").await;
    let row = one.say(&event, &ada, "a secret").await;
    until("the other node has it", async || said(&other.log(&event).await) == ["a secret"]).await;
    other.poll(&quiet, "after=0&wait=0").await;
    forward.cut();
    one.organize(Method::DELETE, &format!("/events/{event}/messages/{}", row["ts"]), None).await.expect(204);
    let end = one.now() + 3 * HOUR;
    one.organize(Method::PATCH, &format!("/events/{quiet}"), Some(json!({"closes_at": end}))).await.expect(200);
    forward.mend();
    // Nobody waits in these rooms, so that nothing else has the node look at them.
    until("the text is gone", async || said(&other.log(&event).await) == [""]).await;
    until("the end has moved", async || other.poll(&quiet, "after=0&wait=0").await["event"]["closes_at"] == end).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_while_a_node_is_cut_off_is_out_there_too() {
    only_on_postgres!();
    let (one, other, forward) = one_and_one_that_is_cut().await;
    let event = one.open_event().await;
    let ada = one.join(&event, "ada").await;
    other.try_poll(&event, "after=0&wait=0", Some(&ada)).await.expect(200);
    forward.cut();
    one.organize(Method::DELETE, &format!("/events/{event}/participants/{}", ada.id), None).await.expect(204);
    forward.mend();
    until("the token is dead", async || other.try_poll(&event, "after=0&wait=0", Some(&ada)).await.status == 401).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_connections_are_cut_posts_get_through_again_and_nothing_is_lost() {
    only_on_postgres!();
    let (one, other) = two().await;
    let event = one.open_event().await;
    let ada = one.join(&event, "ada").await;
    for round in 0..3 {
        let cursor = other.poll(&event, "after=0&wait=0").await["cursor"].clone();
        let parked = other.park(&event, &format!("after={cursor}&wait=50"), None);
        other.parked(&event, 1).await;
        assert!(one.data().database().unwrap().terminate() > 4);
        let nonce = format!("n-{round}");
        until("the post is taken", async || {
            let reply = one.try_say(&event, &ada, &nonce, Some(&nonce)).await;
            assert!(reply.status != 503 || reply.headers.contains_key("retry-after"), "{reply:?}");
            reply.status != 503
        })
        .await;
        // It stays parked meanwhile.
        assert_eq!(said(rows(&parked.await.unwrap().0.expect(200))), [nonce.as_str()]);
    }
    until("both nodes have all of it", async || said(&other.log(&event).await) == ["n-0", "n-1", "n-2"]).await;
    let id = EventId::parse(&event).unwrap();
    let kept = one.store().await.rows_after(&id, Timestamp::ZERO, 100).await.unwrap();
    assert_eq!(kinds_of(&kept), ["opened", "joined", "said", "said", "said"]);
}
