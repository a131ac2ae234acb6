//! Answers as hyper sends them: the same bytes and headers as Rocket's routes give, and no more.

use std::convert::Infallible;
use std::fmt::Write;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};

use super::chunks::{self, Chunks};
use super::idle::Busy;
use crate::app::talk::poll::Answer;
use crate::app::talk::stream::Stream;
use crate::http::compression;
use crate::http::compression::accept::Coding;
use crate::http::problem::Problem;
use crate::http::security::HSTS;

/// Up to this size `now` and the shared rest are copied into one piece: one buffer to write is
/// cheaper than two. Larger ones are sent as they lie in the room.
const COPIED: usize = 8 * 1024;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const NO: HeaderValue = HeaderValue::from_static("no");
/// What the door's paths take.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// The bytes of an answer. While they are being sent, the connection is busy.
pub(super) struct Body {
    pub content: Content,
    pub _busy: Busy,
}

/// The bytes alone.
pub(super) enum Content {
    /// All of them, in up to two pieces.
    Whole { first: Bytes, rest: Bytes },
    /// As they come.
    Stream(Box<dyn Chunks>),
}

impl Content {
    const NONE: Self = Self::Whole { first: Bytes::new(), rest: Bytes::new() };

    fn of(bytes: impl Into<Bytes>) -> Self {
        Self::Whole { first: bytes.into(), rest: Bytes::new() }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = match &mut self.content {
            Content::Whole { first, rest } => {
                let piece = mem::replace(first, mem::take(rest));
                (!piece.is_empty()).then_some(piece)
            }
            Content::Stream(chunks) => ready!(chunks.poll_next(cx)),
        };
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.content, Content::Whole { first, .. } if first.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole { first, rest } => SizeHint::with_exact((first.len() + rest.len()) as u64),
            Content::Stream(_) => SizeHint::default(),
        }
    }
}

fn json(body: Content) -> Response<Content> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// A poll's answer.
pub(super) fn poll(answer: Answer) -> Response<Content> {
    let (head, tail) = (answer.head(), answer.tail);
    let head = head.as_slice();
    let body = if tail.len() <= COPIED {
        // Exactly as large as it has to be, so that it becomes `Bytes` without a second allocation.
        let mut whole = Vec::with_capacity(head.len() + tail.len());
        whole.extend_from_slice(head);
        whole.extend_from_slice(&tail);
        Content::of(whole)
    } else {
        Content::Whole { first: Bytes::copy_from_slice(head), rest: tail }
    };
    let mut response = json(body);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// The answer to a poll that does not wait, in a coding if that makes it shorter.
pub(super) async fn own_poll(answer: Answer, coding: Option<Coding>) -> Response<Content> {
    let size = answer.head().as_slice().len() + answer.tail.len();
    if size < compression::LEAST {
        return poll(answer);
    }
    let mut response = match coding {
        Some(coding) => packed(answer, coding).await,
        None => poll(answer),
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    response
}

async fn packed(answer: Answer, coding: Coding) -> Response<Content> {
    let plain = [answer.head().as_slice(), &answer.tail].concat();
    match compression::pack(coding, &plain).await {
        Ok(Some(packed)) => {
            let mut response = json(Content::of(packed));
            response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
            response
        }
        Ok(None) => poll(answer),
        Err(problem) => {
            log::error!("An answer could not be compressed: {problem}");
            poll(answer)
        }
    }
}

/// Server-sent events; the head alone where nobody reads them.
pub(super) fn stream(stream: Option<Stream>, head: bool) -> Response<Content> {
    let mut response = match stream {
        None => nothing(),
        Some(stream) => {
            let mut response = Response::new(if head { Content::NONE } else { Content::Stream(chunks::of(stream)) });
            response.headers_mut().insert(CONTENT_TYPE, EVENTS);
            // nginx keeps answers back until a buffer is full, unless it is told not to.
            response.headers_mut().insert(BUFFERING, NO);
            response
        }
    };
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// The program is well.
pub(super) fn healthy() -> Response<Content> {
    json(Content::of(&b"{\"status\":\"ok\"}"[..]))
}

/// Headers only.
pub(super) fn nothing() -> Response<Content> {
    let mut response = Response::new(Content::NONE);
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Why something was not done.
pub(super) fn problem(problem: &Problem) -> Response<Content> {
    let mut response = Response::new(Content::of(problem.json()));
    *response.status_mut() = StatusCode::from_u16(problem.status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in problem.headers() {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        allow_methods(response.headers_mut());
    }
    response
}

/// Adds what every answer needs for browsers, as Rocket's have it.
pub(super) fn secure(headers: &mut HeaderMap, https: bool) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    headers.insert(RESOURCE_POLICY, SAME_ORIGIN);
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, NO_STORE);
    }
}

/// Names the methods that the door's paths take.
pub(super) fn allow_methods(headers: &mut HeaderMap) {
    headers.insert(ALLOW, METHODS);
}

/// A whole answer in bytes, for a connection that is not served.
pub(super) fn full(https: bool) -> Bytes {
    let problem = Problem::full();
    let body = problem.json();
    let mut text =
        format!("HTTP/1.1 {} Service Unavailable\r\nConnection: close\r\nContent-Length: {}\r\n", problem.status.code, body.len());
    for (name, value) in problem.headers() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text.push_str("X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n");
    if https {
        let _ = write!(text, "Strict-Transport-Security: {HSTS}\r\n");
    }
    text.push_str("\r\n");
    let mut whole = text.into_bytes();
    whole.extend_from_slice(&body);
    whole.into()
}
