//! Coming in: nicknames, tokens, nonces, and leaving.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Door, HOUR, MINUTE, Reply, Someone, TestApp, kinds};

#[tokio::test(flavor = "multi_thread")]
async fn joining_gives_a_token_and_the_cursor_of_ones_own_row() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let made = app.try_join(&event, "  Ada   L. ", None).await.expect(201);
    assert_eq!(made["nick"], "Ada L.");
    let keys: Vec<&String> = made.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["chair", "cursor", "id", "nick", "token"]);
    let row = app.log(&event).await.pop().unwrap();
    assert_eq!((&row["ts"], &row["kind"], &row["from"]), (&made["cursor"], &json!("joined"), &made["id"]));
    assert_eq!((&row["nick"], &row["text"], &row["nonce"]), (&json!("Ada L."), &json!("Ada L. joined"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn nicknames_that_look_alike_are_one() {
    let app = TestApp::start().await;
    let (event, other) = (app.open_event().await, app.open_event().await);
    app.join(&event, "ada o").await;
    for alike in ["ada o", "ADA O", "ａｄａ ｏ", "аda o", "ada 0", "Ada  O"] {
        app.try_join(&event, alike, None).await.problem(409, "nick-taken");
    }
    // A space tells two names apart.
    app.join(&event, "adao").await;
    app.try_join(&event, "ADAO", None).await.problem(409, "nick-taken");
    app.join(&event, "bob").await;
    app.join(&other, "ada o").await;
}

/// A nonce as clients make one: 22 characters.
const NONCE: &str = "q7Zc0vN4mB1xK8dR5tY2aw";

#[tokio::test(flavor = "multi_thread")]
async fn joining_again_with_the_same_nickname_and_nonce_gives_the_same_token() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let first = app.try_join(&event, "ada", Some(NONCE)).await.expect(201);
    assert_eq!(app.try_join(&event, "ada", Some(NONCE)).await.expect(200), first);
    assert_eq!(app.try_join(&event, "  ada ", Some(NONCE)).await.expect(200), first);
    app.clock.step(10 * MINUTE - 5_000_000);
    assert_eq!(app.try_join(&event, "ada", Some(NONCE)).await.expect(200), first);
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    assert_eq!(app.try_join(&event, "ada", Some(NONCE)).await.expect(200), first);
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "closed"]);
    let other = app.open_event().await;
    assert_ne!(app.try_join(&other, "ada", Some(NONCE)).await.expect(201)["id"], first["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_can_be_guessed_gives_nobody_a_token() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let body = json!({"nick": "olga", "nonce": "1"});
    let chair = app.organize(Method::POST, &format!("/events/{event}/participants"), Some(body)).await.expect(201);
    assert_eq!(chair["chair"], true);
    let weak = &NONCE[..21];
    assert!(app.try_join(&event, "ada", Some(weak)).await.expect(201)["token"].is_string());
    for (nick, nonce) in [("mallory", "1"), ("olga", "1"), ("mallory", weak), ("ada", weak)] {
        let refused = app.try_join(&event, nick, Some(nonce)).await.problem(409, "nick-taken");
        assert!(refused.get("token").is_none() && refused.get("id").is_none(), "{refused}");
    }
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "chair", "joined"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_nonce_is_of_no_use_to_others_later_or_after_leaving() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.try_join(&event, "ada", Some(NONCE)).await.expect(201);
    for nick in ["mallory", "Ada", "аda", "ada2"] {
        app.try_join(&event, nick, Some(NONCE)).await.problem(409, "nick-taken");
    }
    app.clock.step(10 * MINUTE);
    app.try_join(&event, "ada", Some(NONCE)).await.problem(409, "nick-taken");
    let second = format!("{NONCE}-2");
    let bob = app.try_join(&event, "bob", Some(&second)).await.expect(201);
    let (id, token) = (bob["id"].as_str().unwrap(), ada["token"].as_str().unwrap());
    app.organize(Method::DELETE, &format!("/events/{event}/participants/{id}"), None).await.expect(204);
    app.try_join(&event, "bob", Some(&second)).await.problem(409, "nick-taken");
    let third = format!("{NONCE}-3");
    app.call(Method::DELETE, &format!("/events/{event}/participants/me"), Some(token), None).await.expect(204);
    let again = app.try_join(&event, "ada", Some(&third)).await.expect(201);
    let path = format!("/events/{event}/participants/me");
    app.call(Method::DELETE, &path, again["token"].as_str(), None).await.expect(204);
    app.try_join(&event, "ada", Some(&third)).await.problem(409, "nick-taken");
    // The nicknames are free, only not by a nonce that was used.
    app.join(&event, "ada").await;
    app.join(&event, "bob").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_of_one_node_is_known_to_another() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    app.try_join(&event, "ada", Some("1")).await.expect(201);
    let first = app.try_join(&event, "bob", Some(NONCE)).await.expect(201);
    let app = app.restart().await;
    app.try_join(&event, "mallory", Some("1")).await.problem(409, "nick-taken");
    app.try_join(&event, "mallory", Some(NONCE)).await.problem(409, "nick-taken");
    assert_eq!(app.try_join(&event, "bob", Some(NONCE)).await.expect(200), first);
}

async fn a_participants_token_ends_a_day_after_the_close(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let row = app.try_say(&event, &ada, "hello", Some("n-1")).await.expect(201);
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    app.clock.step(24 * HOUR - MINUTE);
    assert_eq!(app.try_say(&event, &ada, "hello", Some("n-1")).await.expect(200)["ts"], row["ts"]);
    app.try_poll(&event, "after=0&wait=0", Some(&ada)).await.expect(200);
    app.clock.step(2 * MINUTE);
    app.try_say(&event, &ada, "hello", Some("n-1")).await.problem(401, "bad-token");
    app.try_poll(&event, "after=0&wait=0", Some(&ada)).await.problem(401, "bad-token");
    app.try_poll(&event, "after=0&wait=50", Some(&ada)).await.problem(401, "bad-token");
    let stream = app.response(&format!("/events/{event}/stream?after=0"), None, Some(&ada.token)).await;
    assert_eq!(stream.status(), 401);
    for (method, path) in [(Method::GET, "catch-up?after=0"), (Method::DELETE, "participants/me")] {
        app.call(method, &format!("/events/{event}/{path}"), Some(&ada.token), None).await.problem(401, "bad-token");
    }
    // Everyone still reads the log, without a token.
    app.poll(&event, "after=0&wait=0").await;
}

at_both_doors!(a_participants_token_ends_a_day_after_the_close,);

#[tokio::test(flavor = "multi_thread")]
async fn a_chairs_token_ends_a_day_after_the_end_of_a_cancelled_event() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let body = json!({"nick": "olga"});
    let olga = app.organize(Method::POST, &format!("/events/{event}/participants"), Some(body)).await.expect(201);
    let token = olga["token"].as_str();
    app.organize(Method::POST, &format!("/events/{event}/cancel"), None).await.expect(200);
    app.clock.step(2 * HOUR);
    app.call(Method::GET, &format!("/events/{event}/messages?after=0&wait=0"), token, None).await.expect(200);
    app.clock.step(23 * HOUR);
    app.call(Method::GET, &format!("/events/{event}/messages?after=0&wait=0"), token, None).await.problem(401, "bad-token");
    app.call(Method::POST, &format!("/events/{event}/restore"), token, None).await.problem(401, "bad-token");
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_with_one_nonce_at_the_same_time_are_one_participant() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let tries = (0..20).map(|_| app.try_join(&event, "ada", Some(NONCE)));
    let replies = rocket::futures::future::join_all(tries).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    let first = replies[0].json();
    assert!(replies.iter().all(|reply| reply.json() == first));
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_one_nickname_at_the_same_time_one_gets_it() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let replies = rocket::futures::future::join_all((0..20).map(|_| app.try_join(&event, "ada", None))).await;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 19]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_joins_before_the_opening_after_the_close_or_a_cancelled_event() {
    let app = TestApp::start().await;
    let (ahead, cancelled, over) = (app.event(3_600, 7_200).await, app.open_event().await, app.open_event().await);
    app.organize(Method::POST, &format!("/events/{cancelled}/cancel"), None).await.expect(200);
    app.organize(Method::POST, &format!("/events/{over}/close"), None).await.expect(200);
    app.try_join(&ahead, "ada", None).await.problem(403, "event-not-open");
    app.try_join(&cancelled, "ada", None).await.problem(403, "event-cancelled");
    app.try_join(&over, "ada", None).await.problem(410, "event-closed");
    // A refused join leaves nothing behind: the nickname is free when the room opens.
    app.clock.step(HOUR);
    app.join(&ahead, "ada").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_has_a_dead_token_and_a_free_nickname() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let parked = app.park(&event, &format!("after={}&wait=50", ada.cursor), Some(&ada));
    let path = format!("/events/{event}/participants/me");
    app.parked(&event, 1).await;
    app.call(Method::DELETE, &path, Some(&ada.token), None).await.expect(204);
    // The parked poll ends as soon as its token does.
    parked.await.unwrap().0.problem(401, "bad-token");
    app.call(Method::DELETE, &path, Some(&ada.token), None).await.problem(401, "bad-token");
    app.try_say(&event, &ada, "still here?", None).await.problem(401, "bad-token");
    app.try_poll(&event, "after=0&wait=0", Some(&ada)).await.problem(401, "bad-token");
    let again = app.join(&event, "ada").await;
    assert_ne!(again.id, ada.id);
    let log = app.log(&event).await;
    assert_eq!(kinds(&log), ["opened", "joined", "left", "joined"]);
    assert_eq!((&log[2]["text"], &log[2]["from"]), (&json!("ada left"), &json!(ada.id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_a_closed_event_writes_nothing_behind_its_end() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    app.call(Method::DELETE, &format!("/events/{event}/participants/me"), Some(&ada.token), None).await.expect(204);
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "closed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_on_a_second_device_and_in_its_own_event_only() {
    let app = TestApp::start().await;
    let (event, other) = (app.open_event().await, app.open_event().await);
    let ada = app.join(&event, "ada").await;
    let second = reqwest::Client::new();
    let url = app.api(&format!("/events/{event}/messages"));
    let sent = second.post(&url).bearer_auth(&ada.token).json(&json!({"text": "from my phone"})).send().await.unwrap();
    assert_eq!(sent.status(), 201);
    app.try_poll(&event, "after=0&wait=0", Some(&ada)).await.expect(200);
    app.try_say(&other, &ada, "hello", None).await.problem(401, "bad-token");
    app.try_poll(&other, "after=0&wait=0", Some(&ada)).await.problem(401, "bad-token");
    let path = format!("/events/{other}/participants/me");
    app.call(Method::DELETE, &path, Some(&ada.token), None).await.problem(401, "bad-token");
    assert_eq!(kinds(&app.log(&other).await), ["opened"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_people_of_an_event_are_listed_and_those_who_left_are_not_present() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    app.call(Method::DELETE, &format!("/events/{event}/participants/me"), Some(&ada.token), None).await.expect(204);
    let people = app.get(&format!("/events/{event}/participants")).await.expect(200);
    let person = |who: &Someone, nick: &str, present: bool| json!({"id": who.id, "nick": nick, "present": present, "chair": false});
    assert_eq!(people, json!({"participants": [person(&bob, "bob", true), person(&ada, "ada", false)]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_joins_from_one_address_are_asked_to_wait() {
    let app = TestApp::start_with(&[("gavel.join_burst", json!(1)), ("gavel.join_rate", json!(1))]).await;
    let event = app.open_event().await;
    let nicks: Vec<String> = (0..10).map(|n| format!("guest {n}")).collect();
    let replies = rocket::futures::future::join_all(nicks.iter().map(|nick| app.try_join(&event, nick, None))).await;
    let refused: Vec<_> = replies.into_iter().filter(|reply| reply.status != 201).collect();
    assert!(!refused.is_empty());
    for reply in refused {
        let wait: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait));
        reply.problem(429, "too-many");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_is_listed_page_by_page() {
    let app = TestApp::start_with(&[("gavel.join_rate", json!(100_000))]).await;
    let event = app.open_event().await;
    for hundred in 0..11 {
        let nicks: Vec<String> = (0..100).map(|n| format!("guest {hundred:02} {n:02}")).collect();
        let replies = rocket::futures::future::join_all(nicks.iter().map(|nick| app.try_join(&event, nick, None))).await;
        for reply in replies {
            reply.expect(201);
        }
    }
    let first = app.get(&format!("/events/{event}/participants")).await;
    let next = format!("/api/v1/events/{event}/participants?offset=1000");
    assert_eq!(first.headers["link"], format!("<{next}>; rel=\"next\""));
    let second = app.get(next.strip_prefix("/api/v1").unwrap()).await;
    assert!(!second.headers.contains_key("link"));
    let ids = |reply: Reply| {
        let people = reply.expect(200)["participants"].as_array().unwrap().clone();
        people.into_iter().map(|who| who["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (mut all, rest) = (ids(first), ids(second));
    assert_eq!((all.len(), rest.len()), (1_000, 100));
    all.extend(rest);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 1_100);
    for bad in ["-1", "x", "1.5", "99999999999999999999"] {
        app.get(&format!("/events/{event}/participants?offset={bad}")).await.problem(400, "bad-request");
    }
}
