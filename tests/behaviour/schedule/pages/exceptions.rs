//! The same by pages, as a browser without script has them: what is told before it is done, and undone after.

use std::sync::Arc;

use reqwest::cookie::Jar;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::calendar::icalendar::{at, id, make};
use crate::calendar::pages::between;
use crate::support::{HOUR, TestApp};

/// An organizer at the pages, without script.
pub struct Desk<'a> {
    app: &'a TestApp,
    browser: Client,
    jar: Arc<Jar>,
}

impl<'a> Desk<'a> {
    pub async fn new(app: &'a TestApp) -> Self {
        let jar = Arc::new(Jar::default());
        Self { app, browser: app.signed_in_with(jar.clone()).await, jar }
    }

    /// Gives the browser a cookie that a script would write.
    pub fn keep(&self, cookie: &str) {
        self.jar.add_cookie_str(cookie, &self.app.base.parse().unwrap());
    }

    pub async fn see(&self, path: &str) -> String {
        self.see_as(path, &[]).await
    }

    /// The same with more headers.
    pub async fn see_as(&self, path: &str, headers: &[(&str, &str)]) -> String {
        let request = self.browser.get(format!("{}{path}", self.app.base));
        let page = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        plain(&page.text().await.unwrap())
    }

    /// Sends a form; gives where that led, its status, and the page there.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> (String, u16, String) {
        let page = self.see("/schedule").await;
        let form: Vec<(&str, &str)> = [("csrf", between(&page, "name=\"csrf\" value=\"", "\""))].iter().chain(fields).copied().collect();
        let page = self.browser.post(format!("{}{path}", self.app.base)).form(&form).send().await.unwrap();
        let (path, status) = (page.url().path().to_owned(), page.status().as_u16());
        (path, status, plain(&page.text().await.unwrap()))
    }

    pub async fn meeting(&self) -> Value {
        self.app.get("/meetings/weekly").await.expect(200)
    }
}

/// A page with the signs that its language spells out.
fn plain(page: &str) -> String {
    page.replace("&#x2f;", "/").replace("&amp;", "&").replace("&quot;", "\"")
}

/// The form of one event.
pub fn one<'f>(date: &'f str, time: &'f str, minutes: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![("date", date), ("time", time), ("minutes", minutes), ("title", ""), ("agenda", "")]
}

