//! (f) catch-up and (g) start: what those who come late or first wait for.

use super::{Bench, writers};
use crate::Outcome;
use crate::figures::ledger::Ledger;
use crate::figures::markdown;
use crate::loads::{catch_up, post, start};
use crate::servers::gavel::{self, Site};
use crate::servers::side::{DOOR, ROUTE};

impl Bench<'_> {
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
