//! Gavel's own `transcript.txt`, read back so that it comes out the same again.
//!
//! A row of the program's own and an action look alike there (`* ada joined`). What tells them apart is the mark of `domain/transcript/system_text.rs` in
//! the action; in transcripts that are older than this, who is in the room by then, and whether they are afterwards. Times are whole seconds; where `#edit` and `#strike` name an item by its row, they
//! tell that row's own instant.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::event_rows::{Tale, nick};
use super::logs::text::SourceLine;
use super::logs::timestamps::date;
use super::logs::timestamps::days::Days;
use super::logs::timestamps::stamp::Stamp;
use super::{Known, Problem, Reason};
use crate::domain::limits;
use crate::domain::minutes::{self, Read, Tag};
use crate::domain::moving::imported_event::ImportedEvent;
use crate::domain::schedule::meeting;
use crate::domain::talk::message::Kind;
use crate::domain::talk::participant::Nick;
use crate::domain::time::Timestamp;
use crate::domain::transcript::system_text;

/// A row, with all of its lines.
struct Row {
    number: usize,
    seconds: u32,
    body: String,
    /// The day and the clock that the lines before it name.
    day: Option<NaiveDate>,
    offset: Option<i32>,
    had_controls: bool,
}

/// Whether this is a transcript of Gavel's.
pub(super) fn is_one(lines: &[SourceLine<'_>]) -> bool {
    lines.iter().any(|line| split(&line.text).is_some_and(|(_, body)| body.strip_prefix("* ") == Some(system_text::OPENED)))
}

/// Reads a transcript; with the lines in which what people said and did begins.
pub(super) fn read(lines: &[SourceLine<'_>], known: &Known<'_>) -> Result<(ImportedEvent, Vec<usize>), Problem> {
    let (title, rows) = rows(lines)?;
    let told = Told::of(&rows);
    let mut tale = Tale::new(Days::of_gavel(known.zone, known.date.or_else(|| date::of_name(known.name))));
    for (at, row) in rows.iter().enumerate() {
        take(&mut tale, row, &rows[at + 1..], &told)?;
    }
    let numbers = tale.numbers().to_vec();
    let past = tale.end(true).ok_or(Problem::whole(Reason::NotClosed))?;
    Ok((ImportedEvent { title, ..past }, numbers))
}

/// What the log tells of itself in other places than where it is needed.
struct Told {
    /// Everybody who joins.
    joined: BTreeSet<String>,
    /// The items of the minutes, each by its line and its time.
    items: Vec<(usize, u32)>,
    /// The instants of those that a later line names.
    named: BTreeSet<Timestamp>,
}

impl Told {
    fn of(rows: &[Row]) -> Self {
        let command = |row: &Row| match minutes::read(row.body.strip_prefix('<')?.split_once("> ")?.1) {
            Read::Command(command) => Some((row.number, row.seconds, command)),
            _ => None,
        };
        let (mut items, mut named) = (Vec::new(), BTreeSet::new());
        for (number, seconds, command) in rows.iter().filter_map(command) {
            named.extend(command.item());
            if command.tag.is_text() || matches!(command.tag, Tag::StartVote | Tag::Motion) {
                items.push((number, seconds));
            }
        }
        let joined = rows.iter().filter_map(|row| system_text::about(row.body.strip_prefix("* ")?, system_text::JOINED));
        Self { joined: joined.map(|nick| nick.as_str().to_owned()).collect(), items, named }
    }

    /// The instant of a row, from `ts` on, where others name it: that is known where they name all items of its second.
    fn exact(&self, row: &Row, ts: Timestamp) -> Option<Timestamp> {
        let second = ts.micros() / 1_000_000;
        let named = self.named.range(Timestamp::from_seconds(second)..Timestamp::from_seconds(second + 1));
        let items = self.items.iter().filter(|(_, seconds)| *seconds == row.seconds);
        if named.clone().count() != items.clone().count() {
            return None;
        }
        let (exact, _) = named.zip(items).find(|(_, (number, _))| *number == row.number)?;
        (*exact >= ts).then_some(*exact)
    }

    /// Whether somebody does something more without joining first.
    fn goes_on(&self, behind: &[Row], name: &str) -> bool {
        let says = format!("<{name}> ");
        let begins = |text: &str, name: &str| text.strip_prefix(name).is_some_and(|rest| rest.starts_with(' '));
        let is_longer = |other: &&String| other.len() > name.len() && other.starts_with(name);
        // Not the program, nor somebody whose nickname begins with this one.
        let is_of_another =
            |text: &str| system_text::is_of_nobody(text) || self.joined.iter().filter(is_longer).any(|other| begins(text, other));
        let acts = |text: &str| begins(text, name) && !is_of_another(text);
        let by = |row: &&Row| row.body.starts_with(&says) || row.body.strip_prefix("* ").is_some_and(acts);
        let joins = |row: &Row| system_text::about(row.body.strip_prefix("* ")?, system_text::JOINED);
        behind.iter().find(by).is_some_and(|row| joins(row).is_none_or(|nick| nick.as_str() != name))
    }
}

/// The title before the rows, if there is one, and the rows, with their lines put together.
fn rows(lines: &[SourceLine<'_>]) -> Result<(Option<String>, Vec<Row>), Problem> {
    let (mut title, mut rows): (_, Vec<Row>) = (None, Vec::new());
    let (mut day, mut offset) = (None, None);
    for SourceLine { number, text, had_controls } in lines {
        if let Some((seconds, body)) = split(text) {
            let (day, offset) = (day.take(), offset.take());
            rows.push(Row { number: *number, seconds, body: body.to_owned(), day, offset, had_controls: *had_controls });
        } else if let (Some(rest), Some(last)) = (text.strip_prefix("  "), rows.last_mut()) {
            last.body.push('\n');
            last.body.push_str(rest);
            last.had_controls |= had_controls;
        } else if let Some(begun) = system_text::day_begun(text) {
            day = Some(begun);
        } else if let Some(changed) = system_text::clock_changed(text) {
            offset = Some(changed);
        } else if let (Some(titled), true) = (system_text::titled(text), title.is_none() && rows.is_empty()) {
            title = Some(meeting::title(titled).map_err(|_| Problem::at(*number, Reason::Title))?);
        } else if !text.is_empty() {
            return Err(Problem::at(*number, Reason::NoRow));
        }
    }
    Ok((title, rows))
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

fn take(tale: &mut Tale, row: &Row, behind: &[Row], told: &Told) -> Result<(), Problem> {
    let number = row.number;
    if row.had_controls {
        return Err(Problem::at(number, Reason::Controls));
    }
    // What people said is bounded more closely below: this holds for rows of the program's own, too.
    if row.body.chars().count() > limits::TEXT + limits::NICK + "<> \\ ".len() {
        return Err(Problem::at(number, Reason::LongText));
    }
    if let Some(day) = row.day {
        tale.days.begin(number, day)?;
    }
    let stamp = Stamp { day: None, seconds: row.seconds, micros: 0, offset: row.offset };
    let at = tale.days.moment(number, &stamp)?.at;
    let mut ts = tale.next(number, at)?;
    if let Some(exact) = told.exact(row, ts) {
        ts = tale.precisely(exact);
    }
    if let Some(inside) = row.body.strip_prefix('<') {
        // A nickname may hold what ends one here, so those who joined are looked for first.
        let joined = told.joined.iter().filter(|name| inside.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with("> ")));
        let end = joined.map(String::len).max().or_else(|| inside.find("> ")).ok_or(Problem::at(number, Reason::NoRow))?;
        let (by, text) = (nick(number, &inside[..end])?, &inside[end + 2..]);
        let chat = minutes::unescaped(text);
        tale.say(number, ts, Kind::Said, by, chat.unwrap_or(text).to_owned())?;
        if chat.is_some() {
            tale.was_chat();
        }
        return Ok(());
    }
    let Some(text) = row.body.strip_prefix("* ") else { return Err(Problem::at(number, Reason::NoRow)) };
    let marked = tale.here().find_map(|name| system_text::marked(text, name).map(|does| (name.to_owned(), does)));
    if let Some((name, does)) = marked {
        return tale.say(number, ts, Kind::Emote, nick(number, &name)?, does.to_owned());
    }
    if let Some(name) = system_text::about(text, system_text::JOINED).filter(|name| !tale.is_here(name.as_str())) {
        tale.join(ts, name);
        return Ok(());
    }
    let goes = |name: &Nick| tale.is_here(name.as_str()) && !told.goes_on(behind, name.as_str());
    if let Some(name) = system_text::about(text, system_text::LEFT).filter(goes) {
        tale.leave(ts, name);
        return Ok(());
    }
    for (words, kind) in [(system_text::CHAIR, Kind::Chair), (system_text::UNCHAIR, Kind::Unchair)] {
        if let Some(name) = system_text::about(text, words).filter(|name| tale.is_here(name.as_str())) {
            tale.tell_of(ts, kind, name, text);
            return Ok(());
        }
    }
    // Whatever people are called: the room opens once, and nothing stands behind its close.
    let is_own = match text {
        system_text::OPENED => !tale.has_opened(),
        system_text::CLOSED => behind.is_empty(),
        _ => system_text::is_of_nobody(text),
    };
    let acts = |name: &&str| !is_own && text.strip_prefix(*name).is_some_and(|rest| rest.starts_with(' '));
    if let Some(name) = tale.here().filter(acts).max_by_key(|name| name.len()).map(str::to_owned) {
        return tale.say(number, ts, Kind::Emote, nick(number, &name)?, text[name.len() + 1..].to_owned());
    }
    if let (system_text::CLOSED, Some(next)) = (text, behind.first()) {
        return Err(Problem::at(next.number, Reason::BehindTheClose));
    }
    tale.tell(ts, kind(text, tale.has_opened()), text);
    Ok(())
}

/// What a row of the program's own is, by its words.
fn kind(text: &str, has_opened: bool) -> Kind {
    match text {
        system_text::OPENED if !has_opened => Kind::Opened,
        system_text::CLOSED => Kind::Closed,
        "This event takes place after all." => Kind::Restored,
        _ if text.starts_with("This event was cancelled") => Kind::Cancelled,
        _ if text.starts_with("The room closes in ") => Kind::Warning,
        _ if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => Kind::Redacted,
        _ => Kind::Rescheduled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::zone::Zone;

    fn past(text: &str) -> Result<ImportedEvent, Problem> {
        crate::import::read(text.as_bytes(), &Known { name: "weekly-2026-11-24.txt", date: None, zone: Zone::utc() })
    }

    fn kinds(text: &str) -> Vec<(&'static str, Option<String>, String)> {
        let rows = past(text).unwrap().rows;
        rows.into_iter().map(|row| (row.kind.as_str(), row.nick.map(|nick| nick.as_str().to_owned()), row.text)).collect()
    }

    fn own(kind: &'static str, text: &str) -> (&'static str, Option<String>, String) {
        (kind, None, text.to_owned())
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
    fn nobody_is_taken_for_the_program_whatever_they_are_called() {
        let begin = "18:00:00 * The room opened.\n18:00:01 * The room joined\n18:00:02 * ada joined\n";
        let told = |lines: &str| kinds(&format!("{begin}{lines}18:09:00 * The room closed.\n")).split_off(3);
        let rows = told(
            "18:01:00 * The room  \\closed.\n18:02:00 * The room waves\n18:03:00 * ada  \\is a chair now\n18:04:00 * ada  \\left\n\
             18:05:00 * ada  \\and bob joined\n18:06:00 * The room closes in 1 minute.\n18:07:00 * ada \\o/\n",
        );
        let expected = [
            by("emote", "The room", "closed."),
            by("emote", "The room", "waves"),
            by("emote", "ada", "is a chair now"),
            by("emote", "ada", "left"),
            by("emote", "ada", "and bob joined"),
            own("warning", "The room closes in 1 minute."),
            by("emote", "ada", "\\o/"),
            own("closed", "The room closed."),
        ];
        assert_eq!(rows, expected);
        // As it was written once.
        let rows = told("18:01:00 * The room closed.\n18:02:00 * The room left\n18:03:00 <ada> ok\n");
        assert_eq!(rows[..2], [by("emote", "The room", "closed."), by("left", "The room", "The room left")]);
        assert_eq!(rows[3], own("closed", "The room closed."));
    }

    #[test]
    fn who_leaves_is_gone_although_a_namesake_stays() {
        let text = "18:00:00 * The room opened.\n18:00:00 * ada joined\n18:00:00 * ada lovelace joined\n18:00:01 * ada left\n\
                    18:00:02 * ada lovelace waves\n18:00:03 * The room closed.";
        assert_eq!(kinds(text)[3..5], [by("left", "ada", "ada left"), by("emote", "ada lovelace", "waves")]);
    }

    #[test]
    fn a_nickname_may_look_like_the_end_of_one() {
        let text = "18:00:00 * The room opened.\n18:00:00 * a> b joined\n18:00:01 <a> b> hi\n18:00:02 * The room closed.";
        assert_eq!(kinds(text)[2], by("said", "a> b", "hi"));
    }

    #[test]
    fn a_backslash_makes_chat_of_what_looks_like_a_command() {
        let text = "18:00:00 * The room opened.\n18:00:00 * ada joined\n18:00:01 <ada> #info a\n18:00:02 <ada> \\#info\n  b\n\
                    18:00:03 <ada> \\\\https://example.org\n18:00:04 <ada> \\o/ \\#info c\n18:00:05 * The room closed.";
        let said = |row: &crate::domain::moving::imported_event::PastRow| (row.text.clone(), row.is_chat);
        let rows: Vec<_> = past(text).unwrap().rows.iter().filter(|row| row.kind == Kind::Said).map(said).collect();
        let rows: Vec<_> = rows.iter().map(|(text, is_chat)| (text.as_str(), *is_chat)).collect();
        assert_eq!(rows, [("#info a", false), ("#info\nb", true), ("\\https://example.org", true), ("\\o/ \\#info c", false)]);
    }

    #[test]
    fn an_item_that_another_line_names_has_the_instant_that_this_says() {
        let second = 1_795_543_201_i64; // 18:00:01
        let ts = |more: &str| {
            let text = format!(
                "18:00:00 * The room opened.\n18:00:00 * ada joined\n18:00:01 <ada> hi\n18:00:01 <ada> #info a\n{more}\
                 18:00:02 <ada> #strike {second}500000\n18:00:02 <ada> #edit 17955 b\n18:00:03 * The room closed."
            );
            let rows = past(&text).unwrap().rows;
            assert!(rows.windows(2).all(|two| two[0].ts < two[1].ts));
            rows.iter().skip(2).map(|row| row.ts.micros() - second * 1_000_000).collect::<Vec<_>>()
        };
        assert_eq!(ts(""), [0, 500_000, 1_000_000, 1_000_001, 2_000_000]);
        assert_eq!(ts("18:00:01 <ada> ok\n")[..3], [0, 500_000, 500_001]);
        assert_eq!(ts("18:00:01 <ada> #info c\n")[..3], [0, 1, 2], "which of the two nobody knows");
    }

    #[test]
    fn the_line_before_the_rows_tells_the_title() {
        let text = "18:00:00 * The room opened.\n18:00:01 * ada joined\n18:00:02 * The room closed.\n";
        let title = |head: &str| past(&format!("{head}{text}")).map(|past| past.title);
        assert_eq!(title(""), Ok(None));
        assert_eq!(title("--- Log of “B”, no longer “C”\n"), Ok(Some("B”, no longer “C".into())));
        assert_eq!(title("--- Log of “”\n"), Err(Problem::at(1, Reason::Title)));
        assert_eq!(title("--- Log of “a”\n--- Log of “b”\n"), Err(Problem::at(2, Reason::NoRow)));
        assert_eq!(past(&format!("{text}--- Log of “a”")), Err(Problem::at(4, Reason::NoRow)));
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
