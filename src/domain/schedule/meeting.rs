//! What an organizer schedules: its title, link and timetable, read from a form or a JSON body.

use chrono::Timelike;
use serde::Serialize;

use super::recurrence::{EarlierTimetable, Recurrence, Timetable, TimetableHistory};
use super::slug;
use crate::domain::form::{FieldProblem, Problems};
use crate::domain::people::organizer::Organizer;
use crate::domain::text::{self, visible};
use crate::domain::time::{self, TimeProblem, Timestamp};
use crate::domain::{agenda, limits};

/// What an organizer schedules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    pub id: String,
    pub slug: String,
    /// The id of the organizer who owns it.
    pub organizer: String,
    pub title: String,
    /// Markdown as written.
    pub description: String,
    /// The same as HTML, rendered at writing.
    pub description_html: String,
    /// The template of its events' agendas ([`crate::domain::agenda`]); empty: none.
    pub agenda: String,
    pub agenda_html: String,
    /// When its events are: its last timetable, where it has had several.
    pub timetable: Timetable,
    /// Those before it, oldest first.
    pub earlier: Vec<EarlierTimetable>,
    pub visibility: Visibility,
    pub deleted_at: Option<Timestamp>,
}

impl Meeting {
    /// The path of its page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("/m/{}", self.slug)
    }

    /// Whether somebody may know of it: of a draft, only who made it.
    #[must_use]
    pub fn is_for(&self, viewer: Option<&Organizer>) -> bool {
        self.visibility != Visibility::Draft || viewer.is_some_and(|viewer| viewer.id == self.organizer)
    }

    /// Its timetables, first to last.
    #[must_use]
    pub fn course(&self) -> TimetableHistory<'_> {
        TimetableHistory::new(&self.earlier, &self.timetable)
    }

    /// The timetable that a change begins with: the present one, or what is asked for `from` one start on.
    #[must_use]
    pub fn timetable_for(&self, from: Option<Timestamp>, now: Timestamp) -> Timetable {
        match from {
            None => self.course().present(now).clone(),
            Some(start) => self.course().table_of(start).from_start(start),
        }
    }

    /// The agenda that its events begin with.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        Some(self.agenda.as_str()).filter(|agenda| !agenda.is_empty())
    }
}

/// Who can find a meeting. Who has the link can read any that is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Listed on the front page.
    #[default]
    Public,
    /// Found by its unguessable link only.
    Unlisted,
    /// Not published yet: there for its organizer alone.
    Draft,
}

impl Visibility {
    /// The word in JSON, forms and the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Draft => "draft",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Public, Self::Unlisted, Self::Draft].into_iter().find(|it| it.as_str() == word)
    }
}

/// A title, as people may write it: no controls, nothing that turns the text around it.
///
/// # Errors
/// A sentence for its field.
pub fn title(text: &str) -> Result<String, String> {
    let title = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !visible::is_visible(&title) {
        return Err("Give it a title.".into());
    }
    if title.chars().count() > limits::TITLE {
        return Err(format!("The title may have up to {} characters.", limits::TITLE));
    }
    if let Some(hidden) = visible::find_hidden(&title) {
        return Err(visible::refusal("The title", hidden));
    }
    Ok(title)
}

/// What came in for a meeting, unread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeetingInput {
    pub title: String,
    /// Empty: made from the title.
    pub slug: String,
    pub description: String,
    /// The template of its events' agendas.
    pub agenda: String,
    pub timezone: String,
    pub starts: String,
    pub duration_minutes: String,
    /// Empty: once only.
    pub rrule: String,
    /// Empty: public.
    pub visibility: String,
    /// Further single dates, each `2026-12-01` (at the same time of day) or `2026-12-01T19:00`.
    pub dates: Vec<String>,
}

