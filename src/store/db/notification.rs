//! What nodes tell each other through the database: which events have moved on, and how far.
//!
//! A notice says nothing that could not be read from the tables: whoever misses one reads there.

use std::fmt::Write as _;

use crate::domain::schedule::event::EventId;
use crate::domain::time::Timestamp;
use crate::store::log::batch::Committed;

/// The channel, and the statement that sends a notice (`$1`) on it with the commit.
pub(in crate::store) const CHANNEL: &str = "gavel";
pub(in crate::store) const NOTIFY: &str = "SELECT pg_notify('gavel', $1)";

/// PostgreSQL takes less than 8,000 bytes at once.
const MOST: usize = 7_500;
/// Set times may have changed.
const SCHEDULE: &str = "*";

/// What another node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Who says so.
    pub node: String,
    pub moved: Vec<Moved>,
    /// Set times may have changed.
    pub schedule: bool,
}

/// An event that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub event: EventId,
    /// Its last row.
    pub head: Timestamp,
    /// More changed than what its new rows tell.
    pub whole: bool,
}

/// The notices of a transaction: one, if not very many events changed.
pub(in crate::store) fn of<'c>(node: &str, changes: impl Iterator<Item = &'c Committed>, schedule: bool) -> Vec<String> {
    let mut notices = vec![node.to_owned()];
    if schedule {
        let _ = write!(notices[0], " {SCHEDULE}");
    }
    for change in changes {
        let is_told = |who| change.rows.iter().any(|row| row.from.as_ref() == Some(who) && row.kind.is_about_somebody());
        let whole = change.dropped || !change.redacted.is_empty() || change.people.iter().any(|who| !is_told(&who.id));
        if !whole && change.rows.is_empty() && !schedule {
            continue;
        }
        let whole = if whole || change.rows.is_empty() { "!" } else { "" };
        let moved = format!(" {}:{}{whole}", change.event.id, change.event.last);
        match notices.last_mut() {
            Some(last) if last.len() + moved.len() <= MOST => last.push_str(&moved),
            _ => notices.push(format!("{node}{moved}")),
        }
    }
    notices.retain(|notice| notice.len() > node.len());
    notices
}

impl Notice {
    /// Reads what [`of`] wrote; words of a newer Gavel are passed over.
    pub(in crate::store) fn parse(text: &str) -> Self {
        let mut words = text.split(' ');
        let mut notice = Self { node: words.next().unwrap_or_default().to_owned(), moved: Vec::new(), schedule: false };
        for word in words {
            notice.schedule |= word == SCHEDULE;
            let (word, whole) = word.strip_suffix('!').map_or((word, false), |word| (word, true));
            if let Some((event, head)) = word.split_once(':')
                && let (Some(event), Ok(head)) = (EventId::parse(event), head.parse())
            {
                notice.moved.push(Moved { event, head: Timestamp::from_micros(head), whole });
            }
        }
        notice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_as_it_was_meant_and_strange_words_are_passed_over() {
        let event = EventId::random();
        let notice = Notice::parse(&format!("n1 * {event}:12 {event}:13! later=1 {event}:x"));
        let moved = |head, whole| Moved { event: event.clone(), head: Timestamp::from_micros(head), whole };
        assert_eq!(notice, Notice { node: "n1".into(), moved: vec![moved(12, false), moved(13, true)], schedule: true });
    }
}
