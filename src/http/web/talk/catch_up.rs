//! The card of what went by, for who comes late or was away: a fragment for the page's script, and the same in the page for
//! those without, where the server knows since when they are away.

use rocket::get;
use rocket::http::Status;
use rocket_dyn_templates::context;
use serde::Serialize;

use super::event_page::{EventTarget, find, participant};
use crate::app::Error;
use crate::app::talk::catch_up::{CatchUp, CatchUpRequest};
use crate::domain::minutes::Tag;
use crate::domain::schedule::event::{ChatEvent, Phase, SHEET};
use crate::domain::talk::participant::{Nick, Participant};
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::page::Page;
use crate::http::web::kit::view_models::Row;
use crate::http::web::minutes::minutes_view::{MinutesLine, ballot, line};

/// Who was away for so long first sees what went by, in minutes.
const AWAY: i64 = 30;

/// A line that went by.
#[derive(Debug, Serialize)]
struct CatchUpLine {
    /// "For you", "Agreed", or both.
    head: String,
    /// What was noted, or else what was said.
    line: Option<MinutesLine>,
    row: Option<Row>,
}

/// What heads a line in which the reader is called.
const CALLED: &str = "For you";

/// The card.
#[derive(Debug, Serialize)]
pub struct CatchUpView {
    /// The event's page.
    url: String,
    /// The last row that was seen; `None` for who was not here before.
    since: Option<Timestamp>,
    /// "2 mentions, 142 messages, 3 decisions".
    counts: String,
    /// What calls the reader by name, then the topic, decisions, actions and votes: each line of the log once.
    entries: Vec<CatchUpLine>,
    /// True if the log has more than one page.
    long: bool,
    /// The first row of the log, and the last one that this card knows of.
    first: Timestamp,
    until: Timestamp,
}

impl CatchUpView {
    /// The card, where there is reason for one.
    fn of(found: CatchUp, now: Timestamp) -> Option<Self> {
        let came_back = found.after > Timestamp::ZERO;
        let is_due = if came_back { found.lines > 0 } else { found.is_late(now) };
        if !is_due {
            return None;
        }
        Some(Self {
            url: found.event.url(),
            long: found.event.count > SHEET,
            since: came_back.then_some(found.after),
            counts: counts(&found),
            first: found.event.opened.unwrap_or(found.event.opens_at),
            until: found.event.last,
            entries: entries(found),
        })
    }
}

fn entries(found: CatchUp) -> Vec<CatchUpLine> {
    let (minutes, zone) = (&found.made.minutes, found.event.zone);
    // Each with the rows that gave it its words.
    let mut noted: Vec<(Vec<Timestamp>, CatchUpLine)> = Vec::new();
    let mut note = |ts, edited: Option<Timestamp>, head: &str, line: MinutesLine| {
        let entry = CatchUpLine { head: head.to_owned(), line: Some(line), row: None };
        noted.push(([Some(ts), edited].into_iter().flatten().collect(), entry));
    };
    for item in found.topic.iter().chain(&found.decisions.list).chain(&found.actions.list) {
        let head = if item.tag == Tag::Topic { "Topic now" } else { item.tag.entry().label };
        note(item.ts, item.edited, head, line(item, minutes, zone));
    }
    for vote in &found.votes.list {
        let shown = ballot(vote, minutes, zone);
        note(vote.ts, vote.edited, shown.label, shown);
    }
    let mut entries = Vec::new();
    for row in found.mentions.list {
        match noted.iter().position(|(rows, _)| rows.contains(&row.ts)) {
            Some(place) => {
                let entry = noted.remove(place).1;
                entries.push(CatchUpLine { head: format!("{CALLED}: {}", entry.head), ..entry });
            }
            None => entries.push(CatchUpLine { head: CALLED.to_owned(), line: None, row: Some(Row::new(row, zone)) }),
        }
    }
    entries.extend(noted.into_iter().map(|(_, entry)| entry));
    entries
}

/// How much there is of each, mentions first.
fn counts(found: &CatchUp) -> String {
    let many = |count: usize, what: &str| (count > 0).then(|| text::counted(count, what));
    let lines = many(found.lines, "message").map(|lines| if found.more { format!("more than {lines}") } else { lines });
    let all = [
        many(found.mentions.count, "mention"),
        lines,
        many(found.decisions.count, "decision"),
        many(found.actions.count, "action"),
        many(found.votes.count, "vote"),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[get("/m/<slug>/<key>/catch-up?<after>&<nick>")]
pub async fn fragment(slug: &str, key: &str, after: Option<i64>, nick: Option<&str>, page: Page<'_>) -> Result<Answer, Problem> {
    let event = match find(&page, slug, key, "/catch-up").await? {
        EventTarget::Here(_, event) => event,
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let after = after.filter(|after| *after >= 0).ok_or_else(|| Problem::bad_request("“after” is the cursor that was seen last, or 0."))?;
    let who = participant(&page, &event).await?;
    let missed = look(&page, &event, who.as_ref(), Timestamp::from_micros(after), nick).await?;
    Ok(Answer::fragment(Status::Ok, "talk/_catch_up.html.j2", context! { missed }))
}

/// The card for a page without script: since `since` where the address says it, since the server saw them last, or from the
/// beginning for who is not in the room yet.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn of_page(
    page: &Page<'_>,
    event: &ChatEvent,
    you: Option<&Participant>,
    since: Option<Timestamp>,
) -> Result<Option<CatchUpView>, Error> {
    let after = match (since, you) {
        (Some(since), _) => since,
        (None, None) => Timestamp::ZERO,
        (None, Some(you)) => match page.app.away_since(&you.id).await? {
            Some(since) if since.plus_minutes(AWAY) <= page.now => since,
            _ => return Ok(None),
        },
    };
    look(page, event, you, after, None).await
}

async fn look(
    page: &Page<'_>,
    event: &ChatEvent,
    you: Option<&Participant>,
    after: Timestamp,
    nick: Option<&str>,
) -> Result<Option<CatchUpView>, Error> {
    if event.phase(page.now) != Phase::Open {
        return Ok(None);
    }
    // What a browser remembers may be no nickname at all.
    let nick = nick.filter(|nick| Nick::parse(nick).is_ok());
    let found = page.app.catch_up(&event.id, &CatchUpRequest { after, who: you.map(|you| you.id.clone()), nick }).await?;
    Ok(CatchUpView::of(found, page.now))
}
