//! The calendar of one meeting.

use rocket::{State, get};

use super::answer::Answer;
use super::{File, Origin};
use crate::app::App;
use crate::app::calendar::icalendar::CalendarLookup;
use crate::http::problem::Problem;

#[get("/m/<slug>")]
pub async fn all(slug: File<'_>, app: &State<App>, origin: Origin) -> Result<Answer, Problem> {
    Ok(match app.meeting_calendar(slug.0, &origin.0).await? {
        CalendarLookup::Here(calendar) => Answer::new(calendar, app.now()),
        CalendarLookup::Moved(slug) => Answer::moved(format!("/m/{slug}.ics")),
    })
}
