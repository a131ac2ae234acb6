//! Minutes: made of the log where they are asked for, once for all who ask, and corrected by the organizer after the close.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::app::{App, Error, Thing, event_cache};
use crate::domain::form::FieldProblem;
use crate::domain::limits;
use crate::domain::minutes::{Action, Fold, Item, Minutes, Tag};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{ChatEvent, EventId, EventProblem, Phase};
use crate::domain::secret::hex;
use crate::domain::talk::message::ChatData;
use crate::domain::text::visible;
use crate::domain::time::Timestamp;
use crate::store::minutes::source_rows::{Material, Version};

/// The minutes of an event, as long as nothing changes that they depend on.
#[derive(Debug)]
pub struct Made {
    pub event: ChatEvent,
    pub minutes: Minutes,
    pub outcomes: Outcomes,
    version: Version,
    /// The actions of earlier events on which this one decides: by the rows that gave them, and as those events left them.
    given: Vec<Timestamp>,
    before: Vec<Action>,
    /// Each form as it was written last, and for which address of the site.
    forms: [Mutex<Option<(String, Written)>>; Form::ALL.len()],
    summary: OnceCell<Written>,
}

/// The fate of the rows of a log that noted something. The log itself never changes; its readers see this next to each row.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    /// Rows whose item was undone or struck.
    pub taken_back: BTreeSet<Timestamp>,
    /// Rows whose item has other words by now.
    pub edited: BTreeSet<Timestamp>,
}

impl Outcomes {
    /// `rows` are the rows with a tag, of which `minutes` were made.
    fn of(rows: &[ChatData], minutes: &Minutes) -> Self {
        let kept: BTreeSet<Timestamp> = minutes.items.iter().map(|item| item.ts).collect();
        let noted = rows.iter().filter(|row| row.tag.is_some_and(Tag::is_text)).map(|row| row.ts);
        let has_new_words = |item: &&Item| item.edited.is_some() || item.was.is_some();
        Self {
            taken_back: noted.filter(|ts| !kept.contains(ts)).collect(),
            edited: minutes.items.iter().filter(has_new_words).map(|item| item.ts).collect(),
        }
    }
}

/// What minutes are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Json,
    Markdown,
    Text,
    /// A page of its own.
    Page,
    /// A part of the event's page.
    Part,
}

/// Minutes written out.
#[derive(Clone, Debug)]
pub struct Written {
    pub bytes: Bytes,
    /// Tells these bytes from others: an entity tag, in its quotes.
    pub tag: String,
}

impl Form {
    const ALL: [Self; 5] = [Self::Json, Self::Markdown, Self::Text, Self::Page, Self::Part];
}

impl Made {
    fn of(material: Material, fold: &Fold, before: Vec<Action>) -> Self {
        let Material { event, version, rows, people, corrections } = material;
        let minutes = fold.minutes_after(&people, &corrections, event.closed, &before);
        let minutes = if event.was_brought_in() { minutes.of_elsewhere() } else { minutes };
        let outcomes = Outcomes::of(&rows, &minutes);
        Self { event, minutes, outcomes, version, given: fold.decided(), before, forms: Default::default(), summary: OnceCell::new() }
    }

    fn holds(&self, event: &ChatEvent, version: Version) -> bool {
        let of_event = |event: &ChatEvent| (event.title.clone(), event.slug.clone(), event.opens_at, event.closes_at, event.closed);
        self.version == version && of_event(&self.event) == of_event(event)
    }

    /// The minutes in this form, written by `write` for the first who asks by this address of the site: files have links to it.
    pub fn written(&self, form: Form, origin: &str, write: impl FnOnce() -> String) -> Written {
        let place = Form::ALL.iter().position(|known| *known == form).unwrap_or_default();
        let mut kept = self.forms[place].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, written)) = kept.as_ref().filter(|(known, _)| known == origin) {
            return written.clone();
        }
        let written = Written::of(write());
        *kept = Some((origin.to_owned(), written.clone()));
        written
    }

    /// What a page shows beside its log when the event has closed, written by `write` for the first who asks.
    ///
    /// # Errors
    /// Those of `write`; the next who asks tries again.
    pub async fn summary<E>(&self, write: impl AsyncFnOnce() -> Result<String, E>) -> Result<&Written, E> {
        self.summary.get_or_try_init(async || Ok(Written::of(write().await?))).await
    }
}

