//! What an organizer does with one event, by forms of one button: open, close, extend, cancel,
//! restore; remove a person, redact a message. Each leads back with a notice of what happened.

use rocket::form::FromForm;
use rocket::post;

use super::answer::{Answer, local};
use super::flash::Flash;
use super::form::Sent;
use super::page::{Page, in_full};
use super::view::Instant;
use crate::app::{Error, Thing};
use crate::domain::event::{ChatEvent, EventId, EventProblem};
use crate::domain::organizer::Organizer;
use crate::domain::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::http::error::Problem;

#[derive(Debug, FromForm)]
pub struct Act {
    #[field(default = "")]
    csrf: String,
    /// By how much to extend.
    #[field(default = "")]
    minutes: String,
    /// Whom to remove.
    #[field(default = "")]
    participant: String,
    /// Which message to redact.
    #[field(default = "")]
    ts: String,
    #[field(default = "")]
    back: String,
}

#[post("/schedule/events/<id>/<act>", data = "<sent>")]
pub async fn act(id: &str, act: &str, page: Page<'_>, sent: Result<Sent<Act>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    let me = page.organizer()?;
    let id = EventId::parse(id).ok_or(Error::NotFound(Thing::Event))?;
    let back = local(&form.back).unwrap_or("/schedule");
    let flash = match run(&page, me, &id, act, &form, back).await {
        Ok(flash) => flash,
        // The page that asked is out of date; led back, it shows how things stand.
        Err(problem) if matches!(problem.status.code, 409 | 422) => Flash::bad(in_full(&problem)),
        Err(problem) => return Err(problem),
    };
    Ok(page.go_with(&flash, back))
}

async fn run(page: &Page<'_>, me: &Organizer, id: &EventId, act: &str, form: &Act, back: &str) -> Result<Flash, Problem> {
    let app = page.app;
    let path = |act: &str| format!("/schedule/events/{id}/{act}");
    Ok(match act {
        "open" => match app.open_event(me, id).await {
            Ok(event) => Flash::good(format!("“{}” is open. It closes at {}.", event.title, closes(&event))),
            Err(Error::Conflict(EventProblem::TooLong)) => {
                Flash::bad("It would stay open until its set end, more than 24 hours from now. Add one more event instead.")
            }
            Err(error) => return Err(error.into()),
        },
        "close" => {
            let event = app.close_event(me, id).await?;
            Flash::good(format!("“{}” closed at {}. Its transcript stays at its link.", event.title, closes(&event)))
        }
        "extend" => {
            let minutes = form.minutes.trim().parse().map_err(|_| Problem::field("minutes", "Say by how many minutes to extend."))?;
            let event = app.extend_event(me, id, minutes).await?;
            Flash::good(format!("“{}” now closes at {}.", event.title, closes(&event)))
        }
        "cancel" => {
            let event = app.cancel_event(me, id).await?;
            Flash::good(format!("“{}” on {} is cancelled.", event.title, day(&event))).undo(path("restore"), back)
        }
        "restore" => {
            let event = app.restore_event(me, id).await?;
            Flash::good(format!("“{}” on {} takes place after all.", event.title, day(&event))).undo(path("cancel"), back)
        }
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
        _ => return Err(Problem::new(404, "not-found", "There is nothing here", "No such act is known for an event.")),
    })
}

fn closes(event: &ChatEvent) -> String {
    Instant::new(event.closes_at, event.zone).time_of_day()
}

fn day(event: &ChatEvent) -> String {
    Instant::new(event.opens_at, event.zone).date().to_owned()
}
