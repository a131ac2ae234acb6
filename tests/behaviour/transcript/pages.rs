//! Transcripts: logs brought in from elsewhere, their pages, their files.

use std::sync::Mutex;

use gavel::app::moving::import_log::{Archived, Problem, TargetMeeting, steps};
use gavel::domain::moving::imported_event::ImportedEvent;
use gavel::domain::zone::Zone;
use gavel::import::{self, Known};
use serde_json::Value;

use crate::support::{MINUTE, TestApp, kinds, said};

fn past(log: &str) -> ImportedEvent {
    import::read(log.as_bytes(), &Known { name: "2020-11-24.log", date: None, zone: Zone::utc() }).unwrap()
}

async fn shelf(app: &TestApp) -> TargetMeeting {
    app.operations.shelf("archive", None, Zone::utc(), None).await.unwrap()
}

/// Brings a log in; gives the id and the path of its event.
pub async fn brought(app: &TestApp, log: &str) -> (String, String) {
    match app.operations.archive(&shelf(app).await, &past(log)).await.unwrap() {
        Archived::New(event) => (event.id.to_string(), event.url()),
        known @ Archived::Known(_) => panic!("{known:?}"),
    }
}

/// A log of so many lines, two a second, by ten people.
pub fn long(lines: usize) -> String {
    (0..lines)
        .map(|n| {
            let seconds = 3_600 + n / 2;
            format!("{:02}:{:02}:{:02} <nick{}> line {n}\n", seconds / 3_600, seconds / 60 % 60, seconds % 60, n % 10)
        })
        .collect::<Vec<_>>()
        .concat()
}

