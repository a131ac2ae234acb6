//! What saving a meeting would do to the events that lie ahead, as words and dates beside its form.

use serde::Serialize;

use crate::domain::schedule::event::ChatEvent;
use crate::domain::schedule::reschedule::{Keep, Move, Own, Refit, Retiming, Why};
use crate::domain::time::{self, Timestamp};
use crate::http::web::kit::instants::Instant;

/// How many events of a kind are named.
const NAMED: usize = 4;

/// What is done to the events, kind by kind.
#[derive(Debug, Serialize)]
pub struct Effects {
    kinds: Vec<Effect>,
}

/// What is done to some events.
#[derive(Debug, Serialize)]
struct Effect {
    /// For the sign before it: `add`, `move`, `drop` or `keep`.
    kind: &'static str,
    /// "Moves 12 events".
    said: String,
    named: Vec<Named>,
    /// "and 8 more, up to Tue 9 Feb 2027".
    more: Option<String>,
}

/// One event.
#[derive(Debug, Serialize)]
struct Named {
    at: Instant,
    /// Behind its day: "18:00 CET", or "18:00–19:00 → 19:30–20:30 CET".
    times: String,
    url: Option<String>,
}

impl Effects {
    /// What a change does, on the meeting's clock as it will be.
    pub fn of(retiming: &Retiming, refit: &Refit) -> Self {
        let zone = retiming.timetable.zone;
        let at = |at: Timestamp| Instant::new(at, zone);
        let span = |opens: Timestamp, closes: Timestamp| format!("{}–{}", at(opens).clock(), time::until(opens, closes, zone));
        let standing = |event: &ChatEvent, times: String| Named { at: at(event.opens_at), times, url: Some(event.url()) };
        let plain = |event: &ChatEvent| standing(event, at(event.opens_at).time_of_day());
        let moved = |it: &Move| {
            let (event, to) = (&it.event, at(it.opens_at));
            let before = span(event.opens_at, event.closes_at);
            let day = if to.date() == at(event.opens_at).date() { String::new() } else { format!("{}, ", to.date()) };
            let cancelled = if event.cancelled_at.is_some() { ", still cancelled" } else { "" };
            standing(event, format!("{before} → {day}{} {}{cancelled}", span(it.opens_at, it.closes_at), to.zone()))
        };
        let kept = |Keep { event, why }: &Keep| standing(event, format!("{}, {}", at(event.opens_at).time_of_day(), said(*why)));
        let adds = refit.adds.iter().map(|start| Named { at: at(*start), times: at(*start).time_of_day(), url: None });
        let kinds = [
            Effect::new("add", "Adds", "", adds.collect()),
            Effect::new("move", "Moves", "", refit.moves.iter().map(moved).collect()),
            Effect::new("drop", "Drops", "", refit.drops.iter().map(plain).collect()),
            Effect::new("drop", "Cancels", ", in use already, at their links", refit.cancels.iter().map(plain).collect()),
            Effect::new("keep", "Keeps", " as they are", refit.keeps.iter().map(kept).collect()),
        ];
        Self { kinds: kinds.into_iter().flatten().collect() }
    }
}

impl Effect {
    fn new(kind: &'static str, verb: &str, rest: &str, mut named: Vec<Named>) -> Option<Self> {
        named.sort_by_key(|it| it.at.us());
        let (count, last) = (named.len(), named.last()?.at.date().to_owned());
        let more = (count > NAMED + 1).then(|| format!("and {} more, up to {last}", count - NAMED));
        if more.is_some() {
            named.truncate(NAMED);
        }
        let said = if count == 1 {
            format!("{verb} 1 event{}", rest.replace("as they are", "as it is").replace("their links", "its link"))
        } else {
            format!("{verb} {count} events{rest}")
        };
        Some(Self { kind, said, named, more })
    }
}

/// Why an event stays as it is.
fn said(why: Why) -> String {
    match why {
        Why::Open => "open now".to_owned(),
        Why::Cancelled => "cancelled".to_owned(),
        Why::Moved => "moved by hand".to_owned(),
        Why::Beside => "beside the rule".to_owned(),
        Why::Own(Own { title, agenda, length }) => {
            let parts = [("title", title), ("agenda", agenda), ("length", length)];
            let parts: Vec<&str> = parts.into_iter().filter(|(_, own)| *own).map(|(name, _)| name).collect();
            format!("own {}", parts.join(" and "))
        }
    }
}
