//! The one table of commands: the parser reads it, the help is made of it, and it says who may give which.

use serde::{Serialize, Serializer};

use crate::domain::minutes::action_item::Step;
use Argument::{May, Must};
use Who::{Chairs, Everyone};

/// What a row is to the minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tag {
    Topic,
    Subtopic,
    Agreed,
    Accepted,
    Rejected,
    Action,
    Info,
    Idea,
    Help,
    Link,
    Here,
    /// Names somebody who is there and silent.
    Nick,
    StartVote,
    /// A vote with the options +1, 0 and −1.
    Motion,
    Vote,
    EndVote,
    /// Takes the last item back.
    Undo,
    /// Gives an item other words.
    Edit,
    /// Takes an item out.
    Strike,
    /// An action of an earlier event is done.
    Done,
    /// It goes on.
    Carry,
    /// It is given up.
    Drop,
    Chair,
    Unchair,
    Save,
    StartMeeting,
    MeetingName,
    EndMeeting,
}

/// Who may give a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Everyone,
    Chairs,
}

/// What stands behind a command's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing: with more behind it the line is chat.
    None,
    /// This, or nothing.
    May(&'static str),
    /// This.
    Must(&'static str),
}

/// A command.
#[derive(Clone, Copy, Debug)]
pub struct CommandEntry {
    pub tag: Tag,
    /// What is typed behind the `#`; the first is its name, the others are what bots of IRC call it.
    pub words: &'static [&'static str],
    /// What its line is marked with.
    pub label: &'static str,
    pub who: Who,
    pub argument: Argument,
    /// What it does, as the end of a sentence.
    pub help: &'static str,
}

const fn of(
    tag: Tag,
    words: &'static [&'static str],
    label: &'static str,
    who: Who,
    argument: Argument,
    help: &'static str,
) -> CommandEntry {
    CommandEntry { tag, words, label, who, argument, help }
}

/// Every command, in the order of the help.
pub static TABLE: [CommandEntry; 28] = [
    of(
        Tag::Action,
        &["action", "todo"],
        "Action",
        Everyone,
        Must("who does what"),
        "notes a task, for everybody whose nickname stands in it",
    ),
    of(Tag::Info, &["info", "note"], "Info", Everyone, Must("text"), "notes something worth knowing"),
    of(Tag::Idea, &["idea"], "Idea", Everyone, Must("text"), "notes an idea"),
    of(Tag::Help, &["help", "halp"], "Help wanted", Everyone, Must("text"), "notes that help is wanted with something"),
    of(Tag::Link, &["link"], "Link", Everyone, Must("address"), "notes a link; a line that begins with an address does the same"),
    of(Tag::Here, &["here"], "Here", Everyone, May("name"), "says that you are there, and by which other name you are called"),
    of(Tag::Vote, &["vote"], "Vote", Everyone, Must("option"), "votes; your last vote counts"),
    of(Tag::Topic, &["topic"], "Topic", Chairs, Must("text"), "begins a topic"),
    of(Tag::Subtopic, &["subtopic"], "Subtopic", Chairs, Must("text"), "begins a part of the topic"),
    of(Tag::Agreed, &["agreed", "agree"], "Agreed", Chairs, Must("text"), "notes what all agree on"),
    of(Tag::Accepted, &["accepted", "accept"], "Accepted", Chairs, Must("text"), "notes what is accepted"),
    of(Tag::Rejected, &["rejected", "reject"], "Rejected", Chairs, Must("text"), "notes what is rejected"),
    of(
        Tag::StartVote,
        &["startvote"],
        "Vote on",
        Chairs,
        Must("question? A, B, C"),
        "begins a vote; without options on Yes, No, Abstain; “(secret)” or “(live)” before the question hides who votes what, or shows the \
         counts at once",
    ),
    of(
        Tag::Motion,
        &["motion"],
        "Motion",
        Chairs,
        Must("text"),
        "begins a vote on a motion, by +1, 0 and -1; “(secret)” or “(live)” before it as for a vote",
    ),
    of(Tag::EndVote, &["endvote", "close"], "Vote ended", Chairs, Argument::None, "ends the vote and shows its counts"),
    of(Tag::Undo, &["undo"], "Taken back", Chairs, Argument::None, "takes back what the last command did; again, the one before it"),
    of(Tag::Edit, &["edit"], "Changed", Chairs, Must("timestamp text"), "gives the item of this timestamp other words"),
    of(Tag::Strike, &["strike"], "Struck", Chairs, Must("timestamp"), "takes the item of this timestamp out"),
    of(
        Tag::Done,
        &["done"],
        "Done",
        Chairs,
        Must("timestamp"),
        "ends an action of an earlier event, which is done; there are buttons for this",
    ),
    of(Tag::Carry, &["carry"], "Carried on", Chairs, Must("timestamp"), "puts an action of an earlier event into these minutes"),
    of(Tag::Drop, &["drop"], "Dropped", Chairs, Must("timestamp"), "ends an action of an earlier event, which nobody will do"),
    of(Tag::Nick, &["nick"], "Named", Chairs, Must("name"), "names somebody who is there and says nothing"),
    of(Tag::Chair, &["chair"], "Chair", Chairs, Must("nickname"), "makes somebody a chair"),
    of(Tag::Unchair, &["unchair"], "No chair", Chairs, Must("nickname"), "makes somebody a chair no more"),
    of(Tag::Save, &["save"], "Saved", Chairs, Argument::None, "is understood; minutes are kept as they are made"),
    of(
        Tag::StartMeeting,
        &["startmeeting"],
        "Begun",
        Chairs,
        May("title"),
        "is understood; the room has opened by itself. With words it gives this event a title",
    ),
    of(Tag::MeetingName, &["meetingname", "meetingtopic"], "Title", Chairs, Must("title"), "gives this event a title"),
    of(Tag::EndMeeting, &["endmeeting"], "Ended", Chairs, Argument::None, "closes the room at once, for good"),
];

