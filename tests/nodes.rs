//! The promise "neither doubled nor missed" on several nodes of one PostgreSQL, under faults: a small share, with fixed
//! seeds, of what `scripts/campaign` does at length.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "histories/mod.rs"]
mod histories;
#[path = "nodes/mod.rs"]
mod nodes;

use histories::faults::Size;
use nodes::NodeFault;

macro_rules! faults {
    ($($name:ident: $fault:ident, $seed:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            NodeFault::$fault.run($seed, &Size::SMALL).await.must_hold(NodeFault::$fault.name(), $seed, &Size::SMALL);
        }
    )*};
}

faults! {
    two_nodes_miss_and_double_nothing: None, 1;
    two_nodes_of_which_one_is_killed_miss_and_double_nothing: KillOfTwo, 2;
    four_nodes_of_which_one_is_killed_miss_and_double_nothing: KillOfFour, 3;
    two_nodes_miss_and_double_nothing_when_postgresql_crashes: Restart, 4;
    two_nodes_miss_and_double_nothing_when_all_connections_are_terminated: Terminate, 5;
    a_node_without_its_database_refuses_posts_and_keeps_polls_parked: Cut, 6;
    a_node_whose_database_falls_silent_holds_nobody_up: Held, 7;
    what_was_acknowledged_outlives_a_failover: Failover, 8;
    what_was_acknowledged_outlives_a_machine_that_vanishes: Vanish, 10;
    two_nodes_whose_clocks_are_two_hours_apart_agree: Clocks, 9;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_silent_node_has_locked_is_free_again_in_time() {
    nodes::locked::the_other_node_is_not_held_up().await;
}
