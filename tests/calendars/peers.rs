//! What ical.js, node-ical and Python's libraries make of our calendars: the same instants as the program, over two years, in zones
//! of every kind, and by rules that programs are known to read differently.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use chrono::{Offset as _, TimeZone as _};
use gavel::domain::schedule::recurrence::{Recurrence, Timetable};
use gavel::domain::time::{self, Timestamp};
use gavel::domain::zone::Zone;
use reqwest::Method;
use serde_json::json;

use super::support::{HOUR, TestApp};
use super::{DAY, expand, must_be_there, python};

const ZONES: [&str; 21] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Africa/Cairo",
    "Asia/Gaza",
    "Asia/Tehran",
    "America/Santiago",
    "Europe/Dublin",
    "America/Havana",
    "Antarctica/Troll",
    "Pacific/Chatham",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "UTC",
    "Pacific/Apia",
    "Europe/Kyiv",
    "America/Nuuk",
    "Etc/GMT-5",
];

/// A start, start and end in seconds.
type Spans = Vec<(i64, i64)>;

/// A calendar file, what it has to be expanded to, and in which zone.
struct Asked {
    name: String,
    file: PathBuf,
    from: i64,
    until: i64,
    zone: &'static str,
    expected: Spans,
}

/// The first Node.js that node-ical runs on, and the one that is installed where the system's is older, as in Debian 12.
const OLDEST_NODE: u32 = 20;
const NODE: &str = "22.20.0";

