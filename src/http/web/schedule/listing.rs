//! An organizer's schedule: the next events, the meetings, the deleted ones that can be brought
//! back; one more event for a meeting; deleting and restoring meetings.

use std::collections::HashMap;

use chrono::NaiveDate;
use rocket::form::FromForm;
use rocket::http::{RawStr, Status};
use rocket::{get, post};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::form::event_values::{EventValues, refused};
use super::home::views;
use super::month::{self, Single, read_day};
use super::overlaps::Overlaps;
use crate::app::Error;
use crate::app::schedule::events::EventInput;
use crate::app::schedule::meetings::LAST_PAGE;
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{ChatEvent, EventProblem};
use crate::domain::schedule::meeting;
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::http::problem::Problem;
use crate::http::web::calendar::Feed;
use crate::http::web::kit::answer::{Answer, local};
use crate::http::web::kit::edit_conflict::FieldProblems;
use crate::http::web::kit::flash::Flash;
use crate::http::web::kit::form::{Button, Sent};
use crate::http::web::kit::instants::Instant;
use crate::http::web::kit::page::{Page, in_full};
use crate::http::web::kit::view_models::{Beside, Event, Meeting};
use crate::http::web::kit::{csrf, reader};

/// Which part of the schedule is asked for.
#[derive(Clone, Debug, Default, FromForm, Serialize)]
pub struct Wanted {
    /// A month such as `2026-11` instead of lists.
    month: Option<String>,
    /// A day such as `2026-11-24`: the list has all of its events.
    day: Option<String>,
    /// A part of a title.
    #[field(default = "")]
    q: String,
    /// `past`: events that are over.
    #[field(default = "")]
    when: String,
    /// The page of the events, and that of the meetings, from 1.
    page: Option<u32>,
    meetings: Option<u32>,
}

impl Wanted {
    fn day(&self) -> Option<NaiveDate> {
        self.day.as_deref().and_then(read_day)
    }

    /// The address of the same list at these pages.
    fn at(&self, page: u32, meetings: u32, anchor: &str) -> String {
        let mut parts = vec![search(&self.q)];
        parts.extend(self.day().map(|day| format!("day={day}")));
        parts.extend((self.when == "past").then(|| "when=past".to_owned()));
        parts.extend((page > 1).then(|| format!("page={page}")));
        parts.extend((meetings > 1).then(|| format!("meetings={meetings}")));
        parts.retain(|part| !part.is_empty());
        format!("/schedule{}{}#{anchor}", if parts.is_empty() { "" } else { "?" }, parts.join("&"))
    }
}

/// A search as a part of an address; empty where nothing is searched.
pub fn search(q: &str) -> String {
    if q.trim().is_empty() { String::new() } else { format!("q={}", RawStr::new(q.trim()).percent_encode()) }
}

#[get("/schedule?<wanted..>")]
pub async fn list(wanted: Wanted, page: Page<'_>) -> Result<Answer, Problem> {
    match (&page.me, &wanted.month) {
        (None, _) => Ok(Answer::sign_in(&page.path)),
        (Some(me), Some(month)) => month::render(&page, me, month, &wanted.q).await,
        (Some(me), None) => render(&page, me, &wanted, None, Status::Ok).await,
    }
}

/// A meeting that can be brought back.
#[derive(Debug, Serialize)]
struct Deleted {
    slug: String,
    title: String,
    until: Instant,
}

/// Where the pages beside this one are.
#[derive(Debug, Serialize)]
struct Pager {
    number: u32,
    before: Option<String>,
    after: Option<String>,
}

impl Pager {
    fn new(number: u32, more: bool, address: impl Fn(u32) -> String) -> Self {
        Self { number, before: (number > 1).then(|| address(number - 1)), after: (more && number < LAST_PAGE).then(|| address(number + 1)) }
    }
}

/// The form of one more event as it came in, and what is wrong with it.
#[derive(Debug, Serialize)]
struct OneMore {
    slug: String,
    values: EventValues,
    problems: FieldProblems,
    /// It would be added, but for these, of which nobody was told yet.
    overlaps: Overlaps,
}

/// Why nothing is added.
enum Refused {
    Problems(FieldProblems),
    Asks(Overlaps),
}

