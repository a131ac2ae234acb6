//! A month of an organizer's events as a calendar's grid. Each event is on the days that it has in
//! its meeting's own zone; one that goes past midnight is on both.

use std::collections::BTreeMap;

use chrono::{Datelike, Days as Count, Months, NaiveDate};
use rocket::http::Status;
use rocket_dyn_templates::context;
use serde::Serialize;

use super::home::views;
use super::listing::{mark_added, search};
use crate::app::schedule::days::{Days, day, days_of};
use crate::domain::people::organizer::Organizer;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::page::Page;
use crate::http::web::kit::view_models::Event;

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
    /// How many events there are beside those that are shown.
    more: usize,
    /// Where all of them are.
    url: String,
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
    let into_week = |day: NaiveDate| u64::from(day.weekday().days_since(page.week_start));
    let begin = first - Count::new(into_week(first));
    let after = first + Months::new(1);
    let end = after + Count::new((7 - into_week(after)) % 7);

    let Days { events, counts } = page.app.days(me, q, begin, end).await?;
    let known = page.app.meetings_of(events.iter()).await?;
    let mut shown = views(&events, &known, page.now);
    if known.len() <= MEETINGS {
        mark_added(&mut shown, &events, &known);
    }

    // The reader's own day, if the browser has said in which zone that is.
    let today = page.zone.or_else(|| events.first().map(|event| event.zone)).map_or(this, |zone| day(page.now, zone));
    let mut by_day: BTreeMap<NaiveDate, Vec<Event>> = BTreeMap::new();
    for (view, event) in shown.into_iter().zip(&events) {
        let (first, last) = days_of(event.opens_at, event.closes_at, event.zone);
        for day in first.iter_days().skip(1).take_while(|day| *day <= last) {
            by_day.entry(day).or_default().push(view.continued());
        }
        by_day.entry(first).or_default().push(view);
    }
    let days: Vec<Day> = begin
        .iter_days()
        .take_while(|day| *day < end)
        .map(|day| {
            let mut events = by_day.remove(&day).unwrap_or_default();
            events.sort_by_key(|event| event.opens.us());
            events.truncate(ROOM);
            let more = counts.get(&day).map_or(0, |count| count.saturating_sub(events.len()));
            Day {
                iso: day.to_string(),
                weekday: day.format("%a").to_string(),
                number: day.day(),
                month: day.format("%b").to_string(),
                out: day.month() != first.month(),
                today: day == today,
                events,
                more,
                url: of_day(day, q),
            }
        })
        .collect();
    let has_events = days.iter().any(|day| !day.out && day.events.len() + day.more > 0);
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
    Ok(page.render_as(Status::Ok, "schedule/month.html.j2", own))
}

/// Reads `2026-11`.
fn read(month: &str) -> Option<NaiveDate> {
    // One month from either end is where its neighbours still are.
    let first = NaiveDate::parse_from_str(&format!("{}-01", month.trim()), "%Y-%m-%d").ok()?;
    (1970..2255).contains(&first.year()).then_some(first)
}

fn other(month: NaiveDate, q: &str) -> Other {
    Other { name: month.format("%B %Y").to_string(), url: address(&month.format("month=%Y-%m").to_string(), q) }
}

/// The list of a day's events.
fn of_day(day: NaiveDate, q: &str) -> String {
    address(&format!("day={day}"), q)
}

fn address(what: &str, q: &str) -> String {
    let search = search(q);
    let and = if search.is_empty() { "" } else { "&" };
    format!("/schedule?{what}{and}{search}")
}

/// A day as its list is headed, and what is around it.
#[derive(Debug, Serialize)]
pub struct Single {
    name: String,
    iso: String,
    before: Other,
    after: Other,
    month: Other,
}

impl Single {
    pub fn new(day: NaiveDate, q: &str) -> Self {
        let name = |day: NaiveDate| day.format("%a %-d %b %Y").to_string();
        let beside = |day: NaiveDate| Other { name: name(day), url: of_day(day, q) };
        let (before, after) = (beside(day - Count::new(1)), beside(day + Count::new(1)));
        Self { name: name(day), iso: day.to_string(), before, after, month: other(day, q) }
    }
}

/// Reads `2026-11-24`.
pub fn read_day(day: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(day.trim(), "%Y-%m-%d").ok()?;
    (1970..2255).contains(&day.year()).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_a_year_and_a_number_and_a_day_one_more() {
        assert_eq!(read("2026-11"), NaiveDate::from_ymd_opt(2026, 11, 1));
        assert_eq!(read_day("2026-11-24"), NaiveDate::from_ymd_opt(2026, 11, 24));
        for bad in ["", "2026-11", "2026-02-30", "1969-12-31", "2255-01-01"] {
            assert_eq!(read_day(bad), None, "{bad}");
        }
        for bad in ["", "2026", "2026-13", "2026-00", "1969-12", "2255-01", "999999-01", "2026-11-24", "-1-01"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
