//! What holds after any run of skipping, moving, naming, adding, talking and changing times: links stay, what was used stays, no
//! start is made twice, and the calendar tells just the events in the database.

use std::collections::{BTreeMap, BTreeSet};

use gavel::app::App;
use gavel::app::calendar::icalendar::CalendarLookup;
use gavel::app::people::chairs::Papers;
use gavel::app::schedule::events::EventInput;
use gavel::app::talk::join::Joiner;
use gavel::domain::people::organizer::Organizer;
use gavel::domain::schedule::event::{ChatEvent, EventId, Phase};
use gavel::domain::schedule::meeting::MeetingInput;
use gavel::domain::schedule::recurrence::{Recurrence, Timetable};
use gavel::domain::time::{self, Timestamp};
use gavel::domain::zone::Zone;
use proptest::prelude::*;

use crate::log::properties::hold;
use crate::support::desk::Desk;
use crate::support::{HOUR, MINUTE};

/// Where the clocks change, though at no time of day that is used here.
fn berlin() -> Zone {
    Zone::find("Europe/Berlin").unwrap()
}
const DAY: i64 = 24 * HOUR;

/// What an organizer does. Events are counted among those that lie ahead.
#[derive(Clone, Debug)]
enum Step {
    Skip(usize),
    Restore(usize),
    /// By so many hours.
    Move(usize, i64),
    Lengthen(usize),
    /// Gives it a title of its own.
    Name(usize),
    /// So many hours from now.
    Add(i64),
    /// Opens it at once; somebody says something.
    Talk(usize),
    /// To one of a few rules, for all that lies ahead.
    All(usize),
    /// The same from one event on.
    From(usize, usize),
    Wait(i64),
}

/// The time of day, the first day from now on, and the rule.
const RULES: [(&str, i64, &str); 6] = [
    ("18:00", 1, "FREQ=WEEKLY"),
    ("19:30", 1, "FREQ=WEEKLY"),
    ("18:00", 3, "FREQ=WEEKLY"),
    ("18:00", 1, "FREQ=DAILY;INTERVAL=3;COUNT=20"),
    ("12:00", 2, "FREQ=WEEKLY;BYDAY=MO,WE"),
    ("18:00", -9, "FREQ=WEEKLY;INTERVAL=2"),
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (0..9_usize).prop_map(Step::Skip),
        1 => (0..9_usize).prop_map(Step::Restore),
        3 => (0..9_usize, -40..40_i64).prop_map(|(n, hours)| Step::Move(n, hours)),
        1 => (0..9_usize).prop_map(Step::Lengthen),
        1 => (0..9_usize).prop_map(Step::Name),
        2 => (1..900_i64).prop_map(Step::Add),
        1 => (0..3_usize).prop_map(Step::Talk),
        2 => (0..RULES.len()).prop_map(Step::All),
        4 => (0..9_usize, 0..RULES.len()).prop_map(|(n, rule)| Step::From(n, rule)),
        2 => (1..20_i64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..12)
}

fn olga() -> Organizer {
    Organizer { id: "o".into(), name: "olga".into() }
}

/// A meeting by one of the rules, as a form would have it at this moment.
fn input(now: i64, (hour, days, rule): (&str, i64, &str)) -> MeetingInput {
    let day = Timestamp::from_micros(now + days * DAY).in_zone(berlin()).format("%Y-%m-%d").to_string();
    MeetingInput {
        title: "Weekly".into(),
        timezone: berlin().name().into(),
        starts: format!("{day}T{hour}"),
        duration_minutes: "60".into(),
        rrule: rule.into(),
        ..MeetingInput::default()
    }
}

async fn events(desk: &Desk, meeting: &str) -> Vec<ChatEvent> {
    desk.store.events_placed_from(meeting, Timestamp::ZERO).await.unwrap()
}

