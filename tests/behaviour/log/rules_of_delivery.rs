//! The rules behind the promises, 4 to 8: what a cursor is, what rooms keep, when they are told.

use std::sync::Arc;
use std::time::Duration;

use gavel::domain::schedule::event::EventId;
use gavel::domain::talk::participant::ParticipantId;
use gavel::domain::time::Timestamp;
use gavel::live::Error;
use gavel::live::node::Node;
use gavel::live::room::{Ask, Form, Look, Room};
use gavel::live::rooms::Rooms;
use gavel::live::wait::Woken;
use gavel::live::writer::Writer;
use gavel::store::schedule::organizer_action::OrganizerAction;
use gavel::store::talk::participant_action::{ParticipantAction, ParticipantOutcome, Refusal};
use reqwest::Method;
use serde_json::json;

use crate::support::data::Engine;
use crate::support::desk::{Desk, join, kinds_of, poll, say, tick};
use crate::support::raw_database::{Fails, Raw};
use crate::support::{Door, HOUR, TestApp, kinds, rows, said};

async fn rule_4_the_cursor_is_the_last_row_scanned_and_counts_are_of_what_everyone_sees(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let raw = Raw::open(app.data()).await;
    let private = raw.whisper(&event, &ada.id, "for ada only").await;
    // The server notices with the next thing that happens: here a change of nothing, which is no row.
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({}))).await.expect(200);
    let anyone = app.poll(&event, "after=0&wait=0").await;
    assert_eq!(
        (kinds(rows(&anyone)), &anyone["cursor"], &anyone["event"]["count"]),
        (vec!["opened", "joined"], &json!(private), &json!(2))
    );
    let ada_sees = app.try_poll(&event, "after=0&wait=0", Some(&ada)).await.expect(200);
    assert_eq!((said(rows(&ada_sees)), &ada_sees["cursor"]), (vec!["for ada only"], &json!(private)));
    assert_eq!(app.look(&event).await["count"], 2);
    let transcript = app.get(&format!("/events/{event}/transcript.txt")).await.text;
    assert!(!transcript.contains("for ada only"));
}

async fn rule_4_a_wake_up_without_a_visible_row_parks_again(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let raw = Raw::open(app.data()).await;
    let query = format!("after={}&wait=50", bob.cursor);
    let (anyone, adas) = (app.park(&event, &query, None), app.park(&event, &query, Some(&ada)));
    app.parked(&event, 2).await;
    raw.whisper(&event, &ada.id, "for ada only").await;
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({}))).await.expect(200);
    assert_eq!(said(rows(&adas.await.unwrap().0.expect(200))), ["for ada only"]);
    let row = app.say(&event, &bob, "for all").await;
    assert_eq!(anyone.await.unwrap().0.expect(200)["messages"], json!([row]));
}

