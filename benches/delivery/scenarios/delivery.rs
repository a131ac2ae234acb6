//! (a) lockstep and (b) the hot room: what a delivery costs in one room.

use super::rooms::rooms;
use super::{Bench, PROVEN};
use crate::Outcome;
use crate::figures::ledger::Ledger;
use crate::figures::markdown;
use crate::figures::meter::{self, CPU, P99};
use crate::loads::{lockstep, plain, steady};
use crate::servers::references::{self, Reference};
use crate::servers::side::{Side, WAITING};

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
            ledger.threads.print();
            println!("{PROVEN}");
            let name = format!("(a) {polls} polls: CPU per delivery");
            let (waiting, peer) = match polls {
                100 => ("≤ 1.1 · –", "– · ≤ 0.9"),
                1000 => ("≤ 1.0 · –", "– · ≤ 0.9"),
                _ => ("–", "–"),
            };
            self.summary.ratio(&ledger, &name, WAITING, CPU, waiting);
            self.summary.ratio(&ledger, &name, PLAIN, CPU, "–");
            self.summary.peers(&ledger, &name, CPU, peer);
        }
        Ok(())
    }

    pub async fn hot(&mut self, sides: &[Side]) -> Outcome<()> {
        let (polls_each, per_second) = self.options.hot;
        println!("\n## (b) Hot room, {polls_each} polls, {per_second} messages/s\n");
        let load = steady::Load { polls_each, per_second, seconds: self.options.seconds.into() };
        let ledger = self.steady(sides, 1, 4, load).await?;
        self.summary.ratio(&ledger, "(b) hot room: CPU per delivery", WAITING, CPU, "–");
        self.summary.peers(&ledger, "(b) hot room: CPU per delivery", CPU, "–");
        self.summary.add("(b) p99 latency, ms", "≤ 100 · ≤ 60", |side| ledger.median(side, P99).map(markdown::short));
        Ok(())
    }
}
