//! Reminders by mail: the form that asks for them, and the pages that links in mails lead to. A GET changes
//! nothing, for programs that look after mail follow every link; a POST by such a link needs no cookie.

use std::slice::from_ref;

use rocket::form::FromForm;
use rocket::http::Status;
use rocket::{get, post};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::kit::answer::{Answer, local};
use super::kit::flash::Flash;
use super::kit::form::Sent;
use super::kit::page::{Page, sentence};
use super::kit::{csrf, view_models};
use crate::app::Error;
use crate::app::reminders::{ReminderInput, SubscriptionPage};
use crate::app::schedule::meetings::Found;
use crate::domain::schedule::meeting::Meeting;
use crate::http::problem::Problem;

#[derive(Debug, FromForm)]
pub struct Ask {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    email: String,
    day: Option<String>,
    hour: Option<String>,
    #[field(default = "")]
    back: String,
}

impl Ask {
    fn blank(back: &str) -> Self {
        let chosen = || Some("yes".to_owned());
        Self { csrf: String::new(), email: String::new(), day: chosen(), hour: chosen(), back: back.to_owned() }
    }

    fn input(&self) -> ReminderInput {
        ReminderInput { email: self.email.clone(), day: self.day.is_some(), hour: self.hour.is_some() }
    }
}

/// What a meeting's page shows of reminders.
#[derive(Debug, Serialize)]
pub struct Offer {
    form: Blank,
    /// How many readers are reminded; for the organizer of the meeting alone.
    readers: Option<i64>,
}

/// The form before anything was typed.
#[derive(Debug, Serialize)]
struct Blank {
    email: &'static str,
    day: bool,
    hour: bool,
    back: String,
}

impl Offer {
    /// `None` where there is no server of mail.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn of(page: &Page<'_>, meeting: &Meeting) -> Result<Option<Self>, Error> {
        if !page.app.has_reminders() {
            return Ok(None);
        }
        let readers = if page.owns(meeting) { Some(page.app.count_reminders(meeting).await?) } else { None };
        Ok(Some(Self { form: Blank { email: "", day: true, hour: true, back: meeting.url() }, readers }))
    }
}

#[get("/reminders/<slug>?<back>")]
pub async fn form(slug: &str, back: Option<&str>, page: Page<'_>) -> Result<Answer, Problem> {
    match meeting(&page, slug).await? {
        MeetingTarget::Here(meeting) => {
            Ok(form_page(&page, Status::Ok, &meeting, &Ask::blank(back.and_then(local).unwrap_or_default()), None))
        }
        MeetingTarget::Elsewhere(answer) => Ok(*answer),
    }
}

