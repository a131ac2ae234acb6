//! What earlier events left to do: shown first in lobby and room, with what is decided on it here; the same as a fragment for the
//! page's script, and the form of its buttons. With `part` it is answered with the fragment, without script with a page.

use rocket::form::FromForm;
use rocket::http::Status;
use rocket::{get, post};
use rocket_dyn_templates::context;
use serde::Serialize;

use crate::app::minutes::action_items::{Elsewhere, Left};
use crate::app::{Error, Thing};
use crate::domain::minutes::{self, Action, Step, Tag};
use crate::domain::schedule::event::{ChatEvent, Phase};
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::{Answer, local};
use crate::http::web::kit::csrf;
use crate::http::web::kit::flash::Flash;
use crate::http::web::kit::form::Sent;
use crate::http::web::kit::instants::Instant;
use crate::http::web::kit::page::{Page, in_full};
use crate::http::web::talk::event_page::{EventTarget, find};

/// What was left, as templates see it.
#[derive(Debug, Serialize)]
pub struct OpenActionsView {
    /// The path of the fragment, to which its forms are sent.
    url: String,
    open: Vec<OpenAction>,
    decided: Vec<OpenAction>,
    /// What another event ended meanwhile.
    elsewhere: Vec<Other>,
    /// Days of other years are told with theirs.
    year: String,
    /// Whether the visitor may decide now.
    may: bool,
    /// Why something was not done.
    refusal: Option<String>,
}

/// An action.
#[derive(Debug, Serialize)]
pub struct OpenAction {
    given: Timestamp,
    html: String,
    text: String,
    assignees: Vec<String>,
    /// The address of the row that gave it, and the day of its event.
    source: String,
    day: Instant,
    /// What was decided: `carried`, `done`, `dropped`; and the row that says so.
    step: Step,
    at: Timestamp,
}

/// An action that another event ended: where, and by whom if it was somebody in it.
#[derive(Debug, Serialize)]
pub struct Other {
    #[serde(flatten)]
    line: OpenAction,
    title: String,
    /// The row that ended it, and the day of its event.
    url: String,
    on: Instant,
    nick: Option<String>,
}

impl Other {
    fn new(it: &Elsewhere) -> Self {
        let (action, by) = (&it.action, &it.action.by);
        Self {
            line: OpenAction::new(action),
            title: it.title.clone(),
            url: by.line(action.at),
            on: Instant::new(by.opens_at, by.zone),
            nick: it.nick.clone(),
        }
    }
}

impl OpenAction {
    pub fn new(action: &Action) -> Self {
        Self {
            given: action.given,
            html: text::inline(&action.text),
            text: action.text.clone(),
            assignees: action.nicks(),
            source: action.from.line(action.given),
            day: Instant::new(action.from.opens_at, action.from.zone),
            step: action.step,
            at: action.at,
        }
    }
}

impl OpenActionsView {
    /// What earlier events left to this one, and whether the visitor `may` decide on it now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn of(page: &Page<'_>, event: &ChatEvent, may: bool, refusal: Option<String>) -> Result<Self, Error> {
        let Left { open, decided, elsewhere } = page.app.left(event).await?;
        let lines = |actions: &[Action]| actions.iter().map(OpenAction::new).collect();
        let elsewhere = elsewhere.iter().map(Other::new).collect();
        let year = page.now.in_zone(event.zone).format("%Y").to_string();
        Ok(Self { url: address(event), open: lines(&open), decided: lines(&decided), elsewhere, year, may, refusal })
    }
}

/// The path to which decisions in an event are sent.
pub fn address(event: &ChatEvent) -> String {
    format!("{}/actions", event.url())
}

#[get("/m/<slug>/<key>/actions")]
pub async fn fragment(slug: &str, key: &str, page: Page<'_>) -> Result<Answer, Problem> {
    match find(&page, slug, key, "/actions").await? {
        EventTarget::Here(_, event) => alone(&page, &event, None, Status::Ok).await,
        EventTarget::Elsewhere(answer) => Ok(*answer),
    }
}

async fn alone(page: &Page<'_>, event: &ChatEvent, refusal: Option<String>, status: Status) -> Result<Answer, Problem> {
    let may = matches!(event.phase(page.now), Phase::Scheduled | Phase::Open) && page.may_run(event).await?;
    let left = OpenActionsView::of(page, event, may, refusal).await?;
    Ok(Answer::fragment(status, "minutes/_open_actions.html.j2", context! { left, csrf: page.csrf() }))
}

/// One of the buttons, with the row that gave the action.
#[derive(Debug, FromForm)]
pub struct Decide {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    done: String,
    #[field(default = "")]
    carry: String,
    #[field(default = "")]
    drop: String,
    /// Takes back what was decided here.
    #[field(default = "")]
    open: String,
    #[field(default = "")]
    back: String,
}

impl Decide {
    fn read(&self) -> Result<(Timestamp, Option<Step>), Error> {
        let buttons =
            [(&self.done, Some(Step::Done)), (&self.carry, Some(Step::Carried)), (&self.drop, Some(Step::Dropped)), (&self.open, None)];
        let pressed = buttons.into_iter().find_map(|(ts, step)| Some((ts.parse().ok()?, step)));
        let (ts, step) = pressed.ok_or(Error::NotFound(Thing::Action))?;
        Ok((Timestamp::from_micros(ts), step))
    }
}

#[post("/m/<slug>/<key>/actions?<part>", data = "<sent>")]
pub async fn decide(
    slug: &str,
    key: &str,
    part: Option<&str>,
    page: Page<'_>,
    sent: Result<Sent<Decide>, Problem>,
) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.caller.check_form()?;
    let event = match find(&page, slug, key, "/actions").await? {
        EventTarget::Here(_, event) => event,
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let decided = match page.check(&form.csrf) {
        Ok(()) => apply(&page, &event, &form).await,
        Err(problem) => Err(problem),
    };
    let back = local(&form.back).map_or_else(|| event.url(), str::to_owned);
    match decided {
        Ok(_) if part.is_some() => alone(&page, &event, None, Status::Ok).await,
        Ok(action) => Ok(page.go_with(&notice(&action, &event, &back), back)),
        Err(problem) if matches!(problem.status.code, 401 | 403) && problem.name != csrf::PROBLEM => Err(problem),
        Err(problem) => {
            let why = if problem.name == csrf::PROBLEM { csrf::AGAIN.to_owned() } else { in_full(&problem) };
            // The page that asked is out of date: it is shown how things stand.
            if part.is_some() { alone(&page, &event, Some(why), problem.status).await } else { Ok(page.go_with(&Flash::bad(why), back)) }
        }
    }
}

async fn apply(page: &Page<'_>, event: &ChatEvent, form: &Decide) -> Result<Action, Problem> {
    let (given, step) = form.read()?;
    Ok(page.app.decide(page.papers(event).await?, &event.id, given, step).await?)
}

fn notice(action: &Action, event: &ChatEvent, back: &str) -> Flash {
    // Decided by this event, or left to it.
    let tag = Tag::of_step(action.step).filter(|_| action.by.event == event.id);
    let flash = Flash::good(minutes::said(tag.unwrap_or(Tag::Strike), &minutes::in_words(action)));
    if tag.is_none() {
        return flash;
    }
    flash.undo_by(address(event), vec![("open", action.given.to_string()), ("back", back.to_owned())])
}
