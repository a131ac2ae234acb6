//! The polls of some rooms, each always asking again, and the proof that every message reached each of them once.
//!
//! Polls only count while the load runs. What they received is compared afterwards, so that the proof does not take time
//! that is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::client::http::Connection;
use crate::client::poll::{Poll, Writer};
use crate::servers::side::{Room, Side};

/// A message that has not reached every poll by then counts as missed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A message and when it was sent or received.
type Note = (i64, Instant);

pub struct Crowd {
    /// Each with the number of their room; a driver may take them and brings them back.
    pub writers: Vec<(usize, Writer)>,
    /// The messages that were sent and acknowledged, by room.
    pub sent: Vec<Vec<Note>>,
    polls_each: u16,
    polls: JoinSet<Outcome<(usize, Vec<Note>)>>,
    tally: Arc<Tally>,
    in_order: bool,
}

#[derive(Default)]
struct Tally {
    received: AtomicU64,
    awaited: AtomicU64,
    reached: Notify,
    last_one: AtomicBool,
}

impl Crowd {
    /// Fills each room with its polls.
    pub async fn gather(side: &Side, rooms: &[Room], polls_each: u16) -> Outcome<Self> {
        let mut crowd = Self {
            writers: Vec::new(),
            sent: vec![Vec::new(); rooms.len()],
            polls_each,
            polls: JoinSet::new(),
            tally: Arc::default(),
            in_order: side.counts_itself(),
        };
        for (number, room) in rooms.iter().enumerate() {
            let (writers, entrance) = room.enter().await?;
            crowd.writers.extend(writers.into_iter().map(|writer| (number, writer)));
            for connection in Connection::open_many(entrance.polls, polls_each).await? {
                let poll = Poll::begin(connection, entrance.place.clone()).await?;
                crowd.polls.spawn(follow(number, poll, entrance.repeats, Arc::clone(&crowd.tally)));
            }
        }
        Ok(crowd)
    }

    /// Posts one message in each room, and waits until every poll has it.
    pub async fn step(&mut self) -> Outcome<()> {
        let mut said = vec![false; self.sent.len()];
        for (room, writer) in &mut self.writers {
            if !std::mem::replace(&mut said[*room], true) {
                let at = Instant::now();
                self.sent[*room].push((writer.say().await?, at));
            }
        }
        self.all_received().await
    }

    /// Waits until as much was received as was sent.
    pub async fn all_received(&mut self) -> Outcome<()> {
        let sent: usize = self.sent.iter().map(Vec::len).sum();
        let awaited = u64::try_from(sent)? * u64::from(self.polls_each);
        self.tally.awaited.store(awaited, Ordering::Relaxed);
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let received = self.tally.received.load(Ordering::Relaxed);
            if received >= awaited {
                return Ok(());
            }
            tokio::select! {
                () = self.tally.reached.notified() => {}
                Some(ended) = self.polls.join_next(), if !self.tally.last_one.load(Ordering::Relaxed) => {
                    ended??;
                    return Err("a poll ended before its time".into());
                }
                () = tokio::time::sleep_until(deadline) => {
                    return Err(format!("{} of {awaited} deliveries were missed", awaited - received).into());
                }
            }
        }
    }

    /// Ends all polls with one more message, proves who received what, and gives the latencies of what was sent from
    /// `start` on, but for that last one.
    ///
    /// A poll that was cut off instead would stay parked in the server and be answered in the next round, at its cost.
    pub async fn disperse(mut self, start: Instant) -> Outcome<Vec<Duration>> {
        self.all_received().await?;
        let end = Instant::now();
        self.tally.last_one.store(true, Ordering::Relaxed);
        self.step().await?;
        let mut latencies = Vec::new();
        for notes in &mut self.sent {
            notes.sort_unstable();
        }
        while let Some(ended) = self.polls.join_next().await {
            let (room, mut received) = ended??;
            if self.in_order && !received.is_sorted_by(|(one, _), (next, _)| one < next) {
                return Err(format!("a poll of room {room} received messages twice or out of order").into());
            }
            received.sort_unstable();
            let sent = &self.sent[room];
            if !received.iter().map(|note| note.0).eq(sent.iter().map(|note| note.0)) {
                return Err(format!("a poll of room {room} received {} messages where {} were sent", received.len(), sent.len()).into());
            }
            let counted = sent.iter().zip(&received).filter(|((_, at), _)| (start..end).contains(at));
            latencies.extend(counted.map(|((_, sent), (_, received))| received.duration_since(*sent)));
        }
        Ok(latencies)
    }
}

/// Polls until the last message, and returns everything that came.
async fn follow(room: usize, mut poll: Poll, mut repeats: Option<i64>, tally: Arc<Tally>) -> Outcome<(usize, Vec<Note>)> {
    let mut notes = Vec::new();
    loop {
        let before = notes.len();
        poll.once(&mut notes).await?;
        if let Some(first) = repeats.take() {
            if notes.first().is_none_or(|(ts, _)| *ts != first) {
                return Err("a poll did not begin at the oldest message".into());
            }
            notes.remove(0);
        }
        let fresh = u64::try_from(notes.len().saturating_sub(before))?;
        let received = tally.received.fetch_add(fresh, Ordering::Relaxed) + fresh;
        if fresh > 0 && received >= tally.awaited.load(Ordering::Relaxed) {
            tally.reached.notify_one();
        }
        if fresh > 0 && tally.last_one.load(Ordering::Relaxed) {
            return Ok((room, notes));
        }
    }
}
