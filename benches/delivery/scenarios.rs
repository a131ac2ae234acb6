//! Each scenario: its rounds, its tables, and what of it goes into the summary.

use std::time::Duration;

use crate::gavel::{self, Site};
use crate::inserts::{Inserts, log_is_full};
use crate::ledger::Ledger;
use crate::meter::{CPU, LOAD, P50, P99, RATE, SERVER};
use crate::references::{self, Reference};
use crate::report::Bench;
use crate::side::{DOOR, NCHAN, ROUTE, Room, Side, WAITING};
use crate::{Outcome, catch_up, http, limits, lockstep, markdown, memory, plain, post, start, steady};

const PLAIN: &str = "plain GET";
const PLAIN_POST: &str = "plain POST";
const SQLITE: &str = "SQLite alone";
/// What is shown of each side where messages are delivered.
const DELIVERY: [&str; 6] = [CPU, P50, P99, RATE, SERVER, LOAD];
/// A disk whose own rate changes by more within a run says nothing about what is written to it.
const STEADY_DISK: f64 = 2.0;
/// How many rounds of posts at most bring a log file to its full length.
const WARM_UPS: usize = 30;
/// A single missed or doubled one ends the run with an error before this line.
const PROVEN: &str = "\nEvery poll received every message once: 0 missed, 0 doubled.";