async fn render(
    page: &Page<'_>,
    me: &Organizer,
    wanted: &Wanted,
    one_more: Option<(meeting::Meeting, OneMore)>,
    status: Status,
) -> Result<Answer, Problem> {
    let (past, day) = (wanted.when == "past", wanted.day());
    let of_events = match day {
        Some(day) => page.app.events_on(me, day, &wanted.q, wanted.page.unwrap_or(1)).await?,
        None => page.app.events_page(me, past, &wanted.q, wanted.page.unwrap_or(1)).await?,
    };
    let (found, more_events) = (of_events.rows, of_events.more);
    let known = page.app.meetings_of(found.iter()).await?;
    // A list over many days is in order of instants, and so of the days of one zone. A day's list is of the days as the grid has them.
    let zone = day.is_none().then(|| reader::zone_of_list(page.zone, &found));
    let shown = zone.map_or_else(|| found.clone(), |zone| reader::in_zone(&found, zone));
    let mut events: Vec<Event> = views(&shown, &known, page.now);
    if let Some(zone) = zone {
        reader::note_own_times(&mut events, &found, zone);
    }
    mark_added(&mut events, &found, &known);
    let others = page.app.overlapping(me, &found, page.now).await?;
    for ((view, event), other) in events.iter_mut().zip(&found).zip(others) {
        view.people = page.app.present(event, page.now).await?;
        view.overlaps = Overlaps::new(&zone.map_or_else(|| other.clone(), |zone| reader::in_zone(&other, zone)), &[]);
    }
    let of_meetings = page.app.meetings_page(me, &wanted.q, wanted.meetings.unwrap_or(1)).await?;
    let (mut meetings, more_meetings) = (of_meetings.rows, of_meetings.more);
    let at = (of_events.number, of_meetings.number);
    let one_more = one_more.map(|(meeting, again)| {
        // The meeting that it is about is shown, on whatever page it stands.
        if meetings.iter().all(|it| it.id != meeting.id) {
            meetings.insert(0, meeting);
        }
        again
    });
    let next = page.app.next_events(&meetings).await?;
    let kept = meetings.iter().map(|meeting| {
        let mut view = Meeting::new(meeting, &page.origin).with_times(meeting, page.now);
        view.next = next.get(&meeting.id).map(|event| Event::new(event, meeting, page.now));
        view
    });
    let mut deleted = Vec::new();
    for meeting in page.app.deleted_meetings(me).await? {
        if let Some(until) = page.app.undo_until(&meeting) {
            let until = Instant::new(until, meeting.timetable.zone);
            deleted.push(Deleted { slug: meeting.slug, title: meeting.title, until });
        }
    }
    let feed = Feed::private(page, me).await?;
    // It is still yesterday somewhere: no date of today is kept from anybody.
    let today = page.now.plus_minutes(-12 * 60).utc().format("%Y-%m-%d").to_string();
    let own = context! {
        events,
        zone: zone.map(Zone::name),
        meetings: kept.collect::<Vec<_>>(),
        deleted,
        today,
        one_more,
        past,
        day: day.map(|day| Single::new(day, &wanted.q)),
        feed,
        q: wanted.q.trim(),
        search: search(&wanted.q),
        event_pages: Pager::new(at.0, more_events, |n| wanted.at(n, at.1, "events")),
        meeting_pages: Pager::new(at.1, more_meetings, |n| wanted.at(at.0, n, "meetings")),
    };
    Ok(page.render_as(status, "schedule/schedule.html.j2", own).secret())
}

/// Marks the events that are not of their meeting's rule, and which of them somebody added by hand.
pub fn mark_added(views: &mut [Event], events: &[ChatEvent], meetings: &HashMap<String, meeting::Meeting>) {
    let mut spans: HashMap<&str, (Timestamp, Timestamp)> = HashMap::new();
    for event in events {
        let span = spans.entry(&event.meeting).or_insert((event.original_start, event.original_start));
        *span = (span.0.min(event.original_start), span.1.max(event.original_start));
    }
    let asked: HashMap<&str, Vec<Timestamp>> = spans
        .into_iter()
        .filter_map(|(id, (from, until))| {
            let course = meetings.get(id)?.course();
            course.repeats().then(|| (id, course.starts_between(from, until, u16::MAX)))
        })
        .collect();
    for (view, event) in views.iter_mut().zip(events) {
        let is_asked = asked.get(event.meeting.as_str()).is_none_or(|starts| starts.contains(&event.original_start));
        // Of changes before there were parts nothing is known: what is past may have been asked for.
        let why = if event.is_by_timetable { Beside::Left } else { Beside::Added };
        view.beside = (!is_asked && !event.is_moved() && event.closed.is_none()).then_some(why);
    }
}

