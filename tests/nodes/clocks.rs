//! Two nodes whose own clocks are two hours apart: timestamps, phases and what countdowns go by are the database's.

use std::time::Duration;

use serde_json::{Value, json};

use super::before;
use super::hosts::Nodes;
use crate::histories::faults::clock::{library, set, turned};
use crate::histories::faults::{Outcome, Size};
use crate::histories::run::Run;
use crate::histories::site::Site;
use crate::histories::support::postgres::shared;
use crate::histories::verdict::Verdict;

const SECOND: i64 = 1_000_000;
/// How far the second node's clock is off.
const OFF: i64 = 7_200 * SECOND;

pub async fn run(seed: u64, size: &Size) -> Outcome {
    let Some(library) = library() else { return Outcome::Skipped("libfaketime is not installed") };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("offset");
    set(&file, OFF);
    let nodes = Nodes::start_with(&shared(), 2, |n, home| if n == 1 { turned(home, &library, &file) } else { home });
    let sites = [nodes.only(0), nodes.only(1)];
    let mut verdict = Verdict::default();
    phases(&sites, &mut verdict).await;
    let run = Run::begin(&nodes.site, seed, &size.cast()).await;
    for blow in 1..=size.blows {
        run.reaches(before(size, blow)).await;
        agree(&sites, &mut verdict).await;
        // Its own clock steps, ahead and behind: that is nothing to the others, nor to itself.
        set(&file, if blow % 2 == 0 { OFF } else { -OFF });
    }
    run.reaches(size.rows).await;
    verdict.add(nodes.judge(run, Duration::ZERO, size).await);
    Outcome::Judged(verdict)
}

/// What one node shows as now lies between what the other shows before and after.
async fn agree(sites: &[Site; 2], verdict: &mut Verdict) {
    let (before, there, after) = (sites[0].now().await, sites[1].now().await, sites[0].now().await);
    if there < before - SECOND || there > after + SECOND {
        verdict.object(format!("one node has {there} between {before} and {after} of the other"));
    }
}

/// A lobby that opens by its set time and closes by its set time, followed on both nodes.
async fn phases(sites: &[Site; 2], verdict: &mut Verdict) {
    let slug = {
        let meeting = json!({"title": "Clocks", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60});
        organize(&sites[0], "POST", "/meetings", &meeting).await["slug"].as_str().unwrap().to_owned()
    };
    let opens_at = sites[0].now().await + 2 * SECOND;
    let times = json!({"opens_at": opens_at, "closes_at": opens_at + 3 * SECOND});
    // By the node that is two hours ahead: to its own clock these times are past.
    let made = organize(&sites[1], "POST", &format!("/meetings/{slug}/events"), &times).await;
    let id = made["id"].as_str().unwrap();
    let mut cursors = [0; 2];
    for (kind, phase, at) in [("opened", "open", opens_at), ("closed", "closed", opens_at + 3 * SECOND)] {
        let (one, two) = tokio::join!(next(&sites[0], id, cursors[0]), next(&sites[1], id, cursors[1]));
        for (n, answer) in [one, two].into_iter().enumerate() {
            let (row, event) = (&answer["messages"][0], &answer["event"]);
            if row["kind"] != kind || row["ts"] != at || event["phase"] != phase || answer["now"].as_i64().is_none_or(|now| now < at) {
                verdict.object(format!("node {n} did not tell `{kind}` at {at}: {answer}"));
            }
            cursors[n] = answer["cursor"].as_i64().unwrap();
        }
    }
}

/// What a poll gets that waits for a row.
async fn next(site: &Site, event: &str, after: i64) -> Value {
    site.call("GET", &format!("/events/{event}/messages?after={after}&wait=50"), "", None).await.1
}

async fn organize(site: &Site, method: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = site.call(method, path, &site.token, Some(body)).await;
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    answer
}
