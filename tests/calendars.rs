//! What calendar programs make of our calendars is what is in the database: Python's `icalendar` and
//! `recurring-ical-events` expand them over two years of clock changes, and so do ical.js and node-ical. They are installed into
//! folders of their own. If that is impossible the tests say so and do nothing, but in CI they fail.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "calendars/instants.rs"]
mod instants;
#[path = "calendars/peers.rs"]
mod peers;
mod support;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use support::{HOUR, MINUTE, TestApp};
use tempfile::TempDir;

const PACKAGES: [&str; 4] = ["icalendar==7.3.0", "recurring-ical-events==3.8.2", "python-dateutil==2.9.0.post0", "tzdata==2026.6"];
const DAY: i64 = 24 * HOUR;
/// An event: start and end in seconds, status, title.
type Occurrence = (i64, i64, String, String);

/// Python with the packages, or why there is none.
fn python() -> Result<TempDir, String> {
    let folder = tempfile::tempdir().unwrap();
    let said = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--target"])
        .arg(folder.path())
        .args(PACKAGES)
        .stdin(Stdio::null())
        .output()
        .map_err(|problem| format!("python3 cannot be run: {problem}"))?;
    if said.status.success() { Ok(folder) } else { Err(format!("pip: {}", String::from_utf8_lossy(&said.stderr))) }
}

/// What was installed. `None`, with a reason, where that was impossible; in CI, which sets `CI`, that fails.
#[expect(clippy::disallowed_methods, reason = "it is about the machine that runs the test, not a setting of the program")]
fn must_be_there<T>(installed: Result<T, String>) -> Option<T> {
    installed
        .map_err(|why| {
            assert!(std::env::var_os("CI").is_none_or(|it| it.is_empty()), "the calendar libraries cannot be installed: {why}");
            println!("skipped: the calendars were not compared with other programs' ({why})");
        })
        .ok()
}

/// What Python makes of these calendars: for each, file, range, and how it is to read zones.
fn expand(packages: &Path, asked: &str) -> Vec<Vec<Occurrence>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calendar/expand.py");
    let mut python = Command::new("python3")
        .arg(script)
        .env("PYTHONPATH", packages)
        .env("PYTHONTZPATH", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    let said = python.wait_with_output().unwrap();
    assert!(said.status.success());
    let read = |line: &str| serde_json::from_str::<Vec<(i64, i64, String, String, String)>>(line).unwrap();
    let without_uid = |all: Vec<_>| all.into_iter().map(|(start, end, status, title, _)| (start, end, status, title)).collect();
    String::from_utf8(said.stdout).unwrap().lines().map(|line| without_uid(read(line))).collect()
}

/// All events of a meeting, as the API gives them.
async fn events(app: &TestApp, slug: &str) -> Vec<Value> {
    let mut meeting = app.get(&format!("/meetings/{slug}")).await.expect(200);
    let mut events = meeting["upcoming"].as_array().unwrap().clone();
    if !meeting["current"].is_null() {
        events.push(meeting["current"].clone());
    }
    loop {
        let past = meeting["past"].as_array().unwrap();
        events.extend(past.iter().cloned());
        let Some(last) = past.last() else { return events };
        meeting = app.get(&format!("/meetings/{slug}?before={}", last["opens_at"])).await.expect(200);
    }
}

fn occurrence(event: &Value) -> Occurrence {
    let seconds = |name: &str| event[name].as_i64().unwrap() / 1_000_000;
    let status = if event["cancelled_at"].is_null() { "CONFIRMED" } else { "CANCELLED" };
    (seconds("opens_at"), seconds("closes_at"), status.to_owned(), event["title"].as_str().unwrap().to_owned())
}

async fn make(app: &TestApp, title: &str, zone: &str, starts: &str, minutes: i64, rule: &str) -> String {
    let body = json!({"title": title, "timezone": zone, "starts": starts, "duration_minutes": minutes, "rrule": rule});
    app.post("/meetings", body).await.expect(201)["slug"].as_str().unwrap().to_owned()
}

