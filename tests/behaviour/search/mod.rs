//! Searching what was said.

pub(super) mod index;
pub(super) mod input;
pub(super) mod matches;
pub(super) mod queries;
pub(super) mod rounds;
