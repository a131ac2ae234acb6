//! The load: connections, people who poll and post, and the proof that every message arrived.

pub mod crowd;
pub mod http;
pub mod limits;
pub mod poll;
mod socketio;
