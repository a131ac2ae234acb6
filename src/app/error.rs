//! Why an operation was not done, in the user's terms. `http/problem.rs` gives each its status and words.

use std::fmt;
use std::time::Duration;

use super::minutes::action_items::Elsewhere;
use super::security_log::{self, Event};
use crate::domain::form::FieldProblem;
use crate::domain::minutes::Hint;
use crate::domain::people::organizer::AccountProblem;
use crate::domain::schedule::event::EventProblem;
use crate::domain::talk::message::TextProblem;
use crate::domain::talk::participant::NickProblem;
use crate::domain::time::TimeProblem;
use crate::store::talk::participant_action::Refusal;
use crate::{live, store};

/// What was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Meeting,
    Event,
    Participant,
    Message,
    /// An item of the minutes.
    Item,
    /// An action of an earlier event that is open, or decided on here.
    Action,
    /// The private feed of an organizer.
    Calendar,
    /// What a link in a mail led to.
    Reminder,
}

/// Why an operation was not done.
#[derive(Debug)]
pub enum Error {
    NotFound(Thing),
    /// The meeting is deleted; its slug was this.
    Deleted,
    /// The fields of a form or a body that break rules.
    Invalid(Vec<FieldProblem>),
    Nick(NickProblem),
    NickTaken,
    /// Someone joined with this nonce before, and it does not get their token.
    NonceUsed,
    Text(TextProblem),
    /// It was meant to be a secret vote and is none: why.
    Withheld(Hint),
    /// It looks like a command and is not one: its writer is asked first.
    Doubtful(Hint),
    /// A nonce that is empty, too long, or not visible ASCII.
    Nonce,
    Time(&'static str, TimeProblem),
    Account(AccountProblem),
    /// The event takes no messages and no people now.
    NotTaking(EventProblem),
    /// What an organizer asked goes against the state of the event.
    Conflict(EventProblem),
    /// Another event of the meeting ended the action.
    Settled(Box<Elsewhere>),
    SlugTaken,
    /// The name of an organizer, or one like it, is taken.
    NameTaken,
    /// It was deleted too long ago to be restored.
    UndoOver,
    /// No token, or none of a participant of this event.
    BadToken,
    /// Nobody is signed in, or the API token is unknown.
    NotSignedIn,
    /// Name and password do not belong together.
    WrongPassword,
    /// The meeting belongs to another organizer.
    NotYours,
    /// The participant is no chair.
    NotAChair,
    /// The key of a chair link is none, or no longer one.
    BadChairKey,
    /// The set-up link is not, or no longer, the one.
    SetUpOver,
    /// Too much from one source; try again after this time.
    TooMany(Duration),
    /// As many polls are parked as may be; try again after this time.
    Crowded(Duration),
    /// As many passwords wait to be checked as may; try again after this time.
    Busy(Duration),
    /// As many writes wait for the database as may; try again after this time.
    Full(Duration),
    /// The program cannot do it now. What it said of the cause is for the log.
    Unavailable(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Error {}

impl From<store::Error> for Error {
    fn from(cause: store::Error) -> Self {
        // Where a row may be missing, operations ask with `find` and say what was not found.
        match cause {
            store::Error::Missing => Self::NotFound(Thing::Event),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<live::Error> for Error {
    fn from(cause: live::Error) -> Self {
        match cause {
            live::Error::Store(cause) => cause.into(),
            live::Error::Busy => {
                security_log::note(Event::LimitReached { route: "writer" }, None);
                Self::Full(Duration::from_secs(2))
            }
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl Error {
    /// There is no place for one more poll. The time differs, so that not all come again together.
    pub(super) fn crowded() -> Self {
        Self::Crowded(Duration::from_secs(rand::random_range(2..=10)))
    }

    /// A refusal of something that a participant did.
    pub(super) fn of_participant(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Event(problem) => Self::NotTaking(problem),
            Refusal::NoParticipant => Self::BadToken,
            other => Self::of_organizer(other),
        }
    }

    /// A refusal of something that an organizer did.
    pub(super) fn of_organizer(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoEvent => Self::NotFound(Thing::Event),
            Refusal::NoParticipant => Self::NotFound(Thing::Participant),
            Refusal::NoMessage => Self::NotFound(Thing::Message),
            Refusal::NickTaken => Self::NickTaken,
            Refusal::NonceUsed => Self::NonceUsed,
            Refusal::SlugTaken => Self::SlugTaken,
            Refusal::UndoOver => Self::UndoOver,
            Refusal::Event(problem) => Self::Conflict(problem),
            Refusal::Withheld(hint) => Self::Withheld(hint),
        }
    }
}
