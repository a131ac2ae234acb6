//! Where one organizer's events overlap, whichever of them is saved. It is only said: nothing here forbids anything.
//!
//! What is compared are events that are on the schedule, and so those of the next twelve weeks.

use std::collections::BTreeSet;

use crate::app::{App, Error};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{ChatEvent, EventId, Phase};
use crate::domain::schedule::meeting::{Meeting, MeetingDraft};
use crate::domain::schedule::reschedule::Refit;
use crate::domain::time::Timestamp;

/// How many of its starts are looked at: half a year of weeks, more than is on the schedule.
const STARTS: u16 = 26;
/// How many events are looked at beside others.
const BESIDE: i64 = 300;

impl App {
    /// The organizer's other events that the next ones of a draft from `begin` on would overlap. `slug` is the meeting's
    /// own, if it has one already.
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
        let (mut found, mut known): (Vec<ChatEvent>, BTreeSet<EventId>) = Default::default();
        for start in starts {
            let others = self.store.organizers_events_in(&of.id, start, start.plus_minutes(minutes), BESIDE).await?;
            found.extend(others.into_iter().filter(|other| other.slug != slug && known.insert(other.id.clone())));
        }
        Ok(found)
    }

    /// The organizer's events of other meetings that one of `meeting` would overlap which is from `opens` to `closes`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn overlaps_at(
        &self,
        of: &Organizer,
        meeting: &Meeting,
        opens: Timestamp,
        closes: Timestamp,
    ) -> Result<Vec<ChatEvent>, Error> {
        let now = self.now();
        let mut others = self.store.organizers_events_in(&of.id, opens, closes, BESIDE).await?;
        others.retain(|other| other.meeting != meeting.id && other.closes_at > now);
        Ok(others)
    }

    /// The events of a meeting that stay as they are in a change of its times and that others, new or moved by
    /// it, would overlap.
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
        Ok(stays)
    }

    /// For each of these events the others of the organizer that overlap it.
    /// Those that are cancelled or over overlap nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn overlapping(&self, of: &Organizer, events: &[ChatEvent], now: Timestamp) -> Result<Vec<Vec<ChatEvent>>, Error> {
        let live = |event: &&ChatEvent| event.cancelled_at.is_none() && event.closed.is_none() && event.closes_at > now;
        let from = events.iter().filter(live).map(|event| event.opens_at).min();
        let until = events.iter().filter(live).map(|event| event.closes_at).max();
        let (Some(from), Some(until)) = (from, until) else { return Ok(vec![Vec::new(); events.len()]) };
        let beside = self.store.organizers_events_in(&of.id, from, until, BESIDE).await?;
        // A page of what is searched may lie far apart: then there is too much between for one look.
        let whole = i64::try_from(beside.len()).is_ok_and(|found| found < BESIDE);
        let mut all = Vec::with_capacity(events.len());
        for event in events {
            let meets = |it: &&ChatEvent| it.id != event.id && it.opens_at < event.closes_at && event.opens_at < it.closes_at;
            all.push(if !live(&event) {
                Vec::new()
            } else if whole {
                beside.iter().filter(live).filter(meets).cloned().collect()
            } else {
                let near = self.store.organizers_events_in(&of.id, event.opens_at, event.closes_at, BESIDE).await?;
                near.iter().filter(live).filter(meets).cloned().collect()
            });
        }
        Ok(all)
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
