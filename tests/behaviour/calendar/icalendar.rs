//! Calendars to subscribe to: who may read which, what is in them, and when it is sent again.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::{HOUR, MINUTE, Reply, TestApp};

pub const NOON: &str = "2027-03-10T00:00:00Z";

/// A server whose clock shows this instant.
pub async fn at(instant: &str) -> TestApp {
    let app = TestApp::start().await;
    app.clock.step(chrono::DateTime::parse_from_rfc3339(instant).unwrap().timestamp_micros() - app.now());
    app
}

pub async fn fetch(app: &TestApp, path: &str) -> Reply {
    fetch_with(app, Method::GET, path, &[]).await
}

pub async fn fetch_with(app: &TestApp, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Reply {
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut request = client.request(method, format!("{}{path}", app.base));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Reply { status, headers, text: response.text().await.unwrap() }
}

/// A calendar with its lines unfolded.
pub async fn calendar(app: &TestApp, path: &str) -> String {
    let reply = fetch(app, path).await;
    assert_eq!((reply.status.as_u16(), &reply.headers["content-type"]), (200, &"text/calendar; charset=utf-8".parse().unwrap()));
    assert!(reply.text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:") && reply.text.ends_with("END:VCALENDAR\r\n"));
    for line in reply.text.split("\r\n") {
        assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line}");
    }
    reply.text.replace("\r\n ", "")
}

/// The entries of a calendar, each with its lines.
fn entries(calendar: &str) -> Vec<Vec<&str>> {
    calendar.split("BEGIN:VEVENT\r\n").skip(1).map(|entry| entry.split("END:VEVENT").next().unwrap().lines().collect()).collect()
}

fn value<'l>(entry: &[&'l str], name: &str) -> &'l str {
    let line = entry.iter().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([':', ';'])));
    line.unwrap_or_else(|| panic!("no {name} in {entry:?}")).split_once(':').unwrap().1
}

fn has(entry: &[&str], line: &str) -> bool {
    entry.contains(&line)
}

pub async fn make(app: &TestApp, more: Value) -> Value {
    let mut body = json!({"title": "Weekly", "timezone": "Europe/Berlin", "starts": "2027-03-16T18:00", "duration_minutes": 60});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.post("/meetings", body).await.expect(201)
}

pub fn id(meeting: &Value, n: usize) -> String {
    meeting["upcoming"][n]["id"].as_str().unwrap().to_owned()
}

