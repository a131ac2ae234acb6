//! Complete logs: pages, files, and digests.

pub(super) mod digest;
pub(super) mod files;
pub(super) mod pages;
