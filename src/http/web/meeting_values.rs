//! The fields of the meeting form: how they become what `domain` reads, and how a problem of that
//! finds back to its field.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, NaiveTime};
use rocket::form::FromForm;
use serde::Serialize;

use crate::domain::form::FieldProblem;
use crate::domain::meeting::{Meeting, MeetingInput};
use crate::domain::recurrence::{Recurrence, day_name};
use crate::domain::time::Timestamp;

/// Sentences by the name of their field.
pub type FieldProblems = BTreeMap<&'static str, String>;

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
    #[field(default = "")]
    pub date: String,
    #[field(default = "")]
    pub time: String,
    #[field(default = "")]
    pub minutes: String,
    #[field(default = "")]
    pub timezone: String,
    #[field(default = "")]
    pub repeat: String,
    #[field(default = "")]
    pub every: String,
    #[field(default = "")]
    pub dates: String,
    #[field(default = "")]
    pub rrule: String,
    #[field(default = "")]
    pub visibility: String,
}

impl Values {
    /// The form of a new meeting. Its time zone is left to the browser.
    pub fn empty() -> Self {
        Self {
            csrf: String::new(),
            title: String::new(),
            slug: String::new(),
            description: String::new(),
            date: String::new(),
            time: String::new(),
            minutes: "60".into(),
            timezone: String::new(),
            repeat: "weekly".into(),
            every: "2".into(),
            dates: String::new(),
            rrule: String::new(),
            visibility: "public".into(),
        }
    }

    /// The form of a meeting that is there.
    pub fn of(meeting: &Meeting) -> Self {
        let table = &meeting.timetable;
        let rule = table.rule.as_ref().map(Recurrence::as_str);
        let weeks = rule.and_then(|rule| rule.strip_prefix("FREQ=WEEKLY;INTERVAL=")).filter(|weeks| weeks.parse().is_ok_and(is_weeks));
        let repeat = match (rule, weeks) {
            (None, _) => "once",
            (Some("FREQ=WEEKLY"), _) => "weekly",
            (Some(_), Some(_)) => "every",
            (Some(_), None) => "rule",
        };
        let input = MeetingInput::of(meeting);
        let (date, time) = input.starts.split_once('T').unwrap_or_default();
        Self {
            date: date.into(),
            time: time.into(),
            title: input.title,
            slug: input.slug,
            description: input.description,
            minutes: input.duration_minutes,
            timezone: input.timezone,
            repeat: repeat.into(),
            every: weeks.unwrap_or("2").into(),
            rrule: rule.filter(|_| repeat == "rule").unwrap_or_default().into(),
            visibility: input.visibility,
            ..Self::empty()
        }
    }

    /// The day of the week of the first event.
    pub fn weekday(&self) -> Option<&'static str> {
        self.first_day().map(|day| day_name(day.weekday()))
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
            "weekly" => "FREQ=WEEKLY".to_owned(),
            "every" => format!("FREQ=WEEKLY;INTERVAL={}", self.weeks().unwrap_or(1)),
            "rule" => self.rrule.clone(),
            _ => String::new(),
        };
        MeetingInput {
            title: self.title.clone(),
            slug: self.slug.clone(),
            description: self.description.clone(),
            timezone: self.timezone.clone(),
            starts: format!("{}T{}", self.date.trim(), self.time.trim()),
            duration_minutes: self.minutes.clone(),
            rrule,
            visibility: self.visibility.clone(),
            dates: if self.repeat == "dates" { self.dates.lines().map(str::to_owned).collect() } else { Vec::new() },
        }
    }

    fn weeks(&self) -> Option<u32> {
        self.every.trim().parse().ok().filter(|weeks| is_weeks(*weeks))
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
        match self.repeat.as_str() {
            "every" if self.weeks().is_none() => {
                problems.insert("every", "Write a number of weeks from 1 to 52.".into());
            }
            "rule" if self.rrule.trim().is_empty() => {
                problems.insert("rrule", "Write a rule, or choose another way to repeat.".into());
            }
            "once" | "weekly" | "every" | "dates" | "rule" => {}
            _ => {
                problems.insert("repeat", "Choose how the meeting repeats.".into());
            }
        }
        problems
    }

    /// Everything wrong with the form where something of its own is; empty where `app` may be asked.
    pub fn problems(&self, now: Timestamp) -> FieldProblems {
        let own = self.own_problems();
        if own.is_empty() {
            return own;
        }
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
                ("rrule", "every") => "every",
                ("rrule", _) => "repeat",
                ("title" | "slug" | "description" | "timezone" | "visibility" | "dates", _) => field,
                _ => "form",
            };
            problems.entry(field).or_insert(detail);
        }
        problems
    }
}

fn is_weeks(weeks: u32) -> bool {
    (1..=52).contains(&weeks)
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
        let mut problems = values.problems(now);
        if problems.is_empty() {
            problems = values.told(values.input().check(now).err().unwrap_or_default());
        }
        problems.into_keys().collect()
    }

    #[test]
    fn each_way_to_repeat_becomes_a_rule() {
        for (repeat, rule) in
            [("once", ""), ("weekly", "FREQ=WEEKLY"), ("every", "FREQ=WEEKLY;INTERVAL=2"), ("dates", ""), ("rule", "FREQ=DAILY")]
        {
            let values = Values { repeat: repeat.into(), rrule: "FREQ=DAILY".into(), ..values() };
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
            (Values { every: "53".into(), repeat: "every".into(), ..values() }, "every"),
            (Values { repeat: "rule".into(), ..values() }, "rrule"),
            (Values { repeat: "rule".into(), rrule: "FREQ=HOURLY".into(), ..values() }, "rrule"),
            (Values { repeat: "dates".into(), dates: "soon".into(), ..values() }, "dates"),
            (Values { repeat: "never".into(), ..values() }, "repeat"),
            (Values { timezone: "Mars".into(), ..values() }, "timezone"),
        ] {
            assert_eq!(fields(&wrong), [field]);
        }
        assert_eq!(fields(&Values { title: String::new(), date: String::new(), ..values() }), ["date", "title"]);
    }
}
