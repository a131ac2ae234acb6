//! What Gavel is about, as values and rules: no I/O, no clock, no Rocket, no SQL.
//!
//! Each type is made by a `parse` (or a rule) that refuses what breaks it, so that the rooms above
//! never check twice. May import nothing of the other rooms.

pub mod agenda;
pub mod calendar;
pub mod device;
pub mod digest;
pub mod event;
pub mod form;
pub mod limits;
pub mod meeting;
pub mod message;
pub mod minutes;
pub mod network;
pub mod organizer;
pub mod overlap;
pub mod own;
pub mod participant;
pub mod past;
pub mod realign;
pub mod recurrence;
pub mod refit;
pub mod reminder;
pub mod search;
pub mod secret;
pub mod slug;
pub mod text;
pub mod time;
pub mod transcript_clock;
pub mod unfit;
pub mod verify;
pub mod zone;
