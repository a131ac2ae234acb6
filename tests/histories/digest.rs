//! The digest of an event, computed anew from its rows as `docs/protocol.md` specifies it.
//!
//! Written from the specification and not from the program, so that the two can disagree.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::history::Row;

/// The chain over an event's rows.
pub struct Chain(String);

impl Chain {
    pub fn start(event: &str) -> Self {
        Self(sha256(&format!("gavel:1\n{event}")))
    }

    /// Takes the next row in, and gives the digest up to it.
    pub fn take(&mut self, row: &Row) -> String {
        let content = match &row.hash {
            Some(hash) => hash.clone(),
            None => sha256(&format!("{}\n{}", row.salt.as_deref().unwrap_or_default(), row.text)),
        };
        let (from, nick) = (row.from.as_deref().unwrap_or_default(), row.nick.as_deref().unwrap_or_default());
        self.0 = sha256(&format!("{}\n{}\n{}\n{from}\n{nick}\n{content}", self.0, row.ts, row.kind));
        self.0.clone()
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
