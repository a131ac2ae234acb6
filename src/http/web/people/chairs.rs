//! A meeting's chair link: a browser that followed it runs the meeting's events, and who joins from there is
//! a chair. The organizer finds it on the meeting's page and can make a new one. And the button by which who runs an event makes
//! somebody in it a chair.

use rocket::form::FromForm;
use rocket::http::RawStr;
use rocket::{get, post};

use crate::app::schedule::meetings::Found;
use crate::app::{Error, Thing};
use crate::domain::schedule::event::ChatEvent;
use crate::domain::schedule::meeting::Meeting;
use crate::domain::talk::participant::ParticipantId;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::flash::Flash;
use crate::http::web::kit::form::{Button, Sent};
use crate::http::web::kit::page::{Page, in_full};
use crate::http::web::talk::event_page::{EventTarget, find};

// Behind the log of an event, whose path looks alike: no event has the key `chair`.
#[get("/m/<slug>/chair/<key>", rank = 20)]
pub async fn enter(slug: &str, key: &str, page: Page<'_>) -> Result<Answer, Problem> {
    let meeting = match page.app.find_meeting(slug, page.me.as_ref()).await? {
        Found::Meeting(meeting) => meeting,
        Found::Moved(slug) => return Ok(Answer::go(format!("/m/{slug}/chair/{}", RawStr::new(key).percent_encode()))),
    };
    let version = page.app.enter_as_chair(&meeting, key, |event| page.caller.member(event)).await?;
    page.caller.keep_chair(&meeting.id, version);
    let text = format!("From this browser you can run the events of “{}” now. Who joins from here is a chair.", meeting.title);
    Ok(page.go_with(&Flash::good(text), meeting.url()))
}

#[post("/m/<slug>/chair", data = "<sent>")]
pub async fn renew(slug: &str, page: Page<'_>, sent: Result<Sent<Button>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    page.app.renew_chair_key(page.organizer()?, slug).await?;
    Ok(page.go_with(&Flash::good("There is a new chair link. The old one leads nowhere."), format!("/m/{slug}#chairs")))
}

/// Whom to make a chair, or a chair no more.
#[derive(Debug, FromForm)]
pub struct ChairForm {
    #[field(default = "")]
    csrf: String,
    #[field(default = "")]
    seat: String,
    #[field(default = "")]
    unseat: String,
}

#[post("/m/<slug>/<key>/chair", data = "<sent>")]
pub async fn seat(slug: &str, key: &str, page: Page<'_>, sent: Result<Sent<ChairForm>, Problem>) -> Result<Answer, Problem> {
    let Sent(form) = sent?;
    page.check(&form.csrf)?;
    let event = match find(&page, slug, key, "/chair").await? {
        EventTarget::Here(_, event) => event,
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let flash = match set(&page, &event, &form).await {
        Ok(flash) => flash,
        // They left or the room closed a moment ago: led back, the page shows how things stand.
        Err(error @ (Error::NotFound(Thing::Participant) | Error::Conflict(_))) => Flash::bad(in_full(&error.into())),
        Err(error) => return Err(error.into()),
    };
    Ok(page.go_with(&flash, event.url()))
}

async fn set(page: &Page<'_>, event: &ChatEvent, form: &ChairForm) -> Result<Flash, Error> {
    let on = form.unseat.is_empty();
    let who = ParticipantId::parse(if on { &form.seat } else { &form.unseat }).ok_or(Error::NotFound(Thing::Participant))?;
    let people = page.app.participants(&event.id).await?;
    let nick = people.into_iter().find(|person| person.id == who).map(|person| person.nick).ok_or(Error::NotFound(Thing::Participant))?;
    page.app.set_chair(page.papers(event).await?, &event.id, who, on).await?;
    Ok(Flash::good(if on { format!("{nick} is a chair now.") } else { format!("{nick} is no chair any more.") }))
}

/// The chair link of a meeting, where whoever is signed in owns it.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn link(page: &Page<'_>, meeting: &Meeting) -> Result<Option<String>, Error> {
    match &page.me {
        Some(me) if me.id == meeting.organizer => {
            page.holds_secret();
            Ok(Some(format!("{}{}/chair/{}", page.origin, meeting.url(), page.app.chair_key(me, &meeting.slug).await?)))
        }
        _ => Ok(None),
    }
}
