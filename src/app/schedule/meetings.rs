//! Scheduling: making and deleting meetings, and looking at one or all. Changing one is in `change_meeting`.

use std::collections::HashMap;

use crate::app::{App, Error, Thing};
use crate::domain::limits;
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::ChatEvent;
use crate::domain::schedule::meeting::{Meeting, MeetingInput};
use crate::domain::schedule::slug;
use crate::domain::time::{LATEST, Timestamp};
use crate::store::schedule::lists::listing::Slice;
use crate::store::schedule::organizer_action::{OrganizerAction, OrganizerOutcome};

/// How many past events one look shows.
pub const PAST: usize = 50;
/// How many events ahead one look shows.
const UPCOMING: i64 = 60;
/// How many meetings one page of the list has.
pub const MEETINGS: i64 = 100;
/// How many events, and how many meetings, one page of an organizer's schedule has.
pub const ON_A_PAGE: i64 = 25;
/// The last page that is looked up: whoever has more than these 10,000 searches, and the database need not put a
/// hundred thousand in order for one page.
pub const LAST_PAGE: u32 = 400;

/// A meeting with its events around now.
#[derive(Clone, Debug)]
pub struct MeetingView {
    pub meeting: Meeting,
    /// The event that is open now.
    pub current: Option<ChatEvent>,
    /// The next one that is scheduled.
    pub next: Option<ChatEvent>,
    /// Those that lie ahead, cancelled ones among them, next first.
    pub upcoming: Vec<ChatEvent>,
    /// Those that are over, newest first, up to [`PAST`].
    pub past: Vec<ChatEvent>,
    /// Whether there are older ones: ask again before the start of the last.
    pub older: bool,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct ListPage<T> {
    pub rows: Vec<T>,
    /// Which page it is, from 1.
    pub number: u32,
    /// Whether there are others behind it.
    pub more: bool,
}

/// What a slug leads to.
#[derive(Clone, Debug)]
pub enum Found {
    Meeting(Box<Meeting>),
    /// The meeting has this slug now.
    Moved(String),
}

impl App {
    /// What a slug leads to, for `viewer`: nobody but its organizer finds a draft. Deleted meetings are found as well.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn find_meeting(&self, slug: &str, viewer: Option<&Organizer>) -> Result<Found, Error> {
        match self.meeting_of_slug(slug).await? {
            Found::Meeting(meeting) if !meeting.is_for(viewer) => Err(Error::NotFound(Thing::Meeting)),
            found => Ok(found),
        }
    }

