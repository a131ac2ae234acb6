//! The dates of a rule, on a clock without a zone, by the `rrule` crate.
//!
//! Owns what the crate has to be told so that RFC 5545 comes out. Bounded: no date lies past
//! [`horizon`], and the crate gives up after 100,000 periods in a row without a date.

use chrono::{DateTime, Datelike, Month, NaiveDateTime, TimeZone};
use rrule::{NWeekday, RRule, RRuleError, RRuleSet, Unvalidated};

use super::rule::{DayOf, End, Frequency, Rule};
use crate::domain::time::LATEST;

/// Past it no event can be: timestamps end in 2255.
fn horizon() -> NaiveDateTime {
    DateTime::from_timestamp_micros(LATEST).unwrap_or_default().naive_utc()
}

/// The wall times of `rule` from `starts` on, in order, each once.
///
/// A start that the rule itself does not give is not among them.
pub fn walls(rule: &Rule, starts: NaiveDateTime) -> Result<impl Iterator<Item = NaiveDateTime> + use<>, RRuleError> {
    let floating: DateTime<rrule::Tz> = rrule::Tz::UTC.from_utc_datetime(&starts);
    let checked = told(&explicit(rule, starts)).validate(floating)?;
    let horizon = horizon();
    let dates = RRuleSet::new(floating).rrule(checked).limit().into_iter();
    Ok(dates.map(|date| date.naive_utc()).take_while(move |wall| *wall < horizon))
}

/// The rule with what `starts` adds to it, so that every calendar reads it as RFC 5545 does.
///
/// Programs differ in three cases. `BYWEEKNO` alone means the start's day of those weeks; some give all
/// seven. Numbered and plain days of `BYDAY` are added up; some take only what is both. `BYSETPOS` in
/// a week counts from where the week begins; some count from the start in the week of the start.
pub fn explicit(rule: &Rule, starts: NaiveDateTime) -> Rule {
    let mut rule = rule.clone();
    if !rule.weeks.is_empty() && rule.days.is_empty() && rule.month_days.is_empty() && rule.year_days.is_empty() {
        rule.days.push(DayOf { nth: None, day: starts.weekday() });
    }
    if rule.days.iter().any(|it| it.nth.is_some()) {
        let most = if rule.numbers_in_month() { 5 } else { 53 };
        let (mut numbered, plain): (Vec<DayOf>, Vec<DayOf>) = rule.days.iter().partition(|it| it.nth.is_some());
        for DayOf { day, .. } in plain {
            numbered.extend((1..=most).map(|nth| DayOf { nth: Some(nth), day }));
        }
        numbered.sort_unstable_by_key(|it| it.order());
        numbered.dedup();
        rule.days = numbered;
    }
    if rule.frequency == Frequency::Weekly && !rule.positions.is_empty() {
        let chosen = chosen_in_week(&rule);
        // With none chosen the rule has no dates, which the crate finds out.
        if !chosen.is_empty() {
            rule.days = chosen;
            rule.positions.clear();
        }
    }
    rule
}

/// The days that `BYSETPOS` chooses from a week: the same ones in each, as no month cuts it.
fn chosen_in_week(rule: &Rule) -> Vec<DayOf> {
    let mut week = rule.days.clone();
    week.sort_unstable_by_key(|it| it.day.days_since(rule.week_start));
    let place = |n: i16| if n > 0 { usize::try_from(n - 1).ok() } else { week.len().checked_sub(n.unsigned_abs().into()) };
    let mut chosen: Vec<DayOf> = rule.positions.iter().filter_map(|n| week.get(place(*n)?).copied()).collect();
    chosen.sort_unstable_by_key(|it| it.order());
    chosen.dedup();
    chosen
}

/// The rule as the crate takes it, without its end: that is ours to see to.
fn told(rule: &Rule) -> RRule<Unvalidated> {
    let frequency = match rule.frequency {
        Frequency::Daily => rrule::Frequency::Daily,
        Frequency::Weekly => rrule::Frequency::Weekly,
        Frequency::Monthly => rrule::Frequency::Monthly,
        Frequency::Yearly => rrule::Frequency::Yearly,
    };
    let small = |numbers: &[i16]| numbers.iter().filter_map(|n| i8::try_from(*n).ok()).collect::<Vec<i8>>();
    let months: Vec<Month> = rule.months.iter().filter_map(|n| Month::try_from(u8::try_from(*n).ok()?).ok()).collect();
    let (mut days, mut month_days, mut year_days) = (rule.days.clone(), small(&rule.month_days), rule.year_days.clone());
    // The crate refuses the fifth day from the end of a month, and the 53rd of a year. It is that day
    // of the week among the days which are that far from the end.
    if days.iter().any(|it| it.nth == Some(rule.farthest())) {
        for it in &mut days {
            it.nth = None;
        }
        if rule.numbers_in_month() {
            month_days = vec![-31, -30, -29];
        } else {
            year_days = vec![-366, -365];
        }
    }
    let days = days.iter().map(|it| NWeekday::new(it.nth.map(i16::from), it.day)).collect();
    let told = RRule::new(frequency)
        .interval(rule.interval)
        .week_start(rule.week_start)
        .by_month(&months)
        .by_week_no(small(&rule.weeks))
        .by_year_day(year_days)
        .by_month_day(month_days)
        .by_weekday(days)
        .by_set_pos(rule.positions.iter().map(|n| i32::from(*n)).collect());
    match rule.end {
        End::Count(count) => told.count(count.into()),
        End::Never | End::Day(_) | End::Instant(_) => told,
    }
}
