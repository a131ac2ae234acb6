//! One event of a meeting, changed alone: its date, time, length, title, agenda. What was there before comes
//! back by the notice's button.

use rocket::http::Status;
use rocket::{get, post};
use rocket_dyn_templates::context;

use super::edit_scope::owned;
use super::event_values::{EventValues, Times, refused};
use crate::app::schedule::events::EventInput;
use crate::app::{Error, Thing};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::event::{ChatEvent, EventId};
use crate::domain::schedule::meeting::Meeting;
use crate::http::problem::Problem;
use crate::http::web::agenda::version;
use crate::http::web::kit::answer::{Answer, local};
use crate::http::web::kit::edit_conflict::FieldProblems;
use crate::http::web::kit::edit_conflict::Met;
use crate::http::web::kit::flash::Flash;
use crate::http::web::kit::form::Sent;
use crate::http::web::kit::page::Page;
use crate::http::web::kit::{csrf, instants, view_models};
use crate::http::web::schedule::overlaps::Overlaps;

#[get("/schedule/events/<id>/edit?<back>")]
pub async fn edit_form(id: &str, back: Option<&str>, page: Page<'_>) -> Result<Answer, Problem> {
    let Some(me) = &page.me else { return Ok(Answer::sign_in(&page.path)) };
    let (meeting, event) = find(&page, me, id).await?;
    let values = EventValues { back: back.and_then(local).unwrap_or_default().to_owned(), ..EventValues::of(&event) };
    Ok(render(&page, &meeting, &event, &values, Status::Ok, Said::default()))
}

#[post("/schedule/events/<id>/edit", data = "<sent>")]
pub async fn save(id: &str, page: Page<'_>, sent: Result<Sent<EventValues>, Problem>) -> Result<Answer, Problem> {
    let Sent(mut values) = sent?;
    page.caller.check_form()?;
    let me = page.organizer()?;
    let (meeting, event) = find(&page, me, id).await?;
    let mut said = Said { met: values.catch_up(&EventValues::of(&event)), ..Said::default() };
    let problems: FieldProblems = match page.check(&values.csrf) {
        Err(problem) if problem.name == csrf::PROBLEM => [("form", csrf::AGAIN.to_owned())].into(),
        Err(problem) => return Err(problem),
        // What is wrong besides is told at once.
        Ok(()) if !said.met.problems.is_empty() => values.read(event.zone).err().unwrap_or_default(),
        Ok(()) => match change(&page, me, &meeting, &event, &values).await? {
            Ok(changed) => {
                let before = before(&page, me, &meeting, (&event, &changed), &values).await?;
                let flash = told(&event, &changed).undo_by(format!("/schedule/events/{id}/edit"), before);
                return Ok(page.go_with(&flash, local(&values.back).map_or_else(|| changed.url(), str::to_owned)));
            }
            Err(Refused::Problems(problems)) => problems,
            Err(Refused::Asks(overlaps)) => {
                said.overlaps = overlaps;
                return Ok(render(&page, &meeting, &event, &values, Status::Ok, said));
            }
        },
    };
    let status = if problems.is_empty() { Status::Conflict } else { Status::UnprocessableEntity };
    said.met.problems.extend(problems);
    Ok(render(&page, &meeting, &event, &values, status, said))
}

/// What the form says when it is shown.
#[derive(Default)]
struct Said {
    met: Met,
    /// It would be taken, but for these, of which nobody was told yet.
    overlaps: Overlaps,
}

/// Why nothing is saved.
enum Refused {
    Problems(FieldProblems),
    Asks(Overlaps),
}

async fn find(page: &Page<'_>, me: &Organizer, id: &str) -> Result<(Meeting, ChatEvent), Error> {
    let id = EventId::parse(id).ok_or(Error::NotFound(Thing::Event))?;
    let event = page.app.event(&id).await?;
    Ok((owned(page, me, &event.slug).await?, event))
}

