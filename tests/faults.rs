//! The promise "neither doubled nor missed" under faults: a small share, with fixed seeds, of what `scripts/campaign`
//! does at length. A fault that this machine cannot do is passed over with a word.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "histories/mod.rs"]
mod histories;

use histories::faults::{Fault, Size};

macro_rules! faults {
    ($($name:ident: $fault:ident, $seed:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            Fault::$fault.run($seed, &Size::SMALL).await.must_hold(Fault::$fault.name(), $seed, &Size::SMALL);
        }
    )*};
}

faults! {
    nothing_is_missed_or_doubled_by_doors_and_transports_mixed: None, 1;
    nothing_is_missed_or_doubled_through_kill_9: Kill, 2;
    nothing_is_missed_or_doubled_through_sigterm: Term, 3;
    nothing_is_missed_or_doubled_by_clients_that_vanish: Vanish, 4;
    nothing_is_missed_or_doubled_by_posts_that_are_retried: Retry, 5;
    nothing_is_missed_or_doubled_through_steps_of_the_clock: Clock, 6;
    nothing_is_missed_or_doubled_under_libfaketime: RealClock, 7;
    nothing_is_missed_or_doubled_at_a_limit_of_file_sizes: FileLimit, 8;
    nothing_is_missed_or_doubled_on_a_full_disk: FullDisk, 9;
    nothing_is_missed_or_doubled_when_the_event_closes_by_call_and_by_time: Closing, 10;
}
