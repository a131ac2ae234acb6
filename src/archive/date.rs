//! The day on which a log was: in a file's name, or in words that programs write into logs.

use chrono::{NaiveDate, NaiveDateTime};

/// The first date in a file's name, as `2026-11-24`, `2026_11_24`, `2026.11.24` or `20261124`.
pub(super) fn of_name(name: &str) -> Option<NaiveDate> {
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

/// What looks like a date in a file's name and is none: `2020-02-31`.
pub(super) fn no_day_in_name(name: &str) -> Option<&str> {
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

fn sensible(date: NaiveDate) -> Option<NaiveDate> {
    (1970..=2255).contains(&chrono::Datelike::year(&date)).then_some(date)
}

/// Takes `2026-11-24 ` or `2026-11-24T` off the front of a line, also behind a bracket that its time closes: the day,
/// and the line without it.
pub(super) fn in_front(line: &str) -> Option<(NaiveDate, String)> {
    let (bracket, rest) = line.strip_prefix('[').map_or(("", line), |rest| ("[", rest));
    let (day, rest) = rest.split_at_checked(10)?;
    let day = day.as_bytes();
    let rest = rest.strip_prefix([' ', 'T'])?;
    let found = (day[4] == b'-' && day[7] == b'-').then(|| date(&day[..4], &day[5..7], &day[8..10]))??;
    Some((found, format!("{bracket}{rest}")))
}

/// What irssi writes between the days: `--- Log opened Tue Nov 24 18:00:00 2026`, `--- Day changed Wed Nov 25 2026`.
pub(super) fn of_remark(line: &str) -> Option<NaiveDate> {
    let rest = line.strip_prefix("--- Log opened ").or_else(|| line.strip_prefix("--- Day changed "))?.trim();
    let words = NaiveDateTime::parse_from_str(rest, "%a %b %d %H:%M:%S %Y").map(|at| at.date());
    words.or_else(|_| NaiveDate::parse_from_str(rest, "%a %b %d %Y")).ok().and_then(sensible)
}

/// What MeetBot says at the beginning: `Meeting started Thu Jun 13 19:00:31 2013 UTC.`
pub(super) fn of_bot(text: &str) -> Option<NaiveDate> {
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
    fn headers_of_clients_and_bots_say_the_day() {
        assert_eq!(of_remark("--- Log opened Tue Nov 24 18:00:00 2026"), Some(day("2026-11-24")));
        assert_eq!(of_remark("--- Day changed Wed Nov 25 2026"), Some(day("2026-11-25")));
        assert_eq!(of_remark("--- Log closed Tue Nov 24 18:00:00 2026"), None);
        assert_eq!(of_bot("Meeting started Thu Jun 13 19:00:31 2013 UTC.  The chair is mdomsch."), Some(day("2013-06-13")));
        assert_eq!(of_bot("Meeting started late"), None);
    }

    #[test]
    fn a_date_in_front_of_the_time_is_taken_off() {
        assert_eq!(in_front("2026-11-24 18:00:05\tada\thi"), Some((day("2026-11-24"), "18:00:05\tada\thi".into())));
        assert_eq!(in_front("[2026-11-24T18:00:05] <ada> hi"), Some((day("2026-11-24"), "[18:00:05] <ada> hi".into())));
        assert_eq!(in_front("18:00:05 <ada> hi"), None);
        assert_eq!(in_front("ääääääääää hi"), None);
    }
}