/// Does a step where it can be done. What is refused changes nothing, and is no matter here.
async fn does(desk: &Desk, app: &App, slug: &str, step: &Step) {
    let meeting = app.owned_meeting(&olga(), slug).await.unwrap();
    let now = desk.clock.now();
    let mut ahead = events(desk, &meeting.id).await;
    ahead.retain(|event| matches!(event.phase(now), Phase::Scheduled | Phase::Cancelled));
    ahead.sort_by_key(|event| event.opens_at);
    let nth = |n: &usize| ahead.get(*n).cloned();
    let at = |instant: Timestamp, micros: i64| Some(instant.plus_micros(micros).to_string());
    match step {
        Step::Skip(n) => drop(app.cancel_event(&olga(), &id(nth(n)), "").await),
        Step::Restore(n) => drop(app.restore_event(&olga(), &id(nth(n))).await),
        Step::Move(n, hours) => {
            let Some(event) = nth(n) else { return };
            let by = hours * HOUR;
            let input = EventInput { opens_at: at(event.opens_at, by), closes_at: at(event.closes_at, by), ..EventInput::default() };
            drop(app.change_event(&olga(), &event.id, &input).await);
        }
        Step::Lengthen(n) => {
            let Some(event) = nth(n) else { return };
            let input = EventInput { closes_at: at(event.closes_at, 15 * MINUTE), ..EventInput::default() };
            drop(app.change_event(&olga(), &event.id, &input).await);
        }
        Step::Name(n) => {
            let input = EventInput { title: Some("Budget".into()), ..EventInput::default() };
            drop(app.change_event(&olga(), &id(nth(n)), &input).await);
        }
        Step::Add(hours) => {
            // On the half hour, where no rule has anything.
            let opens = now.micros() / HOUR * HOUR + hours * HOUR + 45 * MINUTE;
            let opens = Timestamp::from_micros(opens);
            let input = EventInput { opens_at: at(opens, 0), closes_at: at(opens, 20 * MINUTE), ..EventInput::default() };
            drop(app.add_event(&olga(), slug, &input).await);
        }
        Step::Talk(n) => {
            let Some(event) = nth(n).filter(|event| event.phase(now) == Phase::Scheduled) else { return };
            let input = EventInput { opens_at: at(now, HOUR), closes_at: at(now, 2 * HOUR), ..EventInput::default() };
            if app.change_event(&olga(), &event.id, &input).await.is_ok() {
                desk.clock.step(HOUR + MINUTE);
                let ticket =
                    app.join(Joiner { event: event.id.clone(), nick: "ada".into(), nonce: None }, &Papers::default(), None).await.unwrap();
                app.say(&event.id, ticket.who.id, "hello", None, None).await.unwrap();
            }
        }
        Step::All(rule) => drop(app.edit_meeting(&olga(), slug, &input(now.micros(), RULES[*rule]), None).await),
        Step::From(n, rule) => {
            let Some(event) = nth(n) else { return };
            let from = event.original_start.micros();
            drop(app.edit_meeting(&olga(), slug, &input(from, RULES[*rule]), Some(&event.id)).await);
        }
        Step::Wait(days) => {
            desk.clock.step(days * DAY);
            // As the keeper does it each hour.
            let now = MeetingInput::of(&meeting, &meeting.timetable_for(None, desk.clock.now()));
            drop(app.edit_meeting(&olga(), slug, &MeetingInput { description: format!("{days}"), ..now }, None).await);
        }
    }
}

fn id(event: Option<ChatEvent>) -> EventId {
    event.map_or_else(EventId::random, |event| event.id)
}

/// Opens, closes, and whether it takes place: what a calendar tells of an event.
type Told = (i64, i64, bool);

fn told(event: &ChatEvent) -> Told {
    let second = |at: Timestamp| at.micros() / 1_000_000;
    (second(event.opens_at), second(event.closes_at), event.cancelled_at.is_none())
}

/// The instant of a line such as `DTSTART;TZID=Europe/Berlin:20270316T180000`.
fn instant(line: &str) -> Timestamp {
    let text = line.rsplit(':').next().unwrap();
    let wall = chrono::NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y%m%dT%H%M%S").unwrap();
    time::instant(wall, if text.ends_with('Z') { Zone::utc() } else { berlin() })
}

