//! The rows of an event as they come together: everybody joins before they speak, nothing has the time of another.

use std::collections::{HashMap, HashSet};

use super::logs::timestamps::days::Days;
use super::{Problem, Reason};
use crate::domain::limits;
use crate::domain::moving::imported_event::{ImportedEvent, PastRow};
use crate::domain::talk::message::Kind;
use crate::domain::talk::participant::Nick;
use crate::domain::time::Timestamp;
use crate::domain::transcript::system_text;

/// A room that is open for a day closes in the second after it.
const SLACK: i64 = 1;

pub(super) struct Tale {
    pub days: Days,
    rows: Vec<PastRow>,
    /// The lines in which what people said and did begins.
    numbers: Vec<usize>,
    /// The instant of the last row that was asked for.
    latest: Timestamp,
    here: HashSet<String>,
    opened: Option<Timestamp>,
}

impl Tale {
    pub fn new(days: Days) -> Self {
        Self { days, rows: Vec::new(), numbers: Vec::new(), latest: Timestamp::ZERO, here: HashSet::new(), opened: None }
    }

    /// Returns the instant for a row at `at`: no two rows share one.
    ///
    /// # Errors
    /// Fails if that is more than a day after the beginning.
    pub fn next(&mut self, number: usize, at: Timestamp) -> Result<Timestamp, Problem> {
        self.latest = at.after(self.latest);
        if self.opened.is_some_and(|opened| self.latest >= opened.plus_minutes(limits::MINUTES).plus_seconds(SLACK)) {
            return Err(Problem::at(number, Reason::TooLong));
        }
        Ok(self.latest)
    }

    /// Makes the last instant the one that the log itself names, later in the same second.
    pub fn precisely(&mut self, at: Timestamp) -> Timestamp {
        self.latest = at.max(self.latest);
        self.latest
    }

    /// The lines in which what people said and did begins, in the order of the rows.
    pub fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    /// Whether somebody of this name is in the room.
    pub fn is_here(&self, nick: &str) -> bool {
        self.here.contains(nick)
    }

    /// Everybody who is in the room.
    pub fn here(&self) -> impl Iterator<Item = &str> {
        self.here.iter().map(String::as_str)
    }

    /// Whether anything has taken place.
    pub const fn has_opened(&self) -> bool {
        self.opened.is_some()
    }

    /// Adds a row of the program's own.
    pub fn tell(&mut self, ts: Timestamp, kind: Kind, text: &str) {
        if kind == Kind::Opened {
            self.opened = Some(ts);
        }
        self.rows.push(PastRow { ts, kind, nick: None, text: text.to_owned(), is_chat: false });
    }

    /// Adds a row of the program's own about somebody.
    pub fn tell_of(&mut self, ts: Timestamp, kind: Kind, who: Nick, text: &str) {
        self.rows.push(PastRow { ts, kind, nick: Some(who), text: text.to_owned(), is_chat: false });
    }

    /// Somebody comes.
    pub fn join(&mut self, ts: Timestamp, nick: Nick) {
        let text = format!("{}{}", nick.as_str(), system_text::JOINED);
        self.here.insert(nick.as_str().to_owned());
        self.rows.push(PastRow { ts, kind: Kind::Joined, nick: Some(nick), text, is_chat: false });
    }

    /// Somebody goes.
    pub fn leave(&mut self, ts: Timestamp, nick: Nick) {
        let text = format!("{}{}", nick.as_str(), system_text::LEFT);
        self.here.remove(nick.as_str());
        self.rows.push(PastRow { ts, kind: Kind::Left, nick: Some(nick), text, is_chat: false });
    }

    /// Somebody who is here says or does something.
    pub fn say(&mut self, number: usize, ts: Timestamp, kind: Kind, nick: Nick, text: String) -> Result<(), Problem> {
        if text.chars().count() > limits::TEXT {
            return Err(Problem::at(number, Reason::LongText));
        }
        self.numbers.push(number);
        self.rows.push(PastRow { ts, kind, nick: Some(nick), text, is_chat: false });
        Ok(())
    }

    /// What was just said is chat, whatever it looks like.
    pub fn was_chat(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.is_chat = true;
        }
    }

    /// Drops what took place behind the last words: who stays in a channel is no longer in a meeting.
    pub fn end_with_the_last_words(&mut self) {
        let end = self.rows.iter().rposition(|row| matches!(row.kind, Kind::Said | Kind::Emote)).map_or(0, |last| last + 1);
        self.rows.truncate(end);
    }

    /// The `ts` of the last row.
    pub fn last(&self) -> Timestamp {
        self.rows.last().map_or(Timestamp::ZERO, |row| row.ts)
    }

    /// The whole, whose last row is `closed`.
    pub fn end(self, is_ours: bool) -> Option<ImportedEvent> {
        let closes_at = self.rows.last().filter(|row| row.kind == Kind::Closed)?.ts;
        Some(ImportedEvent { opens_at: self.opened?, closes_at, is_ours, title: None, aliases: HashMap::new(), rows: self.rows })
    }
}

/// A nickname of a line.
pub(super) fn nick(number: usize, text: &str) -> Result<Nick, Problem> {
    Nick::parse(text).map_err(|problem| Problem::at(number, Reason::Nick(text.chars().take(limits::NICK).collect(), problem)))
}
