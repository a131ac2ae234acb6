//! Signing in, the first account, and chair links.

pub(super) mod accounts;
pub(super) mod chairs;
