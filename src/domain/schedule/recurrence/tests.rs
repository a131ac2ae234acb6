//! Rules as values: what is refused, the canonical text, words, and choices of a form.

use crate::domain::zone::Zone;

use super::ClockChange::{Doubled, Skipped};
use super::*;
use crate::domain::time::Timestamp;

fn table(starts: &str, place: &str, rule: Option<&str>) -> Timetable {
    let (starts, zone) = (time::local(starts).unwrap(), time::zone(place).unwrap());
    Timetable { starts, zone, minutes: 60, rule: rule.map(|rule| Recurrence::parse(rule, starts, zone).unwrap()) }
}

fn first(table: &Timetable, n: u16) -> Vec<String> {
    let from = time::instant(table.starts, table.zone).plus_days(-1);
    table.next_starts(from, n).into_iter().map(|at| at.utc().format("%m-%d %H:%M").to_string()).collect()
}

#[test]
fn a_weekly_meeting_keeps_its_wall_time_over_the_clock_changes() {
    let berlin = table("2026-10-20T18:00", "Europe/Berlin", Some("FREQ=WEEKLY;BYDAY=TU"));
    assert_eq!(first(&berlin, 3), ["10-20 16:00", "10-27 17:00", "11-03 17:00"]);
    let sydney = table("2026-09-29T19:00", "Australia/Sydney", Some("FREQ=WEEKLY"));
    assert_eq!(first(&sydney, 2), ["09-29 09:00", "10-06 08:00"]);
    let new_york = table("2027-03-09T09:00", "America/New_York", Some("freq=weekly"));
    assert_eq!(first(&new_york, 2), ["03-09 14:00", "03-16 13:00"]);
}

#[test]
fn skipped_and_doubled_times_follow_rfc_5545() {
    let gap = table("2027-03-21T02:30", "Europe/Berlin", Some("FREQ=WEEKLY"));
    assert_eq!(first(&gap, 3), ["03-21 01:30", "03-28 01:30", "04-04 00:30"]);
    let twice = table("2026-10-18T02:30", "Europe/Berlin", Some("FREQ=WEEKLY"));
    assert_eq!(first(&twice, 3), ["10-18 00:30", "10-25 00:30", "11-01 01:30"]);
}

#[test]
fn intervals_ends_and_single_dates() {
    assert_eq!(first(&table("2026-11-24T10:00", "UTC", Some("FREQ=WEEKLY;INTERVAL=3;COUNT=2")), 5), ["11-24 10:00", "12-15 10:00"]);
    assert_eq!(first(&table("2026-11-24T10:00", "UTC", Some("FREQ=DAILY;UNTIL=20261125")), 5), ["11-24 10:00", "11-25 10:00"]);
    assert_eq!(first(&table("2026-11-24T19:00", "Australia/Sydney", Some("FREQ=DAILY;UNTIL=20261125T080000Z")), 5).len(), 2);
    assert_eq!(first(&table("2026-11-24T10:00", "UTC", None), 5), ["11-24 10:00"]);
    let ahead = table("2026-11-24T10:00", "UTC", Some("FREQ=WEEKLY"));
    let from = Timestamp::from_seconds(1_795_521_600);
    assert_eq!(ahead.starts_between(from, from.plus_days(84), 200).len(), 12);
}

fn refused(text: &str) -> RuleProblem {
    let starts = time::local("2026-11-24T10:00").unwrap();
    Recurrence::parse(text, starts, Zone::utc()).map(|rule| rule.as_str().to_owned()).expect_err(text)
}

