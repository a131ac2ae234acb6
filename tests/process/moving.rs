//! `gavel export` and `gavel import`: everything arrives, also beside talk, or nothing does.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use reqwest::Method;
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::{Value, json};

use crate::commands::{fine, refused};
use crate::http::{Api, Person};
use crate::postgres::shared;
use crate::program::{Home, Server};

/// The names of a table's columns, and its rows.
type Content = (Vec<String>, Vec<Vec<Cell>>);

fn database(home: &Home) -> Connection {
    Connection::open(home.data.join("gavel.db")).unwrap()
}

/// All that is in the database, whatever tables it has.
pub fn everything(home: &Home) -> BTreeMap<String, Content> {
    let database = database(home);
    // `agreed` is about the nodes of one database, and does not move; the index of the search and what events say of actions are made anew.
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'agreed' AND substr(name, 1, 1) <> '_' \
                  AND substr(name, 1, 7) NOT IN ('sqlite_', 'search_') AND name <> 'action_word'";
    let names: Vec<String> = database.prepare(tables).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let content = |name: &String| {
        let mut all = database.prepare(&format!("SELECT * FROM {name} ORDER BY 1, 2")).unwrap();
        let moved = |name: &str| name != "actions_made";
        let places: Vec<usize> = (0..all.column_count()).filter(|n| moved(all.column_name(*n).unwrap())).collect();
        let columns: Vec<String> = all.column_names().into_iter().filter(|name| moved(name)).map(str::to_owned).collect();
        let rows = all.query_map([], |row| places.iter().map(|n| row.get(*n)).collect()).unwrap().map(Result::unwrap).collect();
        (columns, rows)
    };
    names.iter().map(|name| (name.clone(), content(name))).collect()
}

/// Both hold the same; if not, says which table differs, and not with all its rows.
#[track_caller]
fn same(here: &Home, there: &BTreeMap<String, Content>) {
    let here = everything(here);
    assert!(here.keys().eq(there.keys()), "{:?} {:?}", here.keys(), there.keys());
    for (name, content) in &here {
        assert!(Some(content) == there.get(name), "{name}: {} rows, or others than these", content.1.len());
    }
}

pub fn rows_of(everything: &BTreeMap<String, Content>) -> usize {
    everything.values().map(|(_, rows)| rows.len()).sum()
}

/// A community with something in every table and in every column.
pub struct Held {
    pub home: Home,
    pub server: Server,
    api: Api,
    /// An event that is open, with ada in it.
    open: String,
    ada: Person,
    token: String,
}

