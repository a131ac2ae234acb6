//! Bringing in events that took place elsewhere, each once, also beside a running server.
//!
//! An event is known by its meeting and its start. What is there already is compared row by row and never changed: a
//! closed log does not grow.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::app::schedule::meetings::Found;
use crate::app::{App, Error};
use crate::domain::moving::imported_event::{ImportedEvent, PastRow};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{ChatEvent, EventProblem};
use crate::domain::schedule::meeting::{self, Meeting, MeetingDraft, Visibility};
use crate::domain::schedule::recurrence::Timetable;
use crate::domain::schedule::slug::{self, SlugProblem};
use crate::domain::talk::message::{ChatData, Kind};
use crate::domain::talk::participant::{Nick, ParticipantId};
use crate::domain::time::Timestamp;
use crate::domain::transcript::digest;
use crate::domain::zone::Zone;
use crate::domain::{minutes, text};
use crate::store;
use crate::store::moving::imported_events::{Over, Somebody, TargetEvent};
use crate::store::talk::participant_action::Refusal;

/// How many rows one read of the database takes.
const PAGE: usize = 1_000;

/// A meeting that takes events of an archive.
#[derive(Clone, Debug)]
pub enum TargetMeeting {
    /// It is there.
    Meeting(Box<Meeting>),
    /// It is made with the first event.
    New { slug: String, title: String, organizer: Organizer, zone: Zone },
}

/// What became of an event.
#[derive(Clone, Debug)]
pub enum Archived {
    New(ChatEvent),
    /// It was there, with the same rows.
    Known(ChatEvent),
}

/// Why an event was not brought in.
#[derive(Debug)]
pub enum Problem {
    Slug(SlugProblem),
    /// A sentence of the rule for titles.
    Title(String),
    /// Nobody has this name.
    NoOrganizer(String),
    /// There are several organizers, or none, and nobody was named.
    WhichOrganizer,
    /// The meeting is there, and of somebody else.
    NotTheirs(String),
    MeetingDeleted,
    /// The log ends in the future.
    NotOver,
    /// The meeting has an event with this start and other rows.
    Other(Box<ChatEvent>),
    /// Somebody else made the same meeting just now.
    Again,
    App(Error),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slug(problem) => write!(f, "--slug: {problem}"),
            Self::Title(problem) => write!(f, "--title: {problem}"),
            Self::NoOrganizer(name) => write!(f, "There is no organizer “{name}”. Make the account first: gavel organizer add {name}"),
            Self::WhichOrganizer => {
                f.write_str("The meeting is new, and there is not just one organizer: say whose it shall be, with --organizer NAME.")
            }
            Self::NotTheirs(slug) => write!(f, "The meeting “{slug}” is there, and belongs to another organizer."),
            Self::MeetingDeleted => f.write_str("The meeting was deleted. Restore it on the schedule first, or choose another --slug."),
            Self::NotOver => f.write_str("It ends in the future: check the day, and the zone (--date, --zone)."),
            Self::Other(event) => write!(
                f,
                "{} began at the same moment and has other lines ({} rows). What is closed stays as it is: a longer log of it is not taken either.",
                event.url(),
                event.count
            ),
            Self::Again => f.write_str("Somebody made the same meeting at this moment. Run it again."),
            Self::App(Error::Unavailable(cause)) => write!(f, "The database does not do this now: {cause}."),
            Self::App(other) => other.fmt(f),
        }
    }
}

impl std::error::Error for Problem {}

impl From<Error> for Problem {
    fn from(cause: Error) -> Self {
        Self::App(cause)
    }
}

impl From<store::Error> for Problem {
    fn from(cause: store::Error) -> Self {
        match cause {
            store::Error::Conflict => Self::Again,
            other => Self::App(other.into()),
        }
    }
}

