//! What a row of an event says of an action of an earlier one, and what that becomes in the minutes. Such a row is a chair's command
//! (`#done 1795550400123456`), or one of the program's own, whose text is for people to read and ends with the row that it names.

use super::action::{Action, Step};
use super::command;
use super::made::{Carried, Item, Settled};
use super::table::Tag;
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

/// So much of an action's words is told in a row, in characters.
const TOLD: usize = 200;

/// The text of the program's own row: "Done: ada books the room (#t1795550400123456)". With a tag that takes a decision back
/// the row named is that of the decision.
#[must_use]
pub fn told(tag: Tag, words: &str, names: Timestamp) -> String {
    format!("{} (#t{names})", said(tag, words))
}

/// The same for those who need no row named.
#[must_use]
pub fn said(tag: Tag, words: &str) -> String {
    let label = if tag == Tag::Strike { "Open again" } else { tag.entry().label };
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= TOLD {
        return format!("{label}: {words}");
    }
    format!("{label}: {}…", words.chars().take(TOLD - 1).collect::<String>())
}

/// The row that such a text names, as a command would; nothing where it is emptied.
pub(super) fn named(text: &str) -> &str {
    text.strip_suffix(')').and_then(|text| text.rsplit_once("(#t")).map(|(_, ts)| ts).unwrap_or_default()
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
