//! Organizers' accounts, sign-ins, and chairs.

pub mod accounts;
pub mod chairs;
pub(super) mod passwords;
pub(super) mod sign_in_attempts;
