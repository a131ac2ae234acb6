//! The index on PostgreSQL: a `tsvector` of words that are taken apart and folded already, under a GIN index.
//!
//! No parser and no dictionary of the server has a part in it, so that every language and every name is found,
//! and the same as on SQLite.

use std::fmt::Write as _;

use super::readable;
use crate::domain::search::{Needle, Phrase};
use crate::store::schedule::events::select_event;

/// Whether the index was made.
pub(super) const IS_THERE: &str = "SELECT count(to_regclass('search_cursor_behind')) AS made";

/// Makes the index where it is missing. Nodes that start at once would stand in each other's way.
pub(super) const TABLES: [&str; 3] = [
    LOCK,
    "CREATE TABLE IF NOT EXISTS search_row (id BIGINT PRIMARY KEY, event_id TEXT NOT NULL, ts BIGINT NOT NULL, words TSVECTOR NOT NULL)",
    "CREATE INDEX IF NOT EXISTS search_row_words ON search_row USING gin (words)",
];

/// Keeps other nodes from the index until the end of the transaction. “index” in ASCII.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(452823639416)";

/// See [`super::Store::search`].
pub(super) const FIND: &str = select_event!(
    ", p.place, d.*",
    concat!(
        "JOIN (SELECT r.id AS place, r.event_id, r.ts FROM search_row r \
         JOIN chat_event x ON x.id = r.event_id JOIN meeting y ON y.id = x.meeting_id \
         WHERE r.words @@ $1::tsquery AND r.id < $2 AND r.id >= $3 AND ",
        readable!(),
        " ORDER BY r.id DESC LIMIT $6) p ON p.event_id = e.id \
         JOIN chat_data d ON d.event_id = p.event_id AND d.ts = p.ts ORDER BY p.place DESC"
    )
);

/// The words of a row with their places, as the index takes them. They have letters, digits, colons.
pub(super) fn document(words: &[String]) -> String {
    let mut out = String::new();
    for (n, word) in words.iter().enumerate() {
        _ = write!(out, "'{word}':{} ", n + 1);
    }
    out
}

/// A needle in the language of `tsquery`. Every word stands in quotes and has none.
pub(super) fn needle(needle: &Needle) -> String {
    let group = |phrases: &[Phrase]| format!("({})", phrases.iter().map(phrase).collect::<Vec<_>>().join(" | "));
    let mut all = needle.all.iter().map(|any| group(any)).collect::<Vec<_>>().join(" & ");
    if !needle.none.is_empty() {
        _ = write!(all, " & !{}", group(&needle.none));
    }
    all
}

fn phrase(phrase: &Phrase) -> String {
    let words = phrase.words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" <-> ");
    format!("({words}{})", if phrase.is_prefix { ":*" } else { "" })
}
