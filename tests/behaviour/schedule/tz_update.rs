//! A Gavel with other data of the time zones: at its start events ahead go to the new instants of their wall times, once.
//!
//! The data cannot be turned back, so it is the rows that are an hour early, as data from before would have made them.

use gavel::domain::schedule::meeting::MeetingInput;
use gavel::domain::time::Timestamp;
use gavel::domain::zone::Zone;
use gavel::store::schedule::organizer_action::{OrganizerAction, OrganizerOutcome};
use gavel::store::schedule::tz_update::{InLine, Zones};
use reqwest::Method;
use serde_json::{Value, json};

use crate::calendar::icalendar::calendar;
use crate::support::desk::Desk;
use crate::support::raw_database::Raw;
use crate::support::{HOUR, TestApp, kinds};

/// Brings all events an hour forward but those that were moved, of which only the place in the rule was another; and forgets
/// their wall times where `forget` says so.
async fn plant(raw: &Raw, forget: bool, but: &str) {
    sqlx::query(
        "UPDATE chat_event SET original_start = original_start - $1, \
         closes_at = CASE WHEN opens_at = original_start THEN closes_at - $1 ELSE closes_at END, \
         opens_at = CASE WHEN opens_at = original_start THEN opens_at - $1 ELSE opens_at END WHERE id <> $2",
    )
    .bind(HOUR)
    .bind(but)
    .execute(&raw.0)
    .await
    .unwrap();
    if forget {
        raw.run("UPDATE chat_event SET wall = NULL").await;
    }
}

/// What is noted of the release; `None`: nothing.
async fn note(raw: &Raw, value: Option<&str>) {
    raw.run("DELETE FROM agreed WHERE name = 'zones'").await;
    if let Some(value) = value {
        sqlx::query("INSERT INTO agreed (name, value) VALUES ('zones', $1)").bind(value).execute(&raw.0).await.unwrap();
    }
}

async fn noted(raw: &Raw) -> Option<String> {
    sqlx::query_scalar("SELECT value FROM agreed WHERE name = 'zones'").fetch_optional(&raw.0).await.unwrap()
}

async fn meeting(app: &TestApp, slug: &str) -> Value {
    app.get(&format!("/meetings/{slug}")).await.expect(200)
}

/// Id, start, end and phase of each event ahead.
fn times(meeting: &Value) -> Vec<(String, i64, i64, String)> {
    let number = |event: &Value, key: &str| event[key].as_i64().unwrap();
    let word = |event: &Value, key: &str| event[key].as_str().unwrap().to_owned();
    let read = |event: &Value| (word(event, "id"), number(event, "opens_at"), number(event, "closes_at"), word(event, "phase"));
    let mut all: Vec<_> = meeting["upcoming"].as_array().unwrap().iter().map(read).collect();
    all.sort_unstable();
    all
}

/// Noon in so many days.
fn noon(app: &TestApp, days: i64) -> Timestamp {
    let day = Timestamp::from_micros(app.now()).plus_days(days).utc().date_naive();
    day.and_hms_opt(12, 0, 0).unwrap().and_utc().into()
}

