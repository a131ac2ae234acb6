//! Subscriptions to reminders, planning of emails, and their queue.

pub(super) mod new_dates;
pub(super) mod plan_reminders;
pub mod queue;
pub(super) mod subscriptions;
