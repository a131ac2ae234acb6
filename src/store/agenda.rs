//! Agendas: reading one with its HTML, and changing one in the transaction of an act, which tells of it
//! by a row of the log.
//!
//! The text of an event's agenda is a column of every [`ChatEvent`]; its HTML is read and written here alone.

use super::log::transaction::LogTransaction;
use super::schedule::change_meetings;
use super::schedule::events::{self, event, select_event};
use super::talk::participant_action::Refusal;
use super::{Error, Store};
use crate::domain::agenda;
use crate::domain::schedule::event::{ChatEvent, EventId, EventProblem, Phase};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::talk::message::Kind;
use crate::domain::time::Timestamp;

/// The most of an item's title that a row tells, in characters.
const TOLD: usize = 120;

/// What somebody does with the agenda of an event.
#[derive(Clone, Debug)]
pub enum AgendaEdit {
    /// Writes all of it anew; where `was` is given, only over that version.
    Write { text: String, was: Option<String> },
    /// Marks an item done, or open again.
    Tick { item: String, done: bool },
    /// Adds what is unfinished in a closed event of the same meeting.
    Carry { from: EventId },
    /// Takes back the change that made this version.
    Undo { of: String },
}

impl Store {
    /// The agenda of an event as written and as HTML; `None` where it has none.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Unavailable`].
    pub async fn find_agenda(&self, id: &EventId) -> Result<Option<(String, String)>, Error> {
        let (text, html): (Option<String>, Option<String>) =
            sqlx::query_as("SELECT agenda, agenda_html FROM chat_event WHERE id = $1").bind(id.as_str()).fetch_one(&self.readers).await?;
        // One from before there was HTML of it.
        Ok(text.map(|text| {
            let html = html.unwrap_or_else(|| agenda::html(&text));
            (text, html)
        }))
    }

    /// The last event of the same meeting that closed and began before this one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn closed_before(&self, of: &ChatEvent) -> Result<Option<ChatEvent>, Error> {
        let last =
            select_event!("WHERE e.meeting_id = $1 AND e.opens_at < $2 AND e.closed_ts IS NOT NULL ORDER BY e.opens_at DESC LIMIT 1");
        self.near(of, last).await
    }

    /// The event of a meeting that is open at `now`, else the next one that is not cancelled.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn current_or_next(&self, meeting: &str, now: Timestamp) -> Result<Option<ChatEvent>, Error> {
        let row = sqlx::query(select_event!(
            "WHERE e.meeting_id = $1 AND e.closed_ts IS NULL AND e.cancelled_at IS NULL AND e.closes_at > $2 ORDER BY e.opens_at LIMIT 1"
        ))
        .bind(meeting)
        .bind(now.micros())
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(event).transpose()
    }
}

impl LogTransaction {
    pub(super) async fn edit_agenda(&mut self, id: &EventId, phase: Phase, edit: AgendaEdit) -> Result<Result<(), Refusal>, Error> {
        let Some(event) = self.event(id).cloned() else { return Ok(Err(Refusal::NoEvent)) };
        let now = event.agenda.as_deref().unwrap_or_default();
        let refused = |problem| Ok(Err(Refusal::Event(problem)));
        let (text, told) = match edit {
            AgendaEdit::Write { was: Some(was), .. } if was != agenda::version(now) => return refused(EventProblem::AgendaChanged),
            AgendaEdit::Write { text, .. } => (text, CHANGED.to_owned()),
            AgendaEdit::Tick { item, done } => {
                let Some((text, item)) = agenda::tick(now, &item, done) else { return refused(EventProblem::AgendaChanged) };
                (text, format!("{}: {}", if done { "Done" } else { "Open again" }, cut(&item.title)))
            }
            AgendaEdit::Undo { of } => {
                let before: Option<String> = sqlx::query_scalar("SELECT agenda_before FROM chat_event WHERE id = $1")
                    .bind(id.as_str())
                    .fetch_one(self.connection())
                    .await?;
                let Some(before) = before.filter(|_| of == agenda::version(now)) else { return refused(EventProblem::AgendaChanged) };
                (before, "The last change of the agenda was taken back.".to_owned())
            }
            AgendaEdit::Carry { from } => {
                let source = events::one(self.connection(), from.as_str()).await?;
                let Some(source) = source.filter(|it| it.meeting == event.meeting && it.closed.is_some()) else {
                    return Ok(Err(Refusal::NoEvent));
                };
                let left = source.agenda.as_deref().unwrap_or_default();
                // Both were checked: all that can be wrong is the length.
                let text = agenda::carry(left, now).and_then(|text| agenda::check(&text).ok());
                let Some(text) = text else { return refused(EventProblem::AgendaFull) };
                let day = source.opens_at.in_zone(source.zone).format("%-d %B");
                let told = match agenda::unfinished(left, now).len() {
                    1 => format!("1 unfinished item of {day} was added to the agenda."),
                    n => format!("{n} unfinished items of {day} were added to the agenda."),
                };
                (text, told)
            }
        };
        Ok(self.put_agenda(id, phase, text, &told).await?.map_err(Refusal::Event))
    }

