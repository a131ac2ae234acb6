//! Who is a chair, how one becomes it, and what that gives the right to.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::calendar::pages::{csrf, signed_in};
use crate::nodes::two_nodes::{two, until};
use crate::support::{Reply, Someone, TestApp, kinds, rows};

/// The token of the chair link of the event's meeting.
pub async fn key(app: &TestApp, event: &str) -> String {
    let slug = app.look(event).await["meeting"].as_str().unwrap().to_owned();
    let key = app.organize(Method::GET, &format!("/meetings/{slug}/chair"), None).await.expect(200);
    key["token"].as_str().unwrap().to_owned()
}

/// Joins with a token in the header.
pub async fn join_with(app: &TestApp, event: &str, nick: &str, token: &str) -> Reply {
    app.call(Method::POST, &format!("/events/{event}/participants"), Some(token), Some(json!({"nick": nick}))).await
}

/// Somebody who joined by the chair link.
pub async fn chair(app: &TestApp, event: &str, nick: &str) -> Someone {
    let made = join_with(app, event, nick, &key(app, event).await).await.expect(201);
    assert_eq!(made["chair"], true);
    Someone::of(&made)
}

/// The nicknames of those whom the list names as chairs.
async fn chairs(app: &TestApp, event: &str) -> Vec<String> {
    let people = app.get(&format!("/events/{event}/participants")).await.expect(200);
    let people = people["participants"].as_array().unwrap();
    people.iter().filter(|who| who["chair"] == true).map(|who| who["nick"].as_str().unwrap().to_owned()).collect()
}

