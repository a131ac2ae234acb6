//! SIGTERM under load: every parked poll is answered, every accepted post is finished, and the end comes in seconds.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::history::{Attempt, History};
use super::super::host::{Host, STOPS_WITHIN};
use super::super::http::request;
use super::super::run::Run;
use super::super::site::{Line, Person, Site};
use super::super::verdict::Verdict;
use super::{Size, well_ended};

/// How many polls wait in an event in which nothing happens.
const PARKED: usize = 20;

/// A poll that waits; its status and answer.
pub type Parked = JoinHandle<Option<(u16, Value)>>;

pub async fn run(seed: u64, size: &Size) -> Verdict {
    let mut host = Host::start();
    let mut cast = size.cast();
    // Nobody cuts a post, so that one whose answer is missing was dropped by the server.
    cast.hand.cut = 0;
    let quiet = host.site.open_event(Duration::from_hours(1)).await;
    let mut people = Vec::new();
    for n in 0..PARKED {
        people.push(host.site.join(&quiet, &format!("waiting-{n}")).await);
    }
    let run = Run::begin(&host.site, seed, &cast).await;
    let mut problems = Vec::new();
    for blow in 1..=size.blows {
        run.reaches(size.before(blow)).await;
        problems.extend(stop(&mut host, &quiet, &people).await);
        host.restart();
    }
    run.reaches(size.rows).await;
    let history = run.finish(&host.site).await;
    let mut verdict = well_ended(&mut host, &history);
    problems.extend(unanswered(&history));
    for problem in problems {
        verdict.object(problem);
    }
    verdict
}

/// Stops the server while polls are parked; what was wrong.
async fn stop(host: &mut Host, event: &str, people: &[Person]) -> Vec<String> {
    let mut problems = Vec::new();
    let log = host.site.call("GET", &format!("/events/{event}/messages?wait=0&limit=500"), "", None).await.1;
    let newest = log["cursor"].as_i64().unwrap();
    let mut parked = Vec::new();
    for who in people {
        parked.push(park(&host.site, event, who, newest).await);
    }
    let began = Instant::now();
    host.signal("TERM");
    for poll in parked {
        match timeout(STOPS_WITHIN, poll).await.map(Result::unwrap) {
            Ok(Some((200, answer))) if answer["messages"] == json!([]) && answer["cursor"] == newest && answer["replaced"] == false => {}
            other => problems.push(format!("a parked poll got {other:?} {:?} after SIGTERM", began.elapsed())),
        }
    }
    problems.extend(host.ended());
    problems
}

fn poll(mut line: Line, event: &str, who: &Person, after: i64) -> Parked {
    let request = request("GET", &format!("/api/v1/events/{event}/messages?after={after}&wait=50&tab=one"), &who.token, "", None);
    tokio::spawn(async move { line.exchange(&request).await.ok().map(|reply| (reply.status(), reply.json())) })
}

/// A poll that the server is certain to hold: another one of the same tab was ended for it.
pub async fn park(site: &Site, event: &str, who: &Person, after: i64) -> Parked {
    let (mut one, mut two) = (poll(site.line(), event, who, after), poll(site.line(), event, who, after));
    let (ended, held) = tokio::select! {
        ended = &mut one => (ended, two),
        ended = &mut two => (ended, one),
    };
    assert!(matches!(ended.unwrap(), Some((200, answer)) if answer["replaced"] == true), "the older of two polls of a tab is ended");
    held
}

/// Posts that were done, but not answered: their retry found the row.
fn unanswered(history: &History) -> Vec<String> {
    let dropped = history.posts.iter().filter(|post| {
        post.attempts.windows(2).any(|pair| {
            let [before, after] = pair else { return false };
            matches!(before, Attempt::Lost { cut: false }) && matches!(after, Attempt::Row { fresh: false, .. })
        })
    });
    dropped.map(|post| format!("the post {} was done, but not answered", post.nonce)).collect()
}
