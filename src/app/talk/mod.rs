//! Joining, saying, polling, streaming, catching up, and moderating.

pub mod catch_up;
pub mod join;
pub mod moderate;
pub mod poll;
pub mod say;
pub mod stream;
