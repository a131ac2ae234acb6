//! A month of an organizer's events as a calendar's grid. Each event stands on the day that it has in
//! its meeting's own zone.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime};
use rocket::http::Status;
use rocket_dyn_templates::context;
use serde::Serialize;

use super::answer::Answer;
use super::home::views;
use super::page::Page;
use super::schedule::{mark_added, search};
use super::view::Event;
use crate::domain::organizer::Organizer;
use crate::domain::time;
use crate::domain::zone::Zone;
use crate::http::error::Problem;

/// How many events a day has room for.
const ROOM: usize = 5;
/// Of how many meetings the rules are asked which events they give: more are no calendar to read.
const MEETINGS: usize = 40;

/// One day of the grid.
#[derive(Debug, Serialize)]
struct Day {
    iso: String,
    weekday: String,
    number: u32,
    month: String,
    /// Of the month before or after.
    out: bool,
    today: bool,
    events: Vec<Event>,
    /// Whether there are more events than are shown.
    more: bool,
}

/// Another month to go to.
#[derive(Debug, Serialize)]
struct Other {
    name: String,
    url: String,
}

/// The page of `month`, this month where that is none.
pub async fn render(page: &Page<'_>, me: &Organizer, month: &str, q: &str) -> Result<Answer, Problem> {
    let this = page.now.utc().date_naive();
    let first = read(month).unwrap_or_else(|| this.with_day(1).unwrap_or(this));
    let begin = first - Days::new(first.weekday().num_days_from_monday().into());
    let after = first + Months::new(1);
    let end = after + Days::new((7 - u64::from(after.weekday().num_days_from_monday())) % 7);

    // The same day begins at most 14 hours earlier, and ends at most 12 hours later, than in UTC.
    let edge = |day: NaiveDate, minutes: i64| time::instant(day.and_time(NaiveTime::MIN), Zone::utc()).plus_minutes(minutes);
    let found = page.app.days(me, q, edge(begin, -14 * 60), edge(end, 12 * 60)).await?;
    let (events, surplus): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, is_surplus)| !is_surplus);
    let events: Vec<_> = events.into_iter().map(|(event, _)| event).collect();
    let known = page.app.meetings_of(events.iter()).await?;
    let mut shown = views(&events, &known, page.now);
    if known.len() <= MEETINGS {
        mark_added(&mut shown, &events, &known);
    }

    // Today is today where most of it takes place: no zone is the organizer's own.
    let today = events.first().map_or(this, |event| page.now.in_zone(event.zone).date_naive());
    let mut by_day: BTreeMap<NaiveDate, Vec<Event>> = BTreeMap::new();
    for (view, event) in shown.into_iter().zip(&events) {
        by_day.entry(event.opens_at.in_zone(event.zone).date_naive()).or_default().push(view);
    }
    let full: Vec<NaiveDate> = surplus.iter().map(|(event, _)| event.opens_at.in_zone(event.zone).date_naive()).collect();
    let days: Vec<Day> = begin
        .iter_days()
        .take_while(|day| *day < end)
        .map(|day| {
            let mut events = by_day.remove(&day).unwrap_or_default();
            let more = events.len() > ROOM || full.contains(&day);
            events.sort_by_key(|event| event.opens.us());
            events.truncate(ROOM);
            Day {
                iso: day.to_string(),
                weekday: day.format("%a").to_string(),
                number: day.day(),
                month: day.format("%b").to_string(),
                out: day.month() != first.month(),
                today: day == today,
                events,
                more,
            }
        })
        .collect();
    let has_events = days.iter().any(|day| !day.out && !day.events.is_empty());
    let mixed = events.windows(2).any(|pair| pair[0].zone != pair[1].zone);
    let own = context! {
        mixed,
        month: first.format("%B %Y").to_string(),
        weeks: days.chunks(7).collect::<Vec<_>>(),
        before: other(first - Months::new(1), q),
        now_month: other(today, q),
        after: other(after, q),
        is_now: (today.year(), today.month()) == (first.year(), first.month()),
        has_events,
        q: q.trim(),
        search: search(q),
    };
    Ok(page.render_as(Status::Ok, "month.html.j2", own))
}

/// Reads `2026-11`.
fn read(month: &str) -> Option<NaiveDate> {
    // One month from either end is where its neighbours still are.
    let first = NaiveDate::parse_from_str(&format!("{}-01", month.trim()), "%Y-%m-%d").ok()?;
    (1970..2255).contains(&first.year()).then_some(first)
}

fn other(month: NaiveDate, q: &str) -> Other {
    let search = search(q);
    let and = if search.is_empty() { "" } else { "&" };
    Other { name: month.format("%B %Y").to_string(), url: format!("/schedule?month={}{and}{search}", month.format("%Y-%m")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_a_year_and_a_number() {
        assert_eq!(read("2026-11"), NaiveDate::from_ymd_opt(2026, 11, 1));
        for bad in ["", "2026", "2026-13", "2026-00", "1969-12", "2255-01", "999999-01", "2026-11-24", "-1-01"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
