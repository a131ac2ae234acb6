//! The form of a meeting: a new one, or a change of one that is there.

use crate::domain::zone::Zone;
use rocket::http::Status;
use rocket::{get, post};
use rocket_dyn_templates::context;

use super::edit_scope::{Scope, owned};
use super::end_series;
use super::meeting_values::Values;
use super::preview::Ahead;
use super::saved_notice::saved;
use crate::app::schedule::meetings::Found;
use crate::app::schedule::undo_reschedule::Changed;
use crate::app::{Error, Thing};
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::meeting::Visibility;
use crate::domain::schedule::slug::SlugProblem;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::edit_conflict::Met;
use crate::http::web::kit::flash::Flash;
use crate::http::web::kit::form::Sent;
use crate::http::web::kit::page::{Page, sentence};
use crate::http::web::kit::{csrf, instants, view_models};

/// An empty form, or one filled from the meeting that `like` names.
#[get("/schedule/new?<like>")]
pub async fn new_form(like: Option<&str>, page: Page<'_>) -> Result<Answer, Problem> {
    let Some(me) = &page.me else { return Ok(Answer::sign_in(&page.path)) };
    let values = match like {
        Some(slug) => Values::like(&page.app.owned_meeting(me, slug).await?, page.now),
        None => Values::empty(),
    };
    render(&page, me, None, &values, Said::Nothing).await
}

#[post("/schedule/new", data = "<sent>")]
pub async fn create(page: Page<'_>, sent: Result<Sent<Values>, Problem>) -> Result<Answer, Problem> {
    let Sent(mut values) = sent?;
    page.caller.check_form()?;
    let me = page.organizer()?;
    // A new meeting is no change of one that is there, whatever the form says.
    for stray in [&mut values.of, &mut values.from, &mut values.was] {
        stray.clear();
    }
    match write(&page, me, None, &values, Met::default()).await? {
        Ok(Changed { meeting, .. }) => {
            let link = view_models::Meeting::new(&meeting, &page.origin).link;
            let said = match meeting.visibility {
                Visibility::Draft => format!("“{}” is kept as a draft. Publish it when it is ready.", meeting.title),
                _ => format!("“{}” is on the schedule. Share its link: {link}", meeting.title),
            };
            Ok(page.go_with(&Flash::good(said), meeting.url()))
        }
        Err(said) => render(&page, me, None, &values, said).await,
    }
}

/// The form of an existing meeting: for all future events, or from the event with the id `from` on. With `last` it is filled so that
/// the series ends after that event, and shows what saving would do.
#[get("/schedule/<slug>/edit?<from>&<last>")]
pub async fn edit_form(slug: &str, from: Option<&str>, last: Option<&str>, page: Page<'_>) -> Result<Answer, Problem> {
    let Some(me) = &page.me else { return Ok(Answer::sign_in(&page.path)) };
    if let Some(last) = last {
        return match end_series::form(&page, me, slug, last).await {
            Ok((scope, values)) => {
                let ahead = Ahead::beside(&page, me, &values).await?;
                let said = if ahead.asks { Said::Asks(Box::new(ahead)) } else { Said::Nothing };
                render(&page, me, Some(&scope), &values, said).await
            }
            Err(error @ (Error::Invalid(_) | Error::NotFound(Thing::Event))) => {
                Ok(page.go_with(&Flash::bad(sentence(&error.into())), format!("/schedule/{slug}/edit")))
            }
            Err(error) => Err(error.into()),
        };
    }
    match Scope::of(&page, me, slug, from.unwrap_or_default()).await {
        Ok(scope) => render(&page, me, Some(&scope), &scope.values(page.now), Said::Nothing).await,
        // None follows it, so what may be meant is this one: a form for all would change more than was asked for.
        Err(error @ Error::Invalid(_)) => {
            let of_one = format!("/schedule/events/{}/edit", from.unwrap_or_default().trim());
            Ok(page.go_with(&Flash::bad(sentence(&error.into())), of_one))
        }
        // The link was made up.
        Err(error @ Error::NotFound(Thing::Event)) => {
            Ok(page.go_with(&Flash::bad(sentence(&error.into())), format!("/schedule/{slug}/edit")))
        }
        Err(error) => Err(error.into()),
    }
}

#[post("/schedule/<slug>/edit", data = "<sent>")]
pub async fn save(slug: &str, page: Page<'_>, sent: Result<Sent<Values>, Problem>) -> Result<Answer, Problem> {
    let Sent(mut values) = sent?;
    page.caller.check_form()?;
    let me = page.organizer()?;
    let scope = match Scope::of(&page, me, slug, &values.from).await {
        Ok(scope) => scope,
        Err(error @ (Error::Invalid(_) | Error::NotFound(Thing::Event))) => {
            let scope = Scope::all(owned(&page, me, slug).await?);
            values.of.clone_from(&scope.meeting.slug);
            values.from.clear();
            let met = Met { problems: [("from", sentence(&error.into()))].into(), ..Met::default() };
            return render(&page, me, Some(&scope), &values, Said::Problems(Status::UnprocessableEntity, met)).await;
        }
        Err(error) => return Err(error.into()),
    };
    let met = scope.catch_up(&mut values, page.now);
    match write(&page, me, Some(&scope), &values, met).await? {
        Ok(changed) => Ok(page.go_with(&saved(&changed), changed.meeting.url())),
        Err(said) => render(&page, me, Some(&scope), &values, said).await,
    }
}

/// What a form says when it is shown.
enum Said {
    Nothing,
    /// Why it was not taken.
    Problems(Status, Met),
    /// It would be taken, but does something that nobody was told yet.
    Asks(Box<Ahead>),
}

