//! The fields of the meeting form: how they become what `domain` reads, and how a problem of that
//! finds back to its field.

use chrono::{Datelike, NaiveDate, NaiveTime};
use rocket::form::FromForm;
use serde::Serialize;

use crate::domain::form::FieldProblem;
use crate::domain::limits;
use crate::domain::schedule::meeting::{Meeting, MeetingInput};
use crate::domain::schedule::recurrence::{Recurrence, RepetitionChoice, RuleProblem, Timetable};
use crate::domain::time::{self, Timestamp};
use crate::http::web::kit::edit_conflict::{self, FieldProblems, FieldState, Fields, Met};

/// The fields as typed.
#[derive(Clone, Debug, FromForm, Serialize)]
pub struct Values {
    #[field(default = "")]
    #[serde(skip)]
    pub csrf: String,
    #[field(default = "")]
    pub title: String,
    #[field(default = "")]
    pub slug: String,
    #[field(default = "")]
    pub description: String,
    /// The template of its events' agendas.
    #[field(default = "")]
    pub agenda: String,
    #[field(default = "")]
    pub date: String,
    #[field(default = "")]
    pub time: String,
    #[field(default = "")]
    pub minutes: String,
    #[field(default = "")]
    pub timezone: String,
    /// `once`, `every`, `dates` or `rule`.
    #[field(default = "")]
    pub repeat: String,
    /// Every so many of `unit`: `day`, `week`, `month`, `year`.
    #[field(default = "")]
    pub every: String,
    #[field(default = "")]
    pub unit: String,
    /// Days of the week such as `Mon`, where it repeats by weeks; none: the first event's.
    pub days: Vec<String>,
    /// How the day of a month is found: `date`, `day` (in `day`) or `nth` (in `nth` and `weekday`).
    #[field(default = "")]
    pub monthly: String,
    #[field(default = "")]
    pub day: String,
    #[field(default = "")]
    pub nth: String,
    #[field(default = "")]
    pub weekday: String,
    /// `never`, `on` (the day in `until`) or `after` (so many `times`).
    #[field(default = "")]
    pub ends: String,
    #[field(default = "")]
    pub until: String,
    #[field(default = "")]
    pub times: String,
    #[field(default = "")]
    pub dates: String,
    #[field(default = "")]
    pub rrule: String,
    #[field(default = "")]
    pub visibility: String,
    /// The slug of the meeting that is changed; empty for a new one.
    #[field(default = "")]
    pub of: String,
    /// The id of the event from which on the times hold; empty: all that lie ahead.
    #[field(default = "")]
    pub from: String,
    /// Pressed to see the dates: then nothing is saved.
    #[field(default = "")]
    #[serde(skip)]
    pub show: String,
    /// What this form has shown already of overlaps and of what saving would do.
    #[field(default = "")]
    #[serde(skip)]
    pub seen: String,
    /// What each field was when the form was loaded ([`edit_conflict`]).
    #[field(default = "")]
    pub was: String,
    /// The day of the last event in a form that ends the series, such as `2027-03-30`; else empty.
    #[field(default = "")]
    pub last: String,
}

impl Values {
    /// The form of a new meeting. Its time zone is left to the browser.
    pub fn empty() -> Self {
        Self {
            csrf: String::new(),
            title: String::new(),
            slug: String::new(),
            description: String::new(),
            agenda: String::new(),
            date: String::new(),
            time: String::new(),
            minutes: "60".into(),
            timezone: String::new(),
            repeat: "every".into(),
            every: "1".into(),
            unit: "week".into(),
            days: Vec::new(),
            monthly: "date".into(),
            day: "1".into(),
            nth: "1".into(),
            weekday: "Mon".into(),
            ends: "never".into(),
            until: String::new(),
            times: "10".into(),
            dates: String::new(),
            rrule: String::new(),
            visibility: "public".into(),
            of: String::new(),
            from: String::new(),
            show: String::new(),
            seen: String::new(),
            was: String::new(),
            last: String::new(),
        }
    }

