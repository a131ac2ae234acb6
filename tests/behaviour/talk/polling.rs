//! Polls: what comes, when, and what a cursor is worth.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Door, HOUR, TestApp, kinds, rows, said};

/// The time that polls ask to wait. Those that are answered at once are answered sooner.
const WAIT: Duration = Duration::from_secs(50);

async fn a_poll_returns_at_once_when_messages_are_waiting(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "hello").await;
    let (reply, took) = app.park(&event, "after=0&wait=50", None).await.unwrap();
    assert_eq!(kinds(rows(&reply.expect(200))), ["opened", "joined", "said"]);
    assert!(took < WAIT);
}

async fn a_parked_poll_is_answered_by_the_next_message(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let parked = app.park(&event, &format!("after={}&wait=50", ada.cursor), None);
    app.parked(&event, 1).await;
    let row = app.say(&event, &ada, "hello").await;
    let (reply, _) = parked.await.unwrap();
    let answer = reply.expect(200);
    assert_eq!(answer["messages"], json!([row]));
    assert_eq!(answer["cursor"], row["ts"]);
    assert_eq!(said(rows(&answer)), ["hello"]);
}

async fn a_poll_without_news_is_answered_empty_when_its_wait_is_over(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    for wait in [0, 1] {
        let answer = app.poll(&event, &format!("after={}&wait={wait}", ada.cursor)).await;
        assert_eq!((&answer["messages"], &answer["cursor"]), (&json!([]), &json!(ada.cursor)));
        assert_eq!([&answer["more"], &answer["reset"], &answer["replaced"]], [false, false, false]);
    }
}

async fn an_answer_has_every_key_of_its_shape(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "hello").await;
    let reply = app.try_poll(&event, "after=0&wait=0", None).await;
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers["content-type"], "application/json");
    let answer = reply.expect(200);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&answer), ["cursor", "event", "messages", "more", "now", "replaced", "reset"]);
    let inner = &answer["event"];
    for key in ["id", "phase", "opens_at", "closes_at", "count", "digest"] {
        assert!(inner.get(key).is_some(), "{key} is missing in {inner}");
    }
    assert_eq!((&inner["phase"], &inner["count"]), (&json!("open"), &json!(3)));
    assert_eq!(inner["digest"].as_str().unwrap().len(), 64);
    for row in rows(&answer) {
        assert_eq!(keys(row), ["from", "hash", "html", "kind", "nick", "nonce", "room", "salt", "tag", "text", "ts"]);
    }
    assert!(answer["now"].as_i64().unwrap() >= answer["cursor"].as_i64().unwrap());
}

async fn a_long_log_comes_page_by_page_without_a_gap_or_a_double(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    for n in 0..7 {
        app.say(&event, &ada, &format!("line {n}")).await;
    }
    let (mut after, mut seen, mut pages) = (0, Vec::new(), 0);
    loop {
        let answer = app.poll(&event, &format!("after={after}&wait=0&limit=2")).await;
        assert!(rows(&answer).len() <= 2);
        seen.extend(rows(&answer).iter().cloned());
        after = answer["cursor"].as_i64().unwrap();
        pages += 1;
        if answer["more"] == false {
            break;
        }
    }
    assert_eq!((seen, pages), (app.log(&event).await, 5));
}

async fn in_the_lobby_a_poll_parks_until_the_room_opens(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.event(3_600, 7_200).await;
    let parked = app.park(&event, "after=0&wait=50", None);
    assert_eq!(app.poll(&event, "after=0&wait=0").await["event"]["phase"], "scheduled");
    app.parked(&event, 1).await;
    app.clock.step(HOUR);
    let answer = parked.await.unwrap().0.expect(200);
    assert_eq!(kinds(rows(&answer)), ["opened"]);
    assert_eq!(answer["messages"][0]["ts"], answer["event"]["opens_at"]);
    assert_eq!(answer["event"]["phase"], "open");
}

async fn at_or_past_the_closed_row_a_poll_is_answered_at_once_and_empty(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let closing = app.park(&event, &format!("after={}&wait=50", app.join(&event, "ada").await.cursor), None);
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    let answer = closing.await.unwrap().0.expect(200);
    assert_eq!((kinds(rows(&answer)), &answer["event"]["phase"]), (vec!["closed"], &json!("closed")));
    let end = answer["cursor"].as_i64().unwrap();
    for after in [end, end + 1, end + HOUR] {
        let (reply, took) = app.park(&event, &format!("after={after}&wait=50"), None).await.unwrap();
        let answer = reply.expect(200);
        assert_eq!((&answer["messages"], &answer["reset"], &answer["more"]), (&json!([]), &json!(false), &json!(false)));
        assert!(took < WAIT);
    }
}

