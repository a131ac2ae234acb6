//! An organizer's schedule: the next events, the meetings, the deleted ones that can be brought
//! back; one more event for a meeting; deleting and restoring meetings.

use std::collections::BTreeMap;

use rocket::form::FromForm;
use rocket::http::Status;
use rocket::{get, post};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::answer::{Answer, local};
use super::calendar::Feed;
use super::csrf;
use super::flash::Flash;
use super::form::{Button, Sent};
use super::home::views;
use super::page::{Page, in_full, sentence};
use super::view::{Event, Instant, Meeting};
use crate::app::Error;
use crate::app::events::EventInput;
use crate::domain::event::{ChatEvent, Phase};
use crate::domain::organizer::Organizer;
use crate::domain::{limits, meeting, time};
use crate::http::error::Problem;

#[get("/schedule")]
pub async fn list(page: Page<'_>) -> Result<Answer, Problem> {
    match &page.me {
        Some(me) => render(&page, me, None, Status::Ok).await,
        None => Ok(Answer::sign_in(&page.path)),
    }
}

/// A meeting that can be brought back.
#[derive(Debug, Serialize)]
struct Deleted {
    slug: String,
    title: String,
    until: Instant,
}

/// The form of one more event as it came in, and what is wrong with it.
#[derive(Debug, Serialize)]
struct OneMore {
    slug: String,
    values: EventForm,
    problems: BTreeMap<&'static str, String>,
}

async fn render(page: &Page<'_>, me: &Organizer, one_more: Option<OneMore>, status: Status) -> Result<Answer, Problem> {
    let (meetings, ahead) = page.app.schedule(me).await?;
    let known = meetings.iter().map(|meeting| (meeting.id.clone(), meeting.clone())).collect();
    let mut events: Vec<Event> = views(&ahead, &known, page.now);
    for (view, event) in events.iter_mut().zip(&ahead) {
        view.people = page.app.present(event, page.now).await?;
    }
    let (mut kept, mut deleted) = (Vec::new(), Vec::new());
    for meeting in meetings {
        if let Some(until) = page.app.undo_until(&meeting) {
            let until = Instant::new(until, meeting.timetable.zone);
            deleted.push(Deleted { slug: meeting.slug, title: meeting.title, until });
        } else if meeting.deleted_at.is_none() {
            let mut view = Meeting::new(&meeting, &page.origin);
            view.next = next(&ahead, &meeting.id, page).map(|event| Event::new(event, &meeting, page.now));
            kept.push(view);
        }
    }
    let feed = Feed::private(page, me).await?;
    // It is still yesterday somewhere: no date of today is kept from anybody.
    let today = page.now.plus_minutes(-12 * 60).utc().format("%Y-%m-%d").to_string();
    Ok(page.render_as(status, "schedule.html.j2", context! { events, meetings: kept, deleted, today, one_more, feed }))
}

fn next<'e>(events: &'e [ChatEvent], meeting: &str, page: &Page<'_>) -> Option<&'e ChatEvent> {
    events.iter().find(|event| event.meeting == meeting && event.phase(page.now) != Phase::Cancelled)
}

#[derive(Clone, Debug, FromForm, Serialize)]
pub struct EventForm {
    #[field(default = "")]
    #[serde(skip)]
    csrf: String,
    #[field(default = "")]
    date: String,
    #[field(default = "")]
    time: String,
    #[field(default = "")]
    minutes: String,
    #[field(default = "")]
    title: String,
}

#[post("/schedule/<slug>/events", data = "<sent>")]
pub async fn add_event(slug: &str, mut page: Page<'_>, sent: Result<Sent<EventForm>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.caller.check_form()?;
    let me = page.organizer()?.clone();
    let meeting = page.app.owned_meeting(&me, slug).await?;
    let problems = match add(&page, &me, &meeting, &form).await {
        Ok(event) => {
            let opens = Instant::new(event.opens_at, event.zone);
            return Ok(page.go_with(&Flash::good(format!("“{}” is on the schedule for {}.", event.title, opens.in_full())), "/schedule"));
        }
        Err(Failed::Fields(problems)) => problems,
        Err(Failed::Whole(problem)) if problem.name == csrf::PROBLEM => {
            page.notice = Some(Flash::bad(csrf::AGAIN));
            BTreeMap::new()
        }
        Err(Failed::Whole(problem)) => return Err(problem),
    };
    let status = if problems.is_empty() { Status::Forbidden } else { Status::UnprocessableEntity };
    render(&page, &me, Some(OneMore { slug: meeting.slug, values: form, problems }), status).await
}

/// Why no event was added.
enum Failed {
    Fields(BTreeMap<&'static str, String>),
    Whole(Problem),
}

impl<P: Into<Problem>> From<P> for Failed {
    fn from(problem: P) -> Self {
        Self::Whole(problem.into())
    }
}

async fn add(page: &Page<'_>, me: &Organizer, meeting: &meeting::Meeting, form: &EventForm) -> Result<ChatEvent, Failed> {
    page.check(&form.csrf)?;
    let mut problems = BTreeMap::new();
    if time::local(&format!("{}T00:00", form.date.trim())).is_err() {
        problems.insert("date", "Choose a date.".to_owned());
    }
    let wall = time::local(&format!("{}T{}", form.date.trim(), form.time.trim()));
    if wall.is_err() && problems.is_empty() {
        problems.insert("time", "Write the time like 19:00.".to_owned());
    }
    let minutes = meeting::minutes(&form.minutes).map_err(|problem| problems.insert("minutes", problem));
    let title = Some(form.title.trim()).filter(|title| !title.is_empty());
    if let Some(Err(problem)) = title.map(meeting::title) {
        problems.insert("title", problem);
    }
    let (Ok(wall), Ok(minutes), true) = (wall, minutes, problems.is_empty()) else { return Err(Failed::Fields(problems)) };
    let opens = time::instant(wall, meeting.timetable.zone);
    let input = EventInput {
        opens_at: Some(opens.micros().to_string()),
        closes_at: Some(opens.plus_minutes(minutes.min(limits::MINUTES)).micros().to_string()),
        title: title.map(str::to_owned),
        ..EventInput::default()
    };
    match page.app.add_event(me, &meeting.slug, &input).await {
        Ok(event) => Ok(event),
        Err(error @ Error::Conflict(_)) => {
            let problem = Problem::from(error);
            // It would be over already, or there is one: both are told by another start.
            let field = if problem.name == "event-exists" { "time" } else { "date" };
            let said = if problem.name == "invalid" {
                "It would be over already. Choose a later date or time.".into()
            } else {
                sentence(&problem)
            };
            Err(Failed::Fields([(field, said)].into()))
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
