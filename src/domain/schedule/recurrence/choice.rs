//! What a form can say of a rule, and the way there and back.
//!
//! A form has a frequency, an interval, days of the week, a way to find the day of a month, and an end.
//! Rules that say more are left to be written as text: [`RepetitionChoice::of`] has none for them.

use crate::domain::zone::Zone;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Weekday};

use super::rule::{DayOf, End, Frequency, Rule};
use super::{Recurrence, RuleProblem};

/// The fields of a form that repeats a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepetitionChoice {
    pub frequency: Frequency,
    /// Every so many days, weeks, months or years.
    pub interval: u16,
    /// The days of the week, for [`Frequency::Weekly`] alone; none: the start's.
    pub days: Vec<Weekday>,
    /// Which day of the month, for monthly and yearly rules.
    pub monthly: Monthly,
    pub end: ChoiceEnd,
}

/// How a form finds the day of a month. Yearly rules take the month from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Monthly {
    /// The start's own day.
    Date,
    /// This day of the month, 1 to 31, or -1 for the last.
    Day(i8),
    /// The nth of this day of the week, 1 to 5, or -1 for the last.
    Nth(i8, Weekday),
}

/// What ends the meeting in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChoiceEnd {
    Never,
    Times(u16),
    /// With this day, in the meeting's zone.
    On(NaiveDate),
}

impl Monthly {
    /// The ways that lead to the day of `starts`, for a form to offer.
    #[must_use]
    pub fn offers(starts: NaiveDateTime) -> Vec<Self> {
        let (date, day) = (starts.date(), starts.weekday());
        let is_in_month = |date: Option<NaiveDate>| date.is_some_and(|it| it.month() == starts.month());
        let mut offers = vec![Self::Date];
        if !is_in_month(date.succ_opt()) {
            offers.push(Self::Day(-1));
        }
        let nth = i8::try_from((date.day() - 1) / 7 + 1).unwrap_or(5);
        offers.push(Self::Nth(nth, day));
        if !is_in_month(date.checked_add_days(chrono::Days::new(7))) {
            offers.push(Self::Nth(-1, day));
        }
        offers
    }
}

impl RepetitionChoice {
    /// The rule of these choices. Fields that the frequency has no use for are passed over.
    ///
    /// # Errors
    /// As [`Recurrence::parse`].
    pub fn rule(&self, starts: NaiveDateTime, zone: Zone) -> Result<Recurrence, RuleProblem> {
        let mut rule = Rule::new(self.frequency);
        rule.interval = self.interval;
        match (self.frequency, self.monthly) {
            (Frequency::Daily, _) | (Frequency::Monthly | Frequency::Yearly, Monthly::Date) => {}
            (Frequency::Weekly, _) => rule.days = self.days.iter().map(|day| DayOf { nth: None, day: *day }).collect(),
            (_, Monthly::Day(n)) => rule.month_days = vec![n.into()],
            (_, Monthly::Nth(n, day)) => rule.days = vec![DayOf { nth: Some(n), day }],
        }
        if self.frequency == Frequency::Yearly && !rule.is_plain() {
            rule.months = vec![month(starts)];
        }
        rule.end = match self.end {
            ChoiceEnd::Never => End::Never,
            ChoiceEnd::Times(count) => End::Count(count),
            ChoiceEnd::On(day) => End::Day(day),
        };
        // By its text, so that a form is held to what every rule is held to.
        Recurrence::parse(&rule.to_string(), starts, zone)
    }

    /// The choices that make `rule`; `None` where a form cannot express it.
    #[must_use]
    pub fn of(rule: &Recurrence, starts: NaiveDateTime, zone: Zone) -> Option<Self> {
        let rule = &rule.rule;
        let mut choice = Self {
            frequency: rule.frequency,
            interval: rule.interval,
            days: Vec::new(),
            monthly: Monthly::Date,
            end: match rule.end {
                End::Never => ChoiceEnd::Never,
                End::Count(count) => ChoiceEnd::Times(count),
                End::Day(_) | End::Instant(_) => ChoiceEnd::On(rule.end.last_day(starts, zone)?),
            },
        };
        let plain = rule.is_plain();
        match rule.frequency {
            _ if plain => {}
            Frequency::Weekly => choice.days = rule.days.iter().map(|it| it.day).collect(),
            Frequency::Monthly | Frequency::Yearly => {
                choice.monthly = match (rule.month_days.as_slice(), rule.days.as_slice()) {
                    ([n @ (-1 | 1..=31)], []) => Monthly::Day(i8::try_from(*n).ok()?),
                    ([], [DayOf { nth: Some(n @ (-1 | 1..=5)), day }]) => Monthly::Nth(*n, *day),
                    _ => return None,
                };
            }
            Frequency::Daily => return None,
        }
        // Whatever the form leaves out would be lost: the way back has to lead to the same rule.
        let back = choice.rule(starts, zone).ok()?.rule;
        let mut wanted = Rule { end: back.end, ..rule.clone() };
        if rule.frequency != Frequency::Weekly || rule.interval == 1 {
            // Where weeks begin says nothing here.
            wanted.week_start = back.week_start;
        }
        (back == wanted).then_some(choice)
    }
}

fn month(starts: NaiveDateTime) -> i16 {
    i16::try_from(starts.month()).unwrap_or(1)
}
