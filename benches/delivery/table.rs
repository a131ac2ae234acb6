//! Figures as a Markdown table: a line for each round, then the least, the median and the most of each column.

use std::fmt::Write;
use std::time::Duration;

/// A table of numbers, whose columns are known when the first round is.
pub struct Table {
    columns: Vec<&'static str>,
    rounds: Vec<Vec<f64>>,
}

impl Table {
    pub const fn new() -> Self {
        Self { columns: Vec::new(), rounds: Vec::new() }
    }

    pub fn add(&mut self, round: Vec<(&'static str, f64)>) {
        let (columns, figures) = round.into_iter().unzip();
        self.columns = columns;
        self.rounds.push(figures);
    }

    pub fn print(&self) {
        let mut lines = vec![("round".to_owned(), self.columns.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())];
        for (number, round) in self.rounds.iter().enumerate() {
            lines.push(((number + 1).to_string(), round.iter().map(|&figure| short(figure)).collect()));
        }
        for (name, figure) in [("min", least as fn(&[f64]) -> f64), ("**median**", median), ("max", most)] {
            let cell = |column| short(figure(&self.sorted(column)));
            lines.push((name.to_owned(), (0..self.columns.len()).map(cell).collect()));
        }
        let first_width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let widths: Vec<usize> =
            (0..self.columns.len()).map(|column| lines.iter().map(|(_, cells)| cells[column].chars().count()).max().unwrap_or(0)).collect();
        for (number, (name, cells)) in lines.iter().enumerate() {
            let mut line = format!("| {name:first_width$} |");
            let mut rule = format!("|{}|", "-".repeat(first_width + 2));
            for (cell, &width) in cells.iter().zip(&widths) {
                // Writing to a String cannot fail.
                let _never = write!(line, " {cell:>width$} |");
                let _never = write!(rule, "{}:|", "-".repeat(width + 1));
            }
            println!("{line}");
            if number == 0 {
                println!("{rule}");
            }
        }
    }

    /// The least figure of a column: other programs only ever add to a figure, so it is the least disturbed one.
    pub fn least(&self, name: &str) -> f64 {
        self.columns.iter().position(|&column| column == name).map_or(f64::NAN, |column| least(&self.sorted(column)))
    }

    fn sorted(&self, column: usize) -> Vec<f64> {
        let mut figures: Vec<f64> = self.rounds.iter().map(|round| round[column]).collect();
        figures.sort_by(f64::total_cmp);
        figures
    }
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

/// Three digits are all that such a measurement carries.
fn short(figure: f64) -> String {
    let decimals = if figure >= 100.0 {
        0
    } else if figure >= 10.0 {
        1
    } else {
        2
    };
    format!("{figure:.decimals$}")
}

/// The element with `share` per cent of the others below it.
fn at<T>(sorted: &[T], share: usize) -> Option<&T> {
    sorted.get((sorted.len().saturating_sub(1) * share + 50) / 100)
}

/// The 50th and the 99th percentile, in milliseconds.
pub fn percentiles(mut latencies: Vec<Duration>) -> [f64; 2] {
    latencies.sort_unstable();
    [50, 99].map(|share| at(&latencies, share).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3))
}

pub fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// How many of `count` in a second.
pub fn rate(count: usize, elapsed: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / elapsed.as_secs_f64()
}
