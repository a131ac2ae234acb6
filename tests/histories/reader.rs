//! Somebody who follows an event from its start to `closed`, by polls and streams, through both doors, on one cursor.
//!
//! Connections are cut in the middle of requests and answers; the next request goes on from the last cursor. A row
//! counts as received when the whole answer, or the whole event of a stream, is in.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use tokio::time::{Instant, timeout, timeout_at};

use super::events::Events;
use super::history::{Answer, Head, Moment, Reading, Row, Way};
use super::http::{Connection, request};
use super::site::Line;
use super::stage::{Polled, Stage, chance};

/// How a reader behaves. Chances are in percent.
#[derive(Clone, Copy, Debug)]
pub struct Eyes {
    /// Of going away in the middle of a request or an answer.
    pub cut: u32,
    /// Of a stream for the next stretch, where the server has them.
    pub stream: u32,
    /// Of the live door, where there is one.
    pub live: u32,
    /// The longest wait that is asked for, in seconds.
    pub wait: u64,
}

impl Default for Eyes {
    fn default() -> Self {
        Self { cut: 3, stream: 30, live: 50, wait: 20 }
    }
}

/// After so many answers that break the protocol a reader gives up.
const ODDITIES: usize = 20;

struct Reader {
    stage: Arc<Stage>,
    line: Line,
    dice: StdRng,
    eyes: Eyes,
    token: String,
    tab: Option<String>,
    after: i64,
    closed: bool,
    reading: Reading,
}

/// Reads until the event is closed, and asks once more. Who has a token may poll as a tab.
pub async fn read(stage: Arc<Stage>, number: u64, token: Option<String>, eyes: Eyes) -> Reading {
    let (line, mut dice) = (stage.line(2_000_000 + number), stage.dice(2_000_000 + number));
    let tab = token.as_ref().filter(|_| dice.random_bool(0.7)).map(|_| format!("tab-{number}"));
    let reading = Reading { name: format!("reader {number}"), ..Reading::default() };
    let token = token.unwrap_or_default();
    let mut this = Reader { stage, line, dice, eyes, token, tab, after: 0, closed: false, reading };
    while !this.closed && this.goes_on() {
        let (door, stream) = (chance(&mut this.dice, eyes.live), this.stage.streams && chance(&mut this.dice, eyes.stream));
        let went = if stream { this.stream(door).await } else { this.poll(door).await };
        if went.is_err() {
            this.line.pause().await;
        }
    }
    this.end().await;
    this.reading
}

impl Reader {
    fn goes_on(&mut self) -> bool {
        if self.stage.is_over() {
            self.odd(format!("gave up at {} with {} rows", self.after, self.reading.rows.len()));
        }
        !self.stage.is_over() && self.reading.oddities.len() < ODDITIES
    }

    fn odd(&mut self, what: String) {
        self.reading.oddities.push(what);
    }

    /// Asks once more: an event that is over answers at once, empty, and with the count and digest of the whole.
    async fn end(&mut self) {
        // A lost connection is tried again; that is nothing to tell.
        while self.closed && self.goes_on() {
            let (asked, answers, rows) = (self.stage.now(), self.reading.answers.len(), self.reading.rows.len());
            let went = self.poll(false).await;
            if self.reading.answers.len() > answers {
                if self.stage.now() - asked > 5_000_000 || self.reading.rows.len() > rows {
                    self.odd("after the end of the event a poll waited, or gave rows".into());
                }
                return;
            }
            if went.is_err() {
                self.line.pause().await;
            }
        }
    }

