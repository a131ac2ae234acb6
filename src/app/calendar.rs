//! Calendars to subscribe to: of one meeting, of all public ones, of an organizer; and one event as a
//! file. Each is made anew from the rows.

use chrono::{Datelike, NaiveDate, NaiveTime};

use super::meetings::Found;
use super::{App, Error, Thing};
use crate::domain::calendar::{Feed, Scheduled};
use crate::domain::meeting::Visibility;
use crate::domain::organizer::Organizer;
use crate::domain::secret;
use crate::domain::time::Timestamp;

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

/// What an address of a calendar leads to.
#[derive(Clone, Debug)]
pub enum Asked {
    Here(Calendar),
    /// The meeting has this slug now.
    Moved(String),
}

impl App {
    /// The calendar of a meeting. Its links lead to `origin`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Deleted`], [`Error::Unavailable`].
    pub async fn meeting_calendar(&self, slug: &str, origin: &str) -> Result<Asked, Error> {
        let scheduled = match self.scheduled(slug).await? {
            Ok(scheduled) => scheduled,
            Err(moved) => return Ok(Asked::Moved(moved)),
        };
        let mut feed = Feed::new(&scheduled.meeting.title, origin);
        feed.add(&scheduled);
        Ok(Asked::Here(one(&feed, &scheduled)))
    }

    /// One event of a meeting as a file.
    ///
    /// # Errors
    /// As for [`Self::meeting_calendar`].
    pub async fn event_calendar(&self, slug: &str, key: &str, origin: &str) -> Result<Asked, Error> {
        let scheduled = match self.scheduled(slug).await? {
            Ok(scheduled) => scheduled,
            Err(moved) => return Ok(Asked::Moved(moved)),
        };
        let sitting = scheduled.sittings.iter().find(|it| it.event.key == key).ok_or(Error::NotFound(Thing::Event))?;
        let mut feed = Feed::file(origin);
        feed.add_one(&scheduled, sitting);
        Ok(Asked::Here(one(&feed, &scheduled)))
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
        let (since, changed) = (self.kept_since(), self.store.latest_change().await?);
        let meetings = self.store.scheduled_in_public(since).await?;
        Ok(many(name, origin, &meetings, changed.max(since), true))
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
        let (since, changed) = (self.kept_since(), self.store.latest_change().await?);
        let meetings = self.store.scheduled_by(&organizer.id, since).await?;
        Ok(many(&format!("{site}, {}", organizer.name), origin, &meetings, changed.max(since), false))
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
        Ok(self.store.renew_feed(&of.id).await?)
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

fn many(name: &str, origin: &str, meetings: &[Scheduled], changed: Timestamp, public: bool) -> Calendar {
    let mut feed = Feed::new(name, origin);
    for meeting in meetings {
        feed.add(meeting);
    }
    Calendar { text: feed.to_string(), changed, public }
}
