//! The private calendar of an organizer: who has its address reads it.

use rocket::{State, get};

use super::answer::Answer;
use super::{File, Origin};
use crate::app::App;
use crate::http::Site;
use crate::http::problem::Problem;

#[get("/calendar/<secret>")]
pub async fn all(secret: File<'_>, app: &State<App>, site: &State<Site>, origin: Origin) -> Result<Answer, Problem> {
    Ok(Answer::new(app.private_calendar(secret.0, &site.title, &origin.0).await?, app.now()))
}