impl Written {
    fn of(text: String) -> Self {
        let bytes = Bytes::from(text);
        let tag = format!("\"{}\"", hex(&Sha256::digest(&bytes)[..16]));
        Self { bytes, tag }
    }
}

/// The minutes that are kept ready.
pub(in crate::app) type MinutesCache = event_cache::EventCache<Option<Arc<Made>>>;

impl App {
    /// The minutes of an event as they are now. How many lines people wrote is as of when something was noted last.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn minutes(&self, id: &EventId) -> Result<Arc<Made>, Error> {
        self.minutes_where(id, |_, _| true).await
    }

    /// The same, with everybody's lines counted to the last one: each row of the log has them made anew.
    ///
    /// # Errors
    /// As for [`Self::minutes`].
    pub async fn counted_minutes(&self, id: &EventId) -> Result<Arc<Made>, Error> {
        self.minutes_where(id, |made, event| made.event.count == event.count).await
    }

    async fn minutes_where(&self, id: &EventId, do_too: impl Fn(&Made, &ChatEvent) -> bool) -> Result<Arc<Made>, Error> {
        // Before an id that nobody has takes a place.
        let (event, version) = self.store.minutes_version(id).await?;
        let place = self.shelf.place(id);
        let mut made = place.lock().await;
        if let Some(made) = made.as_ref() {
            if self.still_holds(made, &event, version).await? && do_too(made, &event) {
                return Ok(Arc::clone(made));
            }
            // They may be newer than what was asked for before waiting.
            let (event, version) = self.store.minutes_version(id).await?;
            if self.still_holds(made, &event, version).await? && do_too(made, &event) {
                return Ok(Arc::clone(made));
            }
        }
        let material = self.store.minutes_material(id).await?;
        let fold = Fold::over(&material.rows);
        let before = self.actions_before(&material.event, &fold.decided()).await?;
        let fresh = Arc::new(Made::of(material, &fold, before));
        *made = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// What other events say is asked only where this one decides on it.
    async fn still_holds(&self, made: &Made, event: &ChatEvent, version: Version) -> Result<bool, Error> {
        Ok(made.holds(event, version) && self.actions_before(event, &made.given).await? == made.before)
    }

    /// Corrects an item of the minutes of an event that has closed, or a vote's question; without a text it is taken out. One that
    /// was taken out is back with its next words. The log stays as it is.
    ///
    /// # Errors
    /// [`Error::NotYours`], [`Error::NotFound`] where there is no such item, [`Error::Conflict`] as long as the event has not
    /// closed, [`Error::Invalid`].
    pub async fn correct_minutes(&self, by: &Organizer, id: &EventId, item: Timestamp, text: Option<&str>) -> Result<(), Error> {
        let event = self.owned_event(by, id).await?;
        if event.phase(self.now()) != Phase::Closed {
            return Err(Error::Conflict(EventProblem::NotClosed));
        }
        let text = text.map(corrected).transpose().map_err(|detail| Error::Invalid(vec![FieldProblem { field: "text", detail }]))?;
        let made = self.minutes(id).await?;
        if !made.minutes.has(item) {
            return Err(Error::NotFound(Thing::Item));
        }
        self.store.correct_minutes(id, item, text.as_deref(), &by.id).await?;
        Ok(())
    }
}

/// The new words of an item.
fn corrected(text: &str) -> Result<String, String> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    if text.chars().count() > limits::TEXT {
        return Err(format!("An item may have up to {} characters.", limits::TEXT));
    }
    if visible::has_controls(text) {
        return Err("The text holds control characters. Remove them.".into());
    }
    if !visible::is_visible(text) {
        return Err("There are no words. Give the new words of the item, or null to take it out.".into());
    }
    Ok(text.to_owned())
}
