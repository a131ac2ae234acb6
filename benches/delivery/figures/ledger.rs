//! The figures of a scenario, by side and kind, with a value for each round, and tables made from them.

use std::collections::BTreeMap;
use std::fmt;

use super::markdown;
use super::threads::Threads;

#[derive(Default)]
pub struct Ledger {
    /// In the order in which they first came.
    sides: Vec<&'static str>,
    figures: BTreeMap<(&'static str, &'static str), Vec<f64>>,
    pub threads: Threads,
}

/// The ratio of one side to another.
#[derive(Clone, Copy)]
pub struct Ratio {
    /// The median of the rounds' ratios: whatever disturbs a round disturbs both sides.
    pub median: f64,
    /// The ratio of the least figures: other programs only ever add to one.
    pub leasts: f64,
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (leasts {})", markdown::short(self.median), markdown::short(self.leasts))
    }
}

impl Ledger {
    pub fn add(&mut self, side: &'static str, kind: &'static str, figure: f64) {
        if !self.sides.contains(&side) {
            self.sides.push(side);
        }
        self.figures.entry((side, kind)).or_default().push(figure);
    }

    /// A line for each round, then the least, the median and the most, of one kind of figure.
    pub fn print_rounds(&self, kind: &'static str) {
        let sides: Vec<&'static str> = self.sides.iter().copied().filter(|side| self.figures.contains_key(&(*side, kind))).collect();
        let rounds = sides.iter().map(|side| self.rounds(side, kind).len()).max().unwrap_or(0);
        let mut lines = vec![std::iter::once(format!("{kind}, round")).chain(sides.iter().map(|&it| it.to_owned())).collect::<Vec<_>>()];
        for round in 0..rounds {
            let cells = sides.iter().map(|side| self.rounds(side, kind).get(round).copied().map_or_else(String::new, markdown::short));
            lines.push(std::iter::once((round + 1).to_string()).chain(cells).collect());
        }
        for (name, figure) in [("min", least as fn(&[f64]) -> f64), ("**median**", median), ("max", most)] {
            let cells = sides.iter().map(|side| markdown::short(figure(&self.sorted(side, kind))));
            lines.push(std::iter::once(name.to_owned()).chain(cells).collect());
        }
        markdown::print(&lines);
    }

    /// A line for each side with its medians of some kinds of figures.
    pub fn print_sides(&self, kinds: &[&'static str]) {
        let mut lines = vec![std::iter::once("median of the rounds".to_owned()).chain(kinds.iter().map(|&it| it.to_owned())).collect()];
        for side in &self.sides {
            let cells = kinds.iter().map(|&kind| self.median(side, kind).map_or_else(|| "–".to_owned(), markdown::short));
            lines.push(std::iter::once((*side).to_owned()).chain(cells).collect::<Vec<_>>());
        }
        markdown::print(&lines);
    }

    pub fn median(&self, side: &'static str, kind: &'static str) -> Option<f64> {
        self.figures.get(&(side, kind)).map(|figures| median(&sorted(figures)))
    }

    /// The figure of the first round.
    pub fn first(&self, side: &'static str, kind: &'static str) -> Option<f64> {
        self.rounds(side, kind).first().copied()
    }

    pub fn most(&self, side: &'static str, kind: &'static str) -> Option<f64> {
        self.figures.get(&(side, kind)).map(|figures| most(&sorted(figures)))
    }

    /// The largest figure divided by the least.
    pub fn spread(&self, side: &'static str, kind: &'static str) -> Option<f64> {
        let sorted = sorted(self.figures.get(&(side, kind))?);
        Some(most(&sorted) / least(&sorted))
    }

    /// `None` if one of the sides was not measured.
    pub fn ratio(&self, side: &'static str, to: &'static str, kind: &'static str) -> Option<Ratio> {
        let (own, other) = (self.figures.get(&(side, kind))?, self.figures.get(&(to, kind))?);
        let ratios: Vec<f64> = own.iter().zip(other).map(|(this, that)| this / that).collect();
        Some(Ratio { median: median(&sorted(&ratios)), leasts: least(&sorted(own)) / least(&sorted(other)) })
    }

    fn rounds(&self, side: &'static str, kind: &'static str) -> &[f64] {
        self.figures.get(&(side, kind)).map_or(&[], Vec::as_slice)
    }

    fn sorted(&self, side: &'static str, kind: &'static str) -> Vec<f64> {
        sorted(self.rounds(side, kind))
    }
}

fn sorted(figures: &[f64]) -> Vec<f64> {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    figures
}

fn least(sorted: &[f64]) -> f64 {
    sorted.first().copied().unwrap_or(f64::NAN)
}

fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.is_empty() {
        return f64::NAN;
    }
    if sorted.len().is_multiple_of(2) { f64::midpoint(sorted[half - 1], sorted[half]) } else { sorted[half] }
}

fn most(sorted: &[f64]) -> f64 {
    sorted.last().copied().unwrap_or(f64::NAN)
}