async fn on_a_cancelled_event_a_poll_parks_until_it_is_restored(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.event(3_600, 7_200).await;
    app.organize(Method::POST, &format!("/events/{event}/cancel"), None).await.expect(200);
    let cursor = app.poll(&event, "after=0&wait=0").await["cursor"].as_i64().unwrap();
    let parked = app.park(&event, &format!("after={cursor}&wait=50"), None);
    let still = app.poll(&event, &format!("after={cursor}&wait=1")).await;
    assert_eq!((&still["messages"], &still["event"]["phase"]), (&json!([]), &json!("cancelled")));
    app.organize(Method::POST, &format!("/events/{event}/restore"), None).await.expect(200);
    assert_eq!(kinds(rows(&parked.await.unwrap().0.expect(200))), ["restored"]);
}

async fn a_cursor_ahead_of_the_log_starts_anew_once(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let ahead = ada.cursor + HOUR;
    let (reply, took) = app.park(&event, &format!("after={ahead}&wait=50&limit=1"), None).await.unwrap();
    let answer = reply.expect(200);
    assert!(took < WAIT);
    assert_eq!((&answer["reset"], &answer["more"]), (&json!(true), &json!(true)));
    assert_eq!(kinds(rows(&answer)), ["opened"]);
    let next = app.poll(&event, &format!("after={}&wait=0", answer["cursor"])).await;
    assert_eq!((&next["reset"], kinds(rows(&next))), (&json!(false), vec!["joined"]));
}

async fn a_cursor_of_zero_never_starts_anew(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.event(3_600, 7_200).await;
    let answer = app.poll(&event, "after=0&wait=0").await;
    assert_eq!((&answer["reset"], &answer["cursor"], &answer["messages"]), (&json!(false), &json!(0), &json!([])));
    let ahead = app.poll(&event, "after=1&wait=50").await;
    assert_eq!((&ahead["reset"], &ahead["cursor"], &ahead["messages"]), (&json!(true), &json!(0), &json!([])));
}

async fn head_is_answered_at_once(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let began = std::time::Instant::now();
    let reply = app.call(Method::HEAD, &format!("/events/{event}/messages?after={}&wait=50", ada.cursor), None, None).await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, ""));
    assert!(began.elapsed() < WAIT);
}

async fn of_two_polls_of_one_tab_the_older_is_replaced(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let query = format!("after={}&wait=50&tab=one", ada.cursor);
    let (mut one, mut two) = (app.park(&event, &query, Some(&ada)), app.park(&event, &query, Some(&ada)));
    // Whichever came later stays.
    let (older, newer) = tokio::select! {
        older = &mut one => (older, two),
        older = &mut two => (older, one),
    };
    let older = older.unwrap().0.expect(200);
    assert_eq!((&older["replaced"], &older["messages"], &older["cursor"]), (&json!(true), &json!([]), &json!(ada.cursor)));
    let row = app.say(&event, &ada, "hello").await;
    let newer = newer.await.unwrap().0.expect(200);
    assert_eq!((&newer["replaced"], &newer["messages"]), (&json!(false), &json!([row])));
}

async fn polls_of_other_tabs_people_and_none_replace_nothing(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let query = format!("after={}&wait=50", bob.cursor);
    let parked = [
        app.park(&event, &query, Some(&ada)),
        app.park(&event, &query, Some(&ada)),
        app.park(&event, &format!("{query}&tab=one"), Some(&ada)),
        app.park(&event, &format!("{query}&tab=two"), Some(&ada)),
        app.park(&event, &format!("{query}&tab=one"), Some(&bob)),
        app.park(&event, &format!("{query}&tab=one"), None),
        app.park(&event, &format!("{query}&tab=one"), None),
    ];
    app.parked(&event, 7).await;
    let row = app.say(&event, &ada, "hello").await;
    for poll in parked {
        let answer = poll.await.unwrap().0.expect(200);
        assert_eq!((&answer["replaced"], &answer["messages"]), (&json!(false), &json!([row])));
    }
}

async fn the_same_cursor_gives_the_same_rows_to_everyone(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "one").await;
    app.say(&event, &ada, "two").await;
    let query = format!("after={}&wait=0", ada.cursor);
    let (mine, anyones) = (app.try_poll(&event, &query, Some(&ada)).await.expect(200), app.poll(&event, &query).await);
    assert_eq!(mine["messages"], anyones["messages"]);
    let transcript = app.get(&format!("/events/{event}/transcript.json")).await.expect(200);
    assert_eq!(transcript["messages"], json!(app.log(&event).await));
}

at_both_doors!(
    a_poll_returns_at_once_when_messages_are_waiting,
    a_parked_poll_is_answered_by_the_next_message,
    a_poll_without_news_is_answered_empty_when_its_wait_is_over,
    an_answer_has_every_key_of_its_shape,
    a_long_log_comes_page_by_page_without_a_gap_or_a_double,
    in_the_lobby_a_poll_parks_until_the_room_opens,
    at_or_past_the_closed_row_a_poll_is_answered_at_once_and_empty,
    on_a_cancelled_event_a_poll_parks_until_it_is_restored,
    a_cursor_ahead_of_the_log_starts_anew_once,
    a_cursor_of_zero_never_starts_anew,
    head_is_answered_at_once,
    of_two_polls_of_one_tab_the_older_is_replaced,
    polls_of_other_tabs_people_and_none_replace_nothing,
    the_same_cursor_gives_the_same_rows_to_everyone,
);