    /// The form of a meeting that is there, with this timetable of it.
    pub fn of(meeting: &Meeting, table: &Timetable) -> Self {
        let input = MeetingInput::of(meeting, table);
        let (date, time) = input.starts.split_once('T').unwrap_or_default();
        let mut values = Self {
            date: date.into(),
            time: time.into(),
            title: input.title,
            slug: input.slug,
            description: input.description,
            agenda: input.agenda,
            minutes: input.duration_minutes,
            timezone: input.timezone,
            visibility: input.visibility,
            of: meeting.slug.clone(),
            ..Self::empty()
        };
        values.day = table.starts.day().to_string();
        values.nth = (table.starts.day0() / 7 + 1).to_string();
        values.weekday = table.starts.weekday().to_string();
        match &table.rule {
            None => values.repeat = "once".into(),
            Some(rule) => {
                if let Some(choice) = RepetitionChoice::of(rule, table.starts, table.zone) {
                    values.choose(&choice);
                } else {
                    (values.repeat, values.rrule) = ("rule".into(), rule.as_str().into());
                }
            }
        }
        values
    }

    /// The form of a new meeting that is like another one, from that one's next date on. Its link is left to be chosen.
    pub fn like(meeting: &Meeting, now: Timestamp) -> Self {
        let title = format!("Copy of {}", meeting.title).chars().take(limits::TITLE).collect();
        let next = meeting.course().next_starts(now, 1).first().copied();
        let table = meeting.course().present(now);
        let date = next.map_or_else(String::new, |start| table.wall_of(start).format("%Y-%m-%d").to_string());
        Self { title, slug: String::new(), date, of: String::new(), ..Self::of(meeting, table) }
    }

    fn fields(&self) -> Fields {
        vec![
            ("title", self.title.trim().to_owned()),
            ("slug", self.slug.trim().to_owned()),
            ("description", edit_conflict::lines(&self.description)),
            ("agenda", edit_conflict::lines(&self.agenda)),
            ("date", self.date.trim().to_owned()),
            ("time", self.time.trim().to_owned()),
            ("minutes", self.minutes.trim().to_owned()),
            ("timezone", self.timezone.trim().to_owned()),
            ("repeat", self.rhythm()),
            ("visibility", self.visibility.clone()),
        ]
    }

    /// Names each field as it is, for a form that is loaded with them.
    pub fn sealed(self) -> Self {
        Self { was: edit_conflict::seal(&self.fields()), ..self }
    }

    /// Takes over from the meeting as it is `now`, which repeats by `words`, what was not touched in this form; gives what was
    /// changed on both sides.
    pub fn catch_up(&mut self, now: &Self, words: &str) -> Met {
        let mut met = Met::default();
        for (name, standing) in edit_conflict::compare(&self.was, &self.fields(), &now.fields()) {
            let (mine, theirs) = match name {
                "title" => (&mut self.title, &now.title),
                "slug" => (&mut self.slug, &now.slug),
                "description" => (&mut self.description, &now.description),
                "agenda" => (&mut self.agenda, &now.agenda),
                "date" => (&mut self.date, &now.date),
                "time" => (&mut self.time, &now.time),
                "minutes" => (&mut self.minutes, &now.minutes),
                "timezone" => (&mut self.timezone, &now.timezone),
                "visibility" => (&mut self.visibility, &now.visibility),
                _ => {
                    match standing {
                        FieldState::Untouched => self.repeat_as(now),
                        FieldState::Both => met.line("repeat", words),
                        FieldState::Typed => {}
                    }
                    continue;
                }
            };
            met.settle((name, standing), mine, theirs);
        }
        self.was.clone_from(&now.was);
        met
    }

    /// What of the form decides when the events are.
    pub fn times(&self) -> (String, String, String, String, Vec<String>) {
        let MeetingInput { timezone, starts, duration_minutes, rrule, dates, .. } = self.input();
        (timezone, starts, duration_minutes, rrule, dates)
    }

