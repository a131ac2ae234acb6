//! The page of an event: lobby, room and transcript in one, and the log frame for readers without
//! script. Everything of the log on it comes from one look, so that its cursor fits its rows.

use rocket::get;
use rocket::http::{RawStr, Status};
use rocket_dyn_templates::context;
use serde::Serialize;

use super::catch_up;
use crate::app::Error;
use crate::app::minutes::current_minutes::Outcomes;
use crate::app::people::chairs::Papers;
use crate::app::schedule::meetings::Found;
use crate::app::talk::join::Person;
use crate::app::transcript::log_pages::{Log, TranscriptPage};
use crate::domain::minutes::Tag;
use crate::domain::schedule::event::{self, ChatEvent, EventId, Phase};
use crate::domain::schedule::meeting::Meeting;
use crate::domain::secret;
use crate::domain::talk::message::Kind;
use crate::domain::talk::participant::Participant;
use crate::domain::time::Timestamp;
use crate::domain::transcript::system_text;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::instants::Instant;
use crate::http::web::kit::page::{Link, Page};
use crate::http::web::kit::view_models;
use crate::http::web::minutes::{correct_minutes, minutes_view, open_actions};
use crate::http::web::schedule::listing::mark_added;
use crate::http::web::schedule::neighbours;
use crate::http::web::transcript::{self, Summary};
use crate::http::web::{agenda, calendar};

/// How often a reader without script asks again, in seconds; and where the event is called off, for it may be restored.
const AGAIN: u64 = 4;
const RESTORED: u64 = 20;

/// With `all`, the log of an event that goes on, from its beginning; with `at`, the page of a log on which that row is; with
/// `since`, what went by after that row comes first; with `write`, the message box has the focus. A page has as many rows as a
/// page of a transcript.
#[get("/m/<slug>/<key>?<all>&<at>&<since>&<write>")]
pub async fn show(
    slug: &str,
    key: &str,
    all: Option<&str>,
    at: Option<i64>,
    since: Option<i64>,
    write: Option<&str>,
    page: Page<'_>,
) -> Result<Answer, Problem> {
    let query = [("all", all.map(|_| 1)), ("at", at), ("since", since)];
    let query: Vec<String> = query.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
    let rest = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let part = LogRange {
        all: all.is_some(),
        at: at.map(Timestamp::from_micros),
        since: since.map(Timestamp::from_micros),
        write: write.is_some(),
    };
    match find(&page, slug, key, &rest).await? {
        // Boxed, here and below: the largest page of all.
        EventTarget::Here(meeting, event) => Box::pin(render_part(&page, &meeting, &event.id, part, Forms::default(), Status::Ok)).await,
        EventTarget::Elsewhere(answer) => Ok(*answer),
    }
}

/// How much of a log is asked for.
#[derive(Clone, Copy, Debug, Default)]
struct LogRange {
    all: bool,
    at: Option<Timestamp>,
    since: Option<Timestamp>,
    write: bool,
}

impl LogRange {
    /// Returns whether one page of the log is asked for, instead of its end.
    const fn is_page(self) -> bool {
        self.all || self.at.is_some()
    }
}

#[get("/m/<slug>/<key>/log")]
pub async fn frame(slug: &str, key: &str, page: Page<'_>) -> Result<Answer, Problem> {
    let (meeting, event) = match find(&page, slug, key, "/log").await? {
        EventTarget::Here(meeting, event) => (meeting, event),
        EventTarget::Elsewhere(answer) => return Ok(*answer),
    };
    let participant = participant(&page, &event).await?;
    if let Some(who) = &participant {
        page.app.note_presence(&event.id, &who.id).await?;
    }
    let log = page.app.newest(&event.id, participant.as_ref().map(|who| &who.id)).await?;
    let made = page.app.minutes(&event.id).await?;
    let event = view_models::Event::new(&log.event, &meeting, page.now);
    let again = match event.phase {
        Phase::Scheduled | Phase::Open => Some(AGAIN),
        Phase::Cancelled => Some(RESTORED),
        Phase::Closed => None,
    };
    let own = context! {
        csrf: page.csrf(),
        meeting: view_models::Meeting::new(&meeting, &page.origin),
        is_owner: page.owns(&meeting),
        participant: participant.map(You::from),
        earlier_url: earlier(&log),
        event,
        rows: rows(log, &made.outcomes),
        seen: None::<Timestamp>,
    };
    let answer = Answer::fragment(Status::Ok, "talk/log_frame.html.j2", own);
    Ok(match again {
        Some(seconds) => answer.with("Refresh", seconds.to_string()),
        None => answer,
    })
}

