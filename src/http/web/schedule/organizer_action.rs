//! What an organizer does with one event, by forms of one button: run it (`event_controls`), remove a person, redact a
//! message. Each leads back with a notice of what happened.

use rocket::form::FromForm;
use rocket::post;

use super::event_controls::{self, Wish};
use crate::app::{Error, Thing};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::{Answer, local};
use crate::http::web::kit::flash::Flash;
use crate::http::web::kit::form::Sent;
use crate::http::web::kit::page::{Page, in_full};

#[derive(Debug, FromForm)]
pub struct ActionForm {
    #[field(default = "")]
    csrf: String,
    /// By how much to extend.
    #[field(default = "")]
    minutes: String,
    /// Why it is cancelled.
    #[field(default = "")]
    reason: String,
    /// Whom to remove.
    #[field(default = "")]
    participant: String,
    /// Which message to redact.
    #[field(default = "")]
    ts: String,
    #[field(default = "")]
    back: String,
}

// After what has a path of its own below an event.
#[post("/schedule/events/<id>/<act>", data = "<sent>", rank = 5)]
pub async fn act(id: &str, act: &str, page: Page<'_>, sent: Result<Sent<ActionForm>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    let me = page.organizer()?;
    let id = EventId::parse(id).ok_or(Error::NotFound(Thing::Event))?;
    let back = local(&form.back).unwrap_or("/schedule");
    let flash = match perform_action(&page, me, &id, act, &form, back).await {
        Ok(flash) => flash,
        // The page that asked is out of date; led back, it shows how things stand.
        Err(problem) if matches!(problem.status.code, 409 | 422) => Flash::bad(in_full(&problem)),
        Err(problem) => return Err(problem),
    };
    Ok(page.go_with(&flash, back))
}

async fn perform_action(page: &Page<'_>, me: &Organizer, id: &EventId, act: &str, form: &ActionForm, back: &str) -> Result<Flash, Problem> {
    let app = page.app;
    Ok(match act {
        "remove" => {
            let who = ParticipantId::parse(&form.participant).ok_or(Error::NotFound(Thing::Participant))?;
            match app.remove(me, id, who).await {
                Ok(()) => Flash::good("This person is no longer in the room."),
                Err(Error::NotFound(Thing::Participant)) => Flash::plain("This person had left the room already."),
                Err(error) => return Err(error.into()),
            }
        }
        "redact" => {
            let ts = form.ts.trim().parse().map_err(|_| Error::NotFound(Thing::Message))?;
            app.redact(me, id, Timestamp::from_micros(ts)).await?;
            Flash::good("The message is removed everywhere.")
        }
        _ => {
            let wish = Wish { minutes: form.minutes.clone(), reason: form.reason.clone(), csrf: String::new() };
            // Pages that were loaded from an earlier Gavel call it so.
            let act = if act == "skip" { "cancel" } else { act };
            match event_controls::perform(app, me.into(), id, act, &wish).await? {
                (flash, None) => flash,
                (flash, Some(undo)) => flash.undo(format!("/schedule/events/{id}/{undo}"), back),
            }
        }
    })
}
