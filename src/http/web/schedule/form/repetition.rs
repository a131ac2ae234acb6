//! How a meeting repeats, as the form's plain choices: from its fields to a [`RepetitionChoice`], and back.
//!
//! Says what is wrong with a field in the form's own words; the rules of recurrence are `domain`'s.

use chrono::{NaiveDate, Weekday};

use super::meeting_values::Values;
use crate::domain::schedule::recurrence::{ChoiceEnd, Frequency, LARGEST_INTERVAL, MOST, Monthly, RepetitionChoice};
use crate::http::web::kit::edit_conflict;
use crate::http::web::kit::edit_conflict::FieldProblems;

const UNITS: [(&str, Frequency); 4] =
    [("day", Frequency::Daily), ("week", Frequency::Weekly), ("month", Frequency::Monthly), ("year", Frequency::Yearly)];

impl Values {
    /// What the fields choose, where the meeting repeats by them.
    pub fn choice(&self) -> Result<RepetitionChoice, FieldProblems> {
        let mut problems = FieldProblems::new();
        let interval = number(&self.every, LARGEST_INTERVAL).map_err(|said| problems.insert("every", said));
        let unit = UNITS.iter().find(|(name, _)| *name == self.unit).map(|(_, frequency)| *frequency);
        if unit.is_none() {
            problems.insert("repeat", "Choose days, weeks, months or years.".into());
        }
        let days: Result<Vec<Weekday>, _> = self.days.iter().map(|day| day.parse()).collect();
        if days.is_err() {
            problems.insert("days", "Choose days of the week.".into());
        }
        // Which day of a month is of no matter where the meeting repeats by days or weeks.
        let by_month = matches!(unit, Some(Frequency::Monthly | Frequency::Yearly));
        let monthly = if by_month { self.day_of_month() } else { Some(Monthly::Date) };
        if monthly.is_none() {
            problems.insert("monthly", "Choose a day of the month.".into());
        }
        let end = self.end().map_err(|(field, said)| problems.insert(field, said));
        match (unit, interval, days, monthly, end) {
            (Some(frequency), Ok(interval), Ok(days), Some(monthly), Ok(end)) => {
                Ok(RepetitionChoice { frequency, interval, days, monthly, end })
            }
            _ => Err(problems),
        }
    }

    fn day_of_month(&self) -> Option<Monthly> {
        let number = |text: &str, most: i8| text.parse().ok().filter(|n| *n == -1 || (1..=most).contains(n));
        match self.monthly.as_str() {
            "date" => Some(Monthly::Date),
            "day" => Some(Monthly::Day(number(&self.day, 31)?)),
            "nth" => Some(Monthly::Nth(number(&self.nth, 5)?, self.weekday.parse().ok()?)),
            _ => None,
        }
    }

    fn end(&self) -> Result<ChoiceEnd, (&'static str, String)> {
        match self.ends.as_str() {
            "never" => Ok(ChoiceEnd::Never),
            "on" => NaiveDate::parse_from_str(self.until.trim(), "%Y-%m-%d")
                .map(ChoiceEnd::On)
                .map_err(|_| ("until", "Choose the last day.".to_owned())),
            "after" => number(&self.times, MOST).map(ChoiceEnd::Times).map_err(|said| ("times", said)),
            _ => Err(("ends", "Choose whether it ends.".to_owned())),
        }
    }

    /// The fields that count for how it repeats, as one text.
    pub fn rhythm(&self) -> String {
        let month = || match self.monthly.as_str() {
            "day" => format!("day {}", self.day),
            "nth" => format!("{} {}", self.nth, self.weekday),
            date => date.to_owned(),
        };
        match self.repeat.as_str() {
            "every" => {
                let days = match self.unit.as_str() {
                    "week" => {
                        let mut days = self.days.clone();
                        days.sort_unstable();
                        days.join(",")
                    }
                    "month" | "year" => month(),
                    _ => String::new(),
                };
                let end = match self.ends.as_str() {
                    "on" => &self.until,
                    "after" => &self.times,
                    never => never,
                };
                format!("every {} {} {days} {} {}", self.every.trim(), self.unit, self.ends, end.trim())
            }
            "dates" => format!("dates {}", edit_conflict::lines(&self.dates)),
            "rule" => format!("rule {}", self.rrule.trim()),
            other => other.to_owned(),
        }
    }

    /// Repeats as another form does.
    pub fn repeat_as(&mut self, other: &Self) {
        let Self { repeat, every, unit, days, monthly, day, nth, weekday, ends, until, times, dates, rrule, .. } = other.clone();
        (self.repeat, self.every, self.unit, self.days) = (repeat, every, unit, days);
        (self.monthly, self.day, self.nth, self.weekday) = (monthly, day, nth, weekday);
        (self.ends, self.until, self.times, self.dates, self.rrule) = (ends, until, times, dates, rrule);
    }

    /// Fills the fields with what makes this choice.
    pub fn choose(&mut self, choice: &RepetitionChoice) {
        self.repeat = "every".into();
        self.every = choice.interval.to_string();
        self.unit = UNITS.iter().find(|(_, it)| *it == choice.frequency).map_or_else(String::new, |(name, _)| (*name).into());
        self.days = choice.days.iter().map(ToString::to_string).collect();
        match choice.monthly {
            Monthly::Date => self.monthly = "date".into(),
            Monthly::Day(n) => (self.monthly, self.day) = ("day".into(), n.to_string()),
            Monthly::Nth(n, day) => (self.monthly, self.nth, self.weekday) = ("nth".into(), n.to_string(), day.to_string()),
        }
        match choice.end {
            ChoiceEnd::Never => self.ends = "never".into(),
            ChoiceEnd::Times(count) => (self.ends, self.times) = ("after".into(), count.to_string()),
            ChoiceEnd::On(day) => (self.ends, self.until) = ("on".into(), day.format("%Y-%m-%d").to_string()),
        }
    }
}

fn number(text: &str, most: u16) -> Result<u16, String> {
    text.trim().parse().ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| format!("Write a whole number from 1 to {most}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_comes_back_from_the_fields_that_it_fills() {
        let plain = RepetitionChoice {
            frequency: Frequency::Weekly,
            interval: 1,
            days: vec![Weekday::Tue, Weekday::Thu],
            monthly: Monthly::Date,
            end: ChoiceEnd::Never,
        };
        let monthly = |frequency, monthly, end| RepetitionChoice { frequency, days: Vec::new(), monthly, end, interval: 3 };
        let last_day = NaiveDate::from_ymd_opt(2027, 12, 24).unwrap_or_default();
        for choice in [
            plain.clone(),
            RepetitionChoice { frequency: Frequency::Daily, days: Vec::new(), interval: 1_000, ..plain },
            monthly(Frequency::Monthly, Monthly::Day(-1), ChoiceEnd::Times(10)),
            monthly(Frequency::Monthly, Monthly::Nth(-1, Weekday::Thu), ChoiceEnd::On(last_day)),
            monthly(Frequency::Yearly, Monthly::Nth(2, Weekday::Sun), ChoiceEnd::Never),
        ] {
            let mut values = Values::empty();
            values.choose(&choice);
            assert_eq!(values.choice(), Ok(choice));
        }
    }
}
