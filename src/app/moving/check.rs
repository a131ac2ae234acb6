//! Checks the rows of a file field by field before they go into the database: what the program could not have written is refused,
//! for it could not read it either. HTML is never taken from a file; it is rendered from the text next to it.

use chrono::NaiveDateTime;

use super::rules::{
    Checked, agenda_of, changes, description, digest, event_id, item, key, mail_id, nick, nonce, participant_id, prose, reason, refuse,
    slug_of, title, wall, word,
};
use crate::domain::minutes::Tag;
use crate::domain::people::organizer;
use crate::domain::reminders::{Email, ReminderTimes, What};
use crate::domain::schedule::meeting;
use crate::domain::schedule::recurrence::{EarlierTimetable, Recurrence};
use crate::domain::talk::message::Kind;
use crate::domain::text::confusable::Looks;
use crate::domain::time::{self, LATEST};
use crate::domain::zone::Zone;
use crate::domain::{agenda, limits, text};
use crate::store::moving::copy::{Kind as Holds, Row, Table, Value};

/// The longest text of one field, in bytes. No field that Gavel writes is nearly as long.
const LONGEST: usize = 1_024 * 1_024;
/// The longest text of a row that repeats what was typed, such as `#undo` with the item that it took back, in characters.
const TOLD: usize = 3 * limits::TEXT;
/// The longest key of a name, in characters: some letters become several.
const KEY: usize = 18 * limits::NICK;
/// The most nicknames that one person had before or after the one they have.
const NICKS: usize = 1_000;
/// The longest event, in microseconds: a room that is open for a day closes in the second after it.
const LONGEST_EVENT: i64 = (limits::MINUTES * 60 + 2) * 1_000_000;
/// The most timetables that a meeting had one after another.
const TIMETABLES: usize = 1_000;
/// The largest version or revision: calendars take 32 bits (RFC 5545, section 3.3.8).
const VERSIONS: i64 = i32::MAX as i64;

/// Checks a row of this table, makes its keys, and renders its HTML anew. `docs/moving.md` lists the rules by column.
///
/// # Errors
/// The field and what is wrong with it.
pub(super) fn check(table: &'static Table, row: &mut Row) -> Result<(), String> {
    let mut fields = Fields { table, row };
    fields.generally()?;
    match table.name {
        "organizer" => organizer_row(&fields),
        "session" | "api_token" => fields.each(&["hash", "organizer_id"], word),
        "meeting" => meeting_row(&mut fields),
        "old_slug" => {
            fields.field("slug", slug_of)?;
            fields.field("meeting_id", word)
        }
        "chat_event" => event(&mut fields),
        "participant" => participant(&mut fields),
        "chat_data" => message(&mut fields),
        "reminder" => {
            fields.each(&["id", "meeting_id"], word)?;
            fields.field("email", |text| Email::parse(text).map(drop).map_err(|problem| problem.to_string()))
        }
        "announced" => {
            fields.field("event_id", event_id)?;
            fields.field("meeting_id", word)?;
            fields.field("title", title)?;
            fields.span()
        }
        "mail" => mail(&fields),
        "minutes_correction" => {
            fields.field("event_id", event_id)?;
            fields.field("organizer_id", word)?;
            fields.field("text", item)
        }
        other => Err(format!("there are no rules for the table “{other}”")),
    }
}

/// A row by the names of its columns.
struct Fields<'r> {
    table: &'static Table,
    row: &'r mut Row,
}

