//! Where a log is played to, and how an open event is found by its meeting's
//! link. Only asks the server; joins nothing.

use std::time::Duration;

use serde::Deserialize;

use super::ReplayError;
use super::client::{Ask, Client};
use super::progress::Progress;

/// How long a request is repeated while the server is away.
const PATIENCE: Duration = Duration::from_mins(1);

/// An event on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The server's address, such as `http://127.0.0.1:8000`.
    pub server: String,
    /// The event's id.
    pub event: String,
    /// Whether the participants stay when the log is at its end, and do not
    /// leave.
    pub stay: bool,
    /// How long a request is repeated, counted from its first failure.
    pub patience: Duration,
}

/// Of an event only what is of use here.
#[derive(Deserialize)]
struct Event {
    id: String,
    phase: String,
    opens_at: i64,
}

#[derive(Deserialize)]
struct Meeting {
    current: Option<Event>,
    next: Option<Event>,
}

impl Target {
    /// The event with this id. Participants leave at the end, and a request is
    /// repeated for 60 seconds.
    #[must_use]
    pub fn new(server: &str, event: &str) -> Self {
        Self { server: server.to_owned(), event: event.to_owned(), stay: false, patience: PATIENCE }
    }

    /// The event of the meeting `slug` that is open now.
    ///
    /// # Errors
    /// [`ReplayError::NoneOpen`] where none is, and whatever keeps the server
    /// from answering.
    pub fn open_event_of(server: &str, slug: &str, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Self, ReplayError> {
        let client = Client::new(server, PATIENCE)?;
        let path = format!("/meetings/{}", in_path(slug)?);
        let ask = Ask::Get { path: &path, token: None };
        let meeting: Meeting = client.ask(&ask, progress).map_err(|trouble| client.error(trouble, None))?;
        match meeting.current {
            Some(event) if event.phase == "open" => Ok(Self::new(server, &event.id)),
            current => {
                let ahead = [current, meeting.next].into_iter().flatten();
                let next = ahead.filter(|event| event.phase == "scheduled");
                let next = next.map(|event| event.opens_at).min();
                Err(ReplayError::NoneOpen { slug: slug.to_owned(), next })
            }
        }
    }
}

/// An id or a slug, checked to be one segment of a path that needs no escapes.
pub(super) fn in_path(name: &str) -> Result<&str, ReplayError> {
    let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    if !name.is_empty() && name.chars().all(plain) { Ok(name) } else { Err(ReplayError::Name(name.to_owned())) }
}