async fn weekly(app: &TestApp) -> Value {
    let body = json!({"title": "Weekly", "timezone": "UTC", "starts": noon(app, 3), "duration_minutes": 60, "rrule": "FREQ=WEEKLY"});
    app.post("/meetings", body).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn events_ahead_go_to_their_wall_times_once_and_none_is_made_twice() {
    for (forget, release) in [(false, Some("2020a")), (true, Some("2020a")), (true, None)] {
        let mut app = TestApp::start().await;
        let made = weekly(&app).await;
        let id = |n: usize| made["upcoming"][n]["id"].as_str().unwrap().to_owned();
        let change = async |event: &str, body: Value| {
            app.organize(Method::PATCH, &format!("/events/{event}"), Some(body)).await.expect(200);
        };
        let (moved, skipped, named) = (id(1), id(2), id(3));
        let by_hand = noon(&app, 10).plus_minutes(300);
        change(&moved, json!({"opens_at": by_hand, "closes_at": by_hand.plus_minutes(30)})).await;
        app.post(&format!("/events/{skipped}/cancel"), json!({})).await.expect(200);
        change(&named, json!({"title": "Budget"})).await;
        let more = json!({"opens_at": noon(&app, 4), "closes_at": noon(&app, 4).plus_minutes(30)});
        let added = app.post("/meetings/weekly/events", more).await.expect(201)["id"].as_str().unwrap().to_owned();
        let before = times(&meeting(&app, "weekly").await);

        let raw = Raw::open(app.data()).await;
        app.stop().await;
        plant(&raw, forget, &added).await;
        note(&raw, release).await;
        let app = app.restart().await;
        assert_eq!(times(&meeting(&app, "weekly").await), before, "forgotten: {forget}");
        assert_eq!(noted(&raw).await.as_deref(), Some(Zone::release()));
        let logs = async || {
            let mut logs = Vec::new();
            for event in [&id(0), &moved, &skipped, &named, &added] {
                logs.push(kinds(&app.log(event).await).join(" "));
            }
            logs
        };
        assert_eq!(logs().await, ["rescheduled", "rescheduled", "cancelled", "rescheduled rescheduled", ""]);
        let told = calendar(&app, "/m/weekly.ics").await;
        let series = told.split("BEGIN:VEVENT").find(|entry| entry.contains("RRULE")).unwrap();
        assert!(series.contains("SEQUENCE:") && !series.contains("SEQUENCE:0\r"), "{series}");

        // Not a second time, also where the wall times have only just been learnt.
        let mut app = app.restart().await;
        assert_eq!((times(&meeting(&app, "weekly").await), kinds(&app.log(&id(0)).await)), (before.clone(), vec!["rescheduled"]));
        app.stop().await;
        plant(&raw, false, &added).await;
        note(&raw, Some("2020a")).await;
        let app = app.restart().await;
        assert_eq!(times(&meeting(&app, "weekly").await), before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_of_several_dates_goes_along_and_one_that_is_open_stays() {
    let mut app = TestApp::start().await;
    let olga = app.operations.organizer_of_token(&app.token).await.unwrap();
    let text = |at: Timestamp| at.utc().format("%Y-%m-%dT%H:%M").to_string();
    let input = MeetingInput {
        title: "Dates".into(),
        timezone: "UTC".into(),
        starts: text(noon(&app, 3)),
        duration_minutes: "60".into(),
        dates: vec![text(noon(&app, 5)), text(noon(&app, 9).plus_minutes(90))],
        ..MeetingInput::default()
    };
    app.operations.create_meeting(&olga, &input).await.unwrap();
    let before = times(&meeting(&app, "dates").await);
    assert_eq!(before.len(), 3);
    let open = app.open_event().await;
    let ada = app.join(&open, "ada").await;
    app.say(&open, &ada, "still here").await;
    let there = app.look(&open).await;

    let raw = Raw::open(app.data()).await;
    app.stop().await;
    plant(&raw, false, &open).await;
    note(&raw, Some("2020a")).await;
    let app = app.restart().await;
    assert_eq!(times(&meeting(&app, "dates").await), before);
    let still = app.look(&open).await;
    assert_eq!((&still["opens_at"], &still["closes_at"], &still["phase"]), (&there["opens_at"], &there["closes_at"], &json!("open")));
    let log = app.log(&open).await;
    assert!(kinds(&log).contains(&"said") && !kinds(&log).contains(&"rescheduled"), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_notes_the_release_and_says_nothing() {
    let desk = Desk::new().await;
    desk.raw.run("DELETE FROM meeting").await;
    assert_eq!(desk.store.bring_in_line("2020a").await.unwrap(), Zones::Same);
    assert_eq!(noted(&desk.raw).await.as_deref(), Some("2020a"));
    let app = TestApp::start().await;
    assert_eq!(noted(&Raw::open(app.data()).await).await.as_deref(), Some(Zone::release()));
}

fn moved(outcome: Zones) -> Option<InLine> {
    match outcome {
        Zones::Newer(done) => Some(done),
        _ => None,
    }
}

/// So many meetings of three events each; gives their ids in order.
async fn many(desk: &Desk, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    let starts = Timestamp::from_micros(desk.now()).plus_days(3).utc().format("%Y-%m-%dT12:00").to_string();
    for n in 0..count {
        let input = MeetingInput {
            title: format!("Meeting {n}"),
            timezone: "UTC".into(),
            starts: starts.clone(),
            duration_minutes: "60".into(),
            rrule: "FREQ=WEEKLY;COUNT=3".into(),
            ..MeetingInput::default()
        };
        let draft = input.check(desk.clock.now()).unwrap();
        match desk.store.act(OrganizerAction::CreateMeeting { organizer: "o".into(), draft }).await.unwrap().0.unwrap() {
            OrganizerOutcome::Meeting(meeting) => ids.push(meeting.id),
            other => panic!("{other:?}"),
        }
    }
    ids.sort_unstable();
    ids
}

/// How many events stand an hour early, and how many rows tell of new times.
async fn early(desk: &Desk) -> (i64, i64) {
    let early = sqlx::query_scalar("SELECT count(*) FROM chat_event WHERE original_start % 86400000000 = $1").bind(11 * HOUR);
    let rows = sqlx::query_scalar("SELECT count(*) FROM chat_data WHERE kind = 'rescheduled'");
    (early.fetch_one(&desk.raw.0).await.unwrap(), rows.fetch_one(&desk.raw.0).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_that_start_at_once_bring_each_event_in_line_once() {
    let desk = Desk::new().await;
    let second = desk.second().await;
    many(&desk, 130).await;
    plant(&desk.raw, false, "").await;
    note(&desk.raw, Some("2020a")).await;
    assert_eq!(early(&desk).await, (390, 0));
    let (one, other) = tokio::join!(desk.store.bring_in_line("2020b"), second.bring_in_line("2020b"));
    let done: Vec<InLine> = [one.unwrap(), other.unwrap()].into_iter().filter_map(moved).collect();
    assert_eq!(done.iter().map(|it| it.events).sum::<usize>(), 390);
    assert!(done.iter().all(|it| it.from == "2020a"), "{done:?}");
    assert_eq!((early(&desk).await, noted(&desk.raw).await.as_deref()), ((0, 390), Some("2020b")));
    assert_eq!(second.bring_in_line("2020b").await.unwrap(), Zones::Same);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_goes_on_where_one_that_ended_in_the_middle_came_to() {
    let desk = Desk::new().await;
    let ids = many(&desk, 12).await;
    plant(&desk.raw, false, "").await;
    // Seven of the twelve were done, for this release or for another one.
    for (release, events) in [("2020b", 15), ("2020c", 21)] {
        note(&desk.raw, Some(&format!("2020a 2020b {}", ids[6]))).await;
        let done = moved(desk.store.bring_in_line(release).await.unwrap()).unwrap();
        assert_eq!((done.from.as_str(), done.events), ("2020a", events));
        assert_eq!(noted(&desk.raw).await.as_deref(), Some(release));
    }
    assert_eq!(early(&desk).await, (0, 36));
    assert_eq!(desk.store.other_zones("2020b").await.unwrap().as_deref(), Some("2020c"));
    assert_eq!(desk.store.other_zones("2020c").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_older_than_the_schedule_s_moves_nothing() {
    let desk = Desk::new().await;
    many(&desk, 3).await;
    plant(&desk.raw, false, "").await;
    // Older by letter, by year, in the middle of a newer one, and one that cannot be compared.
    for (note_is, release, newer) in [
        ("2026f", "2026e", "2026f"),
        ("2027a", "2026z", "2027a"),
        ("2026a 2027a e_000", "2026f", "2027a"),
        ("2026f", "unknown", "2026f"),
        ("2026f", "2026g-dirty", "2026f"),
    ] {
        note(&desk.raw, Some(note_is)).await;
        assert_eq!(desk.store.bring_in_line(release).await.unwrap(), Zones::Older(newer.into()), "{note_is} {release}");
        assert_eq!((early(&desk).await, noted(&desk.raw).await.as_deref()), ((9, 0), Some(note_is)), "{release}");
    }
    // The other way round each would have moved them.
    assert!(moved(desk.store.bring_in_line("2027a").await.unwrap()).is_some());
    assert_eq!(early(&desk).await, (0, 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_with_older_data_made_goes_to_its_time_at_the_next_start_with_the_newer() {
    let desk = Desk::new().await;
    desk.raw.run("DELETE FROM meeting").await;
    assert_eq!(desk.store.bring_in_line("2027a").await.unwrap(), Zones::Same);
    assert_eq!(desk.store.bring_in_line("2026f").await.unwrap(), Zones::Older("2027a".into()));
    // Its organizers make meetings, by older data.
    many(&desk, 2).await;
    plant(&desk.raw, false, "").await;
    let done = moved(desk.store.bring_in_line("2027a").await.unwrap()).unwrap();
    assert_eq!((done.from.as_str(), done.events, early(&desk).await), ("2026f", 6, (0, 6)));
    assert_eq!(desk.store.bring_in_line("2027a").await.unwrap(), Zones::Same);
}