/// The form of the meeting, weekly at this time.
pub fn all<'f>(date: &'f str, time: &'f str, from: &'f str, seen: &'f str) -> Vec<(&'f str, &'f str)> {
    let mut fields =
        vec![("title", "Weekly"), ("slug", "weekly"), ("minutes", "60"), ("timezone", "UTC"), ("repeat", "every"), ("every", "1")];
    fields.extend([("unit", "week"), ("monthly", "date"), ("ends", "never"), ("visibility", "public")]);
    fields.extend([("date", date), ("time", time), ("from", from), ("seen", seen)]);
    fields
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_is_moved_and_moved_back_and_what_is_wrong_stands_at_its_field() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY;COUNT=4"})).await;
    let desk = Desk::new(&app).await;
    let path = format!("/schedule/events/{}/edit", id(&meeting, 1));
    let form = desk.see(&path).await;
    assert!(form.contains("value=\"2027-03-23\"") && form.contains("value=\"18:00\"") && form.contains("This and following"), "{form}");
    for (fields, field) in [
        (one("2027-02-31", "18:00", "60"), "date"),
        (one("2027-03-23", "late", "60"), "time"),
        (one("2027-03-23", "18:00", "1441"), "minutes"),
        (one("2027-03-01", "18:00", "60"), "date"),
        (one("2027-03-30", "18:30", "60"), "time"),
    ] {
        let (_, status, page) = desk.send(&path, &fields).await;
        assert_eq!(status, 422, "{fields:?}");
        assert!(page.contains(&format!("id=\"{field}-problem\"")) && page.contains(&format!("value=\"{}\"", fields[0].1)), "{page}");
    }
    assert_eq!(desk.meeting().await["upcoming"], meeting["upcoming"], "nothing is half saved");

    let (there, _, page) = desk.send(&path, &one("2027-03-24", "19:30", "90")).await;
    assert_eq!(there, "/m/weekly/2027-03-23", "its link is what it was");
    assert!(page.contains("“Weekly” is now on Wed 24 Mar 2027, 19:30–21:00 UTC."), "{page}");
    let moved = desk.meeting().await["upcoming"][1].clone();
    assert_eq!(moved["opens_at"].as_i64().unwrap(), meeting["upcoming"][1]["opens_at"].as_i64().unwrap() + 25 * HOUR + HOUR / 2);
    let notice = between(&page, &format!("action=\"{path}\""), "</form>");
    let undo: Vec<(&str, &str)> =
        ["date", "time", "minutes", "title"].map(|name| (name, between(notice, &format!("name=\"{name}\" value=\""), "\""))).into();
    assert_eq!(undo[..3], [("date", "2027-03-23"), ("time", "18:00"), ("minutes", "60")]);
    desk.send(&path, &undo).await;
    let back = desk.meeting().await["upcoming"][1].clone();
    assert_eq!((&back["opens_at"], &back["closes_at"]), (&meeting["upcoming"][1]["opens_at"], &meeting["upcoming"][1]["closes_at"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_is_cancelled_shown_so_and_brought_back() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY;COUNT=4"})).await;
    let desk = Desk::new(&app).await;
    let path = format!("/schedule/events/{}", id(&meeting, 1));
    let (there, _, page) = desk.send(&format!("{path}/cancel"), &[("back", "/m/weekly")]).await;
    assert_eq!(there, "/m/weekly");
    assert!(page.contains("“Weekly” on Tue 23 Mar 2027 is cancelled.") && page.contains(&format!("action=\"{path}/restore\"")), "{page}");
    assert!(page.contains("<li class=\"cancelled\">") && page.contains(">Cancelled</span>"), "{page}");
    assert_eq!(desk.meeting().await["upcoming"][1]["phase"], "cancelled");
    let (_, _, page) = desk.send(&format!("{path}/restore"), &[("back", "/m/weekly")]).await;
    assert!(page.contains("is back on.") && !page.contains(">Cancelled</span>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_none_follows_an_event_the_form_is_of_that_one_alone() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY"})).await;
    let kept = id(&meeting, 1);
    app.organize(Method::PATCH, &format!("/events/{kept}"), Some(json!({"title": "Tides"}))).await.expect(200);
    app.organize(Method::PATCH, "/meetings/weekly", Some(json!({"rrule": "FREQ=WEEKLY;BYDAY=SA"}))).await.expect(200);
    // A form for all would change more than was asked for.
    let form = Desk::new(&app).await.see(&format!("/schedule/weekly/edit?from={kept}")).await;
    assert!(form.contains("kept when the rule changed") && form.contains(&format!("action=\"/schedule/events/{kept}/edit\"")), "{form}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_saving_does_is_told_before_it_is_done() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY"})).await;
    let desk = Desk::new(&app).await;
    let from = id(&meeting, 2);
    let form = desk.see(&format!("/schedule/weekly/edit?from={from}")).await;
    assert!(form.contains("value=\"2027-03-30\"") && form.contains("Changes to times apply from Tue 30 Mar 2027."), "{form}");
    // Wednesdays: nothing is saved before that is seen, with counts and dates.
    let path = "/schedule/weekly/edit";
    let (_, status, page) = desk.send(path, &all("2027-03-31", "18:00", &from, "")).await;
    assert!(status == 200 && page.contains("Not saved yet"), "{page}");
    for said in [
        "Adds 9 events",
        "Drops 10 events",
        "Wed 31 Mar 2027</time>, <span>18:00 UTC",
        "Tue 30 Mar 2027</time></a>, <span>18:00 UTC",
        "and 6 more, up to Tue 1 Jun 2027",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert_eq!(desk.meeting().await["upcoming"], meeting["upcoming"]);
    let seen = between(&page, "name=\"seen\" value=\"", "\"").to_owned();
    // What was seen was something else: it is told again.
    let (_, _, page) = desk.send(path, &all("2027-03-30", "20:00", &from, &seen)).await;
    assert!(page.contains("Moves 10 events") && page.contains("18:00–19:00 → 20:00–21:00 UTC"), "{page}");
    assert_eq!(desk.meeting().await["upcoming"], meeting["upcoming"]);
    let (there, _, page) = desk.send(path, &all("2027-03-31", "18:00", &from, &seen)).await;
    assert_eq!(there, "/m/weekly");
    assert!(
        page.contains("From <time datetime=\"2027-03-31T18:00:00+00:00\">Wed 31 Mar 2027</time> on: Every Wednesday at 18:00, UTC"),
        "{page}"
    );
    let after = desk.meeting().await;
    assert_eq!((&after["upcoming"][1], &after["upcoming"][2]["key"]), (&meeting["upcoming"][1], &json!("2027-03-31")));
    // An event that is no more cannot be the first: that is said at the choice, and what was typed stays.
    let (_, status, page) = desk.send(path, &all("2027-04-01", "18:00", &id(&meeting, 0), "x")).await;
    assert_eq!(status, 200, "{page}");
    app.clock.step(7 * 24 * HOUR);
    let (_, status, page) = desk.send(path, &all("2027-04-01", "17:17", &id(&meeting, 0), "x")).await;
    assert!(status == 422 && page.contains("This event has begun already.") && page.contains("value=\"17:17\""), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_published_by_one_button() {
    let app = at("2027-03-10T00:00:00Z").await;
    make(&app, json!({"visibility": "draft"})).await;
    let desk = Desk::new(&app).await;
    assert!(desk.see("/schedule").await.contains("a draft, not published"));
    for path in ["/m/weekly", "/m/weekly/2027-03-16"] {
        let page = desk.see(path).await;
        assert!(page.contains("<b>A draft.</b>") && page.contains("action=\"/schedule/weekly/publish\""), "{page}");
    }
    let (there, _, page) = desk.send("/schedule/weekly/publish", &[("visibility", "public")]).await;
    assert_eq!(there, "/m/weekly");
    assert!(page.contains("is published. Share its link") && !page.contains("A draft."), "{page}");
    assert_eq!(desk.meeting().await["visibility"], "public");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_asks_once_more_where_a_new_rule_meets_an_event_of_the_meeting_that_stays() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY"})).await;
    let added = json!({"opens_at": "2027-03-24T19:30", "closes_at": "2027-03-24T20:30"});
    app.post("/meetings/weekly/events", added).await.expect(201);
    let desk = Desk::new(&app).await;
    let path = "/schedule/weekly/edit";
    let (_, status, page) = desk.send(path, &all("2027-03-17", "19:00", "", "")).await;
    assert!(status == 200 && page.contains("these times overlap with your other events"), "{page}");
    assert!(page.contains("Wed 24 Mar 2027</time>, 19:30–20:30 UTC, of this meeting, which stays as it is"), "{page}");
    assert_eq!(desk.meeting().await["upcoming"][0], meeting["upcoming"][0], "nothing is saved");
    let seen = between(&page, "name=\"seen\" value=\"", "\"").to_owned();
    // Beside it there is nothing to ask of that.
    let (_, _, page) = desk.send(path, &all("2027-03-17", "20:30", "", "")).await;
    assert!(page.contains("Not saved yet: review the changes first") && !page.contains("of this meeting"), "{page}");
    let (there, _, _) = desk.send(path, &all("2027-03-17", "19:00", "", &seen)).await;
    assert_eq!((there.as_str(), desk.meeting().await["upcoming"][0]["key"].clone()), ("/m/weekly", json!("2027-03-17")));
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_of_one_meeting_that_overlap_are_refused_at_the_length() {
    let app = at("2027-03-10T00:00:00Z").await;
    let desk = Desk::new(&app).await;
    let mut fields = all("2027-03-16", "18:00", "", "");
    fields.retain(|(name, _)| !matches!(*name, "repeat" | "slug"));
    fields.extend([("repeat", "dates"), ("dates", "2027-03-23\n2027-03-23 18:59")]);
    let (_, status, page) = desk.send("/schedule/new", &fields).await;
    assert!(status == 422 && page.contains("id=\"minutes-problem\"") && page.contains("2027-03-23 18:59"), "{page}");
    assert!(
        page.contains("The event of Tue 23 Mar 2027, 18:00 UTC would still run when that of Tue 23 Mar 2027, 18:59 UTC begins."),
        "{page}"
    );
    app.get("/meetings/weekly").await.problem(404, "not-found");
    fields.retain(|(name, _)| *name != "minutes");
    fields.push(("minutes", "59"));
    assert_eq!(desk.send("/schedule/new", &fields).await.0, "/m/weekly");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_agenda_comes_back_however_long_it_was_and_never_over_what_somebody_wrote_since() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY;COUNT=4"})).await;
    let desk = Desk::new(&app).await;
    let (event, long) = (id(&meeting, 1), format!("- Tides\n\n{}", "ü".repeat(9_900)));
    let path = format!("/schedule/events/{event}/edit");
    let write =
        async |agenda: &str| app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({"agenda": agenda}))).await.expect(200);
    write(&long).await;
    let change = [("date", "2027-03-24"), ("time", "18:00"), ("minutes", "60"), ("title", ""), ("agenda", "- Tea")];
    let undo = async |page: &str| {
        let notice = between(page, &format!("action=\"{path}\""), "</form>").to_owned();
        let names = ["date", "time", "minutes", "title", "agenda_undo"];
        let fields = names.map(|name| (name, between(&notice, &format!("name=\"{name}\" value=\""), "\"")));
        desk.send(&path, &fields).await
    };
    let (_, _, page) = desk.send(&path, &change).await;
    assert_eq!(app.look(&event).await["agenda"], "- Tea");
    let (_, _, page) = undo(&page).await;
    let back = app.look(&event).await;
    assert_eq!((&back["agenda"], &back["opens_at"]), (&json!(long), &meeting["upcoming"][1]["opens_at"]));
    // That, too, can be undone.
    undo(&page).await;
    assert_eq!(app.look(&event).await["agenda"], "- Tea");

    let (_, _, page) =
        desk.send(&path, &[("date", "2027-03-25"), ("time", "18:00"), ("minutes", "60"), ("title", ""), ("agenda", "- Cake")]).await;
    write("- Theirs").await;
    let (_, status, page) = undo(&page).await;
    assert!(status == 422 && page.contains("Look at it as it is now") && page.contains(">- Theirs</textarea>"), "{page}");
    let now = app.look(&event).await;
    assert_eq!(
        (&now["agenda"], now["opens_at"].as_i64()),
        (&json!("- Theirs"), meeting["upcoming"][1]["opens_at"].as_i64().map(|at| at + 48 * HOUR))
    );
}