    async fn poll(&mut self, live: bool) -> io::Result<()> {
        let limit = [1, 2, 7, 50, 200, 500][self.dice.random_range(0..6)];
        let wait = if chance(&mut self.dice, 15) { 0 } else { self.dice.random_range(1..=self.eyes.wait) };
        let tab = self.tab.as_ref().map(|tab| format!("&tab={tab}")).unwrap_or_default();
        let path = self.stage.path(&format!("messages?after={}&wait={wait}&limit={limit}{tab}", self.after));
        let request = request("GET", &path, &self.token, "", None);
        let (address, mut connection) = self.line.open(live).await?;
        let door = self.line.is_live(address);
        if chance(&mut self.dice, self.eyes.cut) {
            return self.vanish(connection, &request).await;
        }
        let asked = self.stage.now();
        let end = Instant::from_std(self.stage.deadline);
        let reply = timeout_at(end, connection.exchange(&request)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        self.line.keep((address, connection), &reply);
        match (reply.status(), serde_json::from_slice::<Polled>(&reply.body)) {
            (200, Ok(answer)) => self.take(answer, asked, Way { stream: false, live: door }),
            // Told to come back later.
            (429 | 503, _) => return Err(io::ErrorKind::WouldBlock.into()),
            (status, _) => self.odd(format!("a poll got {status}: {}", String::from_utf8_lossy(&reply.body))),
        }
        Ok(())
    }

    /// Goes away in the middle of a request, or after it, or with the first bytes of the answer.
    async fn vanish(&mut self, mut connection: Connection, request: &[u8]) -> io::Result<()> {
        if self.dice.random_bool(0.5) {
            let end = self.dice.random_range(1..request.len());
            return connection.send(&request[..end]).await;
        }
        connection.send(request).await?;
        let patience = Duration::from_millis(self.dice.random_range(0..30));
        // Whether an answer has begun by then does not matter: the connection goes with it.
        let _ = timeout(patience, connection.begun()).await;
        Ok(())
    }

    fn take(&mut self, answer: Polled, asked: Moment, way: Way) {
        if answer.replaced {
            // A poll of the same tab that was cut off was read by the server only now.
            if self.tab.is_none() {
                self.odd("a poll without a tab was replaced".into());
            }
            return;
        }
        if answer.reset {
            self.reading.resets += 1;
            self.reading.rows.clear();
            self.reading.answers.clear();
            self.after = 0;
        }
        let last = answer.messages.last().map_or(self.after, |row| row.ts);
        if answer.cursor < last {
            self.odd(format!("the cursor {} lies behind {last}", answer.cursor));
        }
        if answer.more && answer.messages.is_empty() {
            self.odd(format!("more is to come after {}, but nothing came", self.after));
        }
        let head = Some(Head { count: answer.event.count, digest: answer.event.digest });
        self.receive(answer.messages, asked, answer.more, way, head);
        self.after = answer.cursor;
        if self.closed && answer.event.phase != "closed" {
            self.odd(format!("with `closed` the event is {}", answer.event.phase));
        }
    }

    fn receive(&mut self, rows: Vec<Row>, asked: Moment, more: bool, way: Way, head: Option<Head>) {
        self.closed |= rows.iter().any(|row| row.kind == "closed");
        self.reading.rows.extend(rows.into_iter().map(|row| self.stage.share(row)));
        let (came, upto) = (self.stage.now(), self.reading.rows.len());
        self.reading.answers.push(Answer { after: self.after, asked, came, upto, more, way, head });
    }

    /// Follows a stream for some rows or some time, then leaves it, wherever it is.
    async fn stream(&mut self, live: bool) -> io::Result<()> {
        let (resumes, rows) = (self.dice.random_bool(0.5), self.dice.random_range(1..40));
        let end = Instant::now() + Duration::from_millis(self.dice.random_range(1..2_000));
        let (path, last) = if resumes {
            (self.stage.path("stream"), format!("Last-Event-ID: {}\r\n", self.after))
        } else {
            (self.stage.path(&format!("stream?after={}", self.after)), String::new())
        };
        let request = request("GET", &path, &self.token, &format!("Accept: text/event-stream\r\n{last}"), None);
        let door = self.line.open(live).await?;
        let (way, connection) = (Way { stream: true, live: self.line.is_live(door.0) }, door.1);
        let mut events = match timeout_at(end, Events::open(connection, &request)).await {
            Ok(opened) => match opened? {
                Ok(events) => events,
                Err(429 | 503) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(status) => {
                    self.odd(format!("a stream got {status}"));
                    return Ok(());
                }
            },
            // Left before the answer began.
            Err(_) => return Ok(()),
        };
        let (asked, mut acknowledged) = (self.stage.now(), false);
        let (until, mut seen) = (self.reading.rows.len() + rows, self.after);
        while !self.closed && self.reading.rows.len() < until {
            let Ok(event) = timeout_at(end, events.next()).await else { return Ok(()) };
            let Some(event) = event? else { return Ok(()) };
            if event.kind == "ack" {
                acknowledged = true;
                continue;
            }
            match serde_json::from_str::<Row>(&event.data) {
                Ok(row) if acknowledged && row.kind == event.kind && event.id == row.ts.to_string() => {
                    seen = seen.max(row.ts);
                    self.receive(vec![row], asked, true, way, None);
                    self.after = seen;
                }
                _ => {
                    self.odd(format!("a stream sent {event:?}{}", if acknowledged { "" } else { " before its `ack`" }));
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
