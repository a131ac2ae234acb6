//! The other commands, beside a running server.

use std::fs;

use serde_json::json;

use crate::http::{Api, said};
use crate::program::{Home, Said};

#[track_caller]
pub fn fine(said: &Said) {
    assert!(said.status.success() && said.err.is_empty(), "{said:?}");
}

/// One or two sentences on standard error, nothing else, and a code that says so.
#[track_caller]
pub fn refused(said: &Said, words: &str) {
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    assert!(said.out.is_empty(), "{said:?}");
    assert!(said.err.starts_with("gavel: ") && said.err.trim_end().lines().count() == 1, "{said:?}");
    assert!(said.err.contains(words), "{said:?}");
}

#[tokio::test]
async fn an_organizer_and_a_token_are_made_beside_a_running_server() {
    let home = Home::new();
    let server = home.serve();
    let api = Api::new(&server.base);

    let given = home.run_with(&["organizer", "add", "olga"], "correct horse battery\n");
    fine(&given);
    assert!(!given.out.contains("correct horse"), "a password that was given is not printed: {given:?}");
    let made = home.run(&["organizer", "add", "Ömer"]);
    fine(&made);
    let password = made.out.strip_suffix('\n').unwrap();
    assert!(password.len() >= 16 && password.chars().all(|c| c.is_ascii_alphanumeric()), "{made:?}");

    let mut tokens = Vec::new();
    for name in ["olga", "Ömer", "olga"] {
        let token = home.run(&["token", "add", name]);
        fine(&token);
        let token = token.out.strip_suffix('\n').unwrap().to_owned();
        assert!(token.starts_with("gavel_") && !token.contains(char::is_whitespace), "{token}");
        api.open_event(&token, &format!("m{}", tokens.len())).await;
        assert!(!tokens.contains(&token));
        tokens.push(token);
    }
    let (status, _) = api.post("/meetings", "gavel_x", &json!({})).await;
    assert_eq!(status, 401);
    server.stop();
}

#[test]
fn without_a_server_they_work_as_well() {
    let home = Home::new();
    let token = home.organizer("olga");
    assert!(token.starts_with("gavel_"));
    let printed = home.serve().stop();
    assert!(!printed.iter().any(|line| line.contains("/set-up/")), "there is an organizer: {printed:?}");
}

#[test]
fn what_cannot_be_is_told_in_a_sentence() {
    let home = Home::new();
    refused(&home.run(&["token", "add", "olga"]), "There is no organizer “olga”. Make the account first: gavel organizer add olga");
    home.organizer("olga");
    refused(&home.run_with(&["organizer", "add", "olga"], "correct horse battery\n"), "“olga”");
    refused(&home.run_with(&["organizer", "add", "OLGA"], "correct horse battery\n"), "“OLGA”");
    refused(&home.run_with(&["organizer", "add", "emil"], "short\n"), "assword");
    refused(&home.run(&["organizer", "add", ""]), "name");
    // An unknown word is told by the parser of the command line: how to say it instead.
    let unknown = home.run(&["organise"]);
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
    assert!(unknown.out.is_empty() && unknown.err.contains("organizer"), "{unknown:?}");
}

#[tokio::test]
async fn a_log_is_played_into_the_open_event() {
    let home = Home::new();
    let server = home.serve();
    let token = home.organizer("olga");
    let api = Api::new(&server.base);
    let event = api.open_event(&token, "weekly").await;
    let log = home.path().join("meeting.log");
    fs::write(&log, "19:00:00 <ada> hello\n19:00:05 * bob waves\n19:30:00 <ada> bye\n").unwrap();
    let log = log.to_str().unwrap();

    let played = home.run(&["replay", log, "--slug", "weekly", "--speed", "inf", "--server", &server.base]);
    assert!(played.status.success(), "{played:?}");
    assert!(played.out.starts_with("Played 3 lines of 2 people in "), "{played:?}");
    let rows = api.rows(&event).await;
    assert_eq!(said(&rows), ["hello", "bye"]);
    assert!(rows.iter().any(|row| row["kind"] == "emote" && row["nick"] == "bob" && row["text"] == "waves"));

    let by_id = home.run(&["replay", log, "--event", &event, "--speed", "inf", "--server", &server.base]);
    assert!(by_id.status.success(), "{by_id:?}");
    assert_eq!(said(&api.rows(&event).await), ["hello", "bye", "hello", "bye"]);

    refused(&home.run(&["replay", "none.log", "--slug", "weekly", "--server", &server.base]), "none.log cannot be read");
    refused(&home.run(&["replay", log, "--slug", "other", "--server", &server.base]), "");
    server.stop();
}
