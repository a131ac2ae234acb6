//! PostgreSQL is away for all nodes: it crashes and recovers, or it cuts all connections.

use std::time::{Duration, Instant};

use rand::RngExt;
use tokio::task::block_in_place;
use tokio::time::sleep;

use super::before;
use super::hosts::Nodes;
use crate::histories::faults::Size;
use crate::histories::run::Run;
use crate::histories::support::postgres::{Cluster, shared};
use crate::histories::verdict::Verdict;

/// Immediate mode: as in a crash, under load.
pub async fn restarts(seed: u64, size: &Size) -> Verdict {
    let cluster = Cluster::start();
    let nodes = Nodes::start(&cluster, 2);
    run(seed, size, nodes, |_| cluster.restart()).await
}

/// All connections, those that write, read and listen, again and again.
pub async fn terminations(seed: u64, size: &Size) -> Verdict {
    let nodes = Nodes::start(&shared(), 2);
    let size = Size { blows: size.blows * 3, ..*size };
    run(seed, &size, nodes, |nodes| assert_ne!(nodes.database.terminate(), 0, "there is something to cut")).await
}

async fn run(seed: u64, size: &Size, nodes: Nodes, strike: impl Fn(&Nodes)) -> Verdict {
    let run = Run::begin(&nodes.site, seed, &size.cast()).await;
    let mut dice = run.stage.dice(0);
    let mut longest = Duration::ZERO;
    for blow in 1..=size.blows {
        run.reaches(before(size, blow)).await;
        // Not a wait for anything: it makes the moment a random one.
        sleep(Duration::from_micros(dice.random_range(0..40_000))).await;
        let began = Instant::now();
        block_in_place(|| strike(&nodes));
        longest = longest.max(began.elapsed());
    }
    run.reaches(size.rows).await;
    nodes.judge(run, longest, size).await
}
