//! What the writer of a line alone is told where it looks like a command and is none.

use std::fmt;

use super::table::{Argument, Tag};
use crate::domain::talk::participant::NickProblem;

/// Why a line stayed chat, or does less than it seems to.
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
    /// Two options that people could take for one another.
    OptionsAlike(Box<str>, Box<str>),
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
    /// Another event of the meeting ended the action; how.
    SettledElsewhere(String),
    /// No words behind the timestamp.
    NoWords,
    /// The item was taken out.
    Struck,
    /// Nobody in the event has this nickname.
    Nobody,
    /// They are, or are not, a chair already.
    SameAsBefore(Tag),
    /// Nobody else could run the room.
    LastChair,
    /// The other name is the nickname of somebody else.
    NickOfAnother,
    /// Who is named is here, or was named before.
    IsHere,
    /// The event has this title.
    SameTitle,
    /// A sign stands behind its word.
    Signed(Tag),
    /// It begins a later line of a message, which may itself be a command.
    Inside(Tag),
    /// A text with commas, and without a question mark before white space: all of it is the question.
    AllQuestion,
    /// No name that a participant may have.
    Nick(NickProblem),
    /// No title that an event may have; why.
    Title(String),
    /// It begins like a command, and there is none of this name; what may be meant.
    NoSuchCommand(Box<str>, Option<Tag>),
    /// The action item names nobody who is here.
    Unassigned,
}

impl Hint {
    /// Says it of a message that is sent only if its writer sends it once more.
    #[must_use]
    pub fn asked(&self) -> String {
        match self {
            Self::Inside(tag) => format!(
                "“#{}” does nothing on a later line: a command works only at the beginning of a message. Send that line by itself, or send \
                 this once more to send it as it is.",
                tag.as_str()
            ),
            hint => format!("{} Send it once more to send it as it is.", Why(hint)),
        }
    }

    /// The same for a line that was not sent, so that nobody reads what its writer votes.
    #[must_use]
    pub fn withheld(&self) -> String {
        format!("{} This vote is secret, so your line was not sent.", Why(self))
    }

    /// Whether the message did what its first line says.
    const fn is_remark(&self) -> bool {
        matches!(self, Self::Inside(_) | Self::AllQuestion | Self::Unassigned)
    }

    fn why(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
            Self::OptionsAlike(one, other) => {
                write!(f, "The options “{one}” and “{other}” look alike, so nobody could tell them apart. Change one of them.")
            }
            Self::SecretAndLive => f.write_str("The counts of a secret vote come at its end: it is “(secret)” or “(live)”, not both."),
            Self::NothingToUndo => f.write_str("There is nothing to take back."),
            Self::NoItem => f.write_str("No item of the minutes has this timestamp. It is what the item’s link ends with, behind “#t”."),
            Self::NoAction => {
                f.write_str("No open action of an earlier event has this timestamp. The buttons beside the actions still open do the same.")
            }
            Self::Decided => f.write_str("This was decided already. A chair takes it back with #undo."),
            Self::Nobody => f.write_str("Nobody in this room has this nickname."),
            Self::NoWords => f.write_str("There are no words behind the timestamp. Write the new words of the item there."),
            Self::Struck => f.write_str("This item was taken out of the minutes. “#undo” brings back what was taken out last."),
            Self::SameAsBefore(Tag::Unchair) => f.write_str("They are no chair."),
            Self::SameAsBefore(_) => f.write_str("They are a chair already."),
            Self::LastChair => f.write_str("Nobody else here could run this room: make somebody a chair first."),
            Self::NickOfAnother => f.write_str("Somebody else here has this nickname. Choose another name."),
            Self::IsHere => f.write_str("They stand among those who are here already."),
            Self::SameTitle => f.write_str("This event is called that already."),
            Self::Signed(tag) => write!(f, "White space stands behind a command: write “#{}” without another sign.", tag.as_str()),
            Self::Inside(tag) => {
                write!(f, "“#{}” did nothing: a command works only at the beginning of a message. Send that line by itself.", tag.as_str())
            }
            Self::AllQuestion => f.write_str(
                "This vote is on Yes, No and Abstain, and all of your text is its question: a question ends at a question mark with a \
                 space after it. For other options, take the vote back with “#undo” and write “#startvote Where next? Here, There”.",
            ),
            Self::Nick(problem) => write!(f, "{problem}"),
            Self::SettledElsewhere(how) => write!(f, "This action is settled. {how}"),
            Self::Title(why) => f.write_str(why),
            Self::NoSuchCommand(word, Some(meant)) => write!(f, "“{word}” is not a command. Did you mean “#{}”?", meant.as_str()),
            Self::NoSuchCommand(word, None) => write!(f, "“{word}” is not a command here. The room’s commands begin with #."),
            Self::Unassigned => f.write_str(
                "This action item is assigned to nobody: it contains no nickname of anyone who was here. Send it again with one, or use \
                 “#edit” to change its words.",
            ),
        }
    }
}

/// The reason alone.
struct Why<'h>(&'h Hint);

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.why(f)
    }
}

impl Hint {
    /// Returns whether its writer probably meant this command, and no other word that begins like it.
    #[must_use]
    pub fn means(&self, tag: Tag) -> bool {
        const WORDS: [&str; 4] = ["#votes", "#voted", "#voter", "#voters"];
        matches!(self, Self::NoSuchCommand(word, Some(meant)) if *meant == tag && !WORDS.iter().any(|it| it.eq_ignore_ascii_case(word)))
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why(f)?;
        if self.is_remark() { Ok(()) } else { f.write_str(" Your line was sent as a message.") }
    }
}
