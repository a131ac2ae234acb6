//! What holds for every run of readings, batches, limits and readers, not just for the ones thought of.

use gavel::domain::schedule::event::EventId;
use gavel::domain::talk::participant::{Nick, ParticipantId};
use gavel::store::talk::participant_action::{ParticipantAction, ParticipantOutcome, Refusal};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use crate::support::desk::{Desk, poll, say, tick, times};
use crate::support::{HOUR, MINUTE};

/// What somebody does in a batch.
#[derive(Clone, Debug)]
enum Step {
    Say,
    /// With one of a few nonces, so that some repeat.
    SayOnce(u8),
    Tick,
    TimeOut,
    Return,
    /// Under one of a few nicknames, the first of them a chair's.
    Join(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Say),
        3 => (0..3_u8).prop_map(Step::SayOnce),
        1 => Just(Step::Tick),
        1 => Just(Step::TimeOut),
        1 => Just(Step::Return),
        1 => (0..3_u8).prop_map(Step::Join),
    ];
    prop::collection::vec(step, 1..8)
}

fn entry(event: &EventId, who: &ParticipantId, step: &Step) -> ParticipantAction {
    match step {
        Step::Say => say(event, who, "hello", None),
        Step::SayOnce(n) => say(event, who, "once", Some(&format!("n-{n}"))),
        Step::Tick => tick(event),
        Step::TimeOut => ParticipantAction::TimeOut { event: event.clone(), who: who.clone() },
        Step::Return => ParticipantAction::Return { event: event.clone(), who: who.clone() },
        Step::Join(n) => {
            ParticipantAction::Join { event: event.clone(), nick: Nick::parse(&format!("guest {n}")).unwrap(), nonce: None, chair: *n == 0 }
        }
    }
}

/// Runs a property on one database, on an event of its own for each case.
pub fn hold<S: Strategy>(cases: u32, strategy: &S, property: impl AsyncFn(&Desk, S::Value) -> Result<(), TestCaseError>) {
    let runtime = Runtime::new().unwrap();
    let desk = runtime.block_on(Desk::new());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let held = TestRunner::new(config).run(strategy, |value| runtime.block_on(property(&desk, value)));
    if let Err(problem) = held {
        panic!("{problem}");
    }
}

#[test]
fn timestamps_increase_strictly_and_stay_inside_the_event_whatever_the_clock_reads() {
    let readings = prop_oneof![-3 * HOUR..3 * HOUR, -MINUTE..MINUTE, -3..3_i64];
    let runs = (prop::collection::vec((readings, steps()), 1..8), prop::option::of(0..12_i64));
    hold(60, &runs, async |desk, (batches, end)| {
        let event = desk.open_event().await;
        let who = desk.join(&event, "ada").await;
        if let Some(end) = end {
            // An end a few microseconds ahead, for a clock that lies behind the log.
            desk.raw.close_at(event.as_str(), desk.look(&event).await.last.micros() + 1 + end).await;
        }
        let mut acknowledged = Vec::new();
        for (step, batch) in batches {
            desk.clock.step(step);
            let entries: Vec<ParticipantAction> = batch.iter().map(|step| entry(&event, &who, step)).collect();
            let (outcomes, _) = desk.store.write(entries).await.unwrap();
            acknowledged.extend(outcomes.into_iter().filter_map(|outcome| match outcome {
                Ok(ParticipantOutcome::Said { row, .. }) => Some(row),
                _ => None,
            }));
        }
        let (rows, now) = (desk.rows(&event).await, desk.look(&event).await);
        prop_assert!(times(&rows).is_sorted_by(|one, next| one < next), "{:?}", times(&rows));
        prop_assert_eq!(now.last, rows.last().unwrap().ts);
        prop_assert_eq!(usize::try_from(now.count).unwrap(), rows.len());
        prop_assert!(acknowledged.iter().all(|row| rows.contains(row)), "what was acknowledged is there");
        for (n, row) in rows.iter().enumerate() {
            let last = n + 1 == rows.len();
            match row.kind.as_str() {
                "closed" => prop_assert!(last && now.closed == Some(row.ts) && row.ts >= now.closes_at),
                "opened" => prop_assert!(n == 0),
                _ => prop_assert!(row.ts >= now.opens_at && row.ts < now.closes_at, "{row:?} in {now:?}"),
            }
        }
        let mut nonces: Vec<_> = rows.iter().filter_map(|row| row.nonce.as_deref()).collect();
        nonces.sort_unstable();
        prop_assert!(nonces.is_sorted_by(|one, next| one != next), "a nonce is one row: {nonces:?}");
        Ok(())
    });
}

