//! Digests and summaries of complete logs.

pub(super) mod digests;
pub mod summary;
