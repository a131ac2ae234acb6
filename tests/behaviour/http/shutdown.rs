//! Stopping in good order: parked polls answer at once, accepted posts are finished.

use gavel::domain::schedule::event::EventId;
use gavel::domain::time::Timestamp;
use serde_json::{Value, json};

use crate::support::{Door, TestApp};

async fn parked_polls_are_answered_at_once_when_the_server_stops(door: Door) {
    let mut app = TestApp::start_at(door).await;
    let (event, lobby) = (app.open_event().await, app.event(3_600, 7_200).await);
    let ada = app.join(&event, "ada").await;
    let query = format!("after={}&wait=50", ada.cursor);
    let mut parked = vec![app.park(&lobby, "after=0&wait=50", None)];
    for _ in 0..10 {
        parked.push(app.park(&event, &query, Some(&ada)));
        parked.push(app.park(&event, &query, None));
    }
    app.parked(&lobby, 1).await;
    app.parked(&event, 20).await;
    app.stop().await;
    for poll in parked {
        // The server does not wait as long as they do: a poll that it does not answer is cut off.
        let answer = poll.await.unwrap().0.expect(200);
        assert_eq!((&answer["messages"], &answer["replaced"], &answer["reset"]), (&json!([]), &json!(false), &json!(false)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_that_were_accepted_are_finished_and_acknowledged_ones_are_on_disk() {
    let mut app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let (url, token, client) = (app.api(&format!("/events/{event}/messages")), ada.token.clone(), app.client.clone());
    let (first, begun) = tokio::sync::oneshot::channel();
    let posting = tokio::spawn(async move {
        let (mut acknowledged, mut first) = (Vec::new(), Some(first));
        loop {
            let posts = (0..10).map(|_| client.post(&url).bearer_auth(&token).json(&json!({"text": "hello"})).send());
            for reply in rocket::futures::future::join_all(posts).await {
                // Once the server is gone connections are refused, which ends this.
                let Ok(reply) = reply else { return acknowledged };
                match reply.status().as_u16() {
                    201 => acknowledged.push(reply.json::<Value>().await.unwrap()["ts"].as_i64().unwrap()),
                    503 => {}
                    other => panic!("{other}"),
                }
            }
            if let Some(first) = first.take() {
                first.send(()).unwrap();
            }
        }
    });
    begun.await.unwrap();
    app.stop().await;
    let acknowledged = posting.await.unwrap();
    assert!(acknowledged.len() >= 10);
    let store = app.store().await;
    let rows = store.rows_after(&EventId::parse(&event).unwrap(), Timestamp::ZERO, 100_000).await.unwrap();
    let times: Vec<i64> = rows.iter().map(|row| row.ts.micros()).collect();
    assert!(acknowledged.iter().all(|ts| times.contains(ts)), "an acknowledged row is missing");
}

async fn a_poll_goes_on_with_its_cursor_at_the_next_start(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let row = app.say(&event, &ada, "before").await;
    let app = app.restart().await;
    let parked = app.park(&event, &format!("after={}&wait=50", row["ts"]), Some(&ada));
    let next = app.say(&event, &ada, "after").await;
    assert_eq!(parked.await.unwrap().0.expect(200)["messages"], json!([next]));
}

at_both_doors!(parked_polls_are_answered_at_once_when_the_server_stops, a_poll_goes_on_with_its_cursor_at_the_next_start,);
