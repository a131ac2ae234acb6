//! Which scenarios run in which order, and what is printed of them.
//!
//! The sides of a comparison take turns within each round, so that a machine that slows down slows both.

use std::fs;
use std::time::Duration;

use crate::gavel::Site;
use crate::lockstep::{self, Load, Room};
use crate::references::{self, Reference};
use crate::server::{Pinning, Server};
use crate::table::{Table, microseconds, percentiles, rate};
use crate::{Options, Outcome, Scenario, http, plain, post};

const PLAIN: &str = "plain GET";
const WAITING: &str = "waiting handler";
const DELIVERY: &str = "Gavel delivery";

/// Says what the figures were measured on.
pub fn machine(pinning: &Pinning) {
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
    if cfg!(debug_assertions) {
        println!("- **this is a debug build: its figures mean nothing**");
    }
}

pub async fn run(options: &Options, pinning: &Pinning) -> Outcome<()> {
    let site = match options.scenario {
        Scenario::References => None,
        _ => Some(Site::start(options, pinning)?),
    };
    if options.scenario != Scenario::Post {
        let plain = references::start(Reference::Plain, pinning)?;
        let waiting = references::start(Reference::Waiting, pinning)?;
        for &polls in &options.polls {
            in_lockstep(options, polls, [&plain, &waiting], site.as_ref()).await?;
        }
    }
    if let (Some(site), Scenario::All | Scenario::Post) = (&site, options.scenario) {
        for &writers in &options.writers {
            posts(options, writers, site).await?;
        }
    }
    Ok(())
}

async fn in_lockstep(options: &Options, polls: u16, [plain, waiting]: [&Server; 2], site: Option<&Site>) -> Outcome<()> {
    let load = Load { polls, messages: options.messages, warm_up: options.warm_up };
    let of = if site.is_some() { "Gavel" } else { "the waiting handler" };
    println!("\n## Lockstep, {polls} parked polls in one room\n");
    println!(
        "{} messages a round after {} to warm up, against {} plain requests over {polls} connections; CPU in µs. The \
         last three columns are of {of}, latency from post to receipt in ms.\n",
        load.messages, load.warm_up, options.requests
    );
    let waiting_room =
        Room { poll: "/poll?after=".to_owned(), say: http::post("/say", "", &serde_json::json!({"text": crate::gavel::TEXT})) };
    let room = match site {
        Some(site) => Some((site, site.room().await?)),
        None => None,
    };
    let mut table = Table::new();
    for _ in 0..options.rounds {
        let get = microseconds(plain::round(plain, polls, options.requests).await?);
        let floor = lockstep::round(waiting, &waiting_room, &load).await?;
        let floor_cpu = microseconds(floor.cpu);
        let mut line = vec![(PLAIN, get), (WAITING, floor_cpu), ("waiting ÷ plain", floor_cpu / get)];
        let mut shown = floor;
        if let Some((site, room)) = &room {
            shown = lockstep::round(&site.server, room, &load).await?;
            let delivery = microseconds(shown.cpu);
            line.extend([(DELIVERY, delivery), ("**Gavel ÷ plain**", delivery / get), ("Gavel ÷ waiting", delivery / floor_cpu)]);
        }
        let per_second = rate(shown.latencies.len(), shown.elapsed);
        let [half, most] = percentiles(shown.latencies);
        line.extend([("p50", half), ("p99", most), ("deliveries/s", per_second)]);
        table.add(line);
    }
    table.print();
    let measured = if site.is_some() { DELIVERY } else { WAITING };
    println!(
        "\n{measured} ÷ {PLAIN}, the least of each, as other programs only ever add: {:.2}",
        table.least(measured) / table.least(PLAIN)
    );
    // A single one ends the run with an error before this line.
    println!("\nEvery poll received every message once: 0 missed, 0 doubled.");
    Ok(())
}

async fn posts(options: &Options, count: u16, site: &Site) -> Outcome<()> {
    println!("\n## Posts, writers at once: {count}\n");
    println!("{} s a round, each post acknowledged after its commit; CPU in µs, latency in ms.\n", options.seconds);
    let writers = post::writers(site, count).await?;
    let mut table = Table::new();
    for _ in 0..options.rounds {
        let round = post::round(site, &writers, Duration::from_secs(options.seconds)).await?;
        let per_second = rate(round.latencies.len(), round.elapsed);
        let [half, most] = percentiles(round.latencies);
        table.add(vec![("posts/s", per_second), ("CPU per post", microseconds(round.cpu)), ("p50", half), ("p99", most)]);
    }
    table.print();
    Ok(())
}
