//! One sitting of a meeting, and the phase that the clock gives it.

use std::fmt;

use crate::domain::zone::Zone;
use serde::Serialize;

use super::secret;
use super::time::Timestamp;

/// The unguessable id of an event; who knows it may read the event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// A new id: `e_` and 24 characters (120 random bits).
    #[must_use]
    pub fn random() -> Self {
        Self(format!("e_{}", secret::readable(24)))
    }

    /// Reads an id; `None` for what no event can have.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("e_")?;
        (rest.len() == 24 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())).then(|| Self(text.into()))
    }

    /// The id as it stands in links.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Not open yet: the lobby.
    Scheduled,
    /// People talk: the room.
    Open,
    /// Over for ever: the transcript.
    Closed,
    /// Called off; may be restored while it never closed.
    Cancelled,
}

impl Phase {
    /// The word in JSON, templates and the badge.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One sitting of a meeting (the model's CHATEVENT).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatEvent {
    pub id: EventId,
    /// The meeting's id, not its slug: slugs change.
    pub meeting: String,
    /// The meeting's slug.
    pub slug: String,
    /// The event's own title, else the meeting's.
    pub title: String,
    /// Whether the title is the event's own.
    pub own_title: bool,
    /// What stands in the link: the date in the meeting's zone at creation. Never changes.
    pub key: String,
    pub zone: Zone,
    pub agenda: Option<String>,
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
    /// Where the recurrence put it; a moved event keeps it and so is not made again.
    pub original_start: Timestamp,
    /// The `ts` of its `opened` row; `None` until that is written.
    pub opened: Option<Timestamp>,
    /// The `ts` of its `closed` row; `None` until that is written.
    pub closed: Option<Timestamp>,
    pub cancelled_at: Option<Timestamp>,
    /// Whether it was cancelled because its meeting was deleted.
    pub cancelled_with_meeting: bool,
    /// The `ts` of the last row, [`Timestamp::ZERO`] before the first.
    pub last: Timestamp,
    /// How many rows everyone may see.
    pub count: i64,
    /// The digest over those rows ([`super::digest`]); `None` before the first.
    pub digest: Option<String>,
}

impl ChatEvent {
    /// The phase at `clock`.
    ///
    /// What decides is the timestamp that a row would get now, not the bare clock: where the clock
    /// stepped back, an event that went on stays where it was.
    #[must_use]
    pub fn phase(&self, clock: Timestamp) -> Phase {
        let now = clock.after(self.last);
        if self.closed.is_some() {
            Phase::Closed
        } else if self.cancelled_at.is_some() {
            Phase::Cancelled
        } else if now >= self.closes_at {
            Phase::Closed
        } else if self.opened.is_some() || now >= self.opens_at {
            Phase::Open
        } else {
            Phase::Scheduled
        }
    }

    /// The path of its page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("/m/{}/{}", self.slug, self.key)
    }

    /// Whether the event stands where its meeting's recurrence put it.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        self.opens_at != self.original_start
    }
}

/// Why an event does not take what was asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventProblem {
    /// It has not opened yet.
    NotOpen,
    /// It has closed, for ever.
    Closed,
    /// It was cancelled.
    Cancelled,
    /// It is open already, so its start is fixed.
    AlreadyOpen,
    /// It is not cancelled, so there is nothing to restore.
    NotCancelled,
    /// The new end does not lie ahead.
    EndBehind,
    /// The end does not come after the start.
    EndBeforeStart,
    /// It would last more than 24 hours.
    TooLong,
    /// The meeting has another event with this start.
    SameStart,
    /// Its meeting is deleted; the meeting has to be restored first.
    MeetingDeleted,
}

/// Checks the times of an event that lies ahead or runs: it ends after `now` and after its start,
/// and lasts no more than 24 hours.
///
/// # Errors
/// The first rule broken.
pub fn check_times(opens: Timestamp, closes: Timestamp, now: Timestamp) -> Result<(), EventProblem> {
    if closes <= opens {
        return Err(EventProblem::EndBeforeStart);
    }
    if closes <= now {
        return Err(EventProblem::EndBehind);
    }
    if closes > opens.plus_minutes(super::limits::MINUTES) {
        return Err(EventProblem::TooLong);
    }
    Ok(())
}

/// The key for an event that starts at `opens` in `zone`, given the keys its meeting has already:
/// the date, with `-2`, `-3` … for more events of one day.
#[must_use]
pub fn key(opens: Timestamp, zone: Zone, taken: impl Fn(&str) -> bool) -> String {
    let date = opens.in_zone(zone).format("%Y-%m-%d").to_string();
    if !taken(&date) {
        return date;
    }
    (2..=u32::MAX).map(|n| format!("{date}-{n}")).find(|key| !taken(key)).unwrap_or(date)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn event(opens: i64, closes: i64) -> ChatEvent {
        ChatEvent {
            id: EventId::random(),
            meeting: "m".into(),
            slug: "weekly".into(),
            title: "Weekly".into(),
            own_title: false,
            key: "2026-11-24".into(),
            zone: Zone::utc(),
            agenda: None,
            opens_at: Timestamp::from_micros(opens),
            closes_at: Timestamp::from_micros(closes),
            original_start: Timestamp::from_micros(opens),
            opened: None,
            closed: None,
            cancelled_at: None,
            cancelled_with_meeting: false,
            last: Timestamp::ZERO,
            count: 0,
            digest: None,
        }
    }

    #[test]
    fn the_phase_follows_the_clock() {
        let event = event(1_000, 2_000);
        let at = |micros| event.phase(Timestamp::from_micros(micros));
        assert_eq!([at(999), at(1_000), at(1_999), at(2_000)], [Phase::Scheduled, Phase::Open, Phase::Open, Phase::Closed]);
    }

    #[test]
    fn a_clock_that_steps_back_reopens_nothing() {
        let mut event = event(1_000, 2_000);
        event.last = Timestamp::from_micros(1_500);
        event.opened = Some(Timestamp::from_micros(1_000));
        assert_eq!(event.phase(Timestamp::from_micros(10)), Phase::Open);
        event.closed = Some(Timestamp::from_micros(2_000));
        assert_eq!(event.phase(Timestamp::from_micros(10)), Phase::Closed);
    }

    #[test]
    fn a_second_event_of_a_day_gets_a_number() {
        let noon = Timestamp::from_seconds(1_795_521_600);
        assert_eq!(key(noon, Zone::utc(), |_| false), "2026-11-24");
        assert_eq!(key(noon, Zone::utc(), |key| key == "2026-11-24"), "2026-11-24-2");
        assert_eq!(key(noon, crate::domain::time::zone("Pacific/Kiritimati").unwrap(), |_| false), "2026-11-25");
    }
}