impl Fields<'_> {
    fn place(&self, name: &str) -> Option<usize> {
        self.table.columns.iter().position(|column| column.name == name)
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
        self.text(name).map_or(Ok(()), |text| {
            check(text).map_err(|reason| self.refusal(name, &format!("cannot be used: {}", reason.trim_end_matches('.'))))
        })
    }

    /// Says what is wrong with a field.
    fn refusal(&self, name: &str, reason: &str) -> String {
        format!("“{name}” of the table “{}” {reason}", self.table.name)
    }

    /// Checks a number, where there is one.
    fn most(&self, name: &str, most: i64) -> Checked {
        match self.number(name) {
            Some(number) if number > most => Err(self.refusal(name, &format!("is {number}: it is at most {most}"))),
            _ => Ok(()),
        }
    }

    /// Checks that an event ends after it begins, and lasts no longer than any can.
    fn span(&self) -> Checked {
        match (self.number("opens_at"), self.number("closes_at")) {
            (Some(opens), Some(closes)) if closes < opens => {
                Err(self.refusal("closes_at", &format!("is {closes}, before the event opens at {opens}")))
            }
            (Some(opens), Some(closes)) if closes - opens > LONGEST_EVENT => {
                Err(self.refusal("closes_at", &format!("is {closes}, more than 24 hours after the event opens at {opens}")))
            }
            _ => Ok(()),
        }
    }

    fn each(&self, names: &[&str], check: impl Fn(&str) -> Checked) -> Checked {
        names.iter().try_for_each(|name| self.field(name, &check))
    }

    /// Checks what every table has in common: numbers are instants, counts and versions, and no text has what PostgreSQL does not take.
    fn generally(&self) -> Checked {
        for (column, value) in self.table.columns.iter().zip(&*self.row) {
            let name = column.name;
            match value {
                Value::Integer(number) if column.kind == Holds::Integer && !(0..=LATEST).contains(number) => {
                    return Err(self.refusal(name, &format!("is {number}: it is from 0 to {LATEST}")));
                }
                Value::Text(text) if text.contains('\0') => return Err(self.refusal(name, "contains the character U+0000")),
                Value::Text(text) if text.len() > LONGEST => return Err(self.refusal(name, "is longer than any text of Gavel's")),
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
    fields.field("id", word)?;
    fields.field("name", nick)?;
    fields.field("password", |hash| refuse(organizer::is_hash(hash), "it is not an Argon2 hash that can be checked at a bearable cost"))?;
    fields.most("feed_version", VERSIONS)?;
    // The store makes it again when all accounts are there, because two accounts of an older Gavel may have one key by the rules of today.
    fields.field("name_key", |key| refuse(key.chars().count() <= KEY, "it is longer than any key"))
}

fn meeting_row(fields: &mut Fields<'_>) -> Checked {
    fields.each(&["id", "organizer_id"], word)?;
    fields.field("slug", slug_of)?;
    fields.field("title", title)?;
    fields.field("description", description)?;
    fields.field("agenda", agenda_of)?;
    fields.field("timezone", |zone| time::zone(zone).map(drop).map_err(|problem| problem.to_string()))?;
    fields.field("starts", wall)?;
    fields.field("visibility", |word| refuse(meeting::Visibility::parse(word).is_some(), "it is public, unlisted or draft"))?;
    for version in ["revision", "chair_version"] {
        fields.most(version, VERSIONS)?;
    }
    if let Some(minutes) = fields.number("duration_minutes")
        && !(1..=limits::MINUTES).contains(&minutes)
    {
        return Err(fields.refusal("duration_minutes", &format!("is {minutes}: an event lasts from 1 to {} minutes", limits::MINUTES)));
    }
    if let (Some(zone), Some(starts)) = (zone_of(fields), starts_of(fields)) {
        fields.field("rrule", |rule| Recurrence::parse(rule, starts, zone).map(drop).map_err(|problem| problem.to_string()))?;
    }
    let is_part = |line: &str| EarlierTimetable::of_line(line).is_some_and(|part| (1..=limits::MINUTES).contains(&part.timetable.minutes));
    let are_parts = |lines: &str| lines.lines().count() <= TIMETABLES && lines.lines().all(is_part);
    fields.field("earlier", |lines| refuse(are_parts(lines), "it is not a list of earlier timetables"))?;
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
    fields.field("key", key)?;
    fields.field("title", title)?;
    fields.each(&["agenda", "agenda_before"], agenda_of)?;
    fields.field("cancel_reason", reason)?;
    fields.field("wall", wall)?;
    fields.field("digest", digest)?;
    fields.most("revision", VERSIONS)?;
    fields.span()?;
    fields.render("agenda_html", "agenda", agenda::html);
    Ok(())
}

fn participant(fields: &mut Fields<'_>) -> Checked {
    fields.field("id", participant_id)?;
    fields.field("event_id", event_id)?;
    fields.field("nick", nick)?;
    fields.field("join_nonce", nonce)?;
    fields.field("also", |nicks| {
        refuse(nicks.lines().count() <= NICKS, &format!("it has more than {NICKS} nicknames"))?;
        nicks.split('\n').try_for_each(nick)
    })?;
    if let Some(looks) = fields.text("nick").map(Looks::of) {
        fields.set("nick_key", Value::Text(looks.folded));
    }
    Ok(())
}

fn message(fields: &mut Fields<'_>) -> Checked {
    fields.field("event_id", event_id)?;
    fields.field("kind", |kind| refuse(Kind::parse(kind).is_some(), "there is no such kind of message"))?;
    fields.field("tag", |tag| refuse(Tag::parse(tag).is_some(), "there is no such command"))?;
    fields.each(&["participant_id", "audience"], participant_id)?;
    fields.field("nick", nick)?;
    fields.field("nonce", nonce)?;
    fields.field("salt", word)?;
    fields.field("hash", digest)?;
    let kind = fields.text("kind").and_then(Kind::parse);
    let is_typed = matches!(kind, Some(Kind::Said | Kind::Emote)) && fields.text("tag").is_none();
    fields.field("text", |text| prose(text, if is_typed { limits::TEXT } else { TOLD }))?;
    // The digest has the hash instead of the text, so it would not show that somebody wrote another one.
    let is_emptied = fields.text("hash").is_some();
    fields.field("text", |text| refuse(!is_emptied || text.is_empty(), "the row has a hash, so its text was removed"))?;
    if kind == Some(Kind::Redacted) {
        fields
            .field("text", |ts| refuse(ts.parse().is_ok_and(|ts: i64| (0..=LATEST).contains(&ts)), "it is not the timestamp of a row"))?;
    }
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
    fields.field("id", mail_id)?;
    fields.field("reminder_id", word)?;
    fields.field("event_id", event_id)?;
    let what = fields.text("what").and_then(What::parse);
    fields.field("what", |_| refuse(what.is_some(), "there is no such email"))?;
    let needs_detail = matches!(what, Some(What::Confirm | What::Changed));
    if fields.text("detail").is_some() != needs_detail {
        let reason = if needs_detail { "is missing: this email cannot be written without it" } else { "is not used by such an email" };
        return Err(fields.refusal("detail", reason));
    }
    fields.field("detail", |detail| match what {
        Some(What::Confirm) => refuse(ReminderTimes::of_code(detail).is_some(), "it is not a choice of reminders"),
        _ => changes(detail),
    })
}
