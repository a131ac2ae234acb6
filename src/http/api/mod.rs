//! The JSON API under `/api/v1`: one folder a feature, one file a resource. Names and shapes are a contract, see `docs/protocol.md`.

pub mod minutes;
pub mod people;
pub mod schedule;
pub mod search;
mod shapes;
pub mod talk;
pub mod transcript;

use std::str::FromStr;

use rocket::data::ByteUnit;
use rocket::http::Status;
use rocket::serde::json::{Json, Value};
use rocket::{Route, State, get, routes};
use serde_json::json;

use super::problem::Problem;
use crate::app::{App, Error, Thing};
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;

/// The largest body of a call.
const BODY: ByteUnit = ByteUnit::Byte(128 * 1024);

/// A page that is a file carries its style inside, and nothing else that does anything.
const FILE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// The routes below `/api/v1`.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut routes = routes![
        time,
        talk::messages::after,
        talk::messages::head,
        talk::messages::say,
        talk::messages::redact,
        talk::stream::stream,
        talk::participants::list,
        talk::participants::join,
        talk::participants::leave,
        talk::participants::remove,
        people::chairs::key,
        people::chairs::renew,
        people::chairs::seat,
        people::chairs::unseat,
        schedule::events::one,
        schedule::events::change,
        schedule::events::open,
        schedule::events::close,
        schedule::events::extend,
        schedule::events::cancel,
        schedule::events::restore,
        schedule::events::add,
        schedule::meetings::list,
        schedule::meetings::one,
        schedule::meetings::create,
        schedule::meetings::change,
        schedule::meetings::delete,
        schedule::meetings::restore,
        minutes::action_items::of_meeting,
        minutes::action_items::of_event,
        minutes::action_items::decide,
        talk::catch_up::since,
        minutes::document::whole,
        minutes::document::correct,
        minutes::action_items_csv::export_event_actions,
        minutes::action_items_csv::export_meeting_actions,
        transcript::export::export_transcript,
        search::search,
    ];
    // Rocket tries routes one by one in the order of their ranks: those of every message go first.
    for route in &mut routes {
        if matches!(route.name.as_deref(), Some("after" | "say")) {
            route.rank = -100;
        }
    }
    routes
}

/// The route below the root.
#[must_use]
pub fn health_routes() -> Vec<Route> {
    routes![health]
}

#[get("/health")]
async fn health(app: &State<App>) -> Result<Json<Value>, Problem> {
    app.health().await?;
    Ok(Json(json!({"status": "ok"})))
}

#[get("/time")]
fn time(app: &State<App>) -> Json<Value> {
    Json(json!({"now": app.now()}))
}

/// JSON with a status of its own.
type Answered = (Status, Json<Value>);

/// 201 for what is new, 200 for what stood already.
const fn made(fresh: bool) -> Status {
    if fresh { Status::Created } else { Status::Ok }
}

pub(super) fn event_id(text: &str) -> Result<EventId, Problem> {
    EventId::parse(text).ok_or_else(|| Error::NotFound(Thing::Event).into())
}

fn participant_id(text: &str) -> Result<ParticipantId, Problem> {
    ParticipantId::parse(text).ok_or_else(|| Error::NotFound(Thing::Participant).into())
}

fn timestamp(text: &str) -> Result<Timestamp, Problem> {
    let micros = i64::from_str(text).ok().filter(|micros| (0..=crate::domain::time::LATEST).contains(micros));
    micros.map(Timestamp::from_micros).ok_or_else(|| Error::NotFound(Thing::Message).into())
}

/// A JSON value that a request may write as text or as a number, as text.
fn text_of(field: &'static str, value: Option<Value>) -> Result<Option<String>, Problem> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(Problem::field(field, "Write a text or a number.")),
    }
}
