//! The digest of a log, followed by a reader of its own that knows only `docs/digest.md`.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::raw_database::Raw;
use crate::support::{MINUTE, TestApp};

fn sha(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// The digest of these rows, by the words of the docs.
fn follow(event: &str, rows: &[Value]) -> String {
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    rows.iter().fold(sha(&format!("gavel:1\n{event}")), |before, row| {
        let content = match row["hash"].as_str() {
            Some(hash) => hash.to_owned(),
            None => sha(&format!("{}\n{}", word(row, "salt"), word(row, "text"))),
        };
        sha(&format!("{before}\n{}\n{}\n{}\n{}\n{content}", row["ts"], word(row, "kind"), word(row, "from"), word(row, "nick")))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn count_and_digest_of_every_answer_fit_the_rows_up_to_there() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let (mut rows, mut after) = (Vec::new(), 0);
    for n in 0..5 {
        app.say(&event, if n % 2 == 0 { &ada } else { &bob }, &format!("/me counts\n{n} 𝛑 \"quoted\"")).await;
        let answer = app.poll(&event, &format!("after={after}&wait=5")).await;
        rows.extend(answer["messages"].as_array().unwrap().iter().cloned());
        after = answer["cursor"].as_i64().unwrap();
        if answer["more"] == false {
            assert_eq!(answer["event"]["count"], rows.len());
            assert_eq!(answer["event"]["digest"], follow(&event, &rows));
        }
    }
    let log = app.log(&event).await;
    let whole = app.get(&format!("/events/{event}/transcript.json")).await.expect(200);
    assert_eq!(app.look(&event).await["digest"], follow(&event, &log));
    assert_eq!(whole["event"]["digest"], follow(&event, &log));
    assert_eq!(whole["event"]["count"], log.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digest_is_null_before_the_first_row() {
    let app = TestApp::start().await;
    let event = app.event(60, 120).await;
    assert_eq!((&app.look(&event).await["digest"], &app.poll(&event, "wait=0").await["event"]["digest"]), (&Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redaction_keeps_the_digest_and_takes_what_the_text_could_be_guessed_by() {
    let app = TestApp::start().await;
    let event = app.event(-60, 60).await;
    let ada = app.join(&event, "ada").await;
    let said = app.say(&event, &ada, "555-1234").await;
    assert_eq!((said["salt"].as_str().unwrap().len(), &said["hash"]), (26, &Value::Null));
    app.clock.step(2 * MINUTE);
    app.until(&event, "closed", Duration::from_secs(30)).await;
    let before = app.look(&event).await["digest"].clone();
    app.organize(Method::DELETE, &format!("/events/{event}/messages/{}", said["ts"]), None).await.expect(204);
    let log = app.log(&event).await;
    let emptied = log.iter().find(|row| row["ts"] == said["ts"]).unwrap();
    let hash = sha(&format!("{}\n555-1234", said["salt"].as_str().unwrap()));
    assert_eq!((&emptied["text"], &emptied["salt"], &emptied["hash"]), (&json!(""), &Value::Null, &json!(hash)));
    assert_eq!(app.look(&event).await["digest"], before);
    assert_eq!(before, follow(&event, &log));
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_of_an_older_gavel_get_their_digest_at_the_next_start() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    for n in 0..3 {
        app.say(&event, &ada, &format!("message {n}")).await;
    }
    let raw = Raw::open(app.data()).await;
    raw.run("UPDATE chat_event SET digest = NULL").await;
    raw.run("UPDATE chat_data SET salt = NULL").await;
    drop(raw);
    let app = app.restart().await;
    let log = app.log(&event).await;
    assert!(log.iter().all(|row| row["salt"].is_null()));
    assert_eq!(app.look(&event).await["digest"], follow(&event, &log));
    // And it goes on from there.
    let ada = app.join(&event, "bob").await;
    app.say(&event, &ada, "later").await;
    assert_eq!(app.look(&event).await["digest"], follow(&event, &app.log(&event).await));
}
