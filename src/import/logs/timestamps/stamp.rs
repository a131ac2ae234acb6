//! The time at the beginning of a line, in all the ways in which programs write it: `19:00`, `[19:00:05]`, `7:00 PM`,
//! `2026-03-03 18:00:04.000123Z`, `Mar 07 19:00:05`, `[14 Jan 10:36]`, `18:00:05 +0100`, or seconds since 1970.

use chrono::{DateTime, Timelike};

use super::date::{Day, Order, of_numbers};
use super::months::month;

/// A time of day, with as much of the date and the zone as the line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub day: Option<Day>,
    /// Seconds since midnight; a leap second is the sixtieth of its minute.
    pub seconds: u32,
    pub micros: u32,
    /// Seconds east of Greenwich.
    pub offset: Option<i32>,
}

/// Takes the time off the front of a line: what it says, and the rest with the white space before it. A date in numbers
/// is read in `order`.
pub(in crate::import::logs) fn take(line: &str, order: Option<Order>) -> Option<(Stamp, &str)> {
    for (open, close) in [('[', ']'), ('(', ')')] {
        if let Some(inside) = line.strip_prefix(open) {
            let (inside, rest) = inside.split_once(close)?;
            let (stamp, left) = moment(inside.trim_start(), order)?;
            return left.trim().is_empty().then_some((stamp, rest));
        }
    }
    let (stamp, rest) = moment(line, order)?;
    // irssi's time may be followed directly by the bracket of the nickname.
    (rest.is_empty() || rest.starts_with([' ', '\t', '\u{a0}', '<'])).then_some((stamp, rest))
}

fn moment(text: &str, order: Option<Order>) -> Option<(Stamp, &str)> {
    if let Some(found) = since_1970(text) {
        return Some(found);
    }
    let (day, rest) = match dated(text, order) {
        Some((day, rest)) => (Some(day), rest),
        None => (None, text),
    };
    let (seconds, micros, rest) = clock(rest)?;
    let (offset, rest) = zone(rest).map_or((None, rest), |(offset, rest)| (Some(offset), rest));
    Some((Stamp { day, seconds, micros, offset }, rest))
}

/// Ten digits, also with a fraction.
fn since_1970(text: &str) -> Option<(Stamp, &str)> {
    let (digits, rest) = number(text, 10, 10)?;
    let (micros, rest) = fraction(rest);
    if !rest.starts_with([' ', '\t']) {
        return None;
    }
    let at = DateTime::from_timestamp(digits.parse().ok()?, 0)?;
    let (day, seconds) = (Day::Full(at.date_naive()), at.num_seconds_from_midnight());
    Some((Stamp { day: Some(day), seconds, micros, offset: Some(0) }, rest))
}

/// A date and what separates it from the time.
fn dated(text: &str, order: Option<Order>) -> Option<(Day, &str)> {
    let (day, rest) = in_numbers(text, order).or_else(|| in_words(text))?;
    let rest = rest.strip_prefix(',').unwrap_or(rest);
    let after = rest.strip_prefix('T').or_else(|| Some(rest.trim_start()).filter(|after| after.len() < rest.len()))?;
    after.starts_with(|c: char| c.is_ascii_digit()).then_some((day, after))
}

/// `2026-03-07`, `07/03/2026`, `7.3.26`.
fn in_numbers(text: &str, order: Option<Order>) -> Option<(Day, &str)> {
    let (a, rest) = number(text, 1, 4)?;
    let mark = rest.chars().next().filter(|c| matches!(c, '-' | '/' | '.'))?;
    let (b, rest) = number(&rest[1..], 1, 2)?;
    let (c, rest) = number(rest.strip_prefix(mark)?, 1, 4)?;
    Some((of_numbers([a, b, c], mark != '.', order), rest))
}

/// `Mar 07`, `Mar 7 2026`, `7 Mar`, `07-Mar-2026`; the day of the week may come before.
fn in_words(text: &str) -> Option<(Day, &str)> {
    let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '.').unwrap_or(text.len());
    let separated =
        |text: &str| -> Option<usize> { (text.starts_with([' ', '-'])).then(|| text.len() - text.trim_start_matches([' ', '-']).len()) };
    let (number_first, (day, month, rest)) = if let Some((day, rest)) = number(text, 1, 2) {
        let rest = &rest[separated(rest)?..];
        let (name, rest) = rest.split_at(word(rest));
        (true, (day, month(name)?, rest))
    } else {
        let (name, rest) = text.split_at(word(text));
        let after = &rest[separated(rest.strip_prefix(',').unwrap_or(rest)).map(|length| length + usize::from(rest.starts_with(',')))?..];
        if let (Some(month), Some((day, rest))) = (month(name), number(after, 1, 2)) {
            (false, (day, month, rest))
        } else {
            // The day of the week: it must be a word, and a date must follow.
            let is_word = !name.is_empty() && name.chars().all(|c| c.is_alphabetic() || c == '.');
            return is_word.then(|| month_and_day(after)).flatten();
        }
    };
    let day: u32 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let comma = rest.strip_prefix(',').filter(|_| !number_first).unwrap_or(rest);
    if let Some(length) = separated(comma)
        && let Some((year, after)) = number(&comma[length..], 4, 4)
        && !after.starts_with(':')
    {
        let found = chrono::NaiveDate::from_ymd_opt(year.parse().ok()?, month, day);
        return Some((found.map_or(Day::None, Day::Full), after));
    }
    Some((Day::NoYear(month, day), rest))
}

