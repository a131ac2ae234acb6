//! What people write in a room, and who writes it: rows of a log and nicknames.
//!
//! No I/O and no clock, as everywhere in `domain`.

pub mod message;
pub mod participant;