pub async fn held() -> Held {
    let home = Home::new().unlimited();
    let server = home.serve();
    let token = home.organizer("olga");
    let api = Api::new(&server.base);
    let past = api.open_event(&token, "past").await;
    let bob = api.join(&past, "bob").await;
    for text in ["one", "it's \"two\"\n\u{2028}\\ ", "**three** 🦜 ünï https://example.org/?a=1&b=2"] {
        assert_eq!(Api::send(api.saying(&past, &bob, text, text.get(..3).unwrap())).await.unwrap().0, 201);
    }
    let one = api.rows(&past).await.iter().find(|row| row["text"] == "one").unwrap()["ts"].to_string();
    let does = |method, path: String, body: Value| Api::send(api.request(method, &path, &token).json(&body));
    assert_eq!(does(Method::DELETE, format!("/events/{past}/messages/{one}"), Value::Null).await.unwrap().0, 204);
    assert_eq!(does(Method::PATCH, format!("/events/{past}"), json!({"title": "T", "agenda": "A"})).await.unwrap().0, 200);
    assert_eq!(Api::send(api.request(Method::DELETE, &format!("/events/{past}/participants/me"), &bob.token)).await.unwrap().0, 204);
    assert_eq!(does(Method::POST, format!("/events/{past}/close"), Value::Null).await.unwrap().0, 200);
    assert_eq!(does(Method::PATCH, "/meetings/past".into(), json!({"slug": "moved"})).await.unwrap().0, 200);

    let in_three_days = api.get("/time").await["now"].as_i64().unwrap() + 3 * 86_400_000_000;
    let weekly = json!({
        "title": "Gone", "slug": "gone", "timezone": "Europe/Rome", "starts": in_three_days, "duration_minutes": 60,
        "rrule": "FREQ=WEEKLY;COUNT=3"
    });
    let (status, gone) = api.post("/meetings", &token, &weekly).await;
    assert_eq!(status, 201, "{gone}");
    let from = json!({"from": gone["upcoming"][1]["id"], "duration_minutes": 45});
    assert_eq!(does(Method::PATCH, "/meetings/gone".into(), from).await.unwrap().0, 200);
    assert_eq!(does(Method::DELETE, "/meetings/gone".into(), Value::Null).await.unwrap().0, 204);

    let open = api.open_event(&token, "weekly").await;
    let joined = json!({"nick": "ada", "nonce": "j1"});
    let (status, made) = api.post(&format!("/events/{open}/participants"), "", &joined).await;
    assert_eq!(status, 201, "{made}");
    let ada = Person { token: made["token"].as_str().unwrap().to_owned(), cursor: 0 };
    assert_eq!(Api::send(api.saying(&open, &ada, "hello", "h1")).await.unwrap().0, 201);
    // What no call of the API makes by itself, or not here: a sign-in, an absence, a chair, why something was
    // cancelled, a row for one person only that is a vote, a correction.
    database(&home)
        .execute_batch(
            "INSERT INTO session SELECT 'hash', id, 1, 2 FROM organizer;
             UPDATE participant SET away_ts = joined_ts, chair_ts = joined_ts, also = 'bob_' WHERE nick = 'bob';
             UPDATE chat_event SET cancel_reason = 'A storm' WHERE cancelled_at IS NOT NULL;
             INSERT INTO chat_data (event_id, ts, kind, text, html, audience, tag)
             SELECT event_id, ts - 1, 'said', 'aside', 'aside', participant_id, 'vote' FROM chat_data WHERE text = 'hello';
             INSERT INTO minutes_correction SELECT d.event_id, d.ts, 3, o.id, 'x' FROM chat_data d, organizer o WHERE d.text = 'hello';
             INSERT INTO reminder SELECT 'r_a', id, 'ada@example.org', 1, 2, 3, 4 FROM meeting WHERE slug = 'moved';
             INSERT INTO reminder (id, meeting_id, email, created_at) SELECT 'r_b', id, 'bob@example.org', 5 FROM meeting WHERE slug = 'moved';
             INSERT INTO announced SELECT id, meeting_id, 'Past', opens_at, closes_at, 6, 7, 8 FROM chat_event WHERE title = 'T';
             INSERT INTO mail SELECT 'r_a.x', 'r_a', 'day', id, NULL, 9, 10, 1, 11, NULL FROM chat_event WHERE title = 'T';
             INSERT INTO mail VALUES ('r_b.x', 'r_b', 'confirm', NULL, 'dh', 12, 13, 2, NULL, 14);",
        )
        .unwrap();
    Held { home, server, api, open, ada, token }
}

