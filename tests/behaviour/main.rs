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

mod accounts;
mod actions_csv;
mod agenda;
mod agenda_pages;
mod alike;
mod atom;
mod bad_input;
mod bad_schedule_forms;
mod bad_schedules;
mod bad_texts;
mod behind_one_address;
mod browsing;
mod budgets;
mod calendar;
mod calendar_pages;
mod careful_forms;
mod catch_up;
mod chairs;
mod commands;
mod compression;
mod cookie_size;
mod cookies;
mod crowds;
mod desk;
mod digest;
mod drafts;
mod elsewhere;
mod exception_pages;
mod exceptions;
mod exceptions_held;
mod files;
mod gathering;
mod hosts;
mod joining;
mod kept_current;
mod live_door;
mod live_door_limits;
mod long_rooms;
mod lost_notices;
mod mail_tls;
mod mailing;
mod malformed;
mod minutes;
mod minutes_kept;
mod minutes_left;
mod minutes_series;
mod moderation;
mod no_store;
mod nodes;
mod overlaps;
mod own_method;
mod phases;
mod polling;
mod presence;
mod properties;
mod raw;
mod recurring;
mod reminded;
mod reminders;
mod rules;
mod rules_of_delivery;
mod running;
mod running_pages;
mod safe_headers;
mod schedule_lists;
mod schedule_pages;
mod scheduling;
mod search;
mod search_follows;
mod search_input;
mod search_matches;
mod search_rounds;
mod second_changes;
mod shutdown;
mod signing_in;
mod smtp_server;
mod stalled_exports;
mod streaming;
mod talking;
mod transcripts;
mod typing;
mod wire;
mod zones;
