//! An event with the people of a log in it: they join, line after line is
//! posted at its time, each only when the one before was acknowledged, and
//! they leave. How a request gets through is the client's.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::limits;

use super::client::{Ask, Client};
use super::problem::Trouble;
use super::progress::Progress;
use super::split;
use super::target::in_path;
use super::{Log, LogLine, ReplayError, Target};

/// Nicknames tried for one person: `nick`, `nick-2`, … up to this number.
const NICKS_TRIED: u32 = 5;
/// How often the server hears of everyone, so that nobody who listens for
/// long counts as gone. Less than the longest wait of a poll (50 s).
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);
/// A delay up to this is made good by shorter pauses; after a longer one the
/// rest is played that much later, not in a burst.
const MADE_GOOD: Duration = Duration::from_secs(3);

/// An event with the log's people in it.
pub(super) struct Stage {
    client: Client,
    /// The event's path after `/api/v1`.
    event: String,
    people: Vec<Person>,
    /// When the server last heard of everyone.
    heard_of: Instant,
}

struct Person {
    token: String,
    /// The last row of the event that is known to them.
    cursor: i64,
}

/// Of a new participant and of a row only what is of use here.
#[derive(Deserialize)]
struct StageReply {
    token: String,
    #[serde(default)]
    cursor: Option<i64>,
}

#[derive(Deserialize)]
struct Row {
    ts: i64,
}

impl Stage {
    /// An empty stage; nothing is asked of the server yet.
    pub(super) fn new(target: &Target) -> Result<Self, ReplayError> {
        Ok(Self {
            client: Client::new(&target.server, target.patience)?,
            event: format!("/events/{}", in_path(&target.event)?),
            people: Vec::new(),
            heard_of: Instant::now(),
        })
    }

    /// How many joined.
    pub(super) fn people(&self) -> usize {
        self.people.len()
    }

    /// Everything between the doors; the number of messages posted.
    pub(super) fn perform(&mut self, log: &Log, speed: f64, progress: &mut dyn FnMut(Progress<'_>)) -> Result<usize, ReplayError> {
        let mut seats: HashMap<&str, usize> = HashMap::new();
        for line in &log.lines {
            if !seats.contains_key(line.nick.as_str()) {
                self.join(line, progress)?;
                seats.insert(&line.nick, self.people.len() - 1);
            }
        }
        let mut messages = 0;
        let mut start = Instant::now();
        for (index, line) in log.lines.iter().enumerate() {
            let due = Duration::try_from_secs_f64(line.at.as_secs_f64() / speed);
            let due = start + due.map_err(|_| ReplayError::Speed(speed))?;
            self.wait_until(due);
            let late = due.elapsed();
            if late > MADE_GOOD {
                start += late;
            }
            // Every nickname of the log has a seat by now.
            if let Some(&seat) = seats.get(line.nick.as_str()) {
                messages += self.say(seat, line, progress)?;
            }
            progress(Progress::Line { done: index + 1, total: log.lines.len() });
        }
        Ok(messages)
    }

    /// Lets the nickname of `line` join, under a like nickname if need be.
    fn join(&mut self, line: &LogLine, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(), ReplayError> {
        let path = format!("{}/participants", self.event);
        let mut under = line.nick.clone();
        for next in 2..=NICKS_TRIED + 1 {
            let body = json!({ "nick": under, "nonce": nonce() });
            let ask = Ask::Post { path: &path, token: None, body: &body };
            match self.client.ask::<StageReply>(&ask, progress) {
                Ok(StageReply { token, cursor }) => {
                    progress(Progress::Joined { nick: &line.nick, under: &under });
                    let cursor = cursor.unwrap_or_default();
                    self.people.push(Person { token, cursor });
                    return Ok(());
                }
                Err(Trouble::Refused(problem)) if problem.is("nick-taken") => {
                    if next <= NICKS_TRIED {
                        under = format!("{}-{next}", line.nick);
                    }
                }
                Err(Trouble::Refused(problem)) if problem.is("nick-invalid") => {
                    return Err(ReplayError::NickRefused { nick: under, line: line.number, detail: problem.reason() });
                }
                Err(trouble) => return Err(self.client.error(trouble, None)),
            }
        }
        Err(ReplayError::NickTaken { nick: line.nick.clone(), last: under })
    }

    /// Posts one line, in pieces where it is too long, and comes back when all
    /// of it is acknowledged; the number of pieces.
    fn say(&mut self, seat: usize, line: &LogLine, progress: &mut dyn FnMut(Progress<'_>)) -> Result<usize, ReplayError> {
        let path = format!("{}/messages", self.event);
        let before = if line.action { "/me " } else { "" };
        let pieces = split::at_words(&line.text, limits::TEXT - before.len());
        for piece in &pieces {
            // Made once for all tries: the server knows a repeated one by it.
            let body = json!({ "text": format!("{before}{piece}"), "nonce": nonce() });
            let token = Some(self.people[seat].token.as_str());
            let ask = Ask::Post { path: &path, token, body: &body };
            let row: Row = self.client.ask(&ask, progress).map_err(|trouble| self.client.error(trouble, Some(line.number)))?;
            self.people[seat].cursor = row.ts;
        }
        Ok(pieces.len())
    }

    /// Waits, and meanwhile keeps everyone present.
    fn wait_until(&mut self, due: Instant) {
        loop {
            if self.heard_of.elapsed() >= SIGN_OF_LIFE {
                self.show_up();
            }
            let wait = due.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                return;
            }
            thread::sleep(wait.min(SIGN_OF_LIFE.saturating_sub(self.heard_of.elapsed())));
        }
    }

    /// One short poll for everyone. What comes of it does not matter: the next
    /// line will tell if the server or a person is gone.
    fn show_up(&mut self) {
        let newest = self.people.iter().map(|person| person.cursor).max().unwrap_or_default();
        let path = format!("{}/messages?after={newest}&wait=0&limit=1", self.event);
        for person in &self.people {
            if !self.client.reaches(&Ask::Get { path: &path, token: Some(&person.token) }) {
                break;
            }
        }
        self.heard_of = Instant::now();
    }

    /// Lets everyone leave. Whoever is out already (removed, or by a try whose
    /// answer was lost), and an event that closed, are as good.
    pub(super) fn leave(&self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(), ReplayError> {
        let path = format!("{}/participants/me", self.event);
        for person in &self.people {
            match self.client.ask::<Value>(&Ask::Delete { path: &path, token: &person.token }, progress) {
                Err(Trouble::Refused(problem)) if matches!(problem.status, 401 | 403 | 404 | 410) => {}
                Err(trouble) => return Err(self.client.error(trouble, None)),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// Lets everyone leave after an error: one try for each, while the server is there.
    pub(super) fn abandon(&self) {
        let path = format!("{}/participants/me", self.event);
        for person in &self.people {
            if !self.client.reaches(&Ask::Delete { path: &path, token: &person.token }) {
                break;
            }
        }
    }
}

/// Names one thing to do, so that the server knows a repeated request.
fn nonce() -> String {
    format!("{:032x}", rand::random::<u128>())
}
