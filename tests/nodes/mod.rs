//! Several nodes on one PostgreSQL, as real processes, and what is done to them while people write and read.
//!
//! Writers and readers go from node to node with each request. Each fault is a function of a seed and a size that gives
//! a verdict, like those of one node in `histories/faults`; tests run them small, the campaign runs them large.

#![allow(dead_code, reason = "each test binary uses a part of this")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is not as it must be")]

mod away;
mod clocks;
mod cut;
mod failover;
mod hosts;
mod kill;
pub mod locked;
pub mod measure;
mod once;

use std::time::Duration;

use crate::histories::faults::{Outcome, Size};
use crate::histories::run::Run;
use crate::histories::support::postgres::shared;
use crate::histories::verdict::Verdict;
use hosts::Nodes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeFault {
    None,
    KillOfTwo,
    KillOfFour,
    Restart,
    Terminate,
    Cut,
    Held,
    Failover,
    Vanish,
    Clocks,
}

impl NodeFault {
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::KillOfTwo,
        Self::KillOfFour,
        Self::Restart,
        Self::Terminate,
        Self::Cut,
        Self::Held,
        Self::Failover,
        Self::Vanish,
        Self::Clocks,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "nodes: none",
            Self::KillOfTwo => "nodes: one of two killed",
            Self::KillOfFour => "nodes: one of four killed",
            Self::Restart => "nodes: PostgreSQL crashes",
            Self::Terminate => "nodes: all connections terminated",
            Self::Cut => "nodes: one cut from the database",
            Self::Held => "nodes: one hears nothing of the database",
            Self::Failover => "nodes: failover",
            Self::Vanish => "nodes: failover without a word",
            Self::Clocks => "nodes: clocks two hours apart",
        }
    }

    pub async fn run(self, seed: u64, size: &Size) -> Outcome {
        Outcome::Judged(match self {
            Self::None => nothing(seed, size).await,
            Self::KillOfTwo => kill::run(seed, size, 2).await,
            Self::KillOfFour => kill::run(seed, size, 4).await,
            Self::Restart => away::restarts(seed, size).await,
            Self::Terminate => away::terminations(seed, size).await,
            Self::Cut => cut::run(seed, size, cut::Cut::Ended).await,
            Self::Held => cut::run(seed, size, cut::Cut::Silent).await,
            Self::Failover => failover::run(seed, size, failover::End::Told).await,
            Self::Vanish => failover::run(seed, size, failover::End::Untold).await,
            Self::Clocks => return clocks::run(seed, size).await,
        })
    }
}

/// A run in which nothing happens but people.
async fn nothing(seed: u64, size: &Size) -> Verdict {
    let nodes = Nodes::start(&shared(), 2);
    let run = Run::begin(&nodes.site, seed, &size.cast()).await;
    run.reaches(size.rows).await;
    nodes.judge(run, Duration::ZERO, size).await
}

/// How many posts were acknowledged before the blow `n`, counted from 1.
const fn before(size: &Size, n: usize) -> usize {
    n * size.rows / (size.blows + 1)
}
