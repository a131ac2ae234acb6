//! Running to time: warnings before the close, extending but not into the next event, opening early,
//! cancelling with a reason.

use std::time::Duration;

use gavel::domain::schedule::event::EventId;
use gavel::store::Store;
use reqwest::Method;
use rocket::futures::future::join_all;
use serde_json::{Value, json};

use crate::nodes::two_nodes::{two, until};
use crate::people::chairs::{chair, key};
use crate::support::desk::{Desk, kinds_of, say, tick};
use crate::support::{HOUR, MINUTE, Reply, TestApp, kinds, rows};

const SECOND: i64 = 1_000_000;

async fn post(app: &TestApp, event: &str, verb: &str, token: &str, body: Value) -> Reply {
    app.call(Method::POST, &format!("/events/{event}/{verb}"), Some(token), Some(body)).await
}

/// Waits until so many warnings are written; gives the log.
async fn warned(app: &TestApp, event: &str, times: usize) -> Vec<Value> {
    let count = |log: &[Value]| log.iter().filter(|row| row["kind"] == "warning").count();
    until("the room warns", async || count(&app.log(event).await) >= times).await;
    app.log(event).await
}

fn texts(log: &[Value]) -> Vec<&str> {
    log.iter().filter(|row| row["kind"] == "warning").map(|row| row["text"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_room_warns_three_times_before_it_closes() {
    let app = TestApp::start().await;
    let event = app.event(-60, 1_200).await;
    let closes = app.look(&event).await["closes_at"].as_i64().unwrap();
    let parked = app.park(&event, "after=0&wait=0", None).await.unwrap().0.expect(200);
    let lobby = app.park(&event, &format!("after={}&wait=50", parked["cursor"]), None);
    app.parked(&event, 1).await;
    app.clock.step(10 * MINUTE);
    // Whoever waits hears it, and it changes nothing of the event.
    let told = lobby.await.unwrap().0.expect(200);
    assert_eq!((kinds(rows(&told)), &told["event"]["phase"]), (vec!["warning"], &json!("open")));
    app.clock.step(5 * MINUTE);
    warned(&app, &event, 2).await;
    app.clock.step(4 * MINUTE);
    let log = warned(&app, &event, 3).await;
    assert_eq!(texts(&log), ["The room closes in 10 minutes.", "The room closes in 5 minutes.", "The room closes in 1 minute."]);
    for (row, before) in log[1..].iter().zip([10, 5, 1]) {
        assert_eq!((&row["ts"], &row["from"]), (&json!(closes - before * MINUTE), &Value::Null));
    }
    app.clock.step(MINUTE);
    app.until(&event, "closed", Duration::from_secs(30)).await;
    assert_eq!(kinds(&app.log(&event).await), ["opened", "warning", "warning", "warning", "closed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_slept_warns_only_of_what_is_still_to_come() {
    let app = TestApp::start().await;
    let event = app.event(-60, 1_200).await;
    let ada = app.join(&event, "ada").await;
    // Three minutes before the end: two moments are long past.
    app.clock.step(17 * MINUTE);
    app.say(&event, &ada, "anybody?").await;
    app.clock.step(2 * MINUTE + 5 * SECOND);
    assert_eq!(texts(&warned(&app, &event, 1).await), ["The room closes in 1 minute."]);
    // An event that is over warns of nothing.
    let over = app.event(-60, 1_200).await;
    app.clock.step(HOUR);
    app.until(&over, "closed", Duration::from_secs(30)).await;
    assert_eq!(kinds(&app.log(&over).await), ["opened", "closed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_made_shortly_before_its_end_warns_of_what_lies_ahead() {
    let app = TestApp::start().await;
    let event = app.event(-1_200, 600).await;
    app.clock.step(5 * MINUTE);
    let log = warned(&app, &event, 1).await;
    assert_eq!(texts(&log), ["The room closes in 5 minutes."]);
    // One of ten minutes does not begin with a warning of its end.
    let short = app.event(0, 600).await;
    assert_eq!(kinds(&app.log(&short).await), ["opened"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_extension_the_room_warns_of_its_new_end() {
    let app = TestApp::start().await;
    let event = app.event(-60, 1_200).await;
    app.clock.step(15 * MINUTE);
    warned(&app, &event, 1).await;
    let end = post(&app, &event, "extend", &app.token, json!({"minutes": 10})).await.expect(200)["closes_at"].as_i64().unwrap();
    app.clock.step(5 * MINUTE);
    let log = warned(&app, &event, 2).await;
    assert_eq!(kinds(&log), ["opened", "warning", "rescheduled", "warning"]);
    assert_eq!(
        (log[3]["ts"].as_i64(), texts(&log)),
        (Some(end - 10 * MINUTE), vec!["The room closes in 5 minutes.", "The room closes in 10 minutes."])
    );
    // An end that comes nearer warns of what is true then.
    let closes = app.now() + 3 * MINUTE;
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({"closes_at": closes}))).await.expect(200);
    app.clock.step(2 * MINUTE);
    let log = warned(&app, &event, 3).await;
    assert_eq!((log[5]["ts"].as_i64(), &log[5]["text"]), (Some(closes - MINUTE), &json!("The room closes in 1 minute.")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_comes_before_what_is_said_after_its_moment() {
    let desk = Desk::new().await;
    let now = desk.now();
    let event = desk.event(now - HOUR, now + 11 * MINUTE).await;
    let ada = desk.join(&event, "ada").await;
    desk.clock.step(MINUTE + SECOND);
    let (said, _) = desk.store.write(vec![say(&event, &ada, "one", None), say(&event, &ada, "two", None), tick(&event)]).await.unwrap();
    assert!(said.iter().all(Result::is_ok));
    let log = desk.rows(&event).await;
    assert_eq!(kinds_of(&log), ["opened", "joined", "warning", "said", "said"]);
    assert_eq!(log[2].ts.micros(), now + MINUTE);
    // Where somebody was later than the moment, because the clock was behind, it comes behind them.
    desk.clock.step(4 * MINUTE);
    let head = desk.look(&event).await.last;
    desk.raw.head_at(event.as_str(), now + 6 * MINUTE + 7).await;
    desk.enter(tick(&event)).await.unwrap();
    let last = desk.rows(&event).await.pop().unwrap();
    assert!(head.micros() < now + 6 * MINUTE);
    assert_eq!((last.kind.as_str(), last.ts.micros()), ("warning", now + 6 * MINUTE + 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_is_written_once_whoever_comes_first() {
    let desk = Desk::new().await;
    let stores = [desk.store.clone(), desk.second().await];
    let now = desk.now();
    let event = desk.event(now - HOUR, now + 20 * MINUTE).await;
    desk.enter(tick(&event)).await.unwrap();
    for (step, warnings) in [(10, 1), (5, 2), (4, 3)] {
        desk.clock.step(step * MINUTE);
        assert_eq!(due(&stores[1], &desk).await, std::slice::from_ref(&event));
        join_all((0..10).map(|n| stores[n % 2].write(vec![tick(&event)]))).await.into_iter().for_each(|it| drop(it.unwrap()));
        let log = desk.rows(&event).await;
        assert_eq!(kinds_of(&log)[1..], vec!["warning"; warnings]);
        assert_eq!(due(&stores[1], &desk).await, []);
    }
    assert_eq!(stores[0].next_boundary().await.unwrap().unwrap().micros(), now + 20 * MINUTE);
}

async fn due(store: &Store, desk: &Desk) -> Vec<EventId> {
    store.due(desk.clock.now(), 10).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keepers_of_two_nodes_warn_once_at_the_set_moment() {
    only_on_postgres!();
    let (one, other) = two().await;
    let (slug, _) = one.meeting().await;
    let mut events = Vec::new();
    for n in 0..6 {
        let now = one.now();
        let body = json!({"opens_at": now - HOUR, "closes_at": now + 10 * MINUTE + 2 * SECOND});
        let node = if n % 2 == 0 { &one } else { &other };
        events.push(node.post(&format!("/meetings/{slug}/events"), body).await.expect(201));
    }
    for event in &events {
        let id = event["id"].as_str().unwrap();
        let (warning, _) = other.until(id, "warning", Duration::from_secs(30)).await;
        assert_eq!(warning["ts"].as_i64().unwrap(), event["closes_at"].as_i64().unwrap() - 10 * MINUTE);
        for node in [&one, &other] {
            assert_eq!(kinds(&node.log(id).await), ["opened", "warning"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_event_is_extended_by_minutes_and_everyone_hears_of_it() {
    let app = TestApp::start().await;
    let event = app.event(-60, 3_600).await;
    let (ada, bob) = (chair(&app, &event, "ada").await, app.join(&event, "bob").await);
    let before = app.look(&event).await["closes_at"].as_i64().unwrap();
    let parked = app.park(&event, &format!("after={}&wait=50", bob.cursor), None);
    app.parked(&event, 1).await;
    let made = post(&app, &event, "extend", &ada.token, json!({"minutes": 5})).await.expect(200);
    assert_eq!(made["closes_at"], before + 5 * MINUTE);
    let told = parked.await.unwrap().0.expect(200);
    assert_eq!((kinds(rows(&told)), &told["event"]["closes_at"]), (vec!["rescheduled"], &made["closes_at"]));
    assert!(told["messages"][0]["text"].as_str().unwrap().starts_with("The room now closes at "));
    for (token, minutes) in [(app.token.clone(), 10), (key(&app, &event).await, 15)] {
        post(&app, &event, "extend", &token, json!({"minutes": minutes})).await.expect(200);
    }
    assert_eq!(app.look(&event).await["closes_at"], before + 30 * MINUTE);

    post(&app, &event, "extend", &bob.token, json!({"minutes": 5})).await.problem(403, "not-a-chair");
    for minutes in [0, -5, 1_441] {
        let refused = post(&app, &event, "extend", &ada.token, json!({"minutes": minutes})).await.problem(422, "invalid");
        assert_eq!(refused["errors"][0]["field"], "minutes");
    }
    // More than a day in all.
    let long = post(&app, &event, "extend", &ada.token, json!({"minutes": 1_440})).await.problem(422, "invalid");
    assert_eq!(long["errors"][0]["field"], "minutes");
    for body in [json!({}), json!({"minutes": "5"}), json!({"minutes": 1.5}), json!(5)] {
        post(&app, &event, "extend", &ada.token, body).await.expect_any(&[422]);
    }
    assert_eq!(app.look(&event).await["closes_at"], before + 30 * MINUTE);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_open_event_is_extended() {
    let app = TestApp::start().await;
    let event = app.event(3_600, 7_200).await;
    let extend = async || post(&app, &event, "extend", &app.token, json!({"minutes": 5})).await;
    extend().await.problem(409, "event-not-open");
    post(&app, &event, "cancel", &app.token, json!({})).await.expect(200);
    extend().await.problem(409, "event-cancelled");
    post(&app, &event, "restore", &app.token, json!({})).await.expect(200);
    post(&app, &event, "open", &app.token, json!({})).await.expect(200);
    extend().await.expect(200);
    post(&app, &event, "close", &app.token, json!({})).await.expect(200);
    extend().await.problem(409, "event-closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_not_extended_into_the_next_one_of_its_meeting() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let now = app.now();
    let add = async |opens: i64, closes: i64| {
        let body = json!({"opens_at": now + opens * MINUTE, "closes_at": now + closes * MINUTE});
        app.post(&format!("/meetings/{slug}/events"), body).await.expect(201)["id"].as_str().unwrap().to_owned()
    };
    let (event, next, later) = (add(-60, 20).await, add(30, 90).await, add(35, 95).await);
    let extend = async |minutes: i64| post(&app, &event, "extend", &app.token, json!({"minutes": minutes})).await;
    let refused = extend(15).await.problem(409, "next-event");
    let clock = gavel::domain::time::Timestamp::from_micros(now + 30 * MINUTE).utc().format("%A %-d %B at %H:%M UTC").to_string();
    assert!(refused["detail"].as_str().unwrap().contains(&clock), "{refused}");
    // The same end by another call is the same.
    let body = json!({"closes_at": now + 31 * MINUTE});
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(body)).await.problem(409, "next-event");
    // Up to it, and where it does not take place past it.
    assert_eq!(extend(10).await.expect(200)["closes_at"], now + 30 * MINUTE);
    extend(1).await.problem(409, "next-event");
    post(&app, &next, "cancel", &app.token, json!({})).await.expect(200);
    extend(10).await.problem(409, "next-event");
    assert_eq!(extend(5).await.expect(200)["closes_at"], now + 35 * MINUTE);
    post(&app, &later, "open", &app.token, json!({})).await.expect(200);
    extend(5).await.expect(200);
    assert_eq!(app.look(&next).await["phase"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn chairs_open_up_to_half_an_hour_early_and_organizers_any_time() {
    let app = TestApp::start().await;
    let event = app.event(3_600, 7_200).await;
    let key = key(&app, &event).await;
    let early = post(&app, &event, "open", &key, json!({})).await.problem(409, "too-early");
    assert!(early["detail"].as_str().unwrap().contains("30 minutes early"), "{early}");
    assert_eq!(app.look(&event).await["phase"], "scheduled");
    app.clock.step(30 * MINUTE);
    assert_eq!(post(&app, &event, "open", &key, json!({})).await.expect(200)["phase"], "open");
    let other = app.event(3_600, 7_200).await;
    assert_eq!(post(&app, &other, "open", &app.token, json!({})).await.expect(200)["phase"], "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn why_an_event_is_cancelled_is_told_wherever_it_was_announced() {
    let app = TestApp::start().await;
    let event = app.event(3_600, 7_200).await;
    let lobby = app.park(&event, "after=0&wait=50", None);
    app.parked(&event, 1).await;
    let cancelled = post(&app, &event, "cancel", &app.token, json!({"reason": "  The hall, is flooded; sorry "})).await.expect(200);
    assert_eq!(cancelled["cancel_reason"], "The hall, is flooded; sorry");
    let told = lobby.await.unwrap().0.expect(200);
    assert_eq!(
        (kinds(rows(&told)), &told["messages"][0]["text"]),
        (vec!["cancelled"], &json!("This event was cancelled: The hall, is flooded; sorry"))
    );
    let url = cancelled["url"].as_str().unwrap();
    let (slug, page) = (url.rsplit_once('/').unwrap().0, async |path: &str| {
        app.client.get(format!("{}{path}", app.base)).send().await.unwrap().text().await.unwrap()
    });
    for path in [url, slug] {
        assert!(page(path).await.contains("The hall, is flooded; sorry"), "{path}");
    }
    let feed = page(&format!("{slug}.ics")).await.replace("\r\n ", "");
    assert!(feed.contains(r"DESCRIPTION:Cancelled: The hall\, is flooded\; sorry\n\n"), "{feed}");
    // It goes with the cancellation.
    let restored = post(&app, &event, "restore", &app.token, json!({})).await.expect(200);
    assert_eq!(restored["cancel_reason"], Value::Null);
    assert!(page(url).await.contains("<b data-why>This event was cancelled.</b>"));
    assert_eq!(post(&app, &event, "cancel", &app.token, json!({"reason": ""})).await.expect(200)["cancel_reason"], Value::Null);
    assert_eq!(app.log(&event).await[2]["text"], "This event was cancelled.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_that_is_no_line_of_text_cancels_nothing() {
    let app = TestApp::start().await;
    let event = app.event(3_600, 7_200).await;
    for reason in ["x".repeat(201), "two\nlines".into(), "a\u{0}".into(), "\u{202e}desrever".into()] {
        let refused = post(&app, &event, "cancel", &app.token, json!({"reason": reason})).await.problem(422, "invalid");
        assert_eq!(refused["errors"][0]["field"], "reason");
    }
    for body in [json!({"reason": 5}), json!("why")] {
        post(&app, &event, "cancel", &app.token, body).await.expect_any(&[422]);
    }
    assert_eq!((&app.look(&event).await["phase"], app.log(&event).await.len()), (&json!("scheduled"), 0));
}
