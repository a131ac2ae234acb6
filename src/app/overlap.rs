//! Where one organizer's events overlap. It is only said: nothing here forbids anything.
//!
//! What is compared are events that are on the schedule, and so those of the next twelve weeks.

use super::{App, Error};
use crate::domain::event::{ChatEvent, Phase};
use crate::domain::meeting::{Meeting, MeetingDraft};
use crate::domain::organizer::Organizer;
use crate::domain::refit::Refit;
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

    /// The events of a meeting that stay as they are in a change of its times and that others, new or moved by
    /// it, would overlap: the first [`NAMED`] of them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn overlaps_within(&self, meeting: &Meeting, refit: Option<&Refit>, draft: &MeetingDraft) -> Result<Vec<ChatEvent>, Error> {
        let now = self.now();
        let mut stays = self.store.events_ahead_of(&meeting.id, now, BESIDE).await?;
        stays.extend(self.store.open_events_of(&meeting.id, now).await?);
        let span = |start: &Timestamp| (*start, start.plus_minutes(draft.timetable.minutes));
        // A date for which there is an event already is not made again.
        let mut spans: Vec<_> = draft.dates.iter().filter(|date| stays.iter().all(|it| it.original_start != **date)).map(span).collect();
        if let Some(refit) = refit {
            spans.extend(refit.adds.iter().map(span));
            spans.extend(refit.moves.iter().filter(|it| it.event.cancelled_at.is_none()).map(|it| (it.opens_at, it.closes_at)));
            let goes =
                |it: &ChatEvent| refit.moves.iter().map(|it| &it.event).chain(&refit.drops).chain(&refit.cancels).any(|of| of.id == it.id);
            stays.retain(|it| !goes(it));
        }
        stays.retain(|it| it.cancelled_at.is_none() && spans.iter().any(|(opens, closes)| it.opens_at < *closes && *opens < it.closes_at));
        stays.sort_unstable_by_key(|it| it.opens_at);
        stays.truncate(NAMED);
        Ok(stays)
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

    /// The other events of the same meeting that this one overlaps, earliest first, up to `BESIDE` of them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn overlaps_of(&self, event: &ChatEvent) -> Result<Vec<ChatEvent>, Error> {
        let now = self.now();
        if !matches!(event.phase(now), Phase::Scheduled | Phase::Open) {
            return Ok(Vec::new());
        }
        Ok(self.store.events_beside(event, now, BESIDE).await?)
    }
}
