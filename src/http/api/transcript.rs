//! The whole log of an event as a file: JSON, text, Markdown, HTML.

use std::fmt::Write;

use rocket::http::ContentType;
use rocket::{Either, State, get};
use rocket_dyn_templates::{Template, context};
use serde::Serialize;
use serde_json::json;

use super::{event_id, shapes};
use crate::app::App;
use crate::app::transcript::Log;
use crate::domain::message::{ChatData, Kind, line};
use crate::domain::time::Timestamp;
use crate::http::error::Problem;

type Text = (ContentType, String);
type Page = (ContentType, Template);

#[get("/events/<id>/<file>", rank = 3)]
pub async fn whole(id: &str, file: &str, app: &State<App>) -> Result<Either<Text, Page>, Problem> {
    let form = file.strip_prefix("transcript.").filter(|form| matches!(*form, "json" | "txt" | "md" | "html"));
    let Some(form) = form else {
        return Err(Problem::new(404, "not-found", "There is nothing here", "Transcripts are transcript.json, .txt, .md and .html."));
    };
    let log = app.transcript(&event_id(id)?).await?;
    Ok(match form {
        "json" => {
            let event = shapes::event(&log.event, app.now());
            let body = json!({"version": 1, "meeting": log.event.slug, "event": event, "messages": log.rows});
            Either::Left((ContentType::JSON, body.to_string()))
        }
        "txt" => Either::Left((ContentType::Plain, log.rows.iter().map(|row| line(row, log.event.zone)).collect())),
        "md" => Either::Left((ContentType::new("text", "markdown").with_params(("charset", "utf-8")), markdown(&log))),
        _ => Either::Right(page(&log)),
    })
}

#[derive(Serialize)]
struct Line<'l> {
    ts: i64,
    time: String,
    iso: String,
    kind: Kind,
    nick: Option<&'l str>,
    html: &'l str,
}

/// The log as one page that needs nothing around it but the stylesheet.
fn page(log: &Log) -> Page {
    let event = &log.event;
    let at = |ts: Timestamp| ts.in_zone(event.zone);
    let lines: Vec<Line<'_>> = log
        .rows
        .iter()
        .filter(|row| row.kind != Kind::Redacted)
        .map(|row| Line {
            ts: row.ts.micros(),
            time: at(row.ts).format("%H:%M:%S").to_string(),
            iso: at(row.ts).to_rfc3339(),
            kind: row.kind,
            nick: row.nick.as_deref(),
            html: &row.html,
        })
        .collect();
    let title = format!("{}, {}", event.title, at(event.opens_at).format("%A %-d %B %Y"));
    let hours = format!("{}–{}", at(event.opens_at).format("%H:%M"), at(event.closes_at).format("%H:%M %Z"));
    (ContentType::HTML, Template::render("transcript.html.j2", context! { title, hours, url: event.url(), lines }))
}

/// The log in Markdown: a heading, then a line a row. What people wrote stays as they wrote it, but
/// for what would begin a block.
fn markdown(log: &Log) -> String {
    let opens = log.event.opens_at.in_zone(log.event.zone);
    let mut out = format!("# {}\n\n{}\n\n", escaped(&log.event.title), opens.format("%A %-d %B %Y, %H:%M %Z"));
    for row in &log.rows {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "- {}", entry(row, log));
    }
    out
}

fn entry(row: &ChatData, log: &Log) -> String {
    let time = row.ts.in_zone(log.event.zone).format("%H:%M:%S");
    let text = row.text.replace('\n', "  \n  ");
    match (row.kind, row.nick.as_deref().map(escaped)) {
        (Kind::Said, Some(nick)) => format!("{time} **{nick}**: {text}"),
        (Kind::Emote, Some(nick)) => format!("{time} *{nick}* {text}"),
        _ => format!("{time} {}", escaped(&text)),
    }
}

/// Text that Markdown must not read.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | ':' | ';' | '\'' | '"' | '?' | '/' | '(' | ')' | '%') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}
