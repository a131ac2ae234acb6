//! The one table from `app::Error` to status, problem type, and sentence (RFC 9457). `respond` sends them.
//!
//! Causes are logged here, once, and shown to nobody.

use std::borrow::Cow;
use std::time::Duration;

use rocket::http::Status;
use serde::Serialize;
use serde_json::Value;

use super::api::minutes::action_items;
use crate::app::{Error, Thing};
use crate::domain::form::FieldProblem;
use crate::domain::schedule::event::EventProblem;
use crate::domain::talk::message::TextProblem;
use crate::domain::time;

/// What a client gets where an operation was not done.
#[derive(Clone, Debug)]
pub struct Problem {
    pub status: Status,
    /// The last part of its `type`, `/problems/{name}`: stable.
    pub name: &'static str,
    /// A short sentence.
    pub title: &'static str,
    /// What to do next.
    pub detail: String,
    pub fields: Vec<FieldProblem>,
    pub retry_after: Option<Duration>,
    /// The action that it is about, as calls give it.
    pub action: Option<Box<Value>>,
}

impl Problem {
    /// A problem without fields.
    #[must_use]
    pub fn new(status: u16, name: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status: Status::new(status), name, title, detail: detail.into(), fields: Vec::new(), retry_after: None, action: None }
    }

    /// A request that cannot be read.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, "bad-request", "The request cannot be read", detail)
    }

    /// A path that leads nowhere.
    #[must_use]
    pub fn no_path(path: &str) -> Self {
        Self::new(404, "not-found", "There is nothing here", format!("No page or call has the path {path}."))
    }

    /// A path that leads somewhere, but not with this method.
    #[must_use]
    pub fn no_method() -> Self {
        Self::new(405, "method-not-allowed", "This does not work here", "The path exists, but not for this method.")
    }

    /// As many connections as there may be.
    #[must_use]
    pub fn full() -> Self {
        Self {
            retry_after: Some(Duration::from_secs(5)),
            ..Self::new(503, "unavailable", "The server is full", "It has as many connections as it takes. Try again in a moment.")
        }
    }

    /// Fields that break rules.
    #[must_use]
    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        let detail = fields.iter().map(|it| format!("{}: {}", it.field, it.detail)).collect::<Vec<_>>().join(" ");
        Self { fields, ..Self::new(422, "invalid", "Some values break a rule", detail) }
    }

    /// One field that breaks a rule.
    #[must_use]
    pub fn field(field: &'static str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldProblem { field, detail: detail.into() }])
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(thing) => missing(thing),
            Error::Deleted => {
                Self::new(410, "meeting-deleted", "This meeting was deleted", "Its transcripts stay readable at their own links.")
            }
            Error::Invalid(fields) => Self::invalid(fields),
            Error::Nick(problem) => Self::new(422, "nick-invalid", "This nickname cannot be used", problem.to_string()),
            Error::NickTaken => Self::new(
                409,
                "nick-taken",
                "This nickname is taken",
                "Somebody in this event has this nickname, or one that looks like it. Choose another one.",
            ),
            Error::NonceUsed => Self::new(
                409,
                "nick-taken",
                "This join was sent before",
                "Its token is not given out again. Reload the page, or send a new nonce and a nickname that is free.",
            ),
            Error::Text(TextProblem::TooLong) => {
                Self::new(413, "text-too-long", "This message is too long", TextProblem::TooLong.to_string())
            }
            Error::Text(problem) => Self::new(422, "text-invalid", "This message cannot be sent", problem.to_string()),
            Error::Doubtful(hint) => Self::new(422, "text-doubtful", "This looks like a command", hint.asked()),
            Error::Withheld(hint) => Self::new(422, "text-invalid", "This message cannot be sent", hint.withheld()),
            Error::Nonce => Self::field("nonce", "A nonce has 1 to 64 visible ASCII characters."),
            Error::Time(field, problem) => Self::field(field, problem.to_string()),
            Error::Account(problem) => Self::field(crate::app::people::accounts::account_field(problem), problem.to_string()),
            Error::NotTaking(problem) => taking(problem),
            Error::Conflict(problem) => conflict(problem),
            Error::Settled(it) => Self {
                action: Some(Box::new(action_items::shape(&it.action))),
                ..Self::new(409, "action-settled", "This action is settled", it.to_string())
            },
            Error::SlugTaken => {
                let detail = crate::domain::schedule::slug::SlugProblem::Taken.to_string();
                Self {
                    fields: vec![FieldProblem { field: "slug", detail: detail.clone() }],
                    ..Self::new(409, "slug-taken", "This link is taken", detail)
                }
            }
            Error::NameTaken => {
                Self::new(409, "name-taken", "This name is taken", "An organizer has this name, or one that looks like it.")
            }
            Error::UndoOver => {
                Self::new(409, "undo-over", "This cannot be undone any more", "A deleted meeting can be restored for 30 days.")
            }
            Error::BadToken => Self::new(
                401,
                "bad-token",
                "You are not in this event",
                "The token is missing, of another event, or it has ended. Join the event, and send its token.",
            ),
            Error::NotSignedIn => {
                Self::new(401, "not-signed-in", "This is for organizers", "Sign in, or send an API token made by “gavel token add”.")
            }
            Error::WrongPassword => Self::new(401, "wrong-password", "Not signed in", "That name and password do not belong together."),
            Error::NotYours => {
                Self::new(403, "not-yours", "This meeting is not yours", "Only the organizer who made a meeting can change it.")
            }
            Error::NotAChair => Self::new(
                403,
                "not-a-chair",
                "This is for chairs",
                "You are in this event, but not as a chair. A chair or the organizer can make you one.",
            ),
            Error::BadChairKey => Self::new(
                401,
                "bad-chair-key",
                "This chair link does not hold",
                "It was renewed, or is not whole. Ask the organizer for the present one.",
            ),
            Error::SetUpOver => Self::new(
                404,
                "set-up-over",
                "This set-up link does not hold",
                "Take the one that the program printed at its last start. With an organizer there already, sign in instead.",
            ),
            Error::TooMany(wait) => Self::later(429, "too-many", "Too much at once", "", wait, "."),
            Error::Crowded(wait) => {
                let why = "As many polls are waiting as this server takes. ";
                Self::later(503, "crowded", "The server is at capacity", why, wait, ", with fewer at once.")
            }
            Error::Busy(wait) => {
                let why = "Too many people are signing in at the same time. ";
                Self::later(503, "busy", "The server is busy", why, wait, ".")
            }
            Error::Full(wait) => {
                let why = "More is being written than the server can store. ";
                Self::later(503, "busy", "The server is busy", why, wait, ".")
            }
            Error::Unavailable(cause) => {
                log::error!("A request could not be served: {cause}");
                Self {
                    retry_after: Some(Duration::from_secs(2)),
                    ..Self::new(503, "unavailable", "The server cannot do this now", "Nothing was lost. Try again in a moment.")
                }
            }
        }
    }
}

