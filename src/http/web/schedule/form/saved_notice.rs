//! What is told once a meeting is changed, and the button beside it that brings its former times back.

use rocket::form::FromForm;
use rocket::post;

use crate::app::Error;
use crate::app::schedule::undo_reschedule::{Changed, Retimed};
use crate::domain::schedule::event::ChatEvent;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::flash::Flash;
use crate::http::web::kit::form::Sent;
use crate::http::web::kit::instants::Instant;
use crate::http::web::kit::page::{Page, in_full};

/// The notice of a change, with a button that takes its times back.
pub fn saved(Changed { meeting, times }: &Changed) -> Flash {
    // A browser keeps no larger notices, which would be those of a meeting with very many changes.
    const LONGEST: usize = 2_000;
    let Some(Retimed { refit, before }) = times else {
        return Flash::good(format!("The changes of “{}” are saved.", meeting.title));
    };
    let counts =
        [("added", refit.adds.len()), ("moved", refit.moves.len()), ("dropped", refit.drops.len()), ("cancelled", refit.cancels.len())];
    let done: Vec<String> = counts.iter().filter(|(_, count)| *count > 0).map(|(done, count)| format!("{count} {done}")).collect();
    let events = if done.is_empty() { String::new() } else { format!(" Its events: {}.", done.join(", ")) };
    let flash = Flash::good(format!("The new times of “{}” are saved.{events}", meeting.title));
    if before.len() > LONGEST {
        flash
    } else {
        flash.undo_by(format!("/schedule/{}/times", meeting.slug), vec![("before", before.clone())])
    }
}

#[derive(Debug, FromForm)]
pub struct Undo {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    before: String,
}

/// Brings the times back that a meeting had before a change.
#[post("/schedule/<slug>/times", data = "<sent>")]
pub async fn undo(slug: &str, page: Page<'_>, sent: Result<Sent<Undo>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    let me = page.organizer()?;
    let flash = match page.app.undo_times(me, slug, &form.before).await {
        Ok((meeting, left)) if left.is_empty() => Flash::good(format!("The times of “{}” are as they were before.", meeting.title)),
        Ok((meeting, left)) => {
            let named = |event: &ChatEvent| {
                let cancelled = if event.cancelled_at.is_some() { ", now cancelled" } else { "" };
                format!("{}{cancelled}", Instant::new(event.opens_at, event.zone).in_full())
            };
            let named: Vec<String> = left.iter().map(named).collect();
            let title = &meeting.title;
            Flash::warn(format!(
                "The times of “{title}” are as they were before, but what is in use or has something of its own stays at its link: {}.",
                named.join("; ")
            ))
        }
        Err(error @ Error::Conflict(_)) => Flash::bad(in_full(&error.into())),
        Err(error) => return Err(error.into()),
    };
    Ok(page.go_with(&flash, format!("/m/{slug}")))
}
