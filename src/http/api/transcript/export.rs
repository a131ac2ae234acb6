//! The whole log of an event as a file, JSON, text, Markdown or HTML: written while it is read, a thousand rows in
//! memory at a time. What a row looks like in each is in `formats.rs`.

use rocket::futures::stream::{self, StreamExt};
use rocket::http::ContentType;
use rocket::response::stream::TextStream;
use rocket::response::{self, Responder, Response};
use rocket::{Request, State, get};
use rocket_dyn_templates::Metadata;

use super::formats::{Form, Writer};
use crate::app::App;
use crate::app::transcript::export_limits::Place;
use crate::app::transcript::log_pages::Telling;
use crate::http::api::FILE_POLICY;
use crate::http::draft_access::seen;
use crate::http::guards::Caller;
use crate::http::problem::Problem;

#[get("/events/<id>/<file>", rank = 3)]
pub async fn export_transcript<'r>(
    id: &str,
    file: &str,
    caller: Caller<'_>,
    app: &State<App>,
    templates: Metadata<'r>,
) -> Result<Export<'r>, Problem> {
    let Some(form) = file.strip_prefix("transcript.").and_then(Form::parse) else {
        return Err(Problem::new(404, "not-found", "There is nothing here", "Transcripts are transcript.json, .txt, .md and .html."));
    };
    // Before anything is read: this is the request's turn as well.
    let place = app.take_export(caller.network).await?;
    let event = seen(id, &caller, app).await?;
    let telling = app.telling(&event).await?;
    let event = telling.event();
    let name = format!("{}-{}.{}", event.slug, event.key, form.ending());
    let title = if form == Form::Text { telling.untold_title().await? } else { None };
    let writer = Writer::new(form, event, title, app.now(), templates);
    Ok(Export { place, telling, name, form, writer })
}

/// A file that is written while it is read.
pub struct Export<'r> {
    place: Place,
    telling: Telling,
    name: String,
    form: Form,
    writer: Writer<'r>,
}

/// What is written next.
enum Next {
    Head,
    Rows,
    Nothing,
}

impl<'r> Responder<'r, 'r> for Export<'r> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let (name, form) = (self.name, self.form);
        // The place is kept until the answer has been sent or its connection has ended, as long as the client reads.
        let begin = (self.place, self.telling, self.writer, Next::Head);
        let pieces = stream::unfold(begin, |(mut place, mut telling, mut writer, next)| async move {
            if matches!(next, Next::Rows)
                && let Err(problem) = place.keep().await
            {
                log::warn!("A transcript broke off because its client had stopped reading: {problem}");
                return Some((writer.broken(), (place, telling, writer, Next::Nothing)));
            }
            match next {
                Next::Head => Some((writer.head(), (place, telling, writer, Next::Rows))),
                Next::Rows => match telling.next().await {
                    Ok(Some(rows)) => Some((writer.rows(&rows), (place, telling, writer, Next::Rows))),
                    Ok(None) => Some((writer.end(), (place, telling, writer, Next::Nothing))),
                    Err(problem) => {
                        log::error!("A transcript broke off: {problem}");
                        Some((writer.broken(), (place, telling, writer, Next::Nothing)))
                    }
                },
                Next::Nothing => None,
            }
        });
        let mut answer = Response::build_from(TextStream(pieces.boxed()).respond_to(request)?);
        answer.header(form.content_type());
        answer.raw_header("Content-Disposition", format!("inline; filename=\"{name}\""));
        if form.content_type() == ContentType::HTML {
            answer.raw_header("Content-Security-Policy", FILE_POLICY);
        }
        answer.ok()
    }
}
