//! What the program keeps within bounds: its memory, however long a log is and however slowly it is read, and the files
//! that it writes.

use std::fs;
use std::process::{Command, Stdio};

use reqwest::Client;
use rusqlite::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::http::Api;
use crate::program::{Home, Server};

const ROWS: i64 = 100_000;
const READERS: usize = 8;
/// The most by which all of them together may make the program grow.
const MOST: u64 = 100 << 20;

/// A figure of `/proc/PID/status` in bytes, such as `VmHWM`.
fn memory(server: &Server, figure: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1_024
}

/// Writes a long log into an open event, as a server that was stopped had it.
fn fill(home: &Home, event: &str) {
    let database = Connection::open(home.data.join("gavel.db")).unwrap();
    // Every hundredth row is noted, and every thousandth is as long as one may be.
    let written = database
        .execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2) \
             INSERT INTO chat_data (event_id, ts, kind, participant_id, nick, text, html, tag) \
             SELECT e.id, e.last_ts + i, 'said', p.id, p.nick, words, words, CASE WHEN i % 100 = 0 THEN 'info' END \
             FROM (SELECT i, 'line ' || i || CASE WHEN i % 1000 = 0 THEN printf('%.3900c', 'x') ELSE ' of a log that goes on and on' END \
             AS words FROM n) JOIN chat_event e ON e.id = ?1 JOIN participant p ON p.event_id = e.id",
            (event, ROWS),
        )
        .unwrap();
    assert_eq!(written, 100_000);
    let changed = database
        .execute("UPDATE chat_event SET row_count = row_count + ?2, last_ts = last_ts + ?2, digest = NULL WHERE id = ?1", (event, ROWS))
        .unwrap();
    assert_eq!(changed, 1);
}

