//! What went by in an event since a cursor.

use rocket::request::{FromRequest, Outcome};
use rocket::serde::json::{Json, Value};
use rocket::{Request, State, get};
use serde_json::json;

use super::poll_query;
use crate::app::App;
use crate::app::talk::catch_up::CatchUpRequest;
use crate::domain::time::Timestamp;
use crate::http::api::event_id;
use crate::http::api::minutes::document;
use crate::http::draft_access::seen;
use crate::http::guards::Caller;
use crate::http::problem::Problem;

/// Since when, and whose mentions. Read strictly, as the query of a poll.
pub struct Since(Result<(Timestamp, Option<String>), Problem>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Since {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let query = request.uri().query().map(|query| query.raw().as_str());
        Outcome::Success(Self(poll_query::since(query.unwrap_or_default())))
    }
}

#[get("/events/<id>/catch-up", rank = 1)]
pub async fn since(id: &str, since: Since, caller: Caller<'_>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let (after, nick) = (event_id(id).and(since.0))?;
    let id = seen(id, &caller, app).await?;
    let asked = CatchUpRequest { after, who: caller.participant(app, &id)?, nick: nick.as_deref() };
    let found = app.catch_up(&id, &asked).await?;
    let now = app.now();
    Ok(Json(json!({
        "now": now,
        "event": id,
        "after": found.after,
        "cursor": found.event.last,
        "late": found.is_late(now),
        "counts": {
            "messages": found.lines,
            "more": found.more,
            "mentions": found.mentions.count,
            "decisions": found.decisions.count,
            "actions": found.actions.count,
            "votes": found.votes.count,
        },
        "topic": found.topic.as_ref().map(document::item),
        "mentions": found.mentions.list,
        "decisions": found.decisions.list.iter().map(document::decision).collect::<Vec<_>>(),
        "actions": found.actions.list.iter().map(document::item).collect::<Vec<_>>(),
        "votes": found.votes.list,
    })))
}
