//! A client of streams: server-sent events as they come.

use serde_json::Value;

/// Server-sent events as they come.
pub struct Events {
    response: reqwest::Response,
    received: Vec<u8>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Sent {
    pub id: Option<String>,
    pub name: String,
    pub data: Value,
}

impl Events {
    pub const fn of(response: reqwest::Response) -> Self {
        Self { response, received: Vec::new() }
    }

    /// The next event; `None` at the end of the stream. Comments are passed over.
    pub async fn next(&mut self) -> Option<Sent> {
        loop {
            while let Some(end) = self.received.windows(2).position(|two| two == b"\n\n") {
                let frame = String::from_utf8(self.received.drain(..end + 2).collect()).unwrap();
                let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                if let Some(data) = field("data: ") {
                    let data = serde_json::from_str(&data).unwrap();
                    return Some(Sent { id: field("id: "), name: field("event: ").unwrap(), data });
                }
            }
            let chunk = self.response.chunk().await.expect("a stream that ends in good order")?;
            self.received.extend_from_slice(&chunk);
        }
    }

    /// The next rows, so many.
    pub async fn rows(&mut self, count: usize) -> Vec<Value> {
        let mut rows = Vec::new();
        while rows.len() < count {
            rows.push(self.next().await.expect("one more row").data);
        }
        rows
    }
}
