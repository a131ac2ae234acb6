//! Where an event stands in its meeting: the ones before and after it, and which one is next. For its page, and as a fragment
//! for pages under which it closes or is called off: meanwhile others may have been added, moved or skipped.

use rocket::get;
use rocket::http::Status;
use rocket_dyn_templates::context;
use serde::Serialize;

use crate::app::Error;
use crate::domain::schedule::event::{ChatEvent, Phase};
use crate::domain::schedule::meeting::Meeting;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::instants::Instant;
use crate::http::web::kit::page::Page;
use crate::http::web::kit::view_models::Event;
use crate::http::web::talk::event_page::{EventTarget, find};

/// The other events, as templates see them.
#[derive(Debug, Serialize)]
pub struct NeighboursView {
    /// Those that take or took place, by start.
    before: Option<Other>,
    after: Option<Other>,
    /// Where this one is called off: the one that is open, or the next.
    next: Option<Other>,
}

/// One of them.
#[derive(Debug, Serialize)]
struct Other {
    url: String,
    opens: Instant,
    phase: Phase,
}

impl NeighboursView {
    /// What is around `event` now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn of(page: &Page<'_>, meeting: &Meeting, event: &ChatEvent) -> Result<Self, Error> {
        let view =
            |event: ChatEvent| Other { url: event.url(), opens: Instant::new(event.opens_at, event.zone), phase: event.phase(page.now) };
        let (before, after) = page.app.neighbours(event).await?;
        let next = if event.phase(page.now) == Phase::Cancelled && meeting.deleted_at.is_none() {
            page.app.next_events(std::slice::from_ref(meeting)).await?.remove(&meeting.id)
        } else {
            None
        };
        Ok(Self { before: before.map(view), after: after.map(view), next: next.map(view) })
    }
}

#[get("/m/<slug>/<key>/around")]
pub async fn fragment(slug: &str, key: &str, page: Page<'_>) -> Result<Answer, Problem> {
    let (meeting, event) = match find(&page, slug, key, "/around").await? {
        EventTarget::Here(meeting, event) => (meeting, event),
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let own = context! { around: NeighboursView::of(&page, &meeting, &event).await?, event: Event::new(&event, &meeting, page.now) };
    Ok(Answer::fragment(Status::Ok, "schedule/_neighbours.html.j2", own))
}
