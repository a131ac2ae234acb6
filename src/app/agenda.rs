//! The agenda of an event: reading it, writing it, ticking an item, carrying over what was left.
//! Whoever may run the event may, until it closes.

use super::people::chairs::Papers;
use super::{App, Error, Thing};
use crate::domain::agenda::{self, Item};
use crate::domain::form::FieldProblem;
use crate::domain::schedule::event::{ChatEvent, EventId, Phase};
use crate::store::agenda::AgendaEdit;
use crate::store::schedule::organizer_action::{OrganizerAction, OrganizerOutcome};

/// An agenda as it stands.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    /// Markdown; empty where there is none.
    pub text: String,
    /// As [`agenda::html`] gives it.
    pub html: String,
}

impl Agenda {
    /// What is on it.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        agenda::items(&self.text)
    }

    /// Names this version.
    #[must_use]
    pub fn version(&self) -> String {
        agenda::version(&self.text)
    }
}

/// What was left unfinished and could go over to the next event.
#[derive(Clone, Debug)]
pub struct Leftover {
    pub from: ChatEvent,
    pub onto: ChatEvent,
    /// How many items.
    pub count: usize,
}

impl App {
    /// The agenda of an event.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn agenda(&self, of: &EventId) -> Result<Agenda, Error> {
        let found = self.store.find_agenda(of).await?;
        Ok(found.map(|(text, html)| Agenda { text, html }).unwrap_or_default())
    }

    /// Writes all of an agenda; where `was` is given, only over that version of it.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Conflict`], [`Error::NotFound`], those of [`Self::right`].
    pub async fn write_agenda(&self, by: impl Into<Papers>, id: &EventId, typed: &str, was: Option<String>) -> Result<ChatEvent, Error> {
        let text = check(typed)?;
        self.edit_agenda(by, id, AgendaEdit::Write { text, was }).await
    }

    /// Marks an item done, or open again.
    ///
    /// # Errors
    /// As for [`Self::write_agenda`].
    pub async fn tick(&self, by: impl Into<Papers>, id: &EventId, item: &str, done: bool) -> Result<ChatEvent, Error> {
        self.edit_agenda(by, id, AgendaEdit::Tick { item: item.to_owned(), done }).await
    }

    /// Adds what is unfinished in a closed event of the same meeting to the agenda of this one, each item once.
    ///
    /// # Errors
    /// As for [`Self::write_agenda`].
    pub async fn carry_over(&self, by: impl Into<Papers>, id: &EventId, from: &EventId) -> Result<ChatEvent, Error> {
        self.edit_agenda(by, id, AgendaEdit::Carry { from: from.clone() }).await
    }

    /// Takes back the change that made this version of an agenda.
    ///
    /// # Errors
    /// As for [`Self::write_agenda`].
    pub async fn undo_agenda(&self, by: impl Into<Papers>, id: &EventId, version: &str) -> Result<ChatEvent, Error> {
        self.edit_agenda(by, id, AgendaEdit::Undo { of: version.to_owned() }).await
    }

    async fn edit_agenda(&self, by: impl Into<Papers>, id: &EventId, edit: AgendaEdit) -> Result<ChatEvent, Error> {
        self.right(&by.into(), &self.event(id).await?).await?;
        match self.act(OrganizerAction::Agenda { event: id.clone(), edit }).await? {
            OrganizerOutcome::Event(event) => Ok(*event),
            _ => Err(Error::NotFound(Thing::Event)),
        }
    }

    /// What could be carried over from this event, if it is closed, or to it, if it is its meeting's
    /// current or next one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn leftover(&self, event: &ChatEvent) -> Result<Option<Leftover>, Error> {
        let now = self.now();
        let Some(onto) = self.store.current_or_next(&event.meeting, now).await? else { return Ok(None) };
        let from = match event.phase(now) {
            Phase::Closed => Some(event.clone()),
            _ if onto.id == event.id => self.store.closed_before(event).await?,
            _ => None,
        };
        let Some(from) = from.filter(|from| from.closed.is_some()) else { return Ok(None) };
        let agenda = |event: &ChatEvent| event.agenda.clone().unwrap_or_default();
        let count = agenda::unfinished(&agenda(&from), &agenda(&onto)).len();
        Ok((count > 0).then_some(Leftover { from, onto, count }))
    }
}

/// Reads an agenda as it came in.
pub(super) fn check(typed: &str) -> Result<String, Error> {
    agenda::check(typed).map_err(|problem| Error::Invalid(vec![FieldProblem { field: "agenda", detail: problem.to_string() }]))
}
