//! The minutes of an event as a file: JSON, text, Markdown, HTML, and the part of the event's page. Each is written once for as long
//! as the minutes stay the same, and tells by its tag whether the client has it.

use std::io::Cursor;

use rocket::data::Data;
use rocket::http::Status;
use rocket::request::FromParam;
use rocket::response::{self, Responder, Response};
use rocket::{Request, State, get, post};
use rocket_dyn_templates::{Metadata, context};
use serde::Deserialize;
use serde_json::{Value, json};

use super::text::{markdown, plain};
use crate::app::App;
use crate::app::minutes::current_minutes::{Form, Made, Written};
use crate::domain::minutes::{Correction, Item, Minutes, Settled, Step, Tag, Whence};
use crate::domain::time::Timestamp;
use crate::http::api::{BODY, FILE_POLICY, event_id};
use crate::http::draft_access::seen;
use crate::http::feeds::{Origin, has_match};
use crate::http::guards::{self, Caller};
use crate::http::problem::Problem;
use crate::http::web::Minutes as Shown;

/// `minutes.json` and its like, as the last part of a path.
pub struct File(Form);

impl FromParam<'_> for File {
    type Error = ();

    fn from_param(name: &str) -> Result<Self, Self::Error> {
        Ok(Self(match name {
            "minutes.json" => Form::Json,
            "minutes.md" => Form::Markdown,
            "minutes.txt" => Form::Text,
            "minutes.html" => Form::Page,
            "minutes.part.html" => Form::Part,
            _ => return Err(()),
        }))
    }
}

#[get("/events/<id>/<file>", rank = 2)]
pub async fn whole(
    id: &str,
    file: File,
    caller: Caller<'_>,
    app: &State<App>,
    origin: Origin,
    templates: Metadata<'_>,
) -> Result<Document, Problem> {
    let (id, File(form), Origin(origin)) = (seen(id, &caller, app).await?, file, origin);
    // The part of the event's page names nobody's lines.
    let made = if form == Form::Part { app.minutes(&id).await? } else { app.counted_minutes(&id).await? };
    let event = &made.event;
    // A file that somebody keeps or passes on leads back here, wherever it is opened.
    let url = format!("{origin}{}", event.url());
    let page = |template: &'static str, here: &str| {
        let opens = event.opens_at.in_zone(event.zone);
        let title = format!("{}, {}", event.title, opens.format("%A %-d %B %Y"));
        let files = format!("{origin}/api/v1/events/{}", event.id);
        let written = templates.render(template, context! { minutes: Shown::of(&made, here), title, hours: event.hours(), files });
        // A template of ours always renders: its tests would not pass else.
        written.map(|(_, html)| html).unwrap_or_default()
    };
    let written = made.written(form, &origin, || match form {
        Form::Json => shape(&made).to_string(),
        Form::Markdown => markdown(&made, &url),
        Form::Text => plain(&made, &url),
        Form::Page => page("minutes/minutes.html.j2", &url),
        Form::Part => page("minutes/_minutes_parts.html.j2", ""),
    });
    let ending = match form {
        Form::Json => "json",
        Form::Markdown => "md",
        Form::Text => "txt",
        Form::Page | Form::Part => "html",
    };
    // A part of a page is no file.
    let name = (form != Form::Part).then(|| format!("{}-{}-minutes.{ending}", event.slug, event.key));
    Ok(Document { written, form, name })
}

#[derive(Deserialize)]
struct Corrected {
    ts: i64,
    /// `null` takes the item out. A body that forgets it does not.
    #[serde(deserialize_with = "Option::deserialize")]
    text: Option<String>,
}

/// Corrects an item after the close.
#[post("/events/<id>/minutes/corrections", data = "<data>")]
pub async fn correct(id: &str, caller: Caller<'_>, app: &State<App>, data: Data<'_>) -> Result<Status, Problem> {
    let by = caller.organizer(app).await?;
    let input: Corrected = guards::json(data, BODY).await?;
    app.correct_minutes(&by, &event_id(id)?, Timestamp::from_micros(input.ts), input.text.as_deref()).await?;
    Ok(Status::NoContent)
}

