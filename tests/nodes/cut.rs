//! A node is cut from the database, but not from its clients: its posts get 503, its parked polls stay parked and go on
//! when it is mended, and the other node is not held up by what the cut one had begun.

use std::time::{Duration, Instant};

use rand::RngExt;
use serde_json::json;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

use super::before;
use super::hosts::{Nodes, some};
use crate::histories::faults::Size;
use crate::histories::faults::term::{Parked, park};
use crate::histories::http::{Reply, request};
use crate::histories::run::Run;
use crate::histories::site::{Person, Site};
use crate::histories::support::postgres::{Forward, shared};
use crate::histories::verdict::Verdict;

/// How long a refusal, or a row for a parked poll, may take: for machines that are busy.
const AT_MOST: Duration = Duration::from_secs(30);

/// How long a parked poll waits for a row, by its own request.
const WAIT: Duration = Duration::from_secs(50);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Connections end, and new ones end at once.
    Ended,
    /// Nothing is heard of the database any more, not even an end.
    Silent,
}

impl Cut {
    fn strike(self, way: &Forward) {
        match self {
            Self::Ended => block_in_place(|| way.cut()),
            Self::Silent => way.hold(),
        }
    }
}

pub async fn run(seed: u64, size: &Size, cut: Cut) -> Verdict {
    let nodes = Nodes::start(&shared(), 2);
    // Each waits until the node has noticed: seconds, if it is told nothing.
    let size = Size { blows: if cut == Cut::Silent { size.blows.div_ceil(4) } else { size.blows }, ..*size };
    let sites = [nodes.only(0), nodes.only(1)];
    let quiet = nodes.site.open_event(Duration::from_hours(1)).await;
    let ada = nodes.site.join(&quiet, "ada").await;
    let run = Run::begin(&nodes.site, seed, &size.cast()).await;
    let mut dice = run.stage.dice(0);
    let (mut longest, mut problems) = (Duration::ZERO, Vec::new());
    for blow in 1..=size.blows {
        run.reaches(before(&size, blow)).await;
        let n = dice.random_range(0..2);
        let (here, there) = (&sites[n], &sites[1 - n]);
        let newest = here.call("GET", &format!("/events/{quiet}/messages?wait=0&limit=500"), "", None).await.1["cursor"].as_i64().unwrap();
        let asked = Instant::now();
        let parked = park(here, &quiet, &ada, newest).await;
        // Not a wait for anything: it makes the moment a random one.
        sleep(Duration::from_micros(dice.random_range(0..40_000))).await;
        let began = Instant::now();
        cut.strike(nodes.way(n));
        problems.extend(refused(here, &quiet, &ada, blow).await);
        let now = run.stage.acknowledged();
        if !run.stage.reaches(now + some(&size)).await {
            problems.push("the other node does not go on".into());
        }
        if parked.is_finished() {
            nodes.way(n).mend();
            let waited = asked.elapsed();
            let ended = parked.await;
            // On a busy machine all this may take longer than the poll itself waits: then it has the answer of any quiet poll.
            if waited >= WAIT && matches!(&ended, Ok(Some((200, answer))) if answer["messages"] == json!([])) {
                longest = longest.max(began.elapsed());
                continue;
            }
            problems.push(format!("without the database a parked poll ended after {waited:?}: {ended:?}"));
            break;
        }
        nodes.way(n).mend();
        longest = longest.max(began.elapsed());
        problems.extend(resumed(there, parked, &quiet, &ada, blow).await);
    }
    run.reaches(size.rows).await;
    let mut verdict = nodes.judge(run, longest, &size).await;
    for problem in problems {
        verdict.object(problem);
    }
    verdict
}

/// Posts to a node that has no database; what is wrong with the answer.
async fn refused(site: &Site, event: &str, who: &Person, blow: usize) -> Option<String> {
    match timeout(AT_MOST, post(site, event, who, &format!("cut-{blow}"))).await {
        Ok(Ok(reply)) => {
            let clear = reply.status() == 503
                && reply.json()["type"] == "/problems/unavailable"
                && reply.head.header("retry-after").is_some_and(|it| it.parse::<u32>().is_ok());
            (!clear).then(|| format!("without the database a post got {}: {}", reply.status(), reply.json()))
        }
        other => Some(format!("without the database a post got {:?}", other.map(|it| it.map(|it| it.status())))),
    }
}

/// A post elsewhere comes to a poll that was parked all the time; what is wrong with that.
async fn resumed(there: &Site, parked: Parked, event: &str, who: &Person, blow: usize) -> Option<String> {
    let nonce = format!("mended-{blow}");
    let (status, row) = match timeout(AT_MOST, post(there, event, who, &nonce)).await {
        Ok(Ok(reply)) => (reply.status(), reply.json()),
        other => return Some(format!("a post to the other node got {:?}", other.map(|it| it.map(|it| it.status())))),
    };
    if status != 201 {
        return Some(format!("a post to the other node got {status}: {row}"));
    }
    match timeout(AT_MOST, parked).await {
        // The one that was refused may stand.
        Ok(Ok(Some((200, answer)))) if answer["messages"].as_array().is_some_and(|rows| !rows.is_empty()) => None,
        other => Some(format!("when the database was back a parked poll got {other:?} and not {row}")),
    }
}

async fn post(site: &Site, event: &str, who: &Person, nonce: &str) -> std::io::Result<Reply> {
    let body = json!({"text": nonce, "nonce": nonce});
    let request = request("POST", &format!("/api/v1/events/{event}/messages"), &who.token, "", Some(&body));
    site.line().exchange(&request).await
}
