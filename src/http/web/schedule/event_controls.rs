//! Running an event by plain forms: opening, extending, closing, cancelling, restoring, for its organizer and
//! for chairs. From the event's own page; the schedule's buttons (`organizer_action`) do the same.

use rocket::form::FromForm;
use rocket::http::RawStr;
use rocket::post;

use crate::app::App;
use crate::app::people::chairs::Papers;
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::csrf;
use crate::http::web::kit::flash::Flash;
use crate::http::web::kit::form::Sent;
use crate::http::web::kit::instants::Instant;
use crate::http::web::kit::page::{Page, in_full, sentence};
use crate::http::web::talk::event_page::{EventTarget, Forms, Typed, find, render};

/// The most overlapping events that a notice names.
const NAMED: usize = 3;

/// What came with an act.
#[derive(Debug, FromForm)]
pub struct Wish {
    #[field(default = "")]
    pub csrf: String,
    /// By how much to extend.
    #[field(default = "")]
    pub minutes: String,
    /// Why it is cancelled.
    #[field(default = "")]
    pub reason: String,
}

#[post("/m/<slug>/<key>/run/<act>", data = "<sent>")]
pub async fn run(slug: &str, key: &str, act: &str, page: Page<'_>, sent: Result<Sent<Wish>, Problem>) -> Result<Answer, Problem> {
    let Sent(wish) = sent?;
    page.caller.check_form()?;
    let (meeting, event) = match find(&page, slug, key, &format!("/run/{}", RawStr::new(act).percent_encode())).await? {
        EventTarget::Here(meeting, event) => (meeting, event),
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let path = event.url();
    let problem = match perform_action(&page, &event, act, &wish).await {
        Ok((flash, None)) => return Ok(page.go_with(&flash, path)),
        Ok((flash, Some(back))) => return Ok(page.go_with(&flash.undo(format!("{path}/run/{back}"), &path), path)),
        Err(problem) => problem,
    };
    if act == "cancel" && matches!(problem.name, "invalid" | csrf::PROBLEM) {
        let said = if problem.name == csrf::PROBLEM { csrf::AGAIN.to_owned() } else { sentence(&problem) };
        let forms = Forms { cancel: Typed { text: wish.reason, problem: Some(said), ..Typed::default() }, ..Forms::default() };
        return render(&page, &meeting, &event.id, false, forms, problem.status).await;
    }
    match problem.status.code {
        // The page that asked is out of date; led back, it shows how things stand.
        409 | 422 => Ok(page.go_with(&Flash::bad(in_full(&problem)), path)),
        _ => Err(problem),
    }
}

async fn perform_action(page: &Page<'_>, event: &ChatEvent, act: &str, wish: &Wish) -> Result<(Flash, Option<&'static str>), Problem> {
    page.check(&wish.csrf)?;
    let papers = page.papers(event).await?;
    perform(page.app, papers, &event.id, act, wish).await
}

/// Does an act of this name; gives the notice of it and the act that undoes it.
///
/// # Errors
/// Those of the operations, 404 for an act of another name.
pub async fn perform(app: &App, by: Papers, id: &EventId, act: &str, wish: &Wish) -> Result<(Flash, Option<&'static str>), Problem> {
    Ok(match act {
        "open" => {
            let event = app.open_event(by, id).await?;
            (Flash::good(format!("“{}” is open. It closes at {}.", event.title, event.end())), None)
        }
        "close" => {
            let event = app.close_event(by, id).await?;
            (Flash::good(format!("“{}” closed at {}. Its transcript stays at its link.", event.title, event.end())), None)
        }
        "extend" => {
            let minutes = wish.minutes.trim().parse().map_err(|_| Problem::field("minutes", "Say by how many minutes to extend."))?;
            let event = app.extend_event(by, id, minutes).await?;
            (Flash::good(format!("“{}” now closes at {}.", event.title, event.end())), None)
        }
        "cancel" => {
            let event = app.cancel_event(by, id, &wish.reason).await?;
            (Flash::good(format!("“{}” on {} is cancelled.", event.title, day(&event))), Some("restore"))
        }
        "restore" => {
            let event = app.restore_event(by, id).await?;
            let said = format!("“{}” on {} is back on.", event.title, day(&event));
            (restored(said, &app.overlaps_of(&event).await?), Some("cancel"))
        }
        _ => return Err(Problem::new(404, "not-found", "There is nothing here", "No such act is known for an event.")),
    })
}

/// Says that an event is back, and which others of its meeting are at that time: that is said, not forbidden.
fn restored(said: String, others: &[ChatEvent]) -> Flash {
    if others.is_empty() {
        return Flash::good(said);
    }
    let named: Vec<String> =
        others.iter().take(NAMED).map(|other| format!("“{}”, {}, {}", other.title, day(other), other.hours())).collect();
    let more = others.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(", and with {more} more") };
    Flash::warn(format!("{said} It overlaps with {}{more}.", named.join("; and with ")))
}

fn day(event: &ChatEvent) -> String {
    Instant::new(event.opens_at, event.zone).date().to_owned()
}
