//! What Gavel's own transcript says again where it is brought in: the minutes of its event, as far as a log can tell them.

use gavel::app::moving::import_log::Archived;
use gavel::domain::zone::Zone;
use gavel::import::{self, Known};
use reqwest::Method;
use serde_json::{Value, json};

use crate::minutes::recorded::{minutes, room};
use crate::support::TestApp;
use crate::transcript::pages::{between, page};

/// Closes an event and brings its transcript in as one of another meeting; gives that event's id.
async fn elsewhere(app: &TestApp, event: &str) -> String {
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    app.clock.step(2_000_000);
    brought_from(app, event, "elsewhere").await
}

/// Brings the transcript of a closed event in.
async fn brought_from(app: &TestApp, event: &str, slug: &str) -> String {
    let day = app.look(event).await["key"].as_str().unwrap()[..10].parse().unwrap();
    let text = app.get(&format!("/events/{event}/transcript.txt")).await.text;
    let past = import::read(text.as_bytes(), &Known { name: "", date: Some(day), zone: Zone::utc() }).unwrap();
    let shelf = app.operations.shelf(slug, None, Zone::utc(), None).await.unwrap();
    match app.operations.archive(&shelf, &past).await.unwrap() {
        Archived::New(event) => event.id.to_string(),
        known @ Archived::Known(_) => panic!("{known:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_in_secret_keeps_its_counts_and_nobody_is_named() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    app.say(&event, &ada, "#startvote (secret) Lunch? Soup, Bread").await;
    for (who, option) in [(&ada, "soup"), (&bob, "bread"), (&bob, "soup")] {
        app.say(&event, who, &format!("#vote {option}")).await;
    }
    app.say(&event, &ada, "#endvote").await;
    app.say(&event, &ada, "#motion (secret) Soup for ever").await;
    app.say(&event, &bob, "#vote +1").await;
    app.say(&event, &ada, "#endvote").await;
    let there = elsewhere(&app, &event).await;
    let (here, there) = (minutes(&app, &event).await["votes"].clone(), minutes(&app, &there).await["votes"].clone());
    assert_eq!(here[0]["options"], json!([{"option": "Soup", "count": 2, "voters": []}, {"option": "Bread", "count": 0, "voters": []}]));
    assert_eq!(here[1]["result"], "accepted");
    for vote in [0, 1] {
        for key in ["question", "manner", "options", "cast", "result"] {
            assert_eq!(there[vote][key], here[vote][key], "{key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_line_tells_of_a_vote_in_secret_is_said_to_be_unknown() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    app.say(&event, &ada, "#startvote (secret) Lunch? Soup, Bread").await;
    app.say(&event, &bob, "#vote soup").await;
    let there = elsewhere(&app, &event).await;
    let here = minutes(&app, &event).await["votes"][0].clone();
    assert_eq!((&here["cast"], &here["result"]), (&json!(1), &json!("Soup")), "the close ended it");
    let vote = minutes(&app, &there).await["votes"][0].clone();
    assert_eq!((&vote["cast"], &vote["result"], &vote["options"][0]["count"]), (&Value::Null, &Value::Null, &Value::Null));
    let path = app.look(&there).await["url"].as_str().unwrap().to_owned();
    assert!(
        between(&page(&app, &path).await, "<b>Vote</b> <bdi>Lunch?</bdi>", "</div>")
            .contains("<small>Result: not in the log, in secret</small>")
    );
    assert!(between(&page(&app, "/m/elsewhere").await, "<b>Vote</b> <bdi>Lunch?</bdi>", "<a").ends_with(": not in the log "));
    for form in ["txt", "md"] {
        let file = app.get(&format!("/events/{there}/minutes.{form}")).await.text;
        assert!(file.contains("Result: not in the log, in secret"), "{file}");
    }
    // Here nobody voted, and that is known.
    let (event, ada, _) = room(&app).await;
    app.say(&event, &ada, "#startvote (secret) Lunch?").await;
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    assert_eq!(minutes(&app, &event).await["votes"][0]["cast"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_was_taken_back_names_nothing() {
    let app = TestApp::start().await;
    let title = async |lines: &[&str]| {
        let (event, ada, _) = room(&app).await;
        for line in lines {
            app.say(&event, &ada, line).await;
        }
        let there = elsewhere(&app, &event).await;
        let (here, there) = (app.look(&event).await["title"].clone(), app.look(&there).await["title"].clone());
        assert_eq!(here, there, "{lines:?}");
        here.as_str().unwrap().to_owned()
    };
    assert_eq!(title(&["#meetingname Neap tides", "#meetingname Spring tides", "#undo"]).await, "Neap tides");
    app.clock.step(2_000_000);
    assert_eq!(title(&["#startmeeting Neap tides", "#topic a", "#undo", "#undo"]).await, "Weekly");
    app.clock.step(2_000_000);
    assert_eq!(title(&["#meetingname “B”, no longer “C”", "#undo"]).await, "Weekly", "whatever stood in the other one");
    app.clock.step(2_000_000);
    assert_eq!(title(&["#meetingname B”, no longer “C", "#meetingname D", "#undo"]).await, "B”, no longer “C");
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_that_looks_like_a_command_stays_chat_and_what_was_mended_stays_mended() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    app.say(&event, &ada, "#topic **Tides**").await;
    app.clock.step(2_000_000);
    let mut item = app.say(&event, &bob, "#action bob raeds").await["ts"].clone();
    app.clock.step(2_000_000);
    for line in [
        r"\#action is how tasks are noted".to_owned(),
        r"\\#action ada is chat as well".to_owned(),
        "#agreed by a guest".to_owned(),
        "https://example.org is a link".to_owned(),
        r"\o/".to_owned(),
    ] {
        app.say(&event, &bob, &line).await;
    }
    app.say(&event, &ada, &format!("#edit {item} bob reads")).await;
    app.clock.step(2_000_000);
    item = app.say(&event, &bob, "#info of no use").await["ts"].clone();
    app.say(&event, &ada, &format!("#strike {item}")).await;
    app.say(&event, &ada, "#done 1795550400123456").await;
    let there = elsewhere(&app, &event).await;
    let text = async |id: &str| app.get(&format!("/events/{id}/transcript.txt")).await.text;
    let transcript = text(&event).await;
    for line in
        [r"<bob> \#action is how", r"<bob> \\\#action ada", r"<bob> \#agreed by", "<bob> https://", r"<bob> \o/", r"<ada> \#done 17"]
    {
        assert!(transcript.contains(line), "{line} in {transcript}");
    }
    assert_eq!(text(&there).await, transcript);
    let words = |rows: &[Value]| rows.iter().map(|row| (row["text"].clone(), row["tag"].clone())).collect::<Vec<_>>();
    assert_eq!(words(&app.log(&there).await), words(&app.log(&event).await));
    let noted = async |id: &str| {
        let minutes = minutes(&app, id).await;
        ["topics", "actions", "agreed", "info", "links", "attendees"].map(|list| {
            minutes[list]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| (it["text"].clone(), it["lines"].clone(), it["assignees"].clone()))
                .collect::<Vec<_>>()
        })
    };
    let minutes = noted(&event).await;
    assert_eq!(noted(&there).await, minutes);
    assert_eq!(minutes[1], [(json!("bob reads"), Value::Null, json!(["bob"]))]);
    assert_eq!(minutes.each_ref().map(Vec::len), [1, 1, 0, 0, 1, 2]);
    // And once more from there.
    let again = brought_from(&app, &there, "further").await;
    assert_eq!((text(&again).await, noted(&again).await), (transcript, minutes));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_taken_for_the_program_whatever_they_are_called() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    let (named, chatty) = (app.join(&event, "The room").await, app.join(&event, "This event").await);
    for (who, text) in [
        (&named, "hello"),
        (&named, "/me closed."),
        (&chatty, "/me is now called “Mine”."),
        (&bob, "/me is a chair now"),
        (&bob, "#agreed on nothing"),
        (&bob, "/me and eve joined"),
        (&bob, "/me left"),
        (&ada, "#meetingname Neap tides"),
    ] {
        app.say(&event, who, text).await;
    }
    let there = elsewhere(&app, &event).await;
    let told = async |id: &str| app.get(&format!("/events/{id}/transcript.txt")).await.text;
    assert_eq!(told(&there).await, told(&event).await);
    assert_eq!(app.look(&there).await["title"], "Neap tides");
    let rows = async |id: &str| {
        let log = app.log(id).await;
        log.iter().map(|row| ["kind", "nick", "text", "tag"].map(|key| row[key].clone())).collect::<Vec<_>>()
    };
    assert_eq!(rows(&there).await, rows(&event).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_keeps_its_times_over_midnight_and_a_long_silence() {
    let app = TestApp::start().await;
    // From an evening over one midnight, with silence between.
    for (hours, slug) in [(3, "short"), (13, "half-a-day"), (22, "long"), (23, "nearly-a-day")] {
        let closes_at = app.now() + 23 * 3_600_000_000 + 1_800_000_000;
        let (meeting, _) = app.meeting().await;
        let event = app.post(&format!("/meetings/{meeting}/events"), json!({"closes_at": closes_at})).await.expect(201);
        let event = event["id"].as_str().unwrap().to_owned();
        let ada = app.join_as_chair(&event, "ada").await;
        app.say(&event, &ada, "before").await;
        app.clock.step(hours * 3_600_000_000);
        let bob = app.join(&event, "bob").await;
        app.say(&event, &bob, "after").await;
        app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
        app.clock.step(2_000_000);
        let text = async |id: &str| app.get(&format!("/events/{id}/transcript.txt")).await.text;
        let seconds = async |id: &str| {
            let log = app.log(id).await;
            log.iter().map(|row| row["ts"].as_i64().unwrap() / 1_000_000).collect::<Vec<_>>()
        };
        let there = brought_from(&app, &event, slug).await;
        assert_eq!(text(&there).await, text(&event).await);
        assert_eq!(seconds(&there).await, seconds(&event).await, "{slug}");
        // Transcripts from before the days were in them are read by the clock that never goes back.
        let now = text(&event).await;
        let old = now.lines().filter(|line| !line.starts_with("--- Day changed ")).collect::<Vec<_>>().join("\n");
        let day = app.look(&event).await["key"].as_str().unwrap()[..10].parse().unwrap();
        let past = import::read(old.as_bytes(), &Known { name: "", date: Some(day), zone: Zone::utc() }).unwrap();
        assert_eq!(past.rows.iter().map(|row| row.ts.micros() / 1_000_000).collect::<Vec<_>>(), seconds(&event).await, "{slug}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_no_row_tells_stands_before_the_rows() {
    let app = TestApp::start().await;
    let text = async |id: &str| app.get(&format!("/events/{id}/transcript.txt")).await.text;
    let titled = async |id: &str| app.look(id).await["title"].as_str().unwrap().to_owned();
    // An event that is made with a title, and one that gets it together with a new end.
    for (place, slug) in ["first", "second"].into_iter().enumerate() {
        let (meeting, closes_at) = (app.meeting().await.0, app.now() + 3_600_000_000);
        let mut body = json!({"closes_at": closes_at});
        if place == 0 {
            body["title"] = json!("True title");
        }
        let event = app.post(&format!("/meetings/{meeting}/events"), body).await.expect(201)["id"].as_str().unwrap().to_owned();
        if place == 1 {
            let body = json!({"title": "True title", "closes_at": closes_at + 60_000_000});
            app.organize(Method::PATCH, &format!("/events/{event}"), Some(body)).await.expect(200);
        }
        let ada = app.join_as_chair(&event, "ada").await;
        app.say(&event, &ada, "hello").await;
        app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
        app.clock.step(2_000_000);
        let transcript = text(&event).await;
        assert!(transcript.starts_with("--- Log of “True title”\n"), "{transcript}");
        assert!(gavel::replay::parse(&transcript).is_ok());
        let there = brought_from(&app, &event, slug).await;
        assert_eq!((titled(&there).await.as_str(), text(&there).await), ("True title", transcript));
    }
    // Where a command gives another one, the rows tell that, and what was there before it.
    let (event, ada, _) = room(&app).await;
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({"title": "True title"}))).await.expect(200);
    app.say(&event, &ada, "#meetingname B").await;
    app.say(&event, &ada, "#undo").await;
    let there = elsewhere(&app, &event).await;
    assert_eq!((titled(&there).await.as_str(), text(&event).await.contains("---")), ("True title", false));
}
