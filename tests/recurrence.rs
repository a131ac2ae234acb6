//! Recurrence held against Python's dateutil, and against what must be true of every rule.
//!
//! The table `tests/data/recurrence/rules.tsv` is made by the script beside it, which says how to run it.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use chrono::offset::LocalResult;
use chrono::{Datelike, TimeZone};
use gavel::domain::schedule::recurrence::{ClockChange, Recurrence, RepetitionChoice, Timetable};
use gavel::domain::time::{self, Timestamp};
use gavel::domain::zone::Zone;
use proptest::prelude::*;

const MOST: u16 = 20;

fn table(zone: Zone, starts: NaiveDateTime, rule: &str) -> Timetable {
    let rule = Recurrence::parse(rule, starts, zone).unwrap_or_else(|problem| panic!("{rule}: {problem}"));
    Timetable { starts, zone, minutes: 60, rule: Some(rule) }
}

/// One line of the table.
struct Line<'l> {
    zone: Zone,
    starts: NaiveDateTime,
    rule: &'l str,
    reason: &'l str,
    /// What dateutil says, in seconds since 1970.
    instants: Vec<i64>,
}

fn lines() -> Vec<Line<'static>> {
    let line = |line: &'static str| {
        let [zone, starts, rule, reason, _, steps] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let sum = |at: &mut i64, step: &str| {
            *at += step.parse::<i64>().unwrap();
            Some(*at)
        };
        let instants = steps.split(' ').scan(0, sum).collect();
        Line { zone: time::zone(zone).unwrap(), starts: time::local(starts).unwrap(), rule, reason, instants }
    };
    include_str!("data/recurrence/rules.tsv").lines().map(line).collect()
}

/// Where dateutil as it is says something else than RFC 5545, and what is compared then.
const REASONS: [(&str, &str); 5] = [
    ("-", "none: it was given the rule as it stands"),
    // RFC 5545 takes from the start what a rule does not say; dateutil gives all seven days of the week.
    ("week-without-day", "it was given the start's day beside BYWEEKNO"),
    // RFC 5545 has a list of days; dateutil gives only those which are plain and numbered at once.
    ("plain-and-numbered-days", "it was given each plain day with every number"),
    // RFC 5545 lets BYSETPOS count from where the week begins; dateutil counts from the start in its week.
    ("position-in-the-first-week", "it was given the days that the positions name"),
    // Where a zone skipped a whole day, two wall times are one instant; a meeting has one event then.
    ("one-instant-twice", "its repetitions are left out"),
];

#[test]
fn all_rules_come_out_as_python_s_dateutil_has_them() {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut zones, mut wrong) = (BTreeMap::new(), Vec::new());
    for Line { zone, starts, rule, reason, mut instants } in lines() {
        if reason == "one-instant-twice" {
            instants.dedup();
        }
        let found = match Recurrence::parse(rule, starts, zone) {
            Err(problem) => Err(problem.to_string()),
            Ok(rule) => {
                let table = Timetable { starts, zone, minutes: 60, rule: Some(rule) };
                // Dates past the table's last year are not in it.
                let end = time::instant(time::local("2099-12-31T00:00").unwrap(), zone).plus_micros(-1);
                Ok(table.starts_between(Timestamp::ZERO, end, MOST).iter().map(|at| at.micros() / 1_000_000).collect::<Vec<i64>>())
            }
        };
        if found.as_ref() != Ok(&instants) {
            wrong.push(format!("{zone:?} {starts} {rule}\n  dateutil {instants:?}\n  found    {found:?}"));
        }
        *counted.entry(reason).or_default() += 1;
        *zones.entry(zone.name()).or_insert(0_usize) += 1;
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    assert!(counted.keys().all(|reason| REASONS.iter().any(|(known, _)| known == reason)), "a difference without a reason: {counted:?}");
    assert_eq!((counted.values().sum::<usize>(), zones.len()), (2600, 24));
    assert_eq!(REASONS.map(|(reason, _)| counted.get(reason).copied().unwrap_or_default()), [2422, 63, 94, 20, 1], "{counted:?}");
}

#[test]
fn every_rule_of_the_table_has_one_text_and_words() {
    let mut said = 0;
    for Line { zone, starts, rule, .. } in lines() {
        let table = table(zone, starts, rule);
        let read = table.rule.clone().unwrap();
        let again = Recurrence::parse(read.as_str(), starts, zone).unwrap();
        assert_eq!(again, read, "{rule}");
        let sentence = table.sentence();
        assert!(!sentence.contains("  ") && !sentence.contains("FREQ") && !sentence.contains(" on  "), "{rule}: {sentence}");
        assert!(sentence.contains(&starts.format(" at %H:%M").to_string()) && sentence.contains(zone.name()), "{sentence}");
        assert_eq!(
            sentence.contains("until") || sentence.contains("times") || sentence.ends_with("once"),
            read.as_str().contains("UNTIL") || read.as_str().contains("COUNT"),
            "{sentence}"
        );
        // Calendars read their text as the same dates, from the first event on.
        let first = table.first_wall().unwrap();
        let theirs = Timetable { starts: first, ..self::table(zone, first, &read.for_calendars(starts, zone)) };
        assert_eq!(theirs.next_starts(Timestamp::ZERO, MOST), table.next_starts(Timestamp::ZERO, MOST), "{rule}");
        if let Some(choice) = RepetitionChoice::of(&read, starts, zone) {
            let back = Timetable { rule: Some(choice.rule(starts, zone).unwrap()), ..table.clone() };
            assert_eq!(back.next_starts(Timestamp::ZERO, MOST), table.next_starts(Timestamp::ZERO, MOST), "{rule}");
            said += 1;
        }
    }
    assert!(said > 500, "a form can say {said} of them");
}

