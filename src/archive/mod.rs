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
    let past = if transcript::is_one(&lines) { transcript::read(&lines, known) } else { irc::read(&lines, known) };
    past.map_err(|problem| match (&problem.reason, date::no_day_in_name(known.name)) {
        (Reason::NoDate, Some(no_day)) => Problem { reason: Reason::NoSuchDay(no_day.to_owned()), ..problem },
        _ => problem,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::message::Kind;

    /// Pieces of which logs are made, and of which they are broken.
    const PIECES: &str = "(19:00|23:59:59|00:01|\\[19:01:02\\]|2026-11-24[ T]|--- Day changed Wed Nov 25 2026|<ada>|< @b>|\\*|-!-|-->|\t|\n|\r\n| |\\PC{0,6}|\
                          The room (opened|closed)\\.|ada (joined|left|has quit)|is now known as|#startmeeting|#topic x|<|>|\u{202e}|\u{0}|é)";

    proptest! {
        #[test]
        fn any_bytes_are_a_log_or_refused_by_a_line_that_is_there(
            pieces in proptest::collection::vec(PIECES, 0..60),
            broken in proptest::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let mut bytes = pieces.concat().into_bytes();
            if let (Some((place, byte)), false) = (broken, bytes.is_empty()) {
                let at = place.index(bytes.len());
                bytes[at] = byte;
            }
            let lines = bytes.split(|byte| *byte == b'\n').count();
            match read(&bytes, &Known { name: "2026-11-24.log", date: None, zone: Zone::utc() }) {
                Ok(past) => {
                    prop_assert!(past.rows.windows(2).all(|two| two[0].ts < two[1].ts));
                    let is_odd = |c: char| c.is_control() && c != '\n' && c != '\t';
                    prop_assert!(!past.rows.iter().any(|row| row.text.contains(is_odd)));
                    prop_assert_eq!(past.rows.last().map(|row| (row.kind, row.ts)), Some((Kind::Closed, past.closes_at)));
                }
                Err(problem) => {
                    prop_assert!(problem.line.is_none_or(|line| (1..=lines).contains(&line)));
                    prop_assert!(problem.to_string().ends_with('.'), "{}", problem);
                }
            }
        }
    }
}
