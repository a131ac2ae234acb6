//! Verifying logs: in the database, beside a running server, and in exported transcripts.
//!
//! Reads only. What a log has to keep is said in `domain::verify`; here is where rows come from.

use std::fmt;

use serde::Deserialize;

use crate::app::schedule::meetings::Found;
use crate::app::{App, Error, Thing};
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::talk::participant::ParticipantId;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::domain::transcript::verify::{Flaw, Told, Trail, Verdict};

/// How many rows, or events, one read of the database takes.
const PAGE: usize = 1_000;

/// A log that was looked at.
#[derive(Clone, Debug)]
pub struct Checked {
    pub event: EventId,
    /// The path of its page.
    pub url: String,
    pub verdict: Verdict,
    /// Of an exported transcript, the rows whose HTML is not what this Gavel makes of their text: the digest is over the text.
    pub reworded: Vec<Timestamp>,
}

impl App {
    /// Verifies the log of the event that `name` names: its id, the path of its page, or any link
    /// with one of them in it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn verify(&self, name: &str) -> Result<Checked, Error> {
        let event = self.named(name).await?;
        self.verify_log(event).await
    }

    /// Verifies this log, also while it grows.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the event was deleted meanwhile; [`Error::Unavailable`].
    pub async fn verify_log(&self, mut event: ChatEvent) -> Result<Checked, Error> {
        let mut trail = Trail::new(event.id.clone());
        loop {
            let page = self.store.rows_after(&event.id, trail.last(), PAGE).await?;
            for row in &page {
                trail.follow(row);
            }
            if page.len() == PAGE {
                continue;
            }
            // Where rows that the event knew before this read are not there, they will not come.
            let missing = trail.last() < event.last;
            // Rows and their event are written together. So an event that is read after the rows
            // knows of all of them; it may know of newer ones, which are read first.
            event = self.event(&event.id).await?;
            if missing || event.last <= trail.last() {
                break;
            }
        }
        let found = trail.closed();
        let told = Told { count: event.count, digest: event.digest.clone(), opens_at: event.opens_at, closes_at: event.closes_at };
        let mut verdict = trail.judge(&told);
        if event.closed != found {
            verdict.flaws.push(Flaw::Close { told: event.closed, found });
        }
        Ok(Checked { url: event.url(), event: event.id, verdict, reworded: Vec::new() })
    }

    /// The events behind this one by their start, some at a time; from the first one on where there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn events_behind(&self, behind: Option<&ChatEvent>) -> Result<Vec<ChatEvent>, Error> {
        Ok(self.store.events_behind(behind, 200).await?)
    }

    async fn named(&self, name: &str) -> Result<ChatEvent, Error> {
        let path = name.split(['?', '#']).next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        if let Some(id) = parts.iter().find_map(|part| EventId::parse(part)) {
            return self.event(&id).await;
        }
        let ([.., "m", slug, key] | [slug, key]) = parts[..] else { return Err(Error::NotFound(Thing::Event)) };
        let mut slug = slug.to_owned();
        loop {
            match self.meeting_of_slug(&slug).await? {
                Found::Meeting(meeting) => return self.event_by_key(&meeting, key).await,
                Found::Moved(to) => slug = to,
            }
        }
    }
}

/// Why a file is no transcript that can be verified.
#[derive(Debug)]
pub enum NoTranscript {
    /// It is not JSON, or lacks what a transcript has.
    Shape(serde_json::Error),
    /// This row holds something that no row of ours does.
    Row(i64),
    /// The event's id is none.
    Event,
}

impl fmt::Display for NoTranscript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(cause) => write!(f, "It is not a transcript.json of Gavel ({cause})."),
            Self::Row(ts) => write!(f, "Its row {ts} is not as Gavel writes rows: the file was changed, or is of a newer Gavel."),
            Self::Event => f.write_str("Its event’s id is not one: the file was changed."),
        }
    }
}

#[derive(Deserialize)]
struct Transcript {
    event: Head,
    messages: Vec<Row>,
}

#[derive(Deserialize)]
struct Head {
    id: String,
    url: String,
    opens_at: Timestamp,
    closes_at: Timestamp,
    count: i64,
    digest: Option<String>,
}

#[derive(Deserialize)]
struct Row {
    ts: i64,
    kind: String,
    from: Option<String>,
    nick: Option<String>,
    text: String,
    html: Option<String>,
    salt: Option<String>,
    hash: Option<String>,
}

impl Row {
    /// Returns whether its HTML is that of its text, by the rules of today or of the day when it was written. A file need not have any.
    fn shows_its_text(&self) -> bool {
        let Some(html) = &self.html else { return true };
        match Kind::parse(&self.kind) {
            Some(Kind::Said | Kind::Emote) => *html == text::inline(&self.text) || *html == text::former_markup::inline(&self.text),
            // It leaves out which row the text names.
            Some(Kind::Action) => true,
            _ => *html == text::plain(&self.text),
        }
    }

    /// The row, where every part of it is read as it was written: nothing may be passed over.
    fn read(self) -> Result<ChatData, NoTranscript> {
        let strange = NoTranscript::Row(self.ts);
        let ts = Timestamp::from_micros(self.ts);
        let from = self.from.as_deref().map(ParticipantId::parse);
        let (Some(kind), false, true) = (Kind::parse(&self.kind), matches!(from, Some(None)), ts.micros() == self.ts) else {
            return Err(strange);
        };
        Ok(ChatData {
            ts,
            kind,
            from: from.flatten(),
            nick: self.nick,
            text: self.text,
            html: String::new(),
            nonce: None,
            audience: None,
            salt: self.salt,
            hash: self.hash,
            tag: None,
        })
    }
}

/// Verifies an exported `transcript.json`.
///
/// # Errors
/// [`NoTranscript`].
pub fn verify_transcript(json: &[u8]) -> Result<Checked, NoTranscript> {
    let Transcript { event, messages } = serde_json::from_slice(json).map_err(NoTranscript::Shape)?;
    let id = EventId::parse(&event.id).ok_or(NoTranscript::Event)?;
    let mut trail = Trail::new(id.clone());
    let reworded = messages.iter().filter(|row| !row.shows_its_text()).map(|row| Timestamp::from_micros(row.ts)).collect();
    for row in messages {
        trail.follow(&row.read()?);
    }
    let told = Told { count: event.count, digest: event.digest, opens_at: event.opens_at, closes_at: event.closes_at };
    Ok(Checked { event: id, url: event.url, verdict: trail.judge(&told), reworded })
}
