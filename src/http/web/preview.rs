//! The next dates of a meeting that is being written: beside the form, and alone for its script.

use chrono::offset::LocalResult;
use chrono::{NaiveTime, TimeZone};
use rocket::http::Status;
use rocket::post;
use rocket_dyn_templates::Template;
use serde::Serialize;

use super::answer::Answer;
use super::form::Sent;
use super::meeting_values::Values;
use super::page::Page;
use super::view::Instant;
use crate::domain::meeting::{MeetingDraft, MeetingInput};
use crate::domain::recurrence::Timetable;
use crate::domain::time::{self, Timestamp};
use crate::http::error::Problem;

/// How many dates are shown.
const DATES: usize = 5;

#[post("/schedule/preview", data = "<sent>")]
pub fn preview(page: Page<'_>, sent: Result<Sent<Values>, Problem>) -> Result<Answer, Problem> {
    let Sent(values) = sent?;
    page.check(&values.csrf)?;
    page.organizer()?;
    Ok(Answer::page(Status::Ok, Template::render("_preview.html.j2", Ahead::of(&values, page.now))))
}

/// The dates, the rule in words, or why there are none yet.
#[derive(Debug, Default, Serialize)]
pub struct Ahead {
    pub preview: Vec<Date>,
    pub preview_rule: Option<String>,
    pub preview_problem: Option<String>,
}

/// One date, and what the clocks do to it.
#[derive(Debug, Serialize)]
pub struct Date {
    at: Instant,
    note: Option<String>,
}

impl Ahead {
    /// The dates that the form asks for, as far as it is filled in.
    pub fn of(values: &Values, now: Timestamp) -> Self {
        if values.date.trim().is_empty() || values.time.trim().is_empty() {
            return Self::default();
        }
        if values.timezone.trim().is_empty() {
            return Self::problem("Give a time zone, and the next dates stand here.");
        }
        // Only the times count here: the other fields are filled so that they are fine.
        let input = MeetingInput {
            title: "-".into(),
            slug: String::new(),
            description: String::new(),
            visibility: String::new(),
            ..values.input()
        };
        let found = input.check(Timestamp::ZERO);
        let mut problems = values.told(found.as_ref().err().cloned().unwrap_or_default());
        problems.retain(|field, _| !matches!(*field, "title" | "slug" | "description" | "visibility"));
        match (found, problems.into_values().next()) {
            (Ok(draft), None) => Self::dates(values, &draft, now),
            (_, problem) => Self::problem(problem.unwrap_or_default()),
        }
    }

    fn problem(said: impl Into<String>) -> Self {
        Self { preview_problem: Some(said.into()), ..Self::default() }
    }

    fn dates(values: &Values, draft: &MeetingDraft, now: Timestamp) -> Self {
        let table = &draft.timetable;
        let from = now.plus_minutes(-table.minutes).plus_micros(1);
        let usual = table.starts.time();
        let mut starts: Vec<(Timestamp, NaiveTime)> = table.next_starts(from, 5).into_iter().map(|at| (at, usual)).collect();
        starts.extend(further(values, table).into_iter().filter(|(at, _)| *at >= from));
        starts.sort_unstable();
        starts.dedup_by_key(|(at, _)| *at);
        starts.truncate(DATES);
        if starts.is_empty() {
            return Self::problem("Every event of this meeting would be over already. Choose a later date.");
        }
        let date = |(at, wanted)| Date { at: Instant::new(at, table.zone), note: note(at, wanted, table) };
        Self { preview: starts.into_iter().map(date).collect(), preview_rule: Some(words(draft)), preview_problem: None }
    }
}

/// The further dates of the form with the time of day that each asks for. They have been checked.
fn further(values: &Values, table: &Timetable) -> Vec<(Timestamp, NaiveTime)> {
    let usual = table.starts.format("T%H:%M").to_string();
    let read = |line: String| {
        let line = line.trim();
        let wall = time::local(&if line.len() <= 10 { format!("{line}{usual}") } else { line.to_owned() }).ok()?;
        Some((time::instant(wall, table.zone), wall.time()))
    };
    values.input().dates.into_iter().filter_map(read).collect()
}