pub fn path(home: &Home, name: &str) -> String {
    home.path().join(name).to_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_row_of_every_table_moves_beside_a_running_server() {
    let held = held().await;
    let before = everything(&held.home);
    let file = path(&held.home, "gavel.jsonl");
    let told = held.home.run(&["export", &file]);
    fine(&told);
    assert!(told.out.starts_with("Exported 1 organizer, 1 sign-in, 1 API token, 3 meetings, 1 old link, "), "{told:?}");
    same(&held.home, &before);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // Each table and column of the schema is in the file, and each has had something to lose.
    let text = fs::read_to_string(&file).unwrap();
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if let (Some(table), Some(row)) = (line["table"].as_str(), line["row"].as_object()) {
            let known = columns.entry(table.to_owned()).or_default();
            known.extend(row.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.clone()));
            known.sort_unstable();
            known.dedup();
        }
    }
    for (table, (names, _)) in &before {
        // When somebody was last seen is about the nodes that run, and an import makes the second key of a nickname from the nickname.
        let mut names: Vec<String> = names.iter().filter(|name| !["seen_at", "nick_written"].contains(&name.as_str())).cloned().collect();
        names.sort_unstable();
        assert_eq!(columns.get(table), Some(&names), "{table}");
    }
    assert_eq!(columns.len(), before.len());

    let logs = held.home.run(&["verify"]);
    let transcript = held.api.get(&format!("/events/{}/transcript.json", held.open)).await;
    held.server.stop();
    let other = Home::new().unlimited();
    let told = other.run(&["import", &file]);
    fine(&told);
    assert!(told.out.starts_with("Imported 1 organizer, ") && told.out.lines().count() == 1, "{told:?}");
    same(&other, &before);
    assert_eq!(other.run(&["verify"]).out, logs.out);

    // The same data is the same file, and goes through pipes as well.
    let again = other.run(&["export", "-"]);
    assert_eq!(again.out, text);
    assert!(again.status.success() && again.err.starts_with("Exported 1 organizer, "), "{again:?}");
    let third = Home::new();
    fine(&third.run_with(&["import", "-"], &text));
    same(&third, &before);

    // With the key beside it, the people who were in the room go on in it.
    fs::copy(held.home.data.join("secret.key"), other.data.join("secret.key")).unwrap();
    let server = other.serve();
    let api = Api::new(&server.base);
    let then = api.get(&format!("/events/{}/transcript.json", held.open)).await;
    assert_eq!(then["messages"], transcript["messages"]);
    assert_eq!(then["event"]["digest"], transcript["event"]["digest"]);
    assert_eq!(Api::send(api.saying(&held.open, &held.ada, "again", "h1")).await.unwrap().0, 200, "the nonce is known");
    assert_eq!(Api::send(api.saying(&held.open, &held.ada, "there", "h2")).await.unwrap().0, 201);
    api.open_event(&held.token, "next").await;
    server.stop();
}

/// Enough to fill every buffer between an export and who reads it.
async fn much(held: &Held) {
    for n in 0..150 {
        let text = format!("{n} {}", "long ".repeat(700));
        assert_eq!(Api::send(held.api.saying(&held.open, &held.ada, &text, &format!("m{n}"))).await.unwrap().0, 201);
    }
}

#[tokio::test]
async fn an_export_is_one_moment_whatever_is_said_meanwhile() {
    let held = held().await;
    much(&held).await;
    let before = everything(&held.home);
    let mut export = held.home.command(&["export", "-"]).spawn().unwrap();
    let mut out = BufReader::new(export.stdout.take().unwrap());
    let mut text = String::new();
    out.read_line(&mut text).unwrap();
    assert_eq!(text, "{\"format\":\"gavel\",\"version\":5}\n");
    // It has begun, and cannot end before it is read.
    assert!(export.try_wait().unwrap().is_none());
    for n in 0..20 {
        assert_eq!(Api::send(held.api.saying(&held.open, &held.ada, "meanwhile", &format!("n{n}"))).await.unwrap().0, 201);
    }
    out.read_to_string(&mut text).unwrap();
    assert!(export.wait().unwrap().success());
    held.server.stop();
    assert_eq!(rows_of(&everything(&held.home)), rows_of(&before) + 20);
    let other = Home::new();
    fine(&other.run_with(&["import", "-"], &text));
    same(&other, &before);
}

