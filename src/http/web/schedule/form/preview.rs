//! The next dates of a meeting that is being written: beside the form, and alone for its script.

use chrono::offset::LocalResult;
use chrono::{NaiveDateTime, NaiveTime, TimeZone};
use rocket::http::Status;
use rocket::post;
use serde::Serialize;

use super::edit_scope::Scope;
use super::meeting_values::Values;
use super::reschedule::Effects;
use crate::app::Error;
use crate::domain::people::organizer::Organizer;
use crate::domain::schedule::meeting::{MeetingDraft, MeetingInput};
use crate::domain::schedule::recurrence::Timetable;
use crate::domain::time::{self, Timestamp};
use crate::domain::zone::Zone;
use crate::http::problem::Problem;
use crate::http::web::kit::answer::Answer;
use crate::http::web::kit::form::Sent;
use crate::http::web::kit::instants::Instant;
use crate::http::web::kit::page::Page;
use crate::http::web::schedule::overlaps::Overlaps;

/// How many dates are shown.
const DATES: usize = 5;

#[post("/schedule/preview", data = "<sent>")]
pub async fn preview(page: Page<'_>, sent: Result<Sent<Values>, Problem>) -> Result<Answer, Problem> {
    let Sent(mut values) = sent?;
    page.check(&values.csrf)?;
    let me = page.organizer()?;
    // What others changed since the form was loaded is no change of this one.
    if !values.of.trim().is_empty()
        && let Ok(scope) = Scope::of(&page, me, values.of.trim(), &values.from).await
    {
        scope.catch_up(&mut values, page.now);
    }
    let mut ahead = Ahead::beside(&page, me, &values).await?;
    // What takes events away is not seen for sure beside a form: saving asks for that.
    if ahead.drops && ahead.seen != values.seen {
        ahead.seen.clear();
    }
    Ok(Answer::fragment(Status::Ok, "schedule/_preview.html.j2", ahead))
}

/// The dates, the rule in words, or why there are none yet.
#[derive(Debug, Default, Serialize)]
pub struct Ahead {
    pub preview: Vec<Date>,
    pub preview_rule: Option<String>,
    pub preview_problem: Option<String>,
    /// What the rule does to the first event, where that is a surprise.
    pub preview_note: Option<String>,
    /// Other events of the organizer at these times.
    pub overlaps: Overlaps,
    /// What saving would do to the events that are there.
    pub effects: Option<Effects>,
    /// Whether that is to be seen before it is done.
    pub asks: bool,
    /// Whether any would be dropped or cancelled.
    pub drops: bool,
    /// Names these overlaps and effects, so that the form can tell that they were shown.
    pub seen: String,
}

/// One date, and what the clocks do to it.
#[derive(Debug, Serialize)]
pub struct Date {
    at: Instant,
    until: Instant,
    /// The same in UTC, until the reader's own clock is known.
    utc: String,
    timezone: &'static str,
    note: Option<String>,
}

impl Ahead {
    /// The dates that the form asks for, what saving it would do to the events that are there, and which others
    /// of the organizer it overlaps.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn beside(page: &Page<'_>, me: &Organizer, values: &Values) -> Result<Self, Error> {
        let draft = match Self::draft(values) {
            Ok(draft) => draft,
            Err(ahead) => return Ok(*ahead),
        };
        let scope = match values.of.trim() {
            "" => None,
            slug => match Scope::of(page, me, slug, &values.from).await {
                Ok(scope) => Some(scope),
                Err(Error::Invalid(problems)) => return Ok(Self::problem(problems.into_iter().map(|it| it.detail).collect::<String>())),
                Err(error) => return Err(error),
            },
        };
        let (mut begin, mut change) = (Timestamp::ZERO, None);
        if let Some(scope) = &scope {
            change = page.app.refit(&scope.meeting, &draft.timetable, scope.start).await?;
            if let Some(start) = scope.start {
                begin = change.as_ref().map_or(start, |(retiming, _)| retiming.begin);
            }
        }
        if let Some(problem) = draft.overlap(begin.max(draft.timetable.running_from(page.now))) {
            return Ok(Self::problem(problem.detail));
        }
        let mut ahead = Self::dates(values, &draft, page.now, begin);
        let others = page.app.overlaps(me, values.of.trim(), &draft, begin).await?;
        let own = match &scope {
            Some(scope) => page.app.overlaps_within(&scope.meeting, change.as_ref().map(|(_, refit)| refit), &draft).await?,
            None => Vec::new(),
        };
        ahead.overlaps = Overlaps::new(&others, &own);
        let mut seen: Vec<String> = Some(&ahead.overlaps.seen).filter(|seen| !seen.is_empty()).cloned().into_iter().collect();
        if let Some((retiming, refit)) = &change {
            ahead.asks = !refit.is_empty();
            ahead.drops = !refit.drops.is_empty() || !refit.cancels.is_empty();
            seen.extend(ahead.asks.then(|| refit.fingerprint()));
            ahead.effects = Some(Effects::of(retiming, refit));
        }
        ahead.seen = seen.join(" ");
        Ok(ahead)
    }

    /// What the form asks for, as far as its times go; else what stands in the place of its dates.
    fn draft(values: &Values) -> Result<MeetingDraft, Box<Self>> {
        if values.date.trim().is_empty() || values.time.trim().is_empty() {
            return Err(Box::default());
        }
        if values.timezone.trim().is_empty() {
            return Err(Self::problem("Give a time zone, and the next dates stand here.").into());
        }
        // Only the times count here: the other fields are filled so that they are fine.
        let input = MeetingInput {
            title: "-".into(),
            slug: String::new(),
            description: String::new(),
            agenda: String::new(),
            visibility: String::new(),
            ..values.input()
        };
        let found = input.check(Timestamp::ZERO);
        let mut problems = values.told(found.as_ref().err().cloned().unwrap_or_default());
        problems.retain(|field, _| !matches!(*field, "title" | "slug" | "description" | "visibility"));
        match (found, problems.into_values().next()) {
            (Ok(draft), None) => Ok(draft),
            (_, problem) => Err(Self::problem(problem.unwrap_or_default()).into()),
        }
    }

    fn problem(said: impl Into<String>) -> Self {
        Self { preview_problem: Some(said.into()), ..Self::default() }
    }

    fn dates(values: &Values, draft: &MeetingDraft, now: Timestamp, begin: Timestamp) -> Self {
        let table = &draft.timetable;
        let from = table.running_from(now).max(begin);
        let mut starts: Vec<(Timestamp, NaiveDateTime)> = table.next_occurrences(from, 5).iter().map(|it| (it.at, it.wall)).collect();
        starts.extend(further(values, table).into_iter().filter(|(at, _)| *at >= from));
        starts.sort_unstable();
        starts.dedup_by_key(|(at, _)| *at);
        starts.truncate(DATES);
        if starts.is_empty() {
            return Self::problem("Every event of this meeting would be over already. Choose a later date.");
        }
        let date = |(at, wanted): (Timestamp, NaiveDateTime)| Date {
            at: Instant::new(at, table.zone),
            until: Instant::new(at.plus_minutes(table.minutes), table.zone),
            utc: Instant::new(at, Zone::utc()).in_full(),
            timezone: table.zone.name(),
            note: note(at, wanted, table),
        };
        Self {
            preview: starts.into_iter().map(date).collect(),
            preview_rule: Some(words(draft)),
            preview_note: passed_over(table),
            ..Self::default()
        }
    }
}