/// Makes or changes the meeting, or says why nothing is saved. `met` is what others changed as well since the form was loaded.
async fn write(
    page: &Page<'_>,
    me: &Organizer,
    scope: Option<&Scope>,
    values: &Values,
    mut met: Met,
) -> Result<Result<Changed, Said>, Problem> {
    if let Err(problem) = page.check(&values.csrf) {
        if problem.name != csrf::PROBLEM {
            return Err(problem);
        }
        met.problems.insert("form", csrf::AGAIN.to_owned());
        return Ok(Err(Said::Problems(problem.status, met)));
    }
    if !values.show.is_empty() {
        return Ok(Err(if met.problems.is_empty() { Said::Nothing } else { Said::Problems(Status::Ok, met) }));
    }
    let stays = scope.is_some_and(|scope| scope.values(page.now).times() == values.times());
    let wrong = values.problems(if stays { Timestamp::ZERO } else { page.now });
    let status = if wrong.is_empty() { Status::Conflict } else { Status::UnprocessableEntity };
    met.problems.extend(wrong);
    if !met.problems.contains_key("slug") && is_of_another(page, scope, values.slug.trim()).await? {
        met.problems.insert("slug", taken(page, values).await?);
    }
    if !met.problems.is_empty() {
        return Ok(Err(Said::Problems(status, met)));
    }
    // Overlaps forbid nothing, but they and what becomes of events are told before anything is saved.
    if !stays {
        let ahead = Ahead::beside(page, me, values).await?;
        if ahead.preview_problem.is_none() && (ahead.asks || !ahead.overlaps.is_empty()) && ahead.seen != values.seen {
            return Ok(Err(Said::Asks(Box::new(ahead))));
        }
    }
    let input = values.input();
    let written = match scope {
        Some(scope) => page.app.edit_undoably(me, &scope.meeting.slug, &input, scope.from.as_ref()).await,
        None => page.app.create_meeting(me, &input).await.map(|meeting| Changed { meeting, times: None }),
    };
    let (status, problems) = match written {
        Ok(changed) => return Ok(Ok(changed)),
        Err(Error::Invalid(found)) => (Status::UnprocessableEntity, values.told(found)),
        Err(Error::SlugTaken) => (Status::Conflict, [("slug", taken(page, values).await?)].into()),
        Err(error) => return Err(error.into()),
    };
    Ok(Err(Said::Problems(status, Met { problems, ..Met::default() })))
}

/// Whether a link leads to another meeting than the one of the form.
async fn is_of_another(page: &Page<'_>, scope: Option<&Scope>, slug: &str) -> Result<bool, Error> {
    match page.app.meeting_of_slug(slug).await {
        Ok(Found::Meeting(it)) => Ok(scope.is_none_or(|scope| scope.meeting.id != it.id)),
        Ok(Found::Moved(_)) | Err(Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Says that a link is taken, and which one like it is free.
async fn taken(page: &Page<'_>, values: &Values) -> Result<String, Error> {
    for n in 2..=9 {
        let free = format!("{}-{n}", values.slug.trim());
        match page.app.meeting_of_slug(&free).await {
            Err(Error::NotFound(_)) => return Ok(format!("Another meeting already has this link. “{free}” is free.")),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Ok(SlugProblem::Taken.to_string())
}

async fn render(page: &Page<'_>, me: &Organizer, scope: Option<&Scope>, values: &Values, said: Said) -> Result<Answer, Problem> {
    let meeting = scope.map(|scope| &scope.meeting);
    let action = meeting.map_or_else(|| "/schedule/new".to_owned(), |meeting| format!("/schedule/{}/edit", meeting.slug));
    let asks = matches!(said, Said::Asks(_));
    let (status, met, ahead) = match said {
        Said::Nothing => (Status::Ok, Met::default(), None),
        Said::Problems(status, met) => (status, met, None),
        Said::Asks(ahead) => (Status::Ok, Met::default(), Some(*ahead)),
    };
    let ahead = match ahead {
        Some(ahead) => ahead,
        None => Ahead::beside(page, me, values).await?,
    };
    let choices = match scope {
        Some(scope) => scope.choices(page).await?,
        None => Vec::new(),
    };
    let own = context! {
        editing: meeting.is_some(),
        action,
        meeting: meeting.map(|meeting| view_models::Meeting::new(meeting, &page.origin).with_times(meeting, page.now)),
        may_be_draft: meeting.is_none_or(|meeting| meeting.visibility == Visibility::Draft),
        // A link that can be guessed does not lead on to one that cannot.
        relinks: meeting.is_some_and(|meeting| meeting.visibility != Visibility::Unlisted),
        choices,
        first_day: scope.and_then(|scope| Some(instants::Instant::new(scope.start?, scope.meeting.timetable.zone).date().to_owned())),
        ends_after: end_series::ends_after(values).filter(|_| meeting.is_some()).map(|day| day.format("%a %-d %b %Y").to_string()),
        zones: zones(),
        values,
        problems: met.problems,
        meanwhile: met.texts,
        asks,
        preview: ahead.preview,
        preview_rule: ahead.preview_rule,
        preview_problem: ahead.preview_problem,
        preview_note: ahead.preview_note,
        overlaps: ahead.overlaps,
        effects: ahead.effects,
        seen: ahead.seen,
    };
    Ok(page.render_as(status, "schedule/meeting_form.html.j2", own))
}

/// The zones to choose from: places, and UTC. Others are understood as well.
fn zones() -> Vec<&'static str> {
    let is_place = |name: &&str| *name == "UTC" || name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("US/");
    Zone::all().map(Zone::name).filter(is_place).collect()
}
