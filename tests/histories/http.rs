//! An HTTP/1.1 client light enough to read millions of rows beside the server that it tests, and rude enough for it:
//! a request can be cut anywhere, and so can an answer.
//!
//! One request at a time on a connection. Bodies of known length, in chunks, or until the end of the connection.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No answer here is longer; beyond it something is wrong.
const MOST_BYTES: usize = 256 * 1024 * 1024;

pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    /// How much of `received` is used up.
    used: usize,
}

/// The head of an answer.
#[derive(Debug)]
pub struct Head {
    pub status: u16,
    text: String,
    length: Length,
    /// Whether the server will take another request on this connection.
    pub keeps: bool,
}

#[derive(Clone, Copy, Debug)]
enum Length {
    /// So many bytes are still to come.
    Known(usize),
    Chunked,
    /// All that comes until the connection ends.
    Open,
    Over,
}

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    pub head: Head,
    pub body: Vec<u8>,
}

impl Reply {
    pub const fn status(&self) -> u16 {
        self.head.status
    }

    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(4096), used: 0 })
    }

    pub async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await
    }

    /// Sends a request and takes in the whole answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Reply> {
        self.send(request).await?;
        let mut head = self.head().await?;
        let mut body = Vec::new();
        while let Some(piece) = self.piece(&mut head).await? {
            body.extend_from_slice(&piece);
            if body.len() > MOST_BYTES {
                return Err(broken("the answer does not end"));
            }
        }
        Ok(Reply { head, body })
    }

    /// Reads the head of an answer.
    pub async fn head(&mut self) -> io::Result<Head> {
        loop {
            if let Some(end) = self.received[self.used..].windows(4).position(|it| it == b"\r\n\r\n") {
                let head = parse(&self.received[self.used..self.used + end])?;
                self.used += end + 4;
                return Ok(head);
            }
            self.more().await?;
        }
    }

    /// Reads the next piece of a body; `None` at its end.
    pub async fn piece(&mut self, head: &mut Head) -> io::Result<Option<Vec<u8>>> {
        match head.length {
            Length::Over | Length::Known(0) => Ok(None),
            Length::Known(left) => {
                if self.used == self.received.len() {
                    self.more().await?;
                }
                let piece = self.take(left.min(self.received.len() - self.used));
                head.length = Length::Known(left - piece.len());
                Ok(Some(piece))
            }
            Length::Chunked => {
                let size = loop {
                    if let Some(end) = self.received[self.used..].windows(2).position(|it| it == b"\r\n") {
                        let line = self.take(end + 2);
                        let digits = line.iter().take_while(|it| it.is_ascii_hexdigit()).count();
                        let digits = std::str::from_utf8(&line[..digits]).map_err(|_| broken("a chunk has no size"))?;
                        break usize::from_str_radix(digits, 16).map_err(|_| broken("a chunk has no size"))?;
                    }
                    self.more().await?;
                };
                if size > MOST_BYTES {
                    return Err(broken("a chunk is too large"));
                }
                while self.received.len() - self.used < size + 2 {
                    self.more().await?;
                }
                let mut piece = self.take(size + 2);
                piece.truncate(size);
                if size == 0 {
                    head.length = Length::Over;
                    return Ok(None);
                }
                Ok(Some(piece))
            }
            Length::Open => {
                if self.used == self.received.len()
                    && let Err(problem) = self.more().await
                {
                    return if problem.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(problem) };
                }
                Ok(Some(self.take(self.received.len() - self.used)))
            }
        }
    }

    /// Waits for the first bytes of an answer, whatever they are.
    pub async fn begun(&mut self) -> io::Result<()> {
        self.more().await
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let taken = self.received[self.used..self.used + length].to_vec();
        self.used += length;
        if self.used == self.received.len() {
            self.received.clear();
            self.used = 0;
        }
        taken
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.received.len() - self.used > MOST_BYTES {
            return Err(broken("the answer does not end"));
        }
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Head {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.text
            .split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|it| it.1.trim())
    }
}

fn parse(bytes: &[u8]) -> io::Result<Head> {
    let text = std::str::from_utf8(bytes).map_err(|_| broken("a head is no text"))?.to_owned();
    let status = text.split(' ').nth(1).and_then(|it| it.get(..3)).and_then(|it| it.parse().ok()).ok_or_else(|| broken("no status"))?;
    let mut head = Head { status, text, length: Length::Open, keeps: true };
    let chunked = head.header("transfer-encoding").is_some_and(|it| it.eq_ignore_ascii_case("chunked"));
    let length = head.header("content-length").map(str::parse).transpose().map_err(|_| broken("no length"))?;
    head.keeps = !head.header("connection").is_some_and(|it| it.eq_ignore_ascii_case("close"));
    head.length = match (chunked, length) {
        _ if status == 204 || status == 304 => Length::Over,
        (true, _) => Length::Chunked,
        (false, Some(length)) => Length::Known(length),
        (false, None) => Length::Open,
    };
    head.keeps &= !matches!(head.length, Length::Open);
    Ok(head)
}

/// A request; an empty token stands for none, `more` are further header lines, each with its `\r\n`.
pub fn request(method: &str, path: &str, token: &str, more: &str, body: Option<&Value>) -> Vec<u8> {
    let authorization = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    let body = body.map(Value::to_string);
    let content = body.as_ref().map(|it| format!("Content-Type: application/json\r\nContent-Length: {}\r\n", it.len())).unwrap_or_default();
    let body = body.unwrap_or_default();
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}{authorization}{content}\r\n{body}").into_bytes()
}
