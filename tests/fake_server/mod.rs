//! As much of Gavel's API as a replay uses, over one thread and `std::net`,
//! with faults on demand: answers that are lost after the work was done, and
//! refusals to work. It keeps the promise of nonces (G4).

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

/// What goes wrong with a request.
#[derive(Clone, Copy, PartialEq)]
pub enum Fault {
    None,
    /// The connection ends before anything is done.
    CutBefore,
    /// All is done and stored, then the connection ends without an answer.
    CutAfter,
    /// All is done and stored, then half of the answer comes.
    HalfAnswer,
    /// 503.
    Away,
    /// 429 with this `Retry-After`, in seconds.
    Paced(u32),
}

/// What the event has come to.
#[derive(Default)]
pub struct Event {
    /// Nickname and nonce; the token is the place in the list.
    pub people: Vec<(String, String)>,
    /// Nickname, text, nonce.
    pub rows: Vec<(String, String, String)>,
    pub left: Vec<String>,
    /// Nicknames that were in the event before.
    pub taken: Vec<String>,
    /// The event is closed when it has so many rows.
    pub closes_after: Option<usize>,
    /// Requests so far, also failed ones.
    pub requests: usize,
}

pub struct FakeServer {
    pub url: String,
    event: Arc<Mutex<Event>>,
}

impl FakeServer {
    /// Serves until the test's process ends. `fault` is asked with the method,
    /// the last part of the path and the number of the request, from 0.
    pub fn start(event: Event, fault: impl Fn(&str, &str, usize) -> Fault + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let event = Arc::new(Mutex::new(event));
        let shared = Arc::clone(&event);
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &shared, &fault);
            }
        });
        Self { url, event }
    }

    pub fn event(&self) -> MutexGuard<'_, Event> {
        self.event.lock().unwrap()
    }
}

fn serve(mut stream: TcpStream, event: &Mutex<Event>, fault: &dyn Fn(&str, &str, usize) -> Fault) {
    let Some(request) = Request::read(&stream) else {
        return;
    };
    let mut event = event.lock().unwrap();
    let fault = fault(&request.method, request.last(), event.requests);
    event.requests += 1;
    let (status, body) = match fault {
        Fault::CutBefore => return,
        Fault::Away => (503, problem("unavailable", "The database is away.")),
        Fault::Paced(_) => (429, problem("too-fast", "You are too fast.")),
        _ => event.answer(&request),
    };
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let retry = match fault {
        Fault::Paced(seconds) => format!("Retry-After: {seconds}\r\n"),
        _ => String::new(),
    };
    let head = format!("HTTP/1.1 {status} Some\r\nConnection: close\r\n{retry}Content-Length: {}\r\n\r\n", body.len());
    let sent = match fault {
        Fault::CutAfter => "",
        Fault::HalfAnswer => &body[..body.len() / 2],
        _ => &body,
    };
    drop(event);
    if fault != Fault::CutAfter {
        // The client may be gone; the test will tell.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(sent.as_bytes()));
    }
}

struct Request {
    method: String,
    path: String,
    token: Option<usize>,
    body: Value,
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut lines = BufReader::new(stream);
        let mut first = String::new();
        lines.read_line(&mut first).ok()?;
        let mut words = first.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let (mut length, mut token) = (0, None);
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).ok()?;
            let line = line.trim().to_lowercase();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().ok()?;
            } else if let Some(value) = line.strip_prefix("authorization: bearer ") {
                token = value.parse().ok();
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body).ok()?;
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Some(Self { method, path, token, body })
    }

    /// The last part of the path, without a query.
    fn last(&self) -> &str {
        let path = self.path.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }

    fn field(&self, name: &str) -> String {
        self.body[name].as_str().unwrap().to_owned()
    }
}

fn problem(kind: &str, detail: &str) -> Value {
    json!({ "type": format!("/problems/{kind}"), "title": kind, "detail": detail })
}

impl Event {
    fn answer(&mut self, request: &Request) -> (u16, Value) {
        let api = request.path.strip_prefix("/api/v1").unwrap();
        match (request.method.as_str(), api) {
            ("POST", "/events/e1/participants") => self.join(request),
            ("POST", "/events/e1/messages") => self.say(request),
            ("DELETE", "/events/e1/participants/me") => self.leave(request),
            ("GET", "/meetings/boats") => {
                let open = json!({ "id": "e1", "phase": "open", "opens_at": 1, "url": "" });
                (200, json!({ "slug": "boats", "current": open, "next": null }))
            }
            ("GET", "/meetings/tides") => {
                let next = json!({ "id": "e2", "phase": "scheduled", "opens_at": 1_795_550_400_000_000_i64 });
                (200, json!({ "slug": "tides", "current": null, "next": next }))
            }
            _ => (404, problem("not-found", "There is nothing here")),
        }
    }

    fn join(&mut self, request: &Request) -> (u16, Value) {
        let (nick, nonce) = (request.field("nick"), request.field("nonce"));
        let place = self.people.iter().position(|(_, known)| *known == nonce);
        if place.is_none() {
            if nick.contains(' ') {
                return (422, problem("nick-invalid", "A nickname has no spaces here"));
            }
            if self.taken.contains(&nick) || self.people.iter().any(|(known, _)| *known == nick) {
                return (409, problem("nick-taken", "Somebody has this nickname."));
            }
            self.people.push((nick.clone(), nonce));
        }
        let token = place.unwrap_or(self.people.len() - 1);
        let status = if place.is_some() { 200 } else { 201 };
        (status, json!({ "id": "p", "nick": nick, "token": token.to_string(), "cursor": 0 }))
    }

    fn say(&mut self, request: &Request) -> (u16, Value) {
        let Some((nick, _)) = request.token.and_then(|token| self.people.get(token)).cloned() else {
            return (401, problem("unauthorized", "This token is unknown."));
        };
        let (text, nonce) = (request.field("text"), request.field("nonce"));
        if let Some(ts) = self.rows.iter().position(|row| row.0 == nick && row.2 == nonce) {
            return (200, json!({ "ts": ts + 1, "kind": "said" }));
        }
        if self.closes_after.is_some_and(|rows| self.rows.len() >= rows) {
            return (410, problem("event-closed", "This event closed at 20:00"));
        }
        self.rows.push((nick, text, nonce));
        (201, json!({ "ts": self.rows.len(), "kind": "said" }))
    }

    fn leave(&mut self, request: &Request) -> (u16, Value) {
        let nick = request.token.and_then(|token| self.people.get(token)).map(|person| person.0.clone());
        match nick {
            Some(nick) if !self.left.contains(&nick) => {
                self.left.push(nick);
                (204, Value::Null)
            }
            _ => (401, problem("unauthorized", "This token is dead.")),
        }
    }
}
