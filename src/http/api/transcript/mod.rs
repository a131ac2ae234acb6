//! Exports of complete logs.

pub mod export;
pub(super) mod formats;
