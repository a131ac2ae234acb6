//! Polling, saying, redacting.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll as Ready};

use bytes::Bytes;
use rocket::data::Data;
use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder, Response};
use rocket::serde::json::Json;
use rocket::tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use rocket::{Either, Request, State, delete, get, head, post};
use serde::{Deserialize, Serialize};

use super::poll_query::PollQuery;
use crate::app::talk::poll::{Answer, Head};
use crate::app::talk::say::SaidMessage as Done;
use crate::app::{App, Error};
use crate::domain::talk::message::ChatData;
use crate::http::api::{BODY, event_id, made, timestamp};
use crate::http::compression::{LEAST, Plain};
use crate::http::guards::{self, Caller};
use crate::http::problem::Problem;

#[get("/events/<id>/messages")]
pub async fn after(id: &str, query: PollQuery, caller: Caller<'_>, app: &State<App>) -> Result<Answer, Problem> {
    let (event, mut poll) = (event_id(id)?, query.0?);
    poll.from = caller.network;
    let who = caller.participant(app, &event)?;
    match app.messages_after(&event, who.as_ref(), &poll).await {
        Err(Error::NotFound(_)) if Box::pin(caller.is_insider(app, &event)).await? => {
            poll.insider = true;
            Ok(Box::pin(app.messages_after(&event, who.as_ref(), &poll)).await?)
        }
        other => Ok(other?),
    }
}

/// HEAD tells what a poll would, at once.
#[head("/events/<id>/messages")]
pub async fn head(id: &str, query: PollQuery, caller: Caller<'_>, app: &State<App>) -> Result<Answer, Problem> {
    let (event, mut poll) = (event_id(id)?, query.0?);
    poll.wait = std::time::Duration::ZERO;
    let who = caller.participant(app, &event)?;
    poll.insider = app.is_draft(&event).await? && caller.is_insider(app, &event).await?;
    Ok(app.messages_after(&event, who.as_ref(), &poll).await?)
}

#[derive(Deserialize)]
struct Said {
    text: String,
    nonce: Option<String>,
    /// True to refuse a text that looks like a command and is not one, so that its writer can be asked.
    #[serde(default)]
    ask: bool,
}

#[post("/events/<id>/messages", data = "<data>")]
pub async fn say(id: &str, caller: Caller<'_>, app: &State<App>, data: Data<'_>) -> Result<(Status, Row), Problem> {
    let event = event_id(id)?;
    let who = caller.writer(app, &event)?;
    let said: Said = guards::json(data, BODY).await?;
    if said.ask {
        app.ask_about(&said.text)?;
    }
    let Done { row, fresh, hint } = app.say(&event, who, &said.text, said.nonce, caller.network).await?;
    let row = match hint {
        None => Row::Left(Json(row)),
        Some(hint) => Row::Right(Json(Hinted { row, hint: hint.to_string() })),
    };
    Ok((made(fresh), row))
}

/// The row; with a word for its writer alone where it looks like a command and is none.
type Row = Either<Json<ChatData>, Json<Hinted>>;

#[derive(Serialize)]
pub struct Hinted {
    #[serde(flatten)]
    row: ChatData,
    hint: String,
}

#[delete("/events/<id>/messages/<ts>")]
pub async fn redact(id: &str, ts: &str, caller: Caller<'_>, app: &State<App>) -> Result<Status, Problem> {
    let by = caller.organizer(app).await?;
    app.redact(&by, &event_id(id)?, timestamp(ts)?).await?;
    Ok(Status::NoContent)
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let shared = self.shared;
        let body = Body { head: self.head(), tail: self.tail, read: 0 };
        // All pollers of a room share these bytes; compressing them for each would cost more than the answer. A small one needs no
        // mark, which would cost an allocation for each poller.
        if shared && body.len() >= LEAST {
            Plain::of(request).keep();
        }
        // Rocket takes a buffer of this size for each answer, of 4 KiB where nothing is said: a thousand
        // at once would fall out of the processor's cache. One byte more, or it takes a second one.
        let chunk = (body.len() + 1).min(64 * 1024);
        Response::build()
            .header(ContentType::JSON)
            .raw_header("Cache-Control", "no-store")
            .max_chunk_size(chunk)
            .sized_body(body.len(), body)
            .ok()
    }
}

/// `{"now":…,` of this poller, then the bytes that it shares with others.
struct Body {
    head: Head,
    tail: Bytes,
    read: usize,
}

impl Body {
    fn len(&self) -> usize {
        self.head.as_slice().len() + self.tail.len()
    }
}

impl AsyncRead for Body {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Ready<io::Result<()>> {
        while out.remaining() > 0 && self.read < self.len() {
            let head = self.head.as_slice();
            let left = match self.read.checked_sub(head.len()) {
                None => &head[self.read..],
                Some(read) => &self.tail[read..],
            };
            let taken = left.len().min(out.remaining());
            out.put_slice(&left[..taken]);
            self.read += taken;
        }
        Ready::Ready(Ok(()))
    }
}

impl AsyncSeek for Body {
    fn start_seek(self: Pin<&mut Self>, _: io::SeekFrom) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Ready<io::Result<u64>> {
        // Its size is told beforehand, so nobody seeks.
        Ready::Ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
