//! What a row of an event says of an action of an earlier one, and what that becomes in the minutes. Such a row is a chair's command
//! (`#done 1795550400123456`), behind which the program writes which action that is; or one of the program's own, whose text is for
//! people to read and ends with the row that it names.

use super::action_item::{Action, Step};
use super::command::table::Tag;
use super::command::{self, TOLD};
use super::model::{Carried, Item, Settled};
use crate::domain::time::Timestamp;

/// What a row says of an action of an earlier event.
pub(super) struct Decision {
    pub ts: Timestamp,
    pub nick: Option<String>,
    pub step: Step,
    pub given: Timestamp,
    /// Other words that it got here, and the row that gave them.
    pub text: Option<String>,
    pub edited: Option<Timestamp>,
}

/// So much of an action's words is told in a row, in characters, and so many of those who are to do it.
const WORDS: usize = 200;
const NAMES: usize = 5;

/// Which action it is, in one line: "books the room (ada)".
#[must_use]
pub fn in_words(action: &Action) -> String {
    let mut words = action.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > WORDS {
        words = words.chars().take(WORDS - 1).chain(['…']).collect();
    }
    let mut nicks = action.nicks();
    if nicks.len() > NAMES {
        nicks.truncate(NAMES);
        nicks.push("…".into());
    }
    if nicks.is_empty() { words } else { format!("{words} ({})", nicks.join(", ")) }
}

/// The text of a command that decides on an action, with which one that is: nobody knows it by its number.
#[must_use]
pub fn typed(text: &str, words: &str) -> String {
    format!("{text} {TOLD} {words}")
}

/// The text of the program's own row: "Done: books the room (ada) (#t1795550400123456)". The row named is that which gave the
/// action. In older logs a row that takes a decision back names that of the decision.
#[must_use]
pub fn told(tag: Tag, words: &str, names: Timestamp) -> String {
    format!("{} (#t{names})", said(tag, words))
}

/// The same for those who need no row named.
#[must_use]
pub fn said(tag: Tag, words: &str) -> String {
    let label = if tag == Tag::Strike { "Open again" } else { tag.entry().label };
    format!("{label}: {words}")
}

/// What stands in such a text as it would behind a command: the row that it names, and the words; nothing where it is emptied.
pub(super) fn argument(told: &str) -> String {
    let parts = told.strip_suffix(')').and_then(|told| told.rsplit_once(" (#t"));
    let words = |said: &str| said.split_once(": ").map(|(_, words)| words.to_owned()).unwrap_or_default();
    parts.map(|(said, ts)| typed(ts, &words(said))).unwrap_or_default()
}

/// The words behind a command that the program wrote there, or took from its own row.
pub(super) fn words(argument: &str) -> &str {
    argument.split_once(TOLD).map(|(_, words)| words.trim()).unwrap_or_default()
}

impl Decision {
    /// None where the row was redacted.
    pub fn read(ts: Timestamp, nick: Option<String>, tag: Tag, argument: &str) -> Option<Self> {
        let (given, _) = command::edit(argument)?;
        Some(Self { ts, nick, step: tag.step()?, given, text: None, edited: None })
    }

    pub fn item(&self, action: &Action) -> Item {
        Item {
            ts: self.ts,
            tag: Tag::Action,
            text: self.text.clone().unwrap_or_else(|| action.text.clone()),
            nick: self.nick.clone(),
            topic: None,
            assignees: Vec::new(),
            url: None,
            edited: self.edited,
            was: None,
            carried: Some(Carried { given: self.given, from: action.from.clone() }),
        }
    }

    pub fn settled(&self, action: &Action) -> Settled {
        Settled {
            ts: self.ts,
            step: self.step,
            nick: self.nick.clone(),
            text: action.text.clone(),
            assignees: action.nicks(),
            given: self.given,
            from: action.from.clone(),
        }
    }
}
