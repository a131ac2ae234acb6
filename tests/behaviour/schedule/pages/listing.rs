//! The schedule's lists by the reader's days, events past midnight, the first day of the week, the end of a series, and what is said of
//! events that are restored or left from the earlier schedule.

use reqwest::Method;
use serde_json::{Value, json};

use super::exceptions::{Desk, all};
use crate::calendar::icalendar::{at, id, make};
use crate::calendar::pages::between;
use crate::support::HOUR;

/// The `When` of each row of the list of events: day and hours.
fn times(page: &str) -> Vec<String> {
    let body = between(page, "<tbody>", "</tbody>");
    let cells = body.split("<td class=\"num\">").skip(1).map(|rest| rest.split("</td>").next().unwrap());
    cells.map(text).collect()
}

/// A piece of a page without its tags.
fn text(html: &str) -> String {
    let plain: String = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, rest)| rest)).collect::<Vec<_>>().join(" ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ").replace(" – ", "–")
}

/// The days of the grid, each with its events.
fn grid(page: &str) -> Vec<(String, String)> {
    let cells = page.split("<td role=\"cell\"").skip(1).map(|rest| rest.split("</td>").next().unwrap());
    cells
        .map(|cell| {
            (between(cell, "<time datetime=\"", "\"").to_owned(), cell.split_once("<ul>").map_or(String::new(), |(_, it)| text(it)))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn next_events_are_in_order_of_the_days_of_one_zone_which_is_named() {
    let app = at("2027-03-01T00:00:00Z").await;
    // At nearly the same time: Wednesday evening in Los Angeles, Thursday in Auckland and Berlin.
    for (title, zone, starts) in [
        ("Auckland", "Pacific/Auckland", "2027-03-11T17:00"),
        ("Los Angeles", "America/Los_Angeles", "2027-03-10T21:00"),
        ("Berlin", "Europe/Berlin", "2027-03-11T09:00"),
        ("Berlin again", "Europe/Berlin", "2027-03-12T09:00"),
    ] {
        make(&app, json!({"title": title, "timezone": zone, "starts": starts})).await;
    }
    let desk = Desk::new(&app).await;
    // Nobody said where the reader is: in the zone that most of them have.
    let page = desk.see("/schedule").await;
    assert!(page.contains("Days and times are in Europe/Berlin."), "{page}");
    let expected = [
        "Thu 11 Mar 2027 05:00–06:00 CET Thu 11 Mar, 17:00–18:00 NZDT in Pacific/Auckland",
        "Thu 11 Mar 2027 06:00–07:00 CET Wed 10 Mar, 21:00–22:00 PST in America/Los_Angeles",
        "Thu 11 Mar 2027 09:00–10:00 CET",
        "Fri 12 Mar 2027 09:00–10:00 CET",
    ];
    assert_eq!(times(&page), expected);
    // The browser said it; a name that is none counts for nothing.
    let page = {
        desk.keep("zone=America/Los_Angeles");
        desk.see("/schedule").await
    };
    assert!(page.contains("Days and times are in America/Los_Angeles."), "{page}");
    let days: Vec<_> = times(&page).iter().map(|row| row[..15].to_owned()).collect();
    assert_eq!(days, ["Wed 10 Mar 2027", "Wed 10 Mar 2027", "Thu 11 Mar 2027", "Fri 12 Mar 2027"]);
    for bad in ["zone=Mars/Olympus", "zone=", "zone=%3Cb%3E", &format!("zone={}", "x".repeat(3_000))] {
        desk.keep(bad);
        assert_eq!(times(&desk.see("/schedule").await), expected, "{bad}");
    }
    // The front page does the same.
    let home = app.client.get(format!("{}/", app.base)).header("Cookie", "zone=Asia/Tokyo").send().await.unwrap().text().await.unwrap();
    assert!(home.replace("&#x2f;", "/").contains("Days and times are in Asia/Tokyo."), "{home}");
    assert!(text(&home).contains("Thu 11 Mar 2027 13:00–14:00 JST"), "{home}");
    // A day of the grid is that of each meeting, and so is its list.
    let wednesday = desk.see("/schedule?day=2027-03-10").await;
    assert_eq!(times(&wednesday), ["Wed 10 Mar 2027 21:00–22:00 PST"]);
    assert!(wednesday.contains("Times are in each meeting’s time zone."), "{wednesday}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_past_midnight_is_on_both_days_of_the_month_and_in_both_lists() {
    let app = at("2027-03-01T00:00:00Z").await;
    // Into the next day, and to its very beginning; from the month before, and over the end of the grid's last week.
    for (title, starts, minutes) in [
        ("Night", "2027-03-16T23:00", 120),
        ("Evening", "2027-03-18T23:00", 60),
        ("Whole", "2027-03-20T00:00", 1_440),
        ("Turn", "2027-03-31T23:30", 60),
    ] {
        make(&app, json!({"title": title, "timezone": "Europe/Berlin", "starts": starts, "duration_minutes": minutes})).await;
    }
    let desk = Desk::new(&app).await;
    let on = async |month: &str, day: &str| {
        let days = grid(&desk.see(&format!("/schedule?month={month}")).await);
        days.into_iter().find(|(it, _)| it == day).unwrap().1
    };
    assert_eq!(on("2027-03", "2027-03-16").await, "23:00 Night");
    assert_eq!(on("2027-03", "2027-03-17").await, "until 01:00 Night");
    assert_eq!((on("2027-03", "2027-03-18").await, on("2027-03", "2027-03-19").await), ("23:00 Evening".into(), String::new()));
    assert_eq!((on("2027-03", "2027-03-20").await, on("2027-03", "2027-03-21").await), ("00:00 Whole".into(), String::new()));
    assert_eq!((on("2027-04", "2027-03-31").await, on("2027-04", "2027-04-01").await), ("23:30 Turn".into(), "until 00:30 Turn".into()));
    for (day, count) in [("2027-03-16", 1), ("2027-03-17", 1), ("2027-03-19", 0), ("2027-03-21", 0), ("2027-04-01", 1)] {
        let page = desk.see(&format!("/schedule?day={day}")).await;
        assert_eq!(page.matches("<td class=\"num\">").count(), count, "{day}");
    }
    // Also where a day has more than the grid shows, and the number is counted by itself.
    for n in 1..=9 {
        make(
            &app,
            json!({"title": format!("Watch {n}"), "timezone": "Europe/Berlin", "starts": "2027-03-16T23:10", "duration_minutes": 90}),
        )
        .await;
    }
    assert!(on("2027-03", "2027-03-16").await.contains("and 5 more"));
    assert!(on("2027-03", "2027-03-17").await.contains("and 5 more"));
    assert_eq!(desk.see("/schedule?day=2027-03-17").await.matches("<td class=\"num\">").count(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn weeks_start_as_where_the_readers_language_is_spoken() {
    let app = at("2027-03-10T00:00:00Z").await;
    make(&app, json!({"timezone": "UTC"})).await;
    let desk = Desk::new(&app).await;
    // The 1st of March 2027 is a Monday.
    for (languages, first, last) in [
        ("de-DE,de;q=0.9", "2027-03-01", "2027-04-04"),
        ("en-US,en;q=0.9", "2027-02-28", "2027-04-03"),
        ("ar-EG", "2027-02-27", "2027-04-02"),
        ("en", "2027-03-01", "2027-04-04"),
    ] {
        let days = grid(&desk.see_as("/schedule?month=2027-03", &[("Accept-Language", languages)]).await);
        assert_eq!((days[0].0.as_str(), days[days.len() - 1].0.as_str(), days.len() % 7), (first, last, 0), "{languages}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_ends_after_a_chosen_event_as_shown_and_undone() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY"})).await;
    let desk = Desk::new(&app).await;
    let count = meeting["upcoming"].as_array().unwrap().len();
    let path = format!("/schedule/weekly/edit?last={}", id(&meeting, 2));
    assert!(desk.see("/m/weekly").await.contains(&format!("<a href=\"{path}\">End this series after it</a>")));
    let form = desk.see(&path).await;
    let seen = between(&form, "name=\"seen\" value=\"", "\"");
    let until = between(&form, "id=\"until\" name=\"until\"", ">");
    assert!(until.contains("2027-03-30") && form.contains(&format!("Drops {} events", count - 3)), "{form}");
    assert!(form.contains("This ends the series after Tue 30 Mar 2027.") && form.contains("Not saved yet: this ends the series"), "{form}");
    assert_eq!(form.matches(">End the series</button>").count(), 2, "{form}");
    assert!(!form.contains("Save changes") && form.contains("name=\"last\" value=\"2027-03-30\""), "{form}");
    assert_eq!(desk.meeting().await["upcoming"].as_array().unwrap().len(), count, "nothing is done yet");
    // A form that comes back for another reason still ends it; with another end it is a change as any other.
    let ended = |until| {
        let fields = all("2027-03-16", "18:00", "", "").into_iter().filter(|(name, _)| !["ends", "title"].contains(name));
        fields.chain([("title", ""), ("ends", "on"), ("until", until), ("last", "2027-03-30")]).collect::<Vec<_>>()
    };
    let (_, _, again) = desk.send("/schedule/weekly/edit", &ended("2027-03-30")).await;
    assert!(again.contains(">End the series</button>") && again.contains("after Tue 30 Mar 2027."), "{again}");
    let (_, _, other) = desk.send("/schedule/weekly/edit", &ended("2027-04-06")).await;
    assert!(!other.contains("End the series") && other.contains(">Save changes</button>"), "{other}");
    let mut fields: Vec<_> = all("2027-03-16", "18:00", "", seen).into_iter().filter(|(name, _)| *name != "ends").collect();
    fields.extend([("ends", "on"), ("until", "2027-03-30")]);
    let (there, _, page) = desk.send("/schedule/weekly/edit", &fields).await;
    assert_eq!(there, "/m/weekly", "{page}");
    let left = desk.meeting().await;
    assert_eq!(left["upcoming"].as_array().unwrap().len(), 3, "{left}");
    assert_eq!(left["rrule"], "FREQ=WEEKLY;UNTIL=20270330");
    // Also weeks later no event is made.
    let undo = between(&page, "action=\"/schedule/weekly/times\"", "</form>");
    let before = between(undo, "name=\"before\" value=\"", "\"");
    desk.send("/schedule/weekly/times", &[("before", before)]).await;
    assert_eq!(desk.meeting().await["upcoming"].as_array().unwrap().len(), count);
    // By a rule that the form's choices cannot say, too.
    let rule = "FREQ=YEARLY;BYDAY=2TU;BYMONTH=3,4,5;BYSETPOS=1,2,3";
    let ruled = make(&app, json!({"title": "Ruled", "timezone": "UTC", "starts": "2027-04-13T18:00", "rrule": rule})).await;
    let form = desk.see(&format!("/schedule/ruled/edit?last={}", id(&ruled, 0))).await;
    assert!(form.contains("This ends the series after Tue 13 Apr 2027.") && form.contains(">End the series</button>"), "{form}");
    // Not a stranger's, not by an event of another meeting or of none.
    let stranger = app.client.get(format!("{}{path}", app.base)).send().await.unwrap();
    assert!(stranger.url().path().starts_with("/sign-in"), "{}", stranger.url());
    let other = make(&app, json!({"title": "Other", "timezone": "UTC", "rrule": "FREQ=WEEKLY"})).await;
    for last in [id(&other, 0), "e_none".into(), String::new()] {
        let page = desk.see(&format!("/schedule/weekly/edit?last={last}")).await;
        assert!(page.contains("class=\"notice bad\""), "{last}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_restored_onto_another_one_says_so_on_the_page_and_by_the_api() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY;COUNT=3"})).await;
    let opens = meeting["upcoming"][1]["opens_at"].as_i64().unwrap();
    let cancelled = id(&meeting, 1);
    app.post(&format!("/events/{cancelled}/cancel"), json!({})).await.expect(200);
    let more = json!({"opens_at": opens + HOUR / 2, "closes_at": opens + HOUR, "title": "Instead"});
    let added = app.post("/meetings/weekly/events", more).await.expect(201);
    let desk = Desk::new(&app).await;
    let (_, _, page) = desk.send(&format!("/schedule/events/{cancelled}/restore"), &[("back", "/m/weekly")]).await;
    assert!(
        page.contains("“Weekly” on Tue 23 Mar 2027 is back on. It overlaps with “Instead”, Tue 23 Mar 2027, 18:30–19:00 UTC."),
        "{page}"
    );
    app.post(&format!("/events/{cancelled}/cancel"), json!({})).await.expect(200);
    let restored = app.post(&format!("/events/{cancelled}/restore"), json!({})).await.expect(200);
    assert_eq!(restored["overlaps"][0]["id"], added["id"], "{restored}");
    // Without another one nothing is said.
    app.post(&format!("/events/{}/cancel", added["id"].as_str().unwrap()), json!({})).await.expect(200);
    app.post(&format!("/events/{cancelled}/cancel"), json!({})).await.expect(200);
    let restored = app.post(&format!("/events/{cancelled}/restore"), json!({})).await.expect(200);
    assert_eq!(restored.get("overlaps"), None, "{restored}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_from_an_earlier_rule_is_not_called_added() {
    let app = at("2027-03-10T00:00:00Z").await;
    let meeting = make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY;COUNT=4"})).await;
    let named = json!({"title": "Budget"});
    app.organize(Method::PATCH, &format!("/events/{}", id(&meeting, 1)), Some(named)).await.expect(200);
    let more = json!({"opens_at": "2027-03-26T18:00:00Z", "closes_at": "2027-03-26T19:00:00Z", "title": "Extra"});
    app.post("/meetings/weekly/events", more).await.expect(201);
    let rule = json!({"rrule": "FREQ=WEEKLY;BYDAY=TH", "starts": "2027-03-18T18:00"});
    app.organize(Method::PATCH, "/meetings/weekly", Some(rule)).await.expect(200);
    let desk = Desk::new(&app).await;
    let row = |page: &str, title: &str| -> String {
        let rows = between(page, "<tbody>", "</tbody>").split("<tr").map(text).collect::<Vec<_>>();
        rows.into_iter().find(|row| row.contains(title)).unwrap()
    };
    let page = desk.see("/schedule").await;
    let (left, extra) = (row(&page, "Budget"), row(&page, "Extra"));
    assert!(left.contains("from the earlier schedule") && !left.contains("added"), "{left}");
    assert!(extra.contains("added") && !extra.contains("earlier schedule"), "{extra}");
    let own: Value = desk.meeting().await;
    assert!(own["upcoming"].as_array().unwrap().iter().any(|event| event["title"] == "Budget"));
    let page = text(&desk.see("/m/weekly").await);
    assert!(page.contains("from the earlier schedule") && page.matches("added").count() == 1, "{page}");
}
