//! The form that changes an item of the minutes: a chair's command while the room is open, the organizer's correction after the
//! close. What was wrong is told beside the field, with what was chosen and typed.

use rocket::form::FromForm;
use rocket::http::Status;
use rocket::post;
use serde::Serialize;

use crate::app::{Error, Thing};
use crate::domain::minutes::Minutes;
use crate::domain::schedule::event::{ChatEvent, Phase};
use crate::domain::secret;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::flash::Flash;
use crate::http::web::kit::form::Sent;
use crate::http::web::kit::page::{Page, in_full, sentence};
use crate::http::web::talk::event_page::{EventTarget, Forms, find, render};

#[derive(Debug, FromForm)]
pub struct Change {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    nonce: String,
    /// The item.
    #[field(default = "")]
    ts: String,
    #[field(default = "")]
    text: String,
    /// `strike`, `restore`, or else the item gets the text.
    #[field(default = "")]
    act: String,
}

/// The form as it is shown.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// The item that was chosen.
    ts: Option<Timestamp>,
    text: String,
    problem: Option<String>,
    nonce: String,
}

impl Default for Shown {
    fn default() -> Self {
        Self { ts: None, text: String::new(), problem: None, nonce: secret::readable(20) }
    }
}

/// Changes an item.
#[post("/m/<slug>/<key>/minutes", data = "<sent>")]
pub async fn change(slug: &str, key: &str, page: Page<'_>, sent: Result<Sent<Change>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    let (meeting, event) = match find(&page, slug, key, "/minutes").await? {
        EventTarget::Here(meeting, event) => (meeting, event),
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let wrong = match apply(&page, &event, &form).await {
        Ok(Ok(flash)) => return Ok(page.go_with(&flash, event.url())),
        Ok(Err(wrong)) => wrong.to_owned(),
        Err(problem) if matches!(problem.status.code, 413 | 422) => sentence(&problem),
        // The page that asked is out of date: led back, it shows how things stand.
        Err(problem) if matches!(problem.status.code, 401 | 403 | 404 | 409 | 410) => {
            return Ok(page.go_with(&Flash::bad(in_full(&problem)), event.url()));
        }
        Err(problem) => return Err(problem),
    };
    let amend = Shown { ts: timestamp(&form), text: form.text, problem: Some(wrong), ..Shown::default() };
    let forms = Forms { amend, ..Forms::default() };
    render(&page, &meeting, &event.id, false, forms, Status::UnprocessableEntity).await
}

/// Does it; else says what is wrong with the form.
async fn apply(page: &Page<'_>, event: &ChatEvent, form: &Change) -> Result<Result<Flash, &'static str>, Problem> {
    let Some(ts) = timestamp(form) else { return Ok(Err("Choose the item first.")) };
    let made = page.app.minutes(&event.id).await?;
    if !made.minutes.has(ts) {
        return Err(Error::NotFound(Thing::Item).into());
    }
    let words = match what(form, &made.minutes, ts) {
        Ok(words) => words,
        Err(wrong) => return Ok(Err(wrong)),
    };
    if event.phase(page.now) == Phase::Open {
        let who = page.caller.member(&event.id).ok_or(Error::BadToken)?;
        let line = words.map_or_else(|| format!("#strike {ts}"), |words| format!("#edit {ts} {words}"));
        let nonce = (!form.nonce.is_empty()).then(|| form.nonce.clone());
        let said = page.app.say(&event.id, who, &line, nonce, page.caller.network).await?;
        return Ok(Ok(said.hint.map_or_else(|| Flash::plain("The minutes were changed."), |hint| Flash::warn(hint.to_string()))));
    }
    page.app.correct_minutes(page.organizer()?, &event.id, ts, words).await?;
    Ok(Ok(Flash::plain("The minutes were corrected. The log stays as it was.")))
}

/// The words that the item gets; `None` takes it out.
fn what<'f>(form: &'f Change, minutes: &'f Minutes, ts: Timestamp) -> Result<Option<&'f str>, &'static str> {
    let struck = minutes.struck.iter().find(|item| item.ts == ts);
    match (form.act.as_str(), struck, form.text.trim()) {
        ("strike", None, _) => Ok(None),
        ("strike", Some(_), _) => Err("This item is taken out already."),
        ("restore", Some(struck), _) => Ok(Some(&struck.text)),
        ("restore", None, _) => Err("This item stands in the minutes: there is nothing to bring back."),
        (_, _, "") => Err("Type the new words of the item."),
        (_, _, words) => Ok(Some(words)),
    }
}

fn timestamp(form: &Change) -> Option<Timestamp> {
    form.ts.parse().ok().map(Timestamp::from_micros)
}
