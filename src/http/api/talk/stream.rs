//! Server-sent events: the rows of a poll, without asking again.

use rocket::http::{ContentType, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::response::stream::ByteStream;
use rocket::response::{self, Responder, Response};
use rocket::{Request, State, get};

use super::poll_query;
use crate::app::App;
use crate::app::talk::stream::{Start, Stream};
use crate::domain::time::Timestamp;
use crate::http::api::event_id;
use crate::http::guards::Caller;
use crate::http::problem::Problem;

/// Where a stream is to go on, or what is wrong with that.
pub struct Resume(Result<Timestamp, Problem>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Resume {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let query = request.uri().query().map_or("", |query| query.raw().as_str());
        Outcome::Success(Self(poll_query::resume(query, request.headers().get_one("Last-Event-ID"))))
    }
}

#[get("/events/<id>/stream")]
pub async fn stream(id: &str, resume: Resume, caller: Caller<'_>, app: &State<App>) -> Result<Frames, Problem> {
    let event = event_id(id)?;
    let after = resume.0?;
    let who = caller.participant(app, &event)?;
    let insider = app.is_draft(&event).await? && caller.is_insider(app, &event).await?;
    let start = Start { after, from: caller.network, insider };
    Ok(Frames(app.stream(&event, who, start).await?))
}

/// A stream as an answer; none where the event is over: 204 tells a browser not to come again.
pub struct Frames(Option<Stream>);

impl<'r> Responder<'r, 'r> for Frames {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let Some(mut stream) = self.0 else {
            return Response::build().status(Status::NoContent).raw_header("Cache-Control", "no-store").ok();
        };
        let frames = ByteStream! {
            while let Some(chunk) = stream.next().await {
                yield chunk;
            }
        };
        Response::build_from(frames.respond_to(request)?)
            .header(ContentType::EventStream)
            .raw_header("Cache-Control", "no-store")
            // nginx keeps answers back until a buffer is full, unless it is told not to.
            .raw_header("X-Accel-Buffering", "no")
            .ok()
    }
}