fn days() -> impl Strategy<Value = String> {
    proptest::sample::subsequence(vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"], 1..=7).prop_map(|days| days.join(","))
}

fn rules() -> impl Strategy<Value = String> {
    let narrowed = prop_oneof![
        Just("FREQ=DAILY".to_owned()),
        days().prop_map(|days| format!("FREQ=DAILY;BYDAY={days}")),
        days().prop_map(|days| format!("FREQ=WEEKLY;BYDAY={days}")),
        Just("FREQ=WEEKLY".to_owned()),
        (1..=31).prop_map(|day| format!("FREQ=MONTHLY;BYMONTHDAY={day},-1")),
        (days(), prop_oneof![1..=3, -3..=-1]).prop_map(|(days, at)| format!("FREQ=MONTHLY;BYDAY={days};BYSETPOS={at}")),
        (1..=4, -4..=-1).prop_map(|(first, last)| format!("FREQ=MONTHLY;BYDAY={first}TU,{last}SU")),
        Just("FREQ=YEARLY".to_owned()),
        (1..=12, 1..=28).prop_map(|(month, day)| format!("FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}")),
        (1..=52, days()).prop_map(|(week, days)| format!("FREQ=YEARLY;BYWEEKNO={week};BYDAY={days}")),
    ];
    let end = prop_oneof![
        Just(String::new()),
        (1..=9_999).prop_map(|n| format!(";COUNT={n}")),
        (2045..=2060).prop_map(|y| format!(";UNTIL={y}0615"))
    ];
    (narrowed, 1..=6, end).prop_map(|(rule, interval, end)| format!("{rule};INTERVAL={interval}{end}"))
}

fn zones() -> impl Strategy<Value = Zone> {
    proptest::sample::select(Zone::all().collect::<Vec<_>>())
}

fn starts() -> impl Strategy<Value = NaiveDateTime> {
    let at = |(day, minute): (i64, i64)| {
        let first = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        first.and_time(chrono::NaiveTime::MIN) + chrono::Duration::days(day) + chrono::Duration::minutes(minute * 15)
    };
    (0..1_500_i64, 0..96_i64).prop_map(at)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Starts go forward, lie where they were asked for, and show the wall time but where the clocks skip it.
    #[test]
    fn starts_increase_within_their_bounds_and_keep_the_wall_time(
        zone in zones(), starts in starts(), rule in rules(), later in 0..2_000_i64, most in 1..40_u16,
    ) {
        let table = table(zone, starts, &rule);
        let first = time::instant(starts, zone);
        let from = first.plus_days(later);
        let found = table.next_occurrences(from, most);
        prop_assert!(found.len() <= usize::from(most));
        prop_assert!(found.windows(2).all(|pair| pair[0].at < pair[1].at), "{found:?}");
        for it in &found {
            prop_assert!(it.at >= from && it.wall >= starts && it.wall.time() == starts.time(), "{it:?}");
            let shown = it.at.in_zone(zone).naive_local();
            let readings = zone.from_local_datetime(&it.wall);
            match it.clock {
                ClockChange::None => prop_assert!(shown == it.wall && matches!(readings, LocalResult::Single(_))),
                ClockChange::Doubled => {
                    prop_assert_eq!(shown, it.wall);
                    prop_assert_eq!(readings.earliest().map(Timestamp::from), Some(it.at));
                    prop_assert!(readings.latest().map(Timestamp::from) > Some(it.at));
                }
                ClockChange::Skipped => prop_assert!(shown > it.wall && matches!(readings, LocalResult::None)),
            }
        }
        // A look between two instants is a part of the look ahead.
        let until = from.plus_days(100);
        let between = table.starts_between(from, until, most);
        let ahead: Vec<Timestamp> = found.iter().map(|it| it.at).filter(|at| *at <= until).collect();
        prop_assert_eq!(between, ahead);
    }

    /// Whatever is written into the field, it is a rule with dates or a sentence.
    #[test]
    fn no_text_breaks_the_reader(text in "(FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY))?(;(BYDAY|BYMONTHDAY|BYMONTH|BYYEARDAY|BYWEEKNO|BYSETPOS|INTERVAL|COUNT|WKST|UNTIL)=[-+0-9MOTUSA,Z]{1,8}){0,4}|\\PC{0,40}") {
        let starts = time::local("2026-11-24T19:00").unwrap();
        match Recurrence::parse(&text, starts, time::zone("Europe/Berlin").unwrap()) {
            Ok(rule) => prop_assert!(!rule.words(starts).is_empty()),
            Err(problem) => prop_assert!(problem.to_string().ends_with('.'), "{problem}"),
        }
    }
}

#[test]
fn rules_that_are_sparse_or_have_no_end_take_bounded_work() {
    let zone = time::zone("Europe/Berlin").unwrap();
    let starts = time::local("2026-11-24T19:00").unwrap();
    let far = time::instant(time::local("2250-01-01T00:00").unwrap(), zone);
    for (rule, ahead) in [
        ("FREQ=DAILY", 20),
        ("FREQ=DAILY;COUNT=10000", 0),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", 1),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", 1),
        ("FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=28", 0),
        ("FREQ=WEEKLY;INTERVAL=1000", 0),
        ("FREQ=MONTHLY;BYDAY=-5FR", 20),
    ] {
        let table = table(zone, starts, rule);
        let found = table.next_starts(far, 20);
        assert_eq!(found.len(), ahead, "{rule}: {found:?}");
        assert!(found.iter().all(|at| at.utc().year() <= 2255), "{rule}");
    }
}
