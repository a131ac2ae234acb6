//! Who is in an event; joining, leaving, removing.

use rocket::data::Data;
use rocket::http::Status;
use rocket::serde::json::{Json, Value};
use rocket::{State, delete, get, post};
use serde::Deserialize;
use serde_json::json;

use super::{Answered, BODY, event_id, made, participant_id, shapes};
use crate::app::App;
use crate::app::chairs::Papers;
use crate::app::join::Joiner;
use crate::http::drafts::seen;
use crate::http::error::Problem;
use crate::http::guards::{self, Caller};

#[get("/events/<id>/participants")]
pub async fn list(id: &str, caller: Caller<'_>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let people = app.participants(&seen(id, &caller, app).await?).await?;
    Ok(Json(json!({"participants": people.iter().map(shapes::person).collect::<Vec<_>>()})))
}

#[derive(Deserialize)]
struct Join {
    nick: String,
    nonce: Option<String>,
}

#[post("/events/<id>/participants", data = "<data>")]
pub async fn join(id: &str, caller: Caller<'_>, app: &State<App>, data: Data<'_>) -> Result<Answered, Problem> {
    let event = event_id(id)?;
    // No token is asked for, but no page of another site may put its visitor into a room.
    caller.check_form()?;
    let Join { nick, nonce } = guards::json(data, BODY).await?;
    // Who is in already does not make others chairs.
    let papers = Papers { participant: None, ..caller.papers(app, &event).await? };
    if caller.bearer().is_some() && papers.key.is_some() {
        // Sent on purpose, so it must hold; an old cookie is only of no use.
        app.right(&papers, &app.event(&event).await?).await?;
    }
    let ticket = app.join(Joiner { event: event.clone(), nick, nonce }, &papers, caller.network).await?;
    if caller.is_our_page() {
        caller.keep_token(&event, ticket.token.clone());
    }
    Ok((made(ticket.fresh), Json(shapes::ticket(&ticket))))
}

#[delete("/events/<id>/participants/me", rank = 1)]
pub async fn leave(id: &str, caller: Caller<'_>, app: &State<App>) -> Result<Status, Problem> {
    let event = event_id(id)?;
    let who = caller.leaver(app, &event)?;
    app.leave(&event, who).await?;
    caller.drop_token(&event);
    Ok(Status::NoContent)
}

#[delete("/events/<id>/participants/<pid>", rank = 2)]
pub async fn remove(id: &str, pid: &str, caller: Caller<'_>, app: &State<App>) -> Result<Status, Problem> {
    let by = caller.organizer(app).await?;
    app.remove(&by, &event_id(id)?, participant_id(pid)?).await?;
    Ok(Status::NoContent)
}
