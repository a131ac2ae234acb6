//! Whether a history keeps the promise: a pure function from what was seen to what is wrong with it.
//!
//! The log (what the event shows when all is over) is judged by itself and against the posts, then each reader against
//! the log. So a row that some readers saw and others did not is found, whichever of them is right.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::digest::Chain;
use super::history::{Attempt, Fate, History, Moment, Post, Reading, Row};
use super::violation::{Column, Violation};

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub rows: usize,
    pub acknowledged: usize,
    pub deliveries: usize,
    /// How many of the deliveries came by a stream, and through the live door.
    pub streamed: usize,
    pub through_door: usize,
    pub violations: Vec<Violation>,
    /// What could not be judged, in words.
    pub notes: Vec<&'static str>,
}

impl Verdict {
    pub fn holds(&self) -> bool {
        self.violations.is_empty()
    }

    /// Notes that a fault showed what it must not.
    pub fn object(&mut self, what: impl Into<String>) {
        self.violations.push(Violation::Odd { reader: "the server".into(), what: what.into() });
    }

    /// Takes in what was found in another history.
    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.acknowledged += other.acknowledged;
        self.deliveries += other.deliveries;
        self.streamed += other.streamed;
        self.through_door += other.through_door;
        self.violations.extend(other.violations);
        self.notes.extend(other.notes);
        self.notes.sort_unstable();
        self.notes.dedup();
    }

    pub fn in_column(&self, column: Column) -> usize {
        self.violations.iter().filter(|it| it.column() == column).count()
    }

    /// The first violations, a line each.
    pub fn words(&self) -> String {
        let mut lines: Vec<String> = self.violations.iter().take(20).map(ToString::to_string).collect();
        if self.violations.len() > lines.len() {
            lines.push(format!("… and {} more", self.violations.len() - lines.len()));
        }
        lines.join("\n")
    }
}

/// Judges a history.
pub fn judge(history: &History) -> Verdict {
    let mut found = Vec::new();
    the_log(history, &mut found);
    the_posts(history, &mut found);
    let log: BTreeMap<i64, &Arc<Row>> = history.log.iter().map(|row| (row.ts, row)).collect();
    let (digests, known) = (digests(history), known(history));
    for reader in &history.readers {
        rows_of(reader, &log, &mut found);
        heads_of(reader, history.log.len(), &digests, &mut found);
        delays_of(reader, history.patience, &known, &mut found);
        found.extend((0..reader.resets).map(|_| Violation::Reset { reader: reader.name.clone() }));
        found.extend(reader.oddities.iter().map(|what| Violation::Odd { reader: reader.name.clone(), what: what.clone() }));
    }
    let told = history.readers.iter().flat_map(|it| &it.answers).any(|it| it.head.as_ref().is_some_and(|it| it.digest.is_some()));
    Verdict {
        rows: history.log.len(),
        acknowledged: history.acknowledged(),
        deliveries: history.deliveries(),
        streamed: history.deliveries_by(|way| way.stream),
        through_door: history.deliveries_by(|way| way.live),
        violations: found,
        notes: if told { Vec::new() } else { vec!["the server gives no digest yet: not judged"] },
    }
}

/// The log by itself: strictly increasing, people's rows within the event, `closed` at its end and nowhere else.
fn the_log(history: &History, found: &mut Vec<Violation>) {
    let name = || "the log".to_owned();
    let mut last = 0;
    for row in &history.log {
        if row.ts <= last {
            found.push(Violation::Disordered { reader: name(), ts: row.ts, after: last });
        }
        last = row.ts;
        if row.from.is_some() && !(history.opens_at..history.closes_at).contains(&row.ts) {
            found.push(Violation::Outside { ts: row.ts });
        }
    }
    match history.log.iter().position(|row| row.kind == "closed") {
        None => found.push(Violation::Unclosed),
        Some(end) => found.extend(history.log[end + 1..].iter().map(|row| Violation::AfterClosed { reader: name(), ts: row.ts })),
    }
}

/// The log against the posts: all that was acknowledged once, nothing else twice, nothing that was refused or not sent.
fn the_posts(history: &History, found: &mut Vec<Violation>) {
    let mut written: HashMap<(&str, &str), Vec<&Arc<Row>>> = HashMap::new();
    let posts: HashMap<(&str, &str), &Post> = history.posts.iter().map(|it| ((it.who.as_str(), it.nonce.as_str()), it)).collect();
    for row in history.log.iter().filter(|row| row.is_said()) {
        let key = (row.from.as_deref().unwrap_or_default(), row.nonce.as_deref().unwrap_or_default());
        match posts.get(&key) {
            Some(post) if post.text == row.text && post.kind == row.kind => written.entry(key).or_default().push(row),
            _ => found.push(Violation::Unsaid { ts: row.ts }),
        }
    }
    for post in &history.posts {
        let nonce = || post.nonce.clone();
        let rows = written.get(&(post.who.as_str(), post.nonce.as_str())).map_or(&[][..], Vec::as_slice);
        if let [first, second, ..] = rows {
            found.push(Violation::Twice { nonce: nonce(), first: first.ts, second: second.ts });
        }
        match (post.fate(), rows) {
            (Fate::Acknowledged(row), []) => found.push(Violation::Lost { nonce: nonce(), ts: row.ts }),
            (Fate::Acknowledged(row), [stands, ..]) if row != **stands => {
                found.push(Violation::Retry { nonce: nonce(), told: format!("{row:?} is not {stands:?}") });
            }
            (Fate::Refused, [row, ..]) => found.push(Violation::Refused { nonce: nonce(), ts: row.ts }),
            _ => {}
        }
        answers_to(post, found);
    }
    overtakings(&history.posts, found);
}

