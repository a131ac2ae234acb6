//! What a log promises, checked: its count and digest, the order of its rows, its hours, its end.
//!
//! Rows are followed one by one, so that a log of any length takes no memory. The verdict comes
//! last, against what the event says of itself by then.

use std::fmt;

use super::digest;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::time::Timestamp;

/// What an event says of its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub count: i64,
    pub digest: Option<String>,
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
}

/// What following the rows of one log has shown so far.
#[derive(Clone, Debug)]
pub struct Trail {
    event: EventId,
    count: i64,
    digest: Option<String>,
    last: Option<Timestamp>,
    /// The first and the last row that somebody wrote; in ordered rows nothing is further out.
    hours: Option<(Timestamp, Timestamp)>,
    closed: Option<Timestamp>,
    disorder: Option<Timestamp>,
    behind_the_end: Option<Timestamp>,
}

/// What a log turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How many rows there are.
    pub count: i64,
    /// The digest that they make.
    pub digest: Option<String>,
    /// The promises that are broken; of a log that is whole, none.
    pub flaws: Vec<Flaw>,
}

/// A promise that a log breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    Count {
        told: i64,
        found: i64,
    },
    Digest {
        told: Option<String>,
        found: Option<String>,
    },
    /// This row does not come after the one before it.
    Order(Timestamp),
    /// Somebody wrote this row before the opening or after the close.
    Hours(Timestamp),
    /// This row comes after `closed`.
    BehindTheEnd(Timestamp),
    /// The event knows another close than its rows, or none.
    Close {
        told: Option<Timestamp>,
        found: Option<Timestamp>,
    },
}

impl Trail {
    /// Nothing of this event's log is read yet.
    #[must_use]
    pub const fn new(event: EventId) -> Self {
        Self { event, count: 0, digest: None, last: None, hours: None, closed: None, disorder: None, behind_the_end: None }
    }

    /// Goes on to the next row.
    pub fn follow(&mut self, row: &ChatData) {
        if self.last.is_some_and(|last| row.ts <= last) {
            self.disorder.get_or_insert(row.ts);
        }
        if self.closed.is_some() {
            self.behind_the_end.get_or_insert(row.ts);
        }
        self.last = Some(row.ts);
        match row.kind {
            Kind::Closed => self.closed = Some(row.ts),
            // Not `left`: somebody may be removed at any time before the close.
            Kind::Said | Kind::Emote | Kind::Joined => self.hours = Some((self.hours.map_or(row.ts, |(first, _)| first), row.ts)),
            _ => {}
        }
        if row.audience.is_none() {
            self.count += 1;
            self.digest = Some(digest::next(self.digest.as_deref(), &self.event, row));
        }
    }

    /// The last row there was; [`Timestamp::ZERO`] before the first.
    #[must_use]
    pub fn last(&self) -> Timestamp {
        self.last.unwrap_or_default()
    }

    /// The `ts` of the `closed` row.
    #[must_use]
    pub const fn closed(&self) -> Option<Timestamp> {
        self.closed
    }

    /// Holds the rows against what their event says.
    #[must_use]
    pub fn judge(self, told: &Told) -> Verdict {
        let early = self.hours.and_then(|(first, _)| (first < told.opens_at).then_some(first));
        let late = self.hours.and_then(|(_, last)| (last >= told.closes_at).then_some(last));
        let mut flaws = Vec::new();
        if told.count != self.count {
            flaws.push(Flaw::Count { told: told.count, found: self.count });
        }
        if told.digest != self.digest {
            flaws.push(Flaw::Digest { told: told.digest.clone(), found: self.digest.clone() });
        }
        flaws.extend(self.disorder.map(Flaw::Order));
        flaws.extend(early.into_iter().chain(late).map(Flaw::Hours));
        flaws.extend(self.behind_the_end.map(Flaw::BehindTheEnd));
        Verdict { count: self.count, digest: self.digest, flaws }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = |digest: &Option<String>| digest.clone().unwrap_or_else(|| "none".into());
        let close = |ts: &Option<Timestamp>| ts.map_or_else(|| "none".into(), |ts| ts.to_string());
        match self {
            Self::Count { told, found } => write!(f, "It has {}, but its event counts {told}.", rows(*found)),
            Self::Digest { told, found } => write!(
                f,
                "Rows were changed, left out or put in: they make the digest {}, but that of the event is {}.",
                digest(found),
                digest(told)
            ),
            Self::Order(ts) => write!(f, "Row {ts} does not come after the one before it."),
            Self::Hours(ts) => write!(f, "Row {ts} was written outside of the event’s hours."),
            Self::BehindTheEnd(ts) => write!(f, "Row {ts} stands behind the close, after which there is nothing."),
            Self::Close { told, found } => write!(f, "The event knows the close {}, but its rows {}.", close(told), close(found)),
        }
    }
}

/// "1 row", "312 rows".
#[must_use]
pub fn rows(count: i64) -> String {
    format!("{count} {}", if count == 1 { "row" } else { "rows" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::talk::participant::ParticipantId;

    fn row(ts: i64, kind: Kind) -> ChatData {
        let bare = ChatData::bare(Timestamp::from_micros(ts), kind, "hello".into(), "hello".into());
        ChatData { from: Some(ParticipantId::random()), nick: Some("ada".into()), ..bare }
    }

    fn flaws(rows: &[ChatData], told: impl FnOnce(&mut Told)) -> Vec<Flaw> {
        let event = EventId::random();
        let digest = rows.iter().fold(None, |digest: Option<String>, row| Some(digest::next(digest.as_deref(), &event, row)));
        let (opens_at, closes_at) = (Timestamp::from_micros(10), Timestamp::from_micros(20));
        let mut claim = Told { count: i64::try_from(rows.len()).unwrap(), digest, opens_at, closes_at };
        told(&mut claim);
        let mut trail = Trail::new(event);
        for row in rows {
            trail.follow(row);
        }
        trail.judge(&claim).flaws
    }

    #[test]
    fn a_log_that_keeps_every_promise_has_no_flaw() {
        let log = [row(9, Kind::Rescheduled), row(10, Kind::Said), row(19, Kind::Emote), row(25, Kind::Left), row(26, Kind::Closed)];
        assert_eq!(flaws(&log, |_| ()), []);
        assert_eq!(flaws(&[], |_| ()), []);
    }

    #[test]
    fn each_broken_promise_is_found() {
        let at = Timestamp::from_micros;
        let all = |told: &mut Told| told.closes_at = at(100);
        assert_eq!(flaws(&[row(12, Kind::Said), row(12, Kind::Said)], all), [Flaw::Order(at(12))]);
        assert_eq!(flaws(&[row(9, Kind::Said), row(12, Kind::Joined)], all), [Flaw::Hours(at(9))]);
        assert_eq!(flaws(&[row(12, Kind::Said), row(20, Kind::Said)], |_| ()), [Flaw::Hours(at(20))]);
        assert_eq!(flaws(&[row(20, Kind::Closed), row(21, Kind::Left)], |_| ()), [Flaw::BehindTheEnd(at(21))]);
        assert_eq!(flaws(&[row(12, Kind::Said)], |told| told.count = 2), [Flaw::Count { told: 2, found: 1 }]);
        assert!(matches!(flaws(&[row(12, Kind::Said)], |told| told.digest = None)[..], [Flaw::Digest { .. }]));
    }
}
