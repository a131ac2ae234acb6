//! A keep-alive HTTP/1.1 client with no more than the load needs: one request at a time, a body of known length or in
//! chunks.
//!
//! A full client would spend more on its side than the server under test, and the two share the machine.

use std::io;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;
use crate::client::limits;
use crate::servers::gavel::TEXT;

/// Nothing that is measured answers with more; beyond it something is wrong.
const MOST_BYTES: usize = 4 * 1024 * 1024;

pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    joined: Vec<u8>,
}

pub struct Answer<'a> {
    pub status: u16,
    /// The status line and the headers as they came.
    pub head: &'a [u8],
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The body, if the request succeeded.
    pub fn success(&self) -> Outcome<&[u8]> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let hint = if self.status == 429 { " (lift the limit in SETTINGS of benches/delivery/servers/gavel.rs)" } else { "" };
        let body = String::from_utf8_lossy(self.body.get(..400).unwrap_or(self.body));
        Err(format!("the server answered {}{hint}: {body}", self.status).into())
    }

    pub fn json(&self) -> Outcome<Value> {
        Ok(serde_json::from_slice(self.success()?)?)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let head = std::str::from_utf8(self.head).ok()?;
        let mut headers = head.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(4096), joined: Vec::new() })
    }

    /// Opens `count` connections, and says what to do if the system does not allow that many.
    pub async fn open_many(address: SocketAddr, count: u16) -> Outcome<Vec<Self>> {
        let mut connections = Vec::with_capacity(count.into());
        for number in 1..=count {
            let connection = Self::open(address).await.map_err(|problem| {
                format!("connection {number} of {count} to {address} failed: {problem}. {}", limits::advice(count.into()))
            })?;
            connections.push(connection);
        }
        Ok(connections)
    }

    pub async fn exchange(&mut self, request: &[u8]) -> Outcome<Answer<'_>> {
        self.received.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            if let Some(head) = Head::parse(&self.received)? {
                break head;
            }
            self.receive().await?;
        };
        let body = match head.length {
            Length::Known(length) => {
                let end = head.end + length;
                while self.received.len() < end {
                    self.receive().await?;
                }
                &self.received[head.end..end]
            }
            Length::Chunked => {
                while !join_chunks(&self.received[head.end..], &mut self.joined)? {
                    self.receive().await?;
                }
                &self.joined
            }
        };
        Ok(Answer { status: head.status, head: &self.received[..head.end], body })
    }

    async fn receive(&mut self) -> Outcome<()> {
        if self.received.len() > MOST_BYTES {
            return Err(format!("an answer is longer than {MOST_BYTES} bytes").into());
        }
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed a connection").into()),
            _ => Ok(()),
        }
    }
}

enum Length {
    Known(usize),
    Chunked,
}

struct Head {
    status: u16,
    length: Length,
    end: usize,
}

impl Head {
    /// `None` as long as the head is not complete.
    fn parse(bytes: &[u8]) -> Outcome<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(&bytes[..end])?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("an answer has no status")?.parse()?;
        let mut length = Length::Known(0);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                length = Length::Known(value.trim().parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                length = Length::Chunked;
            }
        }
        Ok(Some(Self { status, length, end: end + 4 }))
    }
}

/// Joins the chunks in `bytes` into `body`; false while the last one is missing.
fn join_chunks(mut bytes: &[u8], body: &mut Vec<u8>) -> Outcome<bool> {
    body.clear();
    loop {
        let Some(line) = bytes.windows(2).position(|window| window == b"\r\n") else { return Ok(false) };
        let size = std::str::from_utf8(&bytes[..line])?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or(size).trim(), 16)?;
        let Some(end) = (line + 2).checked_add(size).filter(|end| bytes.len() >= end.saturating_add(2)) else {
            return Ok(false);
        };
        if size == 0 {
            return Ok(true);
        }
        body.extend_from_slice(&bytes[line + 2..end]);
        bytes = &bytes[end + 2..];
    }
}

fn authorization(token: &str) -> String {
    if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") }
}

/// A `GET` request; without a token if it is empty.
pub fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", authorization(token)).into_bytes()
}

/// A `POST` request with a JSON body; without a token if it is empty.
pub fn post(path: &str, token: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}",
        authorization(token)
    )
    .into_bytes()
}

/// A `POST` request with plain text.
pub fn post_text(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

/// A row as Gavel makes them, byte for byte as long, for the servers that make none.
pub fn row(ts: i64) -> Value {
    json!({
        "ts": ts, "kind": "said", "from": "p_0123456789abcdefghij", "nick": "writer1", "text": TEXT, "html": TEXT, "nonce": null,
        "salt": "abcdefghijklmnopqrstuvwxyz", "hash": null
    })
}

/// The same request to another path.
pub fn to_path(request: &[u8], path: &str) -> Outcome<Vec<u8>> {
    let request = std::str::from_utf8(request)?;
    let (line, rest) = request.split_once("\r\n").ok_or("a request has no end")?;
    let method = line.split(' ').next().unwrap_or_default();
    Ok(format!("{method} {path} HTTP/1.1\r\n{rest}").into_bytes())
}
