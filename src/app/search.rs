//! Searching what people said, in all that the one who searches may read.
//!
//! Public meetings are for everybody, unlisted ones for their organizer, and for whoever knows the slug and
//! names it. What that comes to is decided in the store, row by row.

use super::schedule::meetings::Found as Led;
use super::{App, Error, Thing};
use crate::domain::network::Network;
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::ChatEvent;
use crate::domain::schedule::meeting::Meeting;
use crate::domain::search::{Query, snippet};
use crate::domain::talk::message::ChatData;
use crate::domain::time::Timestamp;
use crate::store::search::{HitPosition, Search};

/// How many results a page has.
pub const RESULTS: usize = 25;

/// What is said while rows are missing in the index that were not said just now.
const BEHIND: &str = "The search index is being built. Older messages may be missing until it is complete.";

/// What is asked for, as it came in.
#[derive(Clone, Debug, Default)]
pub struct SearchRequest<'a> {
    pub q: &'a str,
    /// The slug of the meeting to search in; it goes before one that `q` names.
    pub meeting: Option<&'a str>,
    /// A nickname besides those that `q` names.
    pub nick: Option<&'a str>,
    /// A sort of rows (`said`); it goes before one that `q` names.
    pub kind: Option<&'a str>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Where the page before this one ended.
    pub page: Option<i64>,
}

impl SearchRequest<'_> {
    /// Whether nothing is searched for: a meeting alone is only where that would be.
    fn is_empty(&self) -> bool {
        self.q.trim().is_empty() && self.nick.is_none() && self.kind.is_none() && self.from.is_none() && self.until.is_none()
    }
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// How `q` was read.
    pub query: Query,
    /// The meeting that was searched in.
    pub meeting: Option<Meeting>,
    /// Whether the index lacks more than what is being said now; a note says so.
    pub is_behind: bool,
    /// Newest first.
    pub results: Vec<Match>,
    /// Where the next page begins, if there are more.
    pub next: Option<i64>,
}

/// A row that was found.
#[derive(Clone, Debug)]
pub struct Match {
    pub event: ChatEvent,
    pub row: ChatData,
    /// What of it matches, as inline HTML.
    pub snippet: String,
}

impl App {
    /// Searches for somebody, who may be signed in, and asks from an address. To ask for nothing is free.
    ///
    /// # Errors
    /// [`Error::TooMany`], [`Error::Unavailable`].
    pub async fn search(&self, asked: &SearchRequest<'_>, by: Option<&Organizer>, from: Option<Network>) -> Result<Found, Error> {
        if !asked.is_empty() {
            self.limits.search(from)?;
        }
        let mut query = Query::parse(asked.q);
        if let Some(nick) = asked.nick {
            query.add_nick(nick);
        }
        if let Some(kind) = asked.kind.filter(|kind| !query.set_sort(kind)) {
            query.note_unknown_sort(kind);
            return Ok(Found { query, ..Found::default() });
        }
        query.from = asked.from.or(query.from);
        query.until = asked.until.or(query.until);
        let meeting = match asked.meeting.or(query.meeting.as_deref()) {
            Some(slug) => self.searched_in(slug, by).await?,
            None => None,
        };
        let mut found = Found { query, meeting, ..Found::default() };
        let lost = found.meeting.is_none() && asked.meeting.or(found.query.meeting.as_deref()).is_some();
        if lost {
            let slug = asked.meeting.or(found.query.meeting.as_deref()).unwrap_or_default();
            found
                .query
                .notes
                .push(format!("There is no meeting “{slug}”. The name of a meeting stands at the end of its link, behind /m/."));
        }
        if lost || found.query.is_empty() {
            return Ok(found);
        }
        let search = Search {
            organizer: by.map(|by| by.id.clone()),
            meeting: found.meeting.as_ref().map(|meeting| meeting.id.clone()),
            behind: asked.page.map(HitPosition),
            // One more tells whether there are others behind.
            limit: RESULTS + 1,
            query: found.query.clone(),
        };
        let mut hits = self.store.search(&search).await?;
        if hits.len() > RESULTS {
            hits.truncate(RESULTS);
            found.next = hits.last().map(|hit| hit.place.0);
        }
        if self.store.search_is_behind().await? {
            found.is_behind = true;
            found.query.notes.push(BEHIND.into());
        }
        let query = &found.query;
        found.results =
            hits.into_iter().map(|hit| Match { snippet: snippet::of_row(&hit.row, query), event: hit.event, row: hit.row }).collect();
        Ok(found)
    }

    /// The meeting with this slug, or that had it; none where it is deleted, whoever asks.
    async fn searched_in(&self, slug: &str, by: Option<&Organizer>) -> Result<Option<Meeting>, Error> {
        let led = match self.find_meeting(slug, by).await {
            Ok(Led::Moved(slug)) => self.find_meeting(&slug, by).await,
            led => led,
        };
        match led {
            Ok(Led::Meeting(meeting)) => Ok(Some(*meeting).filter(|meeting| meeting.deleted_at.is_none())),
            Ok(Led::Moved(_)) | Err(Error::NotFound(Thing::Meeting)) => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}
