//! What was seen of one event from outside: who sent what and was told what, and what each reader received.
//!
//! Only a record. What follows from it is decided in `verdict.rs`, which knows nothing of servers.

use std::sync::Arc;

use serde::Deserialize;

/// Microseconds since the run began, on the checker's own monotonic clock.
pub type Moment = u64;

/// A row as the protocol shows it. Keys that are unknown here are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Row {
    pub ts: i64,
    pub kind: String,
    pub from: Option<String>,
    pub nick: Option<String>,
    pub text: String,
    pub html: String,
    pub nonce: Option<String>,
    #[serde(default)]
    pub salt: Option<String>,
    #[serde(default)]
    pub hash: Option<String>,
}

impl Row {
    /// Whether a person typed it.
    pub fn is_said(&self) -> bool {
        self.kind == "said" || self.kind == "emote"
    }
}

/// What came of sending a post once.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// 201 where `fresh`, else 200.
    Row { fresh: bool, row: Arc<Row> },
    /// Any other status: the post was not done, or nobody knows (503).
    Status(u16),
    /// No answer came. `cut`: the client went away itself.
    Lost { cut: bool },
}

/// A message that somebody wanted to say, sent as often as it took.
#[derive(Clone, Debug)]
pub struct Post {
    /// The participant's id.
    pub who: String,
    pub nonce: String,
    /// What the row must say, and of which kind it must be.
    pub text: String,
    pub kind: &'static str,
    pub sent: Moment,
    /// When the first row came back.
    pub acknowledged: Option<Moment>,
    pub attempts: Vec<Attempt>,
}

/// What a post's attempts say about its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The row stands, exactly once.
    Acknowledged(Arc<Row>),
    /// No attempt can have written a row.
    Refused,
    /// It may be there once, or not at all.
    Unknown,
}

impl Post {
    pub fn fate(&self) -> Fate {
        if let Some(row) = self.rows().next() {
            return Fate::Acknowledged(Arc::clone(row));
        }
        match self.attempts.last() {
            // Whatever an earlier attempt did, the nonce was not known when this one was refused, and nothing opens a
            // closed event or brings a token back.
            Some(Attempt::Status(401 | 403 | 410)) => Fate::Refused,
            _ if self.attempts.iter().all(|it| matches!(it, Attempt::Status(status) if (400..500).contains(status))) => Fate::Refused,
            _ => Fate::Unknown,
        }
    }

    pub fn rows(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.attempts.iter().filter_map(|it| match it {
            Attempt::Row { row, .. } => Some(row),
            Attempt::Status(_) | Attempt::Lost { .. } => None,
        })
    }
}

/// What an answer says of the event as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub count: i64,
    pub digest: Option<String>,
}

/// How an answer came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// As an event of a stream, not as the answer to a poll.
    pub stream: bool,
    /// Through the live door.
    pub live: bool,
}

/// One answer that a reader took in: of a poll, or one row of a stream.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The cursor that it was asked with.
    pub after: i64,
    /// When the request was out, and when the answer was in.
    pub asked: Moment,
    pub came: Moment,
    /// How many of the reader's rows there were after it.
    pub upto: usize,
    pub more: bool,
    pub way: Way,
    /// `None` on streams, which do not say.
    pub head: Option<Head>,
}

/// All that one reader received, in the order in which it came.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub name: String,
    pub rows: Vec<Arc<Row>>,
    pub answers: Vec<Answer>,
    /// How often it was told that its cursor lies ahead of the event.
    pub resets: usize,
    /// Answers that broke the protocol, in words.
    pub oddities: Vec<String>,
}

impl Reading {
    /// Each answer with the rows that it brought.
    pub fn parts(&self) -> impl Iterator<Item = (&Answer, &[Arc<Row>])> {
        let mut from = 0;
        self.answers.iter().map(move |answer| (answer, &self.rows[std::mem::replace(&mut from, answer.upto)..answer.upto]))
    }
}

/// One event from its first row to its last.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub opens_at: i64,
    pub closes_at: i64,
    pub posts: Vec<Post>,
    pub readers: Vec<Reading>,
    /// What the event shows when all is over.
    pub log: Vec<Arc<Row>>,
    /// The id, from which the digest starts.
    pub event: String,
    /// How long a row may be on its way to a reader that waits for it.
    pub patience: Moment,
}

impl History {
    /// Rows that readers received, counted once for each reader.
    pub fn deliveries(&self) -> usize {
        self.readers.iter().map(|it| it.rows.len()).sum()
    }

    /// Those that came so.
    pub fn deliveries_by(&self, way: impl Fn(Way) -> bool) -> usize {
        self.readers.iter().map(|it| it.parts().filter(|(answer, _)| way(answer.way)).map(|(_, rows)| rows.len()).sum::<usize>()).sum()
    }

    /// Posts whose row was acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.posts.iter().filter(|it| it.rows().next().is_some()).count()
    }
}
