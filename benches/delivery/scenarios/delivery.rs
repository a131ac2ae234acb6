//! (a) lockstep, (b) the hot room, and (c) many rooms: what a delivery costs.

use super::{Bench, PROVEN};
use crate::Outcome;
use crate::figures::ledger::Ledger;
use crate::figures::markdown;
use crate::figures::meter::{self, CPU, LOAD, P50, P99, RATE, SERVER};
use crate::loads::{lockstep, plain, steady};
use crate::servers::references::{self, Reference};
use crate::servers::side::{NCHAN, Room, Side, WAITING};

const PLAIN: &str = "plain GET";

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
            ledger.print_sides(&meter::ALL);
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
