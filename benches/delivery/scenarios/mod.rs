//! Which scenarios run in which order and on which sides. Each scenario prints its tables and adds to the summary.
//!
//! The sides of a comparison take turns within each round, so a machine that slows down slows them all.

mod delivery;
mod found;
mod parked;
mod posts;
mod reading;
mod rooms;

use std::fs;
use std::sync::Arc;

use crate::Outcome;
use crate::figures::summary::Summary;
use crate::options::{Options, Scenario};
use crate::peers::Peers;
use crate::servers::gavel::Site;
use crate::servers::process::Pinning;
use crate::servers::references::{self, Reference};
use crate::servers::side::{self, Side};

/// A single missed or doubled message ends the run with an error before this line.
const PROVEN: &str = "\nEvery poll received every message once: 0 missed, 0 doubled.";

/// Prints what the figures are measured on.
pub fn print_machine(pinning: &Pinning, files: u64) {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model =
        processors.lines().find_map(|line| line.strip_prefix("model name")).map_or("unknown", |name| name.trim_matches([':', ' ', '\t']));
    let cores = processors.lines().filter(|line| line.starts_with("processor")).count();
    println!("- machine: {model}, {cores} cores, Linux {}", read("/proc/sys/kernel/osrelease").trim());
    let load = read("/proc/loadavg");
    println!(
        "- load average before the run: {} (above 0.5, other programs disturb the figures)",
        load.split(' ').next().unwrap_or("unknown")
    );
    match pinning {
        Pinning::Cores => println!("- pinned: yes, the server to core 0 and the load to core 1"),
        Pinning::Not(reason) => println!("- pinned: no ({reason}), so expect more spread"),
    }
    println!("- each server has one worker; CPU is user and system time of all its threads");
    println!("- file descriptors: {files}");
    if cfg!(debug_assertions) {
        println!("- **this is a debug build: its figures mean nothing**");
    }
}

/// Everything that a scenario needs.
pub struct Bench<'a> {
    pub options: &'a Options,
    pub pinning: &'a Pinning,
    pub peers: Peers,
    pub summary: Summary,
}

impl Bench<'_> {
    fn wants(&self, scenario: Scenario) -> bool {
        [Scenario::All, scenario].contains(&self.options.scenario)
    }

    /// Starts Gavel (unless only the others are asked for), the waiting handler, and the peers.
    pub async fn sides(&self) -> Outcome<Vec<Side>> {
        let mut sides = Vec::new();
        if self.options.scenario != Scenario::References {
            sides = Side::of_gavel(&Arc::new(Site::start(self.options, self.pinning)?));
        }
        sides.push(Side::chat(side::WAITING, references::start(Reference::Waiting, self.pinning)?));
        sides.extend(self.peers.start(self.pinning).await?);
        Ok(sides)
    }
}

pub async fn run(options: &Options, pinning: &Pinning) -> Outcome<()> {
    match options.pace {
        Some(pace) => println!("- pacing of Gavel's rooms: {pace} ms"),
        None => println!("- pacing of Gavel's rooms: its default"),
    }
    let mut bench = Bench { options, pinning, peers: Peers::find(options)?, summary: Summary::default() };
    if [Scenario::Lockstep, Scenario::Hot, Scenario::Rooms, Scenario::SmallRooms, Scenario::References]
        .into_iter()
        .any(|it| bench.wants(it))
    {
        let sides = bench.sides().await?;
        if !sides.iter().any(|side| side.name == side::DOOR) {
            println!("- left out: the live door, as the server does not print its address");
        }
        if bench.wants(Scenario::Lockstep) || options.scenario == Scenario::References {
            bench.lockstep(&sides).await?;
        }
        if bench.wants(Scenario::Hot) {
            bench.hot(&sides).await?;
        }
        if bench.wants(Scenario::Rooms) {
            bench.rooms(&sides).await?;
        }
        if bench.wants(Scenario::SmallRooms) {
            bench.small_rooms(&sides).await?;
        }
    }
    if bench.wants(Scenario::Post) {
        bench.posts().await?;
    }
    if bench.wants(Scenario::Memory) {
        bench.memory().await?;
    }
    if bench.wants(Scenario::Idle) {
        bench.idle().await?;
    }
    if bench.wants(Scenario::Found) {
        bench.found().await?;
    }
    if bench.wants(Scenario::CatchUp) {
        bench.catch_up().await?;
    }
    if bench.wants(Scenario::Start) {
        bench.starts().await?;
    }
    bench.summary.print();
    Ok(())
}

/// The participants of an event, each as the request that posts as them.
async fn writers(site: &Site, event: &str, count: u16) -> Outcome<Vec<Vec<u8>>> {
    let mut requests = Vec::with_capacity(count.into());
    for number in 1..=count {
        requests.push(site.join(event, &format!("writer{number}")).await?.say());
    }
    Ok(requests)
}
