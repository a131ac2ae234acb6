//! `cargo bench --bench delivery`: what a delivered message costs the server, as a ratio to what a plain `GET` costs
//! under the same version of Rocket in the same run.
//!
//! A ratio within one run is what can be compared between machines and days; a lone number of microseconds cannot.
//! Everything stays on the loopback interface, in a fresh data folder, within a deadline.
#![forbid(unsafe_code)]

mod cpu;
mod gavel;
mod http;
mod lockstep;
mod plain;
mod post;
mod references;
mod report;
mod server;
mod table;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::references::Reference;

/// Every failure ends the run with one message, so that its type does not matter.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures what a delivered message costs the server.
#[derive(Parser)]
#[command(name = "delivery", bin_name = "cargo bench --bench delivery --")]
struct Options {
    /// What to measure.
    #[arg(value_enum, default_value = "all")]
    scenario: Scenario,
    /// How many polls are parked in the room; several sizes with commas.
    #[arg(long, value_delimiter = ',', default_value = "100", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    polls: Vec<u16>,
    /// How often each side is measured, in turn.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// How many messages a round counts.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    messages: u32,
    /// How many messages go out before the count begins.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    warm_up: u32,
    /// How many plain requests a round counts.
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    requests: u32,
    /// How many writers post at once in the `post` scenario; several sizes with commas.
    #[arg(long, value_delimiter = ',', default_value = "1,64", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    writers: Vec<u16>,
    /// How many seconds a round of the `post` scenario lasts.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// After how many seconds the whole run gives up.
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=7200))]
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
    /// `lockstep`, then `post`.
    All,
    /// CPU of a delivery to parked polls, over the CPU of a plain `GET`.
    Lockstep,
    /// Acknowledged posts in a second.
    Post,
    /// The two reference servers alone, without Gavel.
    References,
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
    report::machine(&pinning);
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