async fn change(app: &TestApp, event: &str, body: Value) {
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(body)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_that_repeats_is_one_entry_with_its_rule_and_zone() {
    let app = at(NOON).await;
    make(&app, json!({"rrule": "FREQ=WEEKLY;UNTIL=20271231", "description": "**All** welcome"})).await;
    let text = calendar(&app, "/m/weekly.ics").await;
    for line in [
        "NAME;VALUE=TEXT:Weekly",
        "X-WR-CALNAME:Weekly",
        "REFRESH-INTERVAL;VALUE=DURATION:PT3600S",
        "X-PUBLISHED-TTL:PT3600S",
        "TZID:Europe/Berlin",
    ] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{line} in {text}");
    }
    assert!(text.find("BEGIN:VTIMEZONE").unwrap() < text.find("BEGIN:VEVENT").unwrap());
    let entries = entries(&text);
    assert_eq!(entries.len(), 1);
    let link = format!("URL:{}/m/weekly", app.base);
    for line in [
        "SUMMARY:Weekly",
        "DTSTART;TZID=Europe/Berlin:20270316T180000",
        "DTEND;TZID=Europe/Berlin:20270316T190000",
        "RRULE:FREQ=WEEKLY;UNTIL=20271231T225959Z",
        "STATUS:CONFIRMED",
        "SEQUENCE:0",
        link.as_str(),
    ] {
        assert!(has(&entries[0], line), "{line} in {entries:?}");
    }
    let created = value(&entries[0], "CREATED");
    assert!(created.starts_with("20270310T0000") && created.ends_with('Z'), "{created}");
    assert_eq!([value(&entries[0], "LAST-MODIFIED"), value(&entries[0], "DTSTAMP")], [created; 2]);
    assert_eq!(value(&entries[0], "DESCRIPTION"), format!("All welcome\\n\\n{}/m/weekly", app.base));
    assert!(!text.contains("ORGANIZER"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_from_the_rule_is_named() {
    let app = at(NOON).await;
    let meeting = make(&app, json!({"rrule": "FREQ=WEEKLY;COUNT=5"})).await;
    let opens = meeting["upcoming"][1]["opens_at"].as_i64().unwrap();
    change(&app, &id(&meeting, 1), json!({"opens_at": opens + 2 * HOUR, "closes_at": opens + 4 * HOUR, "title": "Long one"})).await;
    app.post(&format!("/events/{}/cancel", id(&meeting, 2)), json!({})).await.expect(200);
    change(&app, &id(&meeting, 3), json!({"agenda": "Tides"})).await;
    let extra = json!({"opens_at": opens + 24 * HOUR, "closes_at": opens + 25 * HOUR, "title": "One more"});
    let extra = app.post("/meetings/weekly/events", extra).await.expect(201);
    let text = calendar(&app, "/m/weekly.ics").await;
    let entries = entries(&text);
    assert_eq!(entries.len(), 5);
    let of = |place: &str| entries.iter().find(|it| has(it, &format!("RECURRENCE-ID;TZID=Europe/Berlin:{place}"))).unwrap();
    let moved = of("20270323T180000");
    for line in ["SUMMARY:Long one", "DTSTART;TZID=Europe/Berlin:20270323T200000", "DTEND;TZID=Europe/Berlin:20270323T220000", "SEQUENCE:1"]
    {
        assert!(has(moved, line), "{line} in {moved:?}");
    }
    assert!(has(of("20270330T180000"), "STATUS:CANCELLED"));
    assert!(value(of("20270406T180000"), "DESCRIPTION").starts_with("Agenda\\nTides\\n\\n"));
    assert!(has(of("20270406T180000"), "SEQUENCE:0"));
    let uid = value(&entries[0], "UID");
    assert!(uid.starts_with("m_") && entries[..4].iter().all(|it| value(it, "UID") == uid));
    assert_eq!(value(&entries[4], "UID"), format!("{}@gavel", extra["id"].as_str().unwrap()));
    assert!(!text.contains("EXDATE") && !entries[4].iter().any(|line| line.starts_with("RRULE")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_rule_begins_anew_and_leaves_what_was() {
    let app = at(NOON).await;
    make(&app, json!({"timezone": "UTC", "rrule": "FREQ=WEEKLY;COUNT=6"})).await;
    app.clock.step(15 * 24 * HOUR);
    let body = json!({"starts": "2027-03-25T09:00", "rrule": "FREQ=WEEKLY;BYDAY=TH"});
    app.organize(Method::PATCH, "/meetings/weekly", Some(body)).await.expect(200);
    let text = calendar(&app, "/m/weekly.ics").await;
    let entries = entries(&text);
    let starts: Vec<&str> = entries.iter().map(|it| value(it, "DTSTART")).collect();
    assert_eq!(starts, ["20270316T180000Z", "20270325T090000Z"]);
    assert!(has(&entries[0], "RRULE:FREQ=WEEKLY;UNTIL=20270323T235959Z"), "{entries:?}");
    assert!(has(&entries[1], "RRULE:FREQ=WEEKLY;BYDAY=TH") && has(&entries[1], "SEQUENCE:1"), "{entries:?}");
    // Each series has a name of its own, and the first keeps what it had.
    let (first, second) = (value(&entries[0], "UID"), value(&entries[1], "UID"));
    assert!(second.starts_with(&format!("{}-", first.trim_end_matches("@gavel"))), "{first} {second}");
    assert!(!text.contains("VTIMEZONE"), "instants in UTC need no zone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_is_of_those_that_are_left() {
    let app = at(NOON).await;
    // Of a daily rule since 1 March the events of ten days were never made.
    make(&app, json!({"starts": "2027-03-01T09:00", "rrule": "FREQ=DAILY;COUNT=20"})).await;
    let text = calendar(&app, "/m/weekly.ics").await;
    let entries = entries(&text);
    assert_eq!((value(&entries[0], "DTSTART"), value(&entries[0], "RRULE")), ("20270310T090000", "FREQ=DAILY;COUNT=11"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_by_weeks_of_the_year_has_an_entry_an_event() {
    let app = at(NOON).await;
    make(&app, json!({"starts": "2027-03-10T09:00", "rrule": "FREQ=YEARLY;BYWEEKNO=11,-40;BYDAY=WE,TH"})).await;
    let text = calendar(&app, "/m/weekly.ics").await;
    let entries = entries(&text);
    let starts: Vec<&str> = entries.iter().map(|entry| value(entry, "DTSTART")).collect();
    // Week 11 and the 40th from the end, which is week 13: as far as events are made ahead.
    assert_eq!(starts, ["20270317T090000", "20270318T090000", "20270331T090000", "20270401T090000"]);
    assert!(entries.iter().all(|entry| !entry.iter().any(|line| line.starts_with("RRULE"))), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_without_a_rule_has_an_entry_an_event() {
    let app = at(NOON).await;
    let meeting = make(&app, json!({})).await;
    let text = calendar(&app, "/m/weekly.ics").await;
    // The zone has a rule; no entry has.
    let told = &text[text.find("BEGIN:VEVENT").unwrap()..];
    assert!(!told.contains("RRULE") && !told.contains("RECURRENCE-ID"));
    assert_eq!(value(&entries(&text)[0], "UID"), format!("{}@gavel", id(&meeting, 0)));
    let file = fetch(&app, "/m/weekly/2027-03-16.ics").await;
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"weekly-2027-03-16.ics\"");
    let text = calendar(&app, "/m/weekly/2027-03-16.ics").await;
    assert_eq!(entries(&text).len(), 1);
    assert!(has(&entries(&text)[0], &format!("URL:{}/m/weekly/2027-03-16", app.base)));
    assert_eq!(fetch(&app, "/m/weekly/2027-03-17.ics").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_that_matters_raises_the_sequence_once() {
    let app = at(NOON).await;
    let meeting = make(&app, json!({})).await;
    let event = id(&meeting, 0);
    let opens = meeting["upcoming"][0]["opens_at"].as_i64().unwrap();
    // The clock runs on while the test does.
    let minute = |at: &str| at[..13].to_owned();
    let seen = async || {
        let text = calendar(&app, "/m/weekly.ics").await;
        let entry = &entries(&text)[0];
        (value(entry, "SEQUENCE").to_owned(), minute(value(entry, "LAST-MODIFIED")), value(entry, "STATUS").to_owned())
    };
    let told = |n: &str, minute: i64, status: &str| (n.to_owned(), format!("20270310T00{minute:02}"), status.to_owned());
    assert_eq!(seen().await, told("0", 0, "CONFIRMED"));
    app.clock.step(MINUTE);
    change(&app, &event, json!({"opens_at": opens + HOUR, "closes_at": opens + 2 * HOUR})).await;
    assert_eq!(seen().await, told("1", 1, "CONFIRMED"));
    app.clock.step(MINUTE);
    app.post(&format!("/events/{event}/cancel"), json!({})).await.expect(200);
    assert_eq!(seen().await, told("2", 2, "CANCELLED"));
    app.clock.step(MINUTE);
    app.post(&format!("/events/{event}/restore"), json!({})).await.expect(200);
    assert_eq!(seen().await, told("3", 3, "CONFIRMED"));
    app.clock.step(MINUTE);
    app.organize(Method::PATCH, "/meetings/weekly", Some(json!({"title": "Monthly"}))).await.expect(200);
    assert_eq!(seen().await, told("4", 4, "CONFIRMED"));
    app.clock.step(MINUTE);
    // Worth another look, and nothing to ask people again for.
    change(&app, &event, json!({"agenda": "Tides"})).await;
    assert_eq!(seen().await, told("4", 5, "CONFIRMED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_used_changes_no_calendar() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let before = fetch(&app, "/m/weekly.ics").await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "hello").await;
    assert_eq!(fetch(&app, "/m/weekly.ics").await.headers["etag"], before.headers["etag"]);
    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    assert_ne!(fetch(&app, "/m/weekly.ics").await.headers["etag"], before.headers["etag"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_has_is_not_sent_again() {
    let app = at(NOON).await;
    make(&app, json!({"rrule": "FREQ=WEEKLY"})).await;
    app.clock.step(2_000_000);
    for path in ["/m/weekly.ics", "/m/weekly/2027-03-16.ics", "/calendar.ics"] {
        let first = fetch(&app, path).await;
        let (tag, date) = (first.headers["etag"].to_str().unwrap(), first.headers["last-modified"].to_str().unwrap());
        assert!(date.starts_with("Wed, 10 Mar 2027 00:0") && date.ends_with(" GMT"), "{date}");
        assert_eq!(first.headers["cache-control"], "public, max-age=300");
        let earlier = "Tue, 09 Mar 2027 23:59:59 GMT";
        let weak = format!("\"x\", W/{tag}");
        for (headers, status) in [
            (vec![("If-None-Match", tag)], 304),
            (vec![("If-None-Match", weak.as_str())], 304),
            (vec![("If-None-Match", "*")], 304),
            (vec![("If-None-Match", "\"other\"")], 200),
            (vec![("If-Modified-Since", date)], 304),
            (vec![("If-Modified-Since", earlier)], 200),
            (vec![("If-Modified-Since", "soon")], 200),
            // A tag is exact, so it goes before the date.
            (vec![("If-None-Match", "\"other\""), ("If-Modified-Since", date)], 200),
            (vec![("If-None-Match", tag), ("If-Modified-Since", earlier)], 304),
        ] {
            let reply = fetch_with(&app, Method::GET, path, &headers).await;
            assert_eq!((reply.status.as_u16(), reply.text.is_empty()), (status, status == 304), "{path} {headers:?}");
            assert_eq!(reply.headers["etag"], tag);
        }
        let head = fetch_with(&app, Method::HEAD, path, &[]).await;
        assert_eq!((head.status.as_u16(), head.text.as_str(), &head.headers["etag"]), (200, "", &first.headers["etag"]));
        // The same rows make the same bytes, whatever the time.
        app.clock.step(HOUR);
        assert_eq!(fetch(&app, path).await.text, first.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unlisted_meetings_are_read_by_their_link_alone() {
    let app = at(NOON).await;
    make(&app, json!({"title": "Open talk"})).await;
    let secret = make(&app, json!({"title": "Board", "visibility": "unlisted"})).await;
    let path = format!("{}.ics", secret["url"].as_str().unwrap());
    let reply = fetch(&app, &path).await;
    assert_eq!(
        (&reply.headers["cache-control"], &reply.headers["x-robots-tag"]),
        (&"private, max-age=300".parse().unwrap(), &"noindex".parse().unwrap())
    );
    assert!(calendar(&app, &path).await.contains("SUMMARY:Board"));
    let all = calendar(&app, "/calendar.ics").await;
    assert!(all.contains("SUMMARY:Open talk") && !all.contains("Board") && all.contains("X-WR-CALNAME:Gavel\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn old_links_lead_on_and_deleted_meetings_are_gone() {
    let app = at(NOON).await;
    make(&app, json!({"rrule": "FREQ=WEEKLY"})).await;
    app.organize(Method::PATCH, "/meetings/weekly", Some(json!({"slug": "tides"}))).await.expect(200);
    for (old, new) in [("/m/weekly.ics", "/m/tides.ics"), ("/m/weekly/2027-03-16.ics", "/m/tides/2027-03-16.ics")] {
        let reply = fetch(&app, old).await;
        assert_eq!((reply.status.as_u16(), reply.headers["location"].to_str().unwrap()), (308, new));
    }
    let tag = fetch(&app, "/calendar.ics").await.headers["etag"].to_str().unwrap().to_owned();
    app.clock.step(MINUTE);
    app.organize(Method::DELETE, "/meetings/tides", None).await.expect(204);
    for path in ["/m/tides.ics", "/m/tides/2027-03-16.ics"] {
        assert_eq!(fetch(&app, path).await.status, 410);
    }
    // That it is gone from the site's calendar is a change of that.
    app.clock.step(MINUTE);
    let headers = [("If-None-Match", tag.as_str()), ("If-Modified-Since", "Wed, 10 Mar 2027 00:00:30 GMT")];
    for header in headers {
        assert_eq!(fetch_with(&app, Method::GET, "/calendar.ics", &[header]).await.status, 200, "{header:?}");
    }
    let empty = calendar(&app, "/calendar.ics").await;
    assert!(empty.contains("BEGIN:VTIMEZONE") && !empty.contains("VEVENT"));
    app.organize(Method::POST, "/meetings/tides/restore", None).await.expect(200);
    assert!(has(&entries(&calendar(&app, "/m/tides.ics").await)[0], "SEQUENCE:2"));
    assert_eq!(fetch(&app, "/m/nothing.ics").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_cannot_break_out_of_its_line() {
    let app = at(NOON).await;
    let description = "a, b; c\\d\n\nBEGIN:VEVENT\n\u{202e}<script>x</script>";
    make(&app, json!({"title": "BEGIN:VEVENT <b>x</b>; a, b\\n", "slug": "weekly", "description": description})).await;
    let text = calendar(&app, "/m/weekly.ics").await;
    let name = "BEGIN:VEVENT <b>x</b>\\; a\\, b\\\\n";
    assert!(text.contains(&format!("\r\nNAME;VALUE=TEXT:{name}\r\nX-WR-CALNAME:{name}\r\n")), "{text}");
    assert_eq!(text.matches("\r\nBEGIN:VEVENT\r\n").count(), 1);
    assert!(text.contains(&format!("\r\nSUMMARY:{name}\r\n")));
    let told = "\r\nDESCRIPTION:a\\, b\\; c\\\\d\\n\\nBEGIN:VEVENT\\n<script>x</script>\\n\\nhttp";
    assert!(text.contains(told) && !text.contains('\u{202e}'), "{text}");
    // The program's own zone stands where it belongs all the same.
    assert!(text.find("BEGIN:VTIMEZONE").unwrap() < text.find("\r\nBEGIN:VEVENT\r\n").unwrap());
}
