//! What Gavel does, over HTTP on a real port: one file a field, one sentence a test. What HTTP does
//! not reach (batches, private rows, a boundary between two rows) is tested on the library.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "../support/mod.rs"]
mod support;

/// Makes two tests of each sentence: one that polls by Rocket's route, one by the live door.
macro_rules! at_both_doors {
    ($($sentence:ident),+ $(,)?) => {
        mod at_rocket {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $sentence() {
                super::$sentence(crate::support::Door::Rocket).await;
            })+
        }
        mod at_the_live_door {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $sentence() {
                super::$sentence(crate::support::Door::Live).await;
            })+
        }
    };
}

/// Ends a test of several nodes where there can be but one.
macro_rules! only_on_postgres {
    () => {
        if crate::support::data::Engine::tested() == crate::support::data::Engine::Sqlite {
            println!("passed over: SQLite has one node");
            return;
        }
    };
}

mod agenda;
mod calendar;
mod http;
mod limits;
mod log;
mod minutes;
mod moving;
mod nodes;
mod people;
mod reminders;
mod schedule;
mod search;
mod talk;
mod transcript;
