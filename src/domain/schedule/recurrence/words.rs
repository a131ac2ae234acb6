//! A rule in English, every rule: "on the last Thursday of each month", "until 24 December 2027".
//!
//! Owns the sentences. Phrases that name single days come from `phrases`.

use crate::domain::zone::Zone;
use chrono::{Datelike, NaiveDateTime, Weekday};

use super::phrases::{and, any_of, day_kind, day_number, every, from_end, in_months, month, names, numbered, or, ordinal};
use super::rule::{DayOf, End, Frequency, Rule};

/// The rhythm: "every second Tuesday".
pub fn rhythm(rule: &Rule, starts: NaiveDateTime) -> String {
    let said = match rule.frequency {
        Frequency::Daily => daily(rule),
        Frequency::Weekly => weekly(rule, starts),
        Frequency::Monthly => monthly(rule, starts),
        Frequency::Yearly => yearly(rule, starts),
    };
    let counts_weeks = match rule.frequency {
        Frequency::Weekly => rule.interval > 1 || !rule.positions.is_empty(),
        Frequency::Yearly => !rule.weeks.is_empty(),
        Frequency::Daily | Frequency::Monthly => false,
    };
    if rule.week_start == Weekday::Mon || !counts_weeks {
        return said;
    }
    format!("{said} (weeks start on {})", super::day_name(rule.week_start))
}

/// The end: "until 24 December 2027", "10 times".
pub fn end(end: End, starts: NaiveDateTime, zone: Zone) -> Option<String> {
    match end {
        End::Never => None,
        End::Count(1) => Some("once".into()),
        End::Count(count) => Some(format!("{count} times")),
        End::Day(_) | End::Instant(_) => end.last_day(starts, zone).map(|day| format!("until {}", day.format("%-d %B %Y"))),
    }
}

fn daily(rule: &Rule) -> String {
    // `BYSETPOS` chooses from the one day that each period has, and so changes nothing.
    if rule.interval == 1 && rule.month_days.is_empty() && !rule.days.is_empty() {
        return format!("every {}{}", day_kind(&rule.days).map_or_else(|| and(&names(&rule.days)), str::to_owned), in_months(&rule.months));
    }
    let mut conditions = Vec::new();
    if !rule.month_days.is_empty() {
        conditions.push(format!("{} of a month", or(&day_numbers(rule))));
    }
    if !rule.days.is_empty() {
        conditions.push(any_of(&rule.days));
    }
    format!("{}{}{}", every(rule.interval, "day", "days"), in_months(&rule.months), provided(&conditions))
}

fn weekly(rule: &Rule, starts: NaiveDateTime) -> String {
    let days = if rule.days.is_empty() { vec![DayOf { nth: None, day: starts.weekday() }] } else { rule.days.clone() };
    let kind = day_kind(&days);
    let rhythm = match (rule.interval, days.as_slice()) {
        _ if !rule.positions.is_empty() => {
            let chosen = format!("the {}", and(&positions(rule)));
            let from = kind.map_or_else(|| or(&names(&days)), str::to_owned);
            format!("{} on {chosen} {from}", every(rule.interval, "week", "weeks"))
        }
        (1 | 2, [one]) => every(rule.interval, super::day_name(one.day), ""),
        (1, _) => format!("every {}", kind.map_or_else(|| and(&names(&days)), str::to_owned)),
        _ => {
            let days = kind.map_or_else(|| and(&names(&days)), |kind| format!("each {kind}"));
            format!("{} on {days}", every(rule.interval, "week", "weeks"))
        }
    };
    format!("{rhythm}{}", in_months(&rule.months))
}

fn monthly(rule: &Rule, starts: NaiveDateTime) -> String {
    let of = match (rule.interval, rule.months.as_slice()) {
        (1, []) => "of each month".to_owned(),
        (1, months) => format!("of {}", and(&months.iter().map(|n| month(*n)).collect::<Vec<_>>())),
        (n, months) => format!("of every {} month{}", ordinal(n), in_months(months)),
    };
    let plain = rule.month_days.is_empty() && rule.days.iter().all(|it| it.nth.is_none());
    if plain && !rule.days.is_empty() && rule.positions.is_empty() && rule.interval == 1 {
        return format!("every {}{}", day_kind(&rule.days).map_or_else(|| and(&names(&rule.days)), str::to_owned), in_months(&rule.months));
    }
    format!("on {}", month_days(rule, starts, &of))
}

fn yearly(rule: &Rule, starts: NaiveDateTime) -> String {
    let every = every(rule.interval, "year", "years");
    let by_day_alone = rule.weeks.is_empty() && rule.year_days.is_empty();
    let no_months = rule.months.is_empty();
    if by_day_alone && rule.days.is_empty() && rule.positions.is_empty() {
        // Dates as a calendar has them: of the start's month where no part says another.
        let months = match (no_months, rule.month_days.is_empty()) {
            (true, true) => vec![i16::try_from(starts.month()).unwrap_or(1)],
            _ => rule.months.clone(),
        };
        let days = if rule.month_days.is_empty() { vec![i16::try_from(starts.day()).unwrap_or(1)] } else { rule.month_days.clone() };
        if days.len() * months.len() <= 4 && days.iter().all(|n| *n > 0) && !months.is_empty() {
            let dates: Vec<String> = months.iter().flat_map(|m| days.iter().map(|d| format!("{d} {}", month(*m)))).collect();
            return format!("{every} on {}{}", and(&dates), if_there(dates_may_lack(&days, &months)));
        }
    }
    if by_day_alone && !(no_months && rule.month_days.is_empty()) {
        let of = if no_months {
            "of each month".to_owned()
        } else {
            format!("of {}", and(&rule.months.iter().map(|n| month(*n)).collect::<Vec<_>>()))
        };
        return format!("{every} on {}", month_days(rule, starts, &of));
    }
    format!("{every} on {}", year_days(rule, starts))
}

