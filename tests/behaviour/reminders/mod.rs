//! Reminders by email.

pub(super) mod delivery;
pub(super) mod notices;
pub(super) mod subscriptions;
pub(super) mod tls;
