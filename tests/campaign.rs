//! The full campaign: all faults, round after round with new seeds, until enough rows were delivered; then a table.
//!
//! No test of its own: `scripts/campaign` starts it. A run can be repeated by its fault and seed.

#![allow(clippy::unwrap_used, reason = "a run ends where something is not as it must be")]

#[path = "histories/mod.rs"]
mod histories;
#[path = "nodes/mod.rs"]
mod nodes;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use histories::faults::{Fault, Outcome, Size};
use histories::table::{Line, print};
use nodes::{NodeFault, measure};

/// Runs the checker of histories at length, under all faults.
#[derive(Parser)]
#[command(name = "campaign", bin_name = "scripts/campaign")]
struct Options {
    /// How many rows readers shall have received in all.
    #[arg(long, default_value_t = 2_000_000)]
    deliveries: usize,
    /// After how many minutes no further run begins.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    minutes: u64,
    /// The first seed; each round takes the next one.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only faults with this in their names.
    #[arg(long, default_value = "")]
    fault: String,
    /// Readers of each run.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    readers: u64,
    /// Posts that are acknowledged in each run at the least.
    #[arg(long, default_value_t = 2_500, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    rows: u32,
    /// How often a fault strikes in each run.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    blows: u32,
    /// For how many seconds each figure of several nodes is measured at the end, where no fault is chosen or this is
    /// given.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=600))]
    measure: Option<u64>,
}

/// A fault of one node, or of several.
#[derive(Clone, Copy)]
enum Any {
    One(Fault),
    Several(NodeFault),
}

impl Any {
    fn all() -> impl Iterator<Item = Self> {
        Fault::ALL.into_iter().map(Self::One).chain(NodeFault::ALL.into_iter().map(Self::Several))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::One(fault) => fault.name(),
            Self::Several(fault) => fault.name(),
        }
    }

    async fn run(self, seed: u64, size: &Size) -> Outcome {
        match self {
            Self::One(fault) => fault.run(seed, size).await,
            Self::Several(fault) => fault.run(seed, size).await,
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let lines = runtime.block_on(campaign(&options));
    if options.fault.is_empty() || options.measure.is_some() {
        let lasts = Duration::from_secs(options.measure.unwrap_or(20));
        // In a task of its own, for it starts servers.
        runtime.block_on(async move { tokio::spawn(measure::print(lasts)).await }).unwrap();
    }
    let held = lines.iter().all(Line::holds);
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn campaign(options: &Options) -> Vec<Line> {
    let size = Size {
        writers: 16,
        readers: options.readers,
        rows: options.rows as usize,
        blows: options.blows as usize,
        most: Duration::from_mins(4),
        timed: true,
    };
    let (began, most) = (Instant::now(), Duration::from_secs(60 * options.minutes));
    let faults: Vec<Any> = Any::all().filter(|fault| fault.name().contains(&options.fault)).collect();
    let mut lines: Vec<Line> = faults.iter().map(|fault| Line::new(fault.name())).collect();
    let delivered = |lines: &[Line]| lines.iter().map(|line| line.verdict.deliveries).sum::<usize>();
    let mut seed = options.seed;
    'rounds: loop {
        let before = delivered(&lines);
        for (n, fault) in faults.iter().copied().enumerate() {
            if began.elapsed() >= most || (seed > options.seed && delivered(&lines) >= options.deliveries) {
                break 'rounds;
            }
            let started = Instant::now();
            // In a task of its own, so that a run which cannot go on is one that failed, and not the end.
            let outcome = tokio::spawn(async move { fault.run(seed, &size).await }).await;
            let problem = match outcome {
                Ok(Outcome::Skipped(why)) => {
                    lines[n].skipped = Some(why);
                    continue;
                }
                Ok(Outcome::Judged(verdict)) => {
                    let words = verdict.words();
                    lines[n].add(seed, verdict);
                    words
                }
                Err(panic) => {
                    lines[n].broke(seed);
                    panic.to_string()
                }
            };
            eprintln!("{}, seed {seed}: {:.1} s, {} delivered in all", fault.name(), started.elapsed().as_secs_f64(), delivered(&lines));
            if !problem.is_empty() {
                eprintln!("{problem}");
            }
        }
        // Where every fault is skipped or breaks, more rounds change nothing.
        if delivered(&lines) == before {
            break;
        }
        seed += 1;
    }
    print(&lines, began.elapsed());
    lines
}