/// Days of months: "the last Thursday of each month", "the 13th of each month if that is a Friday".
fn month_days(rule: &Rule, starts: NaiveDateTime, of: &str) -> String {
    let mut conditions = Vec::new();
    let mut may_lack = rule.days.iter().any(|it| it.nth.is_some_and(|n| n.abs() == 5));
    let days = if !rule.month_days.is_empty() {
        if !rule.days.is_empty() {
            conditions.push(if rule.days.iter().all(|it| it.nth.is_none()) {
                any_of(&rule.days)
            } else {
                format!("{} of its month", or(&numbered(&rule.days)))
            });
        }
        may_lack = dates_may_lack(&rule.month_days, &rule.months);
        and(&day_numbers(rule))
    } else if rule.days.is_empty() {
        let day = i16::try_from(starts.day()).unwrap_or(1);
        may_lack = dates_may_lack(&[day], &rule.months);
        day_number(day)
    } else {
        // Of several months in a year, a position chooses from all of them together.
        let one_month = rule.frequency == Frequency::Monthly || rule.months.len() == 1;
        if let Some(chosen) = named_choice(rule).filter(|_| one_month) {
            return format!("{chosen} {of}");
        }
        and(&numbered(&rule.days))
    };
    let days = chosen(rule, format!("{days} {of}"), &conditions);
    format!("{days}{}", if_there(may_lack && conditions.is_empty() && rule.positions.is_empty()))
}

/// Days of a year: "the 20th Monday of the year", "Monday of week 20", "day 100 of the year".
fn year_days(rule: &Rule, starts: NaiveDateTime) -> String {
    let mut conditions = Vec::new();
    let weeks = || rule.weeks.iter().map(|n| if *n > 0 { format!("week {n}") } else { format!("the {} week", from_end(*n)) });
    let base = if !rule.year_days.is_empty() {
        if !rule.weeks.is_empty() {
            conditions.push(format!("in {} of the year", or(&weeks().collect::<Vec<_>>())));
        }
        if !rule.month_days.is_empty() {
            conditions.push(format!("{} of a month", or(&day_numbers(rule))));
        }
        if !rule.days.is_empty() {
            let span = if rule.numbers_in_month() { "month" } else { "year" };
            let plain = rule.days.iter().all(|it| it.nth.is_none());
            conditions.push(if plain { any_of(&rule.days) } else { format!("{} of its {span}", or(&numbered(&rule.days))) });
        }
        let days = rule.year_days.iter().map(|n| if *n > 0 { format!("day {n}") } else { format!("the {} day", from_end(*n)) });
        format!("{} of the year", and(&days.collect::<Vec<_>>()))
    } else if !rule.weeks.is_empty() {
        let weeks = and(&weeks().collect::<Vec<_>>());
        if !rule.month_days.is_empty() {
            conditions.push(format!("{} of a month", or(&day_numbers(rule))));
        }
        let days = match (rule.days.is_empty(), rule.month_days.is_empty()) {
            (true, true) => super::day_name(starts.weekday()).to_owned(),
            (true, false) => "each day".to_owned(),
            _ => day_kind(&rule.days).map_or_else(|| and(&names(&rule.days)), |kind| format!("each {kind}")),
        };
        format!("{days} of {weeks}")
    } else if let Some(chosen) = named_choice(rule) {
        return format!("{chosen} of the year");
    } else {
        format!("{} of the year", and(&numbered(&rule.days)))
    };
    if !rule.months.is_empty() {
        conditions.push(in_months(&rule.months).trim_start().to_owned());
    }
    let lacks = rule.year_days.iter().chain(&rule.weeks).any(|n| matches!(n.abs(), 53 | 366))
        || rule.days.iter().any(|it| it.nth.is_some_and(|n| n.abs() == 53));
    format!("{}{}", chosen(rule, base, &conditions), if_there(lacks && conditions.is_empty() && rule.positions.is_empty()))
}

/// What `BYSETPOS` chooses from days of the week alone: "the last weekday", "the first Monday or Friday".
fn named_choice(rule: &Rule) -> Option<String> {
    let simple = !rule.positions.is_empty() && rule.days.iter().all(|it| it.nth.is_none());
    let days = || day_kind(&rule.days).map_or_else(|| or(&names(&rule.days)), str::to_owned);
    simple.then(|| format!("the {} {}", and(&positions(rule)), days()))
}

/// What `BYSETPOS` chooses from days that have no name of their own.
fn chosen(rule: &Rule, days: String, conditions: &[String]) -> String {
    let days = format!("{days}{}", provided(conditions));
    if rule.positions.is_empty() {
        return days;
    }
    let period = if rule.frequency == Frequency::Monthly { "month" } else { "year" };
    format!("the {} in its {period} of these days: {days}", and(&positions(rule)))
}

fn provided(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" if that is {}", conditions.join(" and ")) }
}

fn positions(rule: &Rule) -> Vec<String> {
    rule.positions.iter().map(|n| if *n > 0 { ordinal(n.unsigned_abs()) } else { from_end(*n) }).collect()
}

fn day_numbers(rule: &Rule) -> Vec<String> {
    rule.month_days.iter().map(|n| day_number(*n)).collect()
}

/// Whether some of these months, all of them where none is named, lack one of these days.
fn dates_may_lack(days: &[i16], months: &[i16]) -> bool {
    let length = |month: &i16| match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let shortest = months.iter().map(length).min().unwrap_or(28);
    days.iter().any(|day| day.abs() > shortest)
}

fn if_there(may_lack: bool) -> &'static str {
    if may_lack { " (where there is one)" } else { "" }
}
