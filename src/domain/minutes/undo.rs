//! What commands did and `#undo` takes back: also what stands beside the minutes, such as the title and the chairs. And what the
//! program says of it, in the row of the command itself.

use super::command::table::Tag;
use super::command::{self, TOLD};
use super::decision;
use super::fold::{Fold, Noted, is_start};
use crate::domain::schedule::meeting;
use crate::domain::talk::participant::Nick;
use crate::domain::time::Timestamp;

/// As much of an item's words as the row that takes it back repeats, in characters.
const REPEATED: usize = 200;

/// What is taken back beside the minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// The event gets this title again.
    Title(String),
    /// Who has this nickname is a chair again, or no longer.
    Chair(Nick, bool),
}

/// What a row says of the event's new title. What it was before stands in it, and is read from there where it is taken back.
#[must_use]
pub fn renamed(title: &str, before: &str) -> String {
    format!("{NOW}{title}{BEFORE}{before}{END}")
}

/// How each row begins that tells of a new title.
pub const NOW: &str = "This event is now called “";
const BEFORE: &str = "”, no longer “";
const END: &str = "”.";

/// The title before, as [`renamed`] says it behind this one. All three signs above may stand in a title, so that only who knows the
/// new one can tell where the other begins.
pub(super) fn title_before<'t>(told: &'t str, title: &str) -> Option<&'t str> {
    told.strip_prefix(NOW)?.strip_prefix(title)?.strip_prefix(BEFORE)?.strip_suffix(END)
}

/// What a row says as [`renamed`] does where nobody knows the new title any more: that one and the one before, if no signs stand in them.
pub(super) fn titles(told: &str) -> Option<(&str, &str)> {
    told.strip_prefix(NOW)?.strip_suffix(END)?.split_once(BEFORE)
}

/// The title that an organizer gave, as its row says: nothing of the one before.
pub(super) fn title_given(told: &str) -> Option<&str> {
    told.strip_prefix(NOW)?.strip_suffix(END)
}

/// Whether a row says that the event has this title from now on.
#[must_use]
pub fn tells_title(told: &str, title: &str) -> bool {
    title_before(told, title).is_some() || title_given(told) == Some(title)
}

impl Noted {
    /// Whether `#undo` has something to take back.
    const fn has_effect(&self) -> bool {
        match self.tag {
            Tag::Here | Tag::Chair | Tag::Unchair => true,
            Tag::MeetingName | Tag::StartMeeting => self.before.is_some(),
            tag => tag.is_item(),
        }
    }

    /// The title before, where the row behind it tells one.
    pub(super) fn title_before(&self, told: &str) -> Option<String> {
        let known = self.title().and_then(|title| title_before(told, &title).map(str::to_owned));
        // Of one that was emptied the title is not known.
        known.or_else(|| titles(told).map(|(_, before)| before.to_owned()))
    }

    /// The title that it gives the event, if it gives one.
    fn title(&self) -> Option<String> {
        matches!(self.tag, Tag::MeetingName | Tag::StartMeeting).then(|| meeting::title(&self.argument).ok())?
    }
}

impl Fold {
    /// The last command that did something.
    pub(super) fn last_effect(&self) -> Option<usize> {
        self.noted.iter().rposition(Noted::has_effect)
    }

    /// What the row of an `#undo` takes back. One that does not say it is of elsewhere, or of a time when that was never more than an
    /// item or a title.
    pub(super) fn taken_back_by(&self, text: &str) -> Option<usize> {
        if text.is_empty() || text.contains(TOLD) {
            return self.last_effect();
        }
        self.noted.iter().rposition(|noted| noted.tag.is_item() || noted.title().is_some())
    }

    /// The title that a command gave the event last, of those that hold, and when.
    pub(super) fn title(&self) -> Option<(Timestamp, String)> {
        self.noted.iter().rev().find_map(|noted| Some((noted.ts, noted.title()?)))
    }

    /// The last command and the title that it gave, where a row with this text tells that.
    pub(super) fn renamed_by(&self, told: &str) -> Option<(Tag, String)> {
        let last = self.noted.last().filter(|last| last.before.is_none())?;
        let title = last.title().filter(|title| title_before(told, title).is_some())?;
        Some((last.tag, title))
    }

