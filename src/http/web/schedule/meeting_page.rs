//! The page of a meeting: its current or next event, those after it, and those that are over; what is open of its actions, by
//! person, and what it decided.

use rocket::get;
use rocket_dyn_templates::context;
use serde::Serialize;

use super::listing::mark_added;
use crate::app::Error;
use crate::app::minutes::action_items as tasks;
use crate::app::minutes::action_items::Decisions;
use crate::app::minutes::current_minutes::Made;
use crate::app::schedule::meetings::Found;
use crate::domain::minutes::{Action, by_person};
use crate::domain::schedule::event::ChatEvent;
use crate::domain::schedule::meeting::Meeting;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::instants::Instant;
use crate::http::web::kit::page::Page;
use crate::http::web::kit::view_models;
use crate::http::web::minutes::{minutes_view, open_actions};
use crate::http::web::people::chairs;
use crate::http::web::{calendar, reminders};

#[get("/m/<slug>?<before>")]
pub async fn show(slug: &str, before: Option<i64>, page: Page<'_>) -> Result<Answer, Problem> {
    let meeting = match page.app.find_meeting(slug, page.me.as_ref()).await? {
        Found::Meeting(meeting) => *meeting,
        Found::Moved(slug) => return Ok(Answer::moved(format!("/m/{slug}"))),
    };
    let found = page.app.view_meeting(meeting, before.map(Timestamp::from_micros)).await?;
    let meeting = &found.meeting;
    let view = |event: &ChatEvent| view_models::Event::new(event, meeting, page.now);
    let is_owner = page.owns(meeting);
    // Where all that lies ahead is cancelled, the first of it is what people have to know.
    let event = found.current.as_ref().or(found.next.as_ref()).or(found.upcoming.first());
    let ahead: Vec<ChatEvent> = found.upcoming.iter().filter(|it| event.is_none_or(|event| event.id != it.id)).cloned().collect();
    let mut upcoming: Vec<_> = ahead.iter().map(view).collect();
    if is_owner {
        mark_added(&mut upcoming, &ahead, &[(meeting.id.clone(), meeting.clone())].into());
    }
    // Behind the first page of what is over they would only stand in the way.
    let memory = if before.is_none() { Some(Memory::of(&page, meeting, found.current.as_ref(), is_owner).await?) } else { None };
    let last = found.past.last().filter(|_| found.older);
    let own = context! {
        meeting: view_models::Meeting::new(meeting, &page.origin).with_times(meeting, page.now),
        is_owner,
        chair_link: chairs::link(&page, meeting).await?,
        event: event.map(view),
        add: event.and_then(|event| calendar::Add::to(event, page.now, &page.origin)),
        feed: calendar::Feed::of(meeting, &page.origin),
        reminders: reminders::Offer::of(&page, meeting).await?,
        upcoming,
        memory,
        past: found.past.iter().map(view).collect::<Vec<_>>(),
        older: last.map(|last| format!("{}?before={}", meeting.url(), last.opens_at.micros())),
        is_older: before.is_some(),
    };
    Ok(page.render("schedule/meeting.html.j2", own).secret())
}

/// What a meeting has to do, and what it decided.
#[derive(Debug, Serialize)]
struct Memory {
    /// How many actions are open.
    open: usize,
    people: Vec<Person>,
    /// Where what becomes of one is decided: in the event that is open or next, if the visitor may.
    decide: Option<String>,
    decisions: Vec<Decided>,
    /// Whether there are more, in the search.
    more: bool,
    /// Of how many events that closed this tells.
    events: usize,
}

/// Somebody, or nobody yet, with what is to be done.
#[derive(Debug, Serialize)]
struct Person {
    nick: Option<String>,
    actions: Vec<open_actions::OpenAction>,
}

/// The decisions of an event.
#[derive(Debug, Serialize)]
struct Decided {
    url: String,
    day: Instant,
    /// True if its room is open, so that more may come.
    is_open: bool,
    lines: Vec<minutes_view::MinutesLine>,
}

impl Memory {
    async fn of(page: &Page<'_>, meeting: &Meeting, current: Option<&ChatEvent>, is_owner: bool) -> Result<Self, Error> {
        let mut open: Vec<Action> = page.app.actions(&meeting.id).await?;
        open.retain(|action| !action.step.ends());
        let people = by_person(&open).into_iter().map(|(nick, theirs)| Person {
            nick: nick.map(str::to_owned),
            actions: theirs.into_iter().map(open_actions::OpenAction::new).collect(),
        });
        let onto = if is_owner && !open.is_empty() { page.app.where_to_decide(&meeting.id).await? } else { None };
        let Decisions { of, more } = page.app.decisions(meeting, current).await?;
        Ok(Self {
            open: open.len(),
            people: people.collect(),
            decide: onto.as_ref().map(open_actions::address),
            decisions: of.iter().map(|made| Decided::of(made)).collect(),
            more,
            events: tasks::EVENTS,
        })
    }
}

impl Decided {
    fn of(made: &Made) -> Self {
        let (event, day) = (&made.event, Instant::new(made.event.opens_at, made.event.zone));
        Self { url: event.url(), day, is_open: event.closed.is_none(), lines: minutes_view::decisions(made) }
    }
}