#[test]
fn rules_that_break_rfc_5545_are_refused_each_by_its_own_name() {
    use RuleProblem as P;
    for (text, problem) in [
        ("FREQ=SECONDLY", P::TooOften("SECONDLY".into())),
        ("FREQ=MINUTELY", P::TooOften("MINUTELY".into())),
        ("FREQ=HOURLY;INTERVAL=24", P::TooOften("HOURLY".into())),
        ("FREQ=FORTNIGHTLY", P::Frequency),
        ("BYDAY=TU", P::Frequency),
        ("FREQ=WEEKLY;INTERVAL=0", P::Interval),
        ("FREQ=WEEKLY;INTERVAL=1001", P::Interval),
        ("FREQ=WEEKLY;INTERVAL=-1", P::Interval),
        ("FREQ=WEEKLY;COUNT=0", P::Count),
        ("FREQ=WEEKLY;COUNT=+3", P::Count),
        ("FREQ=WEEKLY;COUNT=many", P::Count),
        ("FREQ=WEEKLY;COUNT=10001", P::CountTooLarge),
        ("FREQ=DAILY;COUNT=1000000", P::CountTooLarge),
        ("FREQ=DAILY;COUNT=99999999999999999999", P::CountTooLarge),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20271231", P::TwoEnds),
        ("FREQ=WEEKLY;UNTIL=20251231", P::UntilBeforeStart),
        ("FREQ=WEEKLY;UNTIL=20261124T095959Z", P::UntilBeforeStart),
        ("FREQ=WEEKLY;UNTIL=20261124T095959", P::UntilBeforeStart),
        ("FREQ=WEEKLY;UNTIL=soon", P::Until),
        ("FREQ=WEEKLY;UNTIL=20270231", P::Until),
        ("FREQ=WEEKLY;UNTIL=2027-12-31", P::Until),
        ("FREQ=WEEKLY;UNTIL=20271231T2359Z", P::Until),
        ("FREQ=DAILY;BYHOUR=1,2", P::TimeOfDay),
        ("FREQ=DAILY;BYSECOND=0", P::TimeOfDay),
        ("FREQ=WEEKLY;FREQ=DAILY", P::Twice("FREQ")),
        ("FREQ=WEEKLY;X=1", P::Unknown("X".into())),
        ("RSCALE=GREGORIAN;FREQ=YEARLY", P::Unknown("RSCALE".into())),
        ("FREQ=WEEKLY;BYDAY=XX", P::Day { part: "BYDAY", value: "XX".into() }),
        ("FREQ=WEEKLY;BYDAY=MO,,TU", P::Day { part: "BYDAY", value: String::new() }),
        ("FREQ=WEEKLY;BYDAY=Ä", P::Day { part: "BYDAY", value: "Ä".into() }),
        ("FREQ=WEEKLY;WKST=1MO", P::Day { part: "WKST", value: "1MO".into() }),
        ("FREQ=MONTHLY;BYMONTHDAY=-31;BYDAY=1", P::Day { part: "BYDAY", value: "1".into() }),
        ("FREQ=WEEKLY;BYMONTHDAY=1", P::NotWith { part: "BYMONTHDAY", frequency: Frequency::Weekly }),
        ("FREQ=WEEKLY;BYMONTHDAY=-1", P::NotWith { part: "BYMONTHDAY", frequency: Frequency::Weekly }),
        ("FREQ=WEEKLY;BYDAY=1MO", P::NotWith { part: "BYDAY with a number", frequency: Frequency::Weekly }),
        ("FREQ=DAILY;BYDAY=-1FR", P::NotWith { part: "BYDAY with a number", frequency: Frequency::Daily }),
        ("FREQ=MONTHLY;BYYEARDAY=1", P::NotWith { part: "BYYEARDAY", frequency: Frequency::Monthly }),
        ("FREQ=MONTHLY;BYWEEKNO=1", P::NotWith { part: "BYWEEKNO", frequency: Frequency::Monthly }),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", P::NumberedInWeek),
        ("FREQ=MONTHLY;BYSETPOS=1", P::PositionAlone),
        // Well formed, and never: 31 February and its like.
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31", P::Empty),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", P::Empty),
        ("FREQ=MONTHLY;BYMONTH=4,6;BYMONTHDAY=31", P::Empty),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29;UNTIL=20271231", P::Empty),
        ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3", P::Empty),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261128", P::Empty),
    ] {
        assert_eq!(refused(text), problem, "{text}");
    }
    for (text, part) in [
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,x", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=--1", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH"),
        ("FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY"),
        ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO"),
        ("FREQ=YEARLY;BYDAY=0MO", "BYDAY"),
        ("FREQ=YEARLY;BYDAY=54MO", "BYDAY"),
        ("FREQ=YEARLY;BYDAY=XMO", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=-5MO,1TU", "BYDAY beside other days"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=32", "BYSETPOS"),
        ("FREQ=DAILY;BYDAY=MO;BYSETPOS=2", "BYSETPOS"),
    ] {
        assert!(matches!(refused(text), P::Range { part: found, .. } if found == part), "{text}: {}", refused(text));
    }
    for text in ["", "weekly", "FREQ", "FREQ=", "FREQ=WEEKLY;;BYDAY=TU", "FREQ=WEEKLY\nDTSTART:20200101T000000Z"] {
        assert!(matches!(refused(text), P::Form(_) | P::Frequency), "{text}");
    }
    assert_eq!(refused(&format!("FREQ=DAILY;BYMONTHDAY={}", "1,".repeat(300))), P::Long);
}

