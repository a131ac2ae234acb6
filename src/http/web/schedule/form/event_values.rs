//! The fields of one event's form, for one more of a meeting and for a change of one that is there: how
//! they are read, and where what is wrong with them stands.

use chrono::Timelike;
use rocket::form::FromForm;
use serde::Serialize;

use crate::app::Error;
use crate::domain::schedule::event::{ChatEvent, EventProblem};
use crate::domain::schedule::meeting;
use crate::domain::time::{self, Timestamp};
use crate::domain::zone::Zone;
use crate::http::problem::Problem;
use crate::http::web::kit::edit_conflict::{self, FieldProblems, Fields, Met};
use crate::http::web::kit::page::sentence;

/// The fields as typed.
#[derive(Clone, Debug, Default, FromForm, Serialize)]
pub struct EventValues {
    #[field(default = "")]
    #[serde(skip)]
    pub csrf: String,
    #[field(default = "")]
    pub date: String,
    #[field(default = "")]
    pub time: String,
    #[field(default = "")]
    pub minutes: String,
    #[field(default = "")]
    pub title: String,
    /// `None` leaves it as it is.
    pub agenda: Option<String>,
    /// The version of the agenda whose change is taken back; empty: none.
    #[field(default = "")]
    #[serde(skip)]
    pub agenda_undo: String,
    #[field(default = "")]
    pub back: String,
    /// Which overlaps this form has shown already.
    #[field(default = "")]
    #[serde(skip)]
    pub seen: String,
    /// What each field was when the form was loaded ([`edit_conflict`]).
    #[field(default = "")]
    pub was: String,
}

/// When an event opens and closes.
pub type Times = (Timestamp, Timestamp);

impl EventValues {
    /// The form of an event as it stands, on its meeting's clock.
    pub fn of(event: &ChatEvent) -> Self {
        let opens = event.opens_at.in_zone(event.zone).naive_local();
        let values = Self {
            date: opens.format("%Y-%m-%d").to_string(),
            time: opens.format(if opens.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string(),
            minutes: ((event.closes_at.micros() - event.opens_at.micros()) / 60_000_000).to_string(),
            title: if event.own_title { event.title.clone() } else { String::new() },
            agenda: Some(event.agenda.clone().unwrap_or_default()),
            ..Default::default()
        };
        Self { was: edit_conflict::seal(&values.fields()), ..values }
    }

    fn fields(&self) -> Fields {
        let lines = [("date", &self.date), ("time", &self.time), ("minutes", &self.minutes), ("title", &self.title)];
        let mut fields: Fields = lines.into_iter().map(|(name, text)| (name, text.trim().to_owned())).collect();
        fields.extend(self.agenda.as_deref().map(|agenda| ("agenda", edit_conflict::lines(agenda))));
        fields
    }

    /// Takes over from the event as it is `now` what was not touched in this form; gives what was changed on both sides.
    pub fn catch_up(&mut self, now: &Self) -> Met {
        let mut met = Met::default();
        for (name, standing) in edit_conflict::compare(&self.was, &self.fields(), &now.fields()) {
            let (mine, theirs) = match name {
                "date" => (&mut self.date, now.date.as_str()),
                "time" => (&mut self.time, now.time.as_str()),
                "minutes" => (&mut self.minutes, now.minutes.as_str()),
                "title" => (&mut self.title, now.title.as_str()),
                _ => (self.agenda.get_or_insert_default(), now.agenda.as_deref().unwrap_or_default()),
            };
            met.settle((name, standing), mine, theirs);
        }
        self.was.clone_from(&now.was);
        met
    }

    /// The times that are asked for, on the clock of `zone`, where every field is fine.
    pub fn read(&self, zone: Zone) -> Result<Times, FieldProblems> {
        let mut problems = FieldProblems::new();
        let (date, time) = (self.date.trim(), self.time.trim());
        if time::local(&format!("{date}T00:00")).is_err() {
            problems.insert("date", "Choose a date.".to_owned());
        }
        let wall = time::local(&format!("{date}T{time}"));
        if wall.is_err() && problems.is_empty() {
            problems.insert("time", "Write the time like 19:00.".to_owned());
        }
        let minutes = meeting::minutes(&self.minutes).map_err(|problem| problems.insert("minutes", problem));
        if let Some(Err(problem)) = self.own_title().map(meeting::title) {
            problems.insert("title", problem);
        }
        match (wall, minutes) {
            (Ok(wall), Ok(minutes)) if problems.is_empty() => {
                let opens = time::instant(wall, zone);
                Ok((opens, opens.plus_minutes(minutes)))
            }
            _ => Err(problems),
        }
    }

    /// The title that the event is to have for itself.
    pub fn own_title(&self) -> Option<&str> {
        Some(self.title.trim()).filter(|title| !title.is_empty())
    }
}

/// The field at which a refusal of these times stands.
pub fn refused(problem: EventProblem) -> FieldProblems {
    match problem {
        EventProblem::EndBehind => [("date", "It would be over already. Choose a later date or time.".to_owned())].into(),
        EventProblem::AlreadyOpen => [("time", "It is open already, so its start is fixed. Change its length.".to_owned())].into(),
        EventProblem::SameStart | EventProblem::Overlaps(..) => [("time", sentence(&Problem::from(Error::Conflict(problem))))].into(),
        _ => [("form", sentence(&Problem::from(Error::Conflict(problem))))].into(),
    }
}