/// As [`in_words`], after a day of the week.
fn month_and_day(text: &str) -> Option<(Day, &str)> {
    let begins = text.split(' ').next()?;
    (month(begins).is_some() || begins.bytes().all(|byte| byte.is_ascii_digit())).then(|| in_words(text)).flatten()
}

/// `19:00`, `19:00:05`, `19:00:05.123`, and with `AM` or `PM`, where an hour may have one digit.
fn clock(text: &str) -> Option<(u32, u32, &str)> {
    let (hours, rest) = number(text, 1, 2)?;
    let (minutes, rest) = number(rest.strip_prefix(':')?, 2, 2)?;
    let (seconds, rest) = match rest.strip_prefix(':') {
        Some(rest) => number(rest, 2, 2)?,
        None => ("0", rest),
    };
    let (micros, rest) = fraction(rest);
    let (mut hour, minutes, seconds): (u32, u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?, seconds.parse().ok()?);
    let half = half_of_day(rest);
    match half {
        Some((is_afternoon, _)) if (1..=12).contains(&hour) => hour = hour % 12 + if is_afternoon { 12 } else { 0 },
        Some(_) => return None,
        None if hours.len() == 1 || hour > 23 => return None,
        None => {}
    }
    // A leap second is written as 60.
    (minutes < 60 && seconds <= 60).then_some((hour * 3_600 + minutes * 60 + seconds, micros, half.map_or(rest, |(_, rest)| rest)))
}

/// `AM`, `pm`, `a.m.`: whether it is the afternoon.
fn half_of_day(text: &str) -> Option<(bool, &str)> {
    let rest = text.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    let is_afternoon = match rest.chars().next()? {
        'a' | 'A' => false,
        'p' | 'P' => true,
        _ => return None,
    };
    let rest = rest[1..].strip_prefix('.').unwrap_or(&rest[1..]);
    let rest = rest.strip_prefix(['m', 'M'])?;
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    (!rest.starts_with(char::is_alphanumeric)).then_some((is_afternoon, rest))
}

/// `.000123` or `,123`, in microseconds.
fn fraction(text: &str) -> (u32, &str) {
    let Some((digits, rest)) = text.strip_prefix(['.', ',']).and_then(|text| number(text, 1, 9)) else { return (0, text) };
    let micros = digits.chars().chain("000000".chars()).take(6).collect::<String>();
    (micros.parse().unwrap_or(0), rest)
}

/// `Z`, `UTC`, `+0100`, `+01:00` or `-08`, also after a space.
fn zone(text: &str) -> Option<(i32, &str)> {
    let rest = text.trim_start_matches(' ');
    let ends = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t', '<']);
    if let Some(after) = ["Z", "UTC", "GMT"].iter().find_map(|name| rest.strip_prefix(name)) {
        return ends(after).then_some((0, after));
    }
    let sign = match rest.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (digits, after) = number(&rest[1..], 2, 4)?;
    let (hours, minutes, after) = match (digits.len(), after.strip_prefix(':').and_then(|after| number(after, 2, 2))) {
        (2, Some((minutes, after))) => (digits, minutes, after),
        (2, None) => (digits, "0", after),
        (4, None) => (&digits[..2], &digits[2..], after),
        _ => return None,
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60 && ends(after)).then_some((sign * (hours * 3_600 + minutes * 60), after))
}

/// Takes `least` to `most` digits off the front, and not a part of a longer number.
fn number(text: &str, least: usize, most: usize) -> Option<(&str, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    (least..=most).contains(&count).then(|| text.split_at(count))
}

