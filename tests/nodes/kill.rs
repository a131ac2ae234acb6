//! A node is killed with SIGKILL, and comes back after a while. Its people go on elsewhere at once.

use std::time::Duration;

use rand::RngExt;
use tokio::time::sleep;

use super::before;
use super::hosts::{Nodes, some};
use crate::histories::faults::Size;
use crate::histories::run::Run;
use crate::histories::support::postgres::shared;
use crate::histories::verdict::Verdict;

pub async fn run(seed: u64, size: &Size, count: usize) -> Verdict {
    let mut nodes = Nodes::start(&shared(), count);
    let mut run = Run::begin(&nodes.site, seed, &size.cast()).await;
    let mut dice = run.stage.dice(0);
    for blow in 1..=size.blows {
        run.reaches(before(size, blow)).await;
        // Not a wait for anything: it makes the moment a random one.
        sleep(Duration::from_micros(dice.random_range(0..40_000))).await;
        let n = dice.random_range(0..count);
        nodes.kill(n);
        let now = run.stage.acknowledged();
        run.reaches(now + some(size)).await;
        nodes.start_again(n);
    }
    run.reaches(size.rows).await;
    run.quiet().await;
    // Once more between the close and the final reading.
    nodes.site.close(&run.event).await;
    let n = dice.random_range(0..count);
    nodes.kill(n);
    nodes.start_again(n);
    nodes.judge(run, Duration::ZERO, size).await
}
