//! A calendar as an answer: its bytes, or word that the client has them already (RFC 9110, section 13).

use std::io::Cursor;

use chrono::DateTime;
use rocket::Request;
use rocket::http::Status;
use rocket::response::{self, Redirect, Responder, Response};
use sha2::{Digest, Sha256};

use crate::app::calendar::Calendar;
use crate::domain::secret::hex;
use crate::domain::time::Timestamp;

/// A calendar, or the way to where it is now.
pub enum Answer {
    Calendar(Box<Sent>),
    Moved(Box<Redirect>),
}

/// A calendar with what tells it apart from earlier ones.
pub struct Sent {
    calendar: Calendar,
    tag: String,
    /// In whole seconds; `None` as long as this second is not over: another change in it would look the same.
    modified: Option<i64>,
    file: Option<String>,
}

impl Answer {
    pub fn new(calendar: Calendar, now: Timestamp) -> Self {
        let tag = format!("\"{}\"", hex(&Sha256::digest(calendar.text.as_bytes())[..16]));
        let second = |at: Timestamp| at.micros() / 1_000_000;
        let modified = Some(second(calendar.changed)).filter(|modified| *modified < second(now));
        Self::Calendar(Box::new(Sent { calendar, tag, modified, file: None }))
    }

    /// To where the calendar is from now on.
    pub fn moved(path: String) -> Self {
        Self::Moved(Box::new(Redirect::permanent(path)))
    }

    /// The same, to be kept as a file of this name.
    pub fn file(self, name: String) -> Self {
        match self {
            Self::Calendar(sent) => Self::Calendar(Box::new(Sent { file: Some(name), ..*sent })),
            moved @ Self::Moved(_) => moved,
        }
    }
}

impl Sent {
    /// Whether the client has just this. A date is only asked where it sends no tag.
    fn is_known(&self, request: &Request<'_>) -> bool {
        let headers = request.headers();
        let mut tags = headers.get("If-None-Match").flat_map(|it| it.split(',')).map(str::trim).peekable();
        if tags.peek().is_some() {
            return tags.any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == self.tag);
        }
        let since = headers.get_one("If-Modified-Since").and_then(|it| DateTime::parse_from_rfc2822(it).ok());
        since.zip(self.modified).is_some_and(|(since, modified)| modified <= since.timestamp())
    }
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let sent = match self {
            Self::Moved(redirect) => return redirect.respond_to(request),
            Self::Calendar(sent) => sent,
        };
        let known = sent.is_known(request);
        let mut response = Response::build();
        response
            .raw_header("ETag", sent.tag)
            .raw_header("Cache-Control", if sent.calendar.public { "public, max-age=300" } else { "private, max-age=300" })
            .raw_header("X-Content-Type-Options", "nosniff");
        if let Some(modified) = sent.modified.and_then(|at| DateTime::from_timestamp(at, 0)) {
            response.raw_header("Last-Modified", modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        }
        if !sent.calendar.public {
            // Its address is a secret of those who have it.
            response.raw_header("X-Robots-Tag", "noindex");
        }
        if known {
            return response.status(Status::NotModified).ok();
        }
        response.raw_header("Content-Type", "text/calendar; charset=utf-8");
        if let Some(name) = sent.file {
            response.raw_header("Content-Disposition", format!("attachment; filename=\"{name}\""));
        }
        let bytes = sent.calendar.text.into_bytes();
        response.sized_body(bytes.len(), Cursor::new(bytes)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_this_very_second_is_not_hidden_behind_its_date() {
        let changed = Timestamp::from_seconds(1_795_521_600).plus_micros(300_000);
        let modified = |later: i64| {
            let calendar = Calendar { text: String::new(), changed, public: true };
            match Answer::new(calendar, changed.plus_micros(later)) {
                Answer::Calendar(sent) => sent.modified,
                Answer::Moved(_) => unreachable!("a calendar was made"),
            }
        };
        assert_eq!([modified(0), modified(699_999), modified(700_000)], [None, None, Some(1_795_521_600)]);
    }
}