/// A meeting as it is to be, every field fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeetingDraft {
    pub title: String,
    /// `None`: to be made from the title.
    pub slug: Option<String>,
    pub description: String,
    /// The same as HTML: whoever writes it down has nothing left to render.
    pub description_html: String,
    pub agenda: String,
    pub agenda_html: String,
    pub timetable: Timetable,
    pub visibility: Visibility,
    /// Further single starts.
    pub dates: Vec<Timestamp>,
}

impl MeetingInput {
    /// A meeting as it stands with this timetable, for a form or a change of some fields.
    #[must_use]
    pub fn of(meeting: &Meeting, table: &Timetable) -> Self {
        Self {
            title: meeting.title.clone(),
            slug: meeting.slug.clone(),
            description: meeting.description.clone(),
            agenda: meeting.agenda.clone(),
            timezone: table.zone.name().to_owned(),
            // Seconds, where there are any, must not get lost: that would move every event.
            starts: table.starts.format(if table.starts.second() == 0 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" }).to_string(),
            duration_minutes: table.minutes.to_string(),
            rrule: table.rule.as_ref().map(|rule| rule.as_str().to_owned()).unwrap_or_default(),
            visibility: meeting.visibility.as_str().to_owned(),
            dates: Vec::new(),
        }
    }

    /// Reads every field. `now` decides whether any event would still lie ahead.
    ///
    /// # Errors
    /// Every problem, field by field.
    pub fn check(&self, now: Timestamp) -> Result<MeetingDraft, Vec<FieldProblem>> {
        let mut problems = Problems::default();
        let title = problems.take("title", title(&self.title));
        let slug = match self.slug.trim() {
            "" => None,
            text => problems.take("slug", slug::check(text)).map(|()| text.to_owned()),
        };
        let mut description = self.description.replace("\r\n", "\n").trim().to_owned();
        if !visible::is_visible(&description) && !visible::has_controls(&description) {
            description.clear();
        }
        if description.chars().count() > limits::DESCRIPTION {
            problems.add("description", format_args!("The description may have up to {} characters.", limits::DESCRIPTION));
        }
        if visible::has_controls(&description) {
            problems.add("description", "The description holds control characters. Remove them.");
        }
        let agenda = problems.take("agenda", agenda::check(&self.agenda));
        let visibility = match self.visibility.trim() {
            "" => Some(Visibility::default()),
            word => problems.take("visibility", Visibility::parse(word).ok_or("A meeting is public, unlisted, or a draft.")),
        };
        let minutes = problems.take("duration_minutes", minutes(&self.duration_minutes));
        let zone = problems.take("timezone", time::zone(&self.timezone));
        let starts = zone.and_then(|zone| problems.take("starts", wall(&self.starts, zone)));
        let timetable = (|| {
            let (zone, starts, minutes) = (zone?, starts?, minutes?);
            let rule = match self.rrule.trim() {
                "" => None,
                rule => Some(problems.take("rrule", Recurrence::parse(rule, starts, zone))?),
            };
            Some(Timetable { starts, zone, minutes, rule })
        })();
        let dates = timetable.as_ref().and_then(|table| problems.take("dates", further(&self.dates, table))).unwrap_or_default();
        if let Some(table) = &timetable {
            let ahead = |start: &Timestamp| start.plus_minutes(table.minutes) > now;
            if table.next_starts(table.running_from(now), 1).is_empty() && !dates.iter().any(ahead) {
                let field = if table.rule.is_some() { "rrule" } else { "starts" };
                problems.add(field, "Every event of this meeting would be over already. Choose a later date.");
            }
        }
        let draft = title.zip(agenda).zip(timetable).zip(visibility).map(|(((title, agenda), timetable), visibility)| MeetingDraft {
            title,
            slug,
            description_html: text::blocks(&description),
            description,
            agenda_html: agenda::html(&agenda),
            agenda,
            timetable,
            visibility,
            dates,
        });
        problems.finish(draft)
    }
}

/// A length in minutes, 1 to 1440.
///
/// # Errors
/// A sentence for its field.
pub fn minutes(text: &str) -> Result<i64, String> {
    let read = text.trim().parse::<i64>().ok().filter(|minutes| (1..=limits::MINUTES).contains(minutes));
    read.ok_or_else(|| format!("An event lasts from 1 to {} minutes (24 hours).", limits::MINUTES))
}

/// A start on the wall clock of `zone`, from any way of writing an instant.
fn wall(text: &str, zone: crate::domain::zone::Zone) -> Result<chrono::NaiveDateTime, TimeProblem> {
    time::local(text).or_else(|_| time::parse_instant(text, Some(zone)).map(|at| at.in_zone(zone).naive_local()))
}

fn further(dates: &[String], table: &Timetable) -> Result<Vec<Timestamp>, String> {
    let dates: Vec<&str> = dates.iter().map(|date| date.trim()).filter(|date| !date.is_empty()).collect();
    if dates.len() > limits::DATES {
        return Err(format!("One meeting takes up to {} dates at once.", limits::DATES));
    }
    let mut starts = Vec::new();
    for date in dates {
        let full = if date.len() <= 10 { format!("{date}T{}", table.starts.format("%H:%M")) } else { date.to_owned() };
        let wall =
            wall(&full, table.zone).map_err(|_| format!("“{date}” is no date. Write one a line, like 2026-12-01 or 2026-12-01 19:00."))?;
        starts.push(time::instant(wall, table.zone));
    }
    starts.sort_unstable();
    starts.dedup();
    Ok(starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> MeetingInput {
        MeetingInput {
            title: " Tidewater  weekly ".into(),
            timezone: "europe/berlin".into(),
            starts: "2026-11-24T18:00".into(),
            duration_minutes: "60".into(),
            ..MeetingInput::default()
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_795_000_000)
    }

    fn fields(input: &MeetingInput) -> Vec<&'static str> {
        input.check(now()).err().unwrap_or_default().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn a_plain_meeting_is_read() {
        let draft = input().check(now()).unwrap();
        assert_eq!(
            (draft.title.as_str(), draft.timetable.zone.name(), draft.visibility),
            ("Tidewater weekly", "Europe/Berlin", Visibility::Public)
        );
    }

    #[test]
    fn every_field_says_what_is_wrong_with_it() {
        let bad = MeetingInput {
            title: "\u{202e}".into(),
            slug: "No".into(),
            duration_minutes: "0".into(),
            timezone: "Mars/Olympus".into(),
            visibility: "secret".into(),
            ..input()
        };
        assert_eq!(fields(&bad), ["title", "slug", "visibility", "duration_minutes", "timezone"]);
        for (starts, minutes, rule, expected) in [
            ("2026-02-31T10:00", "60", "", "starts"),
            ("2020-01-01T10:00", "60", "", "starts"),
            ("2026-11-24T18:00", "1441", "", "duration_minutes"),
            ("2026-11-24T18:00", "60", "FREQ=HOURLY", "rrule"),
            ("2020-01-01T10:00", "60", "FREQ=DAILY;COUNT=3", "rrule"),
        ] {
            let bad = MeetingInput { starts: starts.into(), duration_minutes: minutes.into(), rrule: rule.into(), ..input() };
            assert_eq!(fields(&bad), [expected], "{starts} {minutes} {rule}");
        }
    }

    #[test]
    fn further_dates_take_the_time_of_the_first() {
        let draft = MeetingInput { dates: vec!["2026-12-01".into(), " 2026-12-02 20:00".into()], ..input() }.check(now()).unwrap();
        let times: Vec<String> = draft.dates.iter().map(|at| at.utc().format("%d %H:%M").to_string()).collect();
        assert_eq!(times, ["01 17:00", "02 19:00"]);
        assert_eq!(fields(&MeetingInput { dates: vec!["31 Feb".into()], ..input() }), ["dates"]);
    }
}
