//! The schedule's forms beside what others do meanwhile: nothing is overwritten unseen, what is wrong is told all at once, and
//! new times are taken back by one button.

use reqwest::Method;
use serde_json::{Value, json};

use super::exceptions::{Desk, all, one};
use crate::calendar::icalendar::{at, calendar, id, make};
use crate::calendar::pages::between;
use crate::support::{HOUR, TestApp};

async fn patch(app: &TestApp, path: &str, body: Value) -> Value {
    app.organize(Method::PATCH, path, Some(body)).await.expect(200)
}

/// What a form says of its fields as it was loaded.
fn was(page: &str) -> String {
    between(page, "name=\"was\" value=\"", "\"").to_owned()
}

/// Other values for some of these fields.
fn but<'f>(mut fields: Vec<(&'f str, &'f str)>, other: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    fields.retain(|(name, _)| other.iter().all(|(it, _)| it != name));
    fields.extend(other);
    fields
}

#[tokio::test(flavor = "multi_thread")]
async fn an_events_form_writes_what_was_touched_and_asks_where_both_sides_did() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY;COUNT=4"})).await;
    let (desk, event) = (Desk::new(&app).await, id(&meeting, 1));
    let (path, api) = (format!("/schedule/events/{event}/edit"), format!("/events/{event}"));
    let loaded = was(&desk.see(&path).await);
    let later = meeting["upcoming"][1]["opens_at"].as_i64().unwrap() + HOUR;
    patch(&app, &api, json!({"title": "Tides", "opens_at": later, "closes_at": later + 2 * HOUR})).await;
    // The form was loaded before: only its agenda is new.
    let fields = but(one("2027-03-23", "18:00", "60"), &[("was", &loaded), ("agenda", "- Moorings")]);
    let (there, _, _) = desk.send(&path, &fields).await;
    assert_eq!(there, "/m/weekly/2027-03-23");
    let now = app.get(&api).await.expect(200);
    assert_eq!((&now["title"], &now["opens_at"], &now["closes_at"]), (&json!("Tides"), &json!(later), &json!(later + 2 * HOUR)));
    assert_eq!(now["agenda"], "- Moorings");

    // Both change the agenda and the length: nothing is saved, both are shown, and what was typed is kept.
    let loaded = was(&desk.see(&path).await);
    patch(&app, &api, json!({"agenda": "- Dues\n- Pilots", "closes_at": later + HOUR / 2, "title": "Tides and dues"})).await;
    let fields = but(one("2027-03-23", "19:00", "45"), &[("was", &loaded), ("agenda", "- Buoys\r\n"), ("title", "Tides")]);
    let (_, status, page) = desk.send(&path, &fields).await;
    assert!(status == 409 && page.contains("2 things to correct"), "{page}");
    assert!(page.contains("Meanwhile it became “30”.") && page.contains("name=\"minutes\" inputmode=\"numeric\" value=\"45\""), "{page}");
    assert!(
        page.contains("<blockquote class=\"theirs\" tabindex=\"0\" aria-label=\"The text that is saved\">- Dues\n- Pilots</blockquote>")
            && page.contains(">- Buoys\r\n</textarea>"),
        "{page}"
    );
    assert!(page.contains("name=\"title\" value=\"Tides and dues\""), "what was not touched is brought up to date: {page}");
    assert_eq!(app.get(&api).await.expect(200)["agenda"], "- Dues\n- Pilots", "nothing is half saved");
    let seen = was(&page);
    let again = but(fields, &[("was", &seen), ("title", "Tides and dues")]);
    desk.send(&path, &again).await;
    let now = app.get(&api).await.expect(200);
    assert_eq!(
        (&now["agenda"], &now["closes_at"], &now["title"]),
        (&json!("- Buoys"), &json!(later + HOUR * 3 / 4), &json!("Tides and dues"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_undo_of_an_event_leaves_what_others_changed_since() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY;COUNT=4"})).await;
    let (desk, event) = (Desk::new(&app).await, id(&meeting, 1));
    let (path, api) = (format!("/schedule/events/{event}/edit"), format!("/events/{event}"));
    let (_, _, page) = desk.send(&path, &one("2027-03-24", "18:00", "60")).await;
    let notice = between(&page, &format!("action=\"{path}\""), "</form>");
    let undo: Vec<(&str, &str)> =
        ["date", "time", "minutes", "title", "was"].map(|name| (name, between(notice, &format!("name=\"{name}\" value=\""), "\""))).into();
    patch(&app, &api, json!({"title": "Tides"})).await;
    desk.send(&path, &undo).await;
    let now = app.get(&api).await.expect(200);
    assert_eq!((&now["opens_at"], &now["title"]), (&meeting["upcoming"][1]["opens_at"], &json!("Tides")));
    // Moved again since, it is not simply moved back.
    patch(&app, &api, json!({"opens_at": "2027-03-25T18:00", "closes_at": "2027-03-25T19:00"})).await;
    let (_, status, page) = desk.send(&path, &undo).await;
    assert!(status == 409 && page.contains("Meanwhile it became “2027-03-25”."), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meetings_form_writes_what_was_touched_and_asks_where_both_sides_did() {
    let app = at("2027-03-10T00:00:00Z").await;
    make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY"})).await;
    let desk = Desk::new(&app).await;
    let path = "/schedule/weekly/edit";
    let loaded = was(&desk.see(path).await);
    patch(&app, "/meetings/weekly", json!({"title": "Tides", "description": "Of the harbour."})).await;
    let fields = but(all("2027-03-16", "18:00", "", ""), &[("was", &loaded), ("description", ""), ("agenda", "- Dues")]);
    let (there, _, page) = desk.send(path, &fields).await;
    assert_eq!(there, "/m/weekly", "{page}");
    let now = desk.meeting().await;
    assert_eq!([&now["title"], &now["description"], &now["agenda"]], ["Tides", "Of the harbour.", "- Dues"]);

    let loaded = was(&desk.see(path).await);
    patch(&app, "/meetings/weekly", json!({"title": "Ebb", "rrule": "FREQ=DAILY", "description": "Of the bay."})).await;
    let typed = [("was", loaded.as_str()), ("title", "Flood"), ("every", "2"), ("description", "Of the river."), ("agenda", "- Dues")];
    let fields = but(all("2027-03-16", "18:00", "", ""), &typed);
    let (_, status, page) = desk.send(path, &fields).await;
    assert!(status == 409 && page.contains("3 things to correct"), "{page}");
    assert!(page.contains("Meanwhile it became “Ebb”.") && page.contains("value=\"Flood\""), "{page}");
    assert!(
        page.contains("Meanwhile it became “every day”.") && page.contains("name=\"every\" inputmode=\"numeric\" value=\"2\""),
        "{page}"
    );
    assert!(
        page.contains("class=\"theirs\" tabindex=\"0\" aria-label=\"The text that is saved\">Of the bay.</blockquote>")
            && page.contains(">Of the river.</textarea>"),
        "{page}"
    );
    assert_eq!(desk.meeting().await["title"], "Ebb");
    let (seen, shown) = (was(&page), between(&page, "name=\"seen\" value=\"", "\"").to_owned());
    let again = but(fields, &[("was", &seen), ("seen", &shown)]);
    let (there, _, page) = desk.send(path, &again).await;
    assert_eq!(there, "/m/weekly", "{page}");
    let now = desk.meeting().await;
    assert_eq!([&now["title"], &now["rrule"], &now["description"]], ["Flood", "FREQ=WEEKLY;INTERVAL=2", "Of the river."]);
}

/// Tuesdays and Thursdays at 19:00, as the organizer of [`Desk`] changes them to Wednesdays and Thursdays at 18:00.
async fn changed(desk: &Desk<'_>, from: &str) -> String {
    let fields = but(all("2027-03-17", "18:00", from, ""), &[("days", "Wed")]);
    let fields: Vec<(&str, &str)> = fields.into_iter().chain([("days", "Thu")]).collect();
    let (_, _, page) = desk.send("/schedule/weekly/edit", &fields).await;
    assert!(page.contains("Not saved yet"), "{page}");
    let seen = between(&page, "name=\"seen\" value=\"", "\"").to_owned();
    let (there, _, page) = desk.send("/schedule/weekly/edit", &but(fields, &[("seen", &seen)])).await;
    assert_eq!(there, "/m/weekly", "{page}");
    page
}

/// What the undo button of this page sends.
fn before(page: &str) -> String {
    between(between(page, "action=\"/schedule/weekly/times\"", "</form>"), "name=\"before\" value=\"", "\"").to_owned()
}

/// Link, times and phase of each event ahead.
fn events(meeting: &Value) -> Vec<String> {
    let line = |event: &Value| format!("{} {}-{} {}", event["key"], event["opens_at"], event["closes_at"], event["phase"]);
    meeting["upcoming"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn new_times_are_taken_back_with_every_event_at_its_link() {
    let app = at("2027-03-10T00:00:00Z").await;
    let rule = json!({"timezone": "UTC", "starts": "2027-03-16T19:00", "rrule": "FREQ=WEEKLY;BYDAY=TU,TH"});
    let old = make(&app, rule).await;
    // One that is skipped, one that is moved, one whose agenda somebody wrote: they come back as they were.
    app.post(&format!("/events/{}/cancel", id(&old, 2)), json!({"reason": "Holiday"})).await.expect(200);
    patch(&app, &format!("/events/{}", id(&old, 4)), json!({"opens_at": "2027-03-29T10:00", "closes_at": "2027-03-29T11:00"})).await;
    patch(&app, &format!("/events/{}", id(&old, 6)), json!({"agenda": "- Tides"})).await;
    let desk = Desk::new(&app).await;
    for from in [String::new(), id(&old, 1)] {
        let old = desk.meeting().await;
        let page = changed(&desk, &from).await;
        assert!(page.contains("The new times of “Weekly” are saved. Its events: ") && page.contains(" dropped"), "{page}");
        let new = desk.meeting().await;
        assert_ne!(events(&new), events(&old));
        let before = before(&page);
        let (there, _, page) = desk.send("/schedule/weekly/times", &[("before", &before)]).await;
        assert!(there == "/m/weekly" && page.contains("The times of “Weekly” are as they were before."), "{page}");
        let back = desk.meeting().await;
        assert_eq!(events(&back), events(&old));
        assert_eq!((&back["rrule"], &back["starts"], &back["later"]), (&old["rrule"], &old["starts"], &old["later"]));
        assert_eq!(app.get(&format!("/events/{}", id(&old, 6))).await.expect(200)["agenda"], "- Tides");
        // Once more there is nothing to take back, and a line that nobody signed is none.
        for line in [before.as_str(), &before.replace("19:00", "07:00"), "x"] {
            let (_, _, page) = desk.send("/schedule/weekly/times", &[("before", line)]).await;
            assert!(page.contains("Nothing is undone. The times of the meeting were changed again since."), "{page}");
        }
        assert_eq!(events(&desk.meeting().await), events(&old));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_use_or_was_changed_by_then_stays_where_new_times_are_taken_back() {
    let app = at("2027-03-10T00:00:00Z").await;
    let rule = json!({"timezone": "UTC", "starts": "2027-03-16T19:00", "rrule": "FREQ=WEEKLY;BYDAY=TU,TH"});
    let old = make(&app, rule).await;
    let desk = Desk::new(&app).await;
    let page = changed(&desk, "").await;
    let new = desk.meeting().await;
    let (open, planned) = (id(&new, 0), id(&new, 2));
    // A Tuesday of the former times passes meanwhile, without an event.
    app.clock.step((7 * 24 + 17) * HOUR);
    app.post(&format!("/events/{open}/open"), json!({})).await.expect(200);
    let ann = app.join(&open, "ann").await;
    app.say(&open, &ann, "Here already").await;
    patch(&app, &format!("/events/{planned}"), json!({"agenda": "- Tides"})).await;
    let (_, _, page) = desk.send("/schedule/weekly/times", &[("before", &before(&page))]).await;
    assert!(
        page.contains("what is in use or has something of its own stays at its link: Wed 17 Mar 2027")
            && page.contains("; Wed 24 Mar 2027, 18:00 UTC."),
        "{page}"
    );
    assert_eq!(app.get(&format!("/events/{open}")).await.expect(200)["phase"], "open");
    let planned = app.get(&format!("/events/{planned}")).await.expect(200);
    assert_eq!((&planned["phase"], &planned["agenda"]), (&json!("scheduled"), &json!("- Tides")));
    let back = events(&desk.meeting().await);
    assert!(events(&old)[1..].iter().all(|event| back.contains(event)), "{back:?}");
    assert!(!desk.see("/m/weekly").await.contains("Tue 16 Mar 2027"));
    let calendar = calendar(&app, "/m/weekly.ics").await;
    assert!(!calendar.contains("20270316"), "what was not cannot be told of: {calendar}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_beside_an_overlap_and_all_at_once() {
    let app = at("2027-03-10T00:00:00Z").await;
    make(&app, json!({"title": "Night watch", "timezone": "UTC", "rrule": "FREQ=WEEKLY"})).await;
    let desk = Desk::new(&app).await;
    let fields = but(all("2027-03-16", "18:30", "", ""), &[("title", ""), ("slug", "Bad Slug")]);
    let (_, status, page) = desk.send("/schedule/new", &fields).await;
    assert!(status == 422 && page.contains("id=\"title-problem\"") && page.contains("id=\"slug-problem\""), "{page}");
    assert!(page.contains("id=\"overlaps\"") && page.contains("overlap with other events of yours"), "{page}");
    let (_, status, page) = desk.send("/schedule/new", &but(fields, &[("title", "Watch"), ("slug", "night-watch")])).await;
    assert!(status == 409 && page.contains("“night-watch-2” is free.") && page.contains("id=\"overlaps\""), "{page}");

    let dates = but(all("2027-03-18", "18:00", "", ""), &[("repeat", "dates"), ("dates", " \r\n")]);
    let (_, status, page) = desk.send("/schedule/new", &dates).await;
    assert!(status == 422 && page.contains("id=\"dates-problem\"") && page.contains("Write at least one further date"), "{page}");
    let (_, status, page) = desk.send("/schedule/new", &but(all("2027-03-18", "18:00", "", ""), &[("timezone", " ")])).await;
    assert!(status == 422 && page.contains("Choose a time zone, such as Europe/Berlin.") && !page.contains("No such time zone"), "{page}");
    assert_eq!(app.get("/meetings").await.expect(200)["meetings"].as_array().unwrap().len(), 1, "nothing is saved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_event_is_told_at_the_top_of_an_unfiltered_schedule() {
    let app = at("2027-03-10T00:00:00Z").await;
    make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY"})).await;
    make(&app, json!({"title": "Board", "timezone": "UTC", "rrule": "FREQ=WEEKLY"})).await;
    let desk = Desk::new(&app).await;
    let (_, status, page) = desk.send("/schedule/weekly/events", &one("2027-03-18", "late", "60")).await;
    let top = between(&page, "<main", "id=\"events\"");
    assert!(status == 422 && top.contains("One thing to correct") && top.contains("data-focus"), "{page}");
    assert!(top.contains("<a href=\"#time-weekly\">") && page.contains("id=\"m-board\""), "{page}");
    assert!(top.contains("name=\"q\" value=\"\"") && page.contains("<title>Problem: Schedule"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_calls_an_event_off_in_a_list_is_asked_and_may_say_why() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY"})).await;
    let added = json!({"opens_at": "2027-03-18T10:00", "closes_at": "2027-03-18T10:17"});
    let added = app.post("/meetings/weekly/events", added).await.expect(201);
    let desk = Desk::new(&app).await;
    let cancel = format!("/schedule/events/{}/cancel", id(&meeting, 0));
    for path in ["/schedule", "/m/weekly"] {
        let page = desk.see(path).await;
        let menu = page.split_once(&format!("action=\"{cancel}\"")).unwrap();
        assert!(menu.0.rsplit_once("<details").unwrap().1.contains("Cancel…</summary>"), "{page}");
        assert!(between(menu.1, ">", "</form>").contains("name=\"reason\""), "{page}");
    }
    let (_, _, page) = desk.send(&cancel, &[("reason", "Holiday"), ("back", "/m/weekly")]).await;
    assert!(page.contains("is cancelled."), "{page}");
    assert_eq!(app.get(&format!("/events/{}", id(&meeting, 0))).await.expect(200)["cancel_reason"], "Holiday");

    // What was added is no part of the rhythm, and a row of the meeting's page does not repeat the meeting's title.
    let lobby = desk.see(added["url"].as_str().unwrap()).await;
    assert!(lobby.contains("17 minutes, in addition to the meeting’s other events") && !lobby.contains("Every Tuesday"), "{lobby}");
    let page = desk.see("/m/weekly").await;
    assert!(between(&page, "id=\"upcoming\"", "</section>").contains("<bdi>18:00–19:00 UTC</bdi></a></h3>"), "{page}");
    assert!(!between(&page, "id=\"upcoming\"", "</section>").contains(">Weekly<"), "{page}");
    // A copy begins on the next date.
    let form = desk.see("/schedule/new?like=weekly").await;
    assert!(form.contains("name=\"date\" type=\"date\" value=\"2027-03-16\"") && form.contains("class=\"rows dates\""), "{form}");
}
