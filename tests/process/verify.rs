//! `gavel verify`, beside a running server, on databases that somebody changed, and on exported
//! transcripts; there also the script that `docs/digest.md` gives to everybody.

use std::fs;
use std::path::Path;
use std::process::Command;

use reqwest::Method;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::commands::{fine, refused};
use crate::http::{Api, said};
use crate::program::{Home, Server};

/// A server with an event in which ada said one, two and three.
async fn talked() -> (Home, Server, Api, String, String) {
    let home = Home::new();
    let server = home.serve();
    let token = home.organizer("olga");
    let api = Api::new(&server.base);
    let event = api.open_event(&token, "weekly").await;
    let ada = api.join(&event, "ada").await;
    for text in ["one", "two", "three"] {
        let (status, row) = Api::send(api.saying(&event, &ada, text, text)).await.unwrap();
        assert_eq!(status, 201, "{row}");
    }
    (home, server, api, event, token)
}

/// Another home with a copy of the database in which this statement was run.
async fn changed(home: &Home, sql: &'static str) -> Home {
    let other = Home::new();
    fs::create_dir(&other.data).unwrap();
    fs::copy(home.data.join("gavel.db"), other.data.join("gavel.db")).unwrap();
    let options = SqliteConnectOptions::new().filename(other.data.join("gavel.db"));
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    assert!(sqlx::query(sql).execute(&pool).await.unwrap().rows_affected() > 0, "{sql}");
    pool.close().await;
    other
}

#[tokio::test]
async fn a_whole_log_is_said_to_be_whole_also_after_a_redaction() {
    let (home, server, api, event, token) = talked().await;
    let page = api.get(&format!("/events/{event}")).await["url"].as_str().unwrap().to_owned();
    for name in [event.clone(), page.clone(), page.trim_start_matches("/m/").to_owned(), format!("{}{page}?all=1#t1", server.base)] {
        let told = home.run(&["verify", &name]);
        fine(&told);
        assert!(told.out.contains(&event) && told.out.contains("is whole: 5 rows."), "{told:?}");
    }
    let two = api.rows(&event).await.iter().find(|row| row["text"] == "two").unwrap()["ts"].to_string();
    let redact = api.request(Method::DELETE, &format!("/events/{event}/messages/{two}"), &token);
    assert_eq!(Api::send(redact).await.unwrap().0, 204);
    assert_eq!(said(&api.rows(&event).await), ["one", "", "three"]);
    let told = home.run(&["verify", &event]);
    fine(&told);
    assert!(told.out.contains("is whole: 6 rows."), "{told:?}");
    let digest = api.get(&format!("/events/{event}")).await["digest"].as_str().unwrap().to_owned();
    assert!(told.out.contains(&digest), "{told:?}");

    let all = home.run(&["verify"]);
    fine(&all);
    assert!(all.out.contains(&format!("{event} {page} whole, 6 rows\n1 whole, 0 not, ")), "{all:?}");
    server.stop();
}

#[tokio::test]
async fn whatever_somebody_changed_in_the_database_is_noticed() {
    let (home, server, _, event, _) = talked().await;
    server.stop();
    fine(&home.run(&["verify", &event]));
    let changes = [
        ("UPDATE chat_data SET text = 'TWO' WHERE text = 'two'", "Rows were changed"),
        ("UPDATE chat_data SET nick = 'bob' WHERE text = 'two'", "Rows were changed"),
        ("UPDATE chat_data SET ts = ts + 1 WHERE text = 'three'", "Rows were changed"),
        ("DELETE FROM chat_data WHERE text = 'two'", "It has 4 rows, but its event counts 5."),
        ("DELETE FROM chat_data WHERE text = 'three'", "It has 4 rows, but its event counts 5."),
        (
            "INSERT INTO chat_data (event_id, ts, kind, text, html) SELECT event_id, ts + 1, 'said', 'more', 'more' FROM chat_data WHERE text = 'two'",
            "It has 6 rows, but its event counts 5.",
        ),
        (
            "INSERT INTO chat_data (event_id, ts, kind, text, html) SELECT event_id, ts + 1, 'said', 'more', 'more' FROM chat_data WHERE text = 'three'",
            "It has 6 rows, but its event counts 5.",
        ),
        ("UPDATE chat_event SET row_count = 4 WHERE row_count > 0", "It has 5 rows, but its event counts 4."),
        ("UPDATE chat_event SET closes_at = opens_at + 1 WHERE row_count > 0", "outside of the event’s hours"),
        ("UPDATE chat_data SET kind = 'closed' WHERE text = 'two'", "behind the close"),
        ("UPDATE chat_event SET closed_ts = last_ts WHERE row_count > 0", "The event knows the close"),
    ];
    for (sql, words) in changes {
        let other = changed(&home, sql).await;
        refused(&other.run(&["verify", &event]), words);
        let all = other.run(&["verify"]);
        assert_eq!(all.status.code(), Some(1), "{sql}: {all:?}");
        assert!(all.out.contains(" NOT WHOLE. ") && all.out.contains(words), "{sql}: {all:?}");
        assert_eq!(all.err, "gavel: 1 of 1 logs are not whole. gavel verify EVENT says more of one.\n");
    }
}

