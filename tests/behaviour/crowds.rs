//! Many at once: how often a busy room wakes its pollers, and how many may be parked.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Door, Reply, TestApp, kinds, said};

fn rows(answer: &Value) -> &[Value] {
    answer["messages"].as_array().unwrap()
}

/// A poll that had no place: 503 with a time to come again.
fn crowded(reply: Reply) {
    let wait: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    reply.problem(503, "crowded");
}

async fn a_hot_room_gathers_messages_and_shows_them_together(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.pace_ms", json!(1_000))]).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    // The join has just woken the room, so this is gathered.
    let parked = app.park(&event, &format!("after={}&wait=50", ada.cursor), None);
    for text in ["one", "two", "three"] {
        app.say(&event, &ada, text).await;
    }
    let answer = parked.await.unwrap().0.expect(200);
    assert_eq!(said(rows(&answer)), ["one", "two", "three"]);
    assert_eq!((&answer["event"]["count"], &answer["more"]), (&json!(5), &json!(false)));
}

async fn who_is_behind_or_does_not_wait_gets_what_a_hot_room_has_not_shown_yet(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.pace_ms", json!(1_000))]).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "one").await;
    let query = format!("after={}", ada.cursor);
    assert_eq!(said(rows(&app.poll(&event, &format!("{query}&wait=0")).await)), ["one"]);
    assert_eq!(kinds(rows(&app.poll(&event, "after=0&wait=50").await)), ["opened", "joined", "said"]);
}

async fn who_joins_a_hot_room_is_not_thought_to_be_ahead_of_it(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.pace_ms", json!(1_000))]).await;
    let event = app.open_event().await;
    app.join(&event, "ada").await;
    // Both the row and the person are known, though not shown.
    let bob = app.join(&event, "bob").await;
    let parked = app.park(&event, &format!("after={}&wait=50", bob.cursor), Some(&bob));
    app.parked(&event, 1).await;
    let row = app.say(&event, &bob, "hello").await;
    let answer = parked.await.unwrap().0.expect(200);
    assert_eq!((&answer["reset"], rows(&answer)), (&json!(false), &[row][..]));
}

async fn a_wait_ends_in_time_and_its_answer_says_how_far_it_is(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let query = format!("after={}&wait=1", ada.cursor);
    let polls: Vec<_> = (0..20).map(|_| app.park(&event, &query, None)).collect();
    for poll in polls {
        let (reply, took) = poll.await.unwrap();
        assert!(took >= Duration::from_secs(1), "{took:?}");
        let answer = reply.expect(200);
        assert_eq!((&answer["messages"], &answer["cursor"], &answer["event"]["count"]), (&json!([]), &json!(ada.cursor), &json!(2)));
    }
    app.parked(&event, 0).await;
}

async fn a_person_parks_so_many_polls_and_gets_messages_all_the_same(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.person_polls", json!(2))]).await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let query = format!("after={}&wait=50", bob.cursor);
    let parked = [app.park(&event, &query, Some(&ada)), app.park(&event, &query, Some(&ada))];
    app.parked(&event, 2).await;
    crowded(app.try_poll(&event, &query, Some(&ada)).await);
    assert_eq!(app.response(&format!("/events/{event}/stream?after={}", bob.cursor), None, Some(&ada.token)).await.status(), 503);
    // What needs no place is answered.
    app.try_poll(&event, "after=0&wait=50", Some(&ada)).await.expect(200);
    app.try_poll(&event, &format!("after={}&wait=0", bob.cursor), Some(&ada)).await.expect(200);
    let bobs = app.park(&event, &query, Some(&bob));
    app.parked(&event, 3).await;
    app.say(&event, &ada, "hello").await;
    for poll in parked.into_iter().chain([bobs]) {
        assert_eq!(said(rows(&poll.await.unwrap().0.expect(200))), ["hello"]);
    }
}

async fn an_address_parks_so_many_polls(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.address_polls", json!(3))]).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let query = format!("after={}&wait=50", ada.cursor);
    let parked: Vec<_> = (0..3).map(|_| app.park(&event, &query, None)).collect();
    app.parked(&event, 3).await;
    crowded(app.try_poll(&event, &query, Some(&ada)).await);
    app.say(&event, &ada, "hello").await;
    for poll in parked {
        poll.await.unwrap().0.expect(200);
    }
    // Places are given back.
    let again = app.park(&event, &format!("after={}&wait=1", app.poll(&event, "wait=0").await["cursor"]), Some(&ada));
    again.await.unwrap().0.expect(200);
}

async fn a_full_room_leaves_places_in_the_others(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.room_polls", json!(2)), ("gavel.polls", json!(3))]).await;
    let (busy, other) = (app.open_event().await, app.open_event().await);
    let (ada, bob) = (app.join(&busy, "ada").await, app.join(&other, "bob").await);
    let (here, there) = (format!("after={}&wait=50", ada.cursor), format!("after={}&wait=50", bob.cursor));
    let mut parked = vec![app.park(&busy, &here, None), app.park(&busy, &here, None)];
    app.parked(&busy, 2).await;
    crowded(app.try_poll(&busy, &here, None).await);
    parked.push(app.park(&other, &there, None));
    app.parked(&other, 1).await;
    crowded(app.try_poll(&other, &there, None).await);
    app.say(&busy, &ada, "hello").await;
    app.say(&other, &bob, "hello").await;
    for poll in parked {
        poll.await.unwrap().0.expect(200);
    }
}

async fn a_thousand_polls_of_one_client_are_bounded_and_the_rest_go_on(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.address_polls", json!(50))]).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let query = format!("after={}&wait=50", ada.cursor);
    let began = Instant::now();
    let polls: Vec<_> = (0..300).map(|_| app.park(&event, &query, None)).collect();
    let (mut served, mut refused) = (0, 0);
    app.parked(&event, 50).await;
    let mut waiting = Vec::new();
    for poll in polls {
        if poll.is_finished() { refused += count(poll.await.unwrap().0, &mut served) } else { waiting.push(poll) }
    }
    app.say(&event, &ada, "hello").await;
    for poll in waiting {
        refused += count(poll.await.unwrap().0, &mut served);
    }
    assert_eq!(served + refused, 300);
    assert!(served >= 50 && refused > 0, "{served} served, {refused} refused");
    assert!(began.elapsed() < Duration::from_secs(45));
}

fn count(reply: Reply, served: &mut i32) -> i32 {
    if reply.status == 200 {
        *served += 1;
        return 0;
    }
    crowded(reply);
    1
}

at_both_doors!(
    a_hot_room_gathers_messages_and_shows_them_together,
    who_is_behind_or_does_not_wait_gets_what_a_hot_room_has_not_shown_yet,
    who_joins_a_hot_room_is_not_thought_to_be_ahead_of_it,
    a_wait_ends_in_time_and_its_answer_says_how_far_it_is,
    a_person_parks_so_many_polls_and_gets_messages_all_the_same,
    an_address_parks_so_many_polls,
    a_full_room_leaves_places_in_the_others,
    a_thousand_polls_of_one_client_are_bounded_and_the_rest_go_on,
);