impl App {
    /// The meeting with this slug, or what makes it: `title` and `zone` are for a new one, `organizer` is whose it is,
    /// the only one there is where nobody is named.
    ///
    /// # Errors
    /// Any [`Problem`] of these.
    pub async fn shelf(&self, slug: &str, title: Option<&str>, zone: Zone, organizer: Option<&str>) -> Result<TargetMeeting, Problem> {
        let named = match organizer {
            Some(name) => Some(self.organizer_named(name).await?.ok_or_else(|| Problem::NoOrganizer(name.to_owned()))?),
            None => None,
        };
        let mut slug = slug.to_owned();
        loop {
            match self.find_meeting(&slug, named.as_ref()).await {
                Ok(Found::Moved(to)) => slug = to,
                Ok(Found::Meeting(meeting)) if named.as_ref().is_some_and(|it| it.id != meeting.organizer) => {
                    return Err(Problem::NotTheirs(slug));
                }
                Ok(Found::Meeting(meeting)) if meeting.deleted_at.is_some() => return Err(Problem::MeetingDeleted),
                Ok(Found::Meeting(meeting)) => return Ok(TargetMeeting::Meeting(meeting)),
                Err(Error::Deleted) => return Err(Problem::MeetingDeleted),
                Err(Error::NotFound(_)) => break,
                Err(other) => return Err(other.into()),
            }
        }
        slug::check(&slug).map_err(Problem::Slug)?;
        let title = meeting::title(title.unwrap_or(&words(&slug))).map_err(Problem::Title)?;
        let organizer = match named {
            Some(organizer) => organizer,
            None => self.store.only_organizer().await?.ok_or(Problem::WhichOrganizer)?,
        };
        Ok(TargetMeeting::New { slug, title, organizer, zone })
    }

    /// Brings an event in. Done again it changes nothing.
    ///
    /// # Errors
    /// Any [`Problem`]; then nothing is changed.
    pub async fn archive(&self, to: &TargetMeeting, past: &ImportedEvent) -> Result<Archived, Problem> {
        self.archive_with(to, past, &|_| ()).await
    }

