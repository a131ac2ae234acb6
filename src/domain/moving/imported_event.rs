//! An event that took place elsewhere, as its log tells: what an archive brings in.
//!
//! Holds what a log of Gavel's own holds: `opened`, what people did, `closed`, in strictly rising `ts`, and
//! nobody speaks before they joined.

use std::collections::HashMap;

use crate::domain::talk::message::Kind;
use crate::domain::talk::participant::Nick;
use crate::domain::time::Timestamp;

/// A log that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedEvent {
    /// The `ts` of its `opened` row.
    pub opens_at: Timestamp,
    /// The `ts` of its `closed` row, which is the last.
    pub closes_at: Timestamp,
    /// Whether Gavel wrote it: then what its rows tell of commands came of these commands.
    pub is_ours: bool,
    /// How it was called, where the log says that beside its rows.
    pub title: Option<String>,
    /// Other nicknames by which people are called in it, in lower case, and what each has in the rows.
    pub aliases: HashMap<String, String>,
    pub rows: Vec<PastRow>,
}

/// One row of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRow {
    pub ts: Timestamp,
    pub kind: Kind,
    /// Who wrote it or whom it is about; `None` on rows of the program's own.
    pub nick: Option<Nick>,
    pub text: String,
    /// Whether the log says that it is chat, whatever it looks like.
    pub is_chat: bool,
}

impl ImportedEvent {
    /// How many rows people wrote.
    #[must_use]
    pub fn said(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.kind, Kind::Said | Kind::Emote)).count()
    }
}
