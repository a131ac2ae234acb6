//! The front page: the public events that are open, ahead, and lately closed.

use std::collections::HashMap;

use rocket::get;
use rocket_dyn_templates::context;

use crate::domain::schedule::event::ChatEvent;
use crate::domain::schedule::meeting::Meeting;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::page::Page;
use crate::http::web::kit::reader;
use crate::http::web::kit::view_models::Event;

#[get("/")]
pub async fn home(page: Page<'_>) -> Result<Answer, Problem> {
    let home = page.app.home().await?;
    let mut open = views(&home.open, &home.meetings, page.now);
    for (view, event) in open.iter_mut().zip(&home.open) {
        view.people = page.app.present(event, page.now).await?;
    }
    let zone = reader::zone_of_list(page.zone, &home.upcoming);
    let mut upcoming = views(&reader::in_zone(&home.upcoming, zone), &home.meetings, page.now);
    reader::note_own_times(&mut upcoming, &home.upcoming, zone);
    let recent = views(&home.recent, &home.meetings, page.now);
    // Days of other years are told with theirs.
    let year = page.now.utc().format("%Y").to_string();
    Ok(page.render("schedule/home.html.j2", context! { open, upcoming, recent, year, zone: zone.name() }))
}

/// Events as templates see them. `app` gives the meeting of each.
pub fn views(events: &[ChatEvent], meetings: &HashMap<String, Meeting>, now: Timestamp) -> Vec<Event> {
    events.iter().filter_map(|event| Some(Event::new(event, meetings.get(&event.meeting)?, now))).collect()
}
