//! Prints lines of cells as a Markdown table whose columns are aligned in a terminal too.

use std::fmt::Write;

/// Prints a table. The first line is its head. The first column is aligned to the left, the others to the right.
pub fn print(lines: &[Vec<String>]) {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().filter_map(|cells| cells.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    println!();
    for (number, cells) in lines.iter().enumerate() {
        let (mut line, mut rule) = ("|".to_owned(), "|".to_owned());
        for (column, (cell, &width)) in cells.iter().zip(&widths).enumerate() {
            // Writing to a String cannot fail.
            let _never = if column == 0 { write!(line, " {cell:width$} |") } else { write!(line, " {cell:>width$} |") };
            let _never = write!(rule, "{}{}|", "-".repeat(width + 1), if column == 0 { '-' } else { ':' });
        }
        println!("{line}");
        if number == 0 {
            println!("{rule}");
        }
    }
}

/// Formats a figure with three digits: such a measurement is not more precise.
pub fn short(figure: f64) -> String {
    let decimals = if figure >= 100.0 {
        0
    } else if figure >= 10.0 {
        1
    } else {
        2
    };
    format!("{figure:.decimals$}")
}
