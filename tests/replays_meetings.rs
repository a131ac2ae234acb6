//! Logs of real meetings are played into open events, while pollers with random waits, limits and
//! broken connections read along: each sees what was said, all of it, once and in order.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gavel::domain::minutes;
use gavel::domain::transcript::system_text;
use gavel::replay::{Log, Played, Progress, Target, parse_bytes, play};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Someone, TestApp};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// For all meetings together, on a busy machine.
const AT_MOST: Duration = Duration::from_mins(3);

/// Who, what, and whether it is an action.
type Line = (String, String, bool);

/// The real logs by name; says why where there are none.
fn meetings() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/meetings");
    let Ok(files) = fs::read_dir(&folder) else {
        println!("skipped: the real meetings are not there ({})", folder.display());
        return Vec::new();
    };
    let paths = files.map(|file| file.unwrap().path());
    let mut logs: Vec<_> =
        paths.filter_map(|path| Some((path.file_name()?.to_str()?.strip_suffix(".log.txt")?.to_owned(), path.clone()))).collect();
    logs.sort();
    assert!(!logs.is_empty(), "there is a folder of real meetings, but no log in it");
    logs
}

fn lines(log: &Log) -> Vec<Line> {
    log.lines.iter().map(|line| (line.nick.clone(), line.text.clone(), line.action)).collect()
}

/// What people wrote, of rows as the API gives them.
fn written(rows: &[Value]) -> Vec<Line> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter()
        .filter(|row| row["kind"] == "said" || row["kind"] == "emote")
        .map(|row| (text(row, "nick"), text(row, "text"), row["kind"] == "emote"))
        .collect()
}

/// Somebody who reads along.
struct Poller {
    event: String,
    who: Option<Someone>,
    dice: StdRng,
    seen: Vec<Value>,
    after: i64,
    dropped: usize,
}

impl Poller {
    fn new(event: &str, who: Option<Someone>, seed: u64) -> Self {
        Self { event: event.to_owned(), who, dice: StdRng::seed_from_u64(seed), seen: Vec::new(), after: 0, dropped: 0 }
    }

    /// Reads until the event has closed.
    async fn read(mut self, app: Arc<TestApp>) -> Self {
        while self.step(&app).await.is_continue() {}
        // Whoever asks again, hears at once that there is no more.
        let query = format!("after={}&wait=50", self.after);
        let last = timeout(Duration::from_secs(20), app.try_poll(&self.event, &query, self.who.as_ref())).await.unwrap().expect(200);
        assert_eq!(last["messages"], json!([]));
        assert_eq!((&last["cursor"], &last["more"], &last["event"]["phase"]), (&json!(self.after), &json!(false), &json!("closed")));
        assert_eq!(last["event"]["count"], self.seen.len());
        self
    }

