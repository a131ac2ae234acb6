//! Running one event: opening, extending, closing, cancelling, restoring, which chairs may as well; and what only
//! the organizer of the meeting may: moving it, naming it, adding one more.

use crate::app::people::chairs::{Papers, Right};
use crate::app::{App, Error, Thing, agenda};
use crate::domain::form::FieldProblem;
use crate::domain::limits;
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{self, ChatEvent, EventId};
use crate::domain::schedule::meeting::{self, Meeting};
use crate::domain::time::{self, Timestamp};
use crate::store::schedule::organizer_action::{EventPatch, OrganizerAction, OrganizerOutcome};

/// New values for an event as they came in; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct EventInput {
    pub opens_at: Option<String>,
    pub closes_at: Option<String>,
    /// The IANA zone of local times; else the meeting's.
    pub timezone: Option<String>,
    /// Empty: the meeting's title.
    pub title: Option<String>,
    pub agenda: Option<String>,
    /// The version of the agenda whose change is taken back.
    pub agenda_undo: Option<String>,
    /// Times at which it would overlap another event of its meeting are refused.
    pub apart: bool,
}

impl App {
    /// Opens a scheduled event at once, at most a day before its end, which stays. Chairs may shortly before its set start.
    ///
    /// # Errors
    /// Those of [`Self::right`], [`Error::NotFound`], [`Error::Conflict`], as for every operation here.
    pub async fn open_event(&self, by: impl Into<Papers>, id: &EventId) -> Result<ChatEvent, Error> {
        let right = self.right_to(by, id).await?;
        self.changed(OrganizerAction::Open { event: id.clone(), by_chair: right == Right::Chair }).await
    }

    /// Closes an open event at once.
    ///
    /// # Errors
    /// As for [`Self::open_event`].
    pub async fn close_event(&self, by: impl Into<Papers>, id: &EventId) -> Result<ChatEvent, Error> {
        self.right_to(by, id).await?;
        self.changed(OrganizerAction::Close { event: id.clone() }).await
    }

    /// Moves the end of an open event by 1 to 1,440 minutes, not into the next event of its meeting.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another number of minutes; else as for [`Self::open_event`].
    pub async fn extend_event(&self, by: impl Into<Papers>, id: &EventId, minutes: i64) -> Result<ChatEvent, Error> {
        self.right_to(by, id).await?;
        if !(1..=limits::MINUTES).contains(&minutes) {
            return Err(invalid("minutes", format!("Extend by 1 to {} minutes.", limits::MINUTES)));
        }
        self.changed(OrganizerAction::Extend { event: id.clone(), minutes }).await
    }

    /// Cancels an event that has not closed; why is for everyone to read, and may be empty.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a reason that is no line of text; else as for [`Self::open_event`].
    pub async fn cancel_event(&self, by: impl Into<Papers>, id: &EventId, reason: &str) -> Result<ChatEvent, Error> {
        self.right_to(by, id).await?;
        let reason = event::reason(reason).map_err(|detail| invalid("reason", detail))?;
        self.changed(OrganizerAction::Cancel { event: id.clone(), reason }).await
    }

    /// Takes a cancellation back.
    ///
    /// # Errors
    /// As for [`Self::open_event`].
    pub async fn restore_event(&self, by: impl Into<Papers>, id: &EventId) -> Result<ChatEvent, Error> {
        self.right_to(by, id).await?;
        self.changed(OrganizerAction::Restore { event: id.clone() }).await
    }

    /// Changes times, title or agenda.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what cannot be read; else as for [`Self::open_event`].
    pub async fn change_event(&self, by: &Organizer, id: &EventId, input: &EventInput) -> Result<ChatEvent, Error> {
        let event = self.owned_event(by, id).await?;
        let zone = match &input.timezone {
            Some(name) => time::zone(name).map_err(|problem| Error::Time("timezone", problem))?,
            None => event.zone,
        };
        let instant = |field, text: &Option<String>| -> Result<Option<Timestamp>, Error> {
            text.as_deref().map(|text| time::parse_instant(text, Some(zone)).map_err(|problem| Error::Time(field, problem))).transpose()
        };
        let patch = EventPatch {
            opens_at: instant("opens_at", &input.opens_at)?,
            closes_at: instant("closes_at", &input.closes_at)?,
            title: input.title.as_deref().map(own_title).transpose()?,
            agenda: input.agenda.as_deref().map(agenda::check).transpose()?,
            agenda_undo: input.agenda_undo.clone(),
            apart: input.apart,
        };
        self.changed(OrganizerAction::Change { event: id.clone(), patch }).await
    }

    /// Adds one more event to a meeting, now or later.
    ///
    /// # Errors
    /// As for [`Self::change_event`].
    pub async fn add_event(&self, by: &Organizer, slug: &str, input: &EventInput) -> Result<ChatEvent, Error> {
        let meeting = self.owned_meeting(by, slug).await?;
        let zone = match &input.timezone {
            Some(name) => time::zone(name).map_err(|problem| Error::Time("timezone", problem))?,
            None => meeting.timetable.zone,
        };
        let read = |field, text: &str| time::parse_instant(text, Some(zone)).map_err(|problem| Error::Time(field, problem));
        let opens_at = input.opens_at.as_deref().map(|text| read("opens_at", text)).transpose()?;
        let closes_at = read("closes_at", input.closes_at.as_deref().unwrap_or_default())?;
        let title = input.title.as_deref().map(own_title).transpose()?.flatten();
        self.changed(OrganizerAction::AddEvent { meeting: meeting.id, opens_at, closes_at, title, apart: input.apart }).await
    }

    async fn right_to(&self, by: impl Into<Papers>, id: &EventId) -> Result<Right, Error> {
        self.right(&by.into(), &self.event(id).await?).await
    }

    async fn changed(&self, act: OrganizerAction) -> Result<ChatEvent, Error> {
        match self.act(act).await? {
            OrganizerOutcome::Event(event) => Ok(*event),
            _ => Err(Error::NotFound(Thing::Event)),
        }
    }

    pub(in crate::app) async fn act(&self, act: OrganizerAction) -> Result<OrganizerOutcome, Error> {
        self.writer.act(act).await?.map_err(Error::of_organizer)
    }

    /// The event, where it is of a meeting of this organizer.
    pub(in crate::app) async fn owned_event(&self, by: &Organizer, id: &EventId) -> Result<ChatEvent, Error> {
        let event = self.event(id).await?;
        let meeting: Meeting = self.store.get_meeting(&event.meeting).await?;
        match meeting.organizer == by.id {
            true => Ok(event),
            // Others do not even learn that there is a draft.
            false if event.draft => Err(Error::NotFound(Thing::Event)),
            false => Err(Error::NotYours),
        }
    }
}

fn own_title(text: &str) -> Result<Option<String>, Error> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    meeting::title(text).map(Some).map_err(|detail| invalid("title", detail))
}

fn invalid(field: &'static str, detail: String) -> Error {
    Error::Invalid(vec![FieldProblem { field, detail }])
}
