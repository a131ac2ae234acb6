//! The few figures that bars are set for, collected from all scenarios and printed at the end.
//!
//! Servers that store each message and servers that do not are compared in tables of their own: they promise different things.

use super::ledger::Ledger;
use super::markdown;
use crate::servers::side::{DOOR, DURABLE, NCHAN, ROUTE, SOCKET_IO, TORNADO};

/// Peers that keep messages in memory.
const IN_MEMORY: [&str; 3] = [NCHAN, SOCKET_IO, TORNADO];

#[derive(Default)]
pub struct Summary {
    own: Vec<Vec<String>>,
    durable: Vec<Vec<String>>,
    in_memory: Vec<Vec<String>>,
}

impl Summary {
    /// Adds the `figure` of both doors, and a dash if one has none.
    pub fn add(&mut self, name: impl Into<String>, bar: &str, figure: impl Fn(&'static str) -> Option<String>) {
        self.own.push(line(name.into(), bar, figure));
    }

    /// Adds the ratio of both doors to another side, if that was measured.
    pub fn ratio(&mut self, ledger: &Ledger, name: &str, to: &'static str, kind: &'static str, bar: &str) {
        if [ROUTE, DOOR].iter().all(|side| ledger.ratio(side, to, kind).is_none()) {
            return;
        }
        let table = match to {
            DURABLE => &mut self.durable,
            _ if IN_MEMORY.contains(&to) => &mut self.in_memory,
            _ => &mut self.own,
        };
        table.push(line(format!("{name} ÷ {to}"), bar, |side| ledger.ratio(side, to, kind).map(|ratio| ratio.to_string())));
    }

    /// Adds the ratios to all peers; the bar is set for the one that stores messages.
    pub fn peers(&mut self, ledger: &Ledger, name: &str, kind: &'static str, bar: &str) {
        self.ratio(ledger, name, DURABLE, kind, bar);
        for peer in IN_MEMORY {
            self.ratio(ledger, name, peer, kind, "–");
        }
    }

    pub fn print(&self) {
        if [&self.own, &self.durable, &self.in_memory].iter().all(|lines| lines.is_empty()) {
            return;
        }
        println!("\n## Summary\n\nRatios are medians of the rounds' ratios, with the ratio of the least figures next to them.");
        print("Gavel, and the floors for it", &self.own);
        print("Compared with servers that store and sync each message, as Gavel does", &self.durable);
        print("Compared with servers that keep messages in memory", &self.in_memory);
    }
}

fn line(name: String, bar: &str, figure: impl Fn(&'static str) -> Option<String>) -> Vec<String> {
    let [route, door] = [ROUTE, DOOR].map(|side| figure(side).unwrap_or_else(|| "–".to_owned()));
    vec![name, route, door, bar.to_owned()]
}

fn print(title: &str, lines: &[Vec<String>]) {
    if !lines.is_empty() {
        println!("\n### {title}");
        let head = ["figure", "Rocket's route", "live door", "bar (route · door)"].map(str::to_owned).to_vec();
        markdown::print(&[vec![head], lines.to_vec()].concat());
    }
}