/// Makes a chair of somebody, or takes that away.
async fn set(app: &TestApp, event: &str, who: &Someone, by: &str, on: bool) -> Reply {
    let method = if on { Method::PUT } else { Method::DELETE };
    app.call(method, &format!("/events/{event}/participants/{}/chair", who.id), Some(by), None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_by_the_chair_link_or_as_the_organizer_is_a_chair() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (bob, oscar) = (app.join(&event, "bob").await, app.organizer("oscar").await);
    let ada = chair(&app, &event, "ada").await;
    assert_eq!(join_with(&app, &event, "olga", &app.token).await.expect(201)["chair"], true);
    assert_eq!(join_with(&app, &event, "oscar", &oscar).await.expect(201)["chair"], false);
    assert_eq!(join_with(&app, &event, "carl", &bob.token).await.expect(201)["chair"], false);
    assert_eq!(chairs(&app, &event).await, ["ada", "olga"]);
    let log = app.log(&event).await;
    assert_eq!(kinds(&log), ["opened", "joined", "joined", "chair", "joined", "chair", "joined", "joined"]);
    assert_eq!((&log[3]["from"], &log[3]["nick"], &log[3]["text"]), (&json!(ada.id), &json!("ada"), &json!("ada is a chair now")));
    // Somebody else's participant stays one without the right.
    join_with(&app, &event, "dan", "gct_0123456789").await.problem(401, "bad-chair-key");
    join_with(&app, &event, "dan", "p_nobody").await.problem(401, "bad-token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_chair_link_leaves_the_old_one_dead_and_chairs_in_their_seats() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (old, slug) = (key(&app, &event).await, app.look(&event).await["meeting"].as_str().unwrap().to_owned());
    let ada = chair(&app, &event, "ada").await;
    let path = format!("/meetings/{slug}/chair");
    app.call(Method::POST, &path, Some(&app.organizer("oscar").await), None).await.problem(403, "not-yours");
    app.call(Method::GET, &path, Some(&old), None).await.problem(401, "not-signed-in");
    let new = app.organize(Method::POST, &path, None).await.expect(200)["token"].as_str().unwrap().to_owned();
    assert_eq!((&new, new.len()), (&key(&app, &event).await, old.len()));
    join_with(&app, &event, "bob", &old).await.problem(401, "bad-chair-key");
    app.call(Method::POST, &format!("/events/{event}/cancel"), Some(&old), None).await.problem(401, "bad-chair-key");
    assert_eq!(join_with(&app, &event, "bob", &new).await.expect(201)["chair"], true);
    assert_eq!(chairs(&app, &event).await, ["ada", "bob"]);
    app.call(Method::POST, &format!("/events/{event}/close"), Some(&ada.token), None).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_one_meeting_opens_no_other() {
    let app = TestApp::start().await;
    let (one, other) = (app.open_event().await, app.open_event().await);
    let key = key(&app, &one).await;
    app.call(Method::POST, &format!("/events/{other}/close"), Some(&key), None).await.problem(401, "bad-chair-key");
    let ada = chair(&app, &one, "ada").await;
    app.call(Method::POST, &format!("/events/{other}/close"), Some(&ada.token), None).await.problem(401, "bad-token");
    assert_eq!(app.look(&other).await["phase"], "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn chairs_make_chairs_and_everyone_hears_of_it_once() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (ada, bob) = (chair(&app, &event, "ada").await, app.join(&event, "bob").await);
    set(&app, &event, &bob, &bob.token, true).await.problem(403, "not-a-chair");
    let parked = app.park(&event, &format!("after={}&wait=50", bob.cursor), None);
    app.parked(&event, 1).await;
    set(&app, &event, &bob, &ada.token, true).await.expect(204);
    let told = parked.await.unwrap().0.expect(200);
    assert_eq!((kinds(rows(&told)), &told["messages"][0]["from"]), (vec!["chair"], &json!(bob.id)));
    // Said twice it is so already.
    set(&app, &event, &bob, &app.token, true).await.expect(204);
    set(&app, &event, &ada, &bob.token, false).await.expect(204);
    set(&app, &event, &bob, &ada.token, false).await.problem(403, "not-a-chair");
    assert_eq!(chairs(&app, &event).await, ["bob"]);
    let log = app.log(&event).await;
    assert_eq!(kinds(&log[3..]), ["joined", "chair", "unchair"]);
    assert_eq!(log[5]["text"], "ada is no chair any more");
    // It is for this event, while it is open, and while they are in it.
    app.call(Method::DELETE, &format!("/events/{event}/participants/me"), Some(&bob.token), None).await.expect(204);
    set(&app, &event, &bob, &app.token, false).await.problem(404, "not-found");
    app.call(Method::POST, &format!("/events/{event}/close"), Some(&bob.token), None).await.problem(401, "bad-token");
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    set(&app, &event, &ada, &app.token, true).await.problem(409, "event-closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chair_runs_the_event_with_the_participants_token_or_the_key() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (ada, bob) = (chair(&app, &event, "ada").await, app.join(&event, "bob").await);
    let act = async |verb: &str, token: &str| app.call(Method::POST, &format!("/events/{event}/{verb}"), Some(token), None).await;
    for verb in ["cancel", "close"] {
        act(verb, &bob.token).await.problem(403, "not-a-chair");
    }
    assert_eq!(act("cancel", &ada.token).await.expect(200)["phase"], "cancelled");
    assert_eq!(act("restore", &ada.token).await.expect(200)["phase"], "open");
    assert_eq!(act("cancel", &key(&app, &event).await).await.expect(200)["phase"], "cancelled");
    // What is the organizer's stays so.
    for (method, path, body) in [
        (Method::PATCH, format!("/events/{event}"), json!({"title": "Mine"})),
        (Method::DELETE, format!("/events/{event}/participants/{}", bob.id), Value::Null),
    ] {
        app.call(method, &path, Some(&ada.token), Some(body)).await.problem(401, "not-signed-in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_made_a_chair_on_one_node_is_one_on_the_other() {
    only_on_postgres!();
    let (one, other) = two().await;
    let event = one.open_event().await;
    let (ada, bob) = (chair(&one, &event, "ada").await, other.join(&event, "bob").await);
    until("both are known there", async || other.log(&event).await.len() == 4).await;
    assert_eq!(chairs(&other, &event).await, ["ada"]);
    let parked = other.park(&event, &format!("after={}&wait=50", bob.cursor), None);
    other.parked(&event, 1).await;
    set(&one, &event, &bob, &ada.token, true).await.expect(204);
    assert_eq!(kinds(rows(&parked.await.unwrap().0.expect(200))), ["chair"]);
    assert_eq!(chairs(&other, &event).await, ["ada", "bob"]);
    other.call(Method::POST, &format!("/events/{event}/close"), Some(&bob.token), None).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_without_script_makes_a_chair_and_takes_it_back_and_the_room_is_told() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (bob, url) = (app.join(&event, "bob").await, app.look(&event).await["url"].as_str().unwrap().to_owned());
    let (olga, guest) = (signed_in(&app).await, Client::builder().cookie_store(true).build().unwrap());
    let page = async |browser: &Client| browser.get(format!("{}{url}", app.base)).send().await.unwrap().text().await.unwrap();
    let press = async |browser: &Client, act: &str, who: &str| {
        let page = page(browser).await;
        let form = [("csrf", csrf(&page)), (act, who)];
        let answer = browser.post(format!("{}{url}/chair", app.base)).form(&form).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert!(!page(&guest).await.contains("aria-label=\"Chair: bob\""), "only who runs the event has the button");
    let shown = page(&olga).await;
    assert!(shown.contains(&format!("name=\"seat\" value=\"{}\" aria-pressed=\"false\" aria-label=\"Chair: bob\"", bob.id)), "{shown}");
    assert_eq!(press(&guest, "seat", &bob.id).await.0, 401);
    let (status, shown) = press(&olga, "seat", &bob.id).await;
    assert!(status == 200 && shown.contains("bob is a chair now."), "{shown}");
    assert!(shown.contains(&format!("name=\"unseat\" value=\"{}\" aria-pressed=\"true\"", bob.id)), "{shown}");
    assert_eq!(chairs(&app, &event).await, ["bob"]);
    assert!(press(&olga, "unseat", &bob.id).await.1.contains("bob is no chair any more."));
    assert_eq!(kinds(&app.log(&event).await)[2..], ["chair", "unchair"]);

    // What cannot be is told on the page.
    assert!(press(&olga, "seat", "p_nobody").await.1.contains("There is no such person"));
    app.call(Method::DELETE, &format!("/events/{event}/participants/me"), Some(&bob.token), None).await.expect(204);
    assert!(press(&olga, "seat", &bob.id).await.1.contains("There is no such person"));
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    assert!(press(&olga, "seat", &bob.id).await.1.contains("closed"));
    let stray = olga.post(format!("{}{url}/chair", app.base)).form(&[("csrf", "x"), ("seat", &bob.id)]).send().await.unwrap();
    assert_eq!(stray.status(), 403);
}