    /// What `#undo` would take back now, beside the minutes.
    #[must_use]
    pub fn undone(&self) -> Option<Undone> {
        let last = &self.noted[self.last_effect()?];
        match last.tag {
            Tag::MeetingName | Tag::StartMeeting => last.before.clone().map(Undone::Title),
            Tag::Chair | Tag::Unchair => Nick::parse(&last.argument).ok().map(|nick| Undone::Chair(nick, last.tag == Tag::Unchair)),
            _ => None,
        }
    }

    /// The nicknames of those who may become chairs again.
    pub fn unchaired(&self) -> impl Iterator<Item = Nick> {
        self.noted.iter().filter(|noted| noted.tag == Tag::Unchair).filter_map(|noted| Nick::parse(&noted.argument).ok())
    }

    /// The text of the row of a command that stands alone, written at this moment: with what it takes back, or how the vote
    /// came out.
    #[must_use]
    pub fn told(&self, tag: Tag, now: Timestamp) -> Option<String> {
        let words = match tag {
            Tag::Undo => {
                let last = &self.noted[self.last_effect()?];
                let words = self.words_of(last);
                if self.is_about_an_action(last) && !words.is_empty() {
                    // Its command has a number where others have words.
                    format!("“{}”", uncapitalized(&decision::said(last.tag, &words)))
                } else {
                    format!("#{} {}", last.tag.as_str(), shortened(&words))
                }
            }
            Tag::EndVote => self.poll(self.vote_that_is_on()?.ts, now)?.in_words(),
            _ => return None,
        };
        Some(format!("#{} {TOLD} {}", tag.as_str(), words.trim_end()))
    }

    /// The rows that repeat words of this one: they are to go with it.
    pub fn repeating(&self, ts: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.repeated.iter().filter(move |(of, _)| *of == ts).map(|(_, by)| *by)
    }

    /// The words by which people know what a command did: of one that names an item, those of the item.
    fn words_of(&self, noted: &Noted) -> String {
        let named = command::edit(&noted.argument);
        match (noted.tag, named) {
            (Tag::Strike, Some((ts, _))) if !noted.pressed => self.row(ts).map(|it| self.words_of(it)).unwrap_or_default(),
            (tag, _) if noted.pressed || tag.step().is_some() => decision::words(&noted.argument).to_owned(),
            (Tag::Edit, Some((_, words))) => words.to_owned(),
            (Tag::EndVote, _) => self.ended_by(noted.ts).map(|start| start.argument.clone()).unwrap_or_default(),
            _ => noted.argument.clone(),
        }
    }

    /// Whether it decides on an action of an earlier event, or takes such a decision back.
    fn is_about_an_action(&self, noted: &Noted) -> bool {
        noted.pressed
            || noted.tag.step().is_some()
            || (noted.tag == Tag::Strike && noted.names().and_then(|ts| self.row(ts)).is_some_and(|it| it.tag.step().is_some()))
    }

    fn row(&self, ts: Timestamp) -> Option<&Noted> {
        self.noted.iter().find(|noted| noted.ts == ts)
    }

    /// The vote that this `#endvote` ends.
    pub(super) fn ended_by(&self, ts: Timestamp) -> Option<&Noted> {
        self.noted.iter().rfind(|noted| noted.ts < ts && is_start(noted.tag))
    }
}

fn uncapitalized(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

fn shortened(words: &str) -> String {
    let mut short: String = words.chars().take(REPEATED).collect();
    if short.len() < words.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_about_a_title_says_what_it_was_before() {
        for (title, before) in [("Harbour", "Weekly"), ("“Q”", "“no longer”"), ("a", "b”."), ("“B”, no longer “C”", "D”, no longer “E")]
        {
            assert_eq!(title_before(&renamed(title, before), title), Some(before));
        }
        let told = renamed("Harbour", "Weekly");
        assert_eq!((title_before(&told, "Har"), titles(&told)), (None, Some(("Harbour", "Weekly"))));
        assert_eq!(titles("This event is now called “Harbour”."), None);
        assert_eq!(title_given("This event is now called “B”, no longer “C”."), Some("B”, no longer “C"));
        assert_eq!(title_given("This event is now on Friday."), None);
    }
}