/// Every answer of a post with a row has the same one, and only the first can be 201.
fn answers_to(post: &Post, found: &mut Vec<Violation>) {
    let mut wrong = |told: &str| found.push(Violation::Retry { nonce: post.nonce.clone(), told: told.to_owned() });
    let mut first: Option<&Arc<Row>> = None;
    for (n, attempt) in post.attempts.iter().enumerate() {
        let (fresh, row) = match attempt {
            Attempt::Row { fresh, row } => (fresh, row),
            Attempt::Status(status) if first.is_some() && (400..=428).contains(status) => {
                wrong("a refusal, although its row stands");
                continue;
            }
            Attempt::Status(_) | Attempt::Lost { .. } => continue,
        };
        match first {
            None if n == 0 && !fresh => wrong("200 at the first attempt"),
            Some(_) if *fresh => wrong("201 for a nonce that had its row"),
            Some(first) if first != row => wrong("another row than at first"),
            _ => {}
        }
        first = first.or(Some(row));
    }
}

/// Timestamps go with real time: what was acknowledged lies before all that was sent after that.
fn overtakings(posts: &[Post], found: &mut Vec<Violation>) {
    let mut rows: Vec<(i64, &Post)> = posts.iter().filter_map(|it| it.rows().next().map(|row| (row.ts, it))).collect();
    rows.sort_unstable_by_key(|(ts, _)| *ts);
    let mut newest: Option<&Post> = None;
    for (ts, post) in rows {
        if let (Some(newest), Some(acknowledged)) = (newest, post.acknowledged)
            && newest.sent > acknowledged
        {
            found.push(Violation::Overtaken { nonce: post.nonce.clone(), ts, by: newest.nonce.clone() });
        }
        newest = newest.filter(|it| it.sent > post.sent).or(Some(post));
    }
}

/// A reader against the log: the same rows, each once, in order.
fn rows_of(reader: &Reading, log: &BTreeMap<i64, &Arc<Row>>, found: &mut Vec<Violation>) {
    let name = || reader.name.clone();
    let (mut seen, mut last, mut closed) = (HashSet::with_capacity(reader.rows.len()), 0, false);
    let mut answers = reader.answers.iter().peekable();
    for (n, row) in reader.rows.iter().enumerate() {
        while answers.next_if(|it| it.upto <= n).is_some() {}
        // A cursor may be ahead of the last row that was shown, never behind it.
        let after = answers.peek().map_or(last, |it| it.after.max(last));
        if !seen.insert(row.ts) {
            found.push(Violation::Doubled { reader: name(), ts: row.ts });
            continue;
        }
        if row.ts <= after {
            found.push(Violation::Disordered { reader: name(), ts: row.ts, after });
        }
        if closed {
            found.push(Violation::AfterClosed { reader: name(), ts: row.ts });
        }
        closed |= row.kind == "closed";
        last = last.max(row.ts);
        match log.get(&row.ts) {
            None => found.push(Violation::Vanished { reader: name(), ts: row.ts }),
            Some(stands) if !Arc::ptr_eq(stands, row) && *stands != row => found.push(Violation::Unlike { reader: name(), ts: row.ts }),
            Some(_) => {}
        }
    }
    found.extend(log.keys().filter(|ts| !seen.contains(ts)).map(|ts| Violation::Missed { reader: name(), ts: *ts }));
}

/// The digest after each number of rows of the log.
fn digests(history: &History) -> Vec<String> {
    let mut chain = Chain::start(&history.event);
    history.log.iter().map(|row| chain.take(row)).collect()
}

/// Counts and digests that came with answers: of the rows that this reader has by then, and all at the end.
fn heads_of(reader: &Reading, rows: usize, digests: &[String], found: &mut Vec<Violation>) {
    let name = || reader.name.clone();
    let mut last = None;
    for answer in &reader.answers {
        let Some(head) = &answer.head else { continue };
        let told = usize::try_from(head.count).unwrap_or(usize::MAX);
        if told > rows || told < answer.upto || (!answer.more && told != answer.upto) {
            found.push(Violation::Count { reader: name(), told: head.count, rows: answer.upto });
        } else if let Some(digest) = &head.digest
            && told.checked_sub(1).and_then(|n| digests.get(n)) != Some(digest)
        {
            found.push(Violation::Digest { reader: name(), count: head.count });
        }
        last = Some(told);
    }
    if let Some(told) = last.filter(|told| *told != rows) {
        found.push(Violation::Count { reader: name(), told: i64::try_from(told).unwrap_or(i64::MAX), rows });
    }
}

/// When the first of all knew of each row: its writer, or a reader.
fn known(history: &History) -> HashMap<i64, Moment> {
    let mut known: HashMap<i64, Moment> = HashMap::with_capacity(history.log.len());
    let mut learn = |ts: i64, at: Moment| {
        known.entry(ts).and_modify(|first| *first = at.min(*first)).or_insert(at);
    };
    for post in &history.posts {
        if let (Some(row), Some(at)) = (post.rows().next(), post.acknowledged) {
            learn(row.ts, at);
        }
    }
    for reader in &history.readers {
        for (answer, rows) in reader.parts() {
            for row in rows {
                learn(row.ts, answer.came);
            }
        }
    }
    known
}

/// A row that is known comes to whoever asks, and not at the end of the wait.
fn delays_of(reader: &Reading, patience: Moment, known: &HashMap<i64, Moment>, found: &mut Vec<Violation>) {
    for (answer, rows) in reader.parts() {
        // The first row of an answer is what it was waiting for.
        if let Some(row) = rows.first()
            && let Some(first) = known.get(&row.ts)
        {
            let micros = answer.came.saturating_sub(answer.asked.max(*first));
            if micros > patience {
                found.push(Violation::Late { reader: reader.name.clone(), ts: row.ts, micros });
            }
        }
    }
}
