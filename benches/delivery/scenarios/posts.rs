//! (d) posts: how many messages a second are acknowledged, and what each costs.

use std::time::Duration;

use super::{Bench, writers};
use crate::Outcome;
use crate::client::http;
use crate::figures::ledger::Ledger;
use crate::figures::markdown;
use crate::figures::meter::{self, RATE};
use crate::loads::inserts::{Inserts, log_is_full};
use crate::loads::post;
use crate::servers::gavel::Site;
use crate::servers::references::{self, Reference};
use crate::servers::side::ROUTE;

const PLAIN_POST: &str = "plain POST";
const SQLITE: &str = "SQLite alone";
/// If the disk's own rate changes by more than this within a run, no figure that waits for it can be kept.
const STEADY_DISK: f64 = 2.0;
/// How many rounds of posts at most bring a log file to its full length.
const WARM_UPS: usize = 30;

impl Bench<'_> {
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
            ledger.print_sides(&meter::ALL);
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
}
