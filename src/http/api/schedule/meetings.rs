//! Meetings: looking at them and scheduling them.

use rocket::data::Data;
use rocket::http::Status;
use rocket::response::Redirect;
use rocket::serde::json::{Json, Value};
use rocket::{Responder, State, delete, get, patch, post};
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::app::schedule::meetings::{Found, MEETINGS};
use crate::domain::schedule::meeting::{Meeting, MeetingInput};
use crate::domain::time::Timestamp;
use crate::http::api::{Answered, BODY, event_id, shapes, text_of};
use crate::http::guards::{self, Caller};
use crate::http::problem::Problem;

#[get("/meetings?<offset>")]
pub async fn list(offset: Option<&str>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let offset = match offset {
        None => 0,
        Some(text) => text
            .parse::<i64>()
            .ok()
            .filter(|it| (0..=1_000_000).contains(it))
            .ok_or_else(|| Problem::bad_request(format!("“offset” is a number of meetings to pass over. A page has {MEETINGS}.")))?,
    };
    let (meetings, more) = app.public_meetings(offset).await?;
    let mut shapes = Vec::with_capacity(meetings.len());
    for meeting in meetings {
        shapes.push(shape(app, meeting, None).await?);
    }
    Ok(Json(json!({"meetings": shapes, "more": more})))
}

/// A meeting, or where it is now.
#[derive(Responder)]
pub enum One {
    Here(Json<Value>),
    Moved(Box<Redirect>),
}

#[get("/meetings/<slug>?<before>")]
pub async fn one(slug: &str, before: Option<&str>, caller: Caller<'_>, app: &State<App>) -> Result<One, Problem> {
    let before = before.map(|text| {
        let micros = text.parse::<i64>().ok().filter(|it| (0..=crate::domain::time::LATEST).contains(it));
        micros.map(Timestamp::from_micros).ok_or_else(|| Problem::bad_request("“before” is the “opens_at” of an event, in microseconds."))
    });
    match app.find_meeting(slug, caller.viewer(app).await?.as_ref()).await? {
        Found::Meeting(meeting) => Ok(One::Here(Json(shape(app, *meeting, before.transpose()?).await?))),
        Found::Moved(slug) => Ok(One::Moved(Box::new(Redirect::permanent(format!("/api/v1/meetings/{slug}"))))),
    }
}

/// A meeting as it comes in; in a change, what is absent stays.
#[derive(Deserialize)]
struct Input {
    title: Option<String>,
    slug: Option<String>,
    description: Option<String>,
    agenda: Option<String>,
    timezone: Option<String>,
    starts: Option<Value>,
    duration_minutes: Option<Value>,
    /// `null` takes the rule away.
    #[serde(default, deserialize_with = "present")]
    rrule: Option<Value>,
    visibility: Option<String>,
    /// In a change: the id of the event from which on its times hold.
    from: Option<String>,
}

/// Keeps `null` apart from a key that is absent.
fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

impl Input {
    fn over(self, old: MeetingInput) -> Result<MeetingInput, Problem> {
        Ok(MeetingInput {
            title: self.title.unwrap_or(old.title),
            slug: self.slug.unwrap_or(old.slug),
            description: self.description.unwrap_or(old.description),
            agenda: self.agenda.unwrap_or(old.agenda),
            timezone: self.timezone.unwrap_or(old.timezone),
            starts: text_of("starts", self.starts)?.unwrap_or(old.starts),
            duration_minutes: text_of("duration_minutes", self.duration_minutes)?.unwrap_or(old.duration_minutes),
            rrule: match self.rrule {
                None => old.rrule,
                rule => text_of("rrule", rule)?.unwrap_or_default(),
            },
            visibility: self.visibility.unwrap_or(old.visibility),
            dates: Vec::new(),
        })
    }
}

#[post("/meetings", data = "<data>")]
pub async fn create(caller: Caller<'_>, app: &State<App>, data: Data<'_>) -> Result<Answered, Problem> {
    let by = caller.organizer(app).await?;
    let input: Input = guards::json(data, BODY).await?;
    let meeting = app.create_meeting(&by, &input.over(MeetingInput::default())?).await?;
    Ok((Status::Created, Json(shape(app, meeting, None).await?)))
}

#[patch("/meetings/<slug>", data = "<data>")]
pub async fn change(slug: &str, caller: Caller<'_>, app: &State<App>, data: Data<'_>) -> Result<Json<Value>, Problem> {
    let by = caller.organizer(app).await?;
    let input: Input = guards::json(data, BODY).await?;
    let from = input.from.as_deref().map(event_id).transpose()?;
    let meeting = app.owned_meeting(&by, slug).await?;
    let start = app.first_to_change(&meeting, from.as_ref()).await?;
    let old = MeetingInput::of(&meeting, &meeting.timetable_for(start, app.now()));
    let meeting = app.edit_meeting(&by, slug, &input.over(old)?, from.as_ref()).await?;
    Ok(Json(shape(app, meeting, None).await?))
}

#[delete("/meetings/<slug>")]
pub async fn delete(slug: &str, caller: Caller<'_>, app: &State<App>) -> Result<Status, Problem> {
    let by = caller.organizer(app).await?;
    app.delete_meeting(&by, slug).await?;
    Ok(Status::NoContent)
}

#[post("/meetings/<slug>/restore")]
pub async fn restore(slug: &str, caller: Caller<'_>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let by = caller.organizer(app).await?;
    let meeting = app.restore_meeting(&by, slug).await?;
    Ok(Json(shape(app, meeting, None).await?))
}

async fn shape(app: &App, meeting: Meeting, before: Option<Timestamp>) -> Result<Value, Problem> {
    let view = app.view_meeting(meeting, before).await?;
    Ok(shapes::meeting(&view, app.now()))
}
