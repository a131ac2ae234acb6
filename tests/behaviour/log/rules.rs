//! The rules behind the promises, 1 to 3 and 9: one clock, boundaries once, what may change, events
//! made ahead. 4 to 8 are in `rules_of_delivery.rs`.

use gavel::domain::schedule::event::{EventProblem, Phase};
use gavel::domain::time::Timestamp;
use gavel::store::schedule::organizer_action::{OrganizerAction, OrganizerOutcome};
use gavel::store::talk::participant_action::{ParticipantAction, ParticipantOutcome, Refusal};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::desk::{Desk, join, kinds_of, say, stamps, tick, times};
use crate::support::raw_database::Raw;
use crate::support::{HOUR, MINUTE, TestApp, kinds};

const CLOSED: Result<(), Refusal> = Err(Refusal::Event(EventProblem::Closed));

#[tokio::test(flavor = "multi_thread")]
async fn rule_1_each_row_of_a_batch_is_judged_by_its_own_timestamp() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let ada = desk.join(&event, "ada").await;
    // The clock lies behind the log from here on, so that timestamps go up by one.
    desk.clock.step(-10 * MINUTE);
    let last = desk.look(&event).await.last.micros();
    desk.raw.close_at(event.as_str(), last + 5).await;
    let batch: Vec<ParticipantAction> = (0..10).map(|n| say(&event, &ada, &format!("line {n}"), None)).collect();
    let (outcomes, _) = desk.store.write(batch).await.unwrap();
    let expected: Vec<Option<i64>> = (1..=10).map(|n| (n < 5).then_some(last + n)).collect();
    assert_eq!(stamps(&outcomes), expected);
    assert!(outcomes[4..].iter().all(|it| it.as_ref().map(|_| ()).map_err(Clone::clone) == CLOSED));
    let rows = desk.rows(&event).await;
    assert_eq!(kinds_of(&rows), ["opened", "joined", "said", "said", "said", "said", "closed"]);
    assert_eq!(rows.last().unwrap().ts.micros(), last + 5);
    // What has closed stays closed whatever the clock says.
    assert_eq!(desk.look(&event).await.phase(Timestamp::from_micros(1)), Phase::Closed);
    assert!(matches!(desk.enter(say(&event, &ada, "late", None)).await, Err(Refusal::Event(EventProblem::Closed))));
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_1_the_clock_is_read_after_the_lock_is_held() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let ada = desk.join(&event, "ada").await;
    let mut held = desk.raw.hold(&event).await;
    let (store, entry) = (desk.store.clone(), say(&event, &ada, "just in time?", None));
    let waiting = tokio::spawn(async move { store.write(vec![entry]).await.unwrap().0.remove(0) });
    held.is_wanted().await;
    desk.clock.step(2 * HOUR);
    held.release().await;
    assert!(matches!(waiting.await.unwrap(), Err(Refusal::Event(EventProblem::Closed))));
    assert_eq!(kinds_of(&desk.rows(&event).await), ["opened", "joined", "closed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_2_the_first_transaction_past_a_boundary_writes_it_first_and_with_its_set_time() {
    let desk = Desk::new().await;
    let (opens, closes) = (desk.now() + HOUR, desk.now() + 2 * HOUR);
    let event = desk.event(opens, closes).await;
    assert!(matches!(desk.enter(join(&event, "ada", None)).await, Err(Refusal::Event(EventProblem::NotOpen))));
    assert_eq!(desk.rows(&event).await, []);
    desk.clock.step(HOUR + MINUTE);
    let ada = desk.join(&event, "ada").await;
    desk.clock.step(HOUR);
    assert!(matches!(desk.enter(say(&event, &ada, "late", None)).await, Err(Refusal::Event(EventProblem::Closed))));
    let rows = desk.rows(&event).await;
    assert_eq!(kinds_of(&rows), ["opened", "joined", "closed"]);
    assert_eq!((rows[0].ts.micros(), rows[2].ts.micros()), (opens, closes));
    let event = desk.look(&event).await;
    assert_eq!((event.opened, event.closed), (Some(rows[0].ts), Some(rows[2].ts)));
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_2_a_boundary_is_written_once_however_many_look_at_once() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let ada = desk.join(&event, "ada").await;
    let second = desk.second().await;
    desk.clock.step(2 * HOUR);
    let writes = (0..40).map(|n| {
        let store = if n % 2 == 0 { desk.store.clone() } else { second.clone() };
        let entry = if n % 5 == 0 { say(&event, &ada, "late", None) } else { tick(&event) };
        tokio::spawn(async move { store.write(vec![entry.clone(), entry]).await.unwrap() })
    });
    rocket::futures::future::join_all(writes).await.into_iter().for_each(|it| drop(it.unwrap()));
    let rows = desk.rows(&event).await;
    assert_eq!(kinds_of(&rows), ["opened", "joined", "closed"]);
    assert_eq!(rows[2].ts, desk.look(&event).await.closes_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_2_a_set_time_behind_the_last_row_gives_way_to_it() {
    let desk = Desk::new().await;
    let event = desk.event(desk.now() + MINUTE, desk.now() + HOUR).await;
    let act = |act| async { desk.store.act(act).await.unwrap().0.unwrap() };
    act(OrganizerAction::Cancel { event: event.clone(), reason: None }).await;
    desk.clock.step(2 * MINUTE);
    act(OrganizerAction::Restore { event: event.clone() }).await;
    let rows = desk.rows(&event).await;
    assert_eq!(kinds_of(&rows), ["cancelled", "restored", "opened"]);
    assert_eq!(rows[2].ts.micros(), rows[1].ts.micros() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_3_of_extending_and_closing_the_first_one_counts() {
    for round in 0..8 {
        let desk = Desk::new().await;
        let event = desk.open_event().await;
        desk.join(&event, "ada").await;
        let second = desk.second().await;
        let (close, extend) =
            (OrganizerAction::Close { event: event.clone() }, OrganizerAction::Extend { event: event.clone(), minutes: 30 });
        let acts = if round % 2 == 0 { [close, extend] } else { [extend, close] };
        let [one, two] =
            acts.map(|act| (act.clone(), if matches!(act, OrganizerAction::Close { .. }) { desk.store.clone() } else { second.clone() }));
        let run = |(act, store): (OrganizerAction, gavel::store::Store)| tokio::spawn(async move { store.act(act).await.unwrap().0 });
        let (one, two) = (run(one), run(two));
        let outcomes = [one.await.unwrap(), two.await.unwrap()];
        let rows = desk.rows(&event).await;
        let now = desk.look(&event).await;
        // Either the extension came first, or it was refused; closed is last in both cases.
        let extended = kinds_of(&rows).contains(&"rescheduled");
        let refused = outcomes.iter().filter(|it| matches!(it, Err(Refusal::Event(EventProblem::Closed)))).count();
        assert_eq!((rows.last().unwrap().kind.as_str(), refused), ("closed", usize::from(!extended)), "{outcomes:?}");
        assert_eq!((now.closed, now.closes_at), (Some(now.last), now.last));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_3_nothing_follows_closed() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let (ada, bob) = (desk.join(&event, "ada").await, desk.join(&event, "bob").await);
    let said = desk.enter(say(&event, &ada, "hello", None)).await;
    let Ok(ParticipantOutcome::Said { row, .. }) = said else { panic!("{said:?}") };
    desk.clock.step(2 * HOUR);
    desk.enter(tick(&event)).await.unwrap();
    let rows = desk.rows(&event).await;
    let (event_id, who) = (event.clone(), ada.clone());
    desk.enter(ParticipantAction::TimeOut { event: event_id.clone(), who: who.clone() }).await.unwrap();
    desk.enter(ParticipantAction::Return { event: event_id.clone(), who: who.clone() }).await.unwrap();
    desk.enter(ParticipantAction::Leave { event: event_id.clone(), who }).await.unwrap();
    desk.store.act(OrganizerAction::Remove { event: event.clone(), who: bob }).await.unwrap().0.unwrap();
    desk.store.act(OrganizerAction::Redact { event: event.clone(), ts: row.ts }).await.unwrap().0.unwrap();
    let after = desk.rows(&event).await;
    assert_eq!((kinds_of(&after), times(&after)), (kinds_of(&rows), times(&rows)));
    assert_eq!(desk.look(&event).await.last, rows.last().unwrap().ts);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_3_an_end_can_move_until_closed_is_written_and_not_after() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    desk.clock.step(2 * HOUR);
    // The end is past, though no transaction has looked: the row that is due comes first.
    let late = OrganizerAction::Extend { event: event.clone(), minutes: 600 };
    assert!(matches!(desk.store.act(late).await.unwrap().0, Err(Refusal::Event(EventProblem::Closed))));
    desk.enter(tick(&event)).await.unwrap();
    assert_eq!(kinds_of(&desk.rows(&event).await), ["opened", "closed"]);
}

async fn events(app: &TestApp, slug: &str) -> Vec<Value> {
    app.get(&format!("/meetings/{slug}")).await.expect(200)["upcoming"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_9_a_moved_or_cancelled_event_is_not_made_again() {
    let app = TestApp::start().await;
    let starts = Timestamp::from_micros(app.now()).plus_days(7).utc().format("%Y-%m-%dT12:00").to_string();
    let body = json!({"title": "Weekly", "timezone": "UTC", "starts": starts, "duration_minutes": 60, "rrule": "FREQ=WEEKLY"});
    let meeting = app.post("/meetings", body).await.expect(201);
    let slug = meeting["slug"].as_str().unwrap();
    let before = events(&app, slug).await;
    assert!((11..=13).contains(&before.len()), "{}", before.len());
    let id = |n: usize| before[n]["id"].as_str().unwrap();
    let later = |n: usize, key: &str| before[n][key].as_i64().unwrap() + 26 * HOUR;
    let times = json!({"opens_at": later(0, "opens_at"), "closes_at": later(0, "closes_at")});
    app.organize(Method::PATCH, &format!("/events/{}", id(0)), Some(times)).await.expect(200);
    app.organize(Method::POST, &format!("/events/{}/cancel", id(1)), None).await.expect(200);
    // An edit tops up, and so does the keeper, here of a second process.
    app.organize(Method::PATCH, &format!("/meetings/{slug}"), Some(json!({"title": "Weekly talk"}))).await.expect(200);
    let store = app.store().await;
    let repeating = store.repeating().await.unwrap();
    assert!(matches!(store.act(OrganizerAction::TopUp { meeting: repeating[0].clone() }).await.unwrap().0, Ok(OrganizerOutcome::Nothing)));
    let ids = |events: &[Value]| {
        let mut ids: Vec<String> = events.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(&events(&app, slug).await), ids(&before));
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_9_the_next_event_exists_however_far_ahead_it_is() {
    let app = TestApp::start().await;
    let starts = Timestamp::from_micros(app.now()).plus_days(300).utc().format("%Y-%m-%dT12:00").to_string();
    let body = json!({"title": "Yearly", "timezone": "UTC", "starts": starts, "duration_minutes": 60, "rrule": "FREQ=YEARLY"});
    let meeting = app.post("/meetings", body).await.expect(201);
    assert_eq!(meeting["upcoming"].as_array().unwrap().len(), 1);
    assert_eq!(meeting["next"]["opens_at"], meeting["starts"]);
    let store = Raw::open(app.data()).await;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM chat_event").fetch_one(&store.0).await.unwrap();
    assert_eq!(count, 1);
    assert_eq!(kinds(&app.log(meeting["next"]["id"].as_str().unwrap()).await), Vec::<&str>::new());
}
