//! The index on SQLite: FTS5 over words that are taken apart and folded already.
//!
//! It keeps no text (`content=''`), only where which word is. Its rows are numbered by time, so that the newest
//! of a million that have a word are found by a look at the end of that word's list.

use super::readable;
use crate::domain::search::{Needle, Phrase};
use crate::store::schedule::events::select_event;

/// Whether the index was made.
pub(super) const IS_THERE: &str = "SELECT count(*) FROM sqlite_master WHERE name = 'search_cursor_behind'";

/// Makes the index. While one types, the last word is the beginning of one: those of two
/// and three letters, which begin the most words, have lists of their own. Whoever deletes from `search_row` deletes
/// the words with it. Lists are merged in many small steps, rarely in a large one, for which messages would have to wait.
pub(super) const TABLES: [&str; 5] = [
    "CREATE TABLE IF NOT EXISTS search_row (id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, ts BIGINT NOT NULL)",
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_words USING fts5(words, content='', contentless_delete=1, \
     prefix='2 3', tokenize=\"ascii tokenchars ':_-'\")",
    "CREATE TRIGGER IF NOT EXISTS search_row_gone AFTER DELETE ON search_row \
     BEGIN DELETE FROM search_words WHERE rowid = old.id; END",
    "INSERT INTO search_words (search_words, rank) VALUES ('crisismerge', 400)",
    MERGE_RARELY,
];

/// Merges 16 lists of a level, not 4: merging was a third of the work of indexing, and a search is no slower for it.
pub(super) const MERGE_RARELY: &str = "INSERT INTO search_words (search_words, rank) VALUES ('automerge', 16)";

/// Whether that is set: an earlier program did not set it.
pub(super) const MERGES_RARELY: &str = "SELECT count(*) FROM search_words_config WHERE k = 'automerge' AND v = 16";

/// See [`super::Store::search`]. The joins go the way they are written: the words lead.
pub(super) const FIND: &str = select_event!(
    ", p.place, d.*",
    concat!(
        "JOIN (SELECT r.id AS place, r.event_id, r.ts FROM search_words CROSS JOIN search_row r ON r.id = search_words.rowid \
         CROSS JOIN chat_event x ON x.id = r.event_id CROSS JOIN meeting y ON y.id = x.meeting_id \
         WHERE search_words MATCH $1 AND search_words.rowid < $2 AND search_words.rowid >= $3 AND ",
        readable!(),
        " ORDER BY search_words.rowid DESC LIMIT $6) p ON p.event_id = e.id \
         JOIN chat_data d ON d.event_id = p.event_id AND d.ts = p.ts ORDER BY p.place DESC"
    )
);

/// The words of a row, as the index takes them.
pub(super) fn document(words: &[String]) -> String {
    words.join(" ")
}

/// A needle in the language of FTS5. Every word stands in quotes and has none.
pub(super) fn needle(needle: &Needle) -> String {
    let group = |phrases: &[Phrase]| format!("({})", phrases.iter().map(phrase).collect::<Vec<_>>().join(" OR "));
    let all = needle.all.iter().map(|any| group(any)).collect::<Vec<_>>().join(" AND ");
    if needle.none.is_empty() { all } else { format!("({all}) NOT {}", group(&needle.none)) }
}

fn phrase(phrase: &Phrase) -> String {
    format!("\"{}\"{}", phrase.words.join(" "), if phrase.is_prefix { " *" } else { "" })
}
