//! The table of a campaign: a line for each fault, in Markdown.

use std::time::Duration;

use super::verdict::Verdict;
use super::violation::Column;

/// All runs of one fault.
pub struct Line {
    pub name: &'static str,
    pub verdict: Verdict,
    pub skipped: Option<&'static str>,
    seeds: Vec<u64>,
    broken: usize,
}

impl Line {
    pub fn new(name: &'static str) -> Self {
        Self { name, verdict: Verdict::default(), skipped: None, seeds: Vec::new(), broken: 0 }
    }

    pub fn add(&mut self, seed: u64, verdict: Verdict) {
        self.seeds.push(seed);
        self.verdict.add(verdict);
    }

    /// Notes a run that ended before it could be judged.
    pub fn broke(&mut self, seed: u64) {
        self.seeds.push(seed);
        self.broken += 1;
    }

    pub fn holds(&self) -> bool {
        self.verdict.holds() && self.broken == 0
    }

    fn result(&self) -> String {
        match (self.skipped, self.seeds.len(), self.broken, self.verdict.violations.len()) {
            (Some(why), ..) => format!("not run: {why}"),
            (None, 0, ..) => "not run: no time".into(),
            (None, _, 0, 0) => "holds".into(),
            (None, _, broken, found) => format!("**{found} violations, {broken} runs broke off**"),
        }
    }

    fn cells(&self) -> Vec<String> {
        let verdict = &self.verdict;
        let columns = [Column::Missed, Column::Doubled, Column::Disordered, Column::AfterClose, Column::Other];
        let seeds = match (self.seeds.first(), self.seeds.last()) {
            (Some(first), Some(last)) if first != last => format!("{first}–{last}"),
            (Some(only), _) => only.to_string(),
            _ => "–".into(),
        };
        let mut cells = vec![self.name.to_owned(), self.seeds.len().to_string(), seeds];
        cells.extend([verdict.acknowledged, verdict.deliveries, verdict.streamed, verdict.through_door].map(grouped));
        cells.extend(columns.map(|it| grouped(verdict.in_column(it))));
        cells.push(self.result());
        cells
    }
}

const HEAD: [&str; 13] = [
    "fault",
    "runs",
    "seeds",
    "rows acknowledged",
    "deliveries",
    "by stream",
    "by the live door",
    "missed",
    "doubled",
    "out of order",
    "after close",
    "other",
    "result",
];

/// Prints the table to standard output.
pub fn print(lines: &[Line], took: Duration) {
    let mut all = Verdict::default();
    println!("\n| {} |", HEAD.join(" | "));
    println!("|---|{}---|", "--:|".repeat(HEAD.len() - 2));
    for line in lines {
        println!("| {} |", line.cells().join(" | "));
        all.acknowledged += line.verdict.acknowledged;
        all.deliveries += line.verdict.deliveries;
    }
    println!("\n{} rows acknowledged, {} deliveries in {:.0} s.", grouped(all.acknowledged), grouped(all.deliveries), took.as_secs_f64());
    let mut notes: Vec<&str> = lines.iter().flat_map(|line| line.verdict.notes.iter().copied()).collect();
    notes.sort_unstable();
    notes.dedup();
    for note in notes {
        println!("Note: {note}.");
    }
}

/// A number with commas.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
