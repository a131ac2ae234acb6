//! Meetings by API: making, changing, deleting, restoring; slugs; further events.

use gavel::domain::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{HOUR, Reply, TestApp, kinds};

/// A wall time so many days from the server's today.
fn day(app: &TestApp, days: i64) -> String {
    Timestamp::from_micros(app.now()).plus_days(days).utc().format("%Y-%m-%dT12:00").to_string()
}

fn weekly(app: &TestApp) -> Value {
    json!({"title": "Tidewater weekly", "timezone": "UTC", "starts": day(app, 2), "duration_minutes": 60, "rrule": "FREQ=WEEKLY"})
}

async fn patch(app: &TestApp, slug: &str, body: Value) -> Reply {
    app.organize(Method::PATCH, &format!("/meetings/{slug}"), Some(body)).await
}

async fn get(app: &TestApp, slug: &str) -> Value {
    app.get(&format!("/meetings/{slug}")).await.expect(200)
}

fn column(events: &Value, key: &str) -> Vec<Value> {
    events.as_array().unwrap().iter().map(|event| event[key].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_has_a_link_and_its_events_of_the_coming_weeks() {
    let app = TestApp::start().await;
    let meeting = app.post("/meetings", weekly(&app)).await.expect(201);
    let mut keys: Vec<&String> = meeting.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "agenda",
            "current",
            "description",
            "duration_minutes",
            "later",
            "next",
            "past",
            "rrule",
            "slug",
            "starts",
            "timezone",
            "title",
            "upcoming",
            "url",
            "visibility"
        ]
    );
    assert_eq!((&meeting["slug"], &meeting["url"]), (&json!("tidewater-weekly"), &json!("/m/tidewater-weekly")));
    assert_eq!((&meeting["current"], &meeting["past"], &meeting["visibility"]), (&Value::Null, &json!([]), &json!("public")));
    assert_eq!(meeting["upcoming"].as_array().unwrap().len(), 12);
    let next = &meeting["next"];
    assert_eq!((next, &next["opens_at"]), (&meeting["upcoming"][0], &meeting["starts"]));
    let key = day(&app, 2)[..10].to_owned();
    assert_eq!((&next["key"], &next["url"]), (&json!(key), &json!(format!("/m/tidewater-weekly/{key}"))));
    assert_eq!((&next["phase"], &next["meeting"], &next["title"]), (&json!("scheduled"), &meeting["slug"], &meeting["title"]));
    assert_eq!(next["closes_at"].as_i64().unwrap() - next["opens_at"].as_i64().unwrap(), HOUR);
    assert_eq!(get(&app, "tidewater-weekly").await, meeting);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_is_written_in_any_of_three_ways() {
    let app = TestApp::start().await;
    let noon = format!("{}:00+02:00", day(&app, 2));
    let instant = chrono::DateTime::parse_from_rfc3339(&noon).unwrap().timestamp_micros();
    for starts in [json!(instant), json!(noon), json!(instant.to_string())] {
        let body = json!({"title": "Once", "timezone": "Asia/Tokyo", "starts": starts, "duration_minutes": "45"});
        let meeting = app.post("/meetings", body).await.expect(201);
        assert_eq!((&meeting["starts"], &meeting["next"]["opens_at"]), (&json!(instant), &json!(instant)));
        assert_eq!((&meeting["duration_minutes"], &meeting["rrule"]), (&json!(45), &Value::Null));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_three_lives_of_a_meetings_link_follow_the_clock() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let now = app.now();
    let body = json!({"opens_at": now + HOUR, "closes_at": now + 2 * HOUR, "title": "Kick-off"});
    let event = app.post(&format!("/meetings/{slug}/events"), body).await.expect(201);
    assert_eq!((&get(&app, &slug).await["next"]["id"], &event["title"]), (&event["id"], &json!("Kick-off")));
    app.clock.step(HOUR);
    assert_eq!(get(&app, &slug).await["current"]["id"], event["id"]);
    app.clock.step(HOUR);
    let meeting = get(&app, &slug).await;
    assert_eq!((&meeting["current"], column(&meeting["past"], "id")), (&Value::Null, vec![event["id"].clone()]));
    let older = app.get(&format!("/meetings/{slug}?before={}", event["opens_at"])).await.expect(200);
    assert_eq!(older["past"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn past_events_come_fifty_at_a_time_newest_first() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let now = app.now();
    for n in 0..53 {
        let body = json!({"opens_at": now - n * 60_000_000, "closes_at": now + 1_000_000_000 + n});
        app.post(&format!("/meetings/{slug}/events"), body).await.expect(201);
    }
    app.clock.step(HOUR);
    let first = column(&get(&app, &slug).await["past"], "opens_at");
    let before = first.last().unwrap();
    let second = column(&app.get(&format!("/meetings/{slug}?before={before}")).await.expect(200)["past"], "opens_at");
    let starts: Vec<i64> = first.iter().chain(&second).map(|it| it.as_i64().unwrap()).collect();
    assert_eq!(starts, (0..53).map(|n| now - n * 60_000_000).collect::<Vec<_>>());
    assert_eq!(first.len(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_takes_several_events_on_one_day_but_not_two_with_one_start() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let path = format!("/meetings/{slug}/events");
    let noon = format!("{}:00Z", day(&app, 3));
    let start = chrono::DateTime::parse_from_rfc3339(&noon).unwrap().timestamp_micros();
    let event = |n: i64| json!({"opens_at": start + n * HOUR, "closes_at": start + (n + 1) * HOUR});
    let mut keys = Vec::new();
    for n in 0..3 {
        keys.push(app.post(&path, event(n)).await.expect(201)["key"].as_str().unwrap().to_owned());
    }
    let date = &noon[..10];
    assert_eq!(keys, [date.to_owned(), format!("{date}-2"), format!("{date}-3")]);
    app.post(&path, event(1)).await.problem(409, "event-exists");
    // Now, where no start is given; a start in the past where the end lies ahead.
    let now = app.post(&path, json!({"closes_at": app.now() + HOUR})).await.expect(201);
    assert_eq!(now["phase"], "open");
    let past = app.post(&path, json!({"opens_at": app.now() - HOUR, "closes_at": app.now() + HOUR})).await.expect(201);
    assert_eq!(past["phase"], "open");
    assert_eq!(app.log(past["id"].as_str().unwrap()).await[0]["ts"], past["opens_at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn slugs_are_made_from_titles_with_a_number_where_taken() {
    let app = TestApp::start().await;
    let mut slugs = Vec::new();
    for _ in 0..3 {
        slugs.push(app.post("/meetings", weekly(&app)).await.expect(201)["slug"].clone());
    }
    assert_eq!(slugs, ["tidewater-weekly", "tidewater-weekly-2", "tidewater-weekly-3"]);
    let mut body = weekly(&app);
    body["slug"] = json!("tidewater-weekly");
    app.post("/meetings", body.clone()).await.problem(409, "slug-taken");
    body["slug"] = json!("a-link-of-ones-own");
    assert_eq!(app.post("/meetings", body).await.expect(201)["slug"], "a-link-of-ones-own");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_slug_leads_on_and_is_given_to_no_other() {
    let app = TestApp::start().await;
    app.post("/meetings", weekly(&app)).await.expect(201);
    let moved = patch(&app, "tidewater-weekly", json!({"slug": "tide"})).await.expect(200);
    assert_eq!((&moved["slug"], &moved["next"]["meeting"]), (&json!("tide"), &json!("tide")));
    let still = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let reply = still.get(app.api("/meetings/tidewater-weekly")).send().await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.headers()["location"].to_str().unwrap()), (308, "/api/v1/meetings/tide"));
    let mut body = weekly(&app);
    assert_eq!(app.post("/meetings", body.clone()).await.expect(201)["slug"], "tidewater-weekly-2");
    body["slug"] = json!("tidewater-weekly");
    app.post("/meetings", body).await.problem(409, "slug-taken");
    // Its own old one a meeting may take back.
    assert_eq!(patch(&app, "tide", json!({"slug": "tidewater-weekly"})).await.expect(200)["slug"], "tidewater-weekly");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlisted_meeting_has_a_link_that_nobody_guesses_and_is_not_listed() {
    let app = TestApp::start().await;
    let mut body = weekly(&app);
    body["visibility"] = json!("unlisted");
    body["slug"] = json!("board");
    let board = app.post("/meetings", body).await.expect(201);
    let slug = board["slug"].as_str().unwrap();
    assert!(slug.starts_with("board-") && slug.len() == 22, "{slug}");
    app.post("/meetings", weekly(&app)).await.expect(201);
    let list = app.get("/meetings").await.expect(200);
    assert_eq!((column(&list["meetings"], "slug"), &list["more"]), (vec![json!("tidewater-weekly")], &json!(false)));
    assert_eq!(get(&app, slug).await["slug"], slug);
    // A public one that becomes unlisted gets such a link, and the old one leads there no more.
    let hidden = patch(&app, "tidewater-weekly", json!({"visibility": "unlisted"})).await.expect(200);
    assert_eq!(hidden["slug"].as_str().unwrap().len(), "tidewater-weekly".len() + 17);
    app.get("/meetings/tidewater-weekly").await.problem(404, "not-found");
    assert_eq!(app.get("/meetings").await.expect(200)["meetings"], json!([]));
    // Another title leaves an unlisted link alone.
    assert_eq!(patch(&app, slug, json!({"title": "Board"})).await.expect(200)["slug"], slug);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_meeting_is_gone_until_it_is_restored_and_keeps_its_transcripts() {
    let app = TestApp::start().await;
    let meeting = app.post("/meetings", weekly(&app)).await.expect(201);
    let id = |n: usize| meeting["upcoming"][n]["id"].as_str().unwrap().to_owned();
    let (next, second) = (id(0), id(1));
    app.organize(Method::POST, &format!("/events/{second}/cancel"), None).await.expect(200);
    let open = app.post("/meetings/tidewater-weekly/events", json!({"closes_at": app.now() + HOUR})).await.expect(201);
    let open = open["id"].as_str().unwrap();
    let ada = app.join(open, "ada").await;
    let parked = app.park(open, &format!("after={}&wait=50", ada.cursor), None);
    app.organize(Method::DELETE, "/meetings/tidewater-weekly", None).await.expect(204);
    assert_eq!(kinds(parked.await.unwrap().0.expect(200)["messages"].as_array().unwrap()), ["cancelled"]);
    app.get("/meetings/tidewater-weekly").await.problem(410, "meeting-deleted");
    assert_eq!(app.get("/meetings").await.expect(200)["meetings"], json!([]));
    app.try_say(open, &ada, "hello?", None).await.problem(403, "event-cancelled");
    app.organize(Method::POST, &format!("/events/{open}/restore"), None).await.problem(409, "meeting-deleted");
    app.post("/meetings/tidewater-weekly/events", json!({"closes_at": app.now() + HOUR})).await.problem(409, "meeting-deleted");
    patch(&app, "tidewater-weekly", json!({"title": "x"})).await.problem(409, "meeting-deleted");
    assert!(app.get(&format!("/events/{open}/transcript.txt")).await.text.contains("ada joined"));
    app.organize(Method::DELETE, "/meetings/tidewater-weekly", None).await.expect(204);

    app.organize(Method::POST, "/meetings/tidewater-weekly/restore", None).await.expect(200);
    assert_eq!(app.look(&next).await["phase"], "scheduled");
    // What was cancelled by itself before stays so.
    assert_eq!(app.look(&second).await["phase"], "cancelled");
    app.say(open, &ada, "back again").await;
    assert_eq!(kinds(&app.log(open).await), ["opened", "joined", "cancelled", "restored", "said"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_thirty_days_a_deletion_stands() {
    let app = TestApp::start().await;
    let meeting = app.post("/meetings", weekly(&app)).await.expect(201);
    app.organize(Method::DELETE, "/meetings/tidewater-weekly", None).await.expect(204);
    app.clock.step(29 * 24 * HOUR);
    app.organize(Method::POST, "/meetings/tidewater-weekly/restore", None).await.expect(200);
    // What was over by then closed without anybody.
    assert_eq!(app.look(meeting["next"]["id"].as_str().unwrap()).await["phase"], "closed");
    app.organize(Method::DELETE, "/meetings/tidewater-weekly", None).await.expect(204);
    app.clock.step(31 * 24 * HOUR);
    app.organize(Method::POST, "/meetings/tidewater-weekly/restore", None).await.problem(409, "undo-over");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_organizer_changes_a_meeting() {
    let app = TestApp::start().await;
    app.post("/meetings", weekly(&app)).await.expect(201);
    let oscar = app.organizer("oscar").await;
    let path = "/meetings/tidewater-weekly";
    for (method, path, body) in [
        (Method::PATCH, path.to_owned(), Some(json!({"title": "mine"}))),
        (Method::DELETE, path.to_owned(), None),
        (Method::POST, format!("{path}/restore"), None),
        (Method::POST, format!("{path}/events"), Some(json!({"closes_at": app.now() + HOUR}))),
    ] {
        app.call(method.clone(), &path, None, body.clone()).await.problem(401, "not-signed-in");
        app.call(method, &path, Some(&oscar), body).await.problem(403, "not-yours");
    }
    app.call(Method::POST, "/meetings", None, Some(weekly(&app))).await.problem(401, "not-signed-in");
}
