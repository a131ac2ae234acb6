//! A second change of a meeting's times: what the first one told in the events' logs is no use that anybody made of them, and
//! what was changed by itself is not taken away.

use reqwest::Method;
use serde_json::{Value, json};

use super::pages::exceptions::{Desk, all};
use crate::calendar::icalendar::{at, calendar, id, make};
use crate::calendar::pages::between;
use crate::support::{HOUR, TestApp, kinds};

async fn patch(app: &TestApp, path: &str, body: Value) -> Value {
    app.organize(Method::PATCH, path, Some(body)).await.expect(200)
}

/// Has the meeting's form saved with these fields; gives what it asked before, and the page after.
async fn save(desk: &Desk<'_>, fields: &[(&str, &str)]) -> (String, String) {
    let path = "/schedule/weekly/edit";
    let (_, status, asked) = desk.send(path, fields).await;
    assert!(status == 200 && asked.contains("Not saved yet"), "{asked}");
    let seen = between(&asked, "name=\"seen\" value=\"", "\"").to_owned();
    let fields: Vec<_> = fields.iter().filter(|(name, _)| *name != "seen").chain([&("seen", seen.as_str())]).copied().collect();
    let (there, _, page) = desk.send(path, &fields).await;
    assert_eq!(there, "/m/weekly", "{page}");
    (asked, page)
}

async fn undo(desk: &Desk<'_>, page: &str) {
    let notice = between(page, "action=\"/schedule/weekly/times\"", "</form>");
    let (_, _, page) = desk.send("/schedule/weekly/times", &[("before", between(notice, "name=\"before\" value=\"", "\""))]).await;
    assert!(page.contains("The times of “Weekly” are as they were before."), "{page}");
}

/// Link, times and phase of each event ahead.
fn events(meeting: &Value) -> Vec<String> {
    let line = |event: &Value| format!("{} {}-{} {}", event["key"], event["opens_at"], event["closes_at"], event["phase"]);
    meeting["upcoming"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_with_nothing_but_the_programs_notices_are_dropped_and_come_back_at_their_links() {
    let app = at("2027-03-10T00:00:00Z").await;
    make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY"})).await;
    // An action is left to the events of the meeting, and decided on in the lobby of one.
    let earlier = app.post("/meetings/weekly/events", json!({"closes_at": app.now() + HOUR})).await.expect(201);
    let ada = app.join_as_chair(earlier["id"].as_str().unwrap(), "ada").await;
    let given = app.say(earlier["id"].as_str().unwrap(), &ada, "#action ada books the room").await;
    app.post(&format!("/events/{}/close", earlier["id"].as_str().unwrap()), json!({})).await.expect(200);

    patch(&app, "/meetings/weekly", json!({"starts": "2027-03-16T19:00", "agenda": "- Tides"})).await;
    let desk = Desk::new(&app).await;
    let old = desk.meeting().await;
    app.post(&format!("/events/{}/cancel", id(&old, 1)), json!({"reason": "Holiday"})).await.expect(200);
    app.post(&format!("/events/{}/restore", id(&old, 1)), json!({})).await.expect(200);
    let (skipped, used) = (id(&old, 1), id(&old, 3));
    app.organize(Method::PUT, &format!("/events/{used}/actions/{}", given["ts"]), Some(json!({"state": "done"}))).await.expect(200);
    assert_eq!(kinds(&app.log(&id(&old, 0)).await), ["rescheduled", "agenda"]);
    assert_eq!(kinds(&app.log(&skipped).await), ["rescheduled", "agenda", "cancelled", "restored"]);

    let (asked, page) = save(&desk, &all("2027-03-17", "19:00", "", "")).await;
    assert!(asked.contains("Drops 11 events") && asked.contains("Cancels 1 event, in use already, at its link"), "{asked}");
    for (event, status) in [(&id(&old, 0), 404), (&skipped, 404), (&used, 200)] {
        assert_eq!(app.get(&format!("/events/{event}")).await.status, status, "{event}");
    }
    assert!(!calendar(&app, "/m/weekly.ics").await.contains("20270316"), "a calendar names what is in the database");

    undo(&desk, &page).await;
    let back = desk.meeting().await;
    assert_eq!(events(&back), events(&old));
    assert_eq!(kinds(&app.log(&id(&back, 1)).await), ["restored"], "something was told of it, so that is told of it, too");
    assert_eq!((id(&back, 3), kinds(&app.log(&used).await).split_off(2)), (used, vec!["action", "cancelled", "restored"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_not_the_day_of_its_event_comes_back_too() {
    let app = at("2027-03-10T00:00:00Z").await;
    // On Wednesday mornings in Sydney it is still Tuesday elsewhere: by that clock the days change, and no link does.
    make(&app, json!({"timezone": "Australia/Sydney", "starts": "2027-04-07T07:00", "rrule": "FREQ=WEEKLY;COUNT=3"})).await;
    let utc = patch(&app, "/meetings/weekly", json!({"timezone": "UTC", "starts": "2027-04-06T21:00"})).await;
    assert_eq!((utc["upcoming"].as_array().unwrap().len(), &utc["upcoming"][0]["key"]), (3, &json!("2027-04-07")));
    let desk = Desk::new(&app).await;
    let (_, page) = save(&desk, &all("2027-04-08", "21:00", "", "")).await;
    undo(&desk, &page).await;
    assert_eq!(events(&desk.meeting().await), events(&utc));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_by_itself_is_kept_and_the_form_says_why() {
    let app = at("2027-03-10T00:00:00Z").await;
    let old = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY", "agenda": "- Tides"})).await;
    let longer = old["upcoming"][2]["closes_at"].as_i64().unwrap() + HOUR;
    patch(&app, &format!("/events/{}", id(&old, 0)), json!({"title": "Budget"})).await;
    patch(&app, &format!("/events/{}", id(&old, 1)), json!({"title": "Dues", "agenda": "- Dues"})).await;
    patch(&app, &format!("/events/{}", id(&old, 2)), json!({"closes_at": longer})).await;
    // Back to what all have, it is as the others again.
    patch(&app, &format!("/events/{}", id(&old, 3)), json!({"agenda": "- Dues"})).await;
    patch(&app, &format!("/events/{}", id(&old, 3)), json!({"agenda": "- Tides"})).await;
    let desk = Desk::new(&app).await;
    let before = desk.meeting().await;
    let fields: Vec<_> = all("2027-03-17", "18:00", "", "").into_iter().chain([("agenda", "- Tides")]).collect();
    let (asked, page) = save(&desk, &fields).await;
    let kept = asked.split_once("Keeps 3 events as they are").unwrap().1;
    for said in ["18:00 UTC, own title<", "18:00 UTC, own title and agenda<", "18:00 UTC, own length<"] {
        assert!(kept.contains(said), "{said} in {kept}");
    }
    assert!(asked.contains("Drops 9 events") && !asked.contains("Cancels"), "{asked}");
    let after = desk.meeting().await;
    for n in 0..3 {
        assert!(after["upcoming"].as_array().unwrap().contains(&before["upcoming"][n]), "{n} in {after}");
    }
    undo(&desk, &page).await;
    assert_eq!(events(&desk.meeting().await), events(&before));
}
