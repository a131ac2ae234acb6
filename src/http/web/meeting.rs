//! The page of a meeting: its current or next event, those after it, and those that are over.

use rocket::get;
use rocket_dyn_templates::context;

use super::answer::Answer;
use super::page::Page;
use super::schedule::mark_added;
use super::{calendar, chairs, reminders, view};
use crate::app::meetings::Found;
use crate::domain::event::ChatEvent;
use crate::domain::time::Timestamp;
use crate::http::error::Problem;

#[get("/m/<slug>?<before>")]
pub async fn show(slug: &str, before: Option<i64>, page: Page<'_>) -> Result<Answer, Problem> {
    let meeting = match page.app.find_meeting(slug, page.me.as_ref()).await? {
        Found::Meeting(meeting) => *meeting,
        Found::Moved(slug) => return Ok(Answer::moved(format!("/m/{slug}"))),
    };
    let found = page.app.view_meeting(meeting, before.map(Timestamp::from_micros)).await?;
    let meeting = &found.meeting;
    let view = |event: &ChatEvent| view::Event::new(event, meeting, page.now);
    let is_owner = page.owns(meeting);
    // Where all that lies ahead is cancelled, the first of it is what people have to know.
    let event = found.current.as_ref().or(found.next.as_ref()).or(found.upcoming.first());
    let ahead: Vec<ChatEvent> = found.upcoming.iter().filter(|it| event.is_none_or(|event| event.id != it.id)).cloned().collect();
    let mut upcoming: Vec<_> = ahead.iter().map(view).collect();
    if is_owner {
        mark_added(&mut upcoming, &ahead, &[(meeting.id.clone(), meeting.clone())].into());
    }
    let last = found.past.last().filter(|_| found.older);
    let own = context! {
        meeting: view::Meeting::new(meeting, &page.origin).with_times(meeting, page.now),
        is_owner,
        chair_link: chairs::link(&page, meeting).await?,
        event: event.map(view),
        add: event.and_then(|event| calendar::Add::to(event, page.now, &page.origin)),
        feed: calendar::Feed::of(meeting, &page.origin),
        reminders: reminders::Offer::of(&page, meeting).await?,
        upcoming,
        past: found.past.iter().map(view).collect::<Vec<_>>(),
        older: last.map(|last| format!("{}?before={}", meeting.url(), last.opens_at.micros())),
        is_older: before.is_some(),
    };
    Ok(page.render("meeting.html.j2", own))
}
