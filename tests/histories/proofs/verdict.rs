//! A good history holds; each of these bad ones differs from it in one point, and the verdict names that point.

use std::sync::Arc;

use crate::histories::digest::Chain;
use crate::histories::history::{Answer, Attempt, Fate, Head, History, Post, Reading, Row, Way};
use crate::histories::verdict::judge;
use crate::histories::violation::Violation;

const EVENT: &str = "e_1";

fn row(ts: i64, kind: &str, text: &str) -> Arc<Row> {
    let said = matches!(kind, "said" | "emote");
    Arc::new(Row {
        ts,
        kind: kind.into(),
        from: said.then(|| "p_ada".into()),
        nick: said.then(|| "ada".into()),
        text: text.into(),
        html: text.into(),
        nonce: said.then(|| text.into()),
        salt: None,
        hash: None,
    })
}

fn post(nonce: &str, sent: u64, attempts: Vec<Attempt>) -> Post {
    let acknowledged = attempts.iter().any(|it| matches!(it, Attempt::Row { .. })).then_some(sent + 5);
    Post { who: "p_ada".into(), nonce: nonce.into(), text: nonce.into(), kind: "said", sent, acknowledged, attempts }
}

const fn fresh(row: Arc<Row>) -> Attempt {
    Attempt::Row { fresh: true, row }
}

const fn again(row: Arc<Row>) -> Attempt {
    Attempt::Row { fresh: false, row }
}

/// A reader that got these rows in one answer for each.
fn reading(name: &str, rows: &[Arc<Row>]) -> Reading {
    let (mut chain, mut after) = (Chain::start(EVENT), 0);
    let mut reading = Reading { name: name.into(), rows: rows.to_vec(), ..Reading::default() };
    for (n, row) in rows.iter().enumerate() {
        let (asked, upto) = (row.ts.unsigned_abs(), n + 1);
        let head = Some(Head { count: i64::try_from(upto).unwrap(), digest: Some(chain.take(row)) });
        reading.answers.push(Answer { after, asked, came: asked + 10, upto, more: false, way: Way::default(), head });
        after = row.ts;
    }
    reading
}

/// Opened at 100, two posts, closed at 200; one post was lost and is there, one was lost and is not, one came too late.
fn good() -> History {
    let log = vec![row(100, "opened", "The room opened."), row(110, "said", "a"), row(120, "said", "b"), row(200, "closed", "")];
    let posts = vec![
        post("a", 110, vec![Attempt::Lost { cut: true }, again(Arc::clone(&log[1]))]),
        post("b", 120, vec![Attempt::Lost { cut: false }, Attempt::Status(503)]),
        post("c", 130, vec![Attempt::Lost { cut: true }]),
        post("d", 210, vec![Attempt::Status(429), Attempt::Status(410)]),
    ];
    let readers = vec![reading("one", &log), reading("two", &log)];
    History { opens_at: 100, closes_at: 200, posts, readers, log, event: EVENT.into(), patience: 1_000 }
}

/// The violations of the good history after this change.
fn after(change: impl FnOnce(&mut History)) -> Vec<Violation> {
    let mut history = good();
    change(&mut history);
    judge(&history).violations
}

/// Sets the log, and readers that have seen just that.
fn with_log(history: &mut History, log: Vec<Arc<Row>>) {
    history.readers = vec![reading("one", &log)];
    history.log = log;
}

fn one() -> String {
    "one".into()
}

#[test]
fn a_good_history_holds() {
    let verdict = judge(&good());
    assert!(verdict.holds(), "{}", verdict.words());
    assert_eq!((verdict.rows, verdict.acknowledged, verdict.deliveries, verdict.notes.len()), (4, 1, 8, 0));
}

#[test]
fn an_acknowledged_row_that_a_reader_lacks_is_missed() {
    let found = after(|history| {
        history.readers[0].rows.remove(1);
        history.readers[0].answers.remove(1);
        history.readers[0].answers.iter_mut().skip(1).for_each(|it| it.upto -= 1);
        history.readers[0].answers.iter_mut().for_each(|it| it.head = None);
    });
    assert_eq!(found, [Violation::Missed { reader: one(), ts: 110 }]);
}

#[test]
fn an_acknowledged_row_that_is_not_in_the_log_is_lost() {
    let found = after(|history| history.posts.push(post("z", 150, vec![fresh(row(150, "said", "z"))])));
    assert_eq!(found, [Violation::Lost { nonce: "z".into(), ts: 150 }]);
}

