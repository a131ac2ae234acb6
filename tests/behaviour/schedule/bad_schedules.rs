//! Meetings and events that cannot be scheduled as asked.

use gavel::domain::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{HOUR, TestApp};

fn fine(app: &TestApp) -> Value {
    let starts = Timestamp::from_micros(app.now()).plus_days(2).utc().format("%Y-%m-%dT12:00").to_string();
    json!({"title": "Weekly", "timezone": "Europe/Berlin", "starts": starts, "duration_minutes": 60})
}

/// The fields that a problem names.
fn fields(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|it| it["field"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_field_of_a_meeting_is_checked_and_named() {
    let app = TestApp::start().await;
    let long = "x".repeat(121);
    for (field, value) in [
        ("title", json!("")),
        ("title", json!(" \t ")),
        ("title", json!(long)),
        ("title", json!("a\u{202e}b")),
        ("slug", json!("No")),
        ("slug", json!("-a")),
        ("slug", json!("a-")),
        ("slug", json!("a_b")),
        ("slug", json!("ä")),
        ("slug", json!("x".repeat(64))),
        ("slug", json!("api")),
        ("slug", json!("new")),
        ("slug", json!("static")),
        ("timezone", json!("Mars/Olympus")),
        ("timezone", json!("")),
        ("timezone", json!("+02:00")),
        ("starts", json!("")),
        ("starts", json!("soon")),
        ("starts", json!("2027-02-31T10:00")),
        ("starts", json!("2020-01-01T10:00")),
        ("starts", json!(-1)),
        ("starts", json!(9_007_199_254_740_992_i64)),
        ("duration_minutes", json!(0)),
        ("duration_minutes", json!(-5)),
        ("duration_minutes", json!(1_441)),
        ("duration_minutes", json!(1.5)),
        ("duration_minutes", json!("an hour")),
        ("duration_minutes", json!(true)),
        ("rrule", json!("every tuesday")),
        ("rrule", json!("FREQ=HOURLY")),
        ("rrule", json!("FREQ=SECONDLY")),
        ("rrule", json!("FREQ=WEEKLY;BYDAY=XX")),
        ("rrule", json!("FREQ=WEEKLY;COUNT=0")),
        ("rrule", json!("FREQ=WEEKLY;INTERVAL=0")),
        ("rrule", json!("FREQ=WEEKLY;COUNT=2;UNTIL=20301231")),
        ("rrule", json!("FREQ=DAILY;UNTIL=20200101")),
        ("rrule", json!("FREQ=WEEKLY;FREQ=DAILY")),
        ("rrule", json!("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31")),
        ("rrule", json!(["FREQ=WEEKLY"])),
        ("visibility", json!("secret")),
        ("description", json!("a\u{0}b")),
        ("description", json!("x".repeat(10_001))),
    ] {
        let mut body = fine(&app);
        body[field] = value.clone();
        let reply = app.post("/meetings", body).await;
        assert_eq!(reply.status, 422, "{field} {value}: {}", reply.text);
        assert_eq!(fields(&reply.problem(422, "invalid")), [field], "{value}");
    }
    for field in ["title", "timezone", "starts", "duration_minutes"] {
        let mut body = fine(&app);
        body.as_object_mut().unwrap().remove(field);
        assert_eq!(fields(&app.post("/meetings", body).await.problem(422, "invalid")), [field]);
    }
    assert_eq!(app.get("/meetings").await.expect(200)["meetings"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_is_said_at_once() {
    let app = TestApp::start().await;
    let problem = app.post("/meetings", json!({"timezone": "UTC"})).await.problem(422, "invalid");
    let mut named = fields(&problem);
    named.sort_unstable();
    assert_eq!(named, ["duration_minutes", "starts", "title"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_in_use_is_a_conflict_also_in_a_change() {
    let app = TestApp::start().await;
    let mut body = fine(&app);
    body["slug"] = json!("mine");
    app.post("/meetings", body.clone()).await.expect(201);
    app.post("/meetings", body.clone()).await.problem(409, "slug-taken");
    body["slug"] = json!("other");
    app.post("/meetings", body).await.expect(201);
    app.organize(Method::PATCH, "/meetings/other", Some(json!({"slug": "mine"}))).await.problem(409, "slug-taken");
    app.organize(Method::PATCH, "/meetings/other", Some(json!({"slug": "api"}))).await.problem(422, "invalid");
    app.organize(Method::PATCH, "/meetings/other", Some(json!({"timezone": "Mars"}))).await.problem(422, "invalid");
    // A refused change changes nothing, and a deleted meeting keeps its link.
    app.organize(Method::DELETE, "/meetings/mine", None).await.expect(204);
    app.organize(Method::PATCH, "/meetings/other", Some(json!({"slug": "mine"}))).await.problem(409, "slug-taken");
    assert_eq!(app.get("/meetings/other").await.expect(200)["timezone"], "Europe/Berlin");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_times_of_an_event_are_checked() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let ahead = app.event(3_600, 7_200).await;
    let now = app.now();
    for body in [
        json!({}),
        json!({"opens_at": now + HOUR}),
        json!({"opens_at": now + 2 * HOUR, "closes_at": now + HOUR}),
        json!({"opens_at": now + HOUR, "closes_at": now + HOUR}),
        json!({"opens_at": now + HOUR, "closes_at": now + 26 * HOUR}),
        json!({"opens_at": now - 2 * HOUR, "closes_at": now - HOUR}),
        json!({"opens_at": "soon", "closes_at": now + HOUR}),
        json!({"closes_at": "2027-02-31T10:00"}),
        json!({"closes_at": -1}),
        json!({"closes_at": 1.5e15}),
        json!({"closes_at": [now + HOUR]}),
        json!({"closes_at": now + HOUR, "timezone": "Mars/Olympus"}),
        json!({"closes_at": now + HOUR, "title": "x".repeat(121)}),
    ] {
        let reply = app.post(&format!("/meetings/{slug}/events"), body.clone()).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.text);
        reply.problem(422, "invalid");
    }
    let before = app.look(&ahead).await;
    for body in [
        json!({"closes_at": now + HOUR / 2}),
        json!({"opens_at": now + 3 * HOUR}),
        json!({"closes_at": now + 48 * HOUR}),
        json!({"opens_at": "soon"}),
        json!({"closes_at": "2027-02-31T10:00"}),
        json!({"timezone": "Mars/Olympus"}),
        json!({"title": "a\u{202e}b"}),
        json!({"agenda": "x".repeat(10_001)}),
        json!({"agenda": "1. Tea\u{0}"}),
    ] {
        let reply = app.organize(Method::PATCH, &format!("/events/{ahead}"), Some(body.clone())).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.text);
        reply.problem(422, "invalid");
    }
    assert_eq!(app.look(&ahead).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn local_times_are_read_in_the_zone_beside_them_or_the_meetings() {
    let app = TestApp::start().await;
    app.post("/meetings", fine(&app)).await.expect(201);
    let day = Timestamp::from_micros(app.now()).plus_days(400).utc().format("%Y").to_string();
    let path = "/meetings/weekly/events";
    let at = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
    let (opens, closes) = (format!("{day}-01-05T10:00"), format!("{day}-01-05T11:00"));
    let berlin = app.post(path, json!({"opens_at": opens, "closes_at": closes})).await.expect(201);
    assert_eq!(berlin["opens_at"], at(&format!("{opens}:00+01:00")));
    let tokyo = app.post(path, json!({"opens_at": opens, "closes_at": closes, "timezone": "asia/tokyo"})).await.expect(201);
    assert_eq!(tokyo["closes_at"], at(&format!("{closes}:00+09:00")));
}
