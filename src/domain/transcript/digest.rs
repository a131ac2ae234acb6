//! The digest of a log: a chain of SHA-256 over the rows that everyone may see.
//!
//! A row enters the chain by the hash of its text, so that the chain still holds when a redaction has
//! taken the text away. A random salt in that hash keeps a removed telephone number from being guessed.
//! `docs/digest.md` specifies it to the byte.

use sha2::{Digest as _, Sha256};

use crate::domain::schedule::event::EventId;
use crate::domain::secret;
use crate::domain::talk::message::ChatData;
use crate::domain::talk::participant::ParticipantId;

/// What a chain starts from, before the first row of this event.
#[must_use]
pub fn start(event: &EventId) -> String {
    of(&["gavel:1", event.as_str()])
}

/// A new salt: 130 random bits as 26 letters and digits.
#[must_use]
pub fn salt() -> String {
    secret::readable(26)
}

/// The hash of a row's text, 64 hexadecimal digits.
#[must_use]
pub fn content(salt: Option<&str>, text: &str) -> String {
    of(&[salt.unwrap_or_default(), text])
}

/// The digest behind `row`, given the one before it: `None` before the first row.
#[must_use]
pub fn next(before: Option<&str>, event: &EventId, row: &ChatData) -> String {
    let before = before.map_or_else(|| start(event), str::to_owned);
    let content = row.hash.clone().unwrap_or_else(|| content(row.salt.as_deref(), &row.text));
    let from = row.from.as_ref().map_or("", ParticipantId::as_str);
    of(&[&before, &row.ts.to_string(), row.kind.as_str(), from, row.nick.as_deref().unwrap_or_default(), &content])
}

/// SHA-256 over the parts with a line feed between them, in lower-case hexadecimal.
fn of(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            hash.update(b"\n");
        }
        hash.update(part.as_bytes());
    }
    secret::hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::talk::message::Kind;
    use crate::domain::time::Timestamp;

    fn row(text: &str) -> ChatData {
        ChatData {
            ts: Timestamp::from_micros(1_795_550_400_001_234),
            kind: Kind::Said,
            from: Some(ParticipantId::random()),
            nick: Some("ada".into()),
            text: text.into(),
            html: text.into(),
            nonce: None,
            audience: None,
            salt: Some("salt".into()),
            hash: None,
            tag: None,
        }
    }

    #[test]
    fn a_removed_text_leaves_the_digest_as_it_was() {
        let event = EventId::random();
        let whole = row("hello");
        let emptied = ChatData { text: String::new(), salt: None, hash: Some(content(Some("salt"), "hello")), ..whole.clone() };
        assert_eq!(next(None, &event, &whole), next(None, &event, &emptied));
    }

    #[test]
    fn everything_that_is_shown_of_a_row_counts() {
        let event = EventId::random();
        let row = row("hello");
        let digest = next(None, &event, &row);
        let changed = [
            ChatData { text: "hell0".into(), ..row.clone() },
            ChatData { nick: Some("adb".into()), ..row.clone() },
            ChatData { kind: Kind::Emote, ..row.clone() },
            ChatData { ts: Timestamp::from_micros(1), ..row.clone() },
            ChatData { from: None, ..row.clone() },
            ChatData { salt: None, ..row.clone() },
        ];
        for other in changed {
            assert_ne!(next(None, &event, &other), digest, "{other:?}");
        }
        assert_ne!(next(None, &EventId::random(), &row), digest);
        assert_ne!(next(Some(&digest), &event, &row), digest);
    }

    /// The same as `printf '%s\n%s' salt hello | sha256sum` gives.
    #[test]
    fn a_text_is_hashed_behind_its_salt() {
        assert_eq!(content(Some("salt"), "hello"), "d88eaadb20b7f01f31f7087ce9a22847a9deb2e40e6400917907e808b3985007");
    }
}