impl Bench<'_> {
    pub async fn lockstep(&mut self, sides: &[Side]) -> Outcome<()> {
        let plain = references::start(Reference::Plain, self.pinning)?;
        for &polls in &self.options.polls {
            let messages = self.options.messages.unwrap_or_else(|| (30_000 / u32::from(polls)).clamp(60, 300));
            let load = lockstep::Load { polls, messages, warm_up: self.options.warm_up };
            println!("\n## (a) Lockstep, {polls} parked polls in one room\n");
            println!(
                "{messages} messages a round after {} to warm up, against {} plain requests over {polls} connections. CPU of the \
                 server for one delivery; latency from post to receipt.",
                load.warm_up, self.options.requests
            );
            let rooms = rooms(sides, 1, 1).await?;
            let mut ledger = Ledger::default();
            for _ in 0..self.options.rounds {
                let get = plain::round(&plain, polls, self.options.requests).await?;
                ledger.add(PLAIN, CPU, get.as_secs_f64() * 1e6);
                for (side, rooms) in sides.iter().zip(&rooms) {
                    lockstep::round(side, &rooms[0], load, &mut ledger).await?;
                }
            }
            ledger.print_rounds(CPU);
            ledger.print_sides(&DELIVERY);
            println!("{PROVEN}");
            let name = format!("(a) {polls} polls: CPU per delivery");
            let (waiting, peer) = match polls {
                100 => ("≤ 1.1 · –", "stated · ≤ 1.0"),
                1000 => ("≤ 1.0 · –", "stated · ≤ 0.9"),
                _ => ("–", "–"),
            };
            self.summary.ratio(&ledger, &name, WAITING, CPU, waiting);
            self.summary.ratio(&ledger, &name, PLAIN, CPU, "–");
            self.summary.ratio(&ledger, &name, NCHAN, CPU, peer);
        }
        Ok(())
    }

    pub async fn hot(&mut self, sides: &[Side]) -> Outcome<()> {
        let (polls_each, per_second) = self.options.hot;
        println!("\n## (b) Hot room, {polls_each} polls, {per_second} messages/s\n");
        let load = steady::Load { polls_each, per_second, seconds: self.options.seconds.into() };
        let ledger = self.steady(sides, 1, 4, load).await?;
        self.summary.ratio(&ledger, "(b) hot room: CPU per delivery", WAITING, CPU, "–");
        self.summary.ratio(&ledger, "(b) hot room: CPU per delivery", NCHAN, CPU, "≤ 1.7 · ≤ 0.4");
        self.summary.add("(b) p99 latency, ms", "≤ 100 · ≤ 60", |side| ledger.median(side, P99).map(markdown::short));
        Ok(())
    }

    pub async fn rooms(&mut self, sides: &[Side]) -> Outcome<()> {
        let (count, polls_each, per_second) = self.options.many;
        println!("\n## (c) {count} rooms of {polls_each} polls, {per_second} messages/s in all\n");
        let load = steady::Load { polls_each, per_second, seconds: self.options.seconds.into() };
        let ledger = self.steady(sides, count, 1, load).await?;
        self.summary.ratio(&ledger, "(c) many rooms: CPU per delivery", WAITING, CPU, "–");
        self.summary.ratio(&ledger, "(c) many rooms: CPU per delivery", NCHAN, CPU, "stated · ≤ 1.0");
        self.summary.add("(c) p99 latency, ms", "–", |side| ledger.median(side, P99).map(markdown::short));
        Ok(())
    }

    async fn steady(&self, sides: &[Side], count: u16, writers: u16, load: steady::Load) -> Outcome<Ledger> {
        println!(
            "{} s a round after one to warm up, each poll asking again at once. CPU of the server for one message at one poll, \
             however many came together. Where the load is busy all the time, it is the load that holds things up.",
            load.seconds
        );
        let rooms = rooms(sides, count, writers).await?;
        let mut ledger = Ledger::default();
        for _ in 0..self.options.rounds {
            for (side, rooms) in sides.iter().zip(&rooms) {
                steady::round(side, rooms, load, &mut ledger).await.map_err(|problem| format!("{}: {problem}", side.name))?;
            }
        }
        ledger.print_rounds(CPU);
        ledger.print_sides(&[CPU, P50, P99, RATE, steady::POSTED, SERVER, LOAD]);
        println!("{PROVEN}");
        Ok(ledger)
    }

    pub async fn posts(&mut self) -> Outcome<()> {
        let site = Site::start(self.options, self.pinning)?;
        let plain = references::start(Reference::Plain, self.pinning)?;
        let length = Duration::from_secs(self.options.seconds.into());
        for &count in &self.options.writers {
            println!("\n## (d) Posts, writers at once: {count}\n");
            println!(
                "{} s a round. Gavel acknowledges a post when it is on disk; the plain POST stores nothing; SQLite alone writes \
                 the same rows without a server, {count} in a transaction. Both log files had their full length before.",
                self.options.seconds
            );
            let event = site.open_event("Posts").await?;
            let writers = writers(&site, &event, count).await?;
            let unstored: Vec<_> = writers.iter().map(|request| http::to_path(request, "/plain")).collect::<Outcome<_>>()?;
            let mut inserts = Inserts::open(&self.options.data)?;
            let mut ledger = Ledger::default();
            let mut warm_ups = 0;
            while !(log_is_full(&site.log_file())? && log_is_full(&inserts.log_file())?) {
                if warm_ups == WARM_UPS {
                    return Err("the log files did not reach their full length: is another program keeping the disk busy?".into());
                }
                warm_ups += 1;
                post::fill(&site.server, &writers, 2_000 / writers.len() + 1).await?;
                inserts = inserts.in_background(count, Duration::from_secs(1)).await?.0;
            }
            for _ in 0..self.options.rounds {
                post::round(ROUTE, &site.server, &writers, length, &mut ledger).await?;
                post::round(PLAIN_POST, &plain, &unstored, length, &mut ledger).await?;
                let (back, rate) = inserts.in_background(count, length).await?;
                inserts = back;
                ledger.add(SQLITE, RATE, rate);
            }
            ledger.print_rounds(RATE);
            ledger.print_sides(&DELIVERY);
            let spread = ledger.spread(SQLITE, RATE).unwrap_or(f64::NAN);
            let mut name = format!("(d) {count} writers: posts/s");
            if spread > STEADY_DISK {
                println!(
                    "\n**The disk was not steady**: SQLite alone was {} times as fast in one round as in another. No figure of this \
                     table that waits for the disk can be kept; measure again when no other program writes.",
                    markdown::short(spread)
                );
                name.push_str(" (disk not steady)");
            }
            let bar = if count == 64 { "≥ 0.4 · –" } else { "–" };
            self.summary.ratio(&ledger, &name, PLAIN_POST, RATE, bar);
            self.summary.ratio(&ledger, &name, SQLITE, RATE, "–");
        }
        Ok(())
    }

    /// Every side has a fresh process, and Gavel one for each of its doors.
    pub async fn memory(&mut self) -> Outcome<()> {
        let polls = self.options.parked;
        println!("\n## (e) Memory of {polls} parked polls in one room");
        if !limits::allow(polls.into()) {
            println!("\nLeft out. {}.", limits::advice(polls.into()));
            return Ok(());
        }
        let mut ledger = Ledger::default();
        for name in [ROUTE, DOOR, WAITING, NCHAN, crate::side::TORNADO] {
            if let Some(side) = self.sides().await?.into_iter().find(|side| side.name == name) {
                memory::round(&side, polls, &mut ledger).await?;
            }
        }
        ledger.print_sides(&[memory::BEFORE, memory::PARKED, memory::AGAIN]);
        println!("{PROVEN}");
        self.summary.ratio(&ledger, "(e) memory per parked poll", WAITING, memory::PARKED, "≤ 1.1 · –");
        self.summary.add("(e) KiB per parked poll", "– · ≤ 11", |side| ledger.median(side, memory::PARKED).map(markdown::short));
        self.summary.add("(e) KiB per poll, parked again", "–", |side| ledger.median(side, memory::AGAIN).map(markdown::short));
        Ok(())
    }

    pub async fn catch_up(&mut self) -> Outcome<()> {
        const WRITERS: u16 = 32;
        let each = self.options.rows / u32::from(WRITERS);
        let rows = usize::try_from(each * u32::from(WRITERS))?;
        println!("\n## (f) Catch-up through {rows} rows\n");
        println!("From the first row to the last, in pages of 500 and of 200, by a server that was started after they were written.");
        let site = Site::start(self.options, self.pinning)?;
        let event = site.open_event("Catch-up").await?;
        post::fill(&site.server, &writers(&site, &event, WRITERS).await?, usize::try_from(each)?).await?;
        let site = site.restart(self.options, self.pinning)?;
        let messages = format!("{event}/messages");
        for limit in [500, 200] {
            let mut ledger = Ledger::default();
            for _ in 0..self.options.rounds {
                let route = (ROUTE, Some(site.server.address));
                for (name, at) in [route, (DOOR, site.server.door)] {
                    if let Some(at) = at {
                        catch_up::round(
                            name,
                            &catch_up::Reader { at, server: &site.server, messages: &messages, limit, rows },
                            &mut ledger,
                        )
                        .await?;
                    }
                }
            }
            println!("\nPages of {limit}:");
            ledger.print_rounds(catch_up::LONGEST);
            ledger.print_sides(&[catch_up::TOTAL, catch_up::LONGEST, catch_up::BEFORE, catch_up::AFTER]);
            let longest = |side| ledger.most(side, catch_up::LONGEST).map(markdown::short);
            self.summary.add(format!("(f) pages of {limit}: longest request of all rounds, ms"), "≤ 50 · ≤ 50", longest);
            let grown = |side| Some(ledger.most(side, catch_up::AFTER)? - ledger.first(side, catch_up::BEFORE)?);
            self.summary.add(format!("(f) pages of {limit}: memory grown, MiB"), "flat · flat", |side| grown(side).map(markdown::short));
        }
        Ok(())
    }

    pub async fn starts(&mut self) -> Outcome<()> {
        const FRESH: &str = "fresh data folder";
        const EXISTING: &str = "existing data folder";
        const TIME: &str = "ms";
        println!("\n## (g) Start to first answer\n");
        println!("From the start of the process to the first 200 on `/health`. The existing folder is of a server that was killed.");
        let site = Site::start(self.options, self.pinning)?;
        let event = site.open_event("Start").await?;
        post::fill(&site.server, &writers(&site, &event, 8).await?, 100).await?;
        let existing = site.crash();
        let mut ledger = Ledger::default();
        for _ in 0..self.options.rounds {
            let fresh = gavel::folder(self.options)?;
            ledger.add(FRESH, TIME, start::once(self.options, self.pinning, fresh.path()).await?);
            ledger.add(EXISTING, TIME, start::once(self.options, self.pinning, existing.path()).await?);
        }
        ledger.print_rounds(TIME);
        for folder in [FRESH, EXISTING] {
            let figure = ledger.median(folder, TIME).map(markdown::short);
            self.summary.add(format!("(g) start to first answer, {folder}, ms"), "–", |side| figure.clone().filter(|_| side == ROUTE));
        }
        Ok(())
    }
}

/// As many rooms for each side.
async fn rooms(sides: &[Side], count: u16, writers: u16) -> Outcome<Vec<Vec<Room>>> {
    let mut all = Vec::new();
    for side in sides {
        let mut rooms = Vec::with_capacity(count.into());
        for _ in 0..count {
            rooms.push(side.room(writers).await?);
        }
        all.push(rooms);
    }
    Ok(all)
}

/// The participants of an event, each as the request that posts as them.
async fn writers(site: &Site, event: &str, count: u16) -> Outcome<Vec<Vec<u8>>> {
    let mut requests = Vec::with_capacity(count.into());
    for number in 1..=count {
        requests.push(site.join(event, &format!("writer{number}")).await?);
    }
    Ok(requests)
}