/// What was asked for is not there.
fn missing(thing: Thing) -> Problem {
    let (title, detail) = match thing {
        Thing::Meeting => ("There is no such meeting", "Check the link, or look for the meeting on the front page."),
        Thing::Event => ("There is no such event", "Check the link, or look for the event on its meeting's page."),
        Thing::Participant => ("There is no such person", "They are not, or no longer, in this event."),
        Thing::Calendar => (
            "There is no such calendar",
            "Its address was renewed, or is not whole. Whoever it belongs to finds the present one on the schedule.",
        ),
        Thing::Reminder => {
            ("This link has ended", "It is not whole, or its time is over. To be reminded of a meeting by mail, ask on the meeting's page.")
        }
        Thing::Action => (
            "There is no such action",
            "No action that an earlier event left open has this timestamp. It may have been decided on elsewhere, or be too long ago.",
        ),
        Thing::Item => ("There is no such item", "No item of these minutes has this timestamp, or it was taken out."),
        Thing::Message => ("There is no such message", "No person's message of this event has this timestamp."),
    };
    Problem::new(404, "not-found", title, detail)
}

/// What participants meet: the event does not take anything now.
fn taking(problem: EventProblem) -> Problem {
    match problem {
        EventProblem::Closed => {
            Problem::new(410, "event-closed", "This event is closed", "Nobody can write in it any more. Its transcript stays at its link.")
        }
        EventProblem::Cancelled => {
            Problem::new(403, "event-cancelled", "This event was cancelled", "See the meeting's page for the next one.")
        }
        EventProblem::NotOpen => {
            Problem::new(403, "event-not-open", "This event is not open yet", "It opens at its set time. Wait in its lobby.")
        }
        other => conflict(other),
    }
}

