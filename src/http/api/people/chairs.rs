//! Chairs: the key of a meeting's chair link, and who in an event is one.

use rocket::http::Status;
use rocket::serde::json::{Json, Value};
use rocket::{State, delete, get, post, put};
use serde_json::json;

use crate::app::App;
use crate::http::api::{event_id, participant_id};
use crate::http::credentials::CHAIR;
use crate::http::guards::Caller;
use crate::http::problem::Problem;

#[get("/meetings/<slug>/chair")]
pub async fn key(slug: &str, caller: Caller<'_>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let by = caller.organizer(app).await?;
    Ok(Json(shape(slug, &app.chair_key(&by, slug).await?)))
}

#[post("/meetings/<slug>/chair")]
pub async fn renew(slug: &str, caller: Caller<'_>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let by = caller.organizer(app).await?;
    Ok(Json(shape(slug, &app.renew_chair_key(&by, slug).await?)))
}

fn shape(slug: &str, key: &str) -> Value {
    json!({"token": format!("{CHAIR}{key}"), "url": format!("/m/{slug}/chair/{key}")})
}

#[put("/events/<id>/participants/<pid>/chair")]
pub async fn seat(id: &str, pid: &str, caller: Caller<'_>, app: &State<App>) -> Result<Status, Problem> {
    set(id, pid, &caller, app, true).await
}

#[delete("/events/<id>/participants/<pid>/chair")]
pub async fn unseat(id: &str, pid: &str, caller: Caller<'_>, app: &State<App>) -> Result<Status, Problem> {
    set(id, pid, &caller, app, false).await
}

async fn set(id: &str, pid: &str, caller: &Caller<'_>, app: &App, on: bool) -> Result<Status, Problem> {
    let event = event_id(id)?;
    let papers = caller.writing_papers(app, &event).await?;
    app.set_chair(papers, &event, participant_id(pid)?, on).await?;
    Ok(Status::NoContent)
}
