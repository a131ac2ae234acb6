//! A replay against a server that loses answers, is away or asks for patience:
//! every line arrives once, in order, and what cannot be mended ends in one
//! sentence that says what to do.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod fake_server;

use std::time::{Duration, Instant};

use fake_server::{Event, FakeServer, Fault};
use gavel::replay::{Log, Played, Progress, ReplayError, Target, parse, play};

/// No pauses between lines.
const AT_ONCE: f64 = f64::INFINITY;

fn faultless(_: &str, _: &str, _: usize) -> Fault {
    Fault::None
}

/// A log of `lines` lines among three people.
fn chatter(lines: usize) -> Log {
    let nicks = ["ada", "bob", "cleo"];
    let text: Vec<_> = (0..lines).map(|i| format!("19:{:02} <{}> line {i}", i % 60, nicks[i % 3])).collect();
    parse(&text.join("\n")).unwrap()
}

fn play_all(log: &Log, server: &FakeServer) -> Result<Played, ReplayError> {
    let target = Target { patience: Duration::from_secs(5), ..Target::new(&server.url, "e1") };
    play(log, &target, AT_ONCE, &mut |_| {})
}

fn texts(server: &FakeServer) -> Vec<(String, String)> {
    server.event().rows.iter().map(|(nick, text, _)| (nick.clone(), text.clone())).collect()
}

#[test]
fn each_line_arrives_once_and_in_order_through_faults() {
    let server = FakeServer::start(Event::default(), |method, _, request| match (method, request % 11) {
        (_, 1) => Fault::CutAfter,
        (_, 4) => Fault::Away,
        ("POST", 6) => Fault::HalfAnswer,
        (_, 8) => Fault::CutBefore,
        (_, 10) => Fault::Paced(0),
        _ => Fault::None,
    });
    let log = chatter(12);
    let played = play_all(&log, &server).unwrap();
    let expected: Vec<_> = log.lines.iter().map(|line| (line.nick.clone(), line.text.clone())).collect();
    assert_eq!(texts(&server), expected);
    assert_eq!((played.lines, played.messages, played.people), (12, 12, 3));
    let event = server.event();
    assert!(event.requests > 12 + 3 + 3, "there were faults");
    assert_eq!(event.people.len(), 3, "a lost answer to a join makes no second participant");
    assert_eq!(event.left, ["ada", "bob", "cleo"]);
}

#[test]
fn the_wait_that_a_server_asks_for_is_kept() {
    let server = FakeServer::start(Event::default(), |_, _, request| match request {
        4 => Fault::Paced(1),
        _ => Fault::None,
    });
    let began = Instant::now();
    let mut waits = Vec::new();
    play(&chatter(3), &Target::new(&server.url, "e1"), AT_ONCE, &mut |progress| {
        if let Progress::Waiting { pause, why } = progress {
            waits.push((pause, why.to_owned()));
        }
    })
    .unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(waits, [(Duration::from_secs(1), "You are too fast.".to_owned())]);
    assert_eq!(server.event().rows.len(), 3);
}

#[test]
fn pauses_are_divided_by_the_speed() {
    let server = FakeServer::start(Event::default(), faultless);
    let log = parse("19:00:00 <ada> a\n19:00:02 <ada> b\n19:00:05 <ada> c").unwrap();
    let began = Instant::now();
    let mut done = Vec::new();
    play(&log, &Target::new(&server.url, "e1"), 20.0, &mut |progress| {
        if let Progress::Line { done: number, total } = progress {
            done.push((number, total, began.elapsed()));
        }
    })
    .unwrap();
    assert_eq!(done.iter().map(|d| (d.0, d.1)).collect::<Vec<_>>(), [(1, 3), (2, 3), (3, 3)]);
    assert!(done[1].2 >= Duration::from_millis(100) && done[2].2 >= Duration::from_millis(250));
    for speed in [0.0, -1.0, f64::NAN, 1e-300] {
        let error = play(&log, &Target::new(&server.url, "e1"), speed, &mut |_| {}).unwrap_err();
        assert!(matches!(error, ReplayError::Speed(_)), "{error}");
    }
}