/// Where a link of an event leads.
pub enum EventTarget {
    Here(Box<Meeting>, Box<ChatEvent>),
    Elsewhere(Box<Answer>),
}

/// Finds an event by its link. `rest` is what stands behind the link, for where it moved to.
pub async fn find(page: &Page<'_>, slug: &str, key: &str, rest: &str) -> Result<EventTarget, Problem> {
    let meeting = match page.app.find_meeting(slug, page.me.as_ref()).await? {
        Found::Meeting(meeting) => meeting,
        Found::Moved(slug) => {
            return Ok(EventTarget::Elsewhere(Box::new(Answer::moved(format!("/m/{slug}/{}{rest}", RawStr::new(key).percent_encode())))));
        }
    };
    match page.app.event_by_key(&meeting, key).await {
        Ok(event) => Ok(EventTarget::Here(meeting, Box::new(event))),
        Err(Error::NotFound(_)) => Ok(EventTarget::Elsewhere(Box::new(no_such_event(page, *meeting).await?))),
        Err(error) => Err(error.into()),
    }
}

/// A wrong date: the meeting is known, so the events that may have been meant are.
async fn no_such_event(page: &Page<'_>, meeting: Meeting) -> Result<Answer, Problem> {
    let mut links = Vec::new();
    if meeting.deleted_at.is_none() {
        let found = page.app.view_meeting(meeting, None).await?;
        let meant = [("Now", found.current.as_ref()), ("Next", found.next.as_ref()), ("Latest", found.past.first())];
        for (which, event) in meant.into_iter().filter_map(|(which, event)| Some((which, event?))) {
            let day = Instant::new(event.opens_at, event.zone);
            links.push(Link { url: event.url(), label: format!("{which}: {}", day.date()) });
        }
        links.push(Link { url: found.meeting.url(), label: format!("All events of {}", found.meeting.title) });
    }
    let detail = if links.is_empty() {
        "Its meeting was deleted. Check the link."
    } else {
        "Its date was taken off the schedule, or the link is not whole. You may have meant one of these."
    };
    let own = context! { status: 404, title: "There is no such event", detail, links };
    Ok(page.render_as(Status::NotFound, "kit/error.html.j2", own))
}

/// What stands in the forms of the page, as somebody left them.
#[derive(Debug, Default)]
pub struct Forms {
    pub join: Typed,
    pub say: Typed,
    /// Why the event is cancelled.
    pub cancel: Typed,
    pub amend: correct_minutes::Shown,
    pub agenda: Option<agenda::Refused>,
}

/// One field as it was typed, why it was not taken, and the nonce under which it is sent again.
#[derive(Debug, Default)]
pub struct Typed {
    pub text: String,
    pub problem: Option<String>,
    pub nonce: Option<String>,
    /// It is a last act, and was asked about.
    pub sure: bool,
}

impl Typed {
    fn nonce(&self) -> String {
        self.nonce.clone().filter(|nonce| !nonce.is_empty()).unwrap_or_else(|| secret::readable(24))
    }
}

/// Renders the page of an event.
pub async fn render(page: &Page<'_>, meeting: &Meeting, id: &EventId, all: bool, forms: Forms, status: Status) -> Result<Answer, Problem> {
    // Boxed: it is shown where a form is refused, and what serves the form stays small.
    Box::pin(render_part(page, meeting, id, LogRange { all, ..LogRange::default() }, forms, status)).await
}