    /// The same, and tells at each step how many more of the log's [`steps`] are done.
    ///
    /// # Errors
    /// As [`Self::archive`].
    pub async fn archive_with(
        &self,
        to: &TargetMeeting,
        past: &ImportedEvent,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Archived, Problem> {
        if let Some(known) = self.find_archived(to, past).await? {
            return Ok(known);
        }
        let place = match to {
            TargetMeeting::Meeting(meeting) => TargetEvent::Meeting(meeting.id.clone()),
            TargetMeeting::New { slug, title, organizer, zone } => {
                TargetEvent::New { organizer: organizer.id.clone(), draft: Box::new(draft(slug, title, *zone, past)) }
            }
        };
        match self.store.archive(&place, &over(past, progress), progress).await? {
            Ok(Some(event)) => Ok(Archived::New(event)),
            Ok(None) | Err(Refusal::SlugTaken) => Err(Problem::Again),
            Err(Refusal::Event(EventProblem::MeetingDeleted)) => Err(Problem::MeetingDeleted),
            Err(other) => Err(Error::of_organizer(other).into()),
        }
    }

    /// Finds an event that was brought in before. Changes nothing, so that all events of a log can be checked before the first of
    /// them is written.
    ///
    /// # Errors
    /// [`Problem::NotOver`], [`Problem::Other`], [`Problem::App`].
    pub async fn find_archived(&self, to: &TargetMeeting, past: &ImportedEvent) -> Result<Option<Archived>, Problem> {
        if past.closes_at > self.now() {
            return Err(Problem::NotOver);
        }
        let TargetMeeting::Meeting(meeting) = to else { return Ok(None) };
        match self.store.find_event_by_start(&meeting.id, past.opens_at).await? {
            Some(event) => self.compared(event, past).await.map(Some),
            None => Ok(None),
        }
    }

    async fn compared(&self, event: ChatEvent, past: &ImportedEvent) -> Result<Archived, Problem> {
        let (mut cursor, mut left) = (Timestamp::ZERO, past.rows.as_slice());
        loop {
            let page = self.store.rows_after(&event.id, cursor, PAGE).await?;
            for row in &page {
                match left.split_first() {
                    Some((first, rest)) if same(row, first) => left = rest,
                    _ => return Err(Problem::Other(Box::new(event))),
                }
                cursor = row.ts;
            }
            if page.len() < PAGE {
                break;
            }
        }
        if left.is_empty() { Ok(Archived::Known(event)) } else { Err(Problem::Other(Box::new(event))) }
    }
}

/// How many steps it takes to bring an event in: each row is made ready, and written.
#[must_use]
pub const fn steps(past: &ImportedEvent) -> usize {
    past.rows.len() * 2
}

/// Whether a row is the one of the log. Of one that was emptied since, the text cannot be compared.
fn same(here: &ChatData, there: &PastRow) -> bool {
    let text = here.text == there.text || here.hash.is_some();
    (here.ts, here.kind, here.nick.as_deref()) == (there.ts, there.kind, there.nick.as_ref().map(Nick::as_str)) && text
}

/// “Tidewater weekly” of `tidewater-weekly`.
fn words(slug: &str) -> String {
    let words = slug.replace('-', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A meeting that took place once, when its first event did. Its times ask for an event that is over, so that none is made beside
/// the log's own: of a log that is shorter than the shortest event, for the minute before it.
fn draft(slug: &str, title: &str, zone: Zone, past: &ImportedEvent) -> MeetingDraft {
    let minutes = i64::try_from(past.closes_at.since(past.opens_at).as_secs() / 60).unwrap_or(i64::MAX);
    let starts = past.opens_at.plus_minutes(-i64::from(minutes == 0)).in_zone(zone).naive_local();
    MeetingDraft {
        title: title.to_owned(),
        slug: Some(slug.to_owned()),
        description: String::new(),
        description_html: String::new(),
        agenda: String::new(),
        agenda_html: String::new(),
        timetable: Timetable { starts, zone, minutes: minutes.max(1), rule: None },
        visibility: Visibility::Public,
        dates: Vec::new(),
    }
}

/// The rows as they are kept, with somebody for each nickname.
fn over(past: &ImportedEvent, progress: &dyn Fn(usize)) -> Over {
    let mut people: Vec<Somebody> = Vec::new();
    let mut known: HashMap<String, ParticipantId> = HashMap::new();
    let taken: HashSet<String> = past.rows.iter().filter_map(|row| row.nick.as_ref()).map(|nick| nick.as_str().to_lowercase()).collect();
    let also = |nick: &Nick| {
        let is_theirs = |(from, to): &(&String, &String)| **to == nick.as_str().to_lowercase() && !taken.contains(*from);
        let mut also: Vec<String> = past.aliases.iter().filter(is_theirs).map(|(from, _)| from.clone()).collect();
        also.sort_unstable();
        also
    };
    let mut rows = Vec::with_capacity(past.rows.len());
    for row in &past.rows {
        let from = row.nick.as_ref().map(|nick| {
            known
                .entry(nick.as_str().to_owned())
                .or_insert_with(|| {
                    let id = ParticipantId::random();
                    people.push(Somebody { id: id.clone(), nick: nick.clone(), also: also(nick), joined: row.ts });
                    id
                })
                .clone()
        });
        let said = matches!(row.kind, Kind::Said | Kind::Emote);
        let html = if said { text::inline(&row.text) } else { text::plain(&row.text) };
        rows.push(ChatData {
            from,
            nick: row.nick.as_ref().map(|nick| nick.as_str().to_owned()),
            salt: said.then(digest::salt),
            ..ChatData::bare(row.ts, row.kind, row.text.clone(), html)
        });
        progress(1);
    }
    let title = minutes::tag_past(past, &mut rows);
    Over { opens_at: past.opens_at, closes_at: past.closes_at, title, people, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_a_title_for_want_of_a_better_one() {
        assert_eq!([words("tidewater-weekly"), words("x"), words("")], ["Tidewater weekly", "X", ""]);
    }
}