/// Returns what looks like a time at the beginning of a line that [`take`] does not know and that goes on as one with a
/// speaker: `12:60:00 <nick>`, `[24:00] * nick`, or an indented line. Such a line is not the rest of the one before it.
pub(in crate::import::logs) fn mistimed(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let is_of_times = |c: char| {
        c.is_ascii_digit() || c.is_whitespace() || matches!(c, ':' | '.' | ',' | '-' | '/' | 'T' | 'Z' | '+' | '[' | ']' | '(' | ')')
    };
    let (time, rest) = line.split_at(line.find(|c| !is_of_times(c))?);
    let begins = time.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '[' | '('));
    let speaks = rest.starts_with("* ") || (rest.starts_with('<') && rest.contains('>')) || (time.ends_with('\t') && rest.contains('\t'));
    if !begins || !speaks || !time.contains(':') {
        return None;
    }
    // When the date is fine, only the time is wrong.
    let time = time.trim();
    let after_date = in_numbers(time, None).filter(|(day, _)| matches!(day, Day::Full(_))).map_or(time, |(_, rest)| rest.trim_start());
    Some(after_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(text: &str) -> Day {
        Day::Full(text.parse().unwrap())
    }

    #[test]
    fn every_known_time_is_read() {
        let at = |day, seconds, micros, offset| Stamp { day, seconds, micros, offset };
        let seven = 19 * 3_600 + 5;
        for (line, stamp, rest) in [
            ("19:00 <ada>", at(None, seven - 5, 0, None), " <ada>"),
            ("[19:00:05] <ada>", at(None, seven, 0, None), " <ada>"),
            ("(19:00:05) x", at(None, seven, 0, None), " x"),
            ("19:00:05< ada>", at(None, seven, 0, None), "< ada>"),
            ("7:00:05 PM <ada>", at(None, seven, 0, None), " <ada>"),
            ("[07:00:05pm] <ada>", at(None, seven, 0, None), " <ada>"),
            ("12:00:05 a.m. x", at(None, 5, 0, None), " x"),
            ("12:00 PM x", at(None, 43_200, 0, None), " x"),
            ("2026-03-03 19:00:05.000123Z\tada", at(Some(full("2026-03-03")), seven, 123, Some(0)), "\tada"),
            ("2026-03-03T19:00:05Z <ada>", at(Some(full("2026-03-03")), seven, 0, Some(0)), " <ada>"),
            ("[2021-04-22T19:00:05+0200] <ada>", at(Some(full("2021-04-22")), seven, 0, Some(7_200)), " <ada>"),
            ("[2026-03-03T19:00:05.5-03:30] x", at(Some(full("2026-03-03")), seven, 500_000, Some(-12_600)), " x"),
            ("19:00:05 +0100\tada", at(None, seven, 0, Some(3_600)), "\tada"),
            ("19:00:05 UTC x", at(None, seven, 0, Some(0)), " x"),
            ("[14 Jan 19:00:05] <ada>", at(Some(Day::NoYear(1, 14)), seven, 0, None), " <ada>"),
            ("Mar 07 19:00:05 <ada>", at(Some(Day::NoYear(3, 7)), seven, 0, None), " <ada>"),
            ("Mär  7 19:00:05 <ada>", at(Some(Day::NoYear(3, 7)), seven, 0, None), " <ada>"),
            ("Sat Mar 07 2026 19:00:05 x", at(Some(full("2026-03-07")), seven, 0, None), " x"),
            ("Sat, 07 Mar 2026 19:00:05 x", at(Some(full("2026-03-07")), seven, 0, None), " x"),
            ("07-Mar-2026 19:00:05 x", at(Some(full("2026-03-07")), seven, 0, None), " x"),
            ("07.03.2026 19:00:05 x", at(Some(full("2026-03-07")), seven, 0, None), " x"),
            ("[03/04/2026, 19:00:05] x", at(Some(Day::Unclear), seven, 0, None), " x"),
            ("[2026-02-30 19:00:05] x", at(Some(Day::None), seven, 0, None), " x"),
            ("1772564405 <ada>", at(Some(full("2026-03-03")), seven, 0, Some(0)), " <ada>"),
        ] {
            assert_eq!(take(line, None), Some((stamp, rest)), "{line}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_left_alone() {
        for line in [
            "24:00 x",
            "19:60 x",
            "19:00:61 x",
            "1:00 <ada>",
            "13:00 PM x",
            "19:00:00:00 x",
            "19:00x",
            "[note] x",
            "",
            "ada: hi",
            "12345 x",
        ] {
            assert_eq!(take(line, None), None, "{line}");
        }
        assert_eq!(take("19:00 +ada hi", None).unwrap().1, " +ada hi", "a rank is not a zone");
        assert_eq!(take("19:00 Zoe hi", None).unwrap().1, " Zoe hi");
        assert_eq!(take("19:00 amy hi", None).unwrap().1, " amy hi");
    }

    #[test]
    fn a_line_with_something_like_a_time_and_a_speaker_is_told_from_words() {
        for (line, time) in [
            ("12:60:00 <ada> hm", "12:60:00"),
            ("  [24:00] <@ada> hm", "[24:00]"),
            ("9:01 * ada waves", "9:01"),
            ("2026-02-30T24:00:00Z <ada> hm", "2026-02-30T24:00:00Z"),
            ("24:00:00\tada\thm", "24:00:00"),
            ("2026-02-28 24:00:00\tada\thm", "24:00:00"),
        ] {
            assert_eq!(mistimed(line), Some(time), "{line}");
        }
        for line in ["at 12:60:00 <ada> said", "12 <ada>", "10:30 is fine", "12:30 < 13:00", "", "<ada> hm", "1. * a"] {
            assert_eq!(mistimed(line), None, "{line}");
        }
    }
}
