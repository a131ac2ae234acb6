//! Checks the rows of a file field by field before they go into the database: what the program could not have written is refused,
//! for it could not read it either. HTML is never taken from a file; it is rendered from the text next to it.

use chrono::NaiveDateTime;

use crate::domain::event::EventId;
use crate::domain::message::{Kind, nonce_is_fine};
use crate::domain::minutes::Tag;
use crate::domain::participant::ParticipantId;
use crate::domain::recurrence::{Part, Recurrence};
use crate::domain::reminder::change::Change;
use crate::domain::reminder::{Choice, Email, What};
use crate::domain::text::visible;
use crate::domain::time::LATEST;
use crate::domain::zone::Zone;
use crate::domain::{agenda, limits, meeting, organizer, slug, text, time};
use crate::store::copy::{Column, Kind as Holds, Row, Table, Value};

/// The longest text of one field. No field that Gavel writes is nearly as long.
const LONGEST: usize = 1_024 * 1_024;
/// The longest name, id or hash.
const SHORT: usize = 512;

/// Checks a row of this table and renders its HTML anew.
///
/// # Errors
/// The field and what is wrong with it.
pub(super) fn check(table: &Table, row: &mut Row) -> Result<(), String> {
    let mut fields = Fields { columns: table.columns, row };
    fields.generally()?;
    match table.name {
        "organizer" => organizer_row(&fields),
        "session" | "api_token" => fields.each(&["hash", "organizer_id"], word),
        "meeting" => meeting_row(&mut fields),
        "old_slug" => fields.field("slug", slug_of),
        "chat_event" => event(&mut fields),
        "participant" => participant(&fields),
        "chat_data" => message(&mut fields),
        "reminder" => {
            fields.field("id", word)?;
            fields.field("email", |text| Email::parse(text).map(drop).map_err(|problem| problem.to_string()))
        }
        "announced" => {
            fields.field("event_id", event_id)?;
            fields.field("title", title)
        }
        "mail" => mail(&fields),
        "minutes_correction" => fields.field("event_id", event_id),
        _ => Ok(()),
    }
}

/// A row by the names of its columns.
struct Fields<'r> {
    columns: &'static [Column],
    row: &'r mut Row,
}

type Checked = Result<(), String>;

impl Fields<'_> {
    fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.place(name).map(|place| &self.row[place]) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<i64> {
        match self.place(name).map(|place| &self.row[place]) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    fn set(&mut self, name: &str, value: Value) {
        if let Some(place) = self.place(name) {
            self.row[place] = value;
        }
    }

    /// Checks a text, where there is one.
    fn field(&self, name: &str, check: impl Fn(&str) -> Checked) -> Checked {
        self.text(name)
            .map_or(Ok(()), |text| check(text).map_err(|reason| format!("“{name}” cannot be used: {}", reason.trim_end_matches('.'))))
    }

    fn each(&self, names: &[&str], check: impl Fn(&str) -> Checked) -> Checked {
        names.iter().try_for_each(|name| self.field(name, &check))
    }

    /// Checks what every table has in common: numbers are instants, counts and versions, and no text has what PostgreSQL does not take.
    fn generally(&self) -> Checked {
        for (column, value) in self.columns.iter().zip(&*self.row) {
            let name = column.name;
            match value {
                Value::Integer(number) if column.kind == Holds::Integer && !(0..=LATEST).contains(number) => {
                    return Err(format!("“{name}” is {number}: it is from 0 to {LATEST}"));
                }
                Value::Text(text) if text.contains('\0') => return Err(format!("“{name}” contains the character U+0000")),
                Value::Text(text) if text.len() > LONGEST => return Err(format!("“{name}” is longer than any text of Gavel's")),
                Value::Text(_) | Value::Integer(_) | Value::Null => {}
            }
        }
        Ok(())
    }

    /// Renders the HTML of a text, where there is any: files of older versions have none.
    fn render(&mut self, html: &str, text: &str, render: impl Fn(&str) -> String) {
        if self.text(html).is_some() {
            let rendered = self.text(text).map_or(Value::Null, |text| Value::Text(render(text)));
            self.set(html, rendered);
        }
    }
}

fn organizer_row(fields: &Fields<'_>) -> Checked {
    fields.each(&["id", "name_key"], word)?;
    fields.field("name", |name| line(name, limits::NICK))?;
    fields.field("password", |hash| refuse(organizer::is_hash(hash), "it is not an Argon2 hash that can be checked at a bearable cost"))
}

fn meeting_row(fields: &mut Fields<'_>) -> Checked {
    fields.each(&["id", "organizer_id"], word)?;
    fields.field("slug", slug_of)?;
    fields.field("title", title)?;
    fields.field("description", |text| refuse(text.chars().count() <= limits::DESCRIPTION, "it is too long"))?;
    fields.field("timezone", |zone| time::zone(zone).map(drop).map_err(|problem| problem.to_string()))?;
    fields.field("starts", |starts| time::local(starts).map(drop).map_err(|_| "it is not a time such as 2026-11-24T18:00:00".into()))?;
    fields.field("visibility", |word| refuse(meeting::Visibility::parse(word).is_some(), "it is public, unlisted or draft"))?;
    if let Some(minutes) = fields.number("duration_minutes")
        && !(1..=limits::MINUTES).contains(&minutes)
    {
        return Err(format!("“duration_minutes” is {minutes}: an event lasts from 1 to {} minutes", limits::MINUTES));
    }
    if let (Some(zone), Some(starts)) = (zone_of(fields), starts_of(fields)) {
        fields.field("rrule", |rule| Recurrence::parse(rule, starts, zone).map(drop).map_err(|problem| problem.to_string()))?;
    }
    let is_part = |line: &str| Part::of_line(line).is_some_and(|part| (1..=limits::MINUTES).contains(&part.timetable.minutes));
    fields.field("earlier", |lines| refuse(lines.lines().all(is_part), "it is not a list of earlier timetables"))?;
    fields.render("description_html", "description", text::blocks);
    fields.render("agenda_html", "agenda", agenda::html);
    Ok(())
}