/// Changes what differs from the event as it stands; else says what is wrong with it.
async fn change(
    page: &Page<'_>,
    me: &Organizer,
    meeting: &Meeting,
    event: &ChatEvent,
    values: &EventValues,
) -> Result<Result<ChatEvent, Refused>, Problem> {
    let old = EventValues::of(event);
    let (starts, lasts) = ((&values.date, &values.time) != (&old.date, &old.time), values.minutes.trim() != old.minutes);
    let typed = match values.read(event.zone) {
        Ok(times) => times,
        Err(problems) => return Ok(Err(Refused::Problems(problems))),
    };
    // Where nothing was typed, moments that the form does not show stay as well.
    let length = |(opens, closes): Times| closes.micros() - opens.micros();
    let opens = if starts { typed.0 } else { event.opens_at };
    let times = (opens, opens.plus_micros(length(if lasts { typed } else { (event.opens_at, event.closes_at) })));
    if starts || lasts {
        let overlaps = Overlaps::new(&page.app.overlaps_at(me, meeting, times.0, times.1).await?, &[]);
        if !overlaps.is_empty() && overlaps.seen != values.seen {
            return Ok(Err(Refused::Asks(overlaps)));
        }
    }
    let input = EventInput {
        opens_at: starts.then(|| times.0.to_string()),
        closes_at: (starts || lasts).then(|| times.1.to_string()),
        title: (values.title.trim() != old.title).then(|| values.title.clone()),
        agenda: values.agenda.clone().filter(|agenda| Some(agenda.replace("\r\n", "\n").trim()) != old.agenda.as_deref()),
        agenda_undo: Some(&values.agenda_undo).filter(|version| !version.is_empty()).cloned(),
        apart: true,
        ..EventInput::default()
    };
    match page.app.change_event(me, &event.id, &input).await {
        Ok(event) => Ok(Ok(event)),
        Err(Error::Invalid(found)) => Ok(Err(Refused::Problems(found.into_iter().map(|it| (it.field, it.detail)).collect()))),
        Err(Error::Conflict(problem)) => Ok(Err(Refused::Problems(refused(problem)))),
        Err(error) => Err(error.into()),
    }
}

fn told(before: &ChatEvent, now: &ChatEvent) -> Flash {
    let opens = instants::Instant::new(now.opens_at, now.zone);
    if (before.opens_at, before.closes_at) == (now.opens_at, now.closes_at) {
        return Flash::good(format!("The changes of “{}” on {} are saved.", now.title, opens.date()));
    }
    Flash::good(format!("“{}” is now on {}, {}.", now.title, opens.date(), now.hours()))
}

/// The form that brings everything back. The agenda before is kept with the event: it may be too long for a notice.
async fn before(
    page: &Page<'_>,
    me: &Organizer,
    meeting: &Meeting,
    (event, now): (&ChatEvent, &ChatEvent),
    sent: &EventValues,
) -> Result<Vec<(&'static str, String)>, Error> {
    let EventValues { date, time, minutes, title, .. } = EventValues::of(event);
    // What changes after this is not taken back with it.
    let was = EventValues::of(now).was;
    // Whoever goes back need not be asked of what it overlapped there already.
    let seen = Overlaps::new(&page.app.overlaps_at(me, meeting, event.opens_at, event.closes_at).await?, &[]).seen;
    let mut fields = vec![
        ("date", date),
        ("time", time),
        ("minutes", minutes),
        ("title", title),
        ("back", sent.back.clone()),
        ("was", was),
        ("seen", seen),
    ];
    if event.agenda != now.agenda {
        fields.push(("agenda_undo", version(now)));
    }
    Ok(fields)
}

fn render(page: &Page<'_>, meeting: &Meeting, event: &ChatEvent, values: &EventValues, status: Status, said: Said) -> Answer {
    let own = context! {
        meeting: view_models::Meeting::new(meeting, &page.origin).with_times(meeting, page.now),
        event: view_models::Event::new(event, meeting, page.now),
        repeats: meeting.course().asks_for(event.original_start) && event.original_start > page.now,
        values,
        problems: said.met.problems,
        meanwhile: said.met.texts,
        overlaps: said.overlaps,
    };
    page.render_as(status, "schedule/event_form.html.j2", own)
}
