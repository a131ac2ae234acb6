//! What the page of an event tells of a log that is over: who said how much, the chart of its minutes, its pages. The same as a
//! fragment, for the pages under which the event closes.
//!
//! Values for templates, of numbers that `app` gives. The chart is drawn in whole numbers, ten units a bar.

use std::io::Cursor;

use rocket::get;
use rocket::http::ContentType;
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket_dyn_templates::{Metadata, context};
use serde::Serialize;

use super::kit::answer::Answer;
use super::kit::instants::Instant;
use super::kit::page::Page;
use super::kit::view_models::{self, Person};
use super::minutes::minutes_view::MinutesView as Minutes;
use super::talk::event_page::{EventTarget, exports, find, people};
use crate::app::Error;
use crate::app::minutes::current_minutes::Written;
use crate::app::transcript::log_pages::{Minute, TranscriptPage};
use crate::domain::minutes::{Action, Step};
use crate::domain::schedule::event::{ChatEvent, EventProblem, Phase};
use crate::domain::text::{self, counted};
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::http::problem::Problem;

/// The most bars a chart has; in a longer event a bar is of several minutes.
const BARS: i64 = 120;
/// A chart of fewer bars tells nothing.
const FEWEST: i64 = 3;
/// How wide and high a bar may be, in units of the drawing.
const WIDTH: i64 = 10;
const HEIGHT: i64 = 80;
/// So many people are named in the summary.
const NAMED: usize = 3;

/// The summary.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// "312 messages in 58 min".
    how_much: String,
    /// Who said most, and how much: most first.
    most: Vec<(String, i64)>,
    chart: Option<Chart>,
    /// More than one, or none.
    pages: Vec<PageLink>,
    /// Which one this is, from 1 on.
    pub page: usize,
    before: Option<PageLink>,
    after: Option<PageLink>,
}

/// A page of the log.
#[derive(Clone, Debug, Serialize)]
struct PageLink {
    url: String,
    from: Instant,
    number: usize,
    is_here: bool,
}

/// Messages a minute.
#[derive(Debug, Serialize)]
struct Chart {
    width: i64,
    bars: Vec<Bar>,
    /// How many minutes a bar is of.
    step: i64,
    opens: Instant,
    closes: Instant,
    /// When most was said.
    busiest: Instant,
    most: i64,
}

#[derive(Debug, Serialize)]
struct Bar {
    url: String,
    at: Instant,
    lines: i64,
    x: i64,
    y: i64,
    height: i64,
}

impl Summary {
    /// What there is to tell, and, on each of `people`, how much they said and how long they were there.
    pub fn of(sheet: &TranscriptPage, people: &mut [Person]) -> Self {
        let event = &sheet.log.event;
        let lines: i64 = sheet.shares.iter().map(|(_, lines)| lines).sum();
        for person in &mut *people {
            let said = sheet.shares.iter().find(|(nick, _)| *nick == person.nick).map_or(0, |(_, lines)| *lines);
            let there = sheet.presence.get(&person.nick).map(|there| format!(" · {}", minutes(there.as_secs())));
            person.note = Some(format!("{}{}", counted(said, "message"), there.unwrap_or_default()));
        }
        let said = |nick: &str| sheet.shares.iter().position(|(who, _)| who == nick).unwrap_or(usize::MAX);
        people.sort_by_key(|person| said(&person.nick));
        let path = event.url();
        let several = sheet.pages.len() > 1;
        let url = |ts: Timestamp| event.line_at("", ts);
        let pages: Vec<PageLink> = sheet
            .pages
            .iter()
            .enumerate()
            .filter(|_| several)
            .map(|(at, first)| PageLink {
                url: if at == 0 { format!("{path}#transcript") } else { format!("{path}?at={first}#transcript") },
                from: Instant::new(*first, event.zone),
                number: at + 1,
                is_here: at == sheet.page,
            })
            .collect();
        let whole = event.closes_at.since(event.opens_at).as_secs();
        Self {
            how_much: format!("{} in {}", counted(lines, "message"), minutes(whole)),
            most: sheet.shares.iter().take(NAMED).cloned().collect(),
            chart: chart(&sheet.minutes, event.opens_at, event.closes_at, event.zone, url),
            before: sheet.page.checked_sub(1).and_then(|at| pages.get(at).cloned()),
            after: pages.get(sheet.page + 1).cloned(),
            page: sheet.page + 1,
            pages,
        }
    }
}

/// An action that an event left to do, and what a later one said of it.
#[derive(Debug, Serialize)]
pub struct Since {
    html: String,
    assignees: Vec<String>,
    /// The last that was said: `carried`, `done` or `dropped`; `given` where nothing was.
    step: Step,
    /// The line that says so, and the day of its event.
    url: String,
    day: Instant,
}

/// What became since of what this event left to do; nothing where nobody has spoken of any of it.
pub async fn since(page: &Page<'_>, event: &ChatEvent) -> Result<Vec<Since>, Error> {
    let actions = page.app.since(event).await?;
    if actions.iter().all(|action| action.by.event == event.id) {
        return Ok(Vec::new());
    }
    let since = |action: &Action| Since {
        html: text::inline(&action.text),
        assignees: action.nicks(),
        step: if action.by.event == event.id { Step::Given } else { action.step },
        url: action.by.line(action.at),
        day: Instant::new(action.by.opens_at, action.by.zone),
    };
    Ok(actions.iter().map(since).collect())
}

