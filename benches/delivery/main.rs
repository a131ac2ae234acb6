//! `cargo bench --bench delivery`: what Gavel costs where it is used most, beside the least that Rocket can do, and beside
//! other servers for the same work (`--peer`).
//!
//! A ratio within one run is what can be compared between machines and days; a lone number of microseconds cannot.
//! Everything stays on the loopback interface, in a fresh data folder, within a deadline. `docs/performance.md` says what
//! each figure means.
#![forbid(unsafe_code)]

mod catch_up;
mod cpu;
mod crowd;
mod gavel;
mod http;
mod inserts;
mod ledger;
mod limits;
mod lockstep;
mod markdown;
mod memory;
mod meter;
mod nchan;
mod peers;
mod plain;
mod poll;
mod post;
mod references;
mod report;
mod scenarios;
mod server;
mod side;
mod start;
mod steady;
mod summary;
mod tornado;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::references::Reference;

/// Every failure ends the run with one message, so that its type does not matter.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The servers of the bench itself are to have what Gavel has: else the ratios would compare allocators.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures what Gavel costs where it is used most.
#[derive(Parser)]
#[command(name = "delivery", bin_name = "cargo bench --bench delivery --")]
struct Options {
    /// What to measure.
    #[arg(value_enum, default_value = "all")]
    scenario: Scenario,
    /// Another server to put the same loads on, where it is installed; several with commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    peer: Vec<Peer>,
    /// How often each side is measured, in turn.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Milliseconds that a busy room of Gavel gathers messages, instead of its default; the other sides never do.
    #[arg(long, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pace: Option<u16>,
    /// How many polls are parked in the room in `lockstep`; several sizes with commas.
    #[arg(long, value_delimiter = ',', default_value = "100,1000", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    polls: Vec<u16>,
    /// How many messages a round of `lockstep` counts; by default 30,000 deliveries, but 60 to 300 messages.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    messages: Option<u32>,
    /// How many messages of `lockstep` go out before the count begins.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    warm_up: u32,
    /// How many plain requests a round of `lockstep` counts.
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    requests: u32,
    /// Polls and messages a second of the `hot` room.
    #[arg(long, default_value = "500,100", value_name = "POLLS,RATE", value_parser = pair)]
    hot: (u16, u32),
    /// How many `rooms`, polls in each, and messages a second in all of them.
    #[arg(long, default_value = "200,10,1000", value_name = "ROOMS,POLLS,RATE", value_parser = triple)]
    many: (u16, u16, u32),
    /// How many writers post at once in `post`; several sizes with commas.
    #[arg(long, value_delimiter = ',', default_value = "1,64", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    writers: Vec<u16>,
    /// How many seconds a round of `hot`, `rooms` and `post` counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=60))]
    seconds: u16,
    /// How many polls are parked in `memory`.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u16).range(1..=20_000))]
    parked: u16,
    /// How many rows `catch-up` reads.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(64..=1_000_000))]
    rows: u32,
    /// After how many seconds the whole run gives up.
    #[arg(long, default_value_t = 1_500, value_parser = clap::value_parser!(u64).range(1..=7_200))]
    deadline: u64,
    /// Another `gavel` binary than the one built with this bench, to compare two versions.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// The folder for the data of the measured server, made fresh inside it: posts wait for this disk.
    #[arg(long, value_name = "FOLDER", default_value = env!("CARGO_TARGET_TMPDIR"))]
    data: PathBuf,
    /// `cargo bench` adds this one.
    #[arg(long, hide = true)]
    bench: bool,
    /// Be one of the reference servers: how this program starts them.
    #[arg(long, hide = true, value_enum)]
    serve: Option<Reference>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// All that follow, but `references`.
    All,
    /// One message to parked polls at a time.
    Lockstep,
    /// Many polls in a room with many messages.
    Hot,
    /// Many rooms with few polls each.
    Rooms,
    /// Acknowledged posts in a second.
    Post,
    /// Memory of a parked poll.
    Memory,
    /// Reading a long event from its start.
    CatchUp,
    /// From the start of the process to its first answer.
    Start,
    /// `lockstep` without Gavel: the references and the peers alone.
    References,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Peer {
    /// nginx with nchan.
    Nchan,
    /// A chat on Tornado.
    Tornado,
}

/// Numbers with commas between them, each from 1 on.
fn numbers<const N: usize>(text: &str) -> Result<[u16; N], String> {
    let parsed: Result<Vec<u16>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    let numbers = parsed.map_err(|problem| problem.to_string())?.try_into();
    numbers.ok().filter(|numbers: &[u16; N]| !numbers.contains(&0)).ok_or_else(|| format!("{N} numbers from 1 on are needed"))
}

fn pair(text: &str) -> Result<(u16, u32), String> {
    numbers(text).map(|[polls, rate]| (polls, rate.into()))
}

fn triple(text: &str) -> Result<(u16, u16, u32), String> {
    numbers(text).map(|[rooms, polls, rate]| (rooms, polls, rate.into()))
}

fn main() -> ExitCode {
    // `cargo test --all-targets` starts benches without any argument: that must cost nothing.
    if std::env::args_os().len() == 1 {
        println!("Nothing is measured here: run `cargo bench --bench delivery`, or add `-- --help`.");
        return ExitCode::SUCCESS;
    }
    let options = Options::parse();
    let outcome = match options.serve {
        Some(reference) => references::serve(reference),
        None => measure(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("The bench stopped: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Outcome<()> {
    // Before the runtime starts, so that its threads inherit the pinning.
    let pinning = server::Pinning::set_up();
    report::machine(&pinning, limits::lift());
    // One thread: the load must fit on the core that it is pinned to.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        // Whichever way it ends, the guards of the child processes are dropped by returning.
        tokio::select! {
            outcome = report::run(options, &pinning) => outcome,
            () = tokio::time::sleep(Duration::from_secs(options.deadline)) => Err(format!(
                "it took more than {} s; allow more with --deadline, or measure less", options.deadline).into()),
            _ = terminate.recv() => Err("it was asked to terminate".into()),
            _ = tokio::signal::ctrl_c() => Err("it was interrupted".into()),
        }
    })
}