#[post("/schedule/<slug>/events", data = "<sent>")]
pub async fn add_event(slug: &str, mut page: Page<'_>, sent: Result<Sent<EventValues>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.caller.check_form()?;
    let me = page.organizer()?.clone();
    let meeting = page.app.owned_meeting(&me, slug).await?;
    let refused = match add(&page, &me, &meeting, &form).await {
        Ok(Ok(event)) => {
            let opens = Instant::new(event.opens_at, event.zone);
            return Ok(page.go_with(&Flash::good(format!("“{}” is on the schedule for {}.", event.title, opens.in_full())), "/schedule"));
        }
        Ok(Err(refused)) => refused,
        Err(problem) if problem.name == csrf::PROBLEM => {
            page.notice = Some(Flash::bad(csrf::AGAIN));
            Refused::Problems(FieldProblems::new())
        }
        Err(problem) => return Err(problem),
    };
    let (status, problems, overlaps) = match refused {
        Refused::Problems(none) if none.is_empty() => (Status::Forbidden, none, Overlaps::default()),
        Refused::Problems(problems) => (Status::UnprocessableEntity, problems, Overlaps::default()),
        Refused::Asks(overlaps) => (Status::Ok, FieldProblems::new(), overlaps),
    };
    let again = OneMore { slug: meeting.slug.clone(), values: form, problems, overlaps };
    render(&page, &me, &<Wanted as Default>::default(), Some((meeting, again)), status).await
}

async fn add(
    page: &Page<'_>,
    me: &Organizer,
    meeting: &meeting::Meeting,
    form: &EventValues,
) -> Result<Result<ChatEvent, Refused>, Problem> {
    page.check(&form.csrf)?;
    let times = match form.read(meeting.timetable.zone) {
        Ok(times) => times,
        Err(problems) => return Ok(Err(Refused::Problems(problems))),
    };
    let overlaps = Overlaps::new(&page.app.overlaps_at(me, meeting, times.0, times.1).await?, &[]);
    if !overlaps.is_empty() && overlaps.seen != form.seen {
        return Ok(Err(Refused::Asks(overlaps)));
    }
    let input = EventInput {
        opens_at: Some(times.0.to_string()),
        closes_at: Some(times.1.to_string()),
        title: form.own_title().map(str::to_owned),
        apart: true,
        ..EventInput::default()
    };
    match page.app.add_event(me, &meeting.slug, &input).await {
        Ok(event) => Ok(Ok(event)),
        Err(Error::Conflict(problem @ (EventProblem::EndBehind | EventProblem::SameStart | EventProblem::Overlaps(..)))) => {
            Ok(Err(Refused::Problems(refused(problem))))
        }
        Err(error) => Err(error.into()),
    }
}

#[post("/schedule/<slug>/delete", data = "<sent>")]
pub async fn delete(slug: &str, page: Page<'_>, sent: Result<Sent<Button>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    let meeting = page.app.delete_meeting(page.organizer()?, slug).await?;
    let text = format!("“{}” is deleted, and its events ahead are cancelled. Its transcripts are kept.", meeting.title);
    let flash = Flash::good(text).undo(format!("/schedule/{}/restore", meeting.slug), "/schedule");
    Ok(page.go_with(&flash, local(&form.back).unwrap_or("/schedule")))
}

#[post("/schedule/<slug>/restore", data = "<sent>")]
pub async fn restore(slug: &str, page: Page<'_>, sent: Result<Sent<Button>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    let flash = match page.app.restore_meeting(page.organizer()?, slug).await {
        Ok(meeting) => Flash::good(format!("“{}” is back on the schedule with its events.", meeting.title)),
        Err(error @ Error::UndoOver) => Flash::bad(in_full(&error.into())),
        Err(error) => return Err(error.into()),
    };
    Ok(page.go_with(&flash, local(&form.back).unwrap_or("/schedule")))
}

/// Which of the two kinds a draft becomes.
#[derive(Debug, FromForm)]
pub struct Publish {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    visibility: String,
}

#[post("/schedule/<slug>/publish", data = "<sent>")]
pub async fn publish(slug: &str, page: Page<'_>, sent: Result<Sent<Publish>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    let visibility = if form.visibility == "unlisted" { "unlisted" } else { "public" };
    let meeting = page.app.publish_meeting(page.organizer()?, slug, visibility).await?;
    let link = Meeting::new(&meeting, &page.origin).link;
    Ok(page.go_with(&Flash::good(format!("“{}” is published. Share its link: {link}", meeting.title)), meeting.url()))
}
