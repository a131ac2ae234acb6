//! Organizers, sign-ins, chairs, and names that look alike.

pub(super) mod accounts;
pub(super) mod chairs;
pub(super) mod look_alikes;
pub(super) mod signing_in;
