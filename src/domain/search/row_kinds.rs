//! The sorts of rows to ask for by `kind:`, and which rows are of which.
//!
//! What a command noted is of its sort as long as the minutes hold it: not what was taken back, struck or corrected away.
//! So a later row can change what an earlier one is.

use std::collections::HashMap;

use crate::domain::minutes::{Minutes, Tag};
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::time::Timestamp;

/// A sort of rows to ask for by `kind:`.
#[derive(Debug, PartialEq, Eq)]
pub struct Sort {
    pub name: &'static str,
    /// The labels of its rows; see [`Noted::labels`].
    pub labels: &'static [&'static str],
}

/// The sorts there are.
pub static SORTS: [Sort; 10] = [
    sort("said", &["said"]),
    sort("emote", &["emote"]),
    sort("decision", &["agreed", "accepted", "rejected"]),
    sort("action", &["action"]),
    sort("topic", &["topic", "subtopic"]),
    sort("info", &["info"]),
    sort("idea", &["idea"]),
    sort("help", &["help"]),
    sort("link", &["link"]),
    sort("vote", &["startvote", "motion"]),
];

const fn sort(name: &'static str, labels: &'static [&'static str]) -> Sort {
    Sort { name, labels }
}

/// Whether a row is to be found at all.
#[must_use]
pub fn is_found(row: &ChatData) -> bool {
    matches!(row.kind, Kind::Said | Kind::Emote) && row.audience.is_none() && !row.text.is_empty()
}

/// Whether a row may change of which sort the rows before it are.
#[must_use]
pub fn changes(row: &ChatData) -> bool {
    // A motion comes out with the end of its vote, or of the event.
    row.kind == Kind::Closed || matches!(row.tag, Some(Tag::Undo | Tag::Strike | Tag::EndVote))
}

/// What the rows of an event are to its minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// By `ts`; `None`: what their tags say, for nothing was taken back yet.
    standing: Option<HashMap<Timestamp, Vec<&'static str>>>,
}

impl Noted {
    /// As these minutes have them.
    #[must_use]
    pub fn in_minutes(minutes: &Minutes) -> Self {
        let mut standing: HashMap<Timestamp, Vec<&'static str>> = HashMap::new();
        for item in &minutes.items {
            standing.entry(item.ts).or_default().push(item.tag.as_str());
        }
        for vote in &minutes.votes {
            let tag = if vote.is_motion { Tag::Motion } else { Tag::StartVote };
            let outcome =
                [Tag::Accepted, Tag::Rejected].into_iter().find(|tag| vote.is_motion && vote.result.as_deref() == Some(tag.as_str()));
            standing.entry(vote.ts).or_default().extend([Some(tag), outcome].into_iter().flatten().map(Tag::as_str));
        }
        Self { standing: Some(standing) }
    }

    /// What a row that is to be found is, in the words of [`Sort::labels`].
    pub fn labels(&self, row: &ChatData) -> impl Iterator<Item = &'static str> {
        let noted = match &self.standing {
            Some(standing) => standing.get(&row.ts).cloned().unwrap_or_default(),
            None => row.tag.map(Tag::as_str).into_iter().collect(),
        };
        std::iter::once(row.kind.as_str()).chain(noted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_names_every_sort() {
        let docs = include_str!("../../../docs/search.md");
        for sort in &SORTS {
            assert!(docs.contains(&format!("`{}`", sort.name)), "docs/search.md does not name {}", sort.name);
        }
    }
}
