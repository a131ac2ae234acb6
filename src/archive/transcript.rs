//! Gavel's own `transcript.txt`, read back so that it comes out the same again.
//!
//! A row of the program's own and an action look alike there (`* ada joined`). What tells them apart is who is in the
//! room by then, and whether they are afterwards.

use std::collections::BTreeSet;

use super::days::Days;
use super::tale::{Tale, nick};
use super::{Known, Problem, Reason, date};
use crate::domain::limits;
use crate::domain::message::Kind;
use crate::domain::participant::Nick;
use crate::domain::past::Past;

const OPENED: &str = "* The room opened.";
const CLOSED: &str = "* The room closed.";

/// A row, with all of its lines.
struct Row {
    number: usize,
    seconds: u32,
    body: String,
}

/// Whether this is a transcript of Gavel's.
pub(super) fn is_one(lines: &[(usize, &str)]) -> bool {
    lines.iter().any(|(_, line)| split(line).is_some_and(|(_, body)| body == OPENED))
}

pub(super) fn read(lines: &[(usize, &str)], known: &Known<'_>) -> Result<Past, Problem> {
    let rows = rows(lines)?;
    let names: BTreeSet<String> = rows.iter().filter_map(|row| named(&row.body, " joined")).map(|nick| nick.as_str().to_owned()).collect();
    let mut tale = Tale::new(Days::new(known.zone, known.date.or_else(|| date::of_name(known.name))));
    for (at, row) in rows.iter().enumerate() {
        if at > 0 && rows[at - 1].body == CLOSED {
            return Err(Problem::at(row.number, Reason::BehindTheClose));
        }
        take(&mut tale, row, &rows[at + 1..], &names)?;
    }
    tale.end(true).ok_or(Problem::whole(Reason::NotClosed))
}

/// Puts the lines of each row together.
fn rows(lines: &[(usize, &str)]) -> Result<Vec<Row>, Problem> {
    let mut rows: Vec<Row> = Vec::new();
    for (number, line) in lines {
        if let Some((seconds, body)) = split(line) {
            rows.push(Row { number: *number, seconds, body: body.to_owned() });
        } else if let (Some(rest), Some(last)) = (line.strip_prefix("  "), rows.last_mut()) {
            last.body.push('\n');
            last.body.push_str(rest);
        } else if !line.is_empty() {
            return Err(Problem::at(*number, Reason::NoRow));
        }
    }
    Ok(rows)
}

/// `HH:MM:SS ` off the front of a line, as seconds since midnight.
fn split(line: &str) -> Option<(u32, &str)> {
    let (time, body) = line.split_once(' ')?;
    if !matches!(time.as_bytes(), [_, _, b':', _, _, b':', _, _]) {
        return None;
    }
    let two = |from: usize| time.get(from..from + 2).filter(|two| two.bytes().all(|it| it.is_ascii_digit()))?.parse::<u32>().ok();
    let (hours, minutes, seconds) = (two(0)?, two(3)?, two(6)?);
    (hours < 24 && minutes < 60 && seconds <= 60).then_some((hours * 3_600 + minutes * 60 + seconds, body))
}

/// The nickname in `* ada joined`.
fn named(body: &str, verb: &str) -> Option<Nick> {
    let name = body.strip_prefix("* ")?.strip_suffix(verb)?;
    Nick::parse(name).ok().filter(|nick| nick.as_str() == name)
}

fn take(tale: &mut Tale, row: &Row, behind: &[Row], names: &BTreeSet<String>) -> Result<(), Problem> {
    let number = row.number;
    if row.body.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Problem::at(number, Reason::Controls));
    }
    // What people said is bounded more closely below: this holds for rows of the program's own, too.
    if row.body.chars().count() > limits::TEXT + limits::NICK + "<> ".len() {
        return Err(Problem::at(number, Reason::LongText));
    }
    let ts = tale.days.at(number, row.seconds)?;
    if let Some(inside) = row.body.strip_prefix('<') {
        // A nickname may hold what ends one here, so those who joined are looked for first.
        let joined = names.iter().filter(|name| inside.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with("> ")));
        let end = joined.map(String::len).max().or_else(|| inside.find("> ")).ok_or(Problem::at(number, Reason::NoRow))?;
        return tale.say(number, ts, Kind::Said, nick(number, &inside[..end])?, inside[end + 2..].to_owned());
    }
    let Some(text) = row.body.strip_prefix("* ") else { return Err(Problem::at(number, Reason::NoRow)) };
    if let Some(name) = named(&row.body, " joined").filter(|name| !tale.is_here(name.as_str())) {
        tale.join(ts, name);
        return Ok(());
    }
    if let Some(name) = named(&row.body, " left").filter(|name| tale.is_here(name.as_str()) && !goes_on(behind, name.as_str())) {
        tale.leave(ts, name);
        return Ok(());
    }
    for (words, kind) in [(" is a chair now", Kind::Chair), (" is no chair any more", Kind::Unchair)] {
        if let Some(name) = named(&row.body, words).filter(|name| tale.is_here(name.as_str())) {
            tale.tell_of(ts, kind, name, text);
            return Ok(());
        }
    }
    let acts = |name: &&str| text.strip_prefix(*name).is_some_and(|rest| rest.starts_with(' '));
    if let Some(name) = tale.here().filter(acts).max_by_key(|name| name.len()).map(str::to_owned) {
        return tale.say(number, ts, Kind::Emote, nick(number, &name)?, text[name.len() + 1..].to_owned());
    }
    tale.tell(ts, kind(&row.body, text, behind.is_empty(), tale.has_opened()), text);
    Ok(())
}

