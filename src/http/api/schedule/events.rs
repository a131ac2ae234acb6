//! One event: looking at it and running it.

use rocket::data::Data;
use rocket::http::Status;
use rocket::serde::json::{Json, Value};
use rocket::{State, get, patch, post};
use serde::Deserialize;

use crate::app::schedule::events::EventInput;
use crate::app::{App, Error};
use crate::domain::schedule::event::{ChatEvent, EventProblem};
use crate::http::api::{Answered, BODY, shapes, text_of};
use crate::http::draft_access::seen;
use crate::http::guards::{self, Caller};
use crate::http::problem::Problem;

#[get("/events/<id>")]
pub async fn one(id: &str, caller: Caller<'_>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let event = app.event(&seen(id, &caller, app).await?).await?;
    Ok(Json(shapes::event(&event, app.now())))
}

#[derive(Deserialize)]
struct Input {
    opens_at: Option<Value>,
    closes_at: Option<Value>,
    timezone: Option<String>,
    title: Option<String>,
    agenda: Option<String>,
}

impl Input {
    fn read(self) -> Result<EventInput, Problem> {
        Ok(EventInput {
            opens_at: text_of("opens_at", self.opens_at)?,
            closes_at: text_of("closes_at", self.closes_at)?,
            timezone: self.timezone,
            title: self.title,
            agenda: self.agenda,
            ..EventInput::default()
        })
    }
}

#[patch("/events/<id>", data = "<data>")]
pub async fn change(id: &str, caller: Caller<'_>, app: &State<App>, data: Data<'_>) -> Result<Json<Value>, Problem> {
    let id = seen(id, &caller, app).await?;
    let papers = caller.writing_papers(app, &id).await?;
    let input: Input = guards::json(data, BODY).await?;
    // The agenda alone is for chairs as well.
    if let Input { opens_at: None, closes_at: None, timezone: None, title: None, agenda: Some(agenda) } = &input {
        let event = app.write_agenda(papers, &id, agenda, None).await?;
        return placed(app, &event).await.map(Json);
    }
    let by = caller.organizer(app).await?;
    match app.change_event(&by, &id, &input.read()?).await {
        Ok(event) => placed(app, &event).await.map(Json),
        // Of an event that stands, this is its state that forbids it, not the form of the request.
        Err(error @ Error::Conflict(EventProblem::EndBehind)) => {
            Err(Problem { status: Status::Conflict, name: "end-behind", ..error.into() })
        }
        Err(error) => Err(error.into()),
    }
}

#[post("/events/<id>/open")]
pub async fn open(id: &str, caller: Caller<'_>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let id = seen(id, &caller, app).await?;
    let by = caller.writing_papers(app, &id).await?;
    Ok(Json(shapes::event(&app.open_event(by, &id).await?, app.now())))
}

#[post("/events/<id>/close")]
pub async fn close(id: &str, caller: Caller<'_>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let id = seen(id, &caller, app).await?;
    let by = caller.writing_papers(app, &id).await?;
    Ok(Json(shapes::event(&app.close_event(by, &id).await?, app.now())))
}

#[derive(Deserialize)]
struct Extend {
    minutes: i64,
}

#[post("/events/<id>/extend", data = "<data>")]
pub async fn extend(id: &str, caller: Caller<'_>, app: &State<App>, data: Data<'_>) -> Result<Json<Value>, Problem> {
    let id = seen(id, &caller, app).await?;
    let by = caller.writing_papers(app, &id).await?;
    let Extend { minutes } = guards::json(data, BODY).await?;
    match app.extend_event(by, &id, minutes).await {
        Ok(event) => Ok(Json(shapes::event(&event, app.now()))),
        Err(Error::Conflict(EventProblem::TooLong)) => Err(Problem::field("minutes", "With so many more it would last over 24 hours.")),
        Err(error) => Err(error.into()),
    }
}

#[derive(Default, Deserialize)]
struct Cancel {
    reason: Option<String>,
}

#[post("/events/<id>/cancel", data = "<data>")]
pub async fn cancel(id: &str, caller: Caller<'_>, app: &State<App>, data: Data<'_>) -> Result<Json<Value>, Problem> {
    let id = seen(id, &caller, app).await?;
    let by = caller.writing_papers(app, &id).await?;
    let Cancel { reason } = guards::json_or_nothing(data, BODY).await?;
    Ok(Json(shapes::event(&app.cancel_event(by, &id, &reason.unwrap_or_default()).await?, app.now())))
}

#[post("/events/<id>/restore")]
pub async fn restore(id: &str, caller: Caller<'_>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let id = seen(id, &caller, app).await?;
    let by = caller.writing_papers(app, &id).await?;
    placed(app, &app.restore_event(by, &id).await?).await.map(Json)
}

#[post("/meetings/<slug>/events", data = "<data>")]
pub async fn add(slug: &str, caller: Caller<'_>, app: &State<App>, data: Data<'_>) -> Result<Answered, Problem> {
    let by = caller.organizer(app).await?;
    let input: Input = guards::json(data, BODY).await?;
    let event = app.add_event(&by, slug, &input.read()?).await?;
    Ok((Status::Created, Json(placed(app, &event).await?)))
}

/// An event as it stands now, and beside which others of its meeting, where it overlaps any: that is said, not forbidden.
async fn placed(app: &App, event: &ChatEvent) -> Result<Value, Problem> {
    Ok(shapes::placed(event, &app.overlaps_of(event).await?, app.now()))
}