#[test]
fn a_taken_nickname_gets_a_number_and_a_refused_one_ends_it() {
    let taken = |nicks: &[&str]| Event { taken: nicks.iter().map(|&n| n.to_owned()).collect(), ..Event::default() };
    let server = FakeServer::start(taken(&["bob", "bob-2"]), faultless);
    let mut joined = Vec::new();
    play(&chatter(3), &Target::new(&server.url, "e1"), AT_ONCE, &mut |progress| {
        if let Progress::Joined { nick, under } = progress {
            joined.push((nick.to_owned(), under.to_owned()));
        }
    })
    .unwrap();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(joined, [pair("ada", "ada"), pair("bob", "bob-3"), pair("cleo", "cleo")]);

    let server = FakeServer::start(taken(&["bob", "bob-2", "bob-3", "bob-4", "bob-5"]), faultless);
    let error = play_all(&chatter(3), &server).unwrap_err().to_string();
    assert!(error.contains("\"bob\"") && error.contains("\"bob-5\""), "{error}");
    assert_eq!(server.event().left, ["ada"], "who had joined leaves again");

    let server = FakeServer::start(Event::default(), faultless);
    let log = parse("19:00 <ada> hi\n19:01 <bob b> hi").unwrap();
    let error = play_all(&log, &server).unwrap_err().to_string();
    assert!(error.contains("\"bob b\" (line 2") && error.ends_with("no spaces here."), "{error}");
    assert!(server.event().rows.is_empty(), "nothing is said before all have joined");
}

#[test]
fn an_event_that_closes_ends_it_with_the_servers_reason() {
    let server = FakeServer::start(Event { closes_after: Some(4), ..Event::default() }, faultless);
    let error = play_all(&chatter(9), &server).unwrap_err();
    assert!(matches!(error, ReplayError::Refused { line: Some(5), status: 410, .. }), "{error:?}");
    assert!(error.to_string().ends_with("This event closed at 20:00."), "{error}");
    assert_eq!(server.event().rows.len(), 4);
}

#[test]
fn a_server_that_stays_away_is_given_up() {
    let server = FakeServer::start(Event::default(), |_, _, request| if request < 5 { Fault::None } else { Fault::Away });
    let target = Target { patience: Duration::from_millis(300), ..Target::new(&server.url, "e1") };
    let error = play(&chatter(9), &target, AT_ONCE, &mut |_| {}).unwrap_err();
    assert!(matches!(error, ReplayError::Unreachable { line: Some(3), .. }), "{error:?}");
    assert!(error.to_string().contains("status 503: The database is away."), "{error}");
    let error = play(&chatter(1), &Target::new("localhost", "e1"), AT_ONCE, &mut |_| {}).unwrap_err();
    assert!(matches!(error, ReplayError::Server(_)), "{error:?}");
    let error = play(&chatter(1), &Target::new(&server.url, "e1/../x"), AT_ONCE, &mut |_| {}).unwrap_err();
    assert!(matches!(error, ReplayError::Name(_)), "{error:?}");
}

#[test]
fn a_meeting_leads_to_its_open_event_or_says_when_the_next_opens() {
    let server = FakeServer::start(Event::default(), faultless);
    let find = |slug| Target::open_event_of(&server.url, slug, &mut |_| {});
    assert_eq!(find("boats").unwrap().event, "e1");
    let error = find("tides").unwrap_err().to_string();
    assert!(error.contains("opens on 2026-11-24 at 20:00 UTC"), "{error}");
    assert_eq!(find("none").unwrap_err().to_string(), "There is nothing here.");
}

#[test]
fn actions_and_long_texts_take_the_form_of_messages() {
    let server = FakeServer::start(Event::default(), faultless);
    let words = "word ".repeat(1_000);
    let log = parse(&format!("19:00 * ada waves\n19:00 <ada> {words}\n19:00 * ada {words}\n19:01 <ada> bye")).unwrap();
    let target = Target { stay: true, ..Target::new(&server.url, "e1") };
    let played = play(&log, &target, AT_ONCE, &mut |_| {}).unwrap();
    assert_eq!((played.lines, played.messages), (4, 6));
    let texts: Vec<_> = texts(&server).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts[0], "/me waves");
    assert!(texts.iter().all(|text| text.chars().count() <= 4_000));
    assert_eq!(format!("{} {}", texts[1], texts[2]), words.trim());
    assert!(texts[3].starts_with("/me word") && texts[4].starts_with("/me word"));
    assert!(server.event().left.is_empty(), "they were to stay");
}

#[test]
fn the_demo_plays_its_conversation() {
    let server = FakeServer::start(Event::default(), faultless);
    gavel::demo::converse(&server.url, "e1", Duration::ZERO).unwrap();
    let event = server.event();
    assert!(event.rows.len() >= 25);
    assert_eq!(event.left.len(), event.people.len());
}