/// Minutes in one of their forms.
pub struct Document {
    written: Written,
    form: Form,
    name: Option<String>,
}

impl<'r> Responder<'r, 'static> for Document {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let Self { written: Written { bytes, tag }, form, name } = self;
        let known = has_match(request, &tag).unwrap_or_default();
        let mut response = Response::build();
        response.raw_header("ETag", tag).raw_header("Cache-Control", "no-cache").raw_header("X-Content-Type-Options", "nosniff");
        if known {
            return response.status(Status::NotModified).ok();
        }
        if let Some(name) = name {
            response.raw_header("Content-Disposition", format!("inline; filename=\"{name}\""));
        }
        if form == Form::Page {
            response.raw_header("Content-Security-Policy", FILE_POLICY);
        }
        response.raw_header(
            "Content-Type",
            match form {
                Form::Json => "application/json",
                Form::Markdown => "text/markdown; charset=utf-8",
                Form::Text => "text/plain; charset=utf-8",
                Form::Page | Form::Part => "text/html; charset=utf-8",
            },
        );
        response.sized_body(bytes.len(), Cursor::new(bytes)).ok()
    }
}

/// The contract's shape.
fn shape(made: &Made) -> Value {
    let (event, minutes) = (&made.event, &made.minutes);
    let list = |tag| minutes.of(tag).map(item).collect::<Vec<_>>();
    json!({
        "version": 1,
        "event": event.id,
        "meeting": event.slug,
        "title": event.title,
        "url": event.url(),
        "opens_at": event.opens_at,
        "closes_at": event.closes_at,
        "final": event.closed.is_some(),
        "topics": list(Tag::Topic),
        "subtopics": list(Tag::Subtopic),
        "agreed": list(Tag::Agreed),
        "accepted": list(Tag::Accepted),
        "rejected": list(Tag::Rejected),
        "actions": list(Tag::Action),
        "done": settled(minutes, Step::Done),
        "dropped": settled(minutes, Step::Dropped),
        "info": list(Tag::Info),
        "ideas": list(Tag::Idea),
        "helps": list(Tag::Help),
        "links": list(Tag::Link),
        "votes": minutes.votes,
        "attendees": minutes.attendees,
        "corrections": minutes.corrections.iter().map(correction).collect::<Vec<_>>(),
        "struck": minutes.struck,
    })
}

pub fn item(item: &Item) -> Value {
    let mut shape = json!({
        "ts": item.ts,
        "text": item.text,
        "nick": item.nick,
        "topic": item.topic,
        "edited": item.edited,
        "was": item.was,
    });
    match item.tag {
        Tag::Action => {
            shape["assignees"] = json!(item.assignees);
            shape["carried"] = json!(item.carried.as_ref().map(|carried| given(carried.given, &carried.from)));
        }
        Tag::Link => shape["url"] = json!(item.url),
        _ => {}
    }
    shape
}

/// The actions of earlier events that were ended so.
fn settled(minutes: &Minutes, step: Step) -> Vec<Value> {
    let shape = |it: &Settled| json!({"ts": it.ts, "text": it.text, "assignees": it.assignees, "nick": it.nick, "given": given(it.given, &it.from)});
    minutes.settled.iter().filter(|it| it.step == step).map(shape).collect()
}

/// The row that gave an action.
fn given(ts: Timestamp, from: &Whence) -> Value {
    json!({"ts": ts, "event": from.event, "url": from.line(ts)})
}

/// The same, and which kind of decision it is.
pub fn decision(it: &Item) -> Value {
    let mut shape = item(it);
    shape["kind"] = json!(it.tag);
    shape
}

fn correction(correction: &Correction) -> Value {
    json!({"ts": correction.ts, "text": correction.text, "by": correction.by, "at": correction.at})
}
