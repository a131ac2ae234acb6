//! The checker has to fail where the program is broken: each planted bug is found within a few seeds, by the violation
//! that it must lead to. Run with `cargo test --features planted --test planted`.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "histories/mod.rs"]
mod histories;

use std::time::Duration;

use histories::faults::disk::{limited, limited_history};
use histories::faults::{Size, calm_history};
use histories::history::History;
use histories::host::{Host, ready};
use histories::program::Home;
use histories::verdict::{Verdict, judge};
use histories::violation::Violation;

/// How many seeds are tried before the checker has failed to find a bug.
const SEEDS: u64 = 20;
const SIZE: Size = Size { writers: 12, readers: 8, rows: 250, blows: 3, most: Duration::from_secs(20), timed: true };

/// A home for a server with this bug.
fn home(bug: &str) -> Home {
    // Pacing would hide some of what it does.
    ready(Home::new()).with("GAVEL_PLANTED", bug).with("GAVEL_PACE_MS", "0")
}

/// Tries seeds until the verdict has a violation of this kind.
async fn finds(bug: &str, kind: fn(&Violation) -> bool, history: impl AsyncFn(u64) -> History) {
    let mut last = Verdict::default();
    for seed in 1..=SEEDS {
        last = judge(&history(seed).await);
        if let Some(found) = last.violations.iter().find(|it| kind(it)) {
            println!("{bug}: seed {seed} shows that {found}");
            return;
        }
    }
    panic!("{bug} is not found with {SEEDS} seeds; last: {} rows, {}", last.rows, last.words());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_are_announced_before_their_commit_vanish_when_it_fails() {
    let bug = "announce-before-commit";
    // A reader has a row that is nowhere else, or a cursor ahead of the event.
    let kind = |it: &Violation| matches!(it, Violation::Vanished { .. } | Violation::Reset { .. });
    finds(bug, kind, async |seed| limited_history(&limited(home(bug)).unwrap(), seed, &SIZE).await.0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_whose_timestamp_is_taken_outside_of_the_transaction_are_missed() {
    let bug = "ts-outside-transaction";
    let kind = |it: &Violation| matches!(it, Violation::Missed { .. });
    finds(bug, kind, async |seed| calm_history(&Host::start_in(home(bug)), seed, &SIZE).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_planted_bug_the_same_runs_hold() {
    for history in
        [limited_history(&limited(home("none")).unwrap(), 1, &SIZE).await.0, calm_history(&Host::start_in(home("none")), 1, &SIZE).await]
    {
        let verdict = judge(&history);
        assert!(verdict.holds(), "{}", verdict.words());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poll_that_looks_before_it_waits_sleeps_through_rows() {
    let bug = "read-before-subscribe";
    let kind = |it: &Violation| matches!(it, Violation::Missed { .. } | Violation::Late { .. });
    finds(bug, kind, async |seed| calm_history(&Host::start_in(home(bug)), seed, &SIZE).await).await;
}
