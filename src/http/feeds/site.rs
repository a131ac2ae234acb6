//! The calendar of all public meetings.

use rocket::{State, get};

use super::Origin;
use super::answer::Answer;
use crate::app::App;
use crate::http::Site;
use crate::http::problem::Problem;

#[get("/calendar.ics")]
pub async fn all(app: &State<App>, site: &State<Site>, origin: Origin) -> Result<Answer, Problem> {
    Ok(Answer::new(app.site_calendar(&site.title, &origin.0).await?, app.now()))
}