/// Whether somebody does something more without joining first.
fn goes_on(behind: &[Row], name: &str) -> bool {
    let by = |row: &&Row| row.body.starts_with(&format!("<{name}> ")) || row.body.starts_with(&format!("* {name} "));
    behind.iter().find(by).is_some_and(|row| named(&row.body, " joined").is_none_or(|nick| nick.as_str() != name))
}

/// What a row of the program's own is, by its words.
fn kind(body: &str, text: &str, is_last: bool, has_opened: bool) -> Kind {
    match body {
        OPENED if !has_opened => Kind::Opened,
        CLOSED if is_last => Kind::Closed,
        "* This event takes place after all." => Kind::Restored,
        _ if body.starts_with("* This event was cancelled") => Kind::Cancelled,
        _ if body.starts_with("* The room closes in ") => Kind::Warning,
        _ if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => Kind::Redacted,
        _ => Kind::Rescheduled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::zone::Zone;

    fn past(text: &str) -> Result<Past, Problem> {
        super::super::read(text.as_bytes(), &Known { name: "weekly-2026-11-24.txt", date: None, zone: Zone::utc() })
    }

    fn kinds(text: &str) -> Vec<(&'static str, Option<String>, String)> {
        let rows = past(text).unwrap().rows;
        rows.into_iter().map(|row| (row.kind.as_str(), row.nick.map(|nick| nick.as_str().to_owned()), row.text)).collect()
    }

    fn by(kind: &'static str, nick: &str, text: &str) -> (&'static str, Option<String>, String) {
        (kind, Some(nick.to_owned()), text.to_owned())
    }

    #[test]
    fn rows_of_the_program_are_told_from_actions() {
        let text = "17:59:00 * The event was moved.\n\
            18:00:00 * The room opened.\n\
            18:00:01 * ada joined\n\
            18:00:02 * ada joined\n\
            18:00:03 * ada left\n\
            18:00:04 * ada lovelace joined\n\
            18:00:05 * ada lovelace waves\n\
            18:00:06 <ada> a\n    b\n  \n  c\n\
            18:00:07 <ada> \n\
            18:00:08 * ada left\n\
            18:00:09 * The room closes in 1 minute.\n\
            18:00:10 * 1795550400001234\n\
            18:00:11 * The room closed.\n";
        let rows = kinds(text);
        let own = |kind: &'static str, text: &str| (kind, None, text.to_owned());
        let expected = [
            own("rescheduled", "The event was moved."),
            own("opened", "The room opened."),
            by("joined", "ada", "ada joined"),
            by("emote", "ada", "joined"),
            by("emote", "ada", "left"),
            by("joined", "ada lovelace", "ada lovelace joined"),
            by("emote", "ada lovelace", "waves"),
            by("said", "ada", "a\n  b\n\nc"),
            by("said", "ada", ""),
            by("left", "ada", "ada left"),
            own("warning", "The room closes in 1 minute."),
            own("redacted", "1795550400001234"),
            own("closed", "The room closed."),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_nickname_may_look_like_the_end_of_one() {
        let text = "18:00:00 * The room opened.\n18:00:00 * a> b joined\n18:00:01 <a> b> hi\n18:00:02 * The room closed.";
        assert_eq!(kinds(text)[2], by("said", "a> b", "hi"));
    }

    #[test]
    fn half_a_transcript_is_none() {
        let begin = "18:00:00 * The room opened.\n18:00:01 * ada joined\n";
        assert_eq!(past(begin), Err(Problem::whole(Reason::NotClosed)));
        assert_eq!(past(&format!("{begin}18:00:02 * The room closed.\n18:00:03 <ada> hi")), Err(Problem::at(4, Reason::BehindTheClose)));
        assert_eq!(past(&format!("{begin}18:00:02 <ada> a\u{0}b")), Err(Problem::at(3, Reason::Controls)));
        assert_eq!(past(&format!("{begin}18:00:02 * x\n{}", "  more\n".repeat(1_000))), Err(Problem::at(3, Reason::LongText)));
        assert_eq!(past(&format!("{begin}and so on")), Err(Problem::at(3, Reason::NoRow)));
    }
}
