//! `cargo bench --bench delivery`: measures what Gavel costs where it is used most, next to the least that Rocket can do
//! and next to other servers that do the same work (`--peer`).
//!
//! Ratios within one run can be compared between machines and days; a lone number of microseconds cannot. Everything stays
//! on the loopback interface, in a fresh data folder, within a deadline. `docs/performance.md` explains each figure.
#![forbid(unsafe_code)]

mod client;
mod figures;
mod loads;
mod options;
mod peers;
mod scenarios;
mod servers;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::client::limits;
use crate::options::Options;
use crate::servers::process::Pinning;
use crate::servers::references;

/// Every failure ends the run with one message, so its type does not matter.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The reference servers use the same allocator as Gavel: otherwise the ratios would compare allocators.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let pinning = Pinning::set_up();
    scenarios::print_machine(&pinning, limits::lift());
    // One thread: the load must fit on the core that it is pinned to.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        // Whichever branch ends it, returning drops the guards of the child processes.
        tokio::select! {
            outcome = scenarios::run(options, &pinning) => outcome,
            () = tokio::time::sleep(Duration::from_secs(options.deadline)) => Err(format!(
                "it took more than {} s; allow more with --deadline, or measure less", options.deadline).into()),
            _ = terminate.recv() => Err("it was asked to terminate".into()),
            _ = tokio::signal::ctrl_c() => Err("it was interrupted".into()),
        }
    })
}