#[test]
fn a_row_that_was_shown_and_is_gone_has_vanished() {
    let found = after(|history| {
        history.readers[0].rows.insert(3, row(130, "said", "c"));
        history.readers[0].answers[3].upto = 5;
        history.readers[0].answers.iter_mut().for_each(|it| it.head = None);
    });
    assert_eq!(found, [Violation::Vanished { reader: one(), ts: 130 }]);
}

#[test]
fn a_row_that_comes_long_after_others_had_it_is_late() {
    let found = after(|history| history.readers[0].answers[1].came += 5_000);
    assert_eq!(found, [Violation::Late { reader: one(), ts: 110, micros: 5_005 }]);
}

#[test]
fn a_row_that_a_reader_gets_again_is_doubled() {
    let found = after(|history| {
        let again = Arc::clone(&history.readers[0].rows[1]);
        history.readers[0].rows.insert(2, again);
        history.readers[0].answers.iter_mut().skip(2).for_each(|it| it.upto += 1);
        history.readers[0].answers.iter_mut().for_each(|it| it.head = None);
    });
    assert_eq!(found, [Violation::Doubled { reader: one(), ts: 110 }]);
}

#[test]
fn a_post_with_two_rows_is_there_twice() {
    let found = after(|history| {
        let mut log = history.log.clone();
        log.insert(3, row(130, "said", "b"));
        with_log(history, log);
    });
    assert_eq!(found, [Violation::Twice { nonce: "b".into(), first: 120, second: 130 }]);
}

#[test]
fn a_retry_gives_the_same_row_and_201_only_once() {
    let wrong = |attempts: Vec<Attempt>| {
        let found = after(|history| history.posts[0].attempts = attempts);
        assert!(!found.is_empty() && found.iter().all(|it| matches!(it, Violation::Retry { nonce, .. } if nonce == "a")), "{found:?}");
    };
    let first = || row(110, "said", "a");
    wrong(vec![fresh(first()), again(row(111, "said", "a"))]);
    wrong(vec![fresh(first()), fresh(first())]);
    wrong(vec![again(first())]);
    wrong(vec![fresh(first()), Attempt::Status(410)]);
    wrong(vec![fresh(row(109, "said", "a"))]);
}

#[test]
fn rows_out_of_order_are_found_in_a_reader_and_in_the_log() {
    let found = after(|history| {
        history.readers[0].rows.swap(1, 2);
        history.readers[0].answers.iter_mut().for_each(|it| it.head = None);
        history.readers[0].answers[1].after = 0;
    });
    assert_eq!(found, [Violation::Disordered { reader: one(), ts: 110, after: 120 }]);
    let found = after(|history| {
        history.log[2] = row(110, "said", "b");
        history.readers.clear();
    });
    assert_eq!(found, [Violation::Disordered { reader: "the log".into(), ts: 110, after: 110 }]);
}

#[test]
fn a_row_at_or_before_the_cursor_is_out_of_order() {
    let found = after(|history| history.readers[0].answers[2].after = 120);
    assert_eq!(found, [Violation::Disordered { reader: one(), ts: 120, after: 120 }]);
}

#[test]
fn a_later_post_with_an_earlier_timestamp_overtakes() {
    let found = after(|history| {
        history.posts[0] = post("a", 130, vec![fresh(row(110, "said", "a"))]);
        history.posts[1] = post("b", 120, vec![fresh(row(120, "said", "b"))]);
    });
    assert_eq!(found, [Violation::Overtaken { nonce: "b".into(), ts: 120, by: "a".into() }]);
}

#[test]
fn people_speak_from_the_opening_on_and_before_the_end() {
    assert_eq!(after(|history| history.opens_at = 115), [Violation::Outside { ts: 110 }]);
    assert_eq!(after(|history| history.closes_at = 120), [Violation::Outside { ts: 120 }]);
}

#[test]
fn nothing_follows_closed_and_closed_is_there() {
    let found = after(|history| {
        let mut log = history.log.clone();
        log.push(row(210, "left", "ada left"));
        with_log(history, log);
    });
    let name = |reader: &str| Violation::AfterClosed { reader: reader.into(), ts: 210 };
    assert_eq!(found, [name("the log"), name("one")]);
    let found = after(|history| {
        let log = history.log[..3].to_vec();
        with_log(history, log);
    });
    assert_eq!(found, [Violation::Unclosed]);
}

