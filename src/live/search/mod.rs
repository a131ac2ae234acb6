//! Keeps the search index up to date.

pub mod indexer;
pub(super) mod written;
