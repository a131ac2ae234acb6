//! A rule in the form that calendar programs agree on.
//!
//! RFC 5545 (section 3.3.10) takes from the start what a rule does not say, and lets a yearly rule name days of the month. Programs
//! differ there. Measured with ical.js 2.2.1, node-ical 0.26.1 and Python's dateutil 2.9.0:
//!
//! - A monthly rule from the 31st without `BYMONTHDAY` has an event in February in node-ical; a yearly one from 29 February has one
//!   each year in node-ical and ical.js.
//! - `FREQ=YEARLY;BYMONTHDAY=15` is once a year in ical.js, and `BYMONTH=1,2;BYMONTHDAY=31` is also on 3 March there. As a
//!   monthly rule, which says the same, all read them right.

use chrono::{Datelike, NaiveDateTime};

use super::expand::explicit;
use super::rule::{Frequency, Rule};

/// The last day that every month has.
const LAST_IN_EVERY_MONTH: u32 = 28;

/// Returns the rule with everything written out that programs would otherwise fill in differently. It has the same dates.
pub fn portable(rule: &Rule, starts: NaiveDateTime) -> Rule {
    let mut rule = explicit(rule, starts);
    write_out_day(&mut rule, starts);
    by_month(&mut rule);
    rule
}

/// Names the start's day if not every month has it.
fn write_out_day(rule: &mut Rule, starts: NaiveDateTime) {
    let says_days = !(rule.weeks.is_empty() && rule.year_days.is_empty() && rule.month_days.is_empty() && rule.days.is_empty());
    if says_days || starts.day() <= LAST_IN_EVERY_MONTH {
        return;
    }
    match rule.frequency {
        Frequency::Daily | Frequency::Weekly => return,
        Frequency::Monthly => {}
        Frequency::Yearly => {
            if rule.months.is_empty() {
                rule.months.extend(i16::try_from(starts.month()));
            }
        }
    }
    rule.month_days.extend(i16::try_from(starts.day()));
}

/// Turns a yearly rule for days of several months into a monthly one; where years are left out, names its months.
fn by_month(rule: &mut Rule) {
    let is_of_months = rule.frequency == Frequency::Yearly
        && !rule.month_days.is_empty()
        && rule.months.len() != 1
        && rule.weeks.is_empty()
        && rule.year_days.is_empty()
        && rule.positions.is_empty()
        && rule.days.iter().all(|it| it.nth.is_none());
    if !is_of_months {
        return;
    }
    if rule.interval == 1 {
        rule.frequency = Frequency::Monthly;
        return;
    }
    if rule.months.is_empty() {
        rule.months.extend(1..=12);
    }
    let days = rule.month_days.clone();
    rule.months.retain(|month| days.iter().any(|day| day.abs() <= longest(*month)));
}

/// The days of a month, in a leap year.
const fn longest(month: i16) -> i16 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
