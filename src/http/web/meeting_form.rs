//! The form of a meeting: a new one, or a change of one that is there.

use crate::domain::zone::Zone;
use rocket::http::Status;
use rocket::{get, post};
use rocket_dyn_templates::context;

use super::answer::Answer;
use super::csrf;
use super::flash::Flash;
use super::form::Sent;
use super::meeting_values::{FieldProblems, Values};
use super::page::Page;
use super::preview::Ahead;
use super::view;
use crate::app::Error;
use crate::domain::meeting::{Meeting, MeetingInput, SlugProblem};
use crate::domain::organizer::Organizer;
use crate::http::error::Problem;

/// An empty form, or one filled from the meeting that `like` names.
#[get("/schedule/new?<like>")]
pub async fn new_form(like: Option<&str>, page: Page<'_>) -> Result<Answer, Problem> {
    let Some(me) = &page.me else { return Ok(Answer::sign_in(&page.path)) };
    let values = match like {
        Some(slug) => Values::like(&page.app.owned_meeting(me, slug).await?),
        None => Values::empty(),
    };
    render(&page, me, None, &values, Said::Nothing).await
}

#[post("/schedule/new", data = "<sent>")]
pub async fn create(page: Page<'_>, sent: Result<Sent<Values>, Problem>) -> Result<Answer, Problem> {
    let Sent(values) = sent?;
    page.caller.check_form()?;
    let me = page.organizer()?;
    match write(&page, me, None, &values).await? {
        Ok(meeting) => {
            let link = view::Meeting::new(&meeting, &page.origin).link;
            let flash = Flash::good(format!("“{}” is on the schedule. Share its link: {link}", meeting.title));
            Ok(page.go_with(&flash, meeting.url()))
        }
        Err(said) => render(&page, me, None, &values, said).await,
    }
}

#[get("/schedule/<slug>/edit")]
pub async fn edit_form(slug: &str, page: Page<'_>) -> Result<Answer, Problem> {
    let Some(me) = &page.me else { return Ok(Answer::sign_in(&page.path)) };
    let meeting = editable(&page, me, slug).await?;
    render(&page, me, Some(&meeting), &Values::of(&meeting), Said::Nothing).await
}

#[post("/schedule/<slug>/edit", data = "<sent>")]
pub async fn save(slug: &str, page: Page<'_>, sent: Result<Sent<Values>, Problem>) -> Result<Answer, Problem> {
    let Sent(mut values) = sent?;
    page.caller.check_form()?;
    let me = page.organizer()?;
    let meeting = editable(&page, me, slug).await?;
    values.of.clone_from(&meeting.slug);
    match write(&page, me, Some(&meeting), &values).await? {
        Ok(meeting) => Ok(page.go_with(&Flash::good(format!("The changes of “{}” are saved.", meeting.title)), meeting.url())),
        Err(said) => render(&page, me, Some(&meeting), &values, said).await,
    }
}

/// The meeting, where it is this organizer's and not deleted.
async fn editable(page: &Page<'_>, me: &Organizer, slug: &str) -> Result<Meeting, Error> {
    let meeting = page.app.owned_meeting(me, slug).await?;
    if meeting.deleted_at.is_some() { Err(Error::Deleted) } else { Ok(meeting) }
}

/// What a form says when it is shown.
enum Said {
    Nothing,
    /// Why it was not taken.
    Problems(Status, FieldProblems),
    /// It would be taken, but overlaps other events, and nobody was told yet.
    Overlaps(Box<Ahead>),
}

/// Makes or changes the meeting, or says why nothing is saved.
async fn write(page: &Page<'_>, me: &Organizer, meeting: Option<&Meeting>, values: &Values) -> Result<Result<Meeting, Said>, Problem> {
    if let Err(problem) = page.check(&values.csrf) {
        return if problem.name == csrf::PROBLEM {
            Ok(Err(Said::Problems(problem.status, [("form", csrf::AGAIN.to_owned())].into())))
        } else {
            Err(problem)
        };
    }
    if !values.show.is_empty() {
        return Ok(Err(Said::Nothing));
    }
    let problems = values.problems(page.now);
    if !problems.is_empty() {
        return Ok(Err(Said::Problems(Status::UnprocessableEntity, problems)));
    }
    // Overlaps forbid nothing, but are named before anything is saved.
    if meeting.is_none_or(|meeting| times(&Values::of(meeting)) != times(values)) {
        let ahead = Ahead::beside(page, me, values).await?;
        if !ahead.overlaps.is_empty() && ahead.seen != values.seen {
            return Ok(Err(Said::Overlaps(Box::new(ahead))));
        }
    }
    let input = values.input();
    let written = match meeting {
        Some(meeting) => page.app.edit_meeting(me, &meeting.slug, &input).await,
        None => page.app.create_meeting(me, &input).await,
    };
    match written {
        Ok(meeting) => Ok(Ok(meeting)),
        Err(Error::Invalid(found)) => Ok(Err(Said::Problems(Status::UnprocessableEntity, values.told(found)))),
        Err(Error::SlugTaken) => {
            let problems = [("slug", taken(page, values).await?)].into();
            Ok(Err(Said::Problems(Status::Conflict, problems)))
        }
        Err(error) => Err(error.into()),
    }
}

/// What of a form decides when its events are.
fn times(values: &Values) -> (String, String, String, String, Vec<String>) {
    let MeetingInput { timezone, starts, duration_minutes, rrule, dates, .. } = values.input();
    (timezone, starts, duration_minutes, rrule, dates)
}

/// Says that a link is taken, and which one like it is free.
async fn taken(page: &Page<'_>, values: &Values) -> Result<String, Error> {
    for n in 2..=9 {
        let free = format!("{}-{n}", values.slug.trim());
        match page.app.find_meeting(&free).await {
            Err(Error::NotFound(_)) => return Ok(format!("Another meeting already has this link. “{free}” is free.")),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Ok(SlugProblem::Taken.to_string())
}

async fn render(page: &Page<'_>, me: &Organizer, meeting: Option<&Meeting>, values: &Values, said: Said) -> Result<Answer, Problem> {
    let action = meeting.map_or_else(|| "/schedule/new".to_owned(), |meeting| format!("/schedule/{}/edit", meeting.slug));
    let asks = matches!(said, Said::Overlaps(_));
    let (status, problems, ahead) = match said {
        Said::Nothing => (Status::Ok, FieldProblems::new(), None),
        Said::Problems(status, problems) => (status, problems, None),
        Said::Overlaps(ahead) => (Status::Ok, FieldProblems::new(), Some(*ahead)),
    };
    let ahead = match ahead {
        Some(ahead) => ahead,
        None => Ahead::beside(page, me, values).await?,
    };
    let own = context! {
        editing: meeting.is_some(),
        action,
        meeting: meeting.map(|meeting| view::Meeting::new(meeting, &page.origin)),
        zones: zones(),
        values,
        problems,
        asks,
        preview: ahead.preview,
        preview_rule: ahead.preview_rule,
        preview_problem: ahead.preview_problem,
        preview_note: ahead.preview_note,
        overlaps: ahead.overlaps,
        seen: ahead.seen,
    };
    Ok(page.render_as(status, "meeting_form.html.j2", own))
}

/// The zones to choose from: places, and UTC. Others are understood as well.
fn zones() -> Vec<&'static str> {
    let is_place = |name: &&str| *name == "UTC" || name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("US/");
    Zone::all().map(Zone::name).filter(is_place).collect()
}