#[test]
fn closed_is_written_at_its_end_wherever_in_a_batch_that_falls() {
    hold(60, &(0..12_i64, 1..12_usize), async |desk, (room, posts)| {
        let event = desk.open_event().await;
        let who = desk.join(&event, "ada").await;
        // From here on the log lies ahead of the clock, and timestamps go up by one.
        desk.clock.step(-HOUR / 2);
        let last = desk.look(&event).await.last.micros();
        desk.raw.close_at(event.as_str(), last + 1 + room).await;
        let batch: Vec<ParticipantAction> = (0..posts).map(|_| say(&event, &who, "hello", None)).collect();
        let (outcomes, _) = desk.store.write(batch).await.unwrap();
        desk.clock.step(HOUR / 2);
        desk.store.write(vec![tick(&event), tick(&event)]).await.unwrap();
        let rows = desk.rows(&event).await;
        let fit = posts.min(usize::try_from(room).unwrap());
        prop_assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), fit);
        prop_assert!(outcomes[fit..].iter().all(|it| matches!(it, Err(Refusal::Event(_)))));
        prop_assert_eq!(rows.len(), 2 + fit + 1);
        prop_assert_eq!((rows.last().unwrap().kind.as_str(), rows.last().unwrap().ts.micros()), ("closed", last + 1 + room));
        Ok(())
    });
}

/// What comes into a log between two polls.
#[derive(Clone, Debug)]
enum Batch {
    /// By way of the room.
    Told(usize),
    /// Beside it, so that the room has a gap.
    Untold(usize),
    /// Rows for one reader only.
    Private(usize, usize),
}

#[test]
fn polling_page_by_page_yields_every_visible_row_once_and_in_order() {
    let batch = prop_oneof![
        4 => (1..6_usize).prop_map(Batch::Told),
        2 => (1..6_usize).prop_map(Batch::Untold),
        1 => (150..400_usize).prop_map(Batch::Untold),
        4 => (0..2_usize, 1..4_usize).prop_map(|(who, n)| Batch::Private(who, n)),
    ];
    let runs = prop::collection::vec((batch, 0..3_usize, prop_oneof![1..8_usize, Just(200), Just(500)]), 1..10);
    hold(40, &runs, async |desk, batches| {
        let event = desk.open_event().await;
        let people = [desk.join(&event, "ada").await, desk.join(&event, "bob").await];
        // After them: it reads inhabited rooms at its start, and hears nothing of joins around its writer.
        let app = desk.app();
        // Nobody, ada and bob read along with cursors of their own, and whenever it is their turn.
        let mut readers = [(None, 0, Vec::new()), (Some(&people[0]), 0, Vec::new()), (Some(&people[1]), 0, Vec::new())];
        let lasts: Vec<_> = (0..3).map(|n| (Batch::Told(1), n, 3)).collect();
        for (batch, reader, limit) in batches.into_iter().chain(lasts) {
            match batch {
                Batch::Told(rows) => {
                    for _ in 0..rows {
                        app.say(&event, people[0].clone(), "told", None, None).await.unwrap();
                    }
                }
                Batch::Untold(rows) => {
                    let entries: Vec<ParticipantAction> = (0..rows).map(|_| say(&event, &people[1], "untold", None)).collect();
                    desk.store.write(entries).await.unwrap();
                }
                Batch::Private(who, rows) => {
                    for _ in 0..rows {
                        desk.raw.whisper(event.as_str(), people[who].as_str(), "private").await;
                    }
                }
            }
            let (who, cursor, seen) = &mut readers[reader];
            loop {
                let answer = poll(&app, &event, *who, *cursor, limit).await;
                let rows = answer["messages"].as_array().unwrap();
                let next = answer["cursor"].as_i64().unwrap();
                prop_assert!(answer["reset"] == false && rows.len() <= limit && next >= *cursor);
                for row in rows {
                    let ts = row["ts"].as_i64().unwrap();
                    prop_assert!(ts > *cursor && ts <= next, "{ts} in {cursor} to {next}");
                    seen.push(ts);
                }
                *cursor = next;
                if answer["more"] == false {
                    break;
                }
            }
        }
        // The last rounds were told, so each room knew of all before; one more poll takes the rest.
        let all = desk.rows(&event).await;
        for (who, cursor, mut seen) in readers {
            let answer = poll(&app, &event, who, cursor, 500).await;
            seen.extend(answer["messages"].as_array().unwrap().iter().map(|row| row["ts"].as_i64().unwrap()));
            let visible = all.iter().filter(|row| row.audience.is_none() || row.audience.as_ref() == who);
            prop_assert_eq!(seen, visible.map(|row| row.ts.micros()).collect::<Vec<_>>());
        }
        Ok(())
    });
}
