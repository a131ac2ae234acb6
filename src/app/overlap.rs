//! Where one organizer's events overlap. It is only said: nothing here forbids anything.
//!
//! What is compared are events that are on the schedule, and so those of the next twelve weeks.

use super::{App, Error};
use crate::domain::event::{ChatEvent, EventId};
use crate::domain::meeting::MeetingDraft;
use crate::domain::organizer::Organizer;
use crate::domain::time::Timestamp;

/// How many overlaps of a meeting that is being written are named.
pub const NAMED: usize = 5;
/// How many of its starts are looked at: half a year of weeks, more than is on the schedule.
const STARTS: u16 = 26;
/// How many events are looked at beside those of a page.
const BESIDE: i64 = 300;

impl App {
    /// The organizer's other events that the next ones of a draft from `begin` on would overlap, the first
    /// [`NAMED`] of them. `slug` is the meeting's own, if it has one already.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn overlaps(&self, of: &Organizer, slug: &str, draft: &MeetingDraft, begin: Timestamp) -> Result<Vec<ChatEvent>, Error> {
        let minutes = draft.timetable.minutes;
        let from = draft.timetable.running_from(self.now()).max(begin);
        let mut starts = draft.timetable.next_starts(from, STARTS);
        starts.extend(draft.dates.iter().filter(|start| **start >= from));
        starts.sort_unstable();
        starts.dedup();
        let mut found: Vec<ChatEvent> = Vec::new();
        for start in starts {
            let others = self.store.organizers_events_in(&of.id, start, start.plus_minutes(minutes), BESIDE).await?;
            for other in others {
                if other.slug != slug && found.iter().all(|known| known.id != other.id) {
                    found.push(other);
                }
            }
            if found.len() >= NAMED {
                found.truncate(NAMED);
                break;
            }
        }
        Ok(found)
    }

    /// For each of these events one other of the organizer's that overlaps it, if there is any.
    /// Those that are cancelled or over overlap nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn overlapping(&self, of: &Organizer, events: &[ChatEvent], now: Timestamp) -> Result<Vec<Option<ChatEvent>>, Error> {
        let live = |event: &&ChatEvent| event.cancelled_at.is_none() && event.closed.is_none() && event.closes_at > now;
        let from = events.iter().filter(live).map(|event| event.opens_at).min();
        let until = events.iter().filter(live).map(|event| event.closes_at).max();
        let (Some(from), Some(until)) = (from, until) else { return Ok(vec![None; events.len()]) };
        let beside = self.store.organizers_events_in(&of.id, from, until, BESIDE).await?;
        let other = |event: &ChatEvent| {
            let meets = |it: &&ChatEvent| it.id != event.id && it.opens_at < event.closes_at && event.opens_at < it.closes_at;
            beside.iter().filter(live).find(meets).cloned()
        };
        Ok(events.iter().map(|event| Some(event).filter(live).and_then(other)).collect())
    }

    /// The event of the same meeting that one from `opens` to `closes` would overlap, `but` for itself.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn overlap_within(
        &self,
        of: &Organizer,
        slug: &str,
        (opens, closes): (Timestamp, Timestamp),
        but: Option<&EventId>,
    ) -> Result<Option<ChatEvent>, Error> {
        let others = self.store.organizers_events_in(&of.id, opens, closes, BESIDE).await?;
        Ok(others.into_iter().find(|event| event.slug == slug && event.closed.is_none() && Some(&event.id) != but))
    }
}