#[tokio::test]
async fn an_import_that_is_killed_leaves_nothing_and_keeps_servers_out_until_then() {
    let held = held().await;
    much(&held).await;
    let file = path(&held.home, "gavel.jsonl");
    fine(&held.home.run(&["export", &file]));
    let text = fs::read(&file).unwrap();
    let other = Home::new();
    fine(&other.run(&["verify"]));

    let mut import = other.command(&["import", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = import.stdin.take().unwrap();
    // More than pipe and buffers hold: when this is taken, most of it has been written on.
    input.write_all(&text[..text.len() / 10 * 9]).unwrap();
    let writer = database(&other);
    writer.busy_timeout(Duration::ZERO).unwrap();
    assert!(writer.execute_batch("BEGIN IMMEDIATE").is_err(), "its transaction has begun");
    refused(&other.run(&["serve"]), "An import is using the database.");
    refused(&other.run(&["import", &file]), "another import, is using the database");
    import.kill().unwrap();
    import.wait().unwrap();
    assert_eq!(rows_of(&everything(&other)), 0);

    // Likewise where what feeds it ends.
    let half = String::from_utf8(text[..text.len() / 2].to_vec()).unwrap();
    refused(&other.run_with(&["import", "-"], &half), "Standard input was not imported. It breaks off behind line ");
    assert_eq!(rows_of(&everything(&other)), 0);
    fine(&other.run(&["import", &file]));
    let server = other.serve();
    assert_eq!(Api::new(&server.base).rows(&held.open).await, held.api.rows(&held.open).await);

    refused(&other.run(&["import", &file, "--replace"]), "A server, or another import, is using the database");
    server.stop();
    held.server.stop();
}

#[tokio::test]
async fn what_is_there_goes_only_with_a_word_and_only_for_a_whole_file() {
    let held = held().await;
    let file = path(&held.home, "gavel.jsonl");
    fine(&held.home.run(&["export", &file]));
    let moved = everything(&held.home);
    held.server.stop();

    let other = Home::new();
    other.organizer("emil");
    let before = everything(&other);
    refused(&other.run(&["import", &file]), "The database is not empty, there is: 1 organizer, 1 API token. With --replace");
    let text = fs::read_to_string(&file).unwrap();
    let changed = path(&other, "changed.jsonl");
    fs::write(&changed, text.replace("hello", "hallo")).unwrap();
    refused(&other.run(&["import", "--replace", &changed]), "It was changed after it was written: its hash is ");
    same(&other, &before);

    let told = other.run(&["import", "--replace", &file]);
    fine(&told);
    assert!(told.out.starts_with("Deleted what was there: 1 organizer, 1 API token.\nImported 1 organizer, "), "{told:?}");
    same(&other, &moved);
}

#[tokio::test]
async fn everything_is_the_same_after_a_way_by_postgresql() {
    let held = held().await;
    let before = everything(&held.home);
    let logs = held.home.run(&["verify"]);
    let file = path(&held.home, "gavel.jsonl");
    fine(&held.home.run(&["export", &file]));
    held.server.stop();

    let database = shared().database();
    let there = Home::new().unlimited().with("GAVEL_DATABASE_URL", database.url_with("sesame4711"));
    let told = there.run(&["import", &file]);
    fine(&told);
    assert!(told.out.starts_with("Imported 1 organizer, ") && !told.out.contains("sesame4711"), "{told:?}");
    for (table, (_, rows)) in &before {
        assert_eq!(database.sql(&format!("SELECT count(*) FROM {table}")), rows.len().to_string(), "{table}");
    }
    assert_eq!(there.run(&["verify"]).out, logs.out);
    refused(&there.run(&["import", &file]), "The database is not empty");
    let exported = there.run(&["export", "-"]);
    assert!(exported.status.success() && exported.out == fs::read_to_string(&file).unwrap(), "the same data is the same file");

    // With the key beside it, the people who were in the room go on in it there.
    fs::create_dir_all(&there.data).unwrap();
    fs::copy(held.home.data.join("secret.key"), there.data.join("secret.key")).unwrap();
    let server = there.serve();
    let api = Api::new(&server.base);
    assert_eq!(Api::send(api.saying(&held.open, &held.ada, "again", "h1")).await.unwrap().0, 200, "the nonce is known");
    refused(&there.run(&["import", &file, "--replace"]), "is using the database");
    server.stop();
    fine(&there.run(&["import", &file, "--replace"]));
    // Other rows may come with another key: the one of before binds nobody any more.
    fs::remove_file(there.data.join("secret.key")).unwrap();
    there.serve().stop();

    let back = Home::new();
    fine(&back.run_with(&["import", "-"], &exported.out));
    same(&back, &before);
    assert_eq!(back.run(&["verify"]).out, logs.out);
}

#[tokio::test]
async fn an_export_from_postgresql_waits_for_who_reads_it() {
    let held = held().await;
    much(&held).await;
    let file = path(&held.home, "gavel.jsonl");
    fine(&held.home.run(&["export", &file]));
    held.server.stop();
    let database = shared().database();
    let there = Home::new().with("GAVEL_DATABASE_URL", database.url());
    fine(&there.run(&["import", &file]));

    // It is left in its transaction for longer than PostgreSQL lets other work of the program rest there.
    let mut export = there.command(&["export", "-"]).spawn().unwrap();
    let idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction' \
                AND clock_timestamp() - state_change > interval '3 s'";
    while database.sql(idle) == "0" {
        assert!(export.try_wait().unwrap().is_none(), "it cannot end before it is read");
        thread::sleep(Duration::from_millis(50));
    }
    let mut text = String::new();
    export.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(export.wait().unwrap().success());
    assert_eq!(text, fs::read_to_string(&file).unwrap());
}

/// The files of a folder.
fn names(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort_unstable();
    names
}

#[test]
fn an_export_takes_no_name_that_it_cannot_keep() {
    let home = Home::new();
    home.organizer("olga");
    let file = path(&home, "gavel.jsonl");
    fs::write(&file, "precious").unwrap();
    refused(&home.run(&["export", &file]), "was not written. There is such a file already");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    refused(&home.run(&["export", &path(&home, "none/gavel.jsonl")]), "was not written. ");
    refused(&home.run(&["import", &path(&home, "none.jsonl")]), "cannot be read: ");
    assert_eq!(names(home.path()), [home.data.clone(), PathBuf::from(&file), home.work()], "nothing is left lying about");

    // Without a folder in its name it goes where one stands.
    fine(&home.run(&["export", "here.jsonl"]));
    assert_eq!(names(&home.work()), [home.work().join("here.jsonl")]);

    let mut full = home.command(&["export", "-"]);
    let said = full.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap()).output().unwrap();
    assert!(!said.status.success());
    let words = String::from_utf8(said.stderr).unwrap();
    assert!(words.starts_with("gavel: The export broke off. No space left on device") && words.lines().count() == 1, "{words}");
}

#[tokio::test]
async fn an_export_that_is_interrupted_leaves_nothing() {
    let held = held().await;
    held.server.stop();
    // So many rows that the end is far when the beginning is seen.
    database(&held.home)
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
             INSERT INTO chat_data (event_id, ts, kind, text, html) SELECT e.id, e.last_ts + i, 'said', 'x', 'x' FROM n, chat_event e
             WHERE e.closed_ts IS NOT NULL;",
        )
        .unwrap();
    let folder = held.home.path().join("exports");
    fs::create_dir(&folder).unwrap();
    let mut export = held.home.command(&["export", folder.join("gavel.jsonl").to_str().unwrap()]).spawn().unwrap();
    while names(&folder).iter().all(|name| fs::metadata(name).map_or(0, |it| it.len()) == 0) {
        assert!(export.try_wait().unwrap().is_none());
        thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").arg("-TERM").arg(export.id().to_string()).status().unwrap().success());
    let said = export.wait_with_output().unwrap();
    assert!(!said.status.success());
    assert!(String::from_utf8(said.stderr).unwrap().ends_with(" was not written. It was interrupted.\n"));
    assert_eq!(names(&folder), Vec::<PathBuf>::new());
}
