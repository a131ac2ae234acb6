//! Actions that go on through the events of a meeting: which there are, and what becomes of one in an event.

use rocket::data::Data;
use rocket::response::Redirect;
use rocket::serde::json::{Json, Value};
use rocket::{Responder, State, get, put};
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::app::schedule::meetings::Found;
use crate::domain::minutes::{Action, Step, Whence};
use crate::domain::time::Timestamp;
use crate::http::api::{BODY, timestamp};
use crate::http::draft_access::seen;
use crate::http::guards::{self, Caller};
use crate::http::problem::Problem;

/// Actions of a meeting, or where the meeting is now.
#[derive(Responder)]
pub enum OfMeeting {
    Here(Json<Value>),
    Moved(Box<Redirect>),
}

#[get("/meetings/<slug>/actions?<state>")]
pub async fn of_meeting(slug: &str, state: Option<&str>, caller: Caller<'_>, app: &State<App>) -> Result<OfMeeting, Problem> {
    let wanted = state.unwrap_or("open");
    if !["open", "done", "dropped", "all"].contains(&wanted) {
        return Err(Problem::bad_request("“state” is open, done, dropped or all."));
    }
    let meeting = match app.find_meeting(slug, caller.viewer(app).await?.as_ref()).await? {
        Found::Meeting(meeting) => meeting,
        Found::Moved(slug) => return Ok(OfMeeting::Moved(Box::new(Redirect::permanent(format!("/api/v1/meetings/{slug}/actions"))))),
    };
    let actions = app.actions(&meeting.id).await?;
    let found = actions.iter().filter(|action| wanted == "all" || wanted == state_of(action.step));
    Ok(OfMeeting::Here(Json(json!({"meeting": meeting.slug, "actions": found.map(shape).collect::<Vec<_>>()}))))
}

/// What earlier events left to this one.
#[get("/events/<id>/actions")]
pub async fn of_event(id: &str, caller: Caller<'_>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let left = app.left(&app.event(&seen(id, &caller, app).await?).await?).await?;
    let list = |actions: &[Action]| actions.iter().map(shape).collect::<Vec<_>>();
    let elsewhere: Vec<Value> = left.elsewhere.iter().map(|it| shape(&it.action)).collect();
    Ok(Json(json!({"open": list(&left.open), "decided": list(&left.decided), "elsewhere": elsewhere})))
}

#[derive(Deserialize)]
struct Decision {
    state: String,
}

/// Decides in this event on an action of an earlier one.
#[put("/events/<id>/actions/<ts>", data = "<data>")]
pub async fn decide(id: &str, ts: &str, caller: Caller<'_>, app: &State<App>, data: Data<'_>) -> Result<Json<Value>, Problem> {
    let (id, given) = (seen(id, &caller, app).await?, timestamp(ts)?);
    let papers = caller.writing_papers(app, &id).await?;
    let Decision { state } = guards::json(data, BODY).await?;
    let step = match state.as_str() {
        "open" => None,
        "carried" => Some(Step::Carried),
        "done" => Some(Step::Done),
        "dropped" => Some(Step::Dropped),
        _ => return Err(Problem::field("state", "Write done, carried or dropped; open takes back what was decided here.")),
    };
    Ok(Json(shape(&app.decide(papers, &id, given, step).await?)))
}

/// What goes on is open.
const fn state_of(step: Step) -> &'static str {
    match step {
        Step::Given | Step::Carried => "open",
        Step::Done | Step::Dropped => step.as_str(),
    }
}

/// An action, as answers have it.
pub fn shape(action: &Action) -> Value {
    let mut shape = place(action.given, &action.from);
    shape["text"] = json!(action.text);
    shape["assignees"] = json!(action.nicks());
    shape["state"] = json!(state_of(action.step));
    shape["last"] = place(action.at, &action.by);
    shape["last"]["step"] = json!(action.step);
    shape
}

fn place(ts: Timestamp, at: &Whence) -> Value {
    json!({"ts": ts, "event": at.event, "url": at.line(ts)})
}
