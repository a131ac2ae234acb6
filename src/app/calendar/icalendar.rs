//! Calendars to subscribe to: of one meeting, of all public ones, of an organizer; and one event as a
//! file. Each is made from the rows; those of many meetings are kept until a row of theirs may be another.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{Datelike, NaiveDate, NaiveTime};

use crate::app::schedule::meetings::Found;
use crate::app::{App, Error, Thing, security_log};
use crate::domain::calendar::{Feed, Scheduled};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::meeting::Visibility;
use crate::domain::secret;
use crate::domain::time::Timestamp;
use crate::store;
use crate::store::calendar::icalendar::Changes;

/// How many calendars of many meetings are kept ready.
const READY: usize = 16;

/// How long an event that is over stays in a calendar of many meetings, in days; one of a single meeting
/// keeps all.
const KEPT: i64 = 90;

/// A calendar as it is to be sent.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub text: String,
    /// When it last came to be as it is.
    pub changed: Timestamp,
    /// Whether anybody may find it, rather than whoever has its address.
    pub public: bool,
}

/// The calendars that are kept ready, those that were asked for last in front, by whose they are and where links lead.
#[derive(Debug, Default)]
pub(in crate::app) struct Ready(Mutex<VecDeque<(String, Arc<CalendarSlot>)>>);

/// One maker at a time: who comes meanwhile finds what it made, and of which rows.
type CalendarSlot = tokio::sync::Mutex<Option<((Changes, Timestamp), Calendar)>>;

impl Ready {
    fn place(&self, name: &str, origin: &str) -> Arc<CalendarSlot> {
        let address = format!("{name}\n{origin}");
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = places.iter().position(|(known, _)| *known == address).and_then(|at| places.remove(at));
        let found = known.unwrap_or_else(|| (address, Arc::default()));
        let place = Arc::clone(&found.1);
        places.push_front(found);
        places.truncate(READY);
        place
    }
}

/// What an address of a calendar leads to.
#[derive(Clone, Debug)]
pub enum CalendarLookup {
    Here(Calendar),
    /// The meeting has this slug now.
    Moved(String),
}

impl App {
    /// The calendar of a meeting. Its links lead to `origin`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Deleted`], [`Error::Unavailable`].
    pub async fn meeting_calendar(&self, slug: &str, origin: &str) -> Result<CalendarLookup, Error> {
        let scheduled = match self.scheduled(slug).await? {
            Ok(scheduled) => scheduled,
            Err(moved) => return Ok(CalendarLookup::Moved(moved)),
        };
        let mut feed = Feed::new(&scheduled.meeting.title, origin);
        feed.add(&scheduled);
        Ok(CalendarLookup::Here(one(&feed, &scheduled)))
    }

    /// One event of a meeting as a file.
    ///
    /// # Errors
    /// As for [`Self::meeting_calendar`].
    pub async fn event_calendar(&self, slug: &str, key: &str, origin: &str) -> Result<CalendarLookup, Error> {
        let scheduled = match self.scheduled(slug).await? {
            Ok(scheduled) => scheduled,
            Err(moved) => return Ok(CalendarLookup::Moved(moved)),
        };
        let sitting = scheduled.sittings.iter().find(|it| it.event.key == key).ok_or(Error::NotFound(Thing::Event))?;
        let mut feed = Feed::file(origin);
        feed.add_one(&scheduled, sitting);
        Ok(CalendarLookup::Here(one(&feed, &scheduled)))
    }

    /// The meeting with this slug and its events, or the slug that it has now.
    async fn scheduled(&self, slug: &str) -> Result<Result<Scheduled, String>, Error> {
        let meeting = match self.find_meeting(slug, None).await? {
            Found::Meeting(meeting) => meeting,
            Found::Moved(slug) => return Ok(Err(slug)),
        };
        let scheduled = self.store.scheduled(&meeting.id).await?;
        if scheduled.meeting.deleted_at.is_some() { Err(Error::Deleted) } else { Ok(Ok(scheduled)) }
    }

    /// The calendar of all public meetings, under the site's name.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn site_calendar(&self, name: &str, origin: &str) -> Result<Calendar, Error> {
        self.many(name, origin, true, async |since| self.store.scheduled_in_public(since).await).await
    }

    /// A calendar of many meetings, which `read` gives: the one that was made last if nothing changed since. A site with
    /// thousands of meetings would else be busy with nothing but its calendar.
    async fn many(
        &self,
        name: &str,
        origin: &str,
        public: bool,
        read: impl AsyncFnOnce(Timestamp) -> Result<Vec<Scheduled>, store::Error>,
    ) -> Result<Calendar, Error> {
        // Before the rows: what comes between the two is only read once more.
        let of = (self.store.changes().await?, self.kept_since());
        let place = self.ready.place(name, origin);
        let mut ready = place.lock().await;
        if let Some((known, calendar)) = ready.as_ref()
            && *known == of
        {
            return Ok(calendar.clone());
        }
        let (meetings, changed) = (read(of.1).await?, of.0.latest.max(of.1));
        let (name, origin) = (name.to_owned(), origin.to_owned());
        let write = move || {
            let mut feed = Feed::new(&name, &origin);
            for meeting in &meetings {
                feed.add(meeting);
            }
            Calendar { text: feed.to_string(), changed, public }
        };
        // Long work: others are served by this thread meanwhile.
        let calendar = tokio::task::spawn_blocking(write).await.map_err(|problem| Error::Unavailable(problem.to_string()))?;
        *ready = Some((of, calendar.clone()));
        Ok(calendar)
    }

    /// The calendar of all meetings of the organizer whose secret this is.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn private_calendar(&self, secret: &str, site: &str, origin: &str) -> Result<Calendar, Error> {
        let nobody = || Error::NotFound(Thing::Calendar);
        let (id, _) = secret.split_once('-').ok_or_else(nobody)?;
        let (organizer, version) = self.store.find_feed(id).await?.ok_or_else(nobody)?;
        if !secret::same(&self.signer.feed(&organizer.id, version), secret) {
            return Err(nobody());
        }
        self.many(&format!("{site}, {}", organizer.name), origin, false, async |since| self.store.scheduled_by(&organizer.id, since).await)
            .await
    }

    /// The secret in the address of an organizer's private calendar.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] where the account is gone, [`Error::Unavailable`].
    pub async fn calendar_secret(&self, of: &Organizer) -> Result<String, Error> {
        let (organizer, version) = self.store.find_feed(&of.id).await?.ok_or(Error::NotSignedIn)?;
        Ok(self.signer.feed(&organizer.id, version))
    }

    /// Gives an organizer's private calendar a new address; the old one is dead from now on.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn renew_calendar(&self, of: &Organizer) -> Result<(), Error> {
        self.store.renew_feed(&of.id).await?;
        security_log::note(security_log::Event::CalendarRenewed { organizer: &of.name }, None);
        Ok(())
    }

    /// From when on calendars of many meetings tell events: the first of a month, so that they stay the
    /// same for a while.
    fn kept_since(&self) -> Timestamp {
        let day = self.now().plus_days(-KEPT).utc().date_naive();
        NaiveDate::from_ymd_opt(day.year(), day.month(), 1).map_or(Timestamp::ZERO, |first| first.and_time(NaiveTime::MIN).and_utc().into())
    }
}

fn one(feed: &Feed<'_>, of: &Scheduled) -> Calendar {
    Calendar { text: feed.to_string(), changed: of.changed_at(), public: of.meeting.visibility == Visibility::Public }
}
