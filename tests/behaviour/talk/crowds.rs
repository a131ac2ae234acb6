//! Many at once: how often a busy room wakes its pollers, and how many may be parked.

use std::time::Duration;

use serde_json::json;

use crate::support::{Door, Reply, TestApp, kinds, rows, said};

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

async fn the_oldest_poll_of_a_person_ends_when_they_have_too_many(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.person_polls", json!(2))]).await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let query = format!("after={}&wait=50", bob.cursor);
    let mut parked = Vec::new();
    for n in 1..=2 {
        parked.push(app.park(&event, &query, Some(&ada)));
        app.parked(&event, n).await;
    }
    let bobs = app.park(&event, &query, Some(&bob));
    app.parked(&event, 3).await;
    // A dozen more, as of a client that cuts its requests off: each ends the oldest of ada's, and nobody else's.
    for n in 0..12 {
        parked.push(app.park(&event, &query, Some(&ada)));
        let answer = parked.remove(0).await.unwrap().0.expect(200);
        assert_eq!((&answer["messages"], &answer["cursor"]), (&json!([]), &json!(bob.cursor)), "{n}");
        // Only a tab is replaced: without one the client asks again.
        assert_eq!((&answer["replaced"], &answer["more"], &answer["reset"]), (&json!(false), &json!(false), &json!(false)), "{n}");
        app.parked(&event, 3).await;
    }
    app.say(&event, &ada, "hello").await;
    for poll in parked.into_iter().chain([bobs]) {
        assert_eq!(said(rows(&poll.await.unwrap().0.expect(200))), ["hello"]);
    }
}

async fn a_tab_that_is_ended_by_too_many_others_is_told_that_it_is_replaced(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.person_polls", json!(2))]).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let tab = |tab: &str| format!("after={}&wait=50&tab={tab}", ada.cursor);
    let one = app.park(&event, &tab("one"), Some(&ada));
    app.parked(&event, 1).await;
    let two = app.park(&event, &tab("two"), Some(&ada));
    app.parked(&event, 2).await;
    // The same tab again takes the place of its own older poll and ends no other.
    let again = app.park(&event, &tab("one"), Some(&ada));
    assert_eq!(one.await.unwrap().0.expect(200)["replaced"], json!(true));
    app.parked(&event, 2).await;
    let three = app.park(&event, &tab("three"), Some(&ada));
    assert_eq!(two.await.unwrap().0.expect(200)["replaced"], json!(true));
    app.parked(&event, 2).await;
    app.say(&event, &ada, "hello").await;
    for poll in [again, three] {
        assert_eq!(said(rows(&poll.await.unwrap().0.expect(200))), ["hello"]);
    }
}

async fn a_stream_too_many_ends_the_oldest_one(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.person_polls", json!(2))]).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let query = format!("after={}", ada.cursor);
    let mut streams = Vec::new();
    for n in 1..=2 {
        let mut stream = app.stream(&event, &query, Some(&ada)).await;
        stream.next().await.unwrap();
        streams.push(stream);
        app.parked(&event, n).await;
    }
    streams.push(app.stream(&event, &query, Some(&ada)).await);
    assert!(streams.remove(0).next().await.is_none(), "the oldest ends");
    streams[1].next().await.unwrap();
    app.parked(&event, 2).await;
    app.say(&event, &ada, "hello").await;
    for stream in &mut streams {
        assert_eq!(said(&stream.rows(1).await), ["hello"]);
    }
}

async fn an_address_parks_so_many_polls(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.address_polls", json!(4))]).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let query = format!("after={}&wait=50", ada.cursor);
    let mut parked: Vec<_> = (0..3).map(|_| app.park(&event, &query, None)).collect();
    app.parked(&event, 3).await;
    // The last quarter of its places is for participants.
    crowded(app.try_poll(&event, &query, None).await);
    parked.push(app.park(&event, &query, Some(&ada)));
    app.parked(&event, 4).await;
    crowded(app.try_poll(&event, &query, Some(&ada)).await);
    app.say(&event, &ada, "hello").await;
    for poll in parked {
        poll.await.unwrap().0.expect(200);
    }
    // Places are given back.
    let again = app.park(&event, &format!("after={}&wait=1", app.poll(&event, "wait=0").await["cursor"]), Some(&ada));
    again.await.unwrap().0.expect(200);
}

