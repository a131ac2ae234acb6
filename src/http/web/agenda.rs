//! The agenda of an event: what its page shows of it, the same as a fragment for the page's script, and
//! the forms that write it, tick an item, and carry over what was left.
//!
//! With `part` a form is answered with the fragment alone, problems in it; without script, with the page.

use rocket::form::FromForm;
use rocket::http::Status;
use rocket::{get, post};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::kit::answer::{Answer, local};
use super::kit::csrf;
use super::kit::flash::Flash;
use super::kit::form::Sent;
use super::kit::instants::Instant;
use super::kit::page::{Page, in_full, sentence};
use super::talk::event_page::{EventTarget, Forms, find, render};
use crate::app::Error;
use crate::app::agenda::Leftover;
use crate::domain::agenda::{self, parts};
use crate::domain::schedule::event::{ChatEvent, Phase};
use crate::domain::schedule::meeting::Meeting;
use crate::http::problem::Problem;

/// An agenda as templates see it.
#[derive(Debug, Serialize)]
pub struct AgendaView {
    /// The path of the fragment; its forms are sent there and below.
    url: String,
    /// Its HTML, cut where the mark of an item stands.
    parts: Vec<AgendaPart>,
    items: usize,
    done: usize,
    /// Whether the visitor may change it now.
    may_edit: bool,
    /// What stands in the editor, the version that it began with, and why it was not taken.
    text: String,
    was: String,
    problem: Option<String>,
    /// Why something else was not done.
    refusal: Option<String>,
    /// The version that was just saved, for a button that takes it back.
    undo: Option<String>,
    carry: Option<Carry>,
}

#[derive(Debug, Serialize)]
struct AgendaPart {
    html: String,
    /// The item whose mark stands in front.
    item: Option<Item>,
}

#[derive(Debug, Serialize)]
struct Item {
    key: String,
    title: String,
    done: bool,
}

/// The offer to take over what was left.
#[derive(Debug, Serialize)]
struct Carry {
    url: String,
    /// The key of the event that it is left from.
    from: String,
    count: usize,
    from_day: String,
    onto_day: String,
    /// The page that is looked at, where it is this event's own that is left for the next one.
    back: Option<String>,
}

/// Why something was not done, and what stands in the editor where it was that.
#[derive(Debug)]
pub struct Refused {
    text: Option<String>,
    why: String,
}

impl AgendaView {
    /// The agenda of an event, and whether the visitor `may_edit` it now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn of(page: &Page<'_>, event: &ChatEvent, may_edit: bool, refused: Option<Refused>) -> Result<Self, Error> {
        let agenda = page.app.agenda(&event.id).await?;
        let leftover = match page.app.leftover(event).await? {
            Some(left) if page.may_run(&left.onto).await? => Some(left),
            _ => None,
        };
        let mut items = agenda.items().into_iter().map(|it| Item { key: it.key, title: it.title, done: it.done });
        let parts: Vec<AgendaPart> =
            parts(&agenda.html).map(|(mark, html)| AgendaPart { html: html.to_owned(), item: mark.and_then(|_| items.next()) }).collect();
        let found = || parts.iter().filter_map(|part| part.item.as_ref());
        let (count, done) = (found().count(), found().filter(|item| item.done).count());
        let was = agenda.version();
        let (text, problem, refusal) = match refused {
            Some(Refused { text: Some(text), why }) => (text, Some(why), None),
            Some(Refused { text: None, why }) => (agenda.text, None, Some(why)),
            None => (agenda.text, None, None),
        };
        let carry = leftover.map(|left| Carry::new(&left, event));
        let url = format!("{}/agenda", event.url());
        Ok(Self { url, parts, items: count, done, may_edit, text, was, problem, refusal, undo: None, carry })
    }
}

