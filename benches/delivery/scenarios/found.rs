//! (j) found: how long a message takes to be found by search, under the load of (c).

use serde_json::json;

use super::{Bench, PROVEN};
use crate::Outcome;
use crate::figures::markdown;
use crate::figures::meter::percentile;
use crate::loads::found::{self, Probe};
use crate::loads::steady;
use crate::servers::gavel::{Participant, Site};
use crate::servers::side::{DOOR, ROUTE};

/// Rooms in which the messages are posted that are searched for.
const PROBED: u16 = 10;

impl Bench<'_> {
    pub async fn found(&mut self) -> Outcome<()> {
        let (count, polls_each, per_second) = self.options.many;
        let probes = self.options.probes;
        println!("\n## (j) Found by search, under {count} rooms of {polls_each} polls, {per_second} messages/s in all\n");
        println!("{probes} messages a round, each with a word of its own, from sending the post to the search that finds it.");
        let sides = self.sides().await?;
        // The search is the same behind both doors; the polls load the one that costs less.
        let side = sides.iter().find(|side| side.name == DOOR).or_else(|| sides.iter().find(|side| side.name == ROUTE));
        let Some((side, gavel)) = side.and_then(|side| Some((side, side.site()?))) else {
            return Err("only Gavel has a search".into());
        };
        let rooms = side.rooms(count, 1).await?;
        let mut writers = Vec::new();
        for _ in 0..PROBED {
            writers.push(gavel.join(&gavel.open_event("Found").await?, "writer1").await?);
        }
        // The load lasts as long as the probes take.
        let load = steady::Load { polls_each, per_second, seconds: 0 };
        let mut latencies = Vec::new();
        for round in 0..self.options.rounds {
            let probes = (0..probes).zip(writers.iter().cycle()).map(|(number, writer)| probe(gavel, writer, round, number));
            latencies.append(&mut found::round(side, &rooms, load, probes.collect()).await?);
        }
        latencies.sort_unstable();
        let mut lines = vec![["found after, ms", "p50", "p99", "max"].map(str::to_owned).to_vec()];
        let [p50, p99, most] = [50, 99, 100].map(|share| markdown::short(percentile(&latencies, share)));
        lines.push(vec![format!("{} messages", latencies.len()), p50, p99.clone(), most]);
        markdown::print(&lines);
        println!("{PROVEN}");
        self.summary.add("(j) a message is found by search, p99, ms", "≤ 2000", |name| (name == side.name).then(|| p99.clone()));
        Ok(())
    }
}

fn probe(site: &Site, writer: &Participant, round: u16, number: u16) -> Probe {
    let word = format!("probe{round}x{number}");
    Probe {
        post: writer.post(&json!({"text": format!("No other message has the word {word} in it.")})),
        // A space after the word asks for the whole word, not for its beginning.
        search: site.get(&format!("/api/v1/search?q={word}%20")),
    }
}