async fn patch(app: &TestApp, path: &str, body: Value) {
    app.organize(Method::PATCH, path, Some(body)).await.expect(200);
}

/// The next of a meeting's events, so many further on.
async fn ahead(app: &TestApp, slug: &str, n: usize) -> Value {
    app.get(&format!("/meetings/{slug}")).await.expect(200)["upcoming"][n].clone()
}

/// One is skipped, one moved and made longer, one gets another name, one is added.
async fn except(app: &TestApp, slug: &str) {
    let skipped = ahead(app, slug, 1).await;
    app.post(&format!("/events/{}/cancel", skipped["id"].as_str().unwrap()), json!({})).await.expect(200);
    let moved = ahead(app, slug, 3).await;
    let opens = moved["opens_at"].as_i64().unwrap() + 26 * HOUR;
    patch(app, &format!("/events/{}", moved["id"].as_str().unwrap()), json!({"opens_at": opens, "closes_at": opens + 100 * MINUTE})).await;
    let named = ahead(app, slug, 5).await;
    patch(app, &format!("/events/{}", named["id"].as_str().unwrap()), json!({"title": "Budget, tides; etc."})).await;
    let opens = named["opens_at"].as_i64().unwrap() - 50 * HOUR;
    let added = json!({"opens_at": opens, "closes_at": opens + HOUR, "title": "One more"});
    app.post(&format!("/meetings/{slug}/events"), added).await.expect(201);
}

/// From some event on at another time, and for another length.
async fn from_one_on(app: &TestApp, slug: &str, n: usize, mut body: Value) {
    let meeting = app.get(&format!("/meetings/{slug}")).await.expect(200);
    for event in &meeting["upcoming"].as_array().unwrap()[n..] {
        body["from"] = event["id"].clone();
        // One that was added by hand is not the first of any others.
        if app.organize(Method::PATCH, &format!("/meetings/{slug}"), Some(body.clone())).await.status == 200 {
            return;
        }
    }
    panic!("{slug}: no event could be the first of those that change");
}

/// Lets so many days go by; events are made ahead every ten weeks.
async fn pass(app: &TestApp, slugs: &[String], days: i64) {
    for _ in 0..days / 70 {
        app.clock.step(70 * DAY);
        for (n, slug) in slugs.iter().enumerate() {
            patch(app, &format!("/meetings/{slug}"), json!({"description": format!("{n} at {}", app.now())})).await;
        }
    }
}

