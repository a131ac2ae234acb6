//! Changing a meeting: what is asked for, for which of its events, and what that does to them, which is
//! told before it is done.

use super::meetings::Found;
use crate::app::{App, Error, Thing};
use crate::domain::form::FieldProblem;
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::schedule::meeting::{Meeting, MeetingDraft, MeetingInput, Visibility};
use crate::domain::schedule::recurrence::Timetable;
use crate::domain::schedule::reschedule::{Refit, Retiming};
use crate::domain::time::Timestamp;
use crate::store::schedule::organizer_action::OrganizerAction;

impl App {
    /// Changes a meeting; its times for all events that lie ahead, or from one of them on.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem, [`Error::SlugTaken`], [`Error::NotYours`], [`Error::NotFound`],
    /// [`Error::Unavailable`].
    pub async fn edit_meeting(&self, by: &Organizer, slug: &str, input: &MeetingInput, from: Option<&EventId>) -> Result<Meeting, Error> {
        let meeting = self.owned_meeting(by, slug).await?;
        let from = self.first_to_change(&meeting, from).await?;
        let draft = self.checked(&meeting, input, from)?;
        self.meeting_act(OrganizerAction::EditMeeting { meeting: meeting.id, draft, from }).await
    }

    /// Publishes a draft. What is published already stays as it is.
    ///
    /// # Errors
    /// As for [`Self::edit_meeting`].
    pub async fn publish_meeting(&self, by: &Organizer, slug: &str, visibility: &str) -> Result<Meeting, Error> {
        let meeting = self.owned_meeting(by, slug).await?;
        if meeting.visibility != Visibility::Draft {
            return Ok(meeting);
        }
        let input = MeetingInput::of(&meeting, &meeting.timetable_for(None, self.now()));
        self.edit_meeting(by, slug, &MeetingInput { visibility: visibility.to_owned(), ..input }, None).await
    }

    /// The start from which on a change holds that is to begin with this event.
    ///
    /// # Errors
    /// [`Error::Invalid`] where nothing can follow it; [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn first_to_change(&self, meeting: &Meeting, event: Option<&EventId>) -> Result<Option<Timestamp>, Error> {
        let Some(id) = event else { return Ok(None) };
        let event = self.event(id).await?;
        let wrong = if event.meeting != meeting.id {
            "This event is of another meeting."
        } else if !meeting.course().asks_for(event.original_start) {
            "The rule asks for no event at this one's date: it was added, or kept when the rule changed. So none follows it. Choose another one, or change it alone."
        } else if event.original_start <= self.now() {
            "This event has begun already. Choose one that lies ahead."
        } else {
            return Ok(Some(event.original_start));
        };
        Err(problem("from", wrong))
    }

    /// The events of a meeting with which a change can begin, next first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn changeable(&self, meeting: &Meeting) -> Result<Vec<ChatEvent>, Error> {
        let (now, course) = (self.now(), meeting.course());
        let mut events = self.store.events_placed_from(&meeting.id, now.plus_micros(1)).await?;
        events.sort_unstable_by_key(|event| event.original_start);
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(Vec::new()) };
        let asked = course.starts_between(first.original_start, last.original_start, u16::MAX);
        events.retain(|event| event.closed.is_none() && asked.binary_search(&event.original_start).is_ok());
        Ok(events)
    }

    /// What a change of its times would do to the events of a meeting; `None` where its times stay.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn refit(&self, meeting: &Meeting, table: &Timetable, from: Option<Timestamp>) -> Result<Option<(Retiming, Refit)>, Error> {
        let now = self.now();
        let Some(retiming) = Retiming::of(meeting, table, from, now) else { return Ok(None) };
        let events = self.store.events_placed_from(&meeting.id, retiming.floor).await?;
        let used = self.store.used_from(&meeting.id, retiming.floor).await?;
        let refit = retiming.refit(meeting, &events, &used, now);
        Ok(Some((retiming, refit)))
    }

    /// The meeting as it is to be, where nothing is wrong with that.
    fn checked(&self, meeting: &Meeting, input: &MeetingInput, from: Option<Timestamp>) -> Result<MeetingDraft, Error> {
        let now = self.now();
        // A meeting that is over may still get another title: then its timetable need not lie ahead.
        let unmoved = input.check(Timestamp::ZERO).is_ok_and(|draft| draft.timetable == meeting.timetable_for(from, now));
        let draft = input.check(if unmoved { Timestamp::ZERO } else { now }).map_err(Error::Invalid)?;
        if draft.visibility == Visibility::Draft && meeting.visibility != Visibility::Draft {
            let said = "This meeting is published, and people may have its link. Make it unlisted, or delete it.";
            return Err(problem("visibility", said));
        }
        let retiming = Retiming::of(meeting, &draft.timetable, from, now);
        if retiming.is_some() || !draft.dates.is_empty() {
            let begin = retiming.as_ref().map_or(Timestamp::ZERO, |it| it.begin);
            if let Some(problem) = draft.overlap(begin.max(draft.timetable.running_from(now))) {
                return Err(Error::Invalid(vec![problem]));
            }
        }
        let left = |it: &Retiming| !it.course().next_starts(it.begin, 1).is_empty();
        if retiming.is_some_and(|it| !left(&it)) && draft.dates.is_empty() {
            let field = if draft.timetable.rule.is_some() { "rrule" } else { "starts" };
            return Err(problem(field, "No event would be left from there on. Choose a later date or a later end."));
        }
        Ok(draft)
    }

    /// The meeting with this slug, where it is this organizer's.
    ///
    /// # Errors
    /// [`Error::NotYours`], [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn owned_meeting(&self, by: &Organizer, slug: &str) -> Result<Meeting, Error> {
        let meeting = match self.meeting_of_slug(slug).await? {
            Found::Meeting(meeting) => *meeting,
            Found::Moved(slug) => self.store.find_meeting(&slug).await?.ok_or(Error::NotFound(Thing::Meeting))?,
        };
        match (meeting.organizer == by.id, meeting.is_for(Some(by))) {
            (true, _) => Ok(meeting),
            (false, true) => Err(Error::NotYours),
            // Of a draft others do not even learn that it is there.
            (false, false) => Err(Error::NotFound(Thing::Meeting)),
        }
    }
}

fn problem(field: &'static str, detail: &str) -> Error {
    Error::Invalid(vec![FieldProblem { field, detail: detail.to_owned() }])
}
