//! Lockstep load: all polls of a room are parked, one message wakes them, and the next goes out when all have it.
//!
//! It also proves what it measures: every poll gets every message exactly once, or the run fails. A batch of messages
//! for one wake-up would flatter the server, and lockstep keeps that from happening.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

use crate::Outcome;
use crate::http::Connection;
use crate::server::Server;

/// A message that has not reached every poll by then counts as missed.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where to poll and what to post: the same load fits Gavel and the waiting reference.
pub struct Room {
    /// The path up to the value of the cursor.
    pub poll: String,
    /// A whole request.
    pub say: Vec<u8>,
}

pub struct Load {
    pub polls: u16,
    pub messages: u32,
    pub warm_up: u32,
}

pub struct Round {
    /// CPU time of the server for one delivery, the post and the parking again included.
    pub cpu: Duration,
    /// From sending a post to receiving it, for every delivery.
    pub latencies: Vec<Duration>,
    pub elapsed: Duration,
}

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

/// That a poll received a message.
struct Receipt {
    poll: usize,
    ts: i64,
    at: Instant,
}

pub async fn round(server: &Server, room: &Room, load: &Load) -> Outcome<Round> {
    let mut writer = Connection::open(server.address).await?;
    let connections = Connection::open_many(server.address, load.polls).await?;
    // The first message is nobody's: it says where the polls begin.
    let cursor = say(&mut writer, room).await?;
    let (sender, receipts) = mpsc::unbounded_channel();
    let last_one = Arc::new(AtomicBool::new(false));
    // Dropped with its tasks, if this function returns early.
    let mut tasks = JoinSet::new();
    for (number, connection) in connections.into_iter().enumerate() {
        let poll = Poll { number, connection, cursor, path: room.poll.clone(), sender: sender.clone(), last_one: Arc::clone(&last_one) };
        tasks.spawn(poll.run());
    }
    drop(sender);
    let mut board = Board { writer, receipts, last: vec![cursor; load.polls.into()], latencies: Vec::new() };
    for _ in 0..load.warm_up {
        board.step(room).await?;
    }
    board.latencies.clear();
    let before = server.used().await?;
    let started = Instant::now();
    for _ in 0..load.messages {
        board.step(room).await?;
    }
    let elapsed = started.elapsed();
    let cpu = server.used().await?.since(&before)? / (load.messages * u32::from(load.polls));
    let latencies = std::mem::take(&mut board.latencies);
    // A poll that is cut off stays parked in the server and would be answered in the next round, at its cost: so one
    // more message ends them all.
    last_one.store(true, Ordering::Relaxed);
    board.step(room).await?;
    while let Some(finished) = tasks.join_next().await {
        finished?;
    }
    board.nothing_follows().await?;
    Ok(Round { cpu, latencies, elapsed })
}

async fn say(writer: &mut Connection, room: &Room) -> Outcome<i64> {
    let answer = writer.exchange(&room.say).await?.json()?;
    answer["ts"].as_i64().ok_or_else(|| format!("a post was answered without `ts`: {answer}").into())
}

/// What all polls have received so far.
struct Board {
    writer: Connection,
    receipts: UnboundedReceiver<Outcome<Receipt>>,
    last: Vec<i64>,
    latencies: Vec<Duration>,
}

impl Board {
    /// Posts one message and waits until every poll has it.
    async fn step(&mut self, room: &Room) -> Outcome<()> {
        let sent = Instant::now();
        let ts = say(&mut self.writer, room).await?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut missing = self.last.len();
        while missing > 0 {
            let Ok(receipt) = tokio::time::timeout_at(deadline, self.receipts.recv()).await else {
                return Err(format!("{missing} of {} polls missed message {ts}", self.last.len()).into());
            };
            let receipt = receipt.ok_or("all polls have ended")??;
            let last = &mut self.last[receipt.poll];
            if receipt.ts <= *last {
                return Err(format!("poll {} received message {} twice", receipt.poll, receipt.ts).into());
            }
            if receipt.ts != ts {
                return Err(format!("poll {} received message {} that was never posted", receipt.poll, receipt.ts).into());
            }
            *last = receipt.ts;
            self.latencies.push(receipt.at.duration_since(sent));
            missing -= 1;
        }
        Ok(())
    }

    /// When all polls have ended, a receipt that is left over is a doubled one.
    async fn nothing_follows(&mut self) -> Outcome<()> {
        match self.receipts.recv().await {
            None => Ok(()),
            Some(receipt) => Err(format!("message {} was received twice", receipt?.ts).into()),
        }
    }
}

/// One poll that is always parked, on a connection of its own.
struct Poll {
    number: usize,
    connection: Connection,
    cursor: i64,
    path: String,
    sender: UnboundedSender<Outcome<Receipt>>,
    last_one: Arc<AtomicBool>,
}

impl Poll {
    async fn run(mut self) {
        loop {
            match self.once().await {
                Ok(true) if self.last_one.load(Ordering::Relaxed) => return,
                Ok(_) => {}
                Err(problem) => {
                    // If the board is gone, so is the interest in the problem.
                    let _unheard = self.sender.send(Err(problem));
                    return;
                }
            }
        }
    }

    /// True if there was a message; an empty answer, after a time-out or for a row of the program, is in order.
    async fn once(&mut self) -> Outcome<bool> {
        let request = format!("GET {}{} HTTP/1.1\r\nHost: localhost\r\n\r\n", self.path, self.cursor);
        let answer = self.connection.exchange(request.as_bytes()).await?;
        let at = Instant::now();
        let page: Page<'_> = serde_json::from_slice(answer.success()?)?;
        self.cursor = page.cursor;
        let mut received = false;
        for row in page.messages.iter().filter(|row| row.kind == "said") {
            received = true;
            self.sender.send(Ok(Receipt { poll: self.number, ts: row.ts, at }))?;
        }
        Ok(received)
    }
}