async fn render_part(
    page: &Page<'_>,
    meeting: &Meeting,
    id: &EventId,
    part: LogRange,
    forms: Forms,
    status: Status,
) -> Result<Answer, Problem> {
    let (log, sheet) = look(page, id, part).await?;
    let event = log.event.clone();
    let phase = event.phase(page.now);
    // Behind the rows: what comes between the two has its row after the cursor, and makes the page ask again.
    let made = page.app.minutes(id).await?;
    let participant = participant(page, &event).await?;
    let runs = runs(page, &event, participant.as_ref()).await?;
    let my_vote = participant.as_ref().and_then(|who| made.minutes.vote()?.chosen_by(&who.nick)).map(str::to_owned);
    let missed = catch_up::of_page(page, &event, participant.as_ref(), part.since).await?;
    let (mut people, chairs) = people(page, id, phase).await?;
    let summary = sheet.map(|sheet| Summary::of(&sheet, &mut people));
    // What later events say is read at this moment; the first page has it beside the minutes.
    let became = match &summary {
        Some(summary) if summary.page == 1 && made.minutes.of(Tag::Action).next().is_some() => transcript::since(page, &event).await?,
        _ => Vec::new(),
    };
    // Read after the log: a row that tells of a change is never on a page without the change.
    let may = matches!(phase, Phase::Scheduled | Phase::Open) && page.may_run(&event).await?;
    let agenda = agenda::AgendaView::of(page, &event, may, forms.agenda).await?;
    let left = open_actions::OpenActionsView::of(page, &event, may, None).await?;
    let mut shown = view_models::Event::new(&event, meeting, page.now);
    mark_added(std::slice::from_mut(&mut shown), std::slice::from_ref(&event), &[(meeting.id.clone(), meeting.clone())].into());
    if !page.owns(meeting) {
        shown.run_by_chairs(&event, page.now);
    }
    shown.people = (phase == Phase::Open).then_some(people.len());
    let moved =
        log.rows.iter().rfind(|row| row.kind == Kind::Rescheduled && row.text.starts_with(system_text::MOVED)).map(|row| row.text.clone());
    let own = context! {
        meeting: view_models::Meeting::new(meeting, &page.origin),
        event: shown,
        moved,
        moved_begins: system_text::MOVED,
        add: calendar::Add::to(&event, page.now, &page.origin),
        feed: calendar::Feed::of(meeting, &page.origin),
        reminders: page.app.has_reminders() && meeting.deleted_at.is_none(),
        is_owner: page.owns(meeting),
        runs,
        closes_soon: event.closes_at.plus_minutes(-event::WARNINGS[0]) <= page.now,
        participant: participant.map(You::from),
        cursor: log.cursor,
        whole: part.is_page(),
        seen: part.since,
        write: part.write,
        missed,
        minutes: minutes_view::MinutesView::of(&made, ""),
        help: minutes_view::help(),
        labels: minutes_view::labels(),
        amend: forms.amend,
        my_vote,
        sure: forms.say.sure,
        earlier_url: earlier(&log).filter(|_| summary.is_none()),
        later_url: later(&log).filter(|_| summary.is_none()),
        // Also on a page whose own last row is another.
        ended: event.closed.is_some(),
        summary,
        became,
        rows: rows(log, &made.outcomes),
        agenda,
        left,
        people,
        chairs,
        around: neighbours::NeighboursView::of(page, meeting, &event).await?,
        exports: exports(id),
        refresh: (phase == Phase::Scheduled).then(|| refresh(&event, page.now)),
        join_form: context! { nick: &forms.join.text, problem: &forms.join.problem, nonce: forms.join.nonce() },
        say_form: context! { text: &forms.say.text, problem: &forms.say.problem, nonce: forms.say.nonce() },
        cancel_form: context! { text: &forms.cancel.text, problem: &forms.cancel.problem },
    };
    Ok(page.render_as(status, "talk/event.html.j2", own))
}

