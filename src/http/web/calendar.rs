//! What pages show of calendars: the menu "Add to calendar" with links that web calendars take, and an
//! organizer's private calendar with its renewal.

use chrono::SecondsFormat;
use rocket::http::RawStr;
use rocket::post;
use serde::Serialize;

use super::kit::answer::Answer;
use super::kit::flash::Flash;
use super::kit::form::{Button, Sent};
use super::kit::page::Page;
use crate::app::Error;
use crate::domain::calendar::utc;
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{ChatEvent, Phase};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;

/// A calendar to subscribe to.
#[derive(Debug, Serialize)]
pub struct Feed {
    /// Opens the reader's calendar program.
    webcal: String,
    /// The same for programs that want to be given an address.
    url: String,
}

impl Feed {
    fn new(origin: &str, path: &str) -> Self {
        // Without a known host it is a link to the file.
        let webcal = origin.split_once("://").map_or_else(|| path.to_owned(), |(_, host)| format!("webcal://{host}{path}"));
        Self { webcal, url: format!("{origin}{path}") }
    }

    /// That of a meeting.
    pub fn of(meeting: &Meeting, origin: &str) -> Self {
        Self::new(origin, &format!("{}.ics", meeting.url()))
    }

    /// The private one of an organizer.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`], [`Error::Unavailable`].
    pub async fn private(page: &Page<'_>, of: &Organizer) -> Result<Self, Error> {
        page.holds_secret();
        Ok(Self::new(&page.origin, &format!("/calendar/{}.ics", page.app.calendar_secret(of).await?)))
    }
}

/// The ways to take one event into a calendar.
#[derive(Debug, Serialize)]
pub struct Add {
    /// As a file.
    file: String,
    /// By the pages of web calendars, each with its name.
    sites: [(&'static str, String); 3],
}

impl Add {
    /// For an event that is to come at `now`, or goes on. What it is about is at its link, which begins
    /// with `origin`.
    pub fn to(event: &ChatEvent, now: Timestamp, origin: &str) -> Option<Self> {
        if !matches!(event.phase(now), Phase::Scheduled | Phase::Open) {
            return None;
        }
        let link = format!("{origin}{}", event.url());
        let (from, to) = (utc(event.opens_at), utc(event.closes_at));
        let iso = |at: Timestamp| at.utc().to_rfc3339_opts(SecondsFormat::Secs, true);
        let (starts, ends) = (iso(event.opens_at), iso(event.closes_at));
        let span = format!("{from}/{to}");
        let title = event.title.as_str();
        let google = [("action", "TEMPLATE"), ("text", title), ("dates", &span), ("ctz", event.zone.name()), ("details", &link)];
        let outlook =
            [("rru", "addevent"), ("subject", title), ("startdt", &starts), ("enddt", &ends), ("body", &link), ("allday", "false")];
        let yahoo = [("v", "60"), ("title", title), ("st", &from), ("et", &to), ("desc", &link)];
        Some(Self {
            file: format!("{}.ics", event.url()),
            sites: [
                ("Google Calendar", with_query("https://calendar.google.com/calendar/render", &google)),
                ("Outlook.com", with_query("https://outlook.live.com/calendar/0/action/compose", &outlook)),
                ("Yahoo Calendar", with_query("https://calendar.yahoo.com/", &yahoo)),
            ],
        })
    }
}

fn with_query(address: &str, query: &[(&str, &str)]) -> String {
    let pairs = query.iter().map(|(name, value)| format!("{name}={}", RawStr::new(*value).percent_encode()));
    format!("{address}?{}", pairs.collect::<Vec<_>>().join("&"))
}

#[post("/schedule/calendar/renew", data = "<sent>")]
pub async fn renew(page: Page<'_>, sent: Result<Sent<Button>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    page.app.renew_calendar(page.organizer()?).await?;
    Ok(page.go_with(&Flash::good("Your calendar has a new address. Subscribe to it anew; the old one leads nowhere."), "/schedule"))
}