#[post("/reminders/<slug>", data = "<sent>")]
pub async fn ask(slug: &str, page: Page<'_>, sent: Result<Sent<Ask>, Problem>) -> Result<Answer, Problem> {
    let meeting = match meeting(&page, slug).await? {
        MeetingTarget::Here(meeting) => meeting,
        MeetingTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let Sent(sent) = sent?;
    let asked = match page.check(&sent.csrf) {
        Ok(()) => page.app.ask_for_reminders(&meeting, &sent.input(), page.caller.network).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match asked {
        Ok(email) => {
            let said =
                format!("A mail is on its way to {}. Open the link in it within 48 hours: only then are you reminded.", email.as_str());
            Ok(page.go_with(&Flash::good(said), local(&sent.back).map_or_else(|| meeting.url(), str::to_owned)))
        }
        Err(problem) if matches!(problem.name, "invalid" | "too-many" | csrf::PROBLEM) => {
            Ok(form_page(&page, problem.status, &meeting, &sent, Some(&problem)).after(&problem))
        }
        Err(problem) => Err(problem),
    }
}

/// Where the link of a meeting leads.
enum MeetingTarget {
    Here(Box<Meeting>),
    Elsewhere(Box<Answer>),
}

async fn meeting(page: &Page<'_>, slug: &str) -> Result<MeetingTarget, Problem> {
    there_are_any(page)?;
    Ok(match page.app.meeting_to_remind_of(slug).await? {
        Found::Meeting(meeting) => MeetingTarget::Here(meeting),
        Found::Moved(slug) => MeetingTarget::Elsewhere(Box::new(Answer::moved(format!("/reminders/{slug}")))),
    })
}

/// Without a server of mail none of these pages is there.
fn there_are_any(page: &Page<'_>) -> Result<(), Problem> {
    if page.app.has_reminders() { Ok(()) } else { Err(Problem::no_path(page.path.split('?').next().unwrap_or_default())) }
}

fn form_page(page: &Page<'_>, status: Status, meeting: &Meeting, sent: &Ask, problem: Option<&Problem>) -> Answer {
    let of = |field: &str| problem.and_then(|it| it.fields.iter().find(|it| it.field == field)).map(|it| &it.detail);
    // What is about no field stands above all of them.
    let whole = problem.filter(|it| it.fields.is_empty()).map(|it| match it.name {
        csrf::PROBLEM => csrf::AGAIN.to_owned(),
        _ => format!("That were too many mails. {}", sentence(it)),
    });
    let own = context! {
        meeting: view_models::Meeting::new(meeting, &page.origin),
        form: context! { email: &sent.email, day: sent.day.is_some(), hour: sent.hour.is_some(), back: &sent.back },
        problems: context! { whole, email: of("email"), when: of("when") },
    };
    page.render_as(status, "reminders/reminders.html.j2", own)
}

#[get("/reminders/confirm/<token>")]
pub async fn confirm_form(token: &str, page: Page<'_>) -> Result<Answer, Problem> {
    there_are_any(&page)?;
    let asked = page.app.asked(token).await?;
    confirm_page(&page, token, &asked, false).await
}

#[post("/reminders/confirm/<token>")]
pub async fn confirm(token: &str, page: Page<'_>) -> Result<Answer, Problem> {
    there_are_any(&page)?;
    let asked = page.app.confirm_reminders(token).await?;
    confirm_page(&page, token, &asked, true).await
}

async fn confirm_page(page: &Page<'_>, token: &str, asked: &SubscriptionPage, done: bool) -> Result<Answer, Problem> {
    page.holds_secret();
    let next = page.app.next_events(from_ref(&asked.meeting)).await?.remove(&asked.meeting.id);
    let own = context! {
        token,
        done,
        meeting: view_models::Meeting::new(&asked.meeting, &page.origin),
        next: next.map(|event| view_models::Event::new(&event, &asked.meeting, page.now)),
        email: asked.reminder.email.masked(),
        when: asked.choice.words(),
    };
    Ok(page.render("reminders/reminder_confirm.html.j2", own))
}

#[get("/reminders/stop/<token>")]
pub async fn stop_form(token: &str, page: Page<'_>) -> Result<Answer, Problem> {
    there_are_any(&page)?;
    let found = page.app.to_stop(token).await?;
    Ok(match found {
        Some((meeting, reminder)) => stop_page(&page, token, Some(&meeting), Some(reminder.email.masked())),
        None => stop_page(&page, token, None, None),
    })
}

/// Also what a program of mail sends for its user's one click (RFC 8058): whatever its body, it gets no redirect.
#[post("/reminders/stop/<token>")]
pub async fn stop(token: &str, page: Page<'_>) -> Result<Answer, Problem> {
    there_are_any(&page)?;
    let found = page.app.to_stop(token).await?;
    page.app.stop_reminders(token).await?;
    Ok(stop_page(&page, token, found.map(|(meeting, _)| meeting).as_ref(), None))
}

/// With an address it asks, without one it says that they have ended.
fn stop_page(page: &Page<'_>, token: &str, meeting: Option<&Meeting>, email: Option<String>) -> Answer {
    page.holds_secret();
    let shown = meeting.map(|meeting| view_models::Meeting::new(meeting, &page.origin));
    let is_deleted = meeting.is_some_and(|meeting| meeting.deleted_at.is_some());
    page.render("reminders/reminder_stop.html.j2", context! { token, email, meeting: shown, is_deleted })
}