fn zone_of(fields: &Fields<'_>) -> Option<Zone> {
    time::zone(fields.text("timezone")?).ok()
}

fn starts_of(fields: &Fields<'_>) -> Option<NaiveDateTime> {
    time::local(fields.text("starts")?).ok()
}

fn event(fields: &mut Fields<'_>) -> Checked {
    fields.field("id", event_id)?;
    fields.field("meeting_id", word)?;
    fields.field("key", |key| {
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        refuse((1..=SHORT).contains(&key.len()) && key.bytes().all(fine), "it is not a date such as 2026-11-24 or 2026-11-24-1800")
    })?;
    fields.field("title", title)?;
    fields.field("cancel_reason", |reason| line(reason, limits::REASON))?;
    fields.field("wall", |wall| time::local(wall).map(drop).map_err(|_| "it is not a time such as 2026-11-24T18:00:00".into()))?;
    fields.field("digest", digest)?;
    let times = (fields.number("opens_at"), fields.number("closes_at"));
    if let (Some(opens), Some(closes)) = times
        && closes < opens
    {
        return Err(format!("“closes_at” is {closes}, before the event opens at {opens}"));
    }
    fields.render("agenda_html", "agenda", agenda::html);
    Ok(())
}

fn participant(fields: &Fields<'_>) -> Checked {
    fields.field("id", participant_id)?;
    fields.field("event_id", event_id)?;
    fields.field("nick", |nick| line(nick, limits::NICK))?;
    fields.field("nick_key", |key| line(key, SHORT))?;
    fields.field("join_nonce", nonce)
}

fn message(fields: &mut Fields<'_>) -> Checked {
    fields.field("event_id", event_id)?;
    fields.field("kind", |kind| refuse(Kind::parse(kind).is_some(), "there is no such kind of message"))?;
    fields.field("tag", |tag| refuse(Tag::parse(tag).is_some(), "there is no such command"))?;
    fields.each(&["participant_id", "audience"], participant_id)?;
    fields.field("nick", |nick| line(nick, SHORT))?;
    fields.field("nonce", nonce)?;
    fields.field("salt", word)?;
    fields.field("hash", digest)?;
    let kind = fields.text("kind").and_then(Kind::parse);
    fields.render("html", "text", |text| rendered(kind, text));
    Ok(())
}

/// The HTML of a message, as it was made when it was written.
fn rendered(kind: Option<Kind>, text: &str) -> String {
    match kind {
        Some(Kind::Said | Kind::Emote) => text::inline(text),
        // The text ends with the row that it is about, which the page does not show: “Done: tea (#t1795550400000000)”.
        Some(Kind::Action) => {
            let said = text.strip_suffix(')').and_then(|text| text.rsplit_once(" (#t"));
            text::inline(said.filter(|(_, ts)| ts.bytes().all(|b| b.is_ascii_digit())).map_or(text, |(said, _)| said))
        }
        _ => text::plain(text),
    }
}

fn mail(fields: &Fields<'_>) -> Checked {
    fields.each(&["id", "reminder_id"], word)?;
    fields.field("event_id", event_id)?;
    fields.field("what", |what| refuse(What::parse(what).is_some(), "there is no such email"))?;
    let detail = |detail: &str| match fields.text("what").and_then(What::parse) {
        Some(What::Confirm) => refuse(Choice::of_code(detail).is_some(), "it is not a choice of reminders"),
        Some(What::Changed) => refuse(serde_json::from_str::<Vec<Change>>(detail).is_ok(), "it is not a list of changes"),
        _ => Ok(()),
    };
    fields.field("detail", detail)
}

fn refuse(is_fine: bool, reason: &str) -> Checked {
    if is_fine { Ok(()) } else { Err(reason.to_owned()) }
}

/// An id, a hash or a key: short and without blanks.
fn word(text: &str) -> Checked {
    refuse((1..=SHORT).contains(&text.len()) && !text.chars().any(|c| c.is_control() || c.is_whitespace()), "it is not an id, hash or key")
}

/// One line of text.
fn line(text: &str, most: usize) -> Checked {
    refuse(!text.trim().is_empty(), "it is empty")?;
    refuse(visible::is_visible(text), "it has only characters that nobody can see")?;
    refuse(text.chars().count() <= most, &format!("it has more than {most} characters"))?;
    refuse(!text.chars().any(char::is_control), "it contains control characters")
}

fn title(text: &str) -> Checked {
    line(text, limits::TITLE)
}

fn slug_of(text: &str) -> Checked {
    slug::check(text).map_err(|problem| problem.to_string())
}

fn event_id(text: &str) -> Checked {
    refuse(EventId::parse(text).is_some(), "it is not the id of an event")
}

fn participant_id(text: &str) -> Checked {
    refuse(ParticipantId::parse(text).is_some(), "it is not the id of a participant")
}

fn nonce(text: &str) -> Checked {
    refuse(nonce_is_fine(text), "it is not a nonce")
}

fn digest(text: &str) -> Checked {
    refuse(text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "it is not a SHA-256 in hexadecimal")
}
