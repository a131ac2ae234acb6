//! One event as a file, to be taken into a calendar.

use rocket::http::RawStr;
use rocket::{State, get};

use super::answer::Answer;
use super::{File, Origin};
use crate::app::App;
use crate::app::calendar::icalendar::CalendarLookup;
use crate::http::problem::Problem;

#[get("/m/<slug>/<key>")]
pub async fn one(slug: &str, key: File<'_>, app: &State<App>, origin: Origin) -> Result<Answer, Problem> {
    Ok(match app.event_calendar(slug, key.0, &origin.0).await? {
        // Slug and key of an event that there is have no character that a header would have to escape.
        CalendarLookup::Here(calendar) => Answer::new(calendar, app.now()).file(format!("{slug}-{}.ics", key.0)),
        CalendarLookup::Moved(slug) => Answer::moved(format!("/m/{slug}/{}.ics", RawStr::new(key.0).percent_encode())),
    })
}
