//! Lines on standard output and standard error.
//!
//! `println!` and `eprintln!` panic when nobody reads any more (`gavel | head -1`) or the disk is full (`gavel > log`).

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write as _};

/// Prints a line on standard output, at once.
///
/// # Errors
/// A sentence if it cannot be written.
pub fn print(line: Arguments<'_>) -> Result<(), String> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|problem| match problem.kind() {
        ErrorKind::BrokenPipe => "Nobody reads standard output any more.".to_owned(),
        _ => format!("Standard output cannot be written: {problem}."),
    })
}

/// Prints a line on standard output while the server runs. If it cannot be written, the server goes on, and standard error says so.
pub fn tell(line: Arguments<'_>) {
    if let Err(problem) = print(line) {
        complain(format_args!("{problem} The server goes on."));
    }
}

/// Prints a line on standard error. If it cannot be written, there is no other place to report it.
pub fn complain(line: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "gavel: {line}");
}