    /// What a slug leads to, whoever asks.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn meeting_of_slug(&self, slug: &str) -> Result<Found, Error> {
        // A link may hold anything; not every database takes every character.
        if slug::check(slug).is_err() {
            return Err(Error::NotFound(Thing::Meeting));
        }
        if let Some(meeting) = self.store.find_meeting(slug).await? {
            return Ok(Found::Meeting(Box::new(meeting)));
        }
        let moved = self.store.find_meeting_by_old_slug(slug).await?.ok_or(Error::NotFound(Thing::Meeting))?;
        Ok(Found::Moved(moved.slug))
    }

    /// A meeting with its events around now; past ones that began before `before`.
    ///
    /// # Errors
    /// [`Error::Deleted`], [`Error::Unavailable`].
    pub async fn view_meeting(&self, meeting: Meeting, before: Option<Timestamp>) -> Result<MeetingView, Error> {
        if meeting.deleted_at.is_some() {
            return Err(Error::Deleted);
        }
        let now = self.now();
        let before = before.unwrap_or(Timestamp::from_micros(LATEST));
        let current = self.store.open_events_of(&meeting.id, now).await?.into_iter().next();
        let upcoming = self.store.events_ahead_of(&meeting.id, now, UPCOMING).await?;
        let most = i64::try_from(PAST + 1).unwrap_or(i64::MAX);
        let mut past = self.store.past_events_of(&meeting.id, now, before, most).await?;
        let older = past.len() > PAST;
        past.truncate(PAST);
        let next = upcoming.iter().find(|event| event.cancelled_at.is_none()).cloned();
        Ok(MeetingView { meeting, current, next, upcoming, past, older })
    }

    /// Public meetings by title, `offset` of them passed over, and whether there are more.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn public_meetings(&self, offset: i64) -> Result<(Vec<Meeting>, bool), Error> {
        let mut meetings = self.store.public_meetings(MEETINGS + 1, offset).await?;
        let most = usize::try_from(MEETINGS).unwrap_or(usize::MAX);
        let more = meetings.len() > most;
        meetings.truncate(most);
        Ok((meetings, more))
    }

    /// A page of an organizer's events: those that are not over, next first, or those that are,
    /// newest first. Where there are not so many pages it is the last one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn events_page(&self, of: &Organizer, past: bool, search: &str, page: u32) -> Result<ListPage<ChatEvent>, Error> {
        let (now, mut number) = (self.now(), page.clamp(1, LAST_PAGE));
        loop {
            let at = slice(search, number);
            let rows = if past {
                self.store.organizers_past(&of.id, now, &at).await?
            } else {
                self.store.organizers_events(&of.id, now, &at).await?
            };
            if !rows.is_empty() || number == 1 {
                return Ok(ListPage::new(rows, number));
            }
            let count =
                if past { self.store.count_past(&of.id, now, &at).await? } else { self.store.count_ahead(&of.id, now, &at).await? };
            number = last_page(count).min(number - 1);
        }
    }

    /// A page of an organizer's meetings by title; the last one, where there are not so many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn meetings_page(&self, of: &Organizer, search: &str, page: u32) -> Result<ListPage<Meeting>, Error> {
        let mut number = page.clamp(1, LAST_PAGE);
        loop {
            let at = slice(search, number);
            let rows = self.store.organizers_meetings(&of.id, &at).await?;
            if !rows.is_empty() || number == 1 {
                return Ok(ListPage::new(rows, number));
            }
            number = last_page(self.store.count_meetings(&of.id, &at).await?).min(number - 1);
        }
    }

    /// The meetings that an organizer deleted and can bring back, the last one first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn deleted_meetings(&self, of: &Organizer) -> Result<Vec<Meeting>, Error> {
        let since = self.now().plus_days(-limits::UNDO_DAYS);
        Ok(self.store.organizers_deleted(&of.id, since, ON_A_PAGE).await?)
    }

    /// Of each of these meetings the event that is open, else the next one that is not cancelled, by the meeting's id.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next_events(&self, meetings: &[Meeting]) -> Result<HashMap<String, ChatEvent>, Error> {
        let ids: Vec<&str> = meetings.iter().map(|meeting| meeting.id.as_str()).collect();
        let next = self.store.next_events_of(&ids, self.now()).await?;
        Ok(next.into_iter().map(|event| (event.meeting.clone(), event)).collect())
    }

    /// Makes a meeting and its events of the next twelve weeks.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem, [`Error::SlugTaken`], [`Error::Unavailable`].
    pub async fn create_meeting(&self, by: &Organizer, input: &MeetingInput) -> Result<Meeting, Error> {
        let draft = input.check(self.now()).map_err(Error::Invalid)?;
        if let Some(problem) = draft.overlap(draft.timetable.running_from(self.now())) {
            return Err(Error::Invalid(vec![problem]));
        }
        self.meeting_act(OrganizerAction::CreateMeeting { organizer: by.id.clone(), draft }).await
    }

    /// Deletes a meeting: its events ahead are cancelled, its transcripts stay. Can be undone for
    /// [`limits::UNDO_DAYS`] days.
    ///
    /// # Errors
    /// [`Error::NotYours`], [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn delete_meeting(&self, by: &Organizer, slug: &str) -> Result<Meeting, Error> {
        let meeting = self.owned_meeting(by, slug).await?;
        self.meeting_act(OrganizerAction::DeleteMeeting { meeting: meeting.id }).await
    }

    /// Undoes a deletion.
    ///
    /// # Errors
    /// [`Error::UndoOver`]; else as for [`Self::delete_meeting`].
    pub async fn restore_meeting(&self, by: &Organizer, slug: &str) -> Result<Meeting, Error> {
        let meeting = self.owned_meeting(by, slug).await?;
        self.meeting_act(OrganizerAction::RestoreMeeting { meeting: meeting.id }).await
    }

    /// The last moment at which a deletion can be undone; `None` where it is past, or nothing is deleted.
    #[must_use]
    pub fn undo_until(&self, meeting: &Meeting) -> Option<Timestamp> {
        meeting.deleted_at.map(|at| at.plus_days(limits::UNDO_DAYS)).filter(|until| *until > self.now())
    }

    pub(in crate::app) async fn meeting_act(&self, act: OrganizerAction) -> Result<Meeting, Error> {
        match self.act(act).await? {
            OrganizerOutcome::Meeting(meeting) => Ok(*meeting),
            _ => Err(Error::NotFound(Thing::Meeting)),
        }
    }
}

/// A page, counted from 1, and one row more, to tell whether there are others behind it.
pub(in crate::app) fn slice(search: &str, page: u32) -> Slice {
    let before = i64::from(page.clamp(1, LAST_PAGE) - 1) * ON_A_PAGE;
    Slice { search: search.chars().take(limits::TITLE).collect(), limit: ON_A_PAGE + 1, offset: before }
}

/// The number of the last page of so many rows. They are counted only where somebody asks for a page behind it.
fn last_page(rows: i64) -> u32 {
    u32::try_from((rows + ON_A_PAGE - 1) / ON_A_PAGE).unwrap_or(LAST_PAGE).max(1)
}

impl<T> ListPage<T> {
    /// Of rows that [`slice()`] asked for.
    fn new(mut rows: Vec<T>, number: u32) -> Self {
        let most = usize::try_from(ON_A_PAGE).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        Self { rows, number, more }
    }
}
