//! The bytes of answers: of a poll's all but `now`, and the frames of a stream. Many pollers share them.

use std::fmt::Write;

use bytes::Bytes;

use crate::domain::schedule::event::{ChatEvent, Phase};
use crate::domain::talk::message::{ChatData, Kind};
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

/// What stands before and behind the poller's own `now`.
const HEAD: (&[u8], u8) = (b"{\"now\":", b',');
/// The longest head: [`crate::domain::time::LATEST`] has 16 digits.
const LONGEST: usize = HEAD.0.len() + 16 + 1;

/// `{"now":…,`, the part of an answer that is not shared. Written by hand into a place of its own, as
/// each delivery has one.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    bytes: [u8; LONGEST],
    /// Where it begins: it is written from its end.
    from: usize,
}

impl Head {
    /// The head of an answer that is given at `now`.
    #[must_use]
    pub fn of(now: Timestamp) -> Self {
        let mut head = Self { bytes: [0; LONGEST], from: LONGEST };
        head.put(HEAD.1);
        let mut left = now.micros().unsigned_abs();
        loop {
            head.put(b'0' + (left % 10) as u8);
            left /= 10;
            if left == 0 {
                break;
            }
        }
        for byte in HEAD.0.iter().rev() {
            head.put(*byte);
        }
        head
    }

    const fn put(&mut self, byte: u8) {
        self.from -= 1;
        self.bytes[self.from] = byte;
    }

    /// Its bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[self.from..]
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_what_json_says_of_a_timestamp() {
        for micros in [0, 9, 10, 1_795_550_400_123_456, crate::domain::time::LATEST] {
            let head = Head::of(Timestamp::from_micros(micros));
            assert_eq!(head.as_slice(), format!("{{\"now\":{micros},").as_bytes());
        }
    }
}
