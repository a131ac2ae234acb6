//! The query of a poll, read strictly: a cursor that is not one must not pass as zero.

use std::str::FromStr;
use std::time::Duration;

use rocket::Request;
use rocket::http::RawStr;
use rocket::request::{FromRequest, Outcome};

use crate::app::talk::poll::Poll;
use crate::domain::limits;
use crate::domain::time::{LATEST, Timestamp};
use crate::http::problem::Problem;

/// A poll's query, or what is wrong with it.
pub struct PollQuery(pub Result<Poll, Problem>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PollQuery {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let query = request.uri().query().map(|query| query.raw().as_str());
        Outcome::Success(Self(read(query.unwrap_or_default())))
    }
}

/// An integer in digits only: `parse` alone would take a sign as well.
fn digits<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

fn cursor(name: &str, text: &str) -> Result<Timestamp, Problem> {
    let micros = digits(text).filter(|micros| (0..=LATEST).contains(micros));
    let micros = micros.ok_or_else(|| Problem::bad_request(format!("“{name}” is a cursor: an integer from 0 to 9007199254740991.")))?;
    Ok(Timestamp::from_micros(micros))
}

/// Where a stream goes on: behind the last event that its client got, else behind `after`.
///
/// # Errors
/// 400 for what is no cursor.
pub fn resume(query: &str, last_event_id: Option<&str>) -> Result<Timestamp, Problem> {
    match last_event_id.map(str::trim).filter(|id| !id.is_empty()) {
        Some(id) => cursor("Last-Event-ID", id),
        None => Ok(read(query)?.after),
    }
}

/// Reads the query of a catch-up: its cursor, and the name whose mentions are wanted.
///
/// # Errors
/// 400 for what is no cursor.
pub fn since(query: &str) -> Result<(Timestamp, Option<String>), Problem> {
    let (mut after, mut nick) = (Timestamp::ZERO, None);
    for (name, value) in query.split('&').map(|part| part.split_once('=').unwrap_or((part, ""))) {
        match name {
            "after" => after = cursor("after", value)?,
            "nick" => {
                let text = RawStr::new(value).url_decode().map_err(|_| Problem::bad_request("“nick” is not UTF-8."))?;
                nick = Some(text.into_owned());
            }
            _ => {}
        }
    }
    Ok((after, nick))
}

/// Reads what stands behind the question mark.
///
/// # Errors
/// 400 for a value that the parameter does not take.
pub fn read(query: &str) -> Result<Poll, Problem> {
    let mut poll = Poll::default();
    for (name, value) in query.split('&').map(|part| part.split_once('=').unwrap_or((part, ""))) {
        match name {
            "after" => poll.after = cursor("after", value)?,
            "wait" => {
                // An integer of any length is cut to the longest wait.
                let whole = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
                if !whole {
                    return Err(Problem::bad_request("“wait” is a number of seconds, from 0 to 50."));
                }
                poll.wait = Duration::from_secs(value.parse().unwrap_or(limits::WAIT).min(limits::WAIT));
            }
            "limit" => {
                let limit = digits(value).filter(|limit| (1..=limits::PAGE).contains(limit));
                poll.limit = limit.ok_or_else(|| Problem::bad_request("“limit” is a number of rows, from 1 to 500."))?;
            }
            "tab" => {
                let tab = RawStr::new(value).url_decode().map_err(|_| Problem::bad_request("“tab” is not UTF-8."))?;
                if !(1..=limits::TAB).contains(&tab.chars().count()) {
                    return Err(Problem::bad_request("“tab” has 1 to 36 characters."));
                }
                poll.tab = Some(tab.into_owned());
            }
            _ => {}
        }
    }
    Ok(poll)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_a_default() {
        assert_eq!(read("").ok(), Some(Poll::default()));
        assert_eq!(read("x=1&y").ok(), Some(Poll::default()));
    }

    #[test]
    fn a_long_wait_is_cut_and_anything_else_refused() {
        for (query, seconds) in [("wait=0", 0), ("wait=50", 50), ("wait=51", 50), ("wait=99999999999999999999999", 50)] {
            assert_eq!(read(query).ok().map(|poll| poll.wait.as_secs()), Some(seconds), "{query}");
        }
        for bad in [
            "wait=-1",
            "wait=",
            "wait=1e9",
            "wait=soon",
            "after=-1",
            "after=9007199254740992",
            "after=",
            "after=1.5",
            "limit=0",
            "limit=501",
            "limit=x",
            "tab=",
            "tab=1234567890123456789012345678901234567",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
