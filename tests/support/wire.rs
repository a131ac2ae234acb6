//! A client that writes HTTP by hand: half requests, several at once, none at all.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The most that anything here may take: for machines that are busy, not for the program.
pub const AT_MOST: Duration = Duration::from_mins(1);

/// One connection.
pub struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Raw {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Raw {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl Wire {
    /// Connects to an address such as `http://127.0.0.1:8001`.
    pub async fn to(base: &str) -> Self {
        let stream = TcpStream::connect(base.strip_prefix("http://").unwrap()).await.unwrap();
        Self { stream, read: Vec::new() }
    }

    pub async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Asks for a path, with further header lines that each end in `\r\n`.
    pub async fn get(&mut self, path: &str, headers: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: gavel\r\n{headers}\r\n")).await;
    }

    /// Sends no more, but still reads.
    pub async fn half_close(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// The next answer; `None` where the connection ends instead.
    pub async fn answer(&mut self) -> Option<Raw> {
        let end = loop {
            match self.read.windows(4).position(|it| it == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => self.more().await?,
            }
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let mut raw = Raw { status: head[9..12].parse().unwrap(), head, body: String::new() };
        let length: usize = raw.header("content-length").map_or(0, |it| it.parse().unwrap());
        while self.read.len() < length {
            self.more().await?;
        }
        raw.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        Some(raw)
    }

    /// Whether these words come before the connection ends.
    pub async fn reads(&mut self, words: &str) -> bool {
        while !self.read.windows(words.len()).any(|it| it == words.as_bytes()) {
            if self.more().await.is_none() {
                return false;
            }
        }
        true
    }

    /// Whether the server closes the connection without another word.
    pub async fn ends(&mut self) -> bool {
        self.read.is_empty() && self.more().await.is_none()
    }

    async fn more(&mut self) -> Option<()> {
        let mut buffer = [0; 4_096];
        let read = timeout(AT_MOST, self.stream.read(&mut buffer)).await.unwrap();
        match read {
            Ok(0) | Err(_) => None,
            Ok(n) => {
                self.read.extend_from_slice(&buffer[..n]);
                Some(())
            }
        }
    }
}
