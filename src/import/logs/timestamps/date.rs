//! Finds the day of a log: in the name of its file, or in what programs write into logs, in many languages.

use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime};

use super::months::month;

/// The order of day, month, and year in dates that are written in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
}

/// Reads `dmy`, `DD/MM/YYYY` or `%d/%m/%Y`: only the order matters.
impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_strftime = text.contains('%');
        let mut order = String::new();
        let mut before = ' ';
        for char in text.chars() {
            let part = match (char, is_strftime) {
                _ if is_strftime && before != '%' => None,
                ('F', true) => return Ok(Self::YearMonthDay),
                ('D', true) => return Ok(Self::MonthDayYear),
                ('d' | 'e', true) | ('d' | 'D', false) => Some('d'),
                ('m' | 'b' | 'B', true) | ('m' | 'M', false) => Some('m'),
                ('Y' | 'y', _) => Some('y'),
                _ => None,
            };
            order.extend(part.filter(|part| !order.contains(*part)));
            before = char;
        }
        match order.as_str() {
            "dmy" | "dm" | "ydm" => Ok(Self::DayMonthYear),
            "mdy" | "md" => Ok(Self::MonthDayYear),
            "ymd" => Ok(Self::YearMonthDay),
            _ => Err("Give the order of day, month, and year, such as dmy, DD/MM/YYYY or %d/%m/%Y.".to_owned()),
        }
    }
}

/// A date as a log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    Full(NaiveDate),
    /// Month and day; the log says the year elsewhere, if at all.
    NoYear(u32, u32),
    /// Numbers that are a date in more than one order.
    Unclear,
    /// Numbers where a date would be that are not one.
    None,
}

/// The first date in a file's name, as `2026-11-24`, `2026_11_24`, `2026.11.24` or `20261124`.
pub fn of_name(name: &str) -> Option<NaiveDate> {
    let name = name.rsplit('/').next().unwrap_or(name).as_bytes();
    (0..name.len()).find_map(|from| {
        if from > 0 && name[from - 1].is_ascii_digit() {
            return None;
        }
        let rest = &name[from..];
        let marked = rest.len() >= 10 && matches!(rest[4], b'-' | b'_' | b'.') && rest[4] == rest[7];
        let (found, length) = if marked {
            (date(&rest[..4], &rest[5..7], &rest[8..10])?, 10)
        } else if rest.len() >= 8 {
            (date(&rest[..4], &rest[4..6], &rest[6..8])?, 8)
        } else {
            return None;
        };
        (!rest.get(length).is_some_and(u8::is_ascii_digit)).then_some(found)
    })
}

/// Returns the part of a file's name that looks like a date and is not one: `2020-02-31`.
pub(in crate::import::logs) fn no_day_in_name(name: &str) -> Option<&str> {
    let name = name.rsplit('/').next().unwrap_or(name);
    (0..name.len()).filter_map(|from| name.get(from..from + 10)).find(|part| {
        let bytes = part.as_bytes();
        let is_mark = |place: usize| matches!(bytes[place], b'-' | b'_' | b'.');
        let digits = bytes.iter().enumerate().filter(|(place, _)| !matches!(place, 4 | 7));
        is_mark(4) && bytes[4] == bytes[7] && digits.map(|(_, byte)| byte).all(u8::is_ascii_digit)
    })
}

fn date(year: &[u8], month: &[u8], day: &[u8]) -> Option<NaiveDate> {
    let number = |digits: &[u8]| -> Option<u32> {
        let plain = digits.iter().all(u8::is_ascii_digit);
        plain.then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
    };
    sensible(NaiveDate::from_ymd_opt(i32::try_from(number(year)?).ok()?, number(month)?, number(day)?)?)
}

/// The years in which a log can be.
pub const YEARS: RangeInclusive<i32> = 1970..=2255;

/// Returns the date if a log can be of that day.
#[must_use]
pub fn sensible(date: NaiveDate) -> Option<NaiveDate> {
    YEARS.contains(&chrono::Datelike::year(&date)).then_some(date)
}

