//! One event that is not as the others, and times that change from one event on: by API.

use gavel::domain::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::calendar::icalendar::{at, calendar, id};
use crate::support::{HOUR, Reply, TestApp, kinds};

const MARCH: &str = "2027-03-10T00:00:00Z";

async fn weekly(app: &TestApp, rule: &str) -> Value {
    let body = json!({"title": "Weekly", "timezone": "UTC", "starts": "2027-03-16T18:00", "duration_minutes": 60, "rrule": rule});
    app.post("/meetings", body).await.expect(201)
}

async fn patch(app: &TestApp, body: Value) -> Reply {
    app.organize(Method::PATCH, "/meetings/weekly", Some(body)).await
}

async fn change(app: &TestApp, event: &str, body: Value) -> Reply {
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(body)).await
}

/// Where each event ahead is, and by what id.
fn events(meeting: &Value) -> Vec<(String, String)> {
    let read = |event: &Value| {
        let opens = Timestamp::from_micros(event["opens_at"].as_i64().unwrap()).utc().format("%m-%d %H:%M").to_string();
        (opens, event["id"].as_str().unwrap().to_owned())
    };
    meeting["upcoming"].as_array().unwrap().iter().map(read).collect()
}

fn starts(meeting: &Value) -> Vec<String> {
    events(meeting).into_iter().map(|(opens, _)| opens).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn times_change_from_one_event_on_and_every_link_stays() {
    let app = at(MARCH).await;
    let before = weekly(&app, "FREQ=WEEKLY;COUNT=5").await;
    let after = patch(&app, json!({"from": id(&before, 2), "starts": "2027-03-30T19:30", "duration_minutes": 90})).await.expect(200);
    assert_eq!(starts(&after), ["03-16 18:00", "03-23 18:00", "03-30 19:30", "04-06 19:30", "04-13 19:30"]);
    assert_eq!((&after["slug"], &after["url"]), (&before["slug"], &before["url"]));
    for (old, new) in before["upcoming"].as_array().unwrap().iter().zip(after["upcoming"].as_array().unwrap()) {
        assert_eq!((&old["id"], &old["url"], &old["key"]), (&new["id"], &new["url"], &new["key"]));
    }
    // What holds now, and what will.
    assert_eq!((&after["duration_minutes"], &after["rrule"]), (&json!(60), &json!("FREQ=WEEKLY;COUNT=5")));
    let later = &after["later"][0];
    assert_eq!((&later["from"], &later["duration_minutes"]), (&before["upcoming"][2]["opens_at"], &json!(90)));
    assert_eq!(later["rrule"], "FREQ=WEEKLY;COUNT=3", "of those that are left");
    app.clock.step(15 * 24 * HOUR);
    let then = app.get("/meetings/weekly").await.expect(200);
    assert_eq!((&then["duration_minutes"], &then["later"]), (&json!(90), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_day_from_one_event_on_adds_and_drops_behind_it_alone() {
    let app = at(MARCH).await;
    let before = weekly(&app, "FREQ=WEEKLY;BYDAY=TU;COUNT=5").await;
    // This one has an agenda of its own, so it is kept where no rule has it.
    change(&app, &id(&before, 3), json!({"agenda": "Tides"})).await.expect(200);
    let body = json!({"from": id(&before, 2), "starts": "2027-04-01T18:00", "rrule": "FREQ=WEEKLY;BYDAY=TH;COUNT=2"});
    let after = patch(&app, body).await.expect(200);
    assert_eq!(starts(&after), ["03-16 18:00", "03-23 18:00", "04-01 18:00", "04-06 18:00", "04-08 18:00"]);
    let kept = &after["upcoming"][3];
    assert_eq!((&kept["id"], &kept["phase"], &kept["agenda"]), (&json!(id(&before, 3)), &json!("scheduled"), &json!("Tides")));
    app.get(&format!("/events/{}", id(&before, 2))).await.problem(404, "not-found");
    let text = calendar(&app, "/m/weekly.ics").await;
    assert!(
        text.contains("RRULE:FREQ=WEEKLY;UNTIL=20270323T235959Z;BYDAY=TU")
            || text.contains("RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20270323T235959Z"),
        "{text}"
    );
    assert!(text.contains("RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=2"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_alone_ends_no_rule_whatever_it_is_said_from() {
    let app = at(MARCH).await;
    let before = weekly(&app, "FREQ=WEEKLY;COUNT=5").await;
    let after = patch(&app, json!({"from": id(&before, 2), "title": "Tides"})).await.expect(200);
    assert_eq!((starts(&after), &after["later"], &after["title"]), (starts(&before), &json!([]), &json!("Tides")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_can_only_begin_with_an_event_of_the_rule_that_lies_ahead() {
    let app = at("2027-03-16T18:10:00Z").await;
    let before = weekly(&app, "FREQ=WEEKLY;COUNT=5").await;
    let added = json!({"opens_at": "2027-03-25T10:00", "closes_at": "2027-03-25T11:00"});
    let added = app.post("/meetings/weekly/events", added).await.expect(201);
    let other = app.event(3_600, 7_200).await;
    for from in [before["current"]["id"].as_str().unwrap(), added["id"].as_str().unwrap(), &other] {
        let problem = patch(&app, json!({"from": from, "duration_minutes": 90})).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "from");
    }
    patch(&app, json!({"from": "e_nothing", "duration_minutes": 90})).await.problem(404, "not-found");
    for (field, value) in [("rrule", "FREQ=WEEKLY;UNTIL=20270301"), ("rrule", "FREQ=DAILY;COUNT=1000000"), ("starts", "2027-02-30T10:00")] {
        let problem = patch(&app, json!({"from": id(&before, 1), field: value})).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{value}");
    }
    let none = json!({"from": id(&before, 1), "starts": "2027-03-17T18:00", "rrule": "FREQ=DAILY;COUNT=2"});
    assert_eq!(patch(&app, none).await.problem(422, "invalid")["errors"][0]["field"], "rrule");
    assert_eq!(app.get("/meetings/weekly").await.expect(200)["later"], json!([]), "nothing is half saved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_all_takes_the_place_of_one_that_was_to_come() {
    let app = at(MARCH).await;
    let before = weekly(&app, "FREQ=WEEKLY;COUNT=5").await;
    patch(&app, json!({"from": id(&before, 3), "starts": "2027-04-06T20:00"})).await.expect(200);
    // The title of all moves nothing.
    let named = patch(&app, json!({"title": "Tides"})).await.expect(200);
    assert_eq!(starts(&named)[3], "04-06 20:00");
    let after = patch(&app, json!({"starts": "2027-03-16T09:00"})).await.expect(200);
    assert_eq!(starts(&after), ["03-16 09:00", "03-23 09:00", "03-30 09:00", "04-06 09:00", "04-13 09:00"]);
    assert_eq!((events(&after)[3].1.clone(), &after["later"]), (id(&before, 3), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_moved_skipped_added_or_used_outlives_a_change() {
    let app = at(MARCH).await;
    let before = weekly(&app, "FREQ=WEEKLY;COUNT=6").await;
    let (used, moved, skipped) = (id(&before, 1), id(&before, 3), id(&before, 4));
    change(&app, &moved, json!({"opens_at": "2027-04-07T09:00", "closes_at": "2027-04-07T10:00"})).await.expect(200);
    app.post(&format!("/events/{skipped}/cancel"), json!({})).await.expect(200);
    let more = json!({"opens_at": "2027-03-27T10:00", "closes_at": "2027-03-27T11:00"});
    let added = app.post("/meetings/weekly/events", more).await.expect(201)["id"].as_str().unwrap().to_owned();
    // In this one people talk already, days before its time.
    change(&app, &used, json!({"opens_at": app.now() + HOUR, "closes_at": app.now() + 3 * HOUR})).await.expect(200);
    app.clock.step(HOUR);
    let ada = app.join(&used, "ada").await;
    app.say(&used, &ada, "early today").await;

    let body = json!({"starts": "2027-03-18T18:00", "rrule": "FREQ=WEEKLY;BYDAY=TH;COUNT=4"});
    let after = patch(&app, body).await.expect(200);
    let all = events(&after);
    for kept in [&moved, &skipped, &added] {
        assert!(all.iter().any(|(_, id)| id == kept), "{kept} in {all:?}");
    }
    assert_eq!(kinds(&app.log(&used).await), ["rescheduled", "opened", "joined", "said"]);
    assert_eq!((&app.look(&used).await["phase"], &app.look(&skipped).await["phase"]), (&json!("open"), &json!("cancelled")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_there_for_its_organizer_alone() {
    let app = at(MARCH).await;
    let body = json!({"title": "Weekly", "timezone": "UTC", "starts": "2027-03-16T18:00", "duration_minutes": 60,
                      "rrule": "FREQ=WEEKLY", "visibility": "draft"});
    let made = app.post("/meetings", body).await.expect(201);
    assert_eq!((&made["slug"], &made["visibility"]), (&json!("weekly"), &json!("draft")));
    let emil = app.organizer("emil").await;
    let page = async |path: &str| app.client.get(format!("{}{path}", app.base)).send().await.unwrap().status().as_u16();
    let hidden = async |status: u16| {
        for path in ["/m/weekly", "/m/weekly/2027-03-16", "/m/weekly.ics", "/m/weekly/2027-03-16.ics"] {
            assert_eq!(page(path).await, status, "{path}");
        }
        for token in [None, Some(emil.as_str())] {
            assert_eq!(app.call(Method::GET, "/meetings/weekly", token, None).await.status, status);
        }
        let listed = app.get("/meetings").await.expect(200)["meetings"].as_array().unwrap().len();
        let told = calendar(&app, "/calendar.ics").await.contains("SUMMARY:Weekly");
        assert_eq!((listed == 0, told), (status == 404, status == 200));
    };
    hidden(404).await;
    app.call(Method::PATCH, "/meetings/weekly", Some(&emil), Some(json!({"title": "mine"}))).await.problem(404, "not-found");
    assert_eq!(app.organize(Method::GET, "/meetings/weekly", None).await.expect(200)["title"], "Weekly");

    // While it is one its first event goes by, and nobody was there.
    app.clock.step(7 * 24 * HOUR);
    let public = patch(&app, json!({"visibility": "public"})).await.expect(200);
    assert_eq!((&public["visibility"], &public["past"], &public["next"]["id"]), (&json!("public"), &json!([]), &json!(id(&made, 1))));
    assert_eq!(page("/m/weekly").await, 200);
    let problem = patch(&app, json!({"visibility": "draft"})).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "visibility");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_is_published_unlisted_gets_a_link_that_nobody_guesses() {
    let app = at(MARCH).await;
    let body = json!({"title": "Board", "timezone": "UTC", "starts": "2027-03-16T18:00", "duration_minutes": 60, "visibility": "draft"});
    app.post("/meetings", body).await.expect(201);
    let path = "/meetings/board";
    let unlisted = app.organize(Method::PATCH, path, Some(json!({"visibility": "unlisted"}))).await.expect(200);
    assert_eq!(unlisted["slug"].as_str().unwrap().len(), "board".len() + 17);
    app.get(path).await.problem(404, "not-found");
}
