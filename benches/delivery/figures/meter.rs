//! Measures a load: the server's CPU for one delivery, time, and how busy server and load were.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::figures::cpu::Reading;
use crate::figures::ledger::Ledger;
use crate::servers::process::Server;

pub const CPU: &str = "CPU µs";
pub const P50: &str = "p50 ms";
pub const P99: &str = "p99 ms";
pub const RATE: &str = "a second";
pub const SERVER: &str = "server busy %";
pub const LOAD: &str = "load busy %";
/// The figures shown of each side in scenarios with messages.
pub const ALL: [&str; 6] = [CPU, P50, P99, RATE, SERVER, LOAD];

/// The counters at the beginning of a load.
pub struct Meter {
    server: Reading,
    load: Reading,
    pub started: Instant,
}

/// The sum of a load, before it is divided by what was done.
pub struct Sum {
    cpu: Duration,
    kinds: BTreeMap<String, Duration>,
    load: Duration,
    elapsed: Duration,
}

impl Meter {
    pub async fn start(server: &Server) -> Outcome<Self> {
        Ok(Self { server: server.used().await?, load: Reading::of(&[std::process::id()])?, started: Instant::now() })
    }

    /// Reads the counters again. Call it as soon as the last answer has arrived.
    pub async fn stop(self, server: &Server) -> Outcome<Sum> {
        let elapsed = self.started.elapsed();
        let load = Reading::of(&[std::process::id()])?.since(&self.load)?;
        let used = server.used().await?;
        Ok(Sum { cpu: used.since(&self.server)?, kinds: used.kinds_since(&self.server), load, elapsed })
    }
}

impl Sum {
    /// Notes the figures of one round, with a latency for each delivery or answer.
    pub fn note(&self, ledger: &mut Ledger, side: &'static str, mut latencies: Vec<Duration>) {
        latencies.sort_unstable();
        let count = f64::from(u32::try_from(latencies.len()).unwrap_or(u32::MAX)).max(1.0);
        let seconds = self.elapsed.as_secs_f64();
        ledger.add(side, CPU, self.cpu.as_secs_f64() * 1e6 / count);
        ledger.add(side, P50, percentile(&latencies, 50));
        ledger.add(side, P99, percentile(&latencies, 99));
        ledger.add(side, RATE, count / seconds);
        ledger.add(side, SERVER, self.cpu.as_secs_f64() / seconds * 100.0);
        ledger.add(side, LOAD, self.load.as_secs_f64() / seconds * 100.0);
        self.note_threads(ledger, side);
    }

    /// Notes the CPU of each kind of thread of one round.
    pub fn note_threads(&self, ledger: &mut Ledger, side: &'static str) {
        ledger.threads.add(side, self.kinds.clone());
    }

    /// The CPU of the server in a minute that goes on like this.
    pub fn a_minute(&self) -> Duration {
        self.cpu.mul_f64(60.0 / self.elapsed.as_secs_f64())
    }
}

/// In milliseconds, the element with `share` per cent of the others below it.
pub fn percentile(sorted: &[Duration], share: usize) -> f64 {
    let place = (sorted.len().saturating_sub(1) * share + 50) / 100;
    sorted.get(place).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
}