/// Returns the date that these three numbers are, in the order in which they are written. `slashes` says that they are
/// separated by `/` or `-`, which some read as month and day and others as day and month.
pub(in crate::import::logs) fn of_numbers(parts: [&str; 3], slashes: bool, order: Option<Order>) -> Day {
    let full = |year: &str, month: &str, day: &str| {
        let year = if year.len() == 2 { format!("20{year}") } else { year.to_owned() };
        let part = |text: &str| text.parse::<u32>().unwrap_or(0);
        let found = (year.len() == 4).then(|| NaiveDate::from_ymd_opt(year.parse().ok()?, part(month), part(day)))?;
        found.and_then(sensible)
    };
    let [a, b, c] = parts;
    if a.len() == 4 {
        return full(a, b, c).map_or(Day::None, Day::Full);
    }
    let in_order = |order: Order| match order {
        Order::DayMonthYear => full(c, b, a),
        Order::MonthDayYear => full(c, a, b),
        Order::YearMonthDay => full(a, b, c),
    };
    if let Some(order) = order {
        return in_order(order).map_or(Day::None, Day::Full);
    }
    // With dots the day comes first everywhere; with a year of two digits even that is not sure.
    let candidates: &[Order] = match (slashes, c.len()) {
        (false, 4) => &[Order::DayMonthYear],
        (_, 4) => &[Order::DayMonthYear, Order::MonthDayYear],
        (false, _) => &[Order::DayMonthYear, Order::YearMonthDay],
        (true, _) => &[Order::DayMonthYear, Order::MonthDayYear, Order::YearMonthDay],
    };
    let mut found: Vec<NaiveDate> = candidates.iter().filter_map(|order| in_order(*order)).collect();
    found.dedup();
    match found[..] {
        [] => Day::None,
        [one] => Day::Full(one),
        _ => Day::Unclear,
    }
}

/// Finds the date in a heading, such as `Day changed Sa Mär 07 2026`, `2026年3月7日` or `samedi 7 mars 2026`.
pub(in crate::import::logs) fn in_text(text: &str, order: Option<Order>) -> Day {
    if let Some(day) = of_characters(text) {
        return day;
    }
    let words: Vec<&str> = text.split([' ', '\u{a0}', '\t', '(', ')', '[', ']', '{', '}']).filter(|word| !word.is_empty()).collect();
    for word in &words {
        let word = word.split('T').next().unwrap_or(word).trim_end_matches([',', '.', ':', '-']);
        let parts: Vec<&str> = word.split(['-', '/', '.']).collect();
        if let [a, b, c] = parts[..]
            && [a, b, c].iter().all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return of_numbers([a, b, c], !word.contains('.'), order);
        }
    }
    let is_digits = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let year = words.iter().rev().map(|word| word.trim_end_matches([',', '.'])).find(|word| word.len() == 4 && is_digits(word));
    let Some(year) = year.and_then(|year| year.parse().ok()) else { return Day::None };
    for (index, word) in words.iter().enumerate() {
        let day = word.trim_end_matches([',', '.', 'º', 'º']);
        let day = ["st", "nd", "rd", "th", "er"].iter().find_map(|end| day.strip_suffix(end)).unwrap_or(day);
        if day.len() > 2 || !is_digits(day) {
            continue;
        }
        // “mar” is a Tuesday in French and Spanish, so the word after the day goes first; “7 de marzo” has one between.
        let after = words[index + 1..].iter().find(|word| !matches!(**word, "de" | "of")).copied();
        let before = index.checked_sub(1).map(|index| words[index]);
        if let Some(month) = after.and_then(month).or_else(|| before.and_then(month)) {
            let found = day.parse().ok().and_then(|day| NaiveDate::from_ymd_opt(year, month, day));
            return found.and_then(sensible).map_or(Day::None, Day::Full);
        }
    }
    Day::None
}

/// `2026年3月7日`, also in Korean.
fn of_characters(text: &str) -> Option<Day> {
    let mut rest = text;
    let mut numbers = [0; 3];
    for (number, marks) in numbers.iter_mut().zip([['年', '년'], ['月', '월'], ['日', '일']]) {
        let (before, after) = rest.split_once(marks)?;
        let digits = before.trim_end();
        let from = digits.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + digits[at..].chars().next().map_or(1, char::len_utf8));
        *number = digits[from..].parse().ok()?;
        rest = after;
    }
    let [year, month, day] = numbers;
    let found = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).and_then(sensible);
    Some(found.map_or(Day::None, Day::Full))
}

