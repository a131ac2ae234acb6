//! Server-sent events, read from a connection as the HTML standard describes them, as far as a checker needs that.

use std::collections::VecDeque;
use std::io;

use super::http::{Connection, Head};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub id: String,
    pub kind: String,
    pub data: String,
}

/// A stream that has begun.
pub struct Events {
    connection: Connection,
    head: Head,
    parser: Parser,
}

impl Events {
    /// Asks for a stream; the status where that is not what comes.
    pub async fn open(mut connection: Connection, request: &[u8]) -> io::Result<Result<Self, u16>> {
        connection.send(request).await?;
        let head = connection.head().await?;
        let is_stream = head.header("content-type").is_some_and(|it| it.starts_with("text/event-stream"));
        if head.status != 200 || !is_stream {
            return Ok(Err(head.status));
        }
        Ok(Ok(Self { connection, head, parser: Parser::default() }))
    }

    /// The next event that is complete; `None` at the end of the stream.
    pub async fn next(&mut self) -> io::Result<Option<Event>> {
        loop {
            if let Some(event) = self.parser.ready.pop_front() {
                return Ok(Some(event));
            }
            match self.connection.piece(&mut self.head).await? {
                Some(piece) => self.parser.take(&piece),
                None => return Ok(None),
            }
        }
    }
}

/// Makes events of bytes, however they are cut into pieces.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    event: Event,
    pub ready: VecDeque<Event>,
}

impl Parser {
    pub fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' => self.end_line(),
                b'\r' => {}
                _ => self.line.push(*byte),
            }
        }
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            if event != Event::default() {
                self.ready.push_back(event);
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => value.clone_into(&mut self.event.id),
            "event" => value.clone_into(&mut self.event.kind),
            "data" => {
                if !self.event.data.is_empty() {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            // Comments keep the connection alive; other fields are not for us.
            _ => {}
        }
    }
}
