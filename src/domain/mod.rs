//! What Gavel is about, as values and rules: no I/O, no clock, no Rocket, no SQL.
//!
//! Each type is made by a `parse` (or a rule) that refuses what breaks it, so that the rooms above
//! never check twice. May import nothing of the other rooms.

pub mod agenda;
pub mod calendar;
pub mod form;
pub mod limits;
pub mod minutes;
pub mod moving;
pub mod network;
pub mod people;
pub mod reminders;
pub mod schedule;
pub mod search;
pub mod secret;
pub mod talk;
pub mod text;
pub mod time;
pub mod transcript;
pub mod zone;