async fn rule_5_a_batch_that_does_not_follow_on_is_read_from_the_database(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let parked = app.park(&event, &format!("after={}&wait=50", bob.cursor), None);
    app.parked(&event, 1).await;
    // Another process writes: the server's room has a gap and does not know it yet.
    let other = app.store().await;
    let (id, who) = (EventId::parse(&event).unwrap(), ParticipantId::parse(&ada.id).unwrap());
    other.write(vec![say(&id, &who, "from the other process", None)]).await.unwrap();
    app.say(&event, &bob, "from this one").await;
    let mut answer = parked.await.unwrap().0.expect(200);
    let mut seen = rows(&answer).to_vec();
    // Where processes tell each other, the first of the two may have come alone.
    if seen.len() == 1 {
        answer = app.poll(&event, &format!("after={}&wait=50", answer["cursor"])).await;
        seen.extend_from_slice(rows(&answer));
    }
    assert_eq!(said(&seen), ["from the other process", "from this one"]);
    assert_eq!(said(&app.log(&event).await), ["from the other process", "from this one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_what_a_room_keeps_no_more_is_read_from_the_database() {
    let desk = Desk::new().await;
    let (event, app) = (desk.open_event().await, desk.app());
    let ada = desk.join(&event, "ada").await;
    // A room that is warm before them and one that is read after them give the same.
    for batch in 0..3 {
        poll(&app, &event, None, 0, 500).await;
        let entries: Vec<ParticipantAction> = (0..400).map(|n| say(&event, &ada, &format!("{batch}: {n}"), None)).collect();
        desk.store.write(entries).await.unwrap();
        app.say(&event, ada.clone(), "through the room", None, None).await.unwrap();
    }
    let all = desk.rows(&event).await;
    assert_eq!(all.len(), 2 + 3 * 401);
    for app in [app, desk.app()] {
        for limit in [1, 200, 500] {
            let (mut after, mut seen) = (if limit == 1 { all[650].ts.micros() } else { 0 }, Vec::new());
            loop {
                let answer = poll(&app, &event, None, after, limit).await;
                seen.extend(rows(&answer).iter().map(|row| row["ts"].as_i64().unwrap()));
                after = answer["cursor"].as_i64().unwrap();
                if answer["more"] == false {
                    break;
                }
            }
            let skipped = if limit == 1 { 651 } else { 0 };
            assert_eq!(seen, all[skipped..].iter().map(|row| row.ts.micros()).collect::<Vec<_>>());
        }
    }
}

async fn rule_6_a_commit_that_fails_announces_nothing_and_its_retry_is_one_row(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let raw = Raw::open(app.data()).await;
    raw.doom(Fails::Commit).await;
    let parked = app.park(&event, &format!("after={}&wait=50", bob.cursor), None);
    app.parked(&event, 1).await;
    for _ in 0..3 {
        let reply = app.try_say(&event, &ada, "doomed", Some("n-1")).await;
        assert!(reply.headers.contains_key("retry-after"));
        reply.problem(503, "unavailable");
    }
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "joined"]);
    raw.spare().await;
    let row = app.try_say(&event, &ada, "doomed", Some("n-1")).await.expect(201);
    // Whoever waited saw nothing of the attempts, and then the row.
    assert_eq!(parked.await.unwrap().0.expect(200)["messages"], json!([row]));
    assert_eq!(app.try_say(&event, &ada, "doomed", Some("n-1")).await.expect(200), row);
    app.say(&event, &bob, "on we go").await;
    assert_eq!(said(&app.log(&event).await), ["doomed", "on we go"]);
    assert_eq!(app.look(&event).await["count"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_6_a_bad_row_never_fails_its_batch() {
    let desk = Desk::new().await;
    let (event, other, ahead) =
        (desk.open_event().await, desk.open_event().await, desk.event(desk.now() + HOUR, desk.now() + 2 * HOUR).await);
    let (ada, bob) = (desk.join(&event, "ada").await, desk.join(&event, "bob").await);
    desk.enter(ParticipantAction::Leave { event: event.clone(), who: bob.clone() }).await.unwrap();
    let batch = vec![
        say(&event, &ada, "first", Some("n-1")),
        say(&other, &ada, "of another event", None),
        say(&event, &bob, "gone", None),
        say(&event, &ParticipantId::random(), "nobody", None),
        say(&EventId::random(), &ada, "nowhere", None),
        join(&ahead, "ada", None),
        join(&event, "ADA", None),
        say(&event, &ada, "first again", Some("n-1")),
        tick(&EventId::random()),
        say(&event, &ada, "last", None),
        join(&event, "bob", None),
    ];
    let (outcomes, changes) = desk.store.write(batch).await.unwrap();
    let told: Vec<&str> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Ok(ParticipantOutcome::Said { fresh: true, .. } | ParticipantOutcome::Joined { fresh: true, .. }) => "done",
            Ok(ParticipantOutcome::Said { fresh: false, .. }) => "again",
            Err(Refusal::NoParticipant) => "nobody",
            Err(Refusal::NoEvent) => "nowhere",
            Err(Refusal::NickTaken) => "taken",
            Err(Refusal::Event(_)) => "not now",
            _ => "else",
        })
        .collect();
    assert_eq!(told, ["done", "nobody", "nobody", "nobody", "nowhere", "not now", "taken", "again", "nowhere", "done", "done"]);
    let rows = desk.rows(&event).await;
    assert_eq!(kinds_of(&rows), ["opened", "joined", "joined", "left", "said", "said", "joined"]);
    let change = changes.iter().find(|it| it.event.id == event).unwrap();
    assert_eq!((change.rows.as_slice(), change.event.last), (&rows[4..], rows[6].ts));
    let now = desk.look(&event).await;
    assert_eq!((now.last, now.count), (rows[6].ts, 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_6_rooms_hear_of_rows_from_the_writer_and_after_a_failure_read_anew() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let ada = desk.join(&event, "ada").await;
    let rooms = Arc::new(Rooms::new(Node::new(desk.clock.clone(), Duration::ZERO)));
    let writer = Writer::start(desk.store.clone(), Arc::clone(&rooms), Arc::default(), Duration::ZERO);
    let room = rooms.enter(&desk.store, &event).await.unwrap();
    let (waiter, head) = (Arc::clone(&room), desk.look(&event).await.last);
    let ask = || Ask { who: None, limit: 10, form: Form::Page, waits: true };
    let until = rooms.node.after(Duration::from_mins(1));
    let woken = tokio::spawn(async move { waiter.wait(head, ask(), until, 0, None).await });
    seated(&room).await;
    desk.raw.doom(Fails::Insert).await;
    let [fine, doomed] = ["fine", "doomed"].map(|text| writer.submit(say(&event, &ada, text, None)).unwrap());
    // The two may share a transaction or not. What is told holds either way.
    let fine = fine.outcome().await;
    assert!(matches!(doomed.outcome().await, Err(Error::Unknown)));
    if Engine::tested() == Engine::Sqlite {
        // Whoever waits hears of either, and is not left waiting for a row whose fate is unknown.
        assert!(matches!(woken.await.unwrap(), Woken::Look(Look::Rows(..) | Look::Cold)));
        assert!(matches!(room.look(Timestamp::ZERO, &ask()), Look::Cold));
    } else {
        // A server of its own may be away for long: what is here stays true, and who waits may wait on.
        woken.abort();
        assert!(matches!(room.look(Timestamp::ZERO, &ask()), Look::Rows(..)));
    }
    rooms.warm(&desk.store, &room).await.unwrap();
    let kept = kinds_of(&desk.rows(&event).await).contains(&"said");
    assert_eq!(fine.is_ok(), kept);
    assert_eq!(room.event().unwrap().last, desk.look(&event).await.last);
    writer.drain().await;
    assert!(matches!(writer.enter(tick(&event)).await, Err(Error::Stopping)));
}

async fn rule_7_a_reset_is_judged_by_the_head_of_the_database(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let other = app.store().await;
    let (id, who) = (EventId::parse(&event).unwrap(), ParticipantId::parse(&ada.id).unwrap());
    let (done, _) = other.write(vec![say(&id, &who, "one", None), say(&id, &who, "two", None)]).await.unwrap();
    let Ok(ParticipantOutcome::Said { row, .. }) = &done[0] else { panic!("{done:?}") };
    // The room lies behind, the database does not: no reset, and the row after it.
    let answer = app.poll(&event, &format!("after={}&wait=50", row.ts)).await;
    assert_eq!((&answer["reset"], said(rows(&answer))), (&json!(false), vec!["two"]));
}

/// Waits until somebody waits.
async fn seated(room: &Room) {
    while room.waiting() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_7_a_hot_room_holds_messages_back_and_no_phase() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let ada = desk.join(&event, "ada").await;
    // At this pace whatever is held back comes after the test.
    let rooms = Arc::new(Rooms::new(Node::new(desk.clock.clone(), Duration::from_hours(1))));
    let writer = Writer::start(desk.store.clone(), Arc::clone(&rooms), Arc::default(), Duration::ZERO);
    let room = rooms.enter(&desk.store, &event).await.unwrap();
    let ask = || Ask { who: None, limit: 10, form: Form::Page, waits: true };
    let head = desk.look(&event).await.last;
    writer.enter(say(&event, &ada, "wakes a quiet room", None)).await.unwrap().unwrap();
    let Look::Rows(_, shown) = room.look(head, &ask()) else { panic!("a lone message is there at once") };
    writer.enter(say(&event, &ada, "held back", None)).await.unwrap().unwrap();
    assert!(matches!(room.look(shown, &ask()), Look::Nothing(_)));
    assert!(matches!(room.look(shown, &Ask { waits: false, ..ask() }), Look::Rows(..)));
    let (waiter, until) = (Arc::clone(&room), rooms.node.after(Duration::from_mins(1)));
    let woken = tokio::spawn(async move { waiter.wait(shown, ask(), until, 0, None).await });
    seated(&room).await;
    writer.act(OrganizerAction::Close { event: event.clone() }).await.unwrap().unwrap();
    let Woken::Look(Look::Rows(_, cursor)) = woken.await.unwrap() else { panic!("the close is told at once") };
    assert_eq!(Some(cursor), desk.look(&event).await.closed);
}

async fn rule_7_rows_of_a_phase_and_the_shutdown_reach_parked_polls_at_once(door: Door) {
    let mut app = TestApp::start_at(door).await;
    let (event, quiet) = (app.open_event().await, app.open_event().await);
    let cursor = app.join(&event, "ada").await.cursor;
    let asleep = app.join(&quiet, "ada").await.cursor;
    let parked = [(); 3].map(|()| app.park(&event, &format!("after={cursor}&wait=50"), None));
    let sleeping = app.park(&quiet, &format!("after={asleep}&wait=50"), None);
    app.parked(&event, 3).await;
    app.parked(&quiet, 1).await;
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    for poll in parked {
        assert_eq!(kinds(rows(&poll.await.unwrap().0.expect(200))), ["closed"]);
    }
    app.stop().await;
    let (reply, took) = sleeping.await.unwrap();
    assert_eq!(reply.expect(200)["messages"], json!([]));
    assert!(took.as_secs() < 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_8_a_shared_answer_is_never_one_that_another_reader_may_not_see() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let (ada, bob) = (desk.join(&event, "ada").await, desk.join(&event, "bob").await);
    let start = desk.look(&event).await.last.micros();
    desk.enter(say(&event, &bob, "one", None)).await.unwrap();
    desk.raw.whisper(event.as_str(), ada.as_str(), "for ada only").await;
    desk.enter(say(&event, &bob, "two", None)).await.unwrap();
    desk.enter(say(&event, &bob, "three", None)).await.unwrap();
    // Who asks first must not decide what the next one gets, nor where its cursor goes.
    let readers: [Option<&ParticipantId>; 3] = [None, Some(&ada), Some(&bob)];
    for turn in 0..3 {
        let app = desk.app();
        for limit in [1, 2, 3] {
            for reader in (0..3).map(|n| readers[(n + turn) % 3]) {
                let (mut after, mut seen) = (start, Vec::new());
                loop {
                    let answer = poll(&app, &event, reader, after, limit).await;
                    seen.extend(said(rows(&answer)).iter().map(|text| (*text).to_owned()));
                    after = answer["cursor"].as_i64().unwrap();
                    if answer["more"] == false {
                        break;
                    }
                }
                let all: &[&str] = if reader == Some(&ada) { &["one", "for ada only", "two", "three"] } else { &["one", "two", "three"] };
                assert_eq!(seen, all, "limit {limit}, turn {turn}, {reader:?}");
            }
        }
    }
}

async fn rule_8_answers_differ_with_limit_and_state_and_each_has_its_own_now(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "one").await;
    app.say(&event, &ada, "two").await;
    let query = format!("after={}&wait=0", ada.cursor);
    let all = app.poll(&event, &query).await;
    let one = app.poll(&event, &format!("{query}&limit=1")).await;
    assert_eq!((said(rows(&all)), said(rows(&one)), &one["more"]), (vec!["one", "two"], vec!["one"], &json!(true)));
    app.clock.step(1_000_000);
    let later = app.poll(&event, &query).await;
    assert!(later["now"].as_i64().unwrap() >= all["now"].as_i64().unwrap() + 1_000_000);
    let end = app.now() + 2 * HOUR;
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({"closes_at": end}))).await.expect(200);
    assert_eq!(app.poll(&event, &query).await["event"]["closes_at"], end);
    app.organize(Method::POST, &format!("/events/{event}/cancel"), None).await.expect(200);
    let over = app.poll(&event, &query).await;
    assert_eq!((&over["event"]["phase"], kinds(rows(&over))), (&json!("cancelled"), vec!["said", "said", "rescheduled", "cancelled"]));
}

at_both_doors!(
    rule_4_the_cursor_is_the_last_row_scanned_and_counts_are_of_what_everyone_sees,
    rule_4_a_wake_up_without_a_visible_row_parks_again,
    rule_5_a_batch_that_does_not_follow_on_is_read_from_the_database,
    rule_6_a_commit_that_fails_announces_nothing_and_its_retry_is_one_row,
    rule_7_a_reset_is_judged_by_the_head_of_the_database,
    rule_7_rows_of_a_phase_and_the_shutdown_reach_parked_polls_at_once,
    rule_8_answers_differ_with_limit_and_state_and_each_has_its_own_now,
);