/// Finds the date in what MeetBot says at the beginning: `Meeting started Thu Jun 13 19:00:31 2013 UTC.`
pub(in crate::import::logs) fn of_bot(text: &str) -> Option<NaiveDate> {
    let rest = text.split_once("Meeting started ")?.1;
    let words: Vec<&str> = rest.split_whitespace().take(5).collect();
    let at = NaiveDateTime::parse_from_str(&words.join(" "), "%a %b %d %H:%M:%S %Y").ok()?;
    sensible(at.date())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_is_found_in_the_names_that_logs_have() {
        for name in [
            "hcoop-2021-04-13.log.txt",
            "#chan.2021-04-13-02.06.log.txt",
            "logs/2020-01-01/weekly_2021_04_13.log",
            "20210413.log",
            "weekly-2021.04.13-2.txt",
        ] {
            assert_eq!(of_name(name), Some(day("2021-04-13")), "{name}");
        }
        for name in ["weekly.txt", "2021-13-40.log", "120210413.log", "2021-04-131.log", "202104131.log", "ünïcode-2021"] {
            assert_eq!(of_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_date_that_there_never_was_is_told_from_no_date() {
        assert_eq!(no_day_in_name("logs/x-2020-02-31.log"), Some("2020-02-31"));
        assert_eq!(no_day_in_name("ü2021_13_01"), Some("2021_13_01"));
        for name in ["x.log", "x-2020-2-31.log", "20200231.log", "2020-02_31"] {
            assert_eq!(no_day_in_name(name), None, "{name}");
        }
    }

    #[test]
    fn headings_say_the_day_in_many_languages() {
        for text in [
            "Day changed Sat Mar 07 2026",
            "Day changed Sa Mär 07 2026",
            "Day changed sam. mars 07 2026",
            "Day changed sáb mar 07 2026",
            "Day changed Сб мар 07 2026",
            "Day changed 土  3月 07 2026",
            "Log opened Sat Mar  7 18:00:00 2026",
            "samedi 7 mars 2026",
            "Tag geändert: Samstag, 7. März 2026",
            "sábado, 7 de marzo de 2026",
            "суббота, 7 марта 2026 г.",
            "2026年3月7日(土)",
            "2026년 3월 7일",
            "Day changed to Saturday, March 7, 2026",
            "7th of March 2026",
            "2026-03-07",
            "07.03.2026",
            "2026/03/07",
        ] {
            assert_eq!(in_text(text, None), Day::Full(day("2026-03-07")), "{text}");
        }
        // Tuesdays, which French and Spanish abbreviate as they do March.
        assert_eq!(in_text("mar. 5 mai 2026", None), Day::Full(day("2026-05-05")));
        assert_eq!(in_text("Day changed mar may 05 2026", None), Day::Full(day("2026-05-05")));
        for text in ["", "Day changed", "Log of 2026", "32 March 2026", "31.02.2026", "2026年13月7日"] {
            assert_eq!(in_text(text, None), Day::None, "{text}");
        }
        assert_eq!(of_bot("Meeting started Thu Jun 13 19:00:31 2013 UTC.  The chair is mdomsch."), Some(day("2013-06-13")));
        assert_eq!(of_bot("Meeting started late"), None);
    }

    #[test]
    fn numbers_that_may_be_two_dates_need_an_order() {
        let read = |text: &str, order: &str| in_text(text, (!order.is_empty()).then(|| order.parse().unwrap()));
        assert_eq!(read("03/04/2026", ""), Day::Unclear);
        assert_eq!(read("03/04/26", ""), Day::Unclear);
        assert_eq!(read("03/03/2026", ""), Day::Full(day("2026-03-03")));
        assert_eq!(read("13/04/2026", ""), Day::Full(day("2026-04-13")));
        for order in ["dmy", "DD/MM/YYYY", "%d/%m/%Y", "%d.%m.%y %H:%M"] {
            assert_eq!(read("03/04/2026", order), Day::Full(day("2026-04-03")), "{order}");
        }
        for order in ["mdy", "mm/dd/yy", "%m/%d/%Y", "%D"] {
            assert_eq!(read("03/04/26", order), Day::Full(day("2026-03-04")), "{order}");
        }
        assert_eq!(read("26-03-04", "ymd"), Day::Full(day("2026-03-04")));
        for order in ["", "today", "%H:%M", "yyyy"] {
            assert!(order.parse::<Order>().is_err(), "{order}");
        }
    }
}
