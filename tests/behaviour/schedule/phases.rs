//! Opening, closing, extending, moving, cancelling, restoring; and the keeper, who does the first
//! two at their set times.

use std::time::Duration;

use gavel::domain::time::Timestamp;
use gavel::domain::zone::Zone;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{HOUR, MINUTE, Reply, TestApp, kinds};

const LONG: Duration = Duration::from_mins(1);

async fn act(app: &TestApp, event: &str, verb: &str) -> Reply {
    app.organize(Method::POST, &format!("/events/{event}/{verb}"), None).await
}

async fn patch(app: &TestApp, event: &str, body: Value) -> Reply {
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_room_opens_and_closes_at_its_set_times() {
    let app = TestApp::start().await;
    let event = app.event(3_600, 7_200).await;
    let times = app.look(&event).await;
    app.clock.step(HOUR + MINUTE);
    let (opened, _) = app.until(&event, "opened", LONG).await;
    assert_eq!((&opened["ts"], &opened["from"]), (&times["opens_at"], &Value::Null));
    app.clock.step(HOUR);
    let (closed, _) = app.until(&event, "closed", LONG).await;
    assert_eq!(closed["ts"], times["closes_at"]);
    assert_eq!(kinds(&app.log(&event).await), ["opened", "closed"]);
    let after = app.look(&event).await;
    assert_eq!((&after["phase"], &after["count"], &after["closes_at"]), (&json!("closed"), &json!(2), &times["closes_at"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_slept_through_opened_and_closed_at_its_set_times() {
    let app = TestApp::start().await;
    let event = app.event(3_600, 7_200).await;
    let times = app.look(&event).await;
    let app = app.restart().await;
    app.clock.step(24 * HOUR);
    app.until(&event, "closed", LONG).await;
    let log = app.log(&event).await;
    assert_eq!(kinds(&log), ["opened", "closed"]);
    assert_eq!([&log[0]["ts"], &log[1]["ts"]], [&times["opens_at"], &times["closes_at"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_back_neither_reopens_nor_unopens() {
    let app = TestApp::start().await;
    let (open, over) = (app.event(-60, 3_600).await, app.event(-60, 600).await);
    let (ada, bob) = (app.join(&open, "ada").await, app.join(&over, "bob").await);
    app.clock.step(10 * MINUTE);
    app.try_say(&over, &bob, "late", None).await.problem(410, "event-closed");
    app.clock.step(-5 * HOUR);
    assert_eq!(app.look(&over).await["phase"], "closed");
    app.try_say(&over, &bob, "again?", None).await.problem(410, "event-closed");
    assert_eq!(app.look(&open).await["phase"], "open");
    app.say(&open, &ada, "on we go").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_event_of_a_meeting_stays_current_when_the_clock_steps_back() {
    let app = TestApp::start().await;
    let event = app.event(-60, 3_600).await;
    app.join(&event, "ada").await;
    let slug = app.look(&event).await["meeting"].as_str().unwrap().to_owned();
    app.clock.step(-HOUR);
    let meeting = app.get(&format!("/meetings/{slug}")).await.expect(200);
    assert_eq!(meeting["current"]["id"], event.as_str());
    assert_ne!(meeting["next"]["id"], event.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_now_leaves_the_end_where_it_is() {
    let app = TestApp::start().await;
    let event = app.event(3_600, 7_200).await;
    let parked = app.park(&event, "after=0&wait=50", None);
    let before = app.look(&event).await;
    let opened = act(&app, &event, "open").await.expect(200);
    assert_eq!((&opened["phase"], &opened["closes_at"]), (&json!("open"), &before["closes_at"]));
    let answer = parked.await.unwrap().0.expect(200);
    assert_eq!((kinds(answer["messages"].as_array().unwrap()), &answer["messages"][0]["ts"]), (vec!["opened"], &opened["opens_at"]));
    app.join(&event, "ada").await;
    act(&app, &event, "open").await.problem(409, "event-open");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_ends_more_than_a_day_from_now_is_not_opened_now() {
    let app = TestApp::start().await;
    let event = app.event(86_400, 90_000).await;
    let refused = act(&app, &event, "open").await.problem(409, "too-early");
    let from = Timestamp::from_micros(app.look(&event).await["closes_at"].as_i64().unwrap()).plus_minutes(-24 * 60).in_full(Zone::utc());
    assert!(refused["detail"].as_str().unwrap().ends_with(&format!("this one from {from} on.")), "{refused} {from}");
    assert_eq!(app.look(&event).await["phase"], "scheduled");
    // From then on it is, and the pages offer just what the call would do.
    let (url, browser) = (app.look(&event).await["url"].as_str().unwrap().to_owned(), app.signed_in().await);
    let pages = async || {
        let meeting = url.rsplit_once('/').unwrap().0;
        let mut offers = Vec::new();
        for path in [&url, meeting, "/schedule"] {
            let page = browser.get(format!("{}{path}", app.base)).send().await.unwrap().text().await.unwrap().replace("&#x2f;", "/");
            let form = if path == url {
                format!("data-early><form method=\"post\" action=\"{url}/run/open\"")
            } else {
                format!("/schedule/events/{event}/open")
            };
            offers.push((page.contains(&form), page.contains(&format!(">{}<", from.strip_suffix(" UTC").unwrap()))));
        }
        offers
    };
    assert_eq!(pages().await, [(false, true); 3]);
    app.clock.step(HOUR);
    assert_eq!(pages().await, [(true, true), (true, false), (true, false)], "the event's own page has both, one of them hidden");
    act(&app, &event, "open").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_now_sets_the_end_to_the_closed_row() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let closed = act(&app, &event, "close").await.expect(200);
    let log = app.log(&event).await;
    assert_eq!(kinds(&log), ["opened", "joined", "closed"]);
    assert_eq!((&closed["phase"], &closed["closes_at"]), (&json!("closed"), &log[2]["ts"]));
    app.try_say(&event, &ada, "wait!", None).await.problem(410, "event-closed");
    for verb in ["open", "close", "cancel", "restore"] {
        act(&app, &event, verb).await.problem(409, "event-closed");
    }
    patch(&app, &event, json!({"closes_at": app.now() + HOUR})).await.problem(409, "event-closed");
    assert_eq!(app.log(&event).await, log);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_open_event_is_closed() {
    let app = TestApp::start().await;
    let event = app.event(3_600, 7_200).await;
    act(&app, &event, "close").await.problem(409, "event-not-open");
    act(&app, &event, "cancel").await.expect(200);
    act(&app, &event, "close").await.problem(409, "event-cancelled");
    act(&app, &event, "open").await.problem(409, "event-cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_open_event_moves_and_everyone_hears_of_it() {
    let app = TestApp::start().await;
    let event = app.event(-60, 600).await;
    let ada = app.join(&event, "ada").await;
    let parked = app.park(&event, &format!("after={}&wait=50", ada.cursor), None);
    let later = app.now() + HOUR;
    let moved = patch(&app, &event, json!({"closes_at": later})).await.expect(200);
    assert_eq!((&moved["closes_at"], &moved["phase"]), (&json!(later), &json!("open")));
    let answer = parked.await.unwrap().0.expect(200);
    assert_eq!((kinds(answer["messages"].as_array().unwrap()), &answer["event"]["closes_at"]), (vec!["rescheduled"], &json!(later)));
    app.clock.step(20 * MINUTE);
    app.say(&event, &ada, "still open").await;
    app.clock.step(HOUR);
    assert_eq!(app.until(&event, "closed", LONG).await.0["ts"], later);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_end_lies_ahead_and_a_start_is_frozen_once_open() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let before = app.look(&event).await;
    let behind = patch(&app, &event, json!({"closes_at": app.now() - 1_000_000})).await;
    assert_eq!(behind.status, 409, "{}", behind.text);
    patch(&app, &event, json!({"opens_at": app.now() - 2 * MINUTE})).await.problem(409, "event-open");
    patch(&app, &event, json!({"closes_at": app.now() + 25 * HOUR})).await.problem(422, "invalid");
    patch(&app, &event, json!({"closes_at": before["opens_at"]})).await.expect_any(&[409, 422]);
    assert_eq!(app.look(&event).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_ahead_is_moved_and_keeps_its_link() {
    let app = TestApp::start().await;
    let event = app.event(3_600, 7_200).await;
    let before = app.look(&event).await;
    let (opens, closes) = (app.now() + 50 * HOUR, app.now() + 51 * HOUR);
    let moved = patch(&app, &event, json!({"opens_at": opens, "closes_at": closes})).await.expect(200);
    assert_eq!((&moved["opens_at"], &moved["closes_at"]), (&json!(opens), &json!(closes)));
    assert_eq!((&moved["key"], &moved["url"], &moved["id"]), (&before["key"], &before["url"], &before["id"]));
    assert_eq!(kinds(&app.log(&event).await), ["rescheduled"]);
    // A start in the past opens it at once.
    let now = app.now();
    let open = patch(&app, &event, json!({"opens_at": now - MINUTE, "closes_at": now + HOUR})).await.expect(200);
    assert_eq!(open["phase"], "open");
    assert_eq!(kinds(&app.log(&event).await), ["rescheduled", "rescheduled", "opened"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_event_is_restored_as_long_as_it_never_closed() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    act(&app, &event, "restore").await.problem(409, "event-not-cancelled");
    let cancelled = act(&app, &event, "cancel").await.expect(200);
    let row = app.log(&event).await.pop().unwrap();
    assert_eq!((&cancelled["phase"], &cancelled["cancelled_at"]), (&json!("cancelled"), &row["ts"]));
    act(&app, &event, "cancel").await.problem(409, "event-cancelled");
    patch(&app, &event, json!({"closes_at": app.now() + 2 * HOUR})).await.problem(409, "event-cancelled");
    let restored = act(&app, &event, "restore").await.expect(200);
    assert_eq!((&restored["phase"], &restored["cancelled_at"]), (&json!("open"), &Value::Null));
    app.say(&event, &ada, "back again").await;
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "cancelled", "restored", "said"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_restored_after_its_end_opens_and_closes_at_once() {
    let app = TestApp::start().await;
    let event = app.event(3_600, 7_200).await;
    act(&app, &event, "cancel").await.expect(200);
    app.clock.step(3 * HOUR);
    assert_eq!(app.poll(&event, "after=0&wait=2").await["event"]["phase"], "cancelled");
    assert_eq!(act(&app, &event, "restore").await.expect(200)["phase"], "closed");
    let log = app.log(&event).await;
    assert_eq!(kinds(&log), ["cancelled", "restored", "opened", "closed"]);
    assert!(log.is_sorted_by(|one, next| one["ts"].as_i64() < next["ts"].as_i64()));
    act(&app, &event, "restore").await.problem(409, "event-closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_has_a_title_of_its_own_until_that_is_taken_away() {
    let app = TestApp::start().await;
    let event = app.event(3_600, 7_200).await;
    let named = patch(&app, &event, json!({"title": "Budget", "agenda": "1. Money"})).await.expect(200);
    assert_eq!((&named["title"], &named["agenda"]), (&json!("Budget"), &json!("1. Money")));
    let unnamed = patch(&app, &event, json!({"title": ""})).await.expect(200);
    assert_eq!((&unnamed["title"], &app.look(&event).await["title"]), (&json!("Weekly"), &json!("Weekly")));
    let log = app.log(&event).await;
    assert_eq!(kinds(&log), ["agenda", "rescheduled", "rescheduled"]);
    assert!(log[1]["text"].as_str().unwrap().contains("Budget") && log[2]["text"].as_str().unwrap().contains("Weekly"), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_meetings_organizer_runs_its_events() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (ada, oscar) = (app.join(&event, "ada").await, app.organizer("oscar").await);
    let path = format!("/events/{event}");
    for verb in ["open", "close", "cancel", "restore"] {
        let path = format!("{path}/{verb}");
        app.call(Method::POST, &path, None, None).await.problem(401, "not-signed-in");
        app.call(Method::POST, &path, Some(&ada.token), None).await.problem(403, "not-a-chair");
        app.call(Method::POST, &path, Some(&oscar), None).await.problem(403, "not-yours");
    }
    for (method, path, body) in [
        (Method::PATCH, path.clone(), Some(json!({"title": "mine"}))),
        (Method::DELETE, format!("{path}/participants/{}", ada.id), None),
        (Method::DELETE, format!("{path}/messages/{}", ada.cursor), None),
    ] {
        app.call(method.clone(), &path, None, body.clone()).await.problem(401, "not-signed-in");
        app.call(method.clone(), &path, Some(&ada.token), body.clone()).await.problem(401, "not-signed-in");
        app.call(method, &path, Some(&oscar), body).await.problem(403, "not-yours");
    }
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined"]);
}
