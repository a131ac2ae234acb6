//! Small pieces of English for `words`: lists, numbers in order, names of days and months.

use super::day_name;
use super::rule::DayOf;

/// "every day", "every second day", "every 3 days". `unit` may be a day's name, then only 1 and 2 are asked for.
pub fn every(interval: u16, unit: &str, units: &str) -> String {
    match interval {
        1 => format!("every {unit}"),
        2 => format!("every second {unit}"),
        n => format!("every {n} {units}"),
    }
}

/// "a", "a and b", "a, b and c".
pub fn and<T: AsRef<str>>(items: &[T]) -> String {
    joined(items, "and")
}

/// "a", "a or b", "a, b or c".
pub fn or<T: AsRef<str>>(items: &[T]) -> String {
    joined(items, "or")
}

fn joined<T: AsRef<str>>(items: &[T], word: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

/// "first" to "tenth", then "11th".
pub fn ordinal(n: u16) -> String {
    const WORDS: [&str; 10] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    WORDS.get(usize::from(n).wrapping_sub(1)).map_or_else(|| in_digits(n), |word| (*word).to_owned())
}

fn in_digits(n: u16) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// "last" for -1, "second-last" for -2.
pub fn from_end(n: i16) -> String {
    if n == -1 { "last".into() } else { format!("{}-last", ordinal(n.unsigned_abs())) }
}

/// A day of a month: "the 24th", "the last day".
pub fn day_number(n: i16) -> String {
    if n > 0 { format!("the {}", in_digits(n.unsigned_abs())) } else { format!("the {} day", from_end(n)) }
}

/// Names of days, their numbers left out.
pub fn names(days: &[DayOf]) -> Vec<&'static str> {
    days.iter().map(|it| day_name(it.day)).collect()
}

/// The one word for a set of days, where English has one.
pub fn day_kind(days: &[DayOf]) -> Option<&'static str> {
    let set = days.iter().fold(0, |set, it| set | 1 << it.day.num_days_from_monday());
    match set {
        0b001_1111 => Some("weekday"),
        0b110_0000 => Some("weekend day"),
        0b111_1111 => Some("day"),
        _ => None,
    }
}

/// "a Monday or Friday".
pub fn any_of(days: &[DayOf]) -> String {
    format!("a {}", day_kind(days).map_or_else(|| or(&names(days)), str::to_owned))
}

/// "the second and fourth Tuesday", "each Monday": one phrase for each day of the week.
pub fn numbered(days: &[DayOf]) -> Vec<String> {
    if days.iter().all(|it| it.nth.is_none()) {
        return vec![day_kind(days).map_or_else(|| format!("each {}", and(&names(days))), |kind| format!("each {kind}"))];
    }
    let mut seen = Vec::new();
    for it in days {
        if !seen.contains(&it.day) {
            seen.push(it.day);
        }
    }
    let phrase = |day| {
        let of_it = || days.iter().filter(|it| it.day == day);
        if of_it().any(|it| it.nth.is_none()) {
            return format!("each {}", day_name(day));
        }
        let numbers: Vec<String> = of_it().filter_map(|it| it.nth).map(nth).collect();
        format!("the {} {}", and(&numbers), day_name(day))
    };
    seen.into_iter().map(phrase).collect()
}

/// "second" for 2, "last" for -1.
pub fn nth(n: i8) -> String {
    if n > 0 { ordinal(n.unsigned_abs().into()) } else { from_end(n.into()) }
}

/// " in March and June"; empty where no month is named.
pub fn in_months(months: &[i16]) -> String {
    if months.is_empty() {
        return String::new();
    }
    format!(" in {}", and(&months.iter().map(|n| month(*n)).collect::<Vec<_>>()))
}

/// The English name of a month from 1 to 12.
pub fn month(n: i16) -> &'static str {
    const NAMES: [&str; 12] =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    usize::try_from(n - 1).ok().and_then(|n| NAMES.get(n)).copied().unwrap_or_default()
}
