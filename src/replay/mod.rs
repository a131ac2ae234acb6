//! Plays the log of a real meeting into an open event, as a client of the
//! public HTTP API: each nickname joins, each line is posted once, in order
//! and with the pauses of the original. Must not reach into the server: what
//! works here works for every client.

mod client;
mod error;
mod log;
mod player;
mod problem;
mod progress;
mod report;
mod retry;
mod run;
mod split;
mod stage;
mod target;

pub use self::log::{Log, LogLine, options, parse, parse_bytes, parse_with};
pub use error::ReplayError;
pub use player::{Played, play};
pub use progress::Progress;
pub use run::{Options, Room, run};
pub use target::Target;