/// Says so where the rule does not give the start that the form names.
fn passed_over(table: &Timetable) -> Option<String> {
    let first = table.first_wall().filter(|first| *first != table.starts)?;
    let day = |wall: NaiveDateTime| wall.format("%a %-d %b %Y").to_string();
    Some(format!("{} is not one of these days. The first event is on {}.", day(table.starts), day(first)))
}

/// The further dates of the form with the wall time that each asks for. They have been checked.
fn further(values: &Values, table: &Timetable) -> Vec<(Timestamp, NaiveDateTime)> {
    let usual = table.starts.format("T%H:%M").to_string();
    let read = |line: String| {
        let line = line.trim();
        let wall = time::local(&if line.len() <= 10 { format!("{line}{usual}") } else { line.to_owned() }).ok()?;
        Some((time::instant(wall, table.zone), wall))
    };
    values.input().dates.into_iter().filter_map(read).collect()
}

/// What the clocks of the zone do to a start that is wanted at `wanted`.
fn note(at: Timestamp, wanted: NaiveDateTime, table: &Timetable) -> Option<String> {
    let wall = at.in_zone(table.zone).naive_local();
    let clock = |time: NaiveTime| time.format("%H:%M");
    let wanted_time = wanted.time();
    if wall != wanted {
        return Some(format!("The clocks skip {} on this day. The event opens at {}.", clock(wanted_time), clock(wall.time())));
    }
    matches!(table.zone.from_local_datetime(&wall), LocalResult::Ambiguous(..))
        .then(|| format!("The clocks show {} twice on this day. The event opens at the first.", clock(wanted_time)))
}

/// "Every second Tuesday at 19:00, Australia/Sydney, until 24 December 2027, for 60 minutes."
fn words(draft: &MeetingDraft) -> String {
    let table = &draft.timetable;
    let when = if draft.dates.is_empty() {
        table.sentence()
    } else {
        format!("On {} dates at {}, {}", draft.dates.len() + 1, table.starts.format("%H:%M"), table.zone.name())
    };
    let unit = if table.minutes == 1 { "minute" } else { "minutes" };
    format!("{when}, for {} {unit}.", table.minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: &Values, now: &str) -> (Vec<String>, Ahead) {
        let now = time::instant(time::local(now).unwrap(), Zone::utc());
        let preview = Ahead::draft(values).map_or_else(|ahead| *ahead, |draft| Ahead::dates(values, &draft, now, Timestamp::ZERO));
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
    fn a_start_that_the_rule_passes_over_is_pointed_out() {
        let (dates, preview) = shown(&Values { days: vec!["Thu".into()], ..berlin("2026-11-24", "18:00") }, "2026-11-20T00:00");
        assert_eq!(dates[0], "Thu 26 Nov 2026, 18:00 CET");
        let said = "Tue 24 Nov 2026 is not one of these days. The first event is on Thu 26 Nov 2026.";
        assert_eq!(preview.preview_note.as_deref(), Some(said));
    }

    #[test]
    fn further_dates_stand_among_the_others() {
        let values = Values { repeat: "dates".into(), dates: "2026-12-01 19:30\r\n2026-11-26\r\n".into(), ..berlin("2026-11-24", "18:00") };
        let (dates, preview) = shown(&values, "2026-11-20T00:00");
        assert_eq!(dates, ["Tue 24 Nov 2026, 18:00 CET", "Thu 26 Nov 2026, 18:00 CET", "Tue 1 Dec 2026, 19:30 CET"]);
        assert_eq!(preview.preview_rule.as_deref(), Some("On 3 dates at 18:00, Europe/Berlin, for 60 minutes."));
    }
}
