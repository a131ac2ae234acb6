//! (e) memory and (i) idle: what parked polls cost while nothing is said.

use std::time::Duration;

use super::{Bench, PROVEN};
use crate::Outcome;
use crate::client::limits;
use crate::figures::ledger::Ledger;
use crate::figures::markdown;
use crate::loads::{idle, memory};
use crate::servers::side::{self, DURABLE, WAITING};

impl Bench<'_> {
    /// Every side has a fresh process, and Gavel one for each of its doors.
    pub async fn memory(&mut self) -> Outcome<()> {
        let polls = self.options.parked;
        println!("\n## (e) Memory of {polls} parked polls in one room");
        if !limits::allow(polls.into()) {
            println!("\nLeft out. {}.", limits::advice(polls.into()));
            return Ok(());
        }
        let mut ledger = Ledger::default();
        for name in side::ALL {
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
    /// The same: fresh processes, as rooms that were used before are let go within a minute.
    pub async fn idle(&mut self) -> Outcome<()> {
        let (count, polls_each, _) = self.options.small;
        let seconds = self.options.idle_seconds;
        let all = u32::from(count) * u32::from(polls_each);
        println!("\n## (i) Idle: {all} parked polls, {polls_each} in each of {count} rooms\n");
        if !limits::allow_rooms(count, polls_each) {
            println!("Left out. {}.", limits::advice(limits::in_rooms(count, polls_each)));
            return Ok(());
        }
        println!("One round of {seconds} s. What a server does by itself counts: Gavel ends a poll after 50 s, socket.io pings each 25 s.");
        let mut ledger = Ledger::default();
        for name in side::ALL {
            if let Some(side) = self.sides().await?.into_iter().find(|side| side.name == name) {
                let rooms = side.rooms(count, 1).await?;
                idle::round(&side, &rooms, polls_each, Duration::from_secs(seconds.into()), &mut ledger).await?;
            }
        }
        ledger.print_sides(&[idle::A_MINUTE]);
        ledger.threads.print();
        println!("{PROVEN}");
        self.summary.add("(i) idle: CPU ms a minute", "–", |side| ledger.median(side, idle::A_MINUTE).map(markdown::short));
        self.summary.ratio(&ledger, "(i) idle: CPU a minute", DURABLE, idle::A_MINUTE, "–");
        Ok(())
    }
}
