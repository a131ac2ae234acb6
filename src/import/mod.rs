//! Logs of meetings that took place elsewhere, read into events that are over: Gavel's own transcripts, and what `logs`
//! reads of other programs.
//!
//! Pure, bytes in and a [`ImportedEvent`] out: a log is read completely or refused with the number of its line. Where a log goes is
//! for `app/moving/import_log.rs`.

mod event_rows;
pub mod logs;
mod other_programs;
mod transcript;

use std::time::Duration;

use crate::domain::moving::imported_event::ImportedEvent;
use crate::domain::talk::message::Kind;
use logs::report::Report;
use logs::{Event, text};

pub use logs::{Known, Options, Problem, Reason};

/// The content of a file.
#[derive(Clone, Debug)]
pub struct Archive {
    /// The name of the format.
    pub format: &'static str,
    /// The events, in the order of the file: one, unless it was cut.
    pub pasts: Vec<ImportedEvent>,
    /// Everything else that was in the file.
    pub report: Report,
}

/// A message of a file, for a reader that needs no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The line in which it begins, from 1.
    pub number: usize,
    /// Time since the first message.
    pub at: Duration,
    pub nick: String,
    pub is_action: bool,
    pub text: String,
}

const OURS: &str = "Gavel's transcript.txt";

/// Reads a log of one event, as it is without any option.
///
/// # Errors
/// The first line that cannot be read, and why.
pub fn read(bytes: &[u8], known: &Known<'_>) -> Result<ImportedEvent, Problem> {
    let archive = read_with(bytes, known, &Options::default())?;
    archive.pasts.into_iter().next().ok_or(Problem::whole(Reason::Nothing))
}

/// Reads the events of a file.
///
/// # Errors
/// The first line that cannot be read, and why.
pub fn read_with(bytes: &[u8], known: &Known<'_>, options: &Options) -> Result<Archive, Problem> {
    let mut report = Report::default();
    let lines = text::lines(bytes, options.encoding, &mut report)?;
    if is_ours(&lines, options)? {
        let (past, _) = transcript::read(&lines, known).map_err(|problem| logs::with_name(problem, known.name))?;
        return Ok(Archive { format: OURS, pasts: vec![past], report });
    }
    let log = logs::read(&lines, known, options, report)?;
    let has_words = |meeting: &&logs::Meeting| meeting.messages() > 0;
    let pasts = log
        .meetings
        .iter()
        .filter(has_words)
        .map(|meeting| other_programs::read(meeting, known))
        .collect::<Result<Vec<ImportedEvent>, Problem>>()?;
    Ok(Archive { format: log.format, pasts, report: log.report })
}

/// Reads the messages of a file, however long it is and whatever people are called in it, and how many of its lines are not
/// messages.
///
/// # Errors
/// The first line that cannot be read, and why.
pub fn messages(bytes: &[u8], known: &Known<'_>, options: &Options) -> Result<(Vec<Spoken>, usize), Problem> {
    let mut report = Report::default();
    let lines = text::lines(bytes, options.encoding, &mut report)?;
    let mut spoken = Vec::new();
    if is_ours(&lines, options)? {
        let known = Known { date: known.date.or(logs::timestamps::date::of_name(known.name)).or(options.fallback_day), ..*known };
        let (past, numbers) = transcript::read(&lines, &known)?;
        let rows = past.rows.iter().filter(|row| matches!(row.kind, Kind::Said | Kind::Emote));
        let skipped = past.rows.len() - numbers.len();
        let mut first = None;
        for (row, number) in rows.zip(numbers) {
            let first = *first.get_or_insert(row.ts);
            // An emptied row has no words left to play.
            if let Some(nick) = row.nick.as_ref().filter(|_| !row.text.is_empty()) {
                let at = Duration::from_secs(row.ts.since(first).as_secs());
                spoken.push(Spoken {
                    number,
                    at,
                    nick: nick.as_str().to_owned(),
                    is_action: row.kind == Kind::Emote,
                    text: row.text.clone(),
                });
            }
        }
        return if spoken.is_empty() { Err(Problem::whole(Reason::Nothing)) } else { Ok((spoken, skipped)) };
    }
    let log = logs::read(&lines, known, options, report)?;
    let mut first = None;
    for entry in log.meetings.into_iter().flat_map(|meeting| meeting.entries) {
        let (is_action, text) = match entry.event {
            Event::Says(text) => (false, text),
            Event::Does(text) => (true, text),
            Event::Comes | Event::Goes => continue,
        };
        let at = Duration::from_secs(entry.at.since(*first.get_or_insert(entry.at)).as_secs());
        spoken.push(Spoken { number: entry.number, at, nick: entry.nick, is_action, text });
    }
    Ok((spoken, log.report.skipped()))
}

/// Returns whether this is a transcript of Gavel's.
///
/// # Errors
/// A transcript of which only a part is wanted: it is one event, with its own beginning and end.
fn is_ours(lines: &[text::SourceLine<'_>], options: &Options) -> Result<bool, Problem> {
    let is_ours = options.format.is_none() && transcript::is_one(lines);
    let wants_part = options.cut || options.from.is_some() || options.to.is_some();
    if is_ours && wants_part { Err(Problem::whole(Reason::OneEvent)) } else { Ok(is_ours) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::zone::Zone;

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
            let lines = bytes.split(|byte| *byte == b'\n' || *byte == b'\r').count();
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
