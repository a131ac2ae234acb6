//! `kill -9` at random moments, and a restart on the same data. What was acknowledged has to be there, and everybody goes
//! on as if nothing had been.

use std::time::Duration;

use rand::RngExt;

use super::super::history::History;
use super::super::host::Host;
use super::super::run::Run;
use super::super::verdict::Verdict;
use super::{Size, well_ended};

pub async fn run(seed: u64, size: &Size) -> Verdict {
    let mut host = Host::start();
    let history = history(&mut host, seed, size).await;
    well_ended(&mut host, &history)
}

/// One event through all kills, the last of them between its close and the final reading.
pub async fn history(host: &mut Host, seed: u64, size: &Size) -> History {
    let mut run = Run::begin(&host.site, seed, &size.cast()).await;
    let mut dice = run.stage.dice(0);
    for blow in 1..=size.blows {
        run.reaches(size.before(blow)).await;
        // Not a wait for anything: it makes the moment a random one.
        tokio::time::sleep(Duration::from_micros(dice.random_range(0..40_000))).await;
        host.kill();
    }
    run.reaches(size.rows).await;
    run.quiet().await;
    host.site.close(&run.event).await;
    host.kill();
    run.finish(&host.site).await
}
