//! Where events would overlap: of one meeting refused where the rule itself is at fault, said where one event is moved or
//! added by the API, and closed to two who act in the same instant; of several meetings said before anything is saved.

use gavel::domain::schedule::event::EventProblem;
use gavel::domain::time::Timestamp;
use gavel::store::schedule::organizer_action::{EventPatch, OrganizerAction};
use gavel::store::talk::participant_action::Refusal;
use reqwest::Method;
use serde_json::{Value, json};

use super::pages::exceptions as pages;
use super::pages::exceptions::{all, one};
use crate::calendar::icalendar::{NOON, at, id, make};
use crate::calendar::pages::between;
use crate::support::desk::Desk;
use crate::support::{HOUR, MINUTE, TestApp};

async fn change(app: &TestApp, event: &str, body: Value) -> Value {
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(body)).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_says_which_events_of_the_meeting_one_overlaps_and_forbids_nothing() {
    let app = at(NOON).await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY;COUNT=4"})).await;
    let (first, second) = (&meeting["upcoming"][0], &meeting["upcoming"][1]);
    let opens = |event: &Value| event["opens_at"].as_i64().unwrap();
    let brief = |event: &Value| json!({"id": event["id"], "opens_at": event["opens_at"], "closes_at": event["closes_at"]});

    let times = json!({"opens_at": opens(second) - HOUR / 2, "closes_at": opens(second) + HOUR / 2});
    let added = app.post("/meetings/weekly/events", times).await.expect(201);
    assert_eq!(added["overlaps"], json!([brief(second)]));
    let moved = change(&app, &id(&meeting, 0), json!({"opens_at": opens(second), "closes_at": opens(second) + 2 * HOUR})).await;
    assert_eq!(moved["overlaps"], json!([brief(&added), brief(second)]));
    // What only touches, is cancelled or of another meeting is none.
    app.post(&format!("/events/{}/cancel", id(&meeting, 1)), json!({})).await.expect(200);
    make(&app, json!({"title": "Other", "timezone": "UTC", "rrule": "FREQ=WEEKLY;COUNT=4"})).await;
    let back = json!({"opens_at": opens(second) + HOUR / 2, "closes_at": opens(second) + 2 * HOUR});
    let moved = change(&app, &id(&meeting, 0), back).await;
    assert_eq!((moved.get("overlaps"), &moved["id"]), (None, &first["id"]));
    assert_eq!(app.look(&id(&meeting, 0)).await.get("overlaps"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_whose_own_events_overlap_is_refused_with_both_starts_named() {
    let app = at(NOON).await;
    // A day of 24 hours, every day: on the day that has 23 the next one begins before it ends.
    let body = |minutes: i64| json!({"title": "Watch", "timezone": "Europe/Berlin", "starts": "2027-03-16T18:00", "duration_minutes": minutes, "rrule": "FREQ=DAILY"});
    let problem = app.post("/meetings", body(1_440)).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "duration_minutes");
    let said = problem["errors"][0]["detail"].as_str().unwrap();
    assert!(said.contains("Sat 27 Mar 2027, 18:00 CET") && said.contains("Sun 28 Mar 2027, 18:00 CEST"), "{said}");
    app.get("/meetings/watch").await.problem(404, "not-found");
    app.post("/meetings", body(1_380)).await.expect(201);
    let longer = app.organize(Method::PATCH, "/meetings/watch", Some(json!({"duration_minutes": 1_440, "title": "Guard"}))).await;
    assert_eq!(longer.problem(422, "invalid")["errors"][0]["field"], "duration_minutes");
    let meeting = app.get("/meetings/watch").await.expect(200);
    assert_eq!((&meeting["duration_minutes"], &meeting["title"]), (&json!(1_380), &json!("Watch")), "nothing is half saved");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_extension_and_a_move_into_it_in_the_same_instant_one_is_refused() {
    let desk = Desk::new().await;
    let second = desk.second().await;
    let mut refused = [0, 0];
    for round in 0..40 {
        let now = desk.now();
        let room = desk.event(now - MINUTE, now + 10 * MINUTE).await;
        let next = desk.event(now + 5 * HOUR, now + 6 * HOUR).await;
        let closes = desk.look(&room).await.closes_at;
        let at = |minutes| Some(Timestamp::from_micros(closes.micros() + minutes * MINUTE));
        let patch = EventPatch { opens_at: at(5), closes_at: at(65), apart: true, ..EventPatch::default() };
        let (extend, change) =
            (OrganizerAction::Extend { event: room.clone(), minutes: 15 }, OrganizerAction::Change { event: next.clone(), patch });
        let acts = if round % 2 == 0 { [(0, extend), (1, change)] } else { [(1, change), (0, extend)] };
        let run = |(which, act): (usize, OrganizerAction)| {
            let store = if which == 0 { desk.store.clone() } else { second.clone() };
            tokio::spawn(async move { (which, store.act(act).await.unwrap().0.map(|_| ())) })
        };
        let [one, two] = acts.map(run);
        let mut outcomes = [one.await.unwrap(), two.await.unwrap()];
        outcomes.sort_unstable_by_key(|(which, _)| *which);
        match outcomes.map(|(_, outcome)| outcome) {
            [Ok(()), Err(Refusal::Event(EventProblem::Overlaps(..)))] => refused[1] += 1,
            [Err(Refusal::Event(EventProblem::IntoNext(..))), Ok(())] => refused[0] += 1,
            other => panic!("round {round}: {other:?}"),
        }
        let (room, next) = (desk.look(&room).await, desk.look(&next).await);
        assert!(room.closes_at <= next.opens_at, "round {round}");
        // Out of the way of the next round.
        for event in [room.id, next.id] {
            desk.store.act(OrganizerAction::Cancel { event, reason: None }).await.unwrap().0.unwrap();
        }
    }
    assert_eq!(refused[0] + refused[1], 40);
    println!("the extension was refused {} times, the move {} times", refused[0], refused[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_of_them_is_saved_every_overlap_is_named_with_its_time_and_a_link() {
    let app = at("2027-03-10T00:00:00Z").await;
    for n in 1..=7 {
        make(&app, json!({"title": format!("Other {n}"), "timezone": "UTC", "rrule": "FREQ=WEEKLY;COUNT=2"})).await;
    }
    let meeting = make(&app, json!({"timezone": "UTC", "starts": "2027-03-16T20:00", "rrule": "FREQ=WEEKLY"})).await;
    let desk = pages::Desk::new(&app).await;
    let named = |page: &str| {
        let list = between(page, "overlap", "and 2 more").to_owned();
        (1..=7).filter(|n| list.contains(&format!("<a href=\"/m/other-{n}/2027-03-16\">Other {n}</a>"))).count()
    };
    let seen = |page: &str| between(page, "name=\"seen\" value=\"", "\"").to_owned();

    // One event that is moved.
    let path = format!("/schedule/events/{}/edit", id(&meeting, 0));
    let (_, status, page) = desk.send(&path, &one("2027-03-16", "18:30", "60")).await;
    assert!(status == 200 && page.contains("Not saved yet: this time overlaps with your other events"), "{page}");
    assert!(named(&page) == 5 && page.contains("Tue 16 Mar 2027</time>, 18:00–19:00 UTC"), "{page}");
    assert_eq!(desk.meeting().await["upcoming"][0], meeting["upcoming"][0], "nothing is saved");
    let shown = seen(&page);
    let fields: Vec<(&str, &str)> = one("2027-03-16", "18:30", "60").into_iter().chain([("seen", shown.as_str())]).collect();
    let (there, _, page) = desk.send(&path, &fields).await;
    assert_eq!(there, "/m/weekly/2027-03-16", "{page}");
    let moved = desk.meeting().await["upcoming"][0].clone();
    assert_ne!(moved["opens_at"], meeting["upcoming"][0]["opens_at"]);
    // Away from them there is nothing to ask, and nothing when that is taken back.
    let (_, _, page) = desk.send(&path, &one("2027-03-16", "20:00", "60")).await;
    let notice = between(&page, &format!("action=\"{path}\""), "</form>");
    let fields = ["date", "time", "minutes", "title", "seen"];
    desk.send(&path, &fields.map(|name| (name, between(notice, &format!("name=\"{name}\" value=\""), "\"")))).await;
    assert_eq!(desk.meeting().await["upcoming"][0]["opens_at"], moved["opens_at"], "taken back");
    // The list says it on either side: of the eight that are at one time, and of the seven a week later.
    let list = desk.see("/schedule").await;
    let row = between(&list, "<b><a href=\"/m/weekly/2027-03-16\"><bdi>Weekly</bdi></a></b>", "</td>");
    assert!(row.matches("<time datetime=\"2027-03-16T18:00:00+00:00\">18:00–19:00 UTC</time>").count() == 5, "{row}");
    assert_eq!(["; and 2 more", "; and 1 more"].map(|more| list.matches(more).count()), [8, 7]);

    // One that is added, and a meeting that is made.
    let (_, status, page) = desk.send("/schedule/weekly/events", &one("2027-03-23", "18:59", "10")).await;
    assert!(status == 200 && page.contains("Not added yet") && page.contains("and 2 more"), "{page}");
    assert!(page.contains("name=\"time\" type=\"time\" value=\"18:59\""), "{page}");
    let shown = seen(&page);
    let fields: Vec<(&str, &str)> = one("2027-03-23", "18:59", "10").into_iter().chain([("seen", shown.as_str())]).collect();
    let (there, _, page) = desk.send("/schedule/weekly/events", &fields).await;
    assert!(there == "/schedule" && page.contains("is on the schedule for Tue 23 Mar 2027, 18:59 UTC."), "{page}");
    let fields: Vec<_> = all("2027-03-16", "17:45", "", "").into_iter().filter(|(name, _)| *name != "slug").collect();
    let (_, status, page) = desk.send("/schedule/new", &fields).await;
    assert!(status == 200 && page.contains("these times overlap with your other events") && page.contains("and 10 more"), "{page}");
}
