//! (e) memory: what a parked poll costs while nothing is said.

use super::{Bench, PROVEN};
use crate::Outcome;
use crate::client::limits;
use crate::figures::ledger::Ledger;
use crate::figures::markdown;
use crate::loads::memory;
use crate::servers::side::{DOOR, NCHAN, ROUTE, TORNADO, WAITING};

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
        for name in [ROUTE, DOOR, WAITING, NCHAN, TORNADO] {
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
}
