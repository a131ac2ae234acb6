//! What commands did and `#undo` takes back: also what stands beside the minutes, such as the title and the chairs. And what the
//! program says of it, in the row of the command itself.

use super::command::{self, TOLD};
use super::fold::{Fold, Noted, is_start};
use super::table::Tag;
use crate::domain::participant::Nick;
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
    format!("This event is now called “{title}”{BEFORE}{before}”.")
}

const BEFORE: &str = ", no longer “";

/// The title before, as [`renamed`] says it.
pub(super) fn title_before(told: &str) -> Option<String> {
    let (_, before) = told.split_once(&format!("”{BEFORE}"))?;
    Some(before.strip_suffix("”.")?.to_owned())
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
}

impl Fold {
    /// The last command that did something.
    pub(super) fn last_effect(&self) -> Option<usize> {
        self.noted.iter().rposition(Noted::has_effect)
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
                format!("#{} {}", last.tag.as_str(), shortened(&self.words_of(last)))
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
            (Tag::Strike, Some((ts, _))) => self.noted.iter().find(|it| it.ts == ts).map(|it| self.words_of(it)).unwrap_or_default(),
            (Tag::Edit, Some((_, words))) => words.to_owned(),
            (Tag::EndVote, _) => self.ended_by(noted.ts).map(|start| start.argument.clone()).unwrap_or_default(),
            _ => noted.argument.clone(),
        }
    }

    /// The vote that this `#endvote` ends.
    pub(super) fn ended_by(&self, ts: Timestamp) -> Option<&Noted> {
        self.noted.iter().rfind(|noted| noted.ts < ts && is_start(noted.tag))
    }
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
        for (title, before) in [("Harbour", "Weekly"), ("“Q”", "“no longer”"), ("a", "b”.")] {
            assert_eq!(title_before(&renamed(title, before)).as_deref(), Some(before));
        }
        assert_eq!(title_before("This event is now called “Harbour”."), None);
    }
}
