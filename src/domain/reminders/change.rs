//! Which changes of an event readers are told of: what they know of it, beside how it stands now.
//!
//! Pure comparison. When it is made, and to whom it goes, is not said here.

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// From when to when an event goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub opens: Timestamp,
    pub closes: Timestamp,
}

/// How an event stands, or stood when readers were last told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventState {
    pub span: Span,
    pub cancelled: bool,
    /// Whether its room has opened: from then on its page says everything.
    pub opened: bool,
}

/// What happened to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Happened {
    Moved,
    /// Cancelled, or taken off the schedule.
    Cancelled,
    Restored,
    /// A new date of the meeting.
    Added,
}

/// One event in a mail about changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub happened: Happened,
    /// The event's title, its own or the meeting's.
    pub title: String,
    /// Why it is cancelled, where that was said.
    pub reason: Option<String>,
    /// What stands in its link; `None` where it has no page any more.
    pub key: Option<String>,
    pub was: Span,
    pub is: Span,
}

impl Change {
    /// From when on nobody needs to hear of it.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        self.was.opens.max(self.is.opens)
    }
}

/// What there is to tell of an event that was `known` and is as it `stands` (`None`: it is off the schedule).
/// Of what is over, or open, nothing.
#[must_use]
pub fn news(known: EventState, stands: Option<EventState>, now: Timestamp) -> Option<Happened> {
    let ahead = |standing: EventState| standing.span.opens > now;
    let Some(stands) = stands else {
        return (!known.cancelled && ahead(known)).then_some(Happened::Cancelled);
    };
    match (known.cancelled, stands.cancelled) {
        _ if stands.opened => None,
        (false, true) if ahead(known) => Some(Happened::Cancelled),
        (true, false) if ahead(stands) => Some(Happened::Restored),
        (false, false) if known.span != stands.span && (ahead(known) || ahead(stands)) => Some(Happened::Moved),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(opens: i64) -> EventState {
        let opens = Timestamp::from_micros(opens);
        EventState { span: Span { opens, closes: opens.plus_micros(10) }, cancelled: false, opened: false }
    }

    const fn cancelled(opens: i64) -> EventState {
        EventState { cancelled: true, ..at(opens) }
    }

    #[test]
    fn readers_are_told_what_makes_a_difference_to_them() {
        let now = Timestamp::from_micros(100);
        for (known, stands, told) in [
            (at(200), Some(at(200)), None),
            (at(200), Some(at(300)), Some(Happened::Moved)),
            (at(50), Some(at(300)), Some(Happened::Moved)),
            (at(200), Some(at(50)), Some(Happened::Moved)),
            (at(50), Some(at(60)), None),
            (at(200), Some(cancelled(200)), Some(Happened::Cancelled)),
            (at(50), Some(cancelled(50)), None),
            (cancelled(200), Some(at(200)), Some(Happened::Restored)),
            (cancelled(200), Some(at(300)), Some(Happened::Restored)),
            (cancelled(200), Some(cancelled(300)), None),
            (at(200), None, Some(Happened::Cancelled)),
            (cancelled(200), None, None),
            (at(50), None, None),
            (at(200), Some(EventState { opened: true, ..at(90) }), None),
        ] {
            assert_eq!(news(known, stands, now), told, "{known:?} {stands:?}");
        }
    }
}
