//! The bounds of the contract, each in one place with its unit.

/// The longest text of a message, in characters.
pub const TEXT: usize = 4_000;
/// The longest nickname, in characters.
pub const NICK: usize = 40;
/// The longest title of a meeting or an event, in characters.
pub const TITLE: usize = 120;
/// The longest description or agenda, in characters.
pub const DESCRIPTION: usize = 10_000;
/// The longest reason why an event is cancelled, in characters.
pub const REASON: usize = 200;
/// The longest slug, in characters.
pub const SLUG: usize = 63;
/// The longest nonce, in characters.
pub const NONCE: usize = 64;
/// The shortest nonce that stands for a participant's token, in characters: 128 bits in base64.
pub const STRONG_NONCE: usize = 22;
/// The time in which a join can be repeated to get its token again, in minutes.
pub const REJOIN_MINUTES: i64 = 10;
/// The time for which participants' tokens outlive the close of their event, in hours.
pub const TOKEN_HOURS: i64 = 24;
/// The longest name of a browser tab in a poll, in characters.
pub const TAB: usize = 36;
/// The longest event, in minutes.
pub const MINUTES: i64 = 24 * 60;
/// How far ahead events are made, in days.
pub const AHEAD_DAYS: i64 = 12 * 7;
/// How long a deleted meeting can be restored, in days.
pub const UNDO_DAYS: i64 = 30;
/// How long a sign-in lasts without use, in days.
pub const SIGN_IN_DAYS: i64 = 30;
/// The most dates that one meeting may be given at once.
pub const DATES: usize = 60;
/// Rows a poll may ask for.
pub const PAGE: usize = 500;
/// Rows a poll gets where it does not say.
pub const DEFAULT_PAGE: usize = 200;
/// The longest wait of a poll, in seconds.
pub const WAIT: u64 = 50;
/// The wait of a poll that names none, in seconds.
pub const DEFAULT_WAIT: u64 = 25;