impl Carry {
    fn new(left: &Leftover, at: &ChatEvent) -> Self {
        let day = |event: &ChatEvent| event.opens_at.in_zone(event.zone).format("%-d %B").to_string();
        Self {
            url: format!("{}/agenda/carry", left.onto.url()),
            from: left.from.key.clone(),
            count: left.count,
            from_day: day(&left.from),
            onto_day: day(&left.onto),
            back: (left.from.id == at.id).then(|| at.url()),
        }
    }
}

#[get("/m/<slug>/<key>/agenda")]
pub async fn fragment(slug: &str, key: &str, page: Page<'_>) -> Result<Answer, Problem> {
    match find(&page, slug, key, "/agenda").await? {
        EventTarget::Here(_, event) => Ok(alone(&page, now(&page, &event, None).await?, Status::Ok)),
        EventTarget::Elsewhere(answer) => Ok(*answer),
    }
}

/// The agenda, for whoever asks for it alone.
async fn now(page: &Page<'_>, event: &ChatEvent, refused: Option<Refused>) -> Result<AgendaView, Error> {
    let may_edit = matches!(event.phase(page.now), Phase::Scheduled | Phase::Open) && page.may_run(event).await?;
    AgendaView::of(page, event, may_edit, refused).await
}

fn alone(page: &Page<'_>, agenda: AgendaView, status: Status) -> Answer {
    Answer::fragment(status, "agenda/_agenda.html.j2", context! { agenda, csrf: page.csrf() })
}

#[derive(Debug, FromForm)]
pub struct Write {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    agenda: String,
    /// The version that the editor began with.
    #[field(default = "")]
    was: String,
}