pub async fn page(app: &TestApp, path: &str) -> String {
    let answer = app.client.get(format!("{}{path}", app.base)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    // Templates escape slashes in attributes.
    answer.text().await.unwrap().replace("&#x2f;", "/")
}

pub fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).unwrap_or_else(|| panic!("no {from}…{to}")).0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_elsewhere_is_an_event_that_is_over_and_polls_of_it_end_at_once() {
    let app = TestApp::start().await;
    let (event, _) = brought(&app, "19:00:05 <ada> hello\n19:00:07 * bob waves\n").await;
    let answer = app.poll(&event, "after=0&wait=50").await;
    let rows = answer["messages"].as_array().unwrap();
    assert_eq!(kinds(rows), ["opened", "joined", "said", "joined", "emote", "closed"]);
    assert_eq!((&answer["event"]["phase"], &answer["event"]["count"]), (&Value::from("closed"), &Value::from(6)));
    let end = app.poll(&event, &format!("after={}&wait=50", answer["cursor"])).await;
    assert_eq!(end["messages"].as_array().map(Vec::len), Some(0));
    app.try_join(&event, "eve", None).await.problem(410, "event-closed");
    let verdict = app.operations.verify(&event).await.unwrap().verdict;
    assert_eq!((verdict.count, verdict.flaws.len()), (6, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_log_again_changes_nothing_and_another_of_its_start_is_refused() {
    let app = TestApp::start().await;
    let log = "19:00:05 <ada> hello\n19:00:07 <ada> secret\n";
    let (event, _) = brought(&app, log).await;
    let before = app.log(&event).await;
    let again = app.operations.archive(&shelf(&app).await, &past(log)).await.unwrap();
    assert!(matches!(again, Archived::Known(known) if known.id.to_string() == event));
    for other in [
        format!("{log}19:00:08 <bob> and\n"),
        log.replace("hello", "hullo"),
        log.replace("secret\n", "secret"),
        "19:00:05 <ada> hello\n".into(),
    ] {
        let outcome = app.operations.archive(&shelf(&app).await, &past(&other)).await;
        let same = past(&other) == past(log);
        assert!(matches!(outcome, Err(Problem::Other(_))) != same, "{other}: {outcome:?}");
    }
    assert_eq!(app.log(&event).await, before);
    // What was removed since does not come back.
    let ts = before.iter().find(|row| row["text"] == "secret").unwrap()["ts"].clone();
    app.organize(reqwest::Method::DELETE, &format!("/events/{event}/messages/{ts}"), None).await.expect(204);
    assert!(matches!(app.operations.archive(&shelf(&app).await, &past(log)).await, Ok(Archived::Known(_))));
    assert_eq!(said(&app.log(&event).await), ["hello", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_has_just_ended_meets_no_event_that_the_program_makes() {
    let app = TestApp::start().await;
    for (slug, lines) in [("short", 1), ("long", 70)] {
        let began = chrono::DateTime::from_timestamp(app.now() / 1_000_000, 0).unwrap();
        let time = |n| (began + chrono::Duration::seconds(n)).format("%H:%M:%S");
        let log = (0..lines).map(|n| format!("{} <ada> line {n}\n", time(n))).collect::<Vec<_>>().concat();
        let known = Known { name: "", date: Some(began.date_naive()), zone: Zone::utc() };
        let past = import::read(log.as_bytes(), &known).unwrap();
        // As soon as it may be.
        app.clock.step(past.closes_at.micros() - app.now() + 1);
        let shelf = app.operations.shelf(slug, None, Zone::utc(), None).await.unwrap();
        let archived = app.operations.archive(&shelf, &past).await.unwrap();
        assert!(matches!(archived, Archived::New(_)), "{slug}: {archived:?}");
        let meeting = app.get(&format!("/meetings/{slug}")).await.expect(200);
        assert_eq!((&meeting["current"], &meeting["next"], &meeting["upcoming"]), (&Value::Null, &Value::Null, &Value::Array(vec![])));
        assert_eq!(meeting["past"].as_array().unwrap().len(), 1, "{slug}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bringing_a_long_log_in_tells_on_the_way_how_far_it_is() {
    let app = TestApp::start().await;
    let (past, told) = (past(&long(1_200)), Mutex::new(Vec::new()));
    app.operations.archive_with(&shelf(&app).await, &past, &|done| told.lock().unwrap().push(done)).await.unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(told.iter().sum::<usize>(), steps(&past));
    assert!(told.iter().all(|done| *done <= 500) && told.iter().filter(|done| **done > 1).count() == 3, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_alike_stays_two() {
    let app = TestApp::start().await;
    let (event, path) = brought(&app, "19:00 <paul> hello\n19:00 <pau1> hello\n19:01 <Paul> hello\n").await;
    let rows = app.log(&event).await;
    let by: std::collections::BTreeSet<&str> =
        rows.iter().filter(|row| row["kind"] == "said").map(|row| row["from"].as_str().unwrap()).collect();
    assert_eq!(by.len(), 3);
    assert!(page(&app, &path).await.contains("3 people, 3 messages in 2 min"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_tells_who_said_how_much_and_charts_it_and_names_its_files() {
    let app = TestApp::start().await;
    let (event, path) = brought(&app, "19:00:05 <ada> one\n19:00:07 <ada> two\n19:05:00 <bob> <script>alert(1)</script>\n").await;
    let html = page(&app, &path).await;
    assert!(
        html.contains("2 people, 3 messages in 5 min. Most was said by <bdi>ada</bdi>&nbsp;(2) and <bdi>bob</bdi>&nbsp;(1)."),
        "{html}"
    );
    assert!(!html.contains("<script>alert"));
    let first = app.log(&event).await.iter().find(|row| row["text"] == "one").unwrap()["ts"].to_string();
    let bar = between(&html, "<a href=\"#t", "</a>");
    assert!(bar.starts_with(&format!("{first}\" aria-label=\"19:00, 2 messages\"")), "{bar}");
    assert!(html.contains(&format!("id=\"t{first}\"")), "the bar leads to a line that is there");
    assert!(between(&html, "Busiest at ", "</span>").ends_with(">19:00</time>: 2 messages in a minute"), "{html}");
    assert!(html.contains("2 messages · 5 min"));
    for form in ["txt", "md", "html", "json"] {
        assert!(html.contains(&format!("/api/v1/events/{event}/transcript.{form}")), "{form}");
        let file = app.get(&format!("/events/{event}/transcript.{form}")).await;
        assert_eq!(file.headers["content-disposition"], format!("inline; filename=\"archive-2020-11-24.{form}\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_transcript_is_shown_in_pages_and_every_line_is_on_one() {
    let app = TestApp::start().await;
    let (event, path) = brought(&app, &long(2_500)).await;
    let rows = app.log(&event).await;
    let first = page(&app, &path).await;
    assert_eq!(first.matches("class=\"said\"").count(), 1_000 - 11, "the first page, but for those who joined and the opening");
    assert!(first.contains("10 people, 2500 messages in 21 min"));
    let mut lines = 0;
    let starts: Vec<i64> = rows.iter().step_by(1_000).map(|row| row["ts"].as_i64().unwrap()).collect();
    for start in &starts {
        lines += page(&app, &format!("{path}?at={start}")).await.matches("class=\"said\"").count();
    }
    assert_eq!(lines, 2_500);
    for (at, row) in [(999, "the last of the first page"), (1_000, "the first of the second"), (2_511, "the last of all")] {
        let ts = rows[at]["ts"].as_i64().unwrap();
        let html = page(&app, &format!("{path}?at={ts}")).await;
        assert!(html.contains(&format!("id=\"t{ts}\"")), "{row}");
        assert!(html.contains("data-ended=\"yes\""), "{row}: the page asks for nothing more");
        assert_eq!(html.contains("Page 1 of 3"), at == 999, "{row}");
        assert_eq!(html.contains("id=\"minutes\""), at == 999, "{row}: the first page alone begins with the minutes");
    }
    // Bars and pages lead to where their lines are.
    let bar = between(&first, "<a href=\"/m/archive/2020-11-24?at=", "\"");
    let (at, line) = bar.split_once("#t").unwrap();
    assert_eq!(at, line);
    for strange in ["0", "-5", "9007199254740991", "soon"] {
        page(&app, &format!("{path}?at={strange}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_long_log_has_all_of_it() {
    let app = TestApp::start().await;
    let (event, _) = brought(&app, &long(2_100)).await;
    let whole = app.get(&format!("/events/{event}/transcript.json")).await.expect(200);
    assert_eq!((&whole["version"], &whole["meeting"]), (&Value::from(1), &Value::from("archive")));
    assert_eq!(whole["messages"], Value::from(app.log(&event).await));
    assert_eq!(whole["event"]["count"], 2_100 + 10 + 2);
    let digest = whole["event"]["digest"].as_str().unwrap();
    for (form, beginning) in [("txt", ""), ("md", "- "), ("html", "<div class=\"line")] {
        let file = app.get(&format!("/events/{event}/transcript.{form}")).await.text;
        let rows = file.lines().filter(|line| line.starts_with(beginning) && line.contains(':')).count();
        assert!(file.contains("line 0") && file.contains("line 2099"), "{form}");
        assert!(rows >= 2_112, "{form}: {rows}");
        assert_eq!(file.contains(digest), form != "txt", "{form}");
    }
    let html = app.get(&format!("/events/{event}/transcript.html")).await;
    assert!(!html.text.contains("<link") && !html.text.contains("<script") && html.text.ends_with("</html>"), "one file");
    assert!(html.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'; style-src 'unsafe-inline'"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_closes_is_a_transcript_at_the_same_address() {
    let app = TestApp::start().await;
    let event = app.event(-60, 60).await;
    let ada = app.join(&event, "ada").await;
    app.say(&event, &ada, "the only line").await;
    let path = app.look(&event).await["url"].as_str().unwrap().to_owned();
    assert!(!page(&app, &path).await.contains("id=\"summary\""));
    app.clock.step(2 * MINUTE);
    app.until(&event, "closed", std::time::Duration::from_secs(1)).await;
    let html = page(&app, &path).await;
    assert!(
        html.contains("1 person, 1 message in 2 min. Most was said by <bdi>ada</bdi>&nbsp;(1)."),
        "{}",
        between(&html, "id=\"summary\"", "</section>")
    );
    assert!(html.contains("the only line"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_and_goes_is_told_in_the_order_of_the_log() {
    let app = TestApp::start().await;
    let moves = |first: usize, flips: usize| {
        let line = |n| format!("19:0{}:{:02} -!- cyd [c@d] has {}\n", first, n, if n % 2 == 0 { "joined #x" } else { "quit" });
        (0..flips).map(line).collect::<String>()
    };
    let log = format!(
        "19:00:00 <ada> one\n19:00:10 -!- ada [a@b] has quit\n19:00:11 -!- bob [a@b] has joined #x\n19:00:12 -!- ada [a@b] has joined #x\n\
         19:00:20 <ada> two\n{}19:01:50 <ada> three\n",
        moves(1, 8)
    );
    let (_, path) = brought(&app, &log).await;
    let html = page(&app, &path).await;
    let told: Vec<&str> = html.split("data-moves=").skip(1).map(|rest| between(rest, "</a><div dir=\"auto\">", "</div>")).collect();
    let flips = "cyd joined · cyd left · cyd joined · cyd left · cyd joined · 3 more came or left";
    assert_eq!(told, ["ada joined", "ada left · bob and ada joined", flips]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_called_by_its_words_without_their_marks() {
    let app = TestApp::start().await;
    let (event, ada, _) = crate::minutes::recorded::room(&app).await;
    let path = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let html = page(&app, &path).await;
    assert!(html.contains("data-jump hidden") && !html.contains("Topic: "), "there is none to jump to");
    app.say(&event, &ada, "#topic **Budget** & `[x]`").await;
    let html = page(&app, &path).await;
    assert!(!html.contains("data-jump hidden"));
    assert_eq!(html.matches("Topic: <bdi>Budget &amp; [x]</bdi>").count(), 2);
    let part = app.get(&format!("/events/{event}/minutes.part.html")).await.text;
    assert!(part.contains("<div data-part=\"topic\">Topic: <bdi>Budget &amp; [x]</bdi></div>"), "{part}");
    app.organize(reqwest::Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    let html = page(&app, &path).await;
    assert!(between(&html, "<nav class=\"topics\"", "</nav>").contains("</time> <bdi>Budget &amp; [x]</bdi></a>"), "{html}");
    assert!(html.contains("<bdi><strong>Budget</strong> &amp; <code>[x]</code></bdi>"), "the minutes have them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_tells_apart_from_its_minutes_what_became_of_its_actions() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let sitting = async || {
        let body = serde_json::json!({"opens_at": app.now(), "closes_at": app.now() + 60 * MINUTE});
        let event = app.post(&format!("/meetings/{slug}/events"), body).await.expect(201);
        let (id, url) = (event["id"].as_str().unwrap().to_owned(), event["url"].as_str().unwrap().to_owned());
        let ada = app.join_as_chair(&id, "ada").await;
        (id, url, ada)
    };
    let close = async |event: &str| {
        app.organize(reqwest::Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
        app.clock.step(MINUTE);
    };
    let (first, path, ada) = sitting().await;
    let mut given = Vec::new();
    for text in ["ada **writes**", "ada reads", "ada sings"] {
        given.push(app.say(&first, &ada, &format!("#action {text}")).await["ts"].to_string());
    }
    close(&first).await;
    let alone = page(&app, &path).await;
    assert!(!alone.contains("since-then"), "nobody has spoken of them yet");
    let (digest, minutes) = (app.look(&first).await["digest"].clone(), app.get(&format!("/events/{first}/minutes.json")).await.text);

    let (second, there, ada) = sitting().await;
    let done = app.say(&second, &ada, &format!("#done {}", given[0])).await["ts"].to_string();
    app.say(&second, &ada, &format!("#carry {}", given[1])).await;
    let told = async |path: &str| {
        let html = page(&app, path).await;
        let section = between(&html, "id=\"since-then\"", "</section>").to_owned();
        let labels: Vec<String> = section.split("<div><b>").skip(1).map(|rest| rest.split_once("</b>").unwrap().0.to_owned()).collect();
        (section, labels)
    };
    let (section, labels) = told(&path).await;
    assert_eq!(labels, ["Done", "Carried on", "Nothing since"]);
    assert!(section.contains(&format!("<a class=\"at\" href=\"{there}?at={done}#t{done}\">")), "{section}");
    assert!(section.contains("<bdi>ada <strong>writes</strong></bdi> <small>for <bdi>ada</bdi></small>"), "{section}");
    close(&second).await;
    let (third, _, ada) = sitting().await;
    app.say(&third, &ada, &format!("#drop {}", given[1])).await;
    assert_eq!(told(&path).await.1, ["Done", "Dropped", "Nothing since"]);
    assert_eq!(told(&there).await.1, ["Dropped"], "where it was carried on, and nothing of what ended there");
    // The log and its minutes are what they were.
    assert_eq!((app.look(&first).await["digest"].clone(), app.get(&format!("/events/{first}/minutes.json")).await.text), (digest, minutes));
}
