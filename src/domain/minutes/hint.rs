//! What the writer of a line alone is told where it looks like a command and is none.

use std::fmt;

use super::table::{Argument, Tag};
use crate::domain::participant::NickProblem;

/// Why a line stayed chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Its writer is no chair.
    ForChairs(Tag),
    /// Nothing stands behind it.
    Empty(Tag),
    /// Something stands behind it.
    Alone(Tag),
    /// There is a vote already.
    VoteIsOn,
    NoVote,
    /// None of these options.
    NoOption(Vec<String>),
    /// Fewer than two options, or more than there may be.
    Options,
    /// Secret and live at once.
    SecretAndLive,
    /// No item to take back.
    NothingToUndo,
    /// No item of the minutes has this timestamp.
    NoItem,
    /// No action of an earlier event that is open has this timestamp.
    NoAction,
    /// This event has decided on the action already.
    Decided,
    /// Nobody in the event has this nickname.
    Nobody,
    /// They are, or are not, a chair already.
    SameAsBefore,
    /// No name that a participant may have.
    Nick(NickProblem),
    /// No title that an event may have; why.
    Title(String),
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForChairs(tag) => write!(f, "Only chairs can use #{}.", tag.as_str()),
            Self::Empty(tag) => {
                let (Argument::Must(what) | Argument::May(what)) = tag.entry().argument else { return Ok(()) };
                write!(f, "There is nothing behind #{0}. Write “#{0} {what}”.", tag.as_str())
            }
            Self::Alone(tag) => write!(f, "#{} stands alone in its message.", tag.as_str()),
            Self::VoteIsOn => f.write_str("A vote is on already. A chair ends it with #endvote."),
            Self::NoVote => f.write_str("No vote is on. A chair begins one with #startvote."),
            Self::NoOption(options) if options.is_empty() => {
                f.write_str("The question of this vote was removed. A chair ends it with #endvote.")
            }
            Self::NoOption(options) => write!(f, "This is none of the options: {}.", options.join(", ")),
            Self::Options => f.write_str("A vote has 2 to 20 different options, such as “#startvote Where next? Here, There”."),
            Self::SecretAndLive => f.write_str("The counts of a secret vote come at its end: it is “(secret)” or “(live)”, not both."),
            Self::NothingToUndo => f.write_str("There is nothing in the minutes to take back."),
            Self::NoItem => f.write_str("No item of the minutes has this timestamp. It is what the item’s link ends with, behind “#t”."),
            Self::NoAction => {
                f.write_str("No open action of an earlier event has this timestamp. The buttons beside the actions still open do the same.")
            }
            Self::Decided => f.write_str("This was decided already. A chair takes it back with #undo."),
            Self::Nobody => f.write_str("Nobody in this room has this nickname."),
            Self::SameAsBefore => f.write_str("They are that already."),
            Self::Nick(problem) => problem.fmt(f),
            Self::Title(why) => f.write_str(why),
        }?;
        f.write_str(" Your line was sent as a message.")
    }
}
