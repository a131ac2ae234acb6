//! Taking part without script: joining, saying, leaving by plain forms. What could not be done is
//! told on the event's page, with what was typed.

use rocket::form::FromForm;
use rocket::http::Status;
use rocket::post;

use super::event_page::{EventTarget, Forms, Typed, find, render};
use crate::app::Error;
use crate::app::people::chairs::Papers;
use crate::app::talk::join::Joiner;
use crate::app::talk::say::SaidMessage;
use crate::domain::minutes::{self, Read, Tag};
use crate::domain::schedule::event::ChatEvent;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::csrf;
use crate::http::web::kit::flash::Flash;
use crate::http::web::kit::form::{Button, Sent};
use crate::http::web::kit::page::{Page, in_full, sentence};

/// What a chair is asked who types `#endmeeting`.
const LAST: &str = "This closes the room for everybody, for good. Send it once more to close it.";

#[derive(Debug, FromForm)]
pub struct Join {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    nick: String,
    #[field(default = "")]
    nonce: String,
}

#[post("/m/<slug>/<key>/join", data = "<sent>")]
pub async fn join(slug: &str, key: &str, mut page: Page<'_>, sent: Result<Sent<Join>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.caller.check_form()?;
    let (meeting, event) = match find(&page, slug, key, "/join").await? {
        EventTarget::Here(meeting, event) => (meeting, event),
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let Err(problem) = enter(&page, &event, &form).await else { return Ok(Answer::go(format!("{}?since=0&write", event.url()))) };
    // A nonce that was used by someone who is in, or has left, would be refused for ever: the form gets a new one.
    let nonce = Some(form.nonce).filter(|_| problem.name != "nick-taken");
    let mut forms = Forms { join: Typed { text: form.nick, nonce, ..Typed::default() }, ..Forms::default() };
    if is_of_event(&problem) {
        page.notice = Some(Flash::bad(in_full(&problem)));
    } else {
        forms.join.problem = Some(said(&problem));
    }
    Ok(render(&page, &meeting, &event.id, false, forms, problem.status).await?.after(&problem))
}

/// The event's page with the focus in the message box, for people who write one message after the other.
fn write_more(event: &ChatEvent) -> String {
    format!("{}?write", event.url())
}

async fn enter(page: &Page<'_>, event: &ChatEvent, form: &Join) -> Result<(), Problem> {
    page.check(&form.csrf)?;
    let papers = Papers { participant: None, ..page.papers(event).await? };
    let joiner = Joiner { event: event.id.clone(), nick: form.nick.clone(), nonce: nonce(&form.nonce) };
    let ticket = page.app.join(joiner, &papers, page.caller.network).await?;
    page.caller.keep_member(&event.id, ticket.who.id);
    Ok(())
}

#[derive(Debug, FromForm)]
pub struct Say {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    text: String,
    #[field(default = "")]
    nonce: String,
    /// True if its writer was asked about it.
    #[field(default = false)]
    sure: bool,
    /// The text that its writer was asked about: another one is asked about anew.
    asked: Option<String>,
}

impl Say {
    fn is_confirmed(&self) -> bool {
        // Browsers send line ends as CRLF.
        let lines = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        self.sure && self.asked.as_ref().is_none_or(|asked| lines(asked) == lines(&self.text))
    }
}

#[post("/m/<slug>/<key>/say", data = "<sent>")]
pub async fn say(slug: &str, key: &str, mut page: Page<'_>, sent: Result<Sent<Say>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.caller.check_form()?;
    let (meeting, event) = match find(&page, slug, key, "/say").await? {
        EventTarget::Here(meeting, event) => (meeting, event),
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let problem = match speak(&page, &event, &form).await {
        Ok(Some(SaidMessage { hint: Some(hint), .. })) => return Ok(page.go_with(&Flash::warn(hint.to_string()), write_more(&event))),
        Ok(Some(SaidMessage { row, .. })) if row.tag == Some(Tag::Vote) => {
            return Ok(page.go_with(&Flash::plain("Your vote is counted. Vote again to change it."), write_more(&event)));
        }
        Ok(Some(_)) => return Ok(Answer::go(write_more(&event))),
        Err(problem) if problem.name == "text-doubtful" => {
            let problem = Some(sentence(&problem));
            let forms = Forms { say: Typed { text: form.text, problem, nonce: Some(form.nonce), sure: true }, ..Forms::default() };
            return render(&page, &meeting, &event.id, false, forms, Status::Ok).await;
        }
        Ok(None) => {
            let problem = Some(LAST.to_owned());
            let forms = Forms { say: Typed { text: form.text, problem, nonce: Some(form.nonce), sure: true }, ..Forms::default() };
            return render(&page, &meeting, &event.id, false, forms, Status::Ok).await;
        }
        Err(problem) => problem,
    };
    let mut forms = Forms { say: Typed { text: form.text, nonce: Some(form.nonce), ..Typed::default() }, ..Forms::default() };
    if problem.name == "bad-token" || is_of_event(&problem) {
        // The form itself is not there any more: the notice has to keep what was typed.
        let why = if is_of_event(&problem) { in_full(&problem) } else { "You are not in this room any more. Join again.".into() };
        page.notice = Some(Flash::bad(format!("{why} This was not sent: “{}”", forms.say.text.trim())));
    } else {
        forms.say.problem = Some(said(&problem));
    }
    Ok(render(&page, &meeting, &event.id, false, forms, problem.status).await?.after(&problem))
}

/// Says it; `None` where a chair would end the event by it and is to be asked first.
async fn speak(page: &Page<'_>, event: &ChatEvent, form: &Say) -> Result<Option<SaidMessage>, Problem> {
    page.check(&form.csrf)?;
    let who = page.caller.member(&event.id).ok_or(Error::BadToken)?;
    let ends = matches!(minutes::read(form.text.trim()), Read::Command(command) if command.tag == Tag::EndMeeting);
    if ends && !form.is_confirmed() && page.app.participant(event, &who).await?.chair {
        return Ok(None);
    }
    if !form.is_confirmed() {
        page.app.ask_about(&form.text)?;
    }
    Ok(Some(page.app.say(&event.id, who, &form.text, nonce(&form.nonce), page.caller.network).await?))
}

#[post("/m/<slug>/<key>/leave", data = "<sent>")]
pub async fn leave(slug: &str, key: &str, page: Page<'_>, sent: Result<Sent<Button>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    let event = match find(&page, slug, key, "/leave").await? {
        EventTarget::Here(_, event) => event,
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    if let Some(who) = page.caller.member(&event.id) {
        match page.app.leave(&event.id, who).await {
            // Who has left already, or whose event is over, is out as well.
            Ok(()) | Err(Error::BadToken | Error::NotTaking(_)) => page.caller.drop_member(&event.id),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(page.go_with(&Flash::plain("You left the room. You can read on here."), event.url()))
}

/// Whether the event takes nothing now, so that its page looks different from the one with the form.
fn is_of_event(problem: &Problem) -> bool {
    matches!(problem.name, "event-closed" | "event-cancelled" | "event-not-open")
}

/// What stands beside the field, when its form is shown again.
fn said(problem: &Problem) -> String {
    if problem.name == csrf::PROBLEM { csrf::AGAIN.to_owned() } else { sentence(problem) }
}

fn nonce(typed: &str) -> Option<String> {
    (!typed.is_empty()).then(|| typed.to_owned())
}
