//! The statements that write event logs, and the questions that are asked under their locks.
//!
//! One text for all engines. Two libraries run them: the values stand in the order of their numbers.

/// Rows of logs, with all columns that a [`ChatData`](crate::domain::talk::message::ChatData) is read from.
macro_rules! select_row {
    ($rest:literal) => {
        concat!("SELECT ts, kind, participant_id, nick, text, html, nonce, audience, salt, hash, tag FROM chat_data ", $rest)
    };
}
pub(in crate::store) use select_row;

/// Somebody of an event.
pub(in crate::store) const FIND_PERSON: &str =
    "SELECT id, nick, away_ts, gone_ts, chair_ts FROM participant WHERE event_id = $1 AND id = $2";

/// What a participant wrote with a nonce.
pub(in crate::store) const FIND_SAID: &str = select_row!("WHERE participant_id = $1 AND nonce = $2");

/// The rows of an event that are something to its minutes.
pub(in crate::store) const FIND_TAGGED: &str = select_row!("WHERE event_id = $1 AND tag IS NOT NULL ORDER BY ts");

/// The people of an event who have a nickname with one of these two keys, or who joined with a nonce.
pub(in crate::store) const FIND_JOINED: &str = "SELECT id, nick, join_nonce, joined_ts, away_ts, gone_ts, chair_ts FROM participant \
     WHERE event_id = $1 AND ((nick_key = $2 AND gone_ts IS NULL) OR (nick_written = $3 AND gone_ts IS NULL) OR join_nonce = $4)";

/// The chairs of an event who have not gone.
pub(in crate::store) const FIND_CHAIRS: &str = "SELECT id, nick, join_nonce, joined_ts, away_ts, gone_ts, chair_ts FROM participant \
     WHERE event_id = $1 AND chair_ts IS NOT NULL AND gone_ts IS NULL";

pub(in crate::store) const INSERT_ROW: &str = "INSERT INTO chat_data (event_id, ts, kind, participant_id, nick, text, html, nonce, audience, salt, tag) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

pub(in crate::store) const INSERT_PERSON: &str = "INSERT INTO participant (id, event_id, nick, nick_key, nick_written, join_nonce, joined_ts) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Somebody is here, or away since then.
pub(in crate::store) const SET_AWAY: &str = "UPDATE participant SET away_ts = $1 WHERE id = $2";
/// Somebody is gone since then.
pub(in crate::store) const SET_GONE: &str = "UPDATE participant SET gone_ts = $1 WHERE id = $2";
/// Somebody is a chair since then, or none.
pub(in crate::store) const SET_CHAIR: &str = "UPDATE participant SET chair_ts = $1 WHERE id = $2";

/// What every message moves. It touches no indexed column, so a commit writes fewer pages.
pub(in crate::store) const UPDATE_HEAD: &str = "UPDATE chat_event SET last_ts = $1, row_count = $2, digest = $3 WHERE id = $4";

/// All of an event, and what calendars are told of it. On the right side of a SET stand the values from
/// before, so the row itself says whether this changes what a calendar shows.
pub(in crate::store) const UPDATE_EVENT: &str = "UPDATE chat_event SET title = $1, agenda = $2, opens_at = $3, closes_at = $4, original_start = $5, \
     opened_ts = $6, closed_ts = $7, cancelled_at = $8, cancelled_with_meeting = $9, last_ts = $10, row_count = $11, digest = $12, \
     cancel_reason = $13, warned_ts = $14, \
     revision = revision + CASE WHEN title IS DISTINCT FROM $1 OR opens_at <> $3 OR closes_at <> $4 \
     OR cancelled_at IS DISTINCT FROM $8 THEN 1 ELSE 0 END, \
     changed_at = CASE WHEN title IS DISTINCT FROM $1 OR agenda IS DISTINCT FROM $2 OR opens_at <> $3 OR closes_at <> $4 \
     OR cancelled_at IS DISTINCT FROM $8 THEN $15 ELSE changed_at END \
     WHERE id = $16";

/// The same statement for many at once, with a list for each column: PostgreSQL only, where each one is
/// a round trip. `None` for what is written now and then.
pub(in crate::store) fn in_bulk(statement: &str) -> Option<&'static str> {
    match statement {
        INSERT_ROW => Some(
            "INSERT INTO chat_data (event_id, ts, kind, participant_id, nick, text, html, nonce, audience, salt, tag) \
             SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], \
             $9::text[], $10::text[], $11::text[])",
        ),
        INSERT_PERSON => Some(
            "INSERT INTO participant (id, event_id, nick, nick_key, nick_written, join_nonce, joined_ts) \
             SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])",
        ),
        UPDATE_HEAD => Some(
            "UPDATE chat_event e SET last_ts = n.last, row_count = n.count, digest = n.digest \
             FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::text[]) n(last, count, digest, id) WHERE e.id = n.id",
        ),
        _ => None,
    }
}