/// Asks for each calendar twice: with zones that Python knows, and by the VTIMEZONE alone.
async fn compare(app: &TestApp, packages: &Path, slugs: &[String], when: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (mut asked, mut expected) = (String::new(), Vec::new());
    for slug in slugs {
        let mut events: Vec<Occurrence> = events(app, slug).await.iter().map(occurrence).collect();
        events.sort();
        let text = app.client.get(format!("{}/m/{slug}.ics", app.base)).send().await.unwrap().text().await.unwrap();
        let path = folder.path().join(format!("{slug}.ics"));
        std::fs::write(&path, text).unwrap();
        // As far as events are made; what the rule tells later is made later.
        let (first, last) = (events.first().unwrap().0, events.iter().map(|it| it.0).max().unwrap());
        for how in ["known", "told"] {
            writeln!(asked, "{} {} {} {how}", path.display(), first - 1, last + 1).unwrap();
            expected.push((format!("{slug}, zones {how}, {when}"), events.clone()));
        }
    }
    let found = expand(packages, &asked);
    assert_eq!(found.len(), expected.len());
    for ((what, expected), found) in expected.into_iter().zip(found) {
        let extra: Vec<_> = found.iter().filter(|it| !expected.contains(it)).collect();
        let missing: Vec<_> = expected.iter().filter(|it| !found.contains(it)).collect();
        assert!(extra.is_empty() && missing.is_empty(), "{what}: extra {extra:#?}, missing {missing:#?}");
        assert_eq!(found.len(), expected.len(), "{what}: each once");
        println!("{what}: {} events", found.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_are_expanded_to_just_the_events_in_the_database() {
    let Some(packages) = must_be_there(python()) else { return };
    let app = TestApp::start().await;
    app.clock.step(chrono::DateTime::parse_from_rfc3339("2026-11-02T00:00:00Z").unwrap().timestamp_micros() - app.now());
    let mut slugs = Vec::new();
    for (title, zone, starts, minutes, rule) in [
        ("Sydney", "Australia/Sydney", "2026-11-03T19:00", 60, "FREQ=WEEKLY;BYDAY=TU"),
        ("New York", "America/New_York", "2026-11-04T09:30", 90, "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("Casablanca", "Africa/Casablanca", "2026-11-05T18:00", 60, "FREQ=WEEKLY;UNTIL=20301231"),
        ("Dublin", "Europe/Dublin", "2026-11-05T23:30", 120, "FREQ=WEEKLY;INTERVAL=2;COUNT=200"),
        ("Lord Howe", "Australia/Lord_Howe", "2026-11-08T01:00", 45, "FREQ=WEEKLY"),
        ("Last Thursday", "America/Santiago", "2026-11-26T20:00", 60, "FREQ=MONTHLY;BYDAY=-1TH"),
        ("Universal", "UTC", "2026-11-06T12:00", 60, "FREQ=DAILY;INTERVAL=3"),
        // A time that the clocks skip once a year, and double once.
        ("Night", "Europe/Berlin", "2026-11-08T02:30", 20, "FREQ=WEEKLY"),
        // The clocks change while it lasts, on a Sunday of March and one of October.
        ("Small hours", "Europe/Berlin", "2026-11-08T01:30", 180, "FREQ=WEEKLY"),
    ] {
        slugs.push(make(&app, title, zone, starts, minutes, rule).await);
    }
    let weekly = &slugs[..3];
    compare(&app, packages.path(), &slugs, "at first").await;
    for slug in weekly {
        except(&app, slug).await;
    }
    compare(&app, packages.path(), &slugs, "with exceptions").await;
    // From some event on: another length, another rhythm, another zone. What was excepted stays so.
    from_one_on(&app, &weekly[0], 4, json!({"duration_minutes": 75})).await;
    from_one_on(&app, &weekly[1], 4, json!({"rrule": "FREQ=WEEKLY;BYDAY=TU,TH"})).await;
    from_one_on(&app, &weekly[2], 4, json!({"timezone": "Europe/Paris"})).await;
    compare(&app, packages.path(), &slugs, "with this and following").await;
    for slug in weekly {
        from_one_on(&app, slug, 7, json!({"duration_minutes": 50})).await;
    }
    compare(&app, packages.path(), &slugs, "with two of these ahead").await;
    pass(&app, &slugs, 350).await;
    for slug in weekly {
        except(&app, slug).await;
    }
    compare(&app, packages.path(), &slugs, "after a year").await;
    pass(&app, &slugs, 420).await;
    compare(&app, packages.path(), &slugs, "after two years").await;
    // Another time of day, another day, another rhythm; then events are not as the new rule has them.
    patch(&app, &format!("/meetings/{}", weekly[0]), json!({"starts": "2026-11-03T20:15", "duration_minutes": 45})).await;
    patch(&app, &format!("/meetings/{}", weekly[1]), json!({"rrule": "FREQ=WEEKLY;BYDAY=WE,FR"})).await;
    patch(&app, &format!("/meetings/{}", weekly[2]), json!({"rrule": "FREQ=WEEKLY;INTERVAL=2"})).await;
    compare(&app, packages.path(), &slugs, "with other rules").await;
    for slug in weekly {
        except(&app, slug).await;
    }
    pass(&app, &slugs, 210).await;
    compare(&app, packages.path(), &slugs, "half a year later").await;
    // A server that was off for months made no events for that time.
    app.clock.step(200 * DAY);
    pass(&app, &slugs, 70).await;
    compare(&app, packages.path(), &slugs, "after a pause").await;
}