async fn readers_without_a_token_leave_places_for_participants(door: Door) {
    // In a room of four, and on a server of eight.
    let app = TestApp::start_at_with(door, &[("gavel.room_polls", json!(4)), ("gavel.polls", json!(8))]).await;
    let (one, two, three) = (app.open_event().await, app.open_event().await, app.open_event().await);
    let mut parked = Vec::new();
    for event in [&one, &two] {
        let ada = app.join(event, "ada").await;
        let query = format!("after={}&wait=50", ada.cursor);
        parked.extend((0..3).map(|_| app.park(event, &query, None)));
        app.parked(event, 3).await;
        crowded(app.try_poll(event, &query, None).await);
    }
    // Six of eight are taken: so outsiders get no more, wherever they ask, and participants do.
    let eve = app.join(&three, "eve").await;
    let query = format!("after={}&wait=50", eve.cursor);
    crowded(app.try_poll(&three, &query, None).await);
    assert_eq!(app.response(&format!("/events/{three}/stream?after={}", eve.cursor), None, None).await.status(), 503);
    parked.extend((0..2).map(|_| app.park(&three, &query, Some(&eve))));
    app.parked(&three, 2).await;
    crowded(app.try_poll(&three, &query, Some(&eve)).await);
    for event in [&one, &two] {
        let bob = app.join(event, "bob").await;
        app.say(event, &bob, "hello").await;
    }
    app.say(&three, &eve, "hello").await;
    for poll in parked {
        poll.await.unwrap().0.expect(200);
    }
}

async fn a_full_room_leaves_places_in_the_others(door: Door) {
    let app = TestApp::start_at_with(door, &[("gavel.room_polls", json!(2)), ("gavel.polls", json!(3))]).await;
    let (busy, other) = (app.open_event().await, app.open_event().await);
    let (ada, bob) = (app.join(&busy, "ada").await, app.join(&other, "bob").await);
    let (here, there) = (format!("after={}&wait=50", ada.cursor), format!("after={}&wait=50", bob.cursor));
    let mut parked = vec![app.park(&busy, &here, Some(&ada)), app.park(&busy, &here, Some(&ada))];
    app.parked(&busy, 2).await;
    crowded(app.try_poll(&busy, &here, Some(&ada)).await);
    parked.push(app.park(&other, &there, Some(&bob)));
    app.parked(&other, 1).await;
    crowded(app.try_poll(&other, &there, Some(&bob)).await);
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
    let polls: Vec<_> = (0..300).map(|_| app.park(&event, &query, None)).collect();
    let (mut served, mut refused) = (0, 0);
    app.parked(&event, 37).await;
    let mut waiting = Vec::new();
    for poll in polls {
        if poll.is_finished() { refused += count(poll.await.unwrap().0, &mut served) } else { waiting.push(poll) }
    }
    app.say(&event, &ada, "hello").await;
    for poll in waiting {
        refused += count(poll.await.unwrap().0, &mut served);
    }
    assert_eq!(served + refused, 300);
    assert!(served >= 37 && refused > 0, "{served} served, {refused} refused");
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
    the_oldest_poll_of_a_person_ends_when_they_have_too_many,
    a_tab_that_is_ended_by_too_many_others_is_told_that_it_is_replaced,
    a_stream_too_many_ends_the_oldest_one,
    an_address_parks_so_many_polls,
    readers_without_a_token_leave_places_for_participants,
    a_full_room_leaves_places_in_the_others,
    a_thousand_polls_of_one_client_are_bounded_and_the_rest_go_on,
);
