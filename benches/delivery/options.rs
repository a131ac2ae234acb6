//! The command line of the bench.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::servers::references::Reference;

/// Measures what Gavel costs where it is used most.
#[derive(Parser)]
#[command(name = "delivery", bin_name = "cargo bench --bench delivery --")]
pub struct Options {
    /// The scenario to measure.
    #[arg(value_enum, default_value = "all")]
    pub scenario: Scenario,
    /// Another server to put the same loads on, if it is installed; separate several with commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub peer: Vec<Peer>,
    /// Rounds in which each side is measured, in turn.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub rounds: u16,
    /// Milliseconds that a busy room of Gavel gathers messages, instead of its default; the other sides never do.
    #[arg(long, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub pace: Option<u16>,
    /// Polls that are parked in the room in `lockstep`; separate several sizes with commas.
    #[arg(long, value_delimiter = ',', default_value = "100,1000", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub polls: Vec<u16>,
    /// Messages that a round of `lockstep` counts; by default 30,000 deliveries, but 60 to 300 messages.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub messages: Option<u32>,
    /// Messages of `lockstep` that are posted before the count begins.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub warm_up: u32,
    /// Plain requests that a round of `lockstep` counts.
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub requests: u32,
    /// Polls and messages a second of the `hot` room.
    #[arg(long, default_value = "500,100", value_name = "POLLS,RATE", value_parser = pair)]
    pub hot: (u16, u32),
    /// Rooms in `rooms`, polls in each, and messages a second in all of them.
    #[arg(long, default_value = "200,10,1000", value_name = "ROOMS,POLLS,RATE", value_parser = triple)]
    pub many: (u16, u16, u32),
    /// Rooms in `small-rooms`, polls in each, and messages a second in all of them; `idle` has as many rooms and polls.
    #[arg(long, default_value = "1000,5,200", value_name = "ROOMS,POLLS,RATE", value_parser = triple)]
    pub small: (u16, u16, u32),
    /// Writers that post at once in `post`; separate several sizes with commas.
    #[arg(long, value_delimiter = ',', default_value = "1,64", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub writers: Vec<u16>,
    /// Seconds that a round of `hot`, `rooms`, `small-rooms` and `post` lasts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=60))]
    pub seconds: u16,
    /// Polls that are parked in `memory`.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u16).range(1..=20_000))]
    pub parked: u16,
    /// Seconds that `idle` lasts.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub idle_seconds: u16,
    /// Messages that a round of `found` posts, five a second, and searches for.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub probes: u16,
    /// Rows that `catch-up` reads.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(64..=1_000_000))]
    pub rows: u32,
    /// Seconds after which the whole run gives up.
    #[arg(long, default_value_t = 3_600, value_parser = clap::value_parser!(u64).range(1..=7_200))]
    pub deadline: u64,
    /// Another `gavel` binary than the one built with this bench, to compare two versions.
    #[arg(long, value_name = "PATH")]
    pub server: Option<PathBuf>,
    /// The folder in which the measured server gets a fresh data folder: posts wait for this disk.
    #[arg(long, value_name = "FOLDER", default_value = env!("CARGO_TARGET_TMPDIR"))]
    pub data: PathBuf,
    /// `cargo bench` adds this one.
    #[arg(long, hide = true)]
    bench: bool,
    /// Run as one of the reference servers: the bench starts itself this way.
    #[arg(long, hide = true, value_enum)]
    pub serve: Option<Reference>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Everything below, except `references`.
    All,
    /// One message to parked polls at a time.
    Lockstep,
    /// Many polls in a room with many messages.
    Hot,
    /// Many rooms with few polls each.
    Rooms,
    /// The same with more and smaller rooms in which less is said.
    SmallRooms,
    /// Acknowledged posts in a second.
    Post,
    /// The time until a message is found by search, under the load of `rooms`.
    Found,
    /// Memory of a parked poll.
    Memory,
    /// CPU of parked polls in rooms in which nothing is said.
    Idle,
    /// Reading a long event from its start.
    CatchUp,
    /// From the start of the process to its first answer.
    Start,
    /// `lockstep` without Gavel: the references and the peers alone.
    References,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// nginx with nchan, messages in memory.
    Nchan,
    /// nginx with nchan, messages in Redis, which syncs each of them to disk.
    Durable,
    /// A server of socket.io on Node.js, by long poll alone.
    Socketio,
    /// A chat on Tornado.
    Tornado,
}

/// Numbers separated by commas, each at least 1.
fn numbers<const N: usize>(text: &str) -> Result<[u16; N], String> {
    let parsed: Result<Vec<u16>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    let numbers = parsed.map_err(|problem| problem.to_string())?.try_into();
    numbers.ok().filter(|numbers: &[u16; N]| !numbers.contains(&0)).ok_or_else(|| format!("give {N} numbers from 1 on"))
}

fn pair(text: &str) -> Result<(u16, u32), String> {
    numbers(text).map(|[polls, rate]| (polls, rate.into()))
}

fn triple(text: &str) -> Result<(u16, u16, u32), String> {
    numbers(text).map(|[rooms, polls, rate]| (rooms, polls, rate.into()))
}
