//! The bytes of answers: of a poll's all but `now`, and the frames of a stream. Many pollers share them.

use std::fmt::Write;

use bytes::Bytes;

use crate::domain::event::{ChatEvent, Phase};
use crate::domain::message::{ChatData, Kind};
use crate::domain::time::Timestamp;

/// What an answer says beside its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// There is more: ask again at once.
    pub more: bool,
    /// Drop what you have: these rows are from the start.
    pub reset: bool,
    /// A newer poll of the same tab took over.
    pub replaced: bool,
}

/// A row as JSON. A row is built of strings and numbers, which always serialize.
#[must_use]
pub fn row(row: &ChatData) -> Bytes {
    serde_json::to_vec(row).unwrap_or_default().into()
}

/// Everything of the answer behind `{"now":…,`.
#[must_use]
pub fn tail<'r>(event: &ChatEvent, phase: Phase, cursor: Timestamp, flags: Flags, rows: impl Iterator<Item = &'r Bytes> + Clone) -> Bytes {
    let size = rows.clone().map(|row| row.len() + 1).sum::<usize>();
    let mut out = String::with_capacity(384);
    let Flags { more, reset, replaced } = flags;
    // Writing to a String cannot fail. Ids and phases are plain ASCII, so they need no escape.
    let _ = write!(
        out,
        "\"cursor\":{cursor},\"more\":{more},\"reset\":{reset},\"replaced\":{replaced},\"event\":{{\"id\":\"{}\",\"phase\":\"{}\",\
         \"opens_at\":{},\"closes_at\":{},\"count\":{},\"digest\":",
        event.id,
        phase.as_str(),
        event.opens_at,
        event.closes_at,
        event.count
    );
    match &event.digest {
        Some(digest) => out.extend(["\"", digest, "\""]),
        None => out.push_str("null"),
    }
    out.push_str("},\"messages\":[");
    let mut out = out.into_bytes();
    out.reserve_exact(size + 2);
    for (n, row) in rows.enumerate() {
        if n > 0 {
            out.push(b',');
        }
        out.extend_from_slice(row);
    }
    out.extend_from_slice(b"]}");
    out.into()
}

/// Rows as server-sent events (WHATWG HTML, section 9.2). JSON has no raw line breaks, so each row
/// is one `data` line.
#[must_use]
pub fn frames<'r>(rows: impl Iterator<Item = (Timestamp, Kind, &'r Bytes)>) -> Bytes {
    let mut out = Vec::new();
    for (ts, kind, json) in rows {
        out.extend_from_slice(format!("id: {ts}\nevent: {}\ndata: ", kind.as_str()).as_bytes());
        out.extend_from_slice(json);
        out.extend_from_slice(b"\n\n");
    }
    out.into()
}
