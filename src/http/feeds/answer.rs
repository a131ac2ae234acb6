//! A calendar or a feed as an answer: its bytes, or word that the client has them already (RFC 9110, section 13).

use std::io::Cursor;

use chrono::DateTime;
use rocket::Request;
use rocket::http::Status;
use rocket::response::{self, Redirect, Responder, Response};
use sha2::{Digest, Sha256};

use crate::app::calendar::icalendar::Calendar;
use crate::domain::secret::hex;
use crate::domain::time::Timestamp;

/// A document, or the way to where it is now.
pub enum Answer {
    Document(Box<Sent>),
    Moved(Box<Redirect>),
}

/// What is sent.
pub struct Document {
    pub text: String,
    pub content_type: &'static str,
    /// When it last came to be as it is.
    pub changed: Timestamp,
    /// Whether anybody may find it, rather than whoever has its address.
    pub public: bool,
}

impl From<Calendar> for Document {
    fn from(calendar: Calendar) -> Self {
        let Calendar { text, changed, public } = calendar;
        Self { text, content_type: "text/calendar; charset=utf-8", changed, public }
    }
}

/// A document with what tells it apart from earlier ones.
pub struct Sent {
    document: Document,
    tag: String,
    /// In whole seconds; `None` as long as this second is not over: another change in it would look the same.
    modified: Option<i64>,
    file: Option<String>,
}

impl Answer {
    pub fn new(document: impl Into<Document>, now: Timestamp) -> Self {
        let document = document.into();
        let tag = format!("\"{}\"", hex(&Sha256::digest(document.text.as_bytes())[..16]));
        let second = |at: Timestamp| at.micros() / 1_000_000;
        let modified = Some(second(document.changed)).filter(|modified| *modified < second(now));
        Self::Document(Box::new(Sent { document, tag, modified, file: None }))
    }

    /// To where the document is from now on.
    pub fn moved(path: String) -> Self {
        Self::Moved(Box::new(Redirect::permanent(path)))
    }

    /// The same, to be kept as a file of this name.
    pub fn file(self, name: String) -> Self {
        match self {
            Self::Document(sent) => Self::Document(Box::new(Sent { file: Some(name), ..*sent })),
            moved @ Self::Moved(_) => moved,
        }
    }
}

/// Whether the client has what this strong tag stands for, by `If-None-Match`; `None` where it does not say.
pub(in crate::http) fn has_match(request: &Request<'_>, tag: &str) -> Option<bool> {
    let mut tags = request.headers().get("If-None-Match").flat_map(|it| it.split(',')).map(str::trim).peekable();
    tags.peek()?;
    Some(tags.any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag))
}

impl Sent {
    /// Whether the client has just this. A date is only asked where it sends no tag.
    fn is_known(&self, request: &Request<'_>) -> bool {
        has_match(request, &self.tag).unwrap_or_else(|| {
            let since = request.headers().get_one("If-Modified-Since").and_then(|it| DateTime::parse_from_rfc2822(it).ok());
            since.zip(self.modified).is_some_and(|(since, modified)| modified <= since.timestamp())
        })
    }
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let sent = match self {
            Self::Moved(redirect) => return redirect.respond_to(request),
            Self::Document(sent) => sent,
        };
        let known = sent.is_known(request);
        let Document { text, content_type, public, .. } = sent.document;
        let mut response = Response::build();
        response
            .raw_header("ETag", sent.tag)
            .raw_header("Cache-Control", if public { "public, max-age=300" } else { "private, max-age=300" })
            .raw_header("X-Content-Type-Options", "nosniff");
        if let Some(modified) = sent.modified.and_then(|at| DateTime::from_timestamp(at, 0)) {
            response.raw_header("Last-Modified", modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        }
        if !public {
            // Its address is a secret of those who have it.
            response.raw_header("X-Robots-Tag", "noindex");
        }
        if known {
            return response.status(Status::NotModified).ok();
        }
        response.raw_header("Content-Type", content_type);
        if let Some(name) = sent.file {
            response.raw_header("Content-Disposition", format!("attachment; filename=\"{name}\""));
        }
        let bytes = text.into_bytes();
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
                Answer::Document(sent) => sent.modified,
                Answer::Moved(_) => unreachable!("a calendar was made"),
            }
        };
        assert_eq!([modified(0), modified(699_999), modified(700_000)], [None, None, Some(1_795_521_600)]);
    }
}