/// The major version of the system's Node.js.
fn system_node() -> Option<u32> {
    let said = Command::new("node").arg("--version").output().ok()?;
    String::from_utf8(said.stdout).ok()?.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs the npm packages into a folder of their own, with Node.js if the system has none or an old one.
fn npm() -> Result<PathBuf, String> {
    // The tests of this file run side by side and share it.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("calendar-peers");
    let manifest = include_str!("../data/calendar/package.json");
    if std::fs::read_to_string(folder.join("installed.json")).is_ok_and(|installed| installed == manifest) {
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("package.json"), manifest).unwrap();
    let node = if system_node().is_some_and(|version| version >= OLDEST_NODE) {
        None
    } else {
        Some(format!("node-linux-{}@{NODE}", if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" }))
    };
    let said = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"])
        .args(node)
        .current_dir(&folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|problem| format!("npm cannot be run: {problem}"))?;
    if !said.status.success() {
        return Err(format!("npm: {}", String::from_utf8_lossy(&said.stderr)));
    }
    std::fs::write(folder.join("installed.json"), manifest).unwrap();
    Ok(folder)
}

/// Runs the script for Node.js with these lines; gives a list for each.
fn by_node(packages: &Path, asked: &str) -> Vec<Spans> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calendar/expand.mjs");
    let mut node = Command::new("node").arg(script).env("PACKAGES", packages).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    node.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    let said = node.wait_with_output().unwrap();
    assert!(said.status.success());
    String::from_utf8(said.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn ask(app: &TestApp, folder: &Path, name: String, zone: &'static str, starts: &str, rule: &str, years: i64) -> Asked {
    let minutes = 60;
    let body = json!({"title": name, "timezone": zone, "starts": starts, "duration_minutes": minutes, "rrule": rule});
    let slug = app.post("/meetings", body).await.expect(201)["slug"].as_str().unwrap().to_owned();
    let text = app.client.get(format!("{}/m/{slug}.ics", app.base)).send().await.unwrap().text().await.unwrap();
    let file = folder.join(format!("{slug}.ics"));
    std::fs::write(&file, text).unwrap();
    let (at, place) = (time::local(starts).unwrap(), time::zone(zone).unwrap());
    let rule = Recurrence::parse(rule, at, place).unwrap();
    let table = Timetable { starts: at, zone: place, minutes, rule: Some(rule) };
    let from = time::instant(at, place);
    let until = from.plus_days(365 * years);
    let span = |start: &Timestamp| (start.micros() / 1_000_000, start.plus_minutes(minutes).micros() / 1_000_000);
    let expected: Spans = table.starts_between(from, until, u16::MAX).iter().map(span).collect();
    let (from, until) = (from.micros() / 1_000_000 - 1, until.micros() / 1_000_000 + 1);
    Asked { name: format!("{name} {zone} {starts} {}", table.words()), file, from, until, zone, expected }
}

/// Whether Node's own data of a zone is that of the program, hour by hour. It is often a release or more behind.
fn is_current(zone: Zone, from: i64, until: i64, changes: &Spans) -> bool {
    let mut known = None;
    let mut ours = Vec::new();
    for second in (from.div_euclid(3_600) * 3_600..until).step_by(3_600) {
        let at = chrono::DateTime::from_timestamp(second, 0).unwrap();
        let offset = i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc());
        if known.replace(offset) != Some(offset) {
            ours.push((second, offset));
        }
    }
    ours == *changes
}

fn compare(asked: &[Asked], python: &Path, node: &Path) {
    let mut wrong = Vec::new();
    let mut check = |what: &str, asked: &Asked, mut found: Spans| {
        found.sort_unstable();
        if found != asked.expected {
            let extra: Vec<_> = found.iter().filter(|it| !asked.expected.contains(it)).take(4).collect();
            let missing: Vec<_> = asked.expected.iter().filter(|it| !found.contains(it)).take(4).collect();
            wrong.push(format!(
                "{what}: {}: {} of {}, extra {extra:?}, missing {missing:?}",
                asked.name,
                found.len(),
                asked.expected.len()
            ));
        }
    };
    let mut lines = String::new();
    for it in asked {
        for how in ["known", "told"] {
            writeln!(lines, "{} {} {} {how}", it.file.display(), it.from, it.until).unwrap();
        }
    }
    for (n, found) in expand(python, &lines).into_iter().enumerate() {
        let how = ["Python, by its own zones", "Python, by the VTIMEZONE"][n % 2];
        check(how, &asked[n / 2], found.into_iter().map(|it| (it.0, it.1)).collect());
    }
    let mut lines = String::new();
    for it in asked {
        writeln!(lines, "{} {} {} ical.js", it.file.display(), it.from, it.until).unwrap();
        writeln!(lines, "- {} {} {}", it.from, it.until, it.zone).unwrap();
        writeln!(lines, "{} {} {} node-ical", it.file.display(), it.from, it.until).unwrap();
    }
    let found = by_node(node, &lines);
    assert_eq!(found.len(), asked.len() * 3);
    let mut current = 0;
    for (it, found) in asked.iter().zip(found.chunks(3)) {
        check("ical.js", it, found[0].clone());
        if is_current(time::zone(it.zone).unwrap(), it.from, it.until, &found[1]) {
            check("node-ical", it, found[2].clone());
            current += 1;
        } else {
            println!("node-ical was not asked for {}: Node.js has other data of {}", it.name, it.zone);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(current * 3 > asked.len() * 2, "Node.js has current data of {current} of {} zones only", asked.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn three_libraries_expand_every_kind_of_zone_to_the_same_instants() {
    let (Some(python), Some(node)) = (must_be_there(python()), must_be_there(npm())) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut asked = Vec::new();
    for now in ["2026-01-05T00:00:00Z", "2027-01-04T00:00:00Z"] {
        let app = TestApp::start().await;
        app.clock.step(chrono::DateTime::parse_from_rfc3339(now).unwrap().timestamp_micros() - app.now());
        let year = &now[..4];
        for zone in ZONES {
            let monday = if year == "2026" { "2026-01-12" } else { "2027-01-11" };
            // Twice a week, so that one is in the week of a change before it, and one after; by day, as programs differ at night.
            let name = format!("{} {year}", zone.replace('/', " "));
            asked.push(ask(&app, folder.path(), name, zone, &format!("{monday}T09:30"), "FREQ=WEEKLY;BYDAY=MO,SU", 2).await);
        }
    }
    compare(&asked, python.path(), &node);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_libraries_find_the_same_days_where_a_rule_leaves_some_unsaid() {
    let (Some(python), Some(node)) = (must_be_there(python()), must_be_there(npm())) else { return };
    let app = TestApp::start().await;
    app.clock.step(chrono::DateTime::parse_from_rfc3339("2028-01-03T00:00:00Z").unwrap().timestamp_micros() - app.now());
    let folder = tempfile::tempdir().unwrap();
    let mut asked = Vec::new();
    for (n, (starts, rule)) in [
        ("2028-01-29T10:00", "FREQ=MONTHLY"),
        ("2028-01-30T10:00", "FREQ=MONTHLY;INTERVAL=2"),
        ("2028-01-31T10:00", "FREQ=MONTHLY;COUNT=20"),
        ("2028-01-31T10:00", "FREQ=MONTHLY;BYMONTH=1,2,3,4"),
        ("2028-02-29T10:00", "FREQ=YEARLY"),
        ("2028-02-29T10:00", "FREQ=YEARLY;INTERVAL=4"),
        ("2028-01-31T10:00", "FREQ=YEARLY;BYMONTH=1,2,3,4"),
        ("2028-01-31T10:00", "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,2,3,4"),
        ("2028-01-15T10:00", "FREQ=YEARLY;BYMONTHDAY=15"),
        ("2028-10-13T10:00", "FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR"),
        ("2028-01-31T10:00", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("2028-03-07T10:00", "FREQ=WEEKLY;BYMONTH=3,6"),
        ("2028-01-11T10:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU"),
        ("2028-01-11T10:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;COUNT=90"),
        ("2028-01-11T10:00", "FREQ=WEEKLY;INTERVAL=3;UNTIL=20301015"),
        ("2028-01-11T10:00", "FREQ=WEEKLY;UNTIL=20300716T080000Z"),
        ("2028-01-11T10:00", "FREQ=DAILY;INTERVAL=100"),
    ]
    .into_iter()
    .enumerate()
    {
        asked.push(ask(&app, folder.path(), format!("Rule {n}"), "Europe/Berlin", starts, rule, 9).await);
    }
    compare(&asked, python.path(), &node);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_in_a_doubled_hour_is_where_it_is_for_all_three() {
    let (Some(python), Some(node)) = (must_be_there(python()), must_be_there(npm())) else { return };
    let app = TestApp::start().await;
    app.clock.step(chrono::DateTime::parse_from_rfc3339("2026-09-07T00:00:00Z").unwrap().timestamp_micros() - app.now());
    let folder = tempfile::tempdir().unwrap();
    // Sundays at noon; that of 25 October goes into the night, into the second of two hours that are shown as 02:00 to 03:00.
    let mut it = ask(&app, folder.path(), "Night".into(), "Europe/Berlin", "2026-09-13T12:00", "FREQ=WEEKLY", 1).await;
    let meeting = app.get("/meetings/night").await.expect(200);
    let event = meeting["upcoming"].as_array().unwrap().iter().find(|event| event["key"] == "2026-10-25").unwrap();
    let noon = event["opens_at"].as_i64().unwrap();
    let night = chrono::DateTime::parse_from_rfc3339("2026-10-25T01:30:00Z").unwrap().timestamp_micros();
    let times = json!({"opens_at": night, "closes_at": night + HOUR});
    app.organize(Method::PATCH, &format!("/events/{}", event["id"].as_str().unwrap()), Some(times)).await.expect(200);
    let text = app.client.get(format!("{}/m/night.ics", app.base)).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("DTSTART:20261025T013000Z\r\n") && text.contains("DTEND:20261025T023000Z\r\n"), "{text}");
    std::fs::write(&it.file, text).unwrap();
    it.until = it.from + 80 * DAY / 1_000_000;
    it.expected.retain(|(start, _)| *start < it.until && *start != noon / 1_000_000);
    it.expected.push((night / 1_000_000, night / 1_000_000 + 3_600));
    it.expected.sort_unstable();
    compare(&[it], python.path(), &node);
}
