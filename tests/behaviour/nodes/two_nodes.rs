//! Two nodes on one database: what happens on one is there on the other. What is done to their processes and to the
//! database itself is in `tests/nodes/`, what is lost between them in `lost_notices.rs`.

use std::time::{Duration, Instant};

use gavel::domain::talk::participant::ParticipantId;
use gavel::domain::time::Timestamp;
use gavel::store::schedule::organizer_action::OrganizerAction;
use gavel::store::talk::participant_action::ParticipantAction;
use reqwest::Method;
use rocket::futures::future::join_all;
use serde_json::{Value, json};

use crate::support::desk::{Desk, kinds_of};
use crate::support::{HOUR, MINUTE, Someone, TestApp, kinds, rows, said};

/// For machines that are busy.
const AT_MOST: Duration = Duration::from_mins(1);

pub async fn two() -> (TestApp, TestApp) {
    let one = TestApp::start().await;
    let other = one.beside().await;
    (one, other)
}

/// Asks until it is so.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < AT_MOST, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_of_one_node_gets_what_is_posted_on_the_other() {
    only_on_postgres!();
    let (one, other) = two().await;
    let event = one.open_event().await;
    let (ada, bob) = (one.join(&event, "ada").await, other.join(&event, "bob").await);
    let mut cursor = bob.cursor;
    for (here, there, who) in [(&one, &other, &ada), (&other, &one, &bob), (&one, &other, &bob)] {
        let parked = there.park(&event, &format!("after={cursor}&wait=50"), None);
        there.parked(&event, 1).await;
        let row = here.say(&event, who, "hello").await;
        assert_eq!(rows(&parked.await.unwrap().0.expect(200)), std::slice::from_ref(&row));
        cursor = row["ts"].as_i64().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_one_node_gets_what_is_posted_on_the_other() {
    only_on_postgres!();
    let (one, other) = two().await;
    let event = one.open_event().await;
    let ada = one.join(&event, "ada").await;
    let mut stream = other.stream(&event, "after=0", Some(&ada)).await;
    assert_eq!(stream.next().await.unwrap().name, "ack");
    stream.rows(2).await;
    let row = one.say(&event, &ada, "hello").await;
    assert_eq!(stream.rows(1).await, [row]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_on_one_node_is_in_on_the_other_at_once() {
    only_on_postgres!();
    let (one, other) = two().await;
    let event = one.open_event().await;
    for n in 0..20 {
        // The other node has a room that does not know them yet.
        other.poll(&event, "after=0&wait=0").await;
        let who = one.join(&event, &format!("guest {n}")).await;
        let after = format!("after={}&wait=0", who.cursor);
        if n % 2 == 0 {
            let answer = other.try_poll(&event, &after, Some(&who)).await.expect(200);
            assert_eq!((&answer["reset"], &answer["cursor"]), (&json!(false), &json!(who.cursor)));
        }
        let row = other.say(&event, &who, "in").await;
        // Back on the first one it is a message like any other: whoever waits gets it.
        let query = format!("after={}&wait=10", who.cursor);
        assert_eq!(rows(&one.try_poll(&event, &query, Some(&who)).await.expect(200)), [row]);
    }
    let who = one.join(&event, "short").await;
    other.call(Method::DELETE, &format!("/events/{event}/participants/me"), Some(&who.token), None).await.expect(204);
    one.try_say(&event, &who, "gone", None).await.problem(401, "bad-token");
    assert_eq!(one.log(&event).await, other.log(&event).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_one_node_is_never_ahead_of_the_other() {
    only_on_postgres!();
    let (one, other) = two().await;
    let event = one.open_event().await;
    let ada = one.join(&event, "ada").await;
    for n in 0..20 {
        let row = one.say(&event, &ada, &n.to_string()).await;
        let answer = other.poll(&event, &format!("after={}&wait=0", row["ts"])).await;
        assert_eq!((&answer["reset"], &answer["messages"], &answer["cursor"]), (&json!(false), &json!([]), &row["ts"]));
        assert_eq!(answer["event"]["count"], n + 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_is_the_same_row_on_every_node() {
    only_on_postgres!();
    let (one, other) = two().await;
    let event = one.open_event().await;
    let ada = one.join(&event, "ada").await;
    let row = one.try_say(&event, &ada, "once", Some("n-1")).await.expect(201);
    assert_eq!(other.try_say(&event, &ada, "twice", Some("n-1")).await.expect(200), row);
    // Both at the same time: one of them writes it.
    for n in 0..10 {
        let nonce = format!("both-{n}");
        let (left, right) =
            tokio::join!(one.try_say(&event, &ada, "both", Some(&nonce)), other.try_say(&event, &ada, "both", Some(&nonce)));
        let mut statuses = [left.status.as_u16(), right.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!((statuses, left.json()), ([200, 201], right.json()));
    }
    let nonce = "0123456789abcdefghijkl";
    let bob = one.try_join(&event, "bob", Some(nonce)).await.expect(201);
    assert_eq!(other.try_join(&event, "bob", Some(nonce)).await.expect(200)["id"], bob["id"]);
    other.try_join(&event, "BOB", None).await.problem(409, "nick-taken");
}

/// Follows an event by turns on either node, on one cursor, until so many texts were said.
async fn follow(nodes: [&TestApp; 2], event: &str, texts: usize) -> Vec<Value> {
    let (mut seen, mut after) = (Vec::new(), 0);
    for turn in 0.. {
        let answer = nodes[turn % 2].poll(event, &format!("after={after}&wait=10&limit=7")).await;
        assert_eq!(answer["reset"], false);
        seen.extend_from_slice(rows(&answer));
        after = answer["cursor"].as_i64().unwrap();
        if said(&seen).len() >= texts {
            break;
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_stay_contiguous_while_both_nodes_write() {
    const EACH: usize = 100;
    only_on_postgres!();
    let (one, other) = two().await;
    let event = one.open_event().await;
    let (ada, bob) = (one.join(&event, "ada").await, other.join(&event, "bob").await);
    let write = async |node: &TestApp, who: &Someone| {
        for n in 0..EACH {
            node.say(&event, who, &n.to_string()).await;
        }
    };
    let readers = join_all((0..4).map(|n| follow(if n < 2 { [&one, &one] } else { [&one, &other] }, &event, 2 * EACH)));
    let (seen, ..) = tokio::join!(readers, write(&one, &ada), write(&other, &bob));
    let log = one.log(&event).await;
    assert!(log.is_sorted_by(|one, next| one["ts"].as_i64() < next["ts"].as_i64()));
    assert_eq!(log.len(), 3 + 2 * EACH);
    for seen in seen.iter().chain([&other.log(&event).await]) {
        assert_eq!(*seen, log);
    }
    assert_eq!(one.look(&event).await["digest"], other.look(&event).await["digest"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_on_one_node_is_out_on_the_other() {
    only_on_postgres!();
    let (one, other) = two().await;
    let event = one.open_event().await;
    let ada = one.join(&event, "ada").await;
    let query = format!("after={}&wait=50", ada.cursor);
    let (adas, anyones) = (other.park(&event, &query, Some(&ada)), other.park(&event, &query, None));
    other.parked(&event, 2).await;
    one.organize(Method::DELETE, &format!("/events/{event}/participants/{}", ada.id), None).await.expect(204);
    adas.await.unwrap().0.problem(401, "bad-token");
    assert_eq!(kinds(rows(&anyones.await.unwrap().0.expect(200))), ["left"]);
    other.try_say(&event, &ada, "hey!", None).await.problem(401, "bad-token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_redacted_on_one_node_is_gone_from_the_other() {
    only_on_postgres!();
    let (one, other) = two().await;
    let event = one.open_event().await;
    let ada = one.join(&event, "ada").await;
    let row = one.say(&event, &ada, "a secret").await;
    assert_eq!(said(&other.log(&event).await), ["a secret"]);
    let parked = other.park(&event, &format!("after={}&wait=50", row["ts"]), None);
    other.parked(&event, 1).await;
    one.organize(Method::DELETE, &format!("/events/{event}/messages/{}", row["ts"]), None).await.expect(204);
    assert_eq!(kinds(rows(&parked.await.unwrap().0.expect(200))), ["redacted"]);
    assert_eq!(said(&other.log(&event).await), [""]);
    // After the close it is no row, and comes all the same.
    let row = one.say(&event, &ada, "another").await;
    one.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    until("the other node has it", async || said(&other.log(&event).await) == ["", "another"]).await;
    one.organize(Method::DELETE, &format!("/events/{event}/messages/{}", row["ts"]), None).await.expect(204);
    until("the other node empties it", async || said(&other.log(&event).await) == ["", ""]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_organizer_changes_on_one_node_reaches_the_other() {
    only_on_postgres!();
    let (one, other) = two().await;
    let event = one.event(3_600, 7_200).await;
    let path = format!("/events/{event}");
    let lobby = other.park(&event, "after=0&wait=50", None);
    other.parked(&event, 1).await;
    one.organize(Method::POST, &format!("{path}/open"), None).await.expect(200);
    let answer = lobby.await.unwrap().0.expect(200);
    assert_eq!((kinds(rows(&answer)), &answer["event"]["phase"]), (vec!["opened"], &json!("open")));
    let mut cursor = answer["cursor"].clone();
    let end = one.now() + 5 * HOUR;
    for (method, path, body, kind) in [
        (Method::PATCH, path.clone(), json!({"closes_at": end}), "rescheduled"),
        (Method::POST, format!("{path}/cancel"), json!({}), "cancelled"),
        (Method::POST, format!("{path}/restore"), json!({}), "restored"),
        (Method::POST, format!("{path}/close"), json!({}), "closed"),
    ] {
        let parked = other.park(&event, &format!("after={cursor}&wait=50"), None);
        other.parked(&event, 1).await;
        let now = one.organize(method, &path, Some(body)).await.expect(200);
        let answer = parked.await.unwrap().0.expect(200);
        assert_eq!(kinds(rows(&answer)), [kind]);
        assert_eq!((&answer["event"]["phase"], &answer["event"]["closes_at"]), (&now["phase"], &now["closes_at"]));
        cursor = answer["cursor"].clone();
    }
    // No row tells of a new meeting.
    let (slug, _) = one.meeting().await;
    other.organize(Method::PATCH, &format!("/meetings/{slug}"), Some(json!({"title": "Elsewhere"}))).await.expect(200);
    assert_eq!(one.get(&format!("/meetings/{slug}")).await.expect(200)["title"], "Elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn opened_and_closed_are_written_once_though_both_nodes_keep_the_time() {
    only_on_postgres!();
    let (one, other) = two().await;
    let (slug, _) = one.meeting().await;
    let mut events = Vec::new();
    for n in 0..6 {
        let now = one.now();
        let body = json!({"opens_at": now + 700_000, "closes_at": now + 2_000_000});
        let node = if n % 2 == 0 { &one } else { &other };
        events.push(node.post(&format!("/meetings/{slug}/events"), body).await.expect(201));
    }
    for event in &events {
        let id = event["id"].as_str().unwrap();
        let (opened, _) = other.until(id, "opened", AT_MOST).await;
        let (closed, _) = other.until(id, "closed", AT_MOST).await;
        assert_eq!((&opened["ts"], &closed["ts"]), (&event["opens_at"], &event["closes_at"]));
        for node in [&one, &other] {
            assert_eq!(kinds(&node.log(id).await), ["opened", "closed"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_silent_on_all_nodes_is_known_from_the_database_and_leaves_once() {
    only_on_postgres!();
    let desk = Desk::new().await;
    let other = desk.second().await;
    let event = desk.open_event().await;
    let (ada, bob) = (desk.join(&event, "ada").await, desk.join(&event, "bob").await);
    desk.clock.step(MINUTE);
    let since = || Timestamp::from_micros(desk.now() - MINUTE / 2);
    assert_eq!(desk.store.silent(since()).await.unwrap().len(), 2);
    // The other node has heard of ada.
    other.seen(std::slice::from_ref(&ada)).await.unwrap();
    let silent = desk.store.silent(since()).await.unwrap();
    assert_eq!(silent, [(event.clone(), bob.clone())]);
    // Both nodes come to the same, and both write.
    let out = |who: &ParticipantId| ParticipantAction::TimeOut { event: event.clone(), who: who.clone() };
    let writes = (0..10).map(|n| if n % 2 == 0 { desk.store.write(vec![out(&bob)]) } else { other.write(vec![out(&bob)]) });
    join_all(writes).await.into_iter().for_each(|it| drop(it.unwrap()));
    assert_eq!(kinds_of(&desk.rows(&event).await), ["opened", "joined", "joined", "left"]);
    assert_eq!(other.silent(since()).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_ahead_are_made_once_though_both_nodes_make_them() {
    only_on_postgres!();
    let (one, other) = two().await;
    let starts = Timestamp::from_micros(one.now()).plus_days(7).utc().format("%Y-%m-%dT12:00").to_string();
    let body = json!({"title": "Daily", "timezone": "UTC", "starts": starts, "duration_minutes": 60, "rrule": "FREQ=DAILY"});
    one.post("/meetings", body).await.expect(201);
    let database = one.data().database().unwrap();
    let (events, starts) = ("SELECT count(*) FROM chat_event", "SELECT count(DISTINCT original_start) FROM chat_event");
    let before: usize = database.sql(events).parse().unwrap();
    let stores = [one.store().await, other.store().await];
    let meeting = stores[0].repeating().await.unwrap().remove(0);
    // A week later there are seven more to make.
    one.clock.step(7 * 24 * HOUR);
    other.clock.step(7 * 24 * HOUR);
    let acts = (0..6).map(|n| stores[n % 2].act(OrganizerAction::TopUp { meeting: meeting.clone() }));
    join_all(acts).await.into_iter().for_each(|it| drop(it.unwrap().0.unwrap()));
    assert_eq!((database.sql(events), database.sql(starts)), ((before + 7).to_string(), (before + 7).to_string()));
}
