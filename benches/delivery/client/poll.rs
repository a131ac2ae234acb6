//! The two ends of a room: a poll and a writer, each in the protocol of its server.
//!
//! Gavel, the waiting reference and Tornado's chat give the next cursor in the body; nchan gives it in two headers, and
//! each of its bodies is what was posted; socket.io has a session for each poll. All are parsed as far as the proof needs
//! and no further.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use serde::Deserialize;

use crate::Outcome;
use crate::client::http::{self, Connection};
use crate::client::socketio;

/// The part of an answer that counts; a row borrows from the body.
#[derive(Deserialize)]
struct Page<'a> {
    cursor: i64,
    #[serde(borrow)]
    messages: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    ts: i64,
    kind: &'a str,
}

/// The position of a poll.
#[derive(Clone)]
pub enum Place {
    /// The path up to the value of the cursor, and that value.
    Cursor(Arc<str>, i64),
    /// A path, and the two halves of nchan's message id: an HTTP date and a number. Empty means the oldest.
    Channel(Arc<str>, String, String),
    /// The path of a session of socket.io, which remembers what its poll lacks. It begins with [`Poll::begin`].
    Session(Arc<str>),
}

/// One long poll on a connection of its own.
pub struct Poll {
    connection: Connection,
    place: Place,
    request: Vec<u8>,
}

impl Poll {
    /// Begins a session where polls have one. Everything said from now on reaches the poll.
    pub async fn begin(mut connection: Connection, place: Place) -> Outcome<Self> {
        let place = match place {
            Place::Session(path) => Place::Session(socketio::connect(&mut connection, &path).await?),
            other => other,
        };
        Ok(Self { connection, place, request: Vec::new() })
    }

    /// Asks once, adds what came to `received`, with the time at which it came. An empty answer is not an error: it follows
    /// a time-out or a row that the program wrote.
    pub async fn once(&mut self, received: &mut Vec<(i64, Instant)>) -> Outcome<()> {
        self.request.clear();
        match &self.place {
            Place::Session(path) => self.request.extend_from_slice(&http::get(path, "")),
            Place::Cursor(path, cursor) => write!(self.request, "GET {path}{cursor} HTTP/1.1\r\nHost: localhost\r\n\r\n")?,
            Place::Channel(path, date, tag) => {
                write!(self.request, "GET {path} HTTP/1.1\r\nHost: localhost\r\n")?;
                if !date.is_empty() {
                    write!(self.request, "If-Modified-Since: {date}\r\nIf-None-Match: {tag}\r\n")?;
                }
                self.request.extend_from_slice(b"\r\n");
            }
        }
        let answer = self.connection.exchange(&self.request).await?;
        let at = Instant::now();
        let body = answer.success()?;
        match &mut self.place {
            Place::Cursor(_, cursor) => {
                let page: Page<'_> = serde_json::from_slice(body)?;
                *cursor = page.cursor;
                received.extend(page.messages.iter().filter(|row| row.kind == "said").map(|row| (row.ts, at)));
            }
            Place::Session(path) => {
                if socketio::receive(body, at, received)? {
                    self.connection.exchange(&socketio::pong(path)).await?.success()?;
                }
            }
            Place::Channel(_, date, tag) => {
                answer.header("Last-Modified").ok_or("nchan gave no message id")?.clone_into(date);
                answer.header("Etag").ok_or("nchan gave no message id")?.clone_into(tag);
                // One message comes bare, several as multipart; a row is a line of its own in both.
                for line in body.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"{")) {
                    received.push((serde_json::from_slice::<Row<'_>>(line)?.ts, at));
                }
            }
        }
        Ok(())
    }
}

/// The requests of a writer.
#[derive(Clone)]
pub enum Words {
    /// A complete request. The answer has the `ts` of the row.
    Fixed(Vec<u8>),
    /// Rows whose `ts` the writers of a channel count themselves, as nchan stores what it is given.
    Counted(String, Arc<AtomicI64>),
}

/// A person who posts one message at a time, on a connection of their own.
pub struct Writer {
    pub connection: Connection,
    pub words: Words,
}

impl Writer {
    /// Posts a message, and returns its `ts` when it is acknowledged.
    pub async fn say(&mut self) -> Outcome<i64> {
        match &self.words {
            Words::Fixed(request) => {
                let answer = self.connection.exchange(request).await?;
                Ok(serde_json::from_slice::<Row<'_>>(answer.success()?)?.ts)
            }
            Words::Counted(path, last) => {
                let ts = last.fetch_add(1, Ordering::Relaxed) + 1;
                self.connection.exchange(&http::post(path, "", &http::row(ts))).await?.success()?;
                Ok(ts)
            }
        }
    }
}
