//! Rows and people of a room: what participants do, moderation, presence, and reading messages.

pub mod catch_up;
pub mod messages;
pub(super) mod moderation;
pub(super) mod name_keys;
pub mod participant_action;
pub mod participants;
pub mod presence;
