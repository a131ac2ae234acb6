//! (c) many rooms and (h) small rooms: what a delivery costs in a site with many meetings at once.

use super::{Bench, PROVEN};
use crate::Outcome;
use crate::client::limits;
use crate::figures::cpu;
use crate::figures::ledger::Ledger;
use crate::figures::markdown;
use crate::figures::meter::{CPU, LOAD, P50, P99, RATE, SERVER};
use crate::loads::steady;
use crate::servers::side::{Room, Side, WAITING};

impl Bench<'_> {
    pub async fn rooms(&mut self, sides: &[Side]) -> Outcome<()> {
        self.many(sides, "(c)", self.options.many, "≤ 0.95 · ≤ 0.75", "– · ≤ 25").await
    }

    pub async fn small_rooms(&mut self, sides: &[Side]) -> Outcome<()> {
        self.many(sides, "(h)", self.options.small, "–", "–").await
    }

    /// `durable` is the bar for the ratio to the peer that stores messages, `latency` the one in milliseconds.
    async fn many(&mut self, sides: &[Side], letter: &str, size: (u16, u16, u32), durable: &str, latency: &str) -> Outcome<()> {
        let (count, polls_each, per_second) = size;
        println!("\n## {letter} {count} rooms of {polls_each} polls, {per_second} messages/s in all\n");
        if !limits::allow_rooms(count, polls_each) {
            println!("Left out. {}.", limits::advice(limits::in_rooms(count, polls_each)));
            return Ok(());
        }
        let load = steady::Load { polls_each, per_second, seconds: self.options.seconds.into() };
        let ledger = self.steady(sides, count, 1, load).await?;
        let name = format!("{letter} {count} rooms: CPU per delivery");
        self.summary.ratio(&ledger, &name, WAITING, CPU, "–");
        self.summary.peers(&ledger, &name, CPU, durable);
        self.summary.add(format!("{letter} CPU per delivery, µs"), "–", |side| ledger.median(side, CPU).map(markdown::short));
        self.summary.add(format!("{letter} p99 latency, ms"), latency, |side| ledger.median(side, P99).map(markdown::short));
        for kind in [cpu::INDEX, cpu::SQLX] {
            let share = |side| ledger.threads.share(side, kind);
            if sides.iter().any(|side| share(side.name).is_some()) {
                let bar = if kind == cpu::INDEX { "≤ 5 · ≤ 5" } else { "–" };
                self.summary
                    .add(format!("{letter} share of CPU, {kind}, %"), bar, |side| share(side).map(|it| markdown::short(it * 100.0)));
            }
        }
        Ok(())
    }

    pub(super) async fn steady(&self, sides: &[Side], count: u16, writers: u16, load: steady::Load) -> Outcome<Ledger> {
        println!(
            "{} s a round after one to warm up, each poll asking again at once. CPU of the server for one message at one poll, \
             however many came together. If the load is busy all the time, it is the load that limits the figures.",
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
        ledger.threads.print();
        println!("{PROVEN}");
        Ok(ledger)
    }
}

/// As many rooms for each side.
pub(super) async fn rooms(sides: &[Side], count: u16, writers: u16) -> Outcome<Vec<Vec<Room>>> {
    let mut all = Vec::new();
    for side in sides {
        all.push(side.rooms(count, writers).await?);
    }
    Ok(all)
}
