//! Events to test with, and in which phase one is, how it is opened, closed, moved.

use super::*;

pub(crate) fn event(opens: i64, closes: i64) -> ChatEvent {
    ChatEvent {
        id: EventId::random(),
        meeting: "m".into(),
        slug: "weekly".into(),
        title: "Weekly".into(),
        own_title: false,
        key: "2026-11-24".into(),
        zone: Zone::utc(),
        agenda: None,
        opens_at: Timestamp::from_micros(opens),
        closes_at: Timestamp::from_micros(closes),
        original_start: Timestamp::from_micros(opens),
        is_by_timetable: true,
        opened: None,
        closed: None,
        cancelled_at: None,
        cancelled_with_meeting: false,
        reason: None,
        warned: Timestamp::ZERO,
        last: Timestamp::ZERO,
        count: 0,
        draft: false,
        digest: None,
    }
}

#[test]
fn the_phase_follows_the_clock() {
    let event = event(1_000, 2_000);
    let at = |micros| event.phase(Timestamp::from_micros(micros));
    assert_eq!([at(999), at(1_000), at(1_999), at(2_000)], [Phase::Scheduled, Phase::Open, Phase::Open, Phase::Closed]);
}

#[test]
fn a_clock_that_steps_back_reopens_nothing() {
    let mut event = event(1_000, 2_000);
    event.last = Timestamp::from_micros(1_500);
    event.opened = Some(Timestamp::from_micros(1_000));
    assert_eq!(event.phase(Timestamp::from_micros(10)), Phase::Open);
    event.closed = Some(Timestamp::from_micros(2_000));
    assert_eq!(event.phase(Timestamp::from_micros(10)), Phase::Closed);
}

#[test]
fn an_event_is_opened_by_hand_a_day_before_its_end_at_the_earliest() {
    let hour = |n: i64| Timestamp::ZERO.plus_minutes(60 * n);
    let of = |opens: i64, closes: i64| event(hour(opens).micros(), hour(closes).micros());
    assert_eq!([false, true].map(|chair| of(100, 101).may_open_from(chair)), [hour(77), hour(100).plus_minutes(-30)]);
    // One that lasts a whole day cannot open any earlier.
    assert_eq!([false, true].map(|chair| of(100, 124).may_open_from(chair)), [hour(100); 2]);
}

#[test]
fn a_room_warns_at_set_moments_before_its_end_each_once() {
    let minute = |n: i64| Timestamp::ZERO.plus_minutes(n);
    let at = |event: &ChatEvent, clock: Timestamp| event.warning(clock).map(|it| (it.minutes, it.late));
    let mut event = event(minute(100).micros(), minute(160).micros());
    assert_eq!(at(&event, minute(150).plus_micros(-1)), None);
    assert_eq!(at(&event, minute(150)), Some((10, false)));
    assert_eq!(at(&event, minute(150).plus_seconds(31)), Some((10, true)));
    event.warned = minute(150);
    assert_eq!(at(&event, minute(151)), None);
    // Whoever slept hears the last one only.
    assert_eq!(at(&event, minute(159)), Some((1, false)));
    // A later end has its own.
    event.closes_at = minute(165);
    assert_eq!(at(&event, minute(155)), Some((10, false)));
    // What lies before the opening is none.
    event.opens_at = minute(155);
    assert_eq!(at(&event, minute(155)), None);
    assert_eq!(event.warning(minute(164)).unwrap().to_string(), "The room closes in 1 minute.");
}

#[test]
fn a_reason_is_one_line_that_can_be_seen() {
    assert_eq!(reason("  The hall is flooded \n"), Ok(Some("The hall is flooded".into())));
    assert_eq!(reason(" \t"), Ok(None));
    for bad in ["a\nb", "a\u{0}b", "\u{202e}a", &"ü".repeat(201)] {
        assert!(reason(bad).is_err(), "{bad:?}");
    }
    assert!(reason(&"ü".repeat(200)).is_ok());
}

#[test]
fn a_second_event_of_a_day_gets_a_number() {
    let noon = Timestamp::from_seconds(1_795_521_600);
    assert_eq!(key(noon, Zone::utc(), |_| false), "2026-11-24");
    assert_eq!(key(noon, Zone::utc(), |key| key == "2026-11-24"), "2026-11-24-2");
    assert_eq!(key(noon, crate::domain::time::zone("Pacific/Kiritimati").unwrap(), |_| false), "2026-11-25");
}
