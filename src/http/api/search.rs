//! Searching what people said.

use rocket::form::FromForm;
use rocket::serde::json::{Json, Value};
use rocket::{State, get};
use serde_json::json;

use super::shapes;
use crate::app::App;
use crate::app::search::SearchRequest;
use crate::domain::time::{Timestamp, parse_instant};
use crate::domain::zone::Zone;
use crate::http::guards::Caller;
use crate::http::problem::Problem;

/// What stands behind the question mark.
#[derive(Debug, FromForm)]
pub struct Wanted<'r> {
    #[field(default = "")]
    q: &'r str,
    meeting: Option<&'r str>,
    nick: Option<&'r str>,
    kind: Option<&'r str>,
    from: Option<&'r str>,
    until: Option<&'r str>,
    page: Option<&'r str>,
}

#[get("/search?<wanted..>")]
pub async fn search(wanted: Wanted<'_>, caller: Caller<'_>, app: &State<App>) -> Result<Json<Value>, Problem> {
    let by = caller.reader(app).await?;
    let asked = SearchRequest {
        q: wanted.q,
        meeting: some(wanted.meeting),
        nick: some(wanted.nick),
        kind: some(wanted.kind),
        from: instant("from", wanted.from)?,
        until: instant("until", wanted.until)?,
        page: some(wanted.page).map(page).transpose()?,
    };
    let found = app.search(&asked, by.as_ref(), caller.network).await?;
    let now = app.now();
    let result = |it: crate::app::search::Match| json!({"event": shapes::event(&it.event, now), "row": it.row, "snippet": it.snippet});
    let next = found.next.map(|next| next.to_string());
    let notes = found.query.notes;
    let results: Vec<Value> = found.results.into_iter().map(result).collect();
    Ok(Json(json!({"results": results, "more": next.is_some(), "page": next, "notes": notes})))
}

/// A parameter that says something.
fn some(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// Where a page ends, as the answer before said it.
pub(in crate::http) fn page(text: &str) -> Result<i64, Problem> {
    text.parse().ok().filter(|it| *it >= 0).ok_or_else(|| Problem::bad_request("“page” is what the answer before this one gave as “page”."))
}

fn instant(name: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = some(text) else { return Ok(None) };
    // A day begins at midnight.
    let read = parse_instant(text, Some(Zone::utc())).or_else(|_| parse_instant(&format!("{text}T00:00"), Some(Zone::utc())));
    let words = format!("“{name}” is an instant: microseconds, 2026-11-24T19:00:00Z, or a day such as 2026-11-24.");
    read.map(Some).map_err(|_| Problem::bad_request(words))
}