#[test]
fn a_warning_stands_among_what_people_say_and_not_after_the_end() {
    let warning = |ts| row(ts, "warning", "The room closes in 1 minute.");
    let with = |it: &mut History, at: usize, ts: i64| {
        let mut log = it.log.clone();
        log.insert(at, warning(ts));
        with_log(it, log);
    };
    assert_eq!(after(|it| with(it, 3, 190)), []);
    let found = after(|it| with(it, 4, 210));
    assert!(found.contains(&Violation::AfterClosed { reader: "the log".into(), ts: 210 }), "{found:?}");
}

#[test]
fn a_row_that_nobody_sent_is_found_and_one_with_another_text() {
    let with = |new: Arc<Row>| {
        after(|history| {
            let mut log = history.log.clone();
            log.insert(3, new);
            with_log(history, log);
        })
    };
    assert_eq!(with(row(140, "said", "nobody's")), [Violation::Unsaid { ts: 140 }]);
    let other = Row { text: "another".into(), ..(*row(140, "said", "c")).clone() };
    assert_eq!(with(Arc::new(other)), [Violation::Unsaid { ts: 140 }]);
}

#[test]
fn a_refused_post_has_no_row() {
    let found = after(|history| {
        let mut log = history.log.clone();
        log.insert(3, row(140, "said", "d"));
        with_log(history, log);
    });
    assert_eq!(found, [Violation::Refused { nonce: "d".into(), ts: 140 }]);
}

#[test]
fn what_is_known_of_a_post_follows_from_its_answers() {
    let fate = |attempts: &[Attempt]| post("x", 0, attempts.to_vec()).fate();
    let (lost, status) = (|| Attempt::Lost { cut: false }, Attempt::Status);
    assert_eq!(fate(&[]), Fate::Refused, "it was never sent");
    assert_eq!(fate(&[lost()]), Fate::Unknown);
    assert_eq!(fate(&[status(503)]), Fate::Unknown);
    assert_eq!(fate(&[lost(), status(429)]), Fate::Unknown, "a limit says nothing of what came before");
    assert_eq!(fate(&[lost(), status(410)]), Fate::Refused, "the nonce was not known, and no row can follow");
    assert_eq!(fate(&[status(503), again(row(1, "said", "x")), lost()]), Fate::Acknowledged(row(1, "said", "x")));
}

#[test]
fn readers_are_shown_the_same_row() {
    let found = after(|history| {
        let other = Row { html: "<b>b</b>".into(), ..(*history.log[2]).clone() };
        history.readers[0].rows[2] = Arc::new(other);
    });
    assert_eq!(found, [Violation::Unlike { reader: one(), ts: 120 }]);
}

#[test]
fn nobody_has_to_start_anew_and_nothing_else_is_odd() {
    assert_eq!(after(|history| history.readers[0].resets = 1), [Violation::Reset { reader: one() }]);
    let what = || "a poll got 500".to_owned();
    assert_eq!(after(|history| history.readers[0].oddities.push(what())), [Violation::Odd { reader: one(), what: what() }]);
}

#[test]
fn counts_and_digests_are_those_of_the_rows() {
    let with = |change: fn(&mut Answer)| after(|history| change(&mut history.readers[0].answers[2]));
    let count = |told, rows| Violation::Count { reader: one(), told, rows };
    assert_eq!(with(|it| it.head.as_mut().unwrap().count = 2), [count(2, 3)], "fewer than were shown");
    assert_eq!(with(|it| it.head.as_mut().unwrap().count = 4), [count(4, 3)], "more, and no more to come");
    assert_eq!(with(|it| it.head.as_mut().unwrap().count = 5), [count(5, 3)], "more than there ever are");
    assert_eq!(with(|it| it.head.as_mut().unwrap().digest = Some("0".repeat(64))), [Violation::Digest { reader: one(), count: 3 }]);
    let found = after(|history| history.readers[0].answers.truncate(3));
    assert_eq!(found, [count(3, 4)], "not the whole at the end");
}

#[test]
fn without_digests_the_verdict_says_that_it_did_not_judge_them() {
    let mut history = good();
    for answer in history.readers.iter_mut().flat_map(|it| &mut it.answers) {
        answer.head.as_mut().unwrap().digest = None;
    }
    let verdict = judge(&history);
    assert!(verdict.holds() && verdict.notes.len() == 1, "{verdict:?}");
}
