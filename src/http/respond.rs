//! Sends problems: as problem+json under `/api`, as a page elsewhere; also for requests that no handler has seen.

use std::io::Cursor;

use rocket::http::Status;
use rocket::response::{self, Responder, Response};
use rocket::{Request, catch, catchers};

use super::problem::Problem;
use super::security::SecurityHeaders;
use super::web::error_page;
use crate::app::Error;

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        request.local_cache(|| Named(self.name));
        let mut response = if is_api(request) {
            let json = self.json();
            let mut answer = Response::build();
            for (name, value) in self.headers() {
                answer.raw_header(name, value);
            }
            answer.sized_body(json.len(), Cursor::new(json)).finalize()
        } else {
            let mut page = error_page(&self, request).respond_to(request)?;
            if let Some((name, value)) = self.retry() {
                page.set_raw_header(name, value);
            }
            page
        };
        response.set_status(self.status);
        Ok(response)
    }
}

impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        Problem::from(self).respond_to(request)
    }
}

/// The name of the problem that a request was answered with.
struct Named(&'static str);

/// The name of the problem that this request was answered with; empty where it was none.
pub(super) fn named(request: &Request<'_>) -> &'static str {
    request.local_cache(|| Named("")).0
}

/// Whether the client reads JSON rather than pages.
pub(super) fn is_api(request: &Request<'_>) -> bool {
    request.uri().path().starts_with("/api/") || request.uri().path() == "/health"
}

/// An answer to a request that no handler has seen, with the headers that every answer has.
struct Secured(Problem);

impl<'r> Responder<'r, 'static> for Secured {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = self.0.respond_to(request)?;
        if let Some(headers) = request.rocket().state::<SecurityHeaders>() {
            headers.secure(request, &mut response);
        }
        Ok(response)
    }
}

#[catch(default)]
fn unhandled(status: Status, request: &Request<'_>) -> Secured {
    Secured(match status.code {
        404 => Problem::no_path(request.uri().path().as_str()),
        405 => Problem::no_method(),
        408 => Problem::new(408, "too-slow", "The request took too long to arrive", "Send it again."),
        413 => Problem::new(413, "too-large", "The request is too large", "Send less at once."),
        400 => Problem::bad_request("Check its form against the documentation of the call."),
        422 => Problem::new(422, "invalid", "Some values break a rule", "Check the values that were sent."),
        code if code < 500 => Problem::new(code, "bad-request", "The request cannot be served", "Check it and send it again."),
        503 => Problem::new(503, "unavailable", "The server cannot do this now", "Try again in a moment."),
        _ => Problem::new(
            500,
            "internal",
            "Something went wrong in the program",
            "The cause is in the server's log. Try again, and tell whoever runs it.",
        ),
    })
}

/// The catchers of pages and API alike.
pub fn catchers() -> Vec<rocket::Catcher> {
    catchers![unhandled]
}
