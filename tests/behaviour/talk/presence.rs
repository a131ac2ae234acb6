//! Who is here. That somebody is silent for 30 s is told to the store by the tests themselves.

use gavel::domain::schedule::event::EventId;
use gavel::domain::talk::participant::ParticipantId;
use gavel::store::talk::participant_action::ParticipantAction;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::desk::{Desk, kinds_of, say};
use crate::support::{Door, Someone, TestApp, kinds};

/// Writes `left` for somebody, as the keeper does after 30 s of silence.
pub async fn time_out(app: &TestApp, event: &str, who: &Someone) {
    let store = app.store().await;
    let (event, who) = (EventId::parse(event).unwrap(), ParticipantId::parse(&who.id).unwrap());
    store.write(vec![ParticipantAction::TimeOut { event, who }]).await.unwrap();
    store.close().await;
}

async fn present(app: &TestApp, event: &str) -> Vec<(String, bool)> {
    let people = app.get(&format!("/events/{event}/participants")).await.expect(200);
    let one = |it: &Value| (it["nick"].as_str().unwrap().to_owned(), it["present"] == true);
    people["participants"].as_array().unwrap().iter().map(one).collect()
}

async fn who_timed_out_left_and_their_next_poll_announces_them_again(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    time_out(&app, &event, &ada).await;
    app.say(&event, &bob, "where is ada?").await;
    assert_eq!(present(&app, &event).await, [("bob".to_owned(), true), ("ada".to_owned(), false)]);
    // The token lives, and the nickname is still hers.
    app.try_join(&event, "ada", None).await.problem(409, "nick-taken");
    let cursor = app.log(&event).await.last().unwrap()["ts"].clone();
    let back = app.try_poll(&event, &format!("after={cursor}&wait=50"), Some(&ada)).await.expect(200);
    assert_eq!((kinds(back["messages"].as_array().unwrap()), &back["messages"][0]["from"]), (vec!["joined"], &json!(ada.id)));
    assert_eq!(present(&app, &event).await, [("ada".to_owned(), true), ("bob".to_owned(), true)]);
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "joined", "left", "said", "joined"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_message_of_who_timed_out_comes_after_their_joining_again() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    time_out(&app, &event, &ada).await;
    let row = app.try_say(&event, &ada, "I am back", Some("n-1")).await.expect(201);
    assert_eq!(app.try_say(&event, &ada, "I am back", Some("n-1")).await.expect(200), row);
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "left", "joined", "said"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_timed_out_and_leaves_is_not_announced_twice() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    time_out(&app, &event, &ada).await;
    app.call(Method::DELETE, &format!("/events/{event}/participants/me"), Some(&ada.token), None).await.expect(204);
    app.join(&event, "ada").await;
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "left", "joined"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_throws_nobody_out_and_announces_nobody() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let before = app.log(&event).await;
    let app = app.restart().await;
    assert_eq!(present(&app, &event).await, [("ada".to_owned(), true), ("bob".to_owned(), true)]);
    // A look of the keeper passes, and both poll on with the cursors that they had.
    for who in [&ada, &bob] {
        let answer = app.try_poll(&event, &format!("after={}&wait=2", bob.cursor), Some(who)).await.expect(200);
        assert_eq!(answer["messages"], json!([]));
    }
    assert_eq!(app.log(&event).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_present_in_an_event_that_is_not_open() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    app.join(&event, "ada").await;
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    assert_eq!(present(&app, &event).await, [("ada".to_owned(), false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn timing_out_and_coming_back_count_once_each() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let ada = desk.join(&event, "ada").await;
    let out = ParticipantAction::TimeOut { event: event.clone(), who: ada.clone() };
    let back = ParticipantAction::Return { event: event.clone(), who: ada.clone() };
    let batch = vec![back.clone(), out.clone(), out, back.clone(), back, say(&event, &ada, "hello", None)];
    desk.store.write(batch).await.unwrap();
    assert_eq!(kinds_of(&desk.rows(&event).await), ["opened", "joined", "left", "joined", "said"]);
}

at_both_doors!(who_timed_out_left_and_their_next_poll_announces_them_again,);
