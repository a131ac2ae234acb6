//! Rules for single fields of a file: those that the forms and the API have for the same fields.

use chrono::NaiveDate;

use crate::domain::reminders::change::{Change, Span};
use crate::domain::schedule::event::{self, EventId};
use crate::domain::schedule::{meeting, slug};
use crate::domain::talk::message::nonce_is_fine;
use crate::domain::talk::participant::{Nick, ParticipantId};
use crate::domain::text::visible;
use crate::domain::time::{self, LATEST};
use crate::domain::{agenda, limits};

/// `Err` has the reason, as the end of a sentence.
pub(super) type Checked = Result<(), String>;

/// The longest id or hash, in characters.
const WORD: usize = 128;
/// The longest key of an event, in characters: a date, and a number or a time.
const KEY: usize = 24;
/// The most changes in one email.
const CHANGES: usize = 1_000;

pub(super) fn refuse(is_fine: bool, reason: &str) -> Checked {
    if is_fine { Ok(()) } else { Err(reason.to_owned()) }
}

/// An id or a hash. Ids are parts of signed tokens, where a full stop divides them from what follows.
pub(super) fn word(text: &str) -> Checked {
    let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    refuse((1..=WORD).contains(&text.len()) && text.bytes().all(fine), "it is not an id or a hash")
}

/// The id of an email: that of its reminder, and what it is about.
pub(super) fn mail_id(text: &str) -> Checked {
    text.split('.').try_for_each(word)
}

/// One line of text.
fn line(text: &str, most: usize) -> Checked {
    refuse(!text.trim().is_empty(), "it is empty")?;
    refuse(visible::is_visible(text), "it has only characters that nobody can see")?;
    refuse(text.chars().count() <= most, &format!("it has more than {most} characters"))?;
    refuse(!text.chars().any(char::is_control), "it contains control characters")
}

/// A nickname, or the name of an account.
pub(super) fn nick(text: &str) -> Checked {
    line(text, limits::NICK)?;
    let read = Nick::parse(text).map_err(|problem| problem.to_string())?;
    refuse(read.as_str() == text, "its white space or its accents are not in the form in which names are stored")
}

pub(super) fn title(text: &str) -> Checked {
    line(text, limits::TITLE)?;
    meeting::title(text).map(drop)
}

pub(super) fn reason(text: &str) -> Checked {
    refuse(!text.contains('\n'), "it is one line")?;
    line(text, limits::REASON)?;
    event::reason(text).map(drop)
}

/// Text of several lines.
pub(super) fn prose(text: &str, most: usize) -> Checked {
    refuse(text.chars().count() <= most, &format!("it is too long: it may have up to {most} characters"))?;
    refuse(!visible::has_controls(text), "it contains control characters")
}

pub(super) fn description(text: &str) -> Checked {
    prose(text, limits::DESCRIPTION)
}

pub(super) fn agenda_of(text: &str) -> Checked {
    prose(text, limits::DESCRIPTION)?;
    // The characters that it takes out would become parts of the HTML.
    let kept = agenda::check(text).map_err(|problem| problem.to_string())?;
    refuse(text.trim().is_empty() || kept.trim() == text.trim(), "it contains characters that no agenda can have")
}

/// The new words of an item of the minutes.
pub(super) fn item(text: &str) -> Checked {
    prose(text, limits::TEXT)?;
    refuse(visible::is_visible(text), "it has only characters that nobody can see")
}

pub(super) fn slug_of(text: &str) -> Checked {
    slug::check(text).map_err(|problem| problem.to_string())
}

pub(super) fn wall(text: &str) -> Checked {
    time::local(text).map(drop).map_err(|_| "it is not a time such as 2026-11-24T18:00:00".into())
}

/// The last part of an event's address.
pub(super) fn key(text: &str) -> Checked {
    let is_date = |day: &str| NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok_and(|date| date.to_string() == day);
    let rest = text.get(10..).unwrap_or_default();
    let is_key = text.get(..10).is_some_and(is_date)
        && text.len() <= KEY
        && (rest.is_empty() || rest.starts_with('-') && rest.len() > 1 && rest[1..].bytes().all(|b| b.is_ascii_digit()));
    refuse(is_key, "it is not a date such as 2026-11-24, 2026-11-24-2 or 2026-11-24-1800")
}

pub(super) fn event_id(text: &str) -> Checked {
    refuse(EventId::parse(text).is_some(), "it is not the id of an event")
}

pub(super) fn participant_id(text: &str) -> Checked {
    refuse(ParticipantId::parse(text).is_some(), "it is not the id of a participant")
}

pub(super) fn nonce(text: &str) -> Checked {
    refuse(nonce_is_fine(text), "it is not a nonce")
}

pub(super) fn digest(text: &str) -> Checked {
    refuse(text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "it is not a SHA-256 in hexadecimal")
}

/// What an email says of events, in JSON.
pub(super) fn changes(text: &str) -> Checked {
    let changes: Vec<Change> = serde_json::from_str(text).map_err(|_| "it is not a list of changes".to_owned())?;
    refuse(changes.len() <= CHANGES, "it has more changes than an email can have")?;
    for change in &changes {
        title(&change.title)?;
        change.reason.as_deref().map_or(Ok(()), reason)?;
        change.key.as_deref().map_or(Ok(()), key)?;
        for Span { opens, closes } in [change.was, change.is] {
            let times = [opens, closes].map(time::Timestamp::micros);
            refuse(times.iter().all(|at| (0..=LATEST).contains(at)), "it has a time that no event can have")?;
        }
    }
    Ok(())
}
