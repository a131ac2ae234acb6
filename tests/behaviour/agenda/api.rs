//! Agendas by the API: the template of a meeting, the agendas of its events, and the rows that tell of changes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::calendar::icalendar::{NOON, at, id, make};
use crate::support::{HOUR, Reply, TestApp, kinds};

async fn patch(app: &TestApp, event: &str, body: Value) -> Reply {
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(body)).await
}

async fn template(app: &TestApp, agenda: &str) -> Value {
    app.organize(Method::PATCH, "/meetings/weekly", Some(json!({"agenda": agenda}))).await.expect(200)
}

/// The agenda of an event, and how many rows its log has.
async fn agenda(app: &TestApp, event: &str) -> (Value, usize) {
    (app.look(event).await["agenda"].clone(), app.log(event).await.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn events_begin_with_the_template_and_follow_it_until_somebody_edits_them() {
    let app = at(NOON).await;
    let meeting = make(&app, json!({"rrule": "FREQ=WEEKLY", "agenda": "- Minutes\r\n- Tides\r\n"})).await;
    assert_eq!(meeting["agenda"], "- Minutes\n- Tides");
    let (edited, emptied, ahead, cancelled) = (id(&meeting, 0), id(&meeting, 1), id(&meeting, 2), id(&meeting, 3));
    assert_eq!(agenda(&app, &ahead).await, (json!("- Minutes\n- Tides"), 0));
    patch(&app, &edited, json!({"agenda": "- Budget"})).await.expect(200);
    patch(&app, &emptied, json!({"agenda": ""})).await.expect(200);
    app.post(&format!("/events/{cancelled}/cancel"), json!({})).await.expect(200);

    assert_eq!(template(&app, "- Minutes\n- Tea").await["agenda"], "- Minutes\n- Tea");
    assert_eq!(agenda(&app, &edited).await, (json!("- Budget"), 1));
    assert_eq!(agenda(&app, &emptied).await, (Value::Null, 1));
    assert_eq!(agenda(&app, &ahead).await, (json!("- Minutes\n- Tea"), 1));
    // One that is restored takes place with the others.
    assert_eq!(agenda(&app, &cancelled).await, (json!("- Minutes\n- Tea"), 1));
    let now = app.now();
    let more = app.post("/meetings/weekly/events", json!({"opens_at": now - HOUR, "closes_at": now + HOUR})).await.expect(201);
    assert_eq!(more["agenda"], "- Minutes\n- Tea");

    // What has opened keeps what it had.
    let more = more["id"].as_str().unwrap();
    template(&app, "").await;
    assert_eq!((agenda(&app, &ahead).await.0, agenda(&app, more).await), (Value::Null, (json!("- Minutes\n- Tea"), 1)));
    template(&app, "- New").await;
    assert_eq!((agenda(&app, &ahead).await.0, agenda(&app, &edited).await.0), (json!("- New"), json!("- Budget")));
    // A change of the timetable and the template at once reaches all.
    let both = json!({"agenda": "- Newer", "starts": "2027-03-16T19:00"});
    let meeting = app.organize(Method::PATCH, "/meetings/weekly", Some(both)).await.expect(200);
    assert_eq!((&meeting["upcoming"][2]["id"], &meeting["upcoming"][2]["agenda"]), (&json!(ahead), &json!("- Newer")));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lobby_that_follows_the_template_is_told_of_its_change_and_stays_free_to_go() {
    let app = at(NOON).await;
    let meeting = make(&app, json!({"rrule": "FREQ=WEEKLY;COUNT=3", "agenda": "- Tides"})).await;
    let own = id(&meeting, 2);
    patch(&app, &own, json!({"agenda": "- Budget"})).await.expect(200);
    let mut lobbies = Vec::new();
    for n in 0..2 {
        lobbies.push(app.park(&id(&meeting, n), "after=0&wait=50", None));
        app.parked(&id(&meeting, n), 1).await;
    }
    template(&app, "- Tea").await;
    for lobby in lobbies {
        let answer = lobby.await.unwrap().0.expect(200);
        let row = &answer["messages"][0];
        assert_eq!((&row["kind"], &row["text"]), (&json!("agenda"), &json!("The agenda of the meeting was changed.")));
    }
    assert_eq!(kinds(&app.log(&own).await), ["agenda"], "its own was not changed");
    // What is as it was tells nothing, and nobody has used these: with their date they go.
    template(&app, "- Tea").await;
    assert_eq!(app.log(&id(&meeting, 0)).await.len(), 1);
    let days = json!({"starts": "2027-03-17T18:00", "rrule": "FREQ=WEEKLY;COUNT=3"});
    let after = app.organize(Method::PATCH, "/meetings/weekly", Some(days)).await.expect(200);
    app.get(&format!("/events/{}", id(&meeting, 0))).await.problem(404, "not-found");
    assert_eq!(after["upcoming"].as_array().unwrap().len(), 4, "the one with its own stays");
    assert_eq!((&app.look(&own).await["phase"], kinds(&app.log(&own).await)), (&json!("scheduled"), vec!["agenda"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_a_row_that_everybody_who_waits_is_told_of() {
    let app = TestApp::start().await;
    for event in [app.event(3_600, 7_200).await, app.open_event().await] {
        let cursor = app.poll(&event, "after=0&wait=0").await["cursor"].clone();
        let parked = app.park(&event, &format!("after={cursor}&wait=50"), None);
        app.parked(&event, 1).await;
        patch(&app, &event, json!({"agenda": "- [ ] Tea", "title": "Named"})).await.expect(200);
        let answer = parked.await.unwrap().0.expect(200);
        let rows = answer["messages"].as_array().unwrap();
        assert_eq!(kinds(rows), ["agenda", "rescheduled"]);
        assert_eq!(
            (&rows[0]["text"], &rows[0]["html"], &rows[0]["from"]),
            (&json!("The agenda was changed."), &json!("The agenda was changed."), &Value::Null)
        );
        // What is as it was needs no row.
        patch(&app, &event, json!({"agenda": "- [ ] Tea\n"})).await.expect(200);
        assert_eq!(app.poll(&event, &format!("after={}&wait=0", answer["cursor"])).await["messages"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agenda_is_fixed_where_its_event_is_closed_or_called_off() {
    let app = TestApp::start().await;
    let (closed, cancelled) = (app.open_event().await, app.event(3_600, 7_200).await);
    patch(&app, &closed, json!({"agenda": "- Tea"})).await.expect(200);
    app.post(&format!("/events/{closed}/close"), json!({})).await.expect(200);
    app.post(&format!("/events/{cancelled}/cancel"), json!({})).await.expect(200);
    patch(&app, &closed, json!({"agenda": "- Cake", "title": "Not this either"})).await.problem(409, "event-closed");
    patch(&app, &closed, json!({"title": "Nor this alone"})).await.problem(409, "event-closed");
    patch(&app, &closed, json!({"title": "Weekly"})).await.expect(200);
    patch(&app, &cancelled, json!({"agenda": "- Cake"})).await.problem(409, "event-cancelled");
    let log = app.log(&closed).await;
    assert_eq!((kinds(&log), app.look(&closed).await["agenda"].clone()), (vec!["opened", "agenda", "closed"], json!("- Tea")));
    assert_eq!(app.look(&closed).await["title"], "Weekly");
    app.post(&format!("/events/{cancelled}/restore"), json!({})).await.expect(200);
    patch(&app, &cancelled, json!({"agenda": "- Cake"})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_tell_the_template_with_the_rule_and_what_differs_by_itself() {
    let app = at(NOON).await;
    let meeting = make(&app, json!({"rrule": "FREQ=WEEKLY;COUNT=3", "agenda": "- Tides"})).await;
    let text = crate::calendar::icalendar::calendar(&app, "/m/weekly.ics").await;
    assert_eq!((text.matches("BEGIN:VEVENT").count(), text.matches("Agenda\\n- Tides").count()), (1, 1), "{text}");
    patch(&app, &id(&meeting, 1), json!({"agenda": "- Budget"})).await.expect(200);
    let text = crate::calendar::icalendar::calendar(&app, "/m/weekly.ics").await;
    assert_eq!((text.matches("RECURRENCE-ID").count(), text.matches("Agenda\\n- Budget").count()), (1, 1), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_that_break_a_rule_are_refused_at_their_field() {
    let app = at(NOON).await;
    make(&app, json!({"agenda": "- Tides"})).await;
    for bad in ["x".repeat(10_001), "a\u{0}".into(), "a\u{85}b".into()] {
        let problem = app.organize(Method::PATCH, "/meetings/weekly", Some(json!({"agenda": bad}))).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "agenda", "{problem}");
    }
    assert_eq!(app.get("/meetings/weekly").await.expect(200)["agenda"], "- Tides");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chair_writes_the_agenda_and_nothing_beside_it() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (chair, bob) = (crate::people::chairs::chair(&app, &event, "ada").await, app.join(&event, "bob").await);
    let write = async |token: &str, body: Value| app.call(Method::PATCH, &format!("/events/{event}"), Some(token), Some(body)).await;
    assert_eq!(write(&chair.token, json!({"agenda": "- Tea"})).await.expect(200)["agenda"], "- Tea");
    let key = crate::people::chairs::key(&app, &event).await;
    assert_eq!(write(&key, json!({"agenda": "- Cake"})).await.expect(200)["agenda"], "- Cake");
    write(&bob.token, json!({"agenda": "- Mine"})).await.problem(403, "not-a-chair");
    write(&chair.token, json!({"agenda": "- Mine", "title": "Mine"})).await.problem(401, "not-signed-in");
    let nobody = app.call(Method::PATCH, &format!("/events/{event}"), None, Some(json!({"agenda": "- Mine"}))).await;
    nobody.problem(401, "not-signed-in");
    assert_eq!(app.look(&event).await["agenda"], "- Cake");
}
