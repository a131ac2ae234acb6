//! The primary dies under load; its synchronous standby is promoted, and the nodes' way is turned to it. Nothing that
//! was acknowledged may be lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::RngExt;
use tokio::task::block_in_place;
use tokio::time::sleep;

use super::before;
use super::hosts::Nodes;
use crate::histories::faults::Size;
use crate::histories::run::Run;
use crate::histories::support::postgres::{Cluster, Forward};
use crate::histories::verdict::Verdict;

/// How a node hears that its connections have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Told,
    /// The machine is gone, and nothing comes from it any more, not even an end.
    Untold,
}

pub async fn run(seed: u64, size: &Size, end: End) -> Verdict {
    let mut primary = Cluster::start();
    let nodes = Nodes::start(&primary, 2);
    let mut standby = block_in_place(|| primary.standby());
    // Each takes a base backup of what will be the next primary.
    let size = Size { blows: size.blows.div_ceil(10), ..*size };
    let run = Run::begin(&nodes.site, seed, &size.cast()).await;
    let mut dice = run.stage.dice(0);
    let mut longest = Duration::ZERO;
    for blow in 1..=size.blows {
        run.reaches(before(&size, blow)).await;
        // Not a wait for anything: it makes the moment a random one.
        sleep(Duration::from_micros(dice.random_range(0..40_000))).await;
        let began = Instant::now();
        block_in_place(|| {
            if end == End::Untold {
                nodes.ways().for_each(Forward::strand);
            }
            primary.stop();
            standby.promote();
            for way in nodes.ways() {
                if end == End::Told {
                    way.cut();
                }
                way.turn(standby.address());
                way.mend();
            }
        });
        longest = longest.max(began.elapsed());
        if blow < size.blows {
            let next = block_in_place(|| standby.standby());
            primary = std::mem::replace(&mut standby, next);
        } else {
            primary = Arc::clone(&standby);
        }
    }
    run.reaches(size.rows).await;
    let verdict = nodes.judge(run, longest, &size).await;
    drop(primary);
    verdict
}
