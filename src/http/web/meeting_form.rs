//! The form of a meeting: a new one, or a change of one that is there.

use chrono_tz::TZ_VARIANTS;
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
use crate::domain::meeting::{Meeting, SlugProblem};
use crate::domain::organizer::Organizer;
use crate::http::error::Problem;

#[get("/schedule/new")]
pub fn new_form(page: Page<'_>) -> Answer {
    if page.me.is_none() {
        return Answer::sign_in(&page.path);
    }
    render(&page, None, &Values::empty(), &FieldProblems::new(), Status::Ok)
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
        Err((status, problems)) => Ok(render(&page, None, &values, &problems, status)),
    }
}

#[get("/schedule/<slug>/edit")]
pub async fn edit_form(slug: &str, page: Page<'_>) -> Result<Answer, Problem> {
    let Some(me) = &page.me else { return Ok(Answer::sign_in(&page.path)) };
    let meeting = editable(&page, me, slug).await?;
    Ok(render(&page, Some(&meeting), &Values::of(&meeting), &FieldProblems::new(), Status::Ok))
}

#[post("/schedule/<slug>/edit", data = "<sent>")]
pub async fn save(slug: &str, page: Page<'_>, sent: Result<Sent<Values>, Problem>) -> Result<Answer, Problem> {
    let Sent(values) = sent?;
    page.caller.check_form()?;
    let me = page.organizer()?;
    let meeting = editable(&page, me, slug).await?;
    match write(&page, me, Some(&meeting), &values).await? {
        Ok(meeting) => Ok(page.go_with(&Flash::good(format!("The changes of “{}” are saved.", meeting.title)), meeting.url())),
        Err((status, problems)) => Ok(render(&page, Some(&meeting), &values, &problems, status)),
    }
}

/// The meeting, where it is this organizer's and not deleted.
async fn editable(page: &Page<'_>, me: &Organizer, slug: &str) -> Result<Meeting, Error> {
    let meeting = page.app.owned_meeting(me, slug).await?;
    if meeting.deleted_at.is_some() { Err(Error::Deleted) } else { Ok(meeting) }
}

/// Makes or changes the meeting; the inner error is for the form.
async fn write(
    page: &Page<'_>,
    me: &Organizer,
    meeting: Option<&Meeting>,
    values: &Values,
) -> Result<Result<Meeting, (Status, FieldProblems)>, Problem> {
    if let Err(problem) = page.check(&values.csrf) {
        return if problem.name == csrf::PROBLEM {
            Ok(Err((problem.status, [("form", csrf::AGAIN.to_owned())].into())))
        } else {
            Err(problem)
        };
    }
    let problems = values.problems(page.now);
    if !problems.is_empty() {
        return Ok(Err((Status::UnprocessableEntity, problems)));
    }
    let input = values.input();
    let written = match meeting {
        Some(meeting) => page.app.edit_meeting(me, &meeting.slug, &input).await,
        None => page.app.create_meeting(me, &input).await,
    };
    match written {
        Ok(meeting) => Ok(Ok(meeting)),
        Err(Error::Invalid(found)) => Ok(Err((Status::UnprocessableEntity, values.told(found)))),
        Err(Error::SlugTaken) => Ok(Err((Status::Conflict, [("slug", taken(page, values).await?)].into()))),
        Err(error) => Err(error.into()),
    }
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

fn render(page: &Page<'_>, meeting: Option<&Meeting>, values: &Values, problems: &FieldProblems, status: Status) -> Answer {
    let action = meeting.map_or_else(|| "/schedule/new".to_owned(), |meeting| format!("/schedule/{}/edit", meeting.slug));
    let Ahead { preview, preview_rule, preview_problem } = Ahead::of(values, page.now);
    let own = context! {
        editing: meeting.is_some(),
        action,
        meeting: meeting.map(|meeting| view::Meeting::new(meeting, &page.origin)),
        zones: zones(),
        weekday: values.weekday(),
        values,
        problems,
        preview,
        preview_rule,
        preview_problem,
    };
    page.render_as(status, "meeting_form.html.j2", own)
}

/// The zones to choose from: places, and UTC. Others are understood as well.
fn zones() -> Vec<&'static str> {
    let is_place = |name: &&str| *name == "UTC" || name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("US/");
    TZ_VARIANTS.iter().map(|zone| zone.name()).filter(is_place).collect()
}
