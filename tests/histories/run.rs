//! One run: an event with people who write and people who read, until it is closed and everybody has been asked what
//! they saw.
//!
//! A fault does its harm between [`Run::begin`] and [`Run::finish`].

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;

use super::history::{Answer, History, Post, Reading, Row, Way};
use super::http::request;
use super::reader::{self, Eyes};
use super::site::Site;
use super::stage::{Polled, Stage};
use super::writer::{self, Hand};

/// How long a row may be on its way to somebody who waits for it, in microseconds. Not a figure of speed: a wake-up that
/// is lost takes as long as the wait of the poll.
pub const PATIENCE: u64 = 5_000_000;

/// Who takes part.
#[derive(Clone, Debug)]
pub struct Cast {
    pub writers: u64,
    pub readers: u64,
    pub hand: Hand,
    pub eyes: Eyes,
    /// How long the event lasts if nobody closes it.
    pub lasts: Duration,
    /// After how long the run gives up.
    pub most: Duration,
}

impl Default for Cast {
    fn default() -> Self {
        let (hour, minutes) = (Duration::from_hours(1), Duration::from_mins(2));
        Self { writers: 6, readers: 8, hand: Hand::default(), eyes: Eyes::default(), lasts: hour, most: minutes }
    }
}

pub struct Run {
    pub stage: Arc<Stage>,
    pub event: String,
    writers: JoinSet<Vec<Post>>,
    readers: JoinSet<Reading>,
    /// Posts of others than the writers.
    pub posts: Vec<Post>,
}

impl Run {
    /// Makes an event, lets everybody in, and starts them.
    pub async fn begin(site: &Site, seed: u64, cast: &Cast) -> Self {
        let event = site.open_event(cast.lasts).await;
        let stage = Arc::new(Stage::new(site, &event, seed, cast.most).await);
        let (mut writers, mut readers) = (JoinSet::new(), JoinSet::new());
        for number in 0..cast.readers {
            // Half of them are people of the event, the others only watch.
            let token = if number % 2 == 0 { Some(site.join(&event, &format!("reader-{number}")).await.token) } else { None };
            readers.spawn(reader::read(Arc::clone(&stage), number, token, cast.eyes));
        }
        for number in 0..cast.writers {
            let who = site.join(&event, &format!("writer-{number}")).await;
            writers.spawn(writer::write(Arc::clone(&stage), number, who, cast.hand.clone()));
        }
        Self { stage, event, writers, readers, posts: Vec::new() }
    }

    /// Waits until this many posts were acknowledged.
    pub async fn reaches(&self, acknowledged: usize) {
        // Where that does not come, writers and readers give up as well, and say so.
        self.stage.reaches(acknowledged).await;
    }

    /// Tells the writers to come to an end, and waits for that.
    pub async fn quiet(&mut self) {
        self.stage.stop();
        self.written_out().await;
    }

    /// Waits until the writers have ended by themselves.
    pub async fn written_out(&mut self) {
        while let Some(posts) = self.writers.join_next().await {
            self.posts.extend(posts.unwrap());
        }
    }

    /// Ends the writing, closes the event if it is open, hears everybody, and reads the log.
    pub async fn finish(mut self, site: &Site) -> History {
        self.quiet().await;
        site.close(&self.event).await;
        let mut readers = Vec::new();
        while let Some(reading) = self.readers.join_next().await {
            readers.push(reading.unwrap());
        }
        readers.sort_by(|a, b| a.name.cmp(&b.name));
        readers.push(self.transcript(site).await);
        let audit = self.audit(site, 7).await;
        let log = self.audit(site, 500).await.rows;
        readers.push(audit);
        let event = site.event(&self.event).await;
        let instant = |key: &str| event[key].as_i64().unwrap();
        let (opens_at, closes_at) = (instant("opens_at"), instant("closes_at"));
        History { opens_at, closes_at, posts: self.posts, readers, log, event: self.event, patience: PATIENCE }
    }

    /// Reads everything from the start, when all is over.
    async fn audit(&self, site: &Site, limit: usize) -> Reading {
        let mut reading = Reading { name: format!("an auditor by {limit}"), ..Reading::default() };
        let mut after = 0;
        loop {
            let asked = self.stage.now();
            let (status, body) =
                site.call("GET", &format!("/events/{}/messages?after={after}&wait=0&limit={limit}", self.event), "", None).await;
            let answer: Polled = match serde_json::from_value(body) {
                Ok(answer) if status == 200 => answer,
                _ => {
                    reading.oddities.push(format!("a poll after the end got {status}"));
                    return reading;
                }
            };
            let more = answer.more;
            reading.rows.extend(answer.messages.into_iter().map(|row| self.stage.share(row)));
            let (came, upto) = (self.stage.now(), reading.rows.len());
            let head = Some(super::history::Head { count: answer.event.count, digest: answer.event.digest });
            reading.answers.push(Answer { after, asked, came, upto, more, way: Way::default(), head });
            if more && answer.cursor <= after {
                reading.oddities.push(format!("more is to come, but the cursor went from {after} to {}", answer.cursor));
                return reading;
            }
            after = answer.cursor;
            if !more {
                return reading;
            }
        }
    }

    /// The transcript, as one more reader.
    async fn transcript(&self, site: &Site) -> Reading {
        let request = request("GET", &self.stage.path("transcript.json"), "", "", None);
        let mut reading = Reading { name: "the transcript".into(), ..Reading::default() };
        let reply = site.line().exchange(&request).await.unwrap();
        match reply.json()["messages"].take() {
            Value::Null => reading.oddities.push(format!("it got {}", reply.status())),
            rows => {
                let rows: Vec<Row> = serde_json::from_value(rows).unwrap();
                reading.rows = rows.into_iter().map(|row| self.stage.share(row)).collect();
            }
        }
        reading
    }
}
