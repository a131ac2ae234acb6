//! The search: what people said, in all that the reader may read; the results alone for the page's script.

use rocket::form::FromForm;
use rocket::get;
use rocket::http::{RawStr, Status};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::kit::answer::Answer;
use super::kit::instants::Instant;
use super::kit::page::Page;
use crate::app::search::{Found, SearchRequest};
use crate::domain::schedule::event::EventId;
use crate::domain::search::row_kinds::SORTS;
use crate::domain::talk::message::Kind;
use crate::http::api::search::page as place;
use crate::http::problem::Problem;

/// What stands behind the question mark.
#[derive(Clone, Debug, FromForm)]
pub struct Wanted {
    #[field(default = "")]
    q: String,
    /// The slug of the meeting to search in.
    #[field(default = "")]
    meeting: String,
    /// Where the page before this one ended.
    #[field(default = "")]
    page: String,
}

/// A result as the template sees it.
#[derive(Debug, Serialize)]
struct ResultLine {
    url: String,
    /// The day and the time of the line in the meeting's zone.
    at: Instant,
    nick: String,
    is_emote: bool,
    snippet: String,
}

/// The results of one event, as the template sees them.
#[derive(Debug, Serialize)]
struct Sitting {
    title: String,
    /// When the newest of them was said.
    at: Instant,
    lines: Vec<ResultLine>,
}

/// What the results are made of.
#[derive(Debug, Serialize)]
struct Results {
    q: String,
    /// Whether anything is asked for.
    asked: bool,
    /// How many seconds to wait before the next search, where there were too many.
    wait: Option<u64>,
    /// Those of one event together, also where two events took place side by side; the newest of each in the order in which
    /// they were found.
    sittings: Vec<Sitting>,
    count: usize,
    notes: Vec<String>,
    /// Whether more may be found soon.
    is_behind: bool,
    more: Option<String>,
    /// Whether these are not the newest.
    older: bool,
    newest: String,
    kinds: Vec<&'static str>,
}

#[get("/search?<wanted..>")]
pub async fn search(wanted: Wanted, page: Page<'_>) -> Result<Answer, Problem> {
    let found = match find(&wanted, &page).await {
        Err(problem) if problem.status == Status::TooManyRequests => return Ok(later(&wanted, &page, &problem)),
        found => found?,
    };
    let meeting = found.meeting.as_ref().map(|it| context! { slug: &it.slug, title: &it.title, url: it.url() });
    let meeting = meeting.filter(|_| !wanted.meeting.is_empty());
    Ok(page.render("search/search.html.j2", context! { meeting, found: Results::new(&wanted, &found) }))
}

#[get("/search/results?<wanted..>")]
pub async fn results(wanted: Wanted, page: Page<'_>) -> Result<Answer, Problem> {
    let found = Results::new(&wanted, &find(&wanted, &page).await?);
    Ok(Answer::fragment(Status::Ok, "search/_results.html.j2", context! { found }))
}

async fn find(wanted: &Wanted, page: &Page<'_>) -> Result<Found, Problem> {
    if page.me.is_some() {
        // The links of this organizer's unlisted meetings would be next to text that another site may have chosen.
        page.holds_secret();
    }
    let meeting = Some(wanted.meeting.trim()).filter(|slug| !slug.is_empty());
    let behind = Some(wanted.page.trim()).filter(|it| !it.is_empty()).map(place).transpose()?;
    let asked = SearchRequest { q: &wanted.q, meeting, page: behind, ..SearchRequest::default() };
    Ok(page.app.search(&asked, page.me.as_ref(), page.caller.network).await?)
}

/// The page with all that was typed, for somebody who searches too fast.
fn later(wanted: &Wanted, page: &Page<'_>, problem: &Problem) -> Answer {
    let slug = wanted.meeting.trim();
    // Which meeting that is was not looked up.
    let meeting = (!slug.is_empty()).then(|| context! { slug, title: "this meeting", url: None::<String> });
    let wait = problem.retry_after.map(|wait| wait.as_secs() + 1);
    let found = Results { asked: false, wait, ..Results::new(wanted, &Found::default()) };
    page.render_as(problem.status, "search/search.html.j2", context! { meeting, found }).after(problem)
}

impl Results {
    fn new(wanted: &Wanted, found: &Found) -> Self {
        let asked = !found.query.is_empty();
        let more = found.next.map(|next| format!("{}&page={next}", address(wanted)));
        let mut sittings: Vec<(&EventId, Sitting)> = Vec::new();
        for it in &found.results {
            let at = Instant::new(it.row.ts, it.event.zone);
            let line = ResultLine {
                url: it.event.line_url(it.row.ts),
                at: at.clone(),
                is_emote: it.row.kind == Kind::Emote,
                nick: it.row.nick.clone().unwrap_or_default(),
                snippet: it.snippet.clone(),
            };
            match sittings.iter_mut().find(|(event, _)| **event == it.event.id) {
                Some((_, sitting)) => sitting.lines.push(line),
                None => sittings.push((&it.event.id, Sitting { title: it.event.title.clone(), at, lines: vec![line] })),
            }
        }
        Self {
            q: wanted.q.clone(),
            asked,
            wait: None,
            sittings: sittings.into_iter().map(|(_, sitting)| sitting).collect(),
            count: found.results.len(),
            notes: found.query.notes.clone(),
            is_behind: found.is_behind,
            more,
            older: !wanted.page.is_empty(),
            newest: address(wanted),
            kinds: SORTS.iter().map(|sort| sort.name).collect(),
        }
    }
}

/// The address of the first page of the same search.
fn address(wanted: &Wanted) -> String {
    let encoded = |text: &str| RawStr::new(text).percent_encode().to_string();
    let within = if wanted.meeting.is_empty() { String::new() } else { format!("&meeting={}", encoded(wanted.meeting.trim())) };
    format!("/search?q={}{within}", encoded(&wanted.q))
}