#[post("/m/<slug>/<key>/agenda?<part>", data = "<sent>")]
pub async fn write(
    slug: &str,
    key: &str,
    part: Option<&str>,
    page: Page<'_>,
    sent: Result<Sent<Write>, Problem>,
) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.caller.check_form()?;
    let (meeting, event) = match find(&page, slug, key, "/agenda").await? {
        EventTarget::Here(meeting, event) => (meeting, event),
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let was = Some(form.was).filter(|was| !was.is_empty());
    let written = match page.check(&form.csrf) {
        Ok(()) => page.app.write_agenda(page.papers(&event).await?, &event.id, &form.agenda, was).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    answer(page, &meeting, &event, part.is_some(), written, Some(form.agenda)).await
}

/// Names the version of an event's agenda.
pub fn version(event: &ChatEvent) -> String {
    agenda::version(event.agenda.as_deref().unwrap_or_default())
}

/// The button of a notice that takes the last change back.
fn undo_of(flash: Flash, changed: &ChatEvent, back: &str) -> Flash {
    flash.undo_by(format!("{}/agenda/undo", changed.url()), vec![("was", version(changed)), ("back", back.to_owned())])
}

#[derive(Debug, FromForm)]
pub struct Undo {
    #[field(default = "")]
    csrf: String,
    /// The version whose change is taken back.
    #[field(default = "")]
    was: String,
    #[field(default = "")]
    back: String,
}

#[post("/m/<slug>/<key>/agenda/undo?<part>", data = "<sent>")]
pub async fn undo(slug: &str, key: &str, part: Option<&str>, page: Page<'_>, sent: Result<Sent<Undo>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.caller.check_form()?;
    let (meeting, event) = match find(&page, slug, key, "/agenda/undo").await? {
        EventTarget::Here(meeting, event) => (meeting, event),
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let undone = match page.check(&form.csrf) {
        Ok(()) => page.app.undo_agenda(page.papers(&event).await?, &event.id, &form.was).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match undone {
        Ok(now) if part.is_none() => {
            let back = local(&form.back).map_or_else(|| format!("{}#agenda", now.url()), str::to_owned);
            Ok(page.go_with(&Flash::good("The agenda is as it was before."), back))
        }
        other => answer(page, &meeting, &event, part.is_some(), other, None).await,
    }
}

#[derive(Debug, FromForm)]
pub struct Tick {
    #[field(default = "")]
    csrf: String,
    /// The item that is done.
    #[field(default = "")]
    done: String,
    /// The item that is open again.
    #[field(default = "")]
    open: String,
}

#[post("/m/<slug>/<key>/agenda/tick?<part>", data = "<sent>")]
pub async fn tick(slug: &str, key: &str, part: Option<&str>, page: Page<'_>, sent: Result<Sent<Tick>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.caller.check_form()?;
    let (meeting, event) = match find(&page, slug, key, "/agenda/tick").await? {
        EventTarget::Here(meeting, event) => (meeting, event),
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let done = !form.done.is_empty();
    let item = if done { &form.done } else { &form.open };
    let ticked = match page.check(&form.csrf) {
        Ok(()) => page.app.tick(page.papers(&event).await?, &event.id, item, done).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    answer(page, &meeting, &event, part.is_some(), ticked, None).await
}

/// What follows on a change: the agenda as it is now; or why it was not made, and what was typed.
async fn answer(
    page: Page<'_>,
    meeting: &Meeting,
    event: &ChatEvent,
    part: bool,
    changed: Result<ChatEvent, Problem>,
    typed: Option<String>,
) -> Result<Answer, Problem> {
    let problem = match changed {
        Ok(now) if part => {
            // What was typed can be taken back; a tick is by another one.
            let undo = typed.filter(|_| now.agenda != event.agenda).map(|_| version(&now));
            return Ok(alone(&page, AgendaView { undo, ..self::now(&page, &now, None).await? }, Status::Ok));
        }
        Ok(now) => {
            let there = format!("{}#agenda", event.url());
            if typed.is_none() || now.agenda == event.agenda {
                return Ok(Answer::go(there));
            }
            return Ok(page.go_with(&undo_of(Flash::good("The agenda is saved."), &now, &there), there));
        }
        Err(problem) if matches!(problem.status.code, 401 | 403) && problem.name != csrf::PROBLEM => return Err(problem),
        Err(problem) => problem,
    };
    // The editor is not there any more where the event is over or called off.
    let text = typed.filter(|_| !matches!(problem.name, "event-closed" | "event-cancelled"));
    let why = match (problem.name, &text) {
        (csrf::PROBLEM, _) => csrf::AGAIN.to_owned(),
        ("agenda-changed", Some(_)) => {
            "Somebody else changed the agenda meanwhile: theirs is shown, yours is kept here. Save it again to replace theirs.".to_owned()
        }
        (_, Some(_)) => sentence(&problem),
        (_, None) => in_full(&problem),
    };
    let refused = Some(Refused { text, why });
    if part {
        return Ok(alone(&page, now(&page, event, refused).await?, problem.status));
    }
    let forms = Forms { agenda: refused, ..Forms::default() };
    Ok(render(&page, meeting, &event.id, false, forms, problem.status).await?.after(&problem))
}

#[derive(Debug, FromForm)]
pub struct CarryOver {
    #[field(default = "")]
    csrf: String,
    /// The key of the event whose unfinished items come here.
    #[field(default = "")]
    from: String,
    #[field(default = "")]
    back: String,
}

#[post("/m/<slug>/<key>/agenda/carry", data = "<sent>")]
pub async fn carry(slug: &str, key: &str, page: Page<'_>, sent: Result<Sent<CarryOver>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    let (meeting, event) = match find(&page, slug, key, "/agenda/carry").await? {
        EventTarget::Here(meeting, event) => (meeting, event),
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let from = page.app.event_by_key(&meeting, &form.from).await?;
    let back = local(&form.back).map_or_else(|| event.url(), str::to_owned);
    let flash = match page.app.carry_over(page.papers(&event).await?, &event.id, &from.id).await {
        Ok(now) => {
            let day = Instant::new(event.opens_at, event.zone);
            let flash = Flash::good(format!("What was left is on the agenda of {} now.", day.date()));
            if now.agenda == event.agenda { flash } else { undo_of(flash, &now, &back) }
        }
        Err(error @ (Error::Conflict(_) | Error::Invalid(_))) => Flash::bad(in_full(&error.into())),
        Err(error) => return Err(error.into()),
    };
    Ok(page.go_with(&flash, back))
}
