//! One request: which operation it asks for, and its answer.
//!
//! All that is needed of a request is read into small values before the first wait, and the request
//! dropped: its head shares the connection's read buffer, which would else be kept twice.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT_ENCODING, CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response};

use super::answer::{self, Body, Content};
use super::cors::Page;
use super::idle::Busy;
use super::{House, who};
use crate::app::security_log::{self, Event};
use crate::app::talk::poll::Poll;
use crate::app::talk::stream::Start;
use crate::app::{App, Error};
use crate::domain::network::Network;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;
use crate::http::api::event_id;
use crate::http::api::talk::poll_query;
use crate::http::compression::accept::{Accepted, Coding};
use crate::http::problem::Problem;

/// What is asked for.
enum DoorRequest {
    Poll {
        event: EventId,
        who: Option<ParticipantId>,
        session: Option<Box<str>>,
        poll: Poll,
        /// For the answer to a poll that does not wait.
        coding: Option<Coding>,
    },
    /// `head`: only whether and how it would begin.
    Stream {
        event: EventId,
        who: Option<ParticipantId>,
        session: Option<Box<str>>,
        start: Start,
        head: bool,
    },
    Health,
    /// Whether a page may ask.
    Permission,
}

/// Answers a request. `busy` is kept until the answer is sent.
pub(super) fn answer(
    house: &House,
    app: &App,
    peer: IpAddr,
    busy: Busy,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send + use<> {
    let page = Page::of(request.headers(), house.public_url.as_deref());
    // A body is not read. What follows it on the connection could then not be told from it.
    let (closes, https) = (!request.body().is_end_stream(), house.https);
    let asked = read(house, app, peer, &request).map_err(Box::new);
    drop(request);
    let app = app.clone();
    async move {
        let answer = match &asked {
            Ok(DoorRequest::Poll { event, who, session, poll, coding }) => {
                let mut rows = app.messages_after(event, who.as_ref(), poll).await;
                if let Err(error) = &rows
                    && Box::pin(owns_draft(&app, error, session.as_deref(), event)).await
                {
                    rows = Box::pin(app.messages_after(event, who.as_ref(), &Poll { insider: true, ..poll.clone() })).await;
                }
                match rows {
                    Ok(rows) if rows.shared => answer::poll(rows),
                    Ok(rows) => Box::pin(answer::own_poll(rows, *coding)).await,
                    Err(error) => refused(error, poll.from),
                }
            }
            Ok(DoorRequest::Stream { event, who, session, start, head }) => {
                let mut stream = Box::pin(app.stream(event, who.clone(), *start)).await;
                if let Err(error) = &stream
                    && Box::pin(owns_draft(&app, error, session.as_deref(), event)).await
                {
                    stream = Box::pin(app.stream(event, who.clone(), Start { insider: true, ..*start })).await;
                }
                match stream {
                    Ok(stream) => answer::stream(stream, *head),
                    Err(error) => refused(error, start.from),
                }
            }
            Ok(DoorRequest::Health) => match Box::pin(app.health()).await {
                Ok(()) => answer::healthy(),
                Err(error) => answer::problem(&error.into()),
            },
            Ok(DoorRequest::Permission) => permission(&page),
            Err(problem) => answer::problem(problem),
        };
        Ok(finished(answer, &page, https, closes).map(|content| Body { content, _busy: busy }))
    }
}

/// Returns whether a request that found no event comes from the organizer of the draft that has it.
async fn owns_draft(app: &App, error: &Error, session: Option<&str>, event: &EventId) -> bool {
    let (Error::NotFound(_), Some(session)) = (error, session) else { return false };
    // A database that cannot say so now has been reported by the first answer, or will be by the next one.
    app.session_owns_event(session, event).await.unwrap_or(false)
}

/// The paths of the door.
enum Call<'p> {
    Messages(&'p str),
    Stream(&'p str),
    Health,
}

fn call(path: &str) -> Option<Call<'_>> {
    if path == "/health" {
        return Some(Call::Health);
    }
    match path.strip_prefix("/api/v1/events/")?.split_once('/')? {
        (id, "messages") => Some(Call::Messages(id)),
        (id, "stream") => Some(Call::Stream(id)),
        _ => None,
    }
}

/// Reads what is asked for, in the order in which Rocket's routes do.
fn read(house: &House, app: &App, peer: IpAddr, request: &Request<Incoming>) -> Result<DoorRequest, Problem> {
    let path = request.uri().path();
    let call = call(path).ok_or_else(|| Problem::no_path(path))?;
    let head = match *request.method() {
        Method::GET => false,
        Method::HEAD => true,
        Method::OPTIONS => return Ok(DoorRequest::Permission),
        _ => return Err(Problem::no_method()),
    };
    let (headers, query) = (request.headers(), request.uri().query().unwrap_or_default());
    if headers.get_all(HOST).iter().nth(1).is_some() {
        return Err(Problem::bad_request("The request has more than one Host header."));
    }
    let from = Some(Network::of(who::address(headers, house.ip_header.as_deref(), peer)));
    match call {
        Call::Health => Ok(DoorRequest::Health),
        Call::Messages(id) => {
            let (event, poll) = (event_id(id)?, poll_query::read(query)?);
            let wait = if head { Duration::ZERO } else { poll.wait };
            let who = who::participant(app, (&house.cookies, house.rooms), headers, &event)?;
            let session = house.cookies.session(headers, house.session);
            let coding = if wait.is_zero() { Accepted::read(texts(headers, ACCEPT_ENCODING)).coding } else { None };
            Ok(DoorRequest::Poll { event, who, session, poll: Poll { wait, from, ..poll }, coding })
        }
        Call::Stream(id) => {
            let last = headers.get("last-event-id").map(|id| String::from_utf8_lossy(id.as_bytes()));
            let (event, after) = (event_id(id)?, poll_query::resume(query, last.as_deref())?);
            let who = who::participant(app, (&house.cookies, house.rooms), headers, &event)?;
            let session = house.cookies.session(headers, house.session);
            Ok(DoorRequest::Stream { event, who, session, start: Start { after, from, insider: false }, head })
        }
    }
}

/// The values of a header that are text.
fn texts(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

fn refused(error: Error, from: Option<Network>) -> Response<Content> {
    if matches!(error, Error::Crowded(_) | Error::TooMany(_)) {
        security_log::note(Event::LimitReached { route: "door" }, from);
    }
    answer::problem(&error.into())
}

fn permission(page: &Page) -> Response<Content> {
    let mut response = answer::nothing();
    answer::allow_methods(response.headers_mut());
    page.allow_asked(response.headers_mut());
    response
}

fn finished(mut response: Response<Content>, page: &Page, https: bool, closes: bool) -> Response<Content> {
    page.allow(response.headers_mut());
    answer::secure(response.headers_mut(), https);
    if closes {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
