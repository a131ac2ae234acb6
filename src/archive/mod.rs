//! Logs of meetings that took place elsewhere, read into events that are over: Gavel's own transcripts, and what IRC
//! clients and MeetBot write.
//!
//! Pure, bytes in and a [`Past`] out: a log is read whole or refused with the number of its line. What one line of IRC
//! may look like is in `replay/line.rs`, since a replay reads the same; where a log goes is for `app/archive.rs`.

mod date;
mod days;
mod irc;
mod presence;
mod problem;
mod tale;
mod transcript;

use chrono::NaiveDate;

use crate::domain::past::Past;
use crate::domain::zone::Zone;

pub use problem::{Problem, Reason};

/// The longest line in bytes: four times as many as a message has characters, and some for time and nickname.
const LINE: usize = 20_000;

/// What a log does not say of itself.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// The file's name, in which a date may stand.
    pub name: &'k str,
    /// The day of the first line, where somebody said it.
    pub date: Option<NaiveDate>,
    /// On whose clocks its times are.
    pub zone: Zone,
}

/// Reads a log.
///
/// # Errors
/// The first line that cannot be read, and why.
pub fn read(bytes: &[u8], known: &Known<'_>) -> Result<Past, Problem> {
    let mut lines = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        if line.len() > LINE {
            return Err(Problem::at(number, Reason::LongLine));
        }
        let line = std::str::from_utf8(line).map_err(|_| Problem::at(number, Reason::NotUtf8))?;
        let line = if index == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        lines.push((number, line.strip_suffix('\r').unwrap_or(line)));
    }
    if transcript::is_one(&lines) { transcript::read(&lines, known) } else { irc::read(&lines, known) }
}