/// What a calendar tells up to the last event that was made, each as often as it tells it.
fn expanded(calendar: &str, until: Timestamp) -> Vec<Told> {
    let text = calendar.replace("\r\n ", "");
    let entries: Vec<Vec<&str>> = text.split("BEGIN:VEVENT\r\n").skip(1).map(|it| it.lines().collect()).collect();
    let lines = |entry: &[&'_ str], name: &str| -> Vec<String> {
        entry.iter().filter(|it| it.starts_with(name)).map(|it| (*it).to_owned()).collect()
    };
    let named = |uid: &str| -> BTreeSet<Timestamp> {
        let same = entries.iter().filter(|entry| lines(entry, "UID").first().is_some_and(|it| it == uid));
        same.flat_map(|entry| lines(entry, "RECURRENCE-ID")).map(|it| instant(&it)).collect()
    };
    let mut all = Vec::new();
    for entry in &entries {
        let (starts, ends) = (instant(&lines(entry, "DTSTART")[0]), instant(&lines(entry, "DTEND")[0]));
        let takes_place = lines(entry, "STATUS")[0].ends_with("CONFIRMED");
        let Some(rule) = lines(entry, "RRULE:").first().cloned() else {
            all.push((starts.micros() / 1_000_000, ends.micros() / 1_000_000, takes_place));
            continue;
        };
        let first = starts.in_zone(berlin()).naive_local();
        let rule = Recurrence::parse(rule.trim_start_matches("RRULE:"), first, berlin()).unwrap();
        let minutes = (ends.micros() - starts.micros()) / MINUTE;
        let table = Timetable { starts: first, zone: berlin(), minutes, rule: Some(rule) };
        let mut except = named(&lines(entry, "UID")[0]);
        except.extend(lines(entry, "EXDATE").iter().map(|it| instant(it)));
        let own = table.starts_between(starts, until, u16::MAX).into_iter().filter(|start| !except.contains(start));
        all.extend(own.map(|start| (start.micros() / 1_000_000, start.plus_minutes(minutes).micros() / 1_000_000, true)));
    }
    all.sort_unstable();
    all
}

#[test]
fn no_run_of_changes_loses_a_link_or_a_word_or_tells_a_start_twice() {
    hold(24, &steps(), async |desk, steps| {
        let app = desk.app();
        let made = app.create_meeting(&olga(), &input(desk.now(), RULES[0])).await.unwrap();
        let mut keys: BTreeMap<EventId, String> = BTreeMap::new();
        let mut used: BTreeSet<EventId> = BTreeSet::new();
        for step in &steps {
            does(desk, &app, &made.slug, step).await;
            let now = events(desk, &made.id).await;
            for event in &now {
                let key = keys.entry(event.id.clone()).or_insert_with(|| event.key.clone());
                prop_assert_eq!(&*key, &event.key, "after {:?}", step);
                // Moved away and back by hand it is as the others again; a title, and what was said, stays with it.
                if event.own_title || desk.rows(&event.id).await.iter().any(|row| row.from.is_some()) {
                    used.insert(event.id.clone());
                }
            }
            let there: BTreeSet<&EventId> = now.iter().map(|event| &event.id).collect();
            let lost: Vec<_> = used.iter().filter(|id| !there.contains(id)).collect();
            prop_assert!(lost.is_empty(), "{lost:?} after {step:?}");
            let places: BTreeSet<Timestamp> = now.iter().map(|event| event.original_start).collect();
            prop_assert_eq!(places.len(), now.len());
            let CalendarLookup::Here(calendar) = app.meeting_calendar(&made.slug, "https://gavel.example").await.unwrap() else {
                unreachable!()
            };
            let until = places.last().copied().unwrap_or_default();
            let mut wanted: Vec<Told> = now.iter().map(told).collect();
            wanted.sort_unstable();
            prop_assert_eq!(expanded(&calendar.text, until), wanted, "after {:?} in\n{}", step, calendar.text);
        }
        Ok(())
    });
}
