#![forbid(unsafe_code)]
//! The program: reads the command line, calls the library, sets the exit code.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("gavel: {problem}");
            ExitCode::FAILURE
        }
    }
}
