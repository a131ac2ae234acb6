//! The few figures that the bars are set for, gathered from all scenarios and printed at the end.

use crate::figures::ledger::Ledger;
use crate::figures::markdown;
use crate::servers::side::{DOOR, ROUTE};

pub struct Summary {
    lines: Vec<Vec<String>>,
}

impl Summary {
    pub fn new() -> Self {
        Self { lines: vec![["figure", "Rocket's route", "live door", "bar (route · door)"].map(str::to_owned).to_vec()] }
    }

    /// What both doors came to, each by `figure`; a dash where there is none.
    pub fn add(&mut self, name: impl Into<String>, bar: &str, figure: impl Fn(&'static str) -> Option<String>) {
        let [route, door] = [ROUTE, DOOR].map(|side| figure(side).unwrap_or_else(|| "–".to_owned()));
        self.lines.push(vec![name.into(), route, door, bar.to_owned()]);
    }

    /// How both doors stand to another side, if that was measured.
    pub fn ratio(&mut self, ledger: &Ledger, name: &str, to: &'static str, kind: &'static str, bar: &str) {
        if [ROUTE, DOOR].iter().any(|side| ledger.ratio(side, to, kind).is_some()) {
            self.add(format!("{name} ÷ {to}"), bar, |side| ledger.ratio(side, to, kind).map(|ratio| ratio.to_string()));
        }
    }

    pub fn print(&self) {
        if self.lines.len() > 1 {
            println!("\n## Summary\n\nRatios are medians of the rounds' ratios, with the ratio of the least figures beside them.");
            markdown::print(&self.lines);
        }
    }
}