    fn first_day(&self) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(self.date.trim(), "%Y-%m-%d").ok().filter(|day| (1970..=2255).contains(&day.year()))
    }

    /// The time of day of the first event.
    pub fn time_of_day(&self) -> Option<NaiveTime> {
        let time = self.time.trim();
        ["%H:%M", "%H:%M:%S"].iter().find_map(|form| NaiveTime::parse_from_str(time, form).ok())
    }

    /// What `domain` reads; with placeholders where this form has fields of its own that are wrong.
    pub fn input(&self) -> MeetingInput {
        let rrule = match self.repeat.as_str() {
            "every" => self.chosen_rule().and_then(Result::ok).map_or_else(|| "FREQ=WEEKLY".to_owned(), |rule| rule.as_str().to_owned()),
            "rule" => self.rrule.clone(),
            _ => String::new(),
        };
        MeetingInput {
            title: self.title.clone(),
            slug: self.slug.clone(),
            description: self.description.clone(),
            agenda: self.agenda.clone(),
            timezone: self.timezone.clone(),
            starts: format!("{}T{}", self.date.trim(), self.time.trim()),
            duration_minutes: self.minutes.clone(),
            rrule,
            visibility: self.visibility.clone(),
            dates: if self.repeat == "dates" { self.dates.lines().map(str::to_owned).collect() } else { Vec::new() },
        }
    }

    /// The rule of the form's choices; `None` where they, the start or the zone cannot be read.
    fn chosen_rule(&self) -> Option<Result<Recurrence, RuleProblem>> {
        let starts = self.first_day()?.and_time(self.time_of_day()?);
        Some(self.choice().ok()?.rule(starts, time::zone(&self.timezone).ok()?))
    }

    /// What is wrong with the fields that only this form has.
    fn own_problems(&self) -> FieldProblems {
        let mut problems = FieldProblems::new();
        if self.first_day().is_none() {
            problems.insert("date", "Choose the date of the first event.".into());
        }
        if self.time_of_day().is_none() {
            problems.insert("time", "Write the time like 19:00.".into());
        }
        if self.timezone.trim().is_empty() {
            problems.insert("timezone", "Choose a time zone, such as Europe/Berlin.".into());
        }
        match self.repeat.as_str() {
            "every" => match (self.choice(), self.chosen_rule()) {
                (Err(wrong), _) => problems.extend(wrong),
                (_, Some(Err(RuleProblem::UntilBeforeStart))) => {
                    problems.insert("until", "The last day lies before the first event. Choose a later one.".into());
                }
                (_, Some(Err(RuleProblem::Empty))) => {
                    problems.insert("repeat", "These choices give no date at all. Choose another day or a later end.".into());
                }
                (_, Some(Err(problem))) => {
                    problems.insert("repeat", problem.to_string());
                }
                (Ok(_), _) => {}
            },
            "rule" if self.rrule.trim().is_empty() => {
                problems.insert("rrule", "Write a rule, or choose another way to repeat.".into());
            }
            "dates" if self.dates.trim().is_empty() => {
                problems.insert("dates", "Write at least one further date, or choose “Once only”.".into());
            }
            "once" | "dates" | "rule" => {}
            _ => {
                problems.insert("repeat", "Choose how the meeting repeats.".into());
            }
        }
        problems
    }

    /// Everything wrong with the form, field by field. `now` decides whether any event would still lie ahead.
    pub fn problems(&self, now: Timestamp) -> FieldProblems {
        self.told(self.input().check(now).err().unwrap_or_default())
    }

    /// Problems of `domain`, each at its field of this form, beside the form's own.
    pub fn told(&self, found: Vec<FieldProblem>) -> FieldProblems {
        let mut problems = self.own_problems();
        for FieldProblem { field, detail } in found {
            let field = match (field, self.repeat.as_str()) {
                // A start that cannot be read has been told of by its date or its time.
                ("starts", _) if problems.contains_key("date") || problems.contains_key("time") => continue,
                ("starts", _) => "date",
                ("duration_minutes", _) => "minutes",
                ("rrule", "rule") => "rrule",
                // It would be over already: what ends it has to change.
                ("rrule", "every") if self.ends == "on" => "until",
                ("rrule", "every") if self.ends == "after" => "times",
                ("rrule", _) => "repeat",
                ("title" | "slug" | "description" | "agenda" | "timezone" | "visibility" | "dates" | "from", _) => field,
                _ => "form",
            };
            problems.entry(field).or_insert(detail);
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values {
            title: "Weekly".into(),
            date: "2026-11-24".into(),
            time: "18:00".into(),
            timezone: "Europe/Berlin".into(),
            ..Values::empty()
        }
    }

    fn fields(values: &Values) -> Vec<&'static str> {
        let now = Timestamp::from_seconds(1_795_000_000);
        values.problems(now).into_keys().collect()
    }

    #[test]
    fn each_way_to_repeat_becomes_a_rule() {
        for (repeat, rule) in [("once", ""), ("every", "FREQ=WEEKLY"), ("dates", ""), ("rule", "FREQ=DAILY")] {
            let values = Values { repeat: repeat.into(), rrule: "FREQ=DAILY".into(), dates: "2026-12-01".into(), ..values() };
            assert_eq!((values.input().rrule.as_str(), fields(&values)), (rule, Vec::new()), "{repeat}");
        }
    }

    #[test]
    fn problems_stand_at_the_field_that_has_to_change() {
        for (wrong, field) in [
            (Values { date: "2026-02-31".into(), ..values() }, "date"),
            (Values { date: "2020-01-01".into(), repeat: "once".into(), ..values() }, "date"),
            (Values { time: "7pm".into(), ..values() }, "time"),
            (Values { minutes: "0".into(), ..values() }, "minutes"),
            (Values { every: "0".into(), ..values() }, "every"),
            (Values { unit: "hour".into(), ..values() }, "repeat"),
            (Values { days: vec!["Someday".into()], ..values() }, "days"),
            (Values { unit: "month".into(), monthly: "day".into(), day: "32".into(), ..values() }, "monthly"),
            (Values { unit: "month".into(), monthly: "nth".into(), weekday: "Someday".into(), ..values() }, "monthly"),
            (Values { ends: "later".into(), ..values() }, "ends"),
            (Values { ends: "on".into(), ..values() }, "until"),
            (Values { ends: "on".into(), until: "2026-11-23".into(), ..values() }, "until"),
            (Values { date: "2020-01-01".into(), ends: "on".into(), until: "2020-02-01".into(), ..values() }, "until"),
            (Values { ends: "after".into(), times: "10001".into(), ..values() }, "times"),
            (Values { date: "2020-01-01".into(), ends: "after".into(), times: "3".into(), ..values() }, "times"),
            (Values { days: vec!["Wed".into()], ends: "on".into(), until: "2026-11-24".into(), ..values() }, "repeat"),
            (Values { repeat: "rule".into(), ..values() }, "rrule"),
            (Values { repeat: "rule".into(), rrule: "FREQ=HOURLY".into(), ..values() }, "rrule"),
            (Values { repeat: "dates".into(), dates: "soon".into(), ..values() }, "dates"),
            (Values { repeat: "dates".into(), dates: " \r\n".into(), ..values() }, "dates"),
            (Values { timezone: " ".into(), ..values() }, "timezone"),
            (Values { repeat: "never".into(), ..values() }, "repeat"),
            (Values { timezone: "Mars".into(), ..values() }, "timezone"),
        ] {
            assert_eq!(fields(&wrong), [field]);
        }
        assert_eq!(fields(&Values { title: String::new(), date: String::new(), ..values() }), ["date", "title"]);
    }
}