#[test]
fn a_rule_has_one_text() {
    let starts = time::local("2026-11-24T19:00").unwrap();
    let zone = time::zone("Australia/Sydney").unwrap();
    for (written, text, for_calendars) in [
        ("rrule:freq=weekly;byday=we,tu,tu;interval=1;wkst=mo;", "FREQ=WEEKLY;BYDAY=TU,WE", ""),
        ("BYDAY=+1MO,-1FR,1SU;FREQ=MONTHLY;COUNT=007", "FREQ=MONTHLY;BYDAY=1MO,1SU,-1FR;COUNT=7", ""),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,15,1", "FREQ=MONTHLY;BYMONTHDAY=1,15,-1", ""),
        ("FREQ=DAILY;UNTIL=20271224", "FREQ=DAILY;UNTIL=20271224", "FREQ=DAILY;UNTIL=20271224T125959Z"),
        ("FREQ=DAILY;UNTIL=20271224T190000", "FREQ=DAILY;UNTIL=20271224T080000Z", ""),
        ("FREQ=YEARLY;BYWEEKNO=20", "FREQ=YEARLY;BYWEEKNO=20", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=TU"),
        ("FREQ=MONTHLY;BYDAY=TU,-1FR", "FREQ=MONTHLY;BYDAY=TU,-1FR", "FREQ=MONTHLY;BYDAY=1TU,2TU,3TU,4TU,5TU,-1FR"),
        (
            "FREQ=WEEKLY;BYDAY=SU,MO,WE;BYSETPOS=1,-1;WKST=SU",
            "FREQ=WEEKLY;BYDAY=MO,WE,SU;BYSETPOS=1,-1;WKST=SU",
            "FREQ=WEEKLY;BYDAY=WE,SU;WKST=SU",
        ),
    ] {
        let rule = Recurrence::parse(written, starts, zone).unwrap();
        assert_eq!(rule.as_str(), text, "{written}");
        assert_eq!(rule.for_calendars(starts, zone), if for_calendars.is_empty() { text } else { for_calendars }, "{written}");
    }
}

#[test]
fn implied_days_that_a_month_may_lack_are_written_out_for_calendars() {
    let zone = time::zone("Europe/Berlin").unwrap();
    for (starts, rule, expected) in [
        ("2026-01-31T10:00", "FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=31"),
        ("2026-01-30T10:00", "FREQ=MONTHLY;INTERVAL=2;COUNT=9", "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=30;COUNT=9"),
        ("2026-01-29T10:00", "FREQ=MONTHLY;BYMONTH=1,2,3", "FREQ=MONTHLY;BYMONTH=1,2,3;BYMONTHDAY=29"),
        ("2026-01-28T10:00", "FREQ=MONTHLY", "FREQ=MONTHLY"),
        ("2028-02-29T10:00", "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
        ("2028-02-29T10:00", "FREQ=YEARLY;INTERVAL=4", "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29"),
        ("2026-01-31T10:00", "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=31"),
        ("2026-03-01T10:00", "FREQ=YEARLY", "FREQ=YEARLY"),
        ("2026-01-31T10:00", "FREQ=YEARLY;BYMONTH=1,2,3", "FREQ=MONTHLY;BYMONTH=1,2,3;BYMONTHDAY=31"),
        ("2026-01-31T10:00", "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,2,3,4", "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,3;BYMONTHDAY=31"),
        ("2026-01-15T10:00", "FREQ=YEARLY;BYMONTHDAY=15", "FREQ=MONTHLY;BYMONTHDAY=15"),
        ("2026-01-13T10:00", "FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR", "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR"),
        ("2026-01-31T10:00", "FREQ=YEARLY;BYMONTHDAY=-1;BYSETPOS=1", "FREQ=YEARLY;BYMONTHDAY=-1;BYSETPOS=1"),
        ("2026-01-31T10:00", "FREQ=MONTHLY;BYDAY=-1SA", "FREQ=MONTHLY;BYDAY=-1SA"),
        ("2026-01-31T10:00", "FREQ=WEEKLY", "FREQ=WEEKLY"),
        ("2026-01-31T10:00", "FREQ=DAILY;INTERVAL=3", "FREQ=DAILY;INTERVAL=3"),
    ] {
        let starts = time::local(starts).unwrap();
        let read = Recurrence::parse(rule, starts, zone).unwrap();
        let told = read.for_calendars(starts, zone);
        assert_eq!(told, expected, "{rule}");
        let dates = |rule| Timetable { starts, zone, minutes: 60, rule: Some(rule) }.next_starts(Timestamp::ZERO, 40);
        assert_eq!(dates(Recurrence::parse(&told, starts, zone).unwrap()), dates(read), "{rule}");
    }
}

#[test]
fn until_is_an_instant_where_the_clocks_are_doubled_or_skipped() {
    // 02:30 twice: the event is at the first, 00:30 UTC, and so before an end between the two.
    let doubled = table("2026-10-24T02:30", "Europe/Berlin", Some("FREQ=DAILY;UNTIL=20261025T011000Z"));
    assert_eq!(first(&doubled, 5), ["10-24 00:30", "10-25 00:30"]);
    // 02:30 is skipped: the event is at 03:30, 01:30 UTC, and so after an end at 03:10.
    let skipped = table("2027-03-27T02:30", "Europe/Berlin", Some("FREQ=DAILY;UNTIL=20270328T011000Z"));
    assert_eq!(first(&skipped, 5), ["03-27 01:30"]);
}

#[test]
fn what_the_clocks_do_is_told() {
    let told = |starts, place, rule| -> Vec<ClockChange> {
        table(starts, place, Some(rule)).next_occurrences(Timestamp::ZERO, 3).iter().map(|it| it.clock).collect()
    };
    assert_eq!(told("2027-03-21T02:30", "Europe/Berlin", "FREQ=WEEKLY"), [ClockChange::None, Skipped, ClockChange::None]);
    assert_eq!(told("2026-10-18T02:30", "Europe/Berlin", "FREQ=WEEKLY"), [ClockChange::None, Doubled, ClockChange::None]);
    assert_eq!(told("2026-10-03T02:15", "Australia/Lord_Howe", "FREQ=DAILY"), [ClockChange::None, Skipped, ClockChange::None]);
    // Samoa had no 30 December 2011: that event and the next would be one.
    let samoa = table("2011-12-29T10:00", "Pacific/Apia", Some("FREQ=DAILY"));
    assert_eq!(first(&samoa, 3), ["12-29 20:00", "12-30 20:00", "12-31 20:00"]);
    assert_eq!(told("2011-12-29T10:00", "Pacific/Apia", "FREQ=DAILY"), [ClockChange::None; 3]);
}

#[test]
fn rules_are_said_in_words() {
    for (rule, words) in [
        ("FREQ=WEEKLY", "every Tuesday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "every second Tuesday"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR", "every Monday, Wednesday and Friday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=WEEKLY;INTERVAL=3", "every 3 weeks on Tuesday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;WKST=SU", "every second week on Tuesday and Sunday (weeks start on Sunday)"),
        ("FREQ=WEEKLY;BYMONTH=3,6", "every Tuesday in March and June"),
        ("FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=-1", "every week on the last Monday or Wednesday"),
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=2", "every second day"),
        ("FREQ=DAILY;INTERVAL=10;BYMONTH=1", "every 10 days in January"),
        ("FREQ=DAILY;BYDAY=SA,SU", "every weekend day"),
        ("FREQ=DAILY;INTERVAL=2;BYDAY=MO,FR", "every second day if that is a Monday or Friday"),
        ("FREQ=DAILY;BYMONTHDAY=13;BYDAY=FR", "every day if that is the 13th of a month and a Friday"),
        ("FREQ=MONTHLY;BYDAY=-1TH", "on the last Thursday of each month"),
        ("FREQ=MONTHLY;BYDAY=2TU", "on the second Tuesday of each month"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU,4TU", "on the second and fourth Tuesday of every third month"),
        ("FREQ=MONTHLY;BYDAY=1MO,-1FR", "on the first Monday and the last Friday of each month"),
        ("FREQ=MONTHLY;BYDAY=5MO", "on the fifth Monday of each month (where there is one)"),
        ("FREQ=MONTHLY;BYDAY=MO,TU", "every Monday and Tuesday"),
        ("FREQ=MONTHLY;BYDAY=MO,-1FR", "on each Monday and the last Friday of each month"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=MO,TU", "on each Monday and Tuesday of every second month"),
        ("FREQ=MONTHLY", "on the 24th of each month"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "on the 31st of each month (where there is one)"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15,-1", "on the 1st, the 15th and the last day of each month"),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "on the 13th of each month if that is a Friday"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "on the last weekday of each month"),
        ("FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=1,-1", "on the first and last Monday or Friday of each month"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,2;BYSETPOS=1", "on the first in its month of these days: the 1st and the 2nd of each month"),
        ("FREQ=YEARLY", "every year on 24 November"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=1,6", "every second year on 24 January and 24 June"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "every year on 29 February (where there is one)"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "every year on the last day of February"),
        ("FREQ=YEARLY;BYMONTHDAY=1", "every year on the 1st of each month"),
        ("FREQ=YEARLY;BYMONTH=9;BYDAY=1MO", "every year on the first Monday of September"),
        ("FREQ=YEARLY;BYDAY=20MO", "every year on the 20th Monday of the year"),
        ("FREQ=YEARLY;BYDAY=MO", "every year on each Monday of the year"),
        ("FREQ=YEARLY;BYWEEKNO=20,-1", "every year on Tuesday of week 20 and the last week"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;WKST=SU", "every year on Monday of week 20 (weeks start on Sunday)"),
        ("FREQ=YEARLY;BYYEARDAY=100,-1", "every year on day 100 and the last day of the year"),
        (
            "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=2,3,4,5,6,7,8;BYDAY=TU",
            "every year on the 2nd, the 3rd, the 4th, the 5th, the 6th, the 7th and the 8th of November if that is a Tuesday",
        ),
        ("FREQ=YEARLY;BYMONTH=9;BYDAY=MO,TU;BYSETPOS=2", "every year on the second Monday or Tuesday of September"),
        (
            "FREQ=YEARLY;BYMONTH=3,9;BYDAY=MO;BYSETPOS=2",
            "every year on the second in its year of these days: each Monday of March and September",
        ),
        ("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every year on the last weekday of the year"),
    ] {
        assert_eq!(table("2026-11-24T10:00", "UTC", Some(rule)).words(), words, "{rule}");
    }
}

#[test]
fn all_of_a_timetable_is_one_sentence() {
    for (rule, sentence) in [
        (Some("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"), "Every second Tuesday at 19:00, Australia/Sydney"),
        (
            Some("FREQ=MONTHLY;BYDAY=-1TH;UNTIL=20271224"),
            "On the last Thursday of each month at 19:00, Australia/Sydney, until 24 December 2027",
        ),
        // 23:59:59 there is 12:59:59 in UTC; an end before the time of day lets pass the day before.
        (Some("FREQ=DAILY;UNTIL=20271224T125959Z"), "Every day at 19:00, Australia/Sydney, until 24 December 2027"),
        (Some("FREQ=DAILY;UNTIL=20271224T000000"), "Every day at 19:00, Australia/Sydney, until 23 December 2027"),
        (Some("FREQ=DAILY;COUNT=10"), "Every day at 19:00, Australia/Sydney, 10 times"),
        (Some("FREQ=DAILY;COUNT=1"), "Every day at 19:00, Australia/Sydney, once"),
        (None, "On 24 November 2026 at 19:00, Australia/Sydney"),
    ] {
        assert_eq!(table("2026-11-24T19:00", "Australia/Sydney", rule).sentence(), sentence);
    }
}

#[test]
fn a_form_s_choices_become_a_rule_and_come_back() {
    let (starts, zone) = (time::local("2026-11-24T19:00").unwrap(), time::zone("Europe/Berlin").unwrap());
    let plain =
        RepetitionChoice { frequency: Frequency::Weekly, interval: 1, days: Vec::new(), monthly: Monthly::Date, end: ChoiceEnd::Never };
    let christmas = chrono::NaiveDate::from_ymd_opt(2027, 12, 24).unwrap();
    for (choice, text) in [
        (plain.clone(), "FREQ=WEEKLY"),
        (RepetitionChoice { interval: 2, days: vec![Weekday::Tue, Weekday::Thu], ..plain.clone() }, "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH"),
        (RepetitionChoice { frequency: Frequency::Daily, end: ChoiceEnd::Times(10), ..plain.clone() }, "FREQ=DAILY;COUNT=10"),
        (RepetitionChoice { frequency: Frequency::Monthly, end: ChoiceEnd::On(christmas), ..plain.clone() }, "FREQ=MONTHLY;UNTIL=20271224"),
        (RepetitionChoice { frequency: Frequency::Monthly, monthly: Monthly::Day(-1), ..plain.clone() }, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (
            RepetitionChoice { frequency: Frequency::Monthly, monthly: Monthly::Nth(-1, Weekday::Tue), ..plain.clone() },
            "FREQ=MONTHLY;BYDAY=-1TU",
        ),
        (RepetitionChoice { frequency: Frequency::Yearly, ..plain.clone() }, "FREQ=YEARLY"),
        (
            RepetitionChoice { frequency: Frequency::Yearly, monthly: Monthly::Nth(4, Weekday::Tue), ..plain.clone() },
            "FREQ=YEARLY;BYMONTH=11;BYDAY=4TU",
        ),
    ] {
        let rule = choice.rule(starts, zone).unwrap();
        assert_eq!(rule.as_str(), text);
        assert_eq!(RepetitionChoice::of(&rule, starts, zone), Some(choice), "{text}");
    }
    assert_eq!(RepetitionChoice { interval: 0, ..plain.clone() }.rule(starts, zone), Err(RuleProblem::Interval));
    assert_eq!(RepetitionChoice { end: ChoiceEnd::Times(0), ..plain }.rule(starts, zone), Err(RuleProblem::Count));
    for text in [
        "FREQ=DAILY;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=1MO,3MO",
        "FREQ=MONTHLY;BYMONTHDAY=-2",
        "FREQ=YEARLY;BYMONTH=6",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "FREQ=WEEKLY;BYMONTH=6",
    ] {
        assert_eq!(RepetitionChoice::of(&Recurrence::parse(text, starts, zone).unwrap(), starts, zone), None, "{text}");
    }
}

#[test]
fn a_form_offers_the_ways_that_lead_to_the_start() {
    let offers = |starts: &str| Monthly::offers(time::local(starts).unwrap());
    assert_eq!(offers("2026-11-10T19:00"), [Monthly::Date, Monthly::Nth(2, Weekday::Tue)]);
    assert_eq!(offers("2026-11-24T19:00"), [Monthly::Date, Monthly::Nth(4, Weekday::Tue), Monthly::Nth(-1, Weekday::Tue)]);
    let last = [Monthly::Date, Monthly::Day(-1), Monthly::Nth(5, Weekday::Mon), Monthly::Nth(-1, Weekday::Mon)];
    assert_eq!(offers("2026-11-30T19:00"), last);
}