    /// Writes the agenda of an event that has not closed, and a row that tells of it. One that stays as it
    /// is needs none.
    pub(super) async fn put_agenda(
        &mut self,
        id: &EventId,
        phase: Phase,
        text: String,
        told: &str,
    ) -> Result<Result<(), EventProblem>, Error> {
        match phase {
            Phase::Closed => return Ok(Err(EventProblem::Closed)),
            Phase::Cancelled => return Ok(Err(EventProblem::Cancelled)),
            Phase::Scheduled | Phase::Open => {}
        }
        let text = Some(text).filter(|text| !text.is_empty());
        if self.event(id).is_some_and(|event| event.agenda == text) {
            return Ok(Ok(()));
        }
        let before = self.event(id).and_then(|event| event.agenda.clone()).unwrap_or_default();
        let note = sqlx::query("UPDATE chat_event SET agenda_before = $1 WHERE id = $2").bind(before).bind(id.as_str());
        note.execute(self.connection()).await?;
        self.set_agenda(id, text.as_deref(), text.as_deref().map(agenda::html)).await?;
        let ts = self.next_ts(id);
        self.append(id, ts, Kind::Agenda, told);
        self.settle(id);
        Ok(Ok(()))
    }

    async fn set_agenda(&mut self, id: &EventId, text: Option<&str>, html: Option<String>) -> Result<(), Error> {
        if let Some(event) = self.event_mut(id) {
            event.agenda = text.map(str::to_owned);
        }
        sqlx::query("UPDATE chat_event SET agenda_html = $1 WHERE id = $2").bind(html).bind(id.as_str()).execute(self.connection()).await?;
        Ok(())
    }
}

/// What a row tells where all of an agenda was written anew.
pub(super) const CHANGED: &str = "The agenda was changed.";

/// What a row tells where an agenda followed that of the meeting.
const FOLLOWED: &str = "The agenda of the meeting was changed.";

/// Gives a changed template to the events ahead that still have the one from before. A row tells those who wait
/// in their lobbies.
pub(super) async fn follow_template(tx: &mut LogTransaction, old: &Meeting, new: &Meeting) -> Result<(), Error> {
    if old.agenda == new.agenda {
        return Ok(());
    }
    for id in change_meetings::ahead(tx, &new.id).await? {
        let follows = tx.event(&id).is_some_and(|event| event.opened.is_none() && event.agenda.as_deref() == old.template());
        if follows && matches!(tx.settle(&id), Some(Phase::Scheduled | Phase::Cancelled)) {
            let html = new.template().map(|_| new.agenda_html.clone());
            tx.set_agenda(&id, new.template(), html).await?;
            if tx.event(&id).is_some_and(|event| event.cancelled_at.is_none()) {
                let ts = tx.next_ts(&id);
                tx.append(&id, ts, Kind::Agenda, FOLLOWED);
            }
        }
    }
    Ok(())
}

fn cut(title: &str) -> String {
    if title.chars().count() <= TOLD {
        return title.to_owned();
    }
    title.chars().take(TOLD - 1).chain(['…']).collect()
}