/// The log: one page of it if it is over or if that is asked for, else its end.
async fn look(page: &Page<'_>, id: &EventId, part: LogRange) -> Result<(Log, Option<TranscriptPage>), Error> {
    let event = page.app.event(id).await?;
    if event.closed.is_some() {
        let mut sheet = page.app.sheet(event, part.at).await?;
        let rows = std::mem::take(&mut sheet.log.rows);
        return Ok((Log { rows, ..sheet.log.clone() }, Some(sheet)));
    }
    // Whoever may not talk any more is told so further on.
    let me = page.caller.member(id);
    if part.is_page() {
        let log = page.app.stretch(event, part.at.or(part.since).unwrap_or_default()).await?;
        return Ok((log, None));
    }
    Ok((page.app.newest(id, me.as_ref()).await?, None))
}

/// The visitor's own participant in the event, by cookie.
#[derive(Debug, Serialize)]
struct You {
    id: String,
    nick: String,
}

impl From<Participant> for You {
    fn from(who: Participant) -> Self {
        Self { id: who.id.to_string(), nick: who.nick }
    }
}

/// Returns who the visitor is in the event. A participant who left or was removed is forgotten.
pub async fn participant(page: &Page<'_>, event: &ChatEvent) -> Result<Option<Participant>, Error> {
    let Some(who) = page.caller.member(&event.id) else { return Ok(None) };
    match page.app.participant(event, &who).await {
        Ok(who) => Ok(Some(who)),
        Err(Error::BadToken) => {
            page.caller.drop_member(&event.id);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether the visitor may run the event: "yes", or "chair" where that is by their place in it alone and may end
/// with it; empty for others.
async fn runs(page: &Page<'_>, event: &ChatEvent, you: Option<&Participant>) -> Result<&'static str, Error> {
    let papers = Papers { organizer: page.me.clone(), version: page.caller.chair_version(&event.meeting), ..Papers::default() };
    let lasting = page.app.find_right(&papers, event).await?.is_some();
    Ok(match (lasting, you) {
        (true, _) => "yes",
        (false, Some(you)) if you.chair => "chair",
        _ => "",
    })
}

/// Who is in the room; of a closed one, everybody who took part, each nickname once. And the ids of its chairs, of
/// those who are away too.
pub async fn people(page: &Page<'_>, id: &EventId, phase: Phase) -> Result<(Vec<view_models::Person>, String), Error> {
    let mut people = page.app.participants(id).await?;
    let chairs = people.iter().filter(|who| who.chair).map(|who| who.id.as_str()).collect::<Vec<_>>().join(" ");
    if phase == Phase::Closed {
        people.dedup_by(|one, other| one.nick == other.nick);
    } else {
        people.retain(|who| who.present);
    }
    let view =
        |who: Person| view_models::Person { id: who.id.to_string(), nick: who.nick, present: who.present, chair: who.chair, note: None };
    Ok((people.into_iter().map(view).collect(), chairs))
}

/// The rows of a log, with what became of them in the minutes.
fn rows(log: Log, outcomes: &Outcomes) -> Vec<view_models::Row> {
    let zone = log.event.zone;
    log.rows.into_iter().map(|row| view_models::Row::new(row, zone).with_outcome(outcomes)).collect()
}

/// The page before these rows.
fn earlier(log: &Log) -> Option<String> {
    log.earlier.map(|at| format!("{}?all=1&at={at}", log.event.url()))
}

/// The page after them.
fn later(log: &Log) -> Option<String> {
    log.later.map(|at| format!("{}?all=1&at={at}", log.event.url()))
}

pub fn exports(id: &EventId) -> Vec<Link> {
    let forms = [("plain text", "txt"), ("Markdown", "md"), ("web page", "html"), ("JSON", "json")];
    let both = [("Transcript", "transcript"), ("Minutes", "minutes")];
    let link = |what: &str, name: &str, label: &str, form: &str| Link {
        url: format!("/api/v1/events/{id}/{name}.{form}"),
        label: format!("{what}, {label}"),
    };
    let all = both.into_iter().flat_map(|(what, name)| forms.map(|(label, form)| link(what, name, label, form)));
    all.chain([link("Actions", "actions", "CSV", "csv")]).collect()
}

/// When a lobby without script asks again, in seconds: as the room opens, but at least each minute.
fn refresh(event: &ChatEvent, now: Timestamp) -> u64 {
    (event.opens_at.since(now).as_secs() + 1).min(60)
}
