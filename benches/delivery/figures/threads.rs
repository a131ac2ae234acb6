//! The CPU of each kind of thread of the servers: which part of a program a delivery costs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::markdown;

/// By side, an entry for each round: the CPU of each kind of thread.
#[derive(Default)]
pub struct Threads {
    /// In the order in which they first came.
    sides: Vec<&'static str>,
    rounds: BTreeMap<&'static str, Vec<BTreeMap<String, Duration>>>,
}

impl Threads {
    pub fn add(&mut self, side: &'static str, kinds: BTreeMap<String, Duration>) {
        if !self.sides.contains(&side) {
            self.sides.push(side);
        }
        self.rounds.entry(side).or_default().push(kinds);
    }

    /// The share of one kind in the CPU of all rounds, between 0 and 1; `None` if the side has no such thread.
    pub fn share(&self, side: &'static str, kind: &str) -> Option<f64> {
        let rounds = self.rounds.get(side)?;
        if !rounds.iter().any(|kinds| kinds.contains_key(kind)) {
            return None;
        }
        let all: Duration = rounds.iter().flat_map(BTreeMap::values).sum();
        let own: Duration = rounds.iter().filter_map(|kinds| kinds.get(kind)).sum();
        Some(own.as_secs_f64() / all.as_secs_f64().max(f64::MIN_POSITIVE))
    }

    /// A line for each kind of thread with its share of the CPU on each side that has more than one kind.
    pub fn print(&self) {
        let mut sides = Vec::new();
        let mut kinds = BTreeSet::new();
        for &side in &self.sides {
            let of_side: BTreeSet<&String> = self.rounds.get(side).into_iter().flatten().flat_map(BTreeMap::keys).collect();
            if of_side.len() > 1 {
                sides.push(side);
                kinds.extend(of_side);
            }
        }
        if sides.is_empty() {
            return;
        }
        let mut lines =
            vec![std::iter::once("% of CPU by kind of thread".to_owned()).chain(sides.iter().map(|&it| it.to_owned())).collect()];
        for kind in kinds {
            let shares: Vec<Option<f64>> = sides.iter().map(|side| self.share(side, kind)).collect();
            // Threads that round to 0.0 % on every side would only lengthen the table.
            if shares.iter().flatten().any(|share| *share >= 0.0005) {
                let cells = shares.iter().map(|share| share.map_or_else(|| "–".to_owned(), |it| format!("{:.1}", it * 100.0)));
                lines.push(std::iter::once(kind.clone()).chain(cells).collect::<Vec<_>>());
            }
        }
        markdown::print(&lines);
    }
}
