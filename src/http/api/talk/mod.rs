//! Calls for rooms: messages, participants, streams, and catching up.

pub mod catch_up;
pub mod messages;
pub mod participants;
pub(in crate::http) mod poll_query;
pub mod stream;