#[test]
fn what_is_not_there_cannot_be_verified() {
    let home = Home::new();
    for name in ["e_aaaaaaaaaaaaaaaaaaaaaaaa", "e_short", "/m/weekly/2026-11-24", "https://example.org/", ""] {
        refused(&home.run(&["verify", name]), "There is no event");
    }
    refused(&home.run(&["verify", "none.json"]), "“none.json” cannot be read");
    let all = home.run(&["verify"]);
    fine(&all);
    assert_eq!(all.out, "0 whole, 0 not, 0 without rows.\n");
}

/// What somebody does to a transcript.
type Change<'c> = dyn Fn(&mut Value) + 'c;

/// What the docs' own script says of a transcript; `None` where there is no Python to run it.
fn script(home: &Home, file: &Path) -> Option<(bool, String)> {
    let docs = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/digest.md")).unwrap();
    let (_, rest) = docs.split_once("```python\n").unwrap();
    let path = home.path().join("verify.py");
    fs::write(&path, rest.split_once("```").unwrap().0).unwrap();
    match Command::new("python3").arg(&path).arg(file).output() {
        Ok(said) => Some((said.status.success(), String::from_utf8(said.stdout).unwrap())),
        Err(problem) => {
            eprintln!("The script of the docs is not tried, for there is no python3: {problem}");
            None
        }
    }
}

#[tokio::test]
async fn an_exported_transcript_is_verified_by_the_program_and_by_the_script_of_the_docs() {
    let (home, server, api, event, token) = talked().await;
    let (status, closed) = api.post(&format!("/events/{event}/close"), &token, &Value::Null).await;
    assert_eq!(status, 200, "{closed}");
    let two = api.rows(&event).await.iter().find(|row| row["text"] == "two").unwrap()["ts"].to_string();
    let redact = api.request(Method::DELETE, &format!("/events/{event}/messages/{two}"), &token);
    assert_eq!(Api::send(redact).await.unwrap().0, 204);
    let whole = api.get(&format!("/events/{event}/transcript.json")).await;
    server.stop();

    let file = home.path().join("transcript.json");
    let path = file.to_str().unwrap().to_owned();
    let write = |transcript: &Value| fs::write(&file, transcript.to_string()).unwrap();
    write(&whole);
    let told = home.run(&["verify", &path]);
    fine(&told);
    assert!(told.out.contains("is whole: 6 rows."), "{told:?}");
    if let Some(said) = script(&home, &file) {
        assert_eq!(said, (true, "whole\n".to_owned()));
    }

    let place = |text: &str| whole["messages"].as_array().unwrap().iter().position(|row| row["text"] == text).unwrap();
    let (three, nobody) = (place("three"), place("The room opened."));
    let tampered: [(&str, &Change<'_>); 6] = [
        ("Rows were changed", &|it| it["messages"][three]["text"] = "3".into()),
        ("is not as Gavel writes rows", &|it| it["messages"][nobody]["from"] = "ada".into()),
        ("It has 5 rows", &|it| drop(it["messages"].as_array_mut().unwrap().remove(three))),
        ("does not come after", &|it| it["messages"].as_array_mut().unwrap().swap(three, three - 1)),
        ("Rows were changed", &|it| it["event"]["digest"] = Value::Null),
        ("Rows were changed", &|it| it["messages"][three - 1]["hash"] = "0".into()),
    ];
    for (words, change) in tampered {
        let mut other = whole.clone();
        change(&mut other);
        write(&other);
        refused(&home.run(&["verify", &path]), words);
        if let Some((fine, said)) = script(&home, &file) {
            assert!(!fine && said.starts_with("NOT"), "{words}: {said}");
        }
    }
    // The digest is over the texts, so the script cannot know.
    let mut other = whole.clone();
    other["messages"][three]["html"] = "<b>3</b>".into();
    write(&other);
    let words = format!("are whole, but the “html” of 1 row (first {}) is not what", whole["messages"][three]["ts"]);
    refused(&home.run(&["verify", &path]), &words);
    other["messages"].as_array_mut().unwrap().iter_mut().for_each(|row| drop(row.as_object_mut().unwrap().remove("html")));
    write(&other);
    fine(&home.run(&["verify", &path]));
    fs::write(&file, "{}").unwrap();
    refused(&home.run(&["verify", &path]), "is not a transcript.json of Gavel");
}