    /// One poll, of which the connection may break.
    async fn step(&mut self, app: &TestApp) -> ControlFlow<()> {
        let wait = [0, 1, 3, 25, 50][self.dice.random_range(0..5_usize)];
        let limit = [1, 2, 5, 20, 200, 500][self.dice.random_range(0..6_usize)];
        let query = format!("after={}&wait={wait}&limit={limit}", self.after);
        let poll = app.try_poll(&self.event, &query, self.who.as_ref());
        let answer = if self.dice.random_bool(0.3) {
            let patience = Duration::from_micros(self.dice.random_range(0..30_000));
            let Ok(answer) = timeout(patience, poll).await else {
                // Whatever was on its way is lost; the cursor stays.
                self.dropped += 1;
                return ControlFlow::Continue(());
            };
            answer
        } else {
            poll.await
        };
        let answer = answer.expect(200);
        let rows = answer["messages"].as_array().unwrap();
        assert!(rows.len() <= limit);
        assert_eq!((&answer["reset"], &answer["replaced"]), (&json!(false), &json!(false)));
        for row in rows {
            let ts = row["ts"].as_i64().unwrap();
            assert!(ts > self.after, "{row} came after {}", self.after);
            self.after = ts;
        }
        assert_eq!(answer["cursor"], self.after, "everything in these events is for everyone");
        self.seen.extend_from_slice(rows);
        if self.seen.last().is_some_and(|row| row["kind"] == "closed") { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Plays a log without pauses, as `gavel replay --speed inf` does.
async fn replay(app: &TestApp, event: &str, log: &Log) -> Played {
    let (target, log) = (Target::new(&app.base, event), log.clone());
    let playing = tokio::task::spawn_blocking(move || {
        play(&log, &target, f64::INFINITY, &mut |progress| {
            if let Progress::Joined { nick, under } = progress {
                assert_eq!(nick, under, "everyone gets their own nickname");
            }
        })
    });
    playing.await.unwrap().unwrap()
}

/// Plays one meeting before five pollers, closes its event, and compares.
async fn watch(app: Arc<TestApp>, name: String, log: Log, seed: u64) {
    let event = app.open_event().await;
    let mut pollers = JoinSet::new();
    for n in 0..5 {
        // Two are there by name, the others only look on.
        let who = if n < 2 { Some(app.join(&event, &format!("reader {n}")).await) } else { None };
        pollers.spawn(Poller::new(&event, who, seed * 10 + n).read(Arc::clone(&app)));
    }
    let played = replay(&app, &event, &log).await;
    assert_eq!((played.lines, played.messages), (log.lines.len(), log.lines.len()), "{name}");
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);

    let expected = lines(&log);
    let transcript = app.get(&format!("/events/{event}/transcript.json")).await.expect(200);
    let rows = transcript["messages"].as_array().unwrap();
    assert_eq!(written(rows), expected, "{name}");
    assert_eq!(transcript["event"]["count"], rows.len());
    // opened; two readers; everyone joins, talks, leaves; closed.
    assert_eq!(rows.len(), 1 + 2 + expected.len() + 2 * log.nicks().len() + 1, "{name}");
    assert_eq!((&rows[0]["kind"], &rows[rows.len() - 1]["kind"]), (&json!("opened"), &json!("closed")));
    assert!(rows.is_sorted_by(|a, b| a["ts"].as_i64() < b["ts"].as_i64()), "{name}");

    let mut dropped = 0;
    for poller in pollers.join_all().await {
        assert_eq!(written(&poller.seen), expected, "{name}");
        assert_eq!(&poller.seen, rows, "{name}");
        dropped += poller.dropped;
    }
    assert!(dropped > 0, "{name}: connections were to break");

    let text = app.get(&format!("/events/{event}/transcript.txt")).await.text;
    let mut rest = text.as_str();
    let begun = text.lines().filter(|line| !line.starts_with("  ") && !line.starts_with("--- ")).count();
    assert_eq!(begun, rows.len(), "{name}: a line a row, and what goes on is indented");
    let people = rows.iter().filter(|row| row["kind"] == "said" || row["kind"] == "emote");
    for ((nick, words, action), row) in expected.iter().zip(people) {
        // What is chat is told from commands, and what people do from what the program tells.
        let said = if row["tag"].is_null() { minutes::escaped(words) } else { words.into() };
        let line = if *action { format!(" * {}", system_text::action(nick, words)) } else { format!(" <{nick}> {said}") };
        let line = line.replace('\n', "\n  ") + "\n";
        let at = rest.find(&line).unwrap_or_else(|| panic!("{name}: no {line:?} in what follows"));
        rest = &rest[at + line.len()..];
    }
    println!("{name}: {} messages of {} people, {dropped} connections broken", expected.len(), played.people);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_meetings_reach_everyone_whole() {
    let meetings = meetings();
    let app = Arc::new(TestApp::start().await);
    let mut watched = JoinSet::new();
    for ((name, path), seed) in meetings.into_iter().zip(1..) {
        let log = parse_bytes(&fs::read(&path).unwrap()).unwrap();
        watched.spawn(watch(Arc::clone(&app), name, log, seed));
    }
    timeout(AT_MOST, watched.join_all()).await.unwrap();
}
