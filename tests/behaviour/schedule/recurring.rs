//! Meetings that repeat: over clock changes, and what an edit does to the events ahead.

use gavel::domain::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{HOUR, TestApp, kinds};

/// A server whose clock shows this instant.
async fn at(instant: &str) -> TestApp {
    let app = TestApp::start().await;
    app.clock.step(chrono::DateTime::parse_from_rfc3339(instant).unwrap().timestamp_micros() - app.now());
    app
}

async fn make(app: &TestApp, zone: &str, starts: &str, rule: &str) -> Value {
    let body = json!({"title": "Weekly", "timezone": zone, "starts": starts, "duration_minutes": 60, "rrule": rule});
    app.post("/meetings", body).await.expect(201)
}

async fn patch(app: &TestApp, body: Value) -> Value {
    app.organize(Method::PATCH, "/meetings/weekly", Some(body)).await.expect(200)
}

fn starts(meeting: &Value) -> Vec<String> {
    let form = |event: &Value| Timestamp::from_micros(event["opens_at"].as_i64().unwrap()).utc().format("%m-%d %H:%M").to_string();
    meeting["upcoming"].as_array().unwrap().iter().map(form).collect()
}

fn keys(meeting: &Value) -> Vec<&str> {
    meeting["upcoming"].as_array().unwrap().iter().map(|event| event["key"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weekly_meeting_keeps_its_wall_time_when_the_clocks_change() {
    let app = at("2027-03-10T00:00:00Z").await;
    let berlin = make(&app, "Europe/Berlin", "2027-03-16T18:00", "FREQ=WEEKLY;BYDAY=TU;COUNT=4").await;
    assert_eq!(starts(&berlin), ["03-16 17:00", "03-23 17:00", "03-30 16:00", "04-06 16:00"]);
    let sydney = make(&app, "Australia/Sydney", "2027-03-30T18:00", "FREQ=WEEKLY;COUNT=3").await;
    assert_eq!(starts(&sydney), ["03-30 07:00", "04-06 08:00", "04-13 08:00"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn skipped_times_keep_the_offset_from_before_and_doubled_ones_are_the_first() {
    let app = at("2027-03-20T00:00:00Z").await;
    let skipped = make(&app, "Europe/Berlin", "2027-03-27T02:30", "FREQ=DAILY;COUNT=3").await;
    assert_eq!(starts(&skipped), ["03-27 01:30", "03-28 01:30", "03-29 00:30"]);
    let doubled = make(&app, "Europe/Berlin", "2027-03-21T02:30", "FREQ=YEARLY").await;
    assert_eq!(doubled["upcoming"].as_array().unwrap().len(), 1);
    let app = at("2026-10-20T00:00:00Z").await;
    let doubled = make(&app, "Europe/Berlin", "2026-10-24T02:30", "FREQ=DAILY;COUNT=3").await;
    assert_eq!(starts(&doubled), ["10-24 00:30", "10-25 00:30", "10-26 01:30"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_dates_in_the_meetings_zone() {
    let app = at("2027-03-10T00:00:00Z").await;
    let sydney = make(&app, "Australia/Sydney", "2027-03-16T07:00", "FREQ=DAILY;COUNT=2").await;
    assert_eq!(starts(&sydney), ["03-15 20:00", "03-16 20:00"]);
    assert_eq!(keys(&sydney), ["2027-03-16", "2027-03-17"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_moves_the_events_ahead_and_leaves_their_links() {
    let app = at("2027-03-10T00:00:00Z").await;
    let before = make(&app, "UTC", "2027-03-16T18:00", "FREQ=WEEKLY;COUNT=4").await;
    let id = |n: usize| before["upcoming"][n]["id"].as_str().unwrap().to_owned();
    let parked = app.park(&id(0), "after=0&wait=50", None);
    app.parked(&id(0), 1).await;
    // One was moved by hand, one is cancelled: those stay as they are but for the rule of their day.
    let by_hand = before["upcoming"][1]["opens_at"].as_i64().unwrap() + 2 * HOUR;
    let times = json!({"opens_at": by_hand, "closes_at": by_hand + HOUR});
    app.organize(Method::PATCH, &format!("/events/{}", id(1)), Some(times)).await.expect(200);
    let after = patch(&app, json!({"starts": "2027-03-16T19:30", "duration_minutes": 90})).await;
    assert_eq!(starts(&after), ["03-16 19:30", "03-23 20:00", "03-30 19:30", "04-06 19:30"]);
    assert_eq!(keys(&after), keys(&before));
    assert_eq!(
        after["upcoming"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect::<Vec<_>>(),
        [id(0), id(1), id(2), id(3)]
    );
    let event = &after["upcoming"][0];
    assert_eq!(event["closes_at"].as_i64().unwrap() - event["opens_at"].as_i64().unwrap(), 3 * HOUR / 2);
    let answer = parked.await.unwrap().0.expect(200);
    assert_eq!((kinds(answer["messages"].as_array().unwrap()), &answer["event"]["opens_at"]), (vec!["rescheduled"], &event["opens_at"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_to_another_day_makes_new_events_and_drops_or_keeps_the_old() {
    let app = at("2027-03-10T00:00:00Z").await;
    let before = make(&app, "UTC", "2027-03-16T18:00", "FREQ=WEEKLY;BYDAY=TU;COUNT=3").await;
    let id = |n: usize| before["upcoming"][n]["id"].as_str().unwrap().to_owned();
    // The second one has a title of its own: it is no event as the others, and stays.
    app.organize(Method::PATCH, &format!("/events/{}", id(1)), Some(json!({"title": "Budget"}))).await.expect(200);
    let parked = app.park(&id(0), "after=0&wait=50", None);
    app.parked(&id(0), 1).await;
    let after = patch(&app, json!({"starts": "2027-03-17T18:00", "rrule": "FREQ=WEEKLY;BYDAY=WE;COUNT=3"})).await;
    assert_eq!(starts(&after), ["03-17 18:00", "03-23 18:00", "03-24 18:00", "03-31 18:00"]);
    let kept = &after["upcoming"][1];
    assert_eq!((&kept["id"], &kept["phase"], &kept["title"]), (&json!(id(1)), &json!("scheduled"), &json!("Budget")));
    app.get(&format!("/events/{}", id(0))).await.problem(404, "not-found");
    parked.await.unwrap().0.problem(404, "not-found");
    assert_eq!(kinds(&app.log(&id(1)).await), ["rescheduled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_may_shift_each_event_to_where_its_neighbour_was() {
    let app = at("2027-01-10T00:00:00Z").await;
    // 00:30 in Berlin is 23:30 UTC of the day before: each event, found by its day, moves by one.
    make(&app, "Europe/Berlin", "2027-01-16T00:30", "FREQ=DAILY;COUNT=6").await;
    let after = patch(&app, json!({"timezone": "UTC", "starts": "2027-01-16T23:30", "rrule": "FREQ=DAILY;COUNT=6"})).await;
    assert_eq!(starts(&after), ["01-16 23:30", "01-17 23:30", "01-18 23:30", "01-19 23:30", "01-20 23:30", "01-21 23:30"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_the_title_alone_moves_nothing_and_names_every_event() {
    let app = at("2027-03-10T00:00:00Z").await;
    let before = make(&app, "Europe/Berlin", "2027-03-16T18:00", "FREQ=WEEKLY;COUNT=3").await;
    let after = patch(&app, json!({"title": "Weekly talk", "description": "**New**"})).await;
    assert_eq!((starts(&after), keys(&after)), (starts(&before), keys(&before)));
    assert!(after["upcoming"].as_array().unwrap().iter().all(|event| event["title"] == "Weekly talk" && event["count"] == 0));
    assert_eq!((&after["slug"], &after["description"], &after["rrule"]), (&json!("weekly"), &json!("**New**"), &before["rrule"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_taken_away_with_null() {
    let app = at("2027-03-10T00:00:00Z").await;
    make(&app, "UTC", "2027-03-16T18:00", "FREQ=WEEKLY;COUNT=3").await;
    let once = patch(&app, json!({"rrule": null})).await;
    assert_eq!((starts(&once), &once["rrule"]), (vec!["03-16 18:00".to_owned()], &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_leaves_what_is_open_and_what_is_over() {
    let app = at("2027-03-16T18:10:00Z").await;
    let before = make(&app, "UTC", "2027-03-16T18:00", "FREQ=DAILY;COUNT=3").await;
    let open = before["current"]["id"].as_str().unwrap();
    app.join(open, "ada").await;
    let after = patch(&app, json!({"starts": "2027-03-16T20:00"})).await;
    assert_eq!((&after["current"]["id"], &after["current"]["opens_at"]), (&json!(open), &before["current"]["opens_at"]));
    assert_eq!(starts(&after).last().unwrap(), "03-18 20:00");
    assert_eq!(kinds(&app.log(open).await), ["opened", "joined"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_the_title_moves_nothing_also_where_the_start_has_seconds() {
    let app = at("2027-03-10T00:00:17Z").await;
    let starts = app.now() + HOUR;
    let body = json!({"title": "Weekly", "timezone": "UTC", "starts": starts, "duration_minutes": 60, "rrule": "FREQ=DAILY;COUNT=3"});
    let before = app.post("/meetings", body).await.expect(201);
    assert_eq!(before["next"]["opens_at"], before["starts"]);
    assert!((starts - before["starts"].as_i64().unwrap()).abs() < 1_000_000);
    let after = patch(&app, json!({"title": "Weekly talk"})).await;
    assert_eq!(after["starts"], before["starts"]);
    let times = |meeting: &Value| meeting["upcoming"].as_array().unwrap().iter().map(|it| it["opens_at"].clone()).collect::<Vec<_>>();
    assert_eq!(times(&after), times(&before));
}
