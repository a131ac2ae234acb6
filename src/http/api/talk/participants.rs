//! Who is in an event; joining, leaving, removing.

use rocket::data::Data;
use rocket::http::Status;
use rocket::response::{self, Responder};
use rocket::serde::json::{Json, Value};
use rocket::{Request, State, delete, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::app::people::chairs::Papers;
use crate::app::talk::join::Joiner;
use crate::http::api::{Answered, BODY, event_id, made, participant_id, shapes};
use crate::http::draft_access::seen;
use crate::http::guards::{self, Caller};
use crate::http::problem::Problem;

/// The most people in one answer.
const PAGE: usize = 1_000;

/// Up to `PAGE` people, and the path of the next ones.
pub struct People {
    shown: Value,
    next: Option<String>,
}

impl<'r> Responder<'r, 'static> for People {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Json(self.shown).respond_to(request)?;
        if let Some(next) = self.next {
            // RFC 8288, section 3.
            response.set_raw_header("Link", format!("<{next}>; rel=\"next\""));
        }
        Ok(response)
    }
}

#[get("/events/<id>/participants?<offset>")]
pub async fn list(id: &str, offset: Option<&str>, caller: Caller<'_>, app: &State<App>) -> Result<People, Problem> {
    let offset = match offset {
        None => 0,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|it| *it <= 10_000_000)
            .ok_or_else(|| Problem::bad_request(format!("“offset” is a number of people to pass over. A page has {PAGE}.")))?,
    };
    let people = app.participants(&seen(id, &caller, app).await?).await?;
    let shown: Vec<Value> = people.iter().skip(offset).take(PAGE).map(shapes::person).collect();
    let next = offset.saturating_add(PAGE);
    let next = (next < people.len()).then(|| format!("/api/v1/events/{id}/participants?offset={next}"));
    Ok(People { shown: json!({"participants": shown}), next })
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
        caller.keep_member(&event, ticket.who.id.clone());
    }
    Ok((made(ticket.fresh), Json(shapes::ticket(&ticket))))
}

#[delete("/events/<id>/participants/me", rank = 1)]
pub async fn leave(id: &str, caller: Caller<'_>, app: &State<App>) -> Result<Status, Problem> {
    let event = event_id(id)?;
    let who = caller.leaver(app, &event)?;
    app.leave(&event, who).await?;
    caller.drop_member(&event);
    Ok(Status::NoContent)
}

#[delete("/events/<id>/participants/<pid>", rank = 2)]
pub async fn remove(id: &str, pid: &str, caller: Caller<'_>, app: &State<App>) -> Result<Status, Problem> {
    let by = caller.organizer(app).await?;
    app.remove(&by, &event_id(id)?, participant_id(pid)?).await?;
    Ok(Status::NoContent)
}