impl Tag {
    /// Its entry in the table.
    #[must_use]
    pub fn entry(self) -> &'static CommandEntry {
        // The table has every tag: a test sees to it.
        TABLE.iter().find(|entry| entry.tag == self).unwrap_or(&TABLE[0])
    }

    /// The word in JSON, in the table of the database, and behind `#`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.entry().words[0]
    }

    /// Reads the word of the database.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        TABLE.iter().find(|entry| entry.words[0] == word).map(|entry| entry.tag)
    }

    /// Whether it adds to the minutes something that `#undo` takes back.
    #[must_use]
    pub const fn is_item(self) -> bool {
        self.is_text()
            || self.step().is_some()
            || matches!(self, Self::Nick | Self::StartVote | Self::Motion | Self::EndVote | Self::Edit | Self::Strike)
    }

    /// Whether what is noted are its words.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Topic
                | Self::Subtopic
                | Self::Agreed
                | Self::Accepted
                | Self::Rejected
                | Self::Action
                | Self::Info
                | Self::Idea
                | Self::Help
                | Self::Link
        )
    }

    /// Whether it notes a decision of all.
    #[must_use]
    pub const fn decides(self) -> bool {
        matches!(self, Self::Agreed | Self::Accepted | Self::Rejected)
    }

    /// What it makes of an action of an earlier event, if it is about one.
    #[must_use]
    pub const fn step(self) -> Option<Step> {
        match self {
            Self::Carry => Some(Step::Carried),
            Self::Done => Some(Step::Done),
            Self::Drop => Some(Step::Dropped),
            _ => None,
        }
    }

    /// What says that of an action of an earlier event; `None` for where one is given, which words do.
    #[must_use]
    pub fn of_step(step: Step) -> Option<Self> {
        [Self::Carry, Self::Done, Self::Drop].into_iter().find(|tag| tag.step() == Some(step))
    }

    /// Whether what stands behind its word begins with a timestamp, which is nothing to readers.
    #[must_use]
    pub const fn names_a_row(self) -> bool {
        self.step().is_some() || matches!(self, Self::Edit | Self::Strike)
    }

    /// Whether its row tells, in the words of other rows, what it did.
    #[must_use]
    pub const fn repeats(self) -> bool {
        self.step().is_some() || matches!(self, Self::Undo | Self::EndVote)
    }

    /// Whether the rows before it decide whether it can be given.
    #[must_use]
    pub const fn depends(self) -> bool {
        self.names_a_row() || matches!(self, Self::Vote | Self::Nick | Self::StartVote | Self::Motion | Self::EndVote | Self::Undo)
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}