/// What the clocks of the zone do to a start that is wanted at `wanted`.
fn note(at: Timestamp, wanted: NaiveTime, table: &Timetable) -> Option<String> {
    let wall = at.in_zone(table.zone).naive_local();
    let clock = |time: NaiveTime| time.format("%H:%M");
    if wall.time() != wanted {
        return Some(format!("The clocks skip {} on this day. The event opens at {}.", clock(wanted), clock(wall.time())));
    }
    matches!(table.zone.from_local_datetime(&wall), LocalResult::Ambiguous(..))
        .then(|| format!("The clocks show {} twice on this day. The event opens at the first.", clock(wanted)))
}

/// "Every second Tuesday at 19:00, Australia/Sydney, for 60 minutes."
fn words(draft: &MeetingDraft) -> String {
    let table = &draft.timetable;
    let rhythm = if draft.dates.is_empty() { table.words() } else { format!("on {} dates", draft.dates.len() + 1) };
    let mut letters = rhythm.chars();
    let rhythm = letters.next().map(|first| format!("{}{}", first.to_uppercase(), letters.as_str())).unwrap_or_default();
    let unit = if table.minutes == 1 { "minute" } else { "minutes" };
    format!("{rhythm} at {}, {}, for {} {unit}.", table.starts.format("%H:%M"), table.zone.name(), table.minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: &Values, now: &str) -> (Vec<String>, Ahead) {
        let now = time::instant(time::local(now).unwrap(), chrono_tz::UTC);
        let preview = Ahead::of(values, now);
        let told =
            preview.preview.iter().map(|date| format!("{}{}", date.at.in_full(), if date.note.is_some() { "!" } else { "" })).collect();
        (told, preview)
    }

    fn berlin(date: &str, time: &str) -> Values {
        Values { date: date.into(), time: time.into(), timezone: "Europe/Berlin".into(), ..Values::empty() }
    }

    #[test]
    fn five_dates_and_the_rule_in_words() {
        let (dates, preview) = shown(&berlin("2026-11-24", "18:00"), "2026-11-20T00:00");
        assert_eq!((dates.len(), dates[0].as_str()), (5, "Tue 24 Nov 2026, 18:00 CET"));
        assert_eq!(preview.preview_rule.as_deref(), Some("Every Tuesday at 18:00, Europe/Berlin, for 60 minutes."));
    }

    #[test]
    fn skipped_and_doubled_times_are_noted() {
        let (dates, _) = shown(&berlin("2027-03-21", "02:30"), "2027-03-20T00:00");
        assert_eq!(dates[..2], ["Sun 21 Mar 2027, 02:30 CET", "Sun 28 Mar 2027, 03:30 CEST!"]);
        let (dates, _) = shown(&berlin("2026-10-18", "02:30"), "2026-10-17T00:00");
        assert_eq!(dates[..2], ["Sun 18 Oct 2026, 02:30 CEST", "Sun 25 Oct 2026, 02:30 CEST!"]);
    }

    #[test]
    fn an_unfinished_form_has_no_dates_and_says_why_where_it_can() {
        let (dates, preview) = shown(&berlin("", "18:00"), "2026-11-20T00:00");
        assert!(dates.is_empty() && preview.preview_problem.is_none());
        let (_, preview) = shown(&berlin("2026-02-31", "18:00"), "2026-11-20T00:00");
        assert!(preview.preview_problem.is_some());
        let once = Values { repeat: "once".into(), ..berlin("2020-01-01", "18:00") };
        assert!(shown(&once, "2026-11-20T00:00").1.preview_problem.is_some());
    }

    #[test]
    fn further_dates_stand_among_the_others() {
        let values = Values { repeat: "dates".into(), dates: "2026-12-01 19:30\r\n2026-11-26\r\n".into(), ..berlin("2026-11-24", "18:00") };
        let (dates, preview) = shown(&values, "2026-11-20T00:00");
        assert_eq!(dates, ["Tue 24 Nov 2026, 18:00 CET", "Thu 26 Nov 2026, 18:00 CET", "Tue 1 Dec 2026, 19:30 CET"]);
        assert_eq!(preview.preview_rule.as_deref(), Some("On 3 dates at 18:00, Europe/Berlin, for 60 minutes."));
    }
}