/// A server with one event of 100,000 rows: the path of its page, and its id.
async fn of_a_long_log(home: &Home) -> (Server, String, String) {
    let server = home.serve();
    let token = home.organizer("olga");
    let api = Api::new(&server.base);
    let event = api.open_event(&token, "long").await;
    api.join(&event, "ada").await;
    let page = api.get(&format!("/events/{event}")).await["url"].as_str().unwrap().to_owned();
    server.stop();
    fill(home, &event);
    (home.serve(), page, event)
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_readers_of_a_long_log_take_little_memory() {
    let home = Home::new();
    let (server, page, event) = of_a_long_log(&home).await;
    let client = Client::new();
    // One reads all of it, the others only so much, and keep the rest waiting: to read 100,000 rows eight times takes minutes.
    let read = async |client: Client, address: String, most: usize| {
        let mut answer = client.get(&address).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{address}");
        let (mut bytes, mut rows) = (0, 0);
        while bytes < most
            && let Some(chunk) = answer.chunk().await.unwrap()
        {
            bytes += chunk.len();
            rows += chunk.windows(9).filter(|it| it == b"of a log ").count();
        }
        (bytes, rows, answer)
    };
    // What is made once for all is no reader's.
    let files = ["minutes.json", "minutes.md", "minutes.txt", "minutes.html"].map(|name| format!("/api/v1/events/{event}/{name}"));
    for file in &files {
        read(client.clone(), format!("{}{file}", server.base), usize::MAX).await;
    }
    let of_pages = [format!("{page}?all=1"), format!("{page}?all=1&at=9000000000000000"), page.clone(), format!("{page}/log")];
    let of_exports = ["json", "txt", "md", "html"].map(|form| format!("/api/v1/events/{event}/transcript.{form}"));
    let of_lists = ["participants", "actions.csv", "catch-up?nick=ada"].map(|list| format!("/api/v1/events/{event}/{list}"));
    for path in of_pages.iter().chain(&of_exports).chain(&files).chain(&of_lists) {
        // Forgets the peak so far (proc_pid_clear_refs(5)): what was read before is not what these readers take.
        fs::write(format!("/proc/{}/clear_refs", server.id()), "5").unwrap();
        let before = memory(&server, "VmRSS");
        let mut readers = JoinSet::new();
        for n in 0..READERS {
            let most = if n == 0 { usize::MAX } else { 1 << 20 };
            readers.spawn(read(client.clone(), format!("{}{path}", server.base), most));
        }
        let answers = readers.join_all().await;
        let bytes = answers.iter().map(|it| it.0).max().unwrap();
        let rows = answers.iter().map(|it| it.1).max().unwrap();
        if path.contains("/transcript.") {
            assert!(rows > 99_000, "{path} has {rows} rows");
        } else {
            assert!(bytes < 4 << 20, "{path} has {bytes} bytes");
        }
        let grown = memory(&server, "VmHWM").saturating_sub(before);
        assert!(grown < MOST, "{path}: {READERS} readers let it grow by {} MiB", grown >> 20);
    }
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_stop_reading_are_not_read_ahead_for() {
    let home = Home::new();
    let (server, _, event) = of_a_long_log(&home).await;
    let before = memory(&server, "VmRSS");
    let mut stalled = Vec::new();
    for form in ["json", "txt", "md", "html"].iter().cycle().take(READERS) {
        let mut wire = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).await.unwrap();
        let path = format!("/api/v1/events/{event}/transcript.{form}");
        wire.write_all(format!("GET {path} HTTP/1.1\r\nHost: gavel\r\n\r\n").as_bytes()).await.unwrap();
        // It has begun; and nobody reads on.
        let mut first = [0; 1_024];
        assert!(wire.read(&mut first).await.unwrap() > 0);
        stalled.push(wire);
    }
    // Others are served meanwhile: the exports have not taken their turns.
    let api = Api::new(&server.base);
    for _ in 0..50 {
        api.get(&format!("/events/{event}")).await;
    }
    let grown = memory(&server, "VmHWM").saturating_sub(before);
    assert!(grown < MOST, "{READERS} readers let it grow by {} MiB", grown >> 20);
    drop(stalled);
    server.stop();
}

#[tokio::test]
async fn a_write_past_the_limit_of_file_sizes_is_refused_and_the_program_goes_on() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        println!("skipped: prlimit of util-linux is missing");
        return;
    }
    let home = Home::new().unlimited();
    let token = home.organizer("olga");
    let plain = home.command(&[]);
    let mut limited = Command::new("prlimit");
    limited.arg("--fsize=3000000:").arg(plain.get_program()).current_dir(home.work()).env_clear();
    limited.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = Server::of(limited);
    let api = Api::new(&server.base);
    let event = api.open_event(&token, "weekly").await;
    let ada = api.join(&event, "ada").await;
    let words = "word ".repeat(790);
    let mut written = Vec::new();
    let refused = loop {
        let nonce = format!("message-{}", written.len());
        let (status, body) = Api::send(api.saying(&event, &ada, &words, &nonce)).await.unwrap();
        if status != 201 {
            break (status, body);
        }
        written.push(body["ts"].as_i64().unwrap());
        assert!(written.len() < 5_000, "nothing limits what it writes");
    };
    assert_eq!(refused.0, 503, "{}", refused.1);
    assert_eq!(refused.1["type"], "/problems/unavailable", "{}", refused.1);
    // It serves what it has.
    let rows = api.rows(&event).await;
    let has = |ts: &i64| rows.iter().any(|row| row["ts"] == *ts);
    assert!(written.iter().all(has), "what was acknowledged is there");
    // With room again it writes again.
    let raised = Command::new("prlimit").args([format!("--pid={}", server.id()), "--fsize=unlimited:".into()]).status().unwrap();
    assert!(raised.success());
    let (status, body) = Api::send(api.saying(&event, &ada, &words, "the-last-one")).await.unwrap();
    assert_eq!(status, 201, "{body}");
    server.stop();
}
