//! Rooms: saying, polling, joining, presence, and moderation.

pub(super) mod bad_texts;
pub(super) mod catch_up;
pub(super) mod crowds;
pub(super) mod joining;
pub(super) mod long_rooms;
pub(super) mod moderation;
pub(super) mod polling;
pub(super) mod presence;
pub(super) mod streaming;
pub(super) mod talking;
pub(super) mod typing;