/// What a page puts in as the event closes: the same for everybody, and so written once for all of them.
#[get("/m/<slug>/<key>/closing")]
pub async fn closing(slug: &str, key: &str, page: Page<'_>, templates: Metadata<'_>) -> Result<Closing, Problem> {
    let (meeting, event) = match find(&page, slug, key, "/closing").await? {
        EventTarget::Here(meeting, event) => (meeting, event),
        EventTarget::Elsewhere(answer) => return Ok(Closing::Elsewhere(answer)),
    };
    if event.closed.is_none() {
        return Err(Error::Conflict(EventProblem::NotClosed).into());
    }
    let made = page.app.minutes(&event.id).await?;
    let write = async || -> Result<String, Problem> {
        let (mut people, _) = people(&page, &event.id, Phase::Closed).await?;
        let sheet = page.app.sheet(event.as_ref().clone(), None).await?;
        let own = context! {
            summary: Summary::of(&sheet, &mut people),
            people,
            meeting: view_models::Meeting::new(&meeting, &page.origin),
            event: view_models::Event::new(&event, &meeting, page.now),
            minutes: Minutes::of(&made, ""),
            exports: exports(&event.id),
            // It is for whoever reads.
            participant: None::<()>,
            runs: false,
            is_owner: false,
        };
        // A template of ours always renders: its tests would not pass else.
        Ok(templates.render("transcript/_closing.html.j2", own).map(|(_, html)| html).unwrap_or_default())
    };
    Ok(Closing::Here(made.summary(write).await?.clone()))
}

/// The fragment, or where the event is.
#[derive(Debug)]
pub enum Closing {
    Here(Written),
    Elsewhere(Box<Answer>),
}

impl<'r> Responder<'r, 'static> for Closing {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Here(written) => Response::build()
                .header(ContentType::HTML)
                .raw_header("Cache-Control", "no-cache")
                .sized_body(written.bytes.len(), Cursor::new(written.bytes))
                .ok(),
            Self::Elsewhere(answer) => answer.respond_to(request),
        }
    }
}

/// The chart from the opening to the close; `None` where that is too short for one, or nobody said anything.
fn chart(found: &[Minute], opens: Timestamp, closes: Timestamp, zone: Zone, url: impl Fn(Timestamp) -> String) -> Option<Chart> {
    let minute = |at: Timestamp| at.micros() / 60_000_000;
    let (begin, end) = (minute(opens), minute(closes.plus_micros(-1)).max(minute(opens)));
    let step = [1, 2, 3, 5, 10].into_iter().find(|step| (end - begin) / step < BARS).unwrap_or(15);
    if (end - begin) / step + 1 < FEWEST {
        return None;
    }
    let mut heaps: Vec<(i64, Timestamp, i64)> = Vec::new();
    for it in found {
        let place = (minute(it.first) - begin) / step;
        match heaps.last_mut() {
            Some((last, _, lines)) if *last == place => *lines += it.lines,
            _ => heaps.push((place, it.first, it.lines)),
        }
    }
    let (_, busiest, most) = heaps.iter().copied().max_by_key(|(place, _, lines)| (*lines, -place))?;
    let bars = heaps.into_iter().map(|(place, first, lines)| {
        // Whoever said a word is seen.
        let height = (lines * HEIGHT / most).max(3);
        let at = Instant::new(opens.plus_micros(-(opens.micros() % 60_000_000)).plus_minutes(place * step), zone);
        Bar { url: url(first), at, lines, x: place * WIDTH, y: HEIGHT - height, height }
    });
    Some(Chart {
        width: ((end - begin) / step + 1) * WIDTH,
        bars: bars.collect(),
        step,
        opens: Instant::new(opens, zone),
        closes: Instant::new(closes, zone),
        busiest: Instant::new(busiest, zone),
        most,
    })
}

/// A length in whole minutes, the last begun one counted in.
fn minutes(seconds: u64) -> String {
    let minutes = seconds.div_ceil(60).max(1);
    if minutes < 60 { format!("{minutes} min") } else { format!("{} h {} min", minutes / 60, minutes % 60).replace(" 0 min", "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(minutes: i64, found: &[(i64, i64)]) -> Option<Chart> {
        let opens = Timestamp::from_seconds(1_795_550_400);
        let found: Vec<Minute> =
            found.iter().map(|(at, lines)| Minute { first: opens.plus_minutes(*at).plus_seconds(7), lines: *lines }).collect();
        chart(&found, opens, opens.plus_minutes(minutes), Zone::utc(), |ts| format!("#t{ts}"))
    }

    #[test]
    fn a_bar_is_as_high_as_its_minute_was_busy_and_leads_to_its_first_line() {
        let chart = drawn(60, &[(0, 1), (30, 40), (59, 20)]).unwrap();
        let bars: Vec<_> = chart.bars.iter().map(|bar| (bar.at.clock(), bar.lines, bar.x, bar.y, bar.height)).collect();
        assert_eq!(bars, [("20:00", 1, 0, 77, 3), ("20:30", 40, 300, 0, 80), ("20:59", 20, 590, 40, 40)]);
        assert_eq!((chart.width, chart.step, chart.most), (600, 1, 40));
        assert_eq!(chart.bars[0].url, "#t1795550407000000");
    }

    #[test]
    fn a_long_event_has_bars_of_several_minutes_and_a_silent_one_none() {
        let chart = drawn(24 * 60, &[(0, 1), (14, 2), (15, 4)]).unwrap();
        assert_eq!((chart.step, chart.width, chart.bars.len(), chart.bars[0].lines), (15, 960, 2, 3));
        assert!(drawn(60, &[]).is_none());
        assert!(drawn(2, &[(0, 5)]).is_none() && drawn(3, &[(0, 5)]).is_some(), "two bars tell nothing");
    }

    #[test]
    fn lengths_are_said_in_hours_and_minutes() {
        assert_eq!([0, 59, 61, 3_600, 5_400].map(minutes), ["1 min", "1 min", "2 min", "1 h", "1 h 30 min"]);
    }
}