/// What organizers meet: the state of the event forbids what they asked.
fn conflict(problem: EventProblem) -> Problem {
    let (name, title, detail) = match problem {
        EventProblem::NotOpen => ("event-not-open", "This event is not open", "Only an open event can be closed or extended."),
        EventProblem::Closed => ("event-closed", "This event is closed", "What is closed stays closed. Add another event instead."),
        EventProblem::Cancelled => ("event-cancelled", "This event is cancelled", "Restore it first."),
        EventProblem::NotClosed => {
            ("event-not-closed", "This event has not closed", "Until then chairs change its minutes in the room, with #edit and #strike.")
        }
        EventProblem::AlreadyOpen => ("event-open", "This event is open already", "Its start is fixed. Its end can still be moved."),
        EventProblem::NotCancelled => ("event-not-cancelled", "This event is not cancelled", "There is nothing to restore."),
        EventProblem::EndBehind => {
            return Problem::field("closes_at", "This end lies behind. Choose one that is still ahead.");
        }
        EventProblem::EndBeforeStart => return Problem::field("closes_at", "An event ends after its start."),
        EventProblem::TooLong => return Problem::field("closes_at", "An event lasts up to 24 hours."),
        EventProblem::SameStart => ("event-exists", "There is such an event", "The meeting has an event with this start already."),
        EventProblem::TimesChanged => {
            ("times-changed", "Nothing is undone", "The times of the meeting were changed again since. Change them by its form.")
        }
        EventProblem::AgendaChanged => (
            "agenda-changed",
            "The agenda has changed meanwhile",
            "Look at it as it is now, and change it again where that is still needed.",
        ),
        EventProblem::AgendaFull => {
            ("agenda-full", "The agenda takes no more items", "Shorten or mend the agenda of the next event, or copy them by hand.")
        }
        EventProblem::MeetingDeleted => ("meeting-deleted", "Its meeting is deleted", "Restore the meeting first."),
        EventProblem::IntoNext(next, zone) => {
            let day = next.in_zone(zone).format("%A %-d %B");
            let detail =
                format!("The next event of this meeting begins on {day} at {}. Extend by less, or move that one.", next.on_clocks(zone));
            return Problem::new(409, "next-event", "The next event begins before that", detail);
        }
        EventProblem::Overlaps(opens, closes, zone) => {
            let day = opens.in_zone(zone).format("%A %-d %B");
            let detail = format!("It would overlap the event of {day}, {}. Choose another time.", time::hours(opens, closes, zone));
            return Problem::new(409, "overlaps", "Another event of this meeting is then", detail);
        }
        EventProblem::TooEarly { from, zone, by_chair } => {
            let why = if by_chair {
                "Chairs open a room up to 30 minutes early"
            } else {
                "A room that is opened early keeps its set end, and is open for up to 24 hours"
            };
            let detail = format!("{why}: this one from {} on.", from.in_full(zone));
            return Problem::new(409, "too-early", "It is too early to open this event", detail);
        }
    };
    Problem::new(409, name, title, detail)
}

const fn seconds(wait: Duration) -> u64 {
    // Rounded up, so that who waits as told is let in.
    let whole = wait.as_secs();
    if wait.subsec_nanos() > 0 || whole == 0 { whole + 1 } else { whole }
}

/// The members of RFC 9457, section 3.1, `errors` where fields are at fault, and the `action` that is settled.
#[derive(Serialize)]
struct Body<'p> {
    r#type: String,
    title: &'p str,
    status: u16,
    detail: &'p str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'p [FieldProblem],
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'p Value>,
}

/// A header of an answer.
type Header = (&'static str, Cow<'static, str>);

impl Problem {
    /// Something that can be done after `wait`.
    fn later(status: u16, name: &'static str, title: &'static str, why: &str, wait: Duration, how: &str) -> Self {
        let detail = format!("{why}Wait {} s and try again{how}", seconds(wait));
        Self { retry_after: Some(wait), ..Self::new(status, name, title, detail) }
    }

    /// The problem as problem+json: the same from whichever listener it is sent.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        let body = Body {
            r#type: format!("/problems/{}", self.name),
            title: self.title,
            status: self.status.code,
            detail: &self.detail,
            errors: &self.fields,
            action: self.action.as_deref(),
        };
        // Strings and a number always serialize.
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// The headers that go with [`Self::json`].
    pub fn headers(&self) -> impl Iterator<Item = Header> {
        let always = [("Content-Type", "application/problem+json".into()), ("Cache-Control", "no-store".into())];
        let challenge = (self.status == Status::Unauthorized).then(|| ("WWW-Authenticate", "Bearer".into()));
        always.into_iter().chain(self.retry()).chain(challenge)
    }

    pub(super) fn retry(&self) -> Option<Header> {
        self.retry_after.map(|wait| ("Retry-After", seconds(wait).to_string().into()))
    }
}
