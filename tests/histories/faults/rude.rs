//! Clients that behave badly: that vanish in the middle of requests and answers, and that send posts again and again.

use super::super::host::Host;
use super::super::run::{Cast, Run};
use super::super::verdict::Verdict;
use super::{Size, well_ended};

/// Everybody goes away every third or fourth time.
pub async fn vanish(seed: u64, size: &Size) -> Verdict {
    let mut cast = size.cast();
    (cast.hand.cut, cast.eyes.cut) = (25, 35);
    run(seed, size, &cast).await
}

/// Nearly every second post is cut, and each is sent again with its nonce until it is acknowledged.
pub async fn retry(seed: u64, size: &Size) -> Verdict {
    let mut cast = size.cast();
    (cast.hand.cut, cast.hand.give_up) = (45, 0);
    let mut verdict = run(seed, size, &cast).await;
    // Whatever was sent until an answer came has been acknowledged.
    if verdict.acknowledged < size.rows {
        verdict.object(format!("only {} of {} posts were acknowledged", verdict.acknowledged, size.rows));
    }
    verdict
}

async fn run(seed: u64, size: &Size, cast: &Cast) -> Verdict {
    let mut host = Host::start();
    let run = Run::begin(&host.site, seed, cast).await;
    run.reaches(size.rows).await;
    let history = run.finish(&host.site).await;
    well_ended(&mut host, &history)
}
