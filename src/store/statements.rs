//! The statements in which the engines differ, side by side: SQLite folds and unfolds a batch with
//! its JSON functions. A second engine gets its texts here, beside these.

use std::collections::BTreeSet;

use serde::Serialize;

use super::events::select_event;
use crate::domain::event::{ChatEvent, EventId};
use crate::domain::message::ChatData;
use crate::domain::participant::ParticipantId;
use crate::domain::time::Timestamp;

/// Takes the write lock; on SQLite there is one.
macro_rules! begin {
    () => {
        "BEGIN IMMEDIATE"
    };
}

/// Events by their ids (`$1`), each with those of the people (`$2`) who are in it, and the rows that
/// were written with one of these pairs of participant and nonce (`$3`). The `+` keeps SQLite from
/// walking along the whole event instead of looking up the nonces.
macro_rules! lock {
    () => {
        select_event!(
            ", coalesce((SELECT json_group_array(json_array(p.id, p.nick, p.away_ts, p.gone_ts)) FROM participant p \
             WHERE p.id IN (SELECT value FROM json_each($2)) AND p.event_id = e.id), '[]') AS people, \
             coalesce((SELECT json_group_array(json_array(d.ts, d.kind, d.participant_id, d.nick, d.text, d.html, d.nonce, d.salt, d.hash)) \
             FROM json_each($3) n JOIN chat_data d ON d.participant_id = n.value ->> 0 AND d.nonce = n.value ->> 1 \
             WHERE +d.event_id = e.id), '[]') AS said",
            "WHERE e.id IN (SELECT value FROM json_each($1)) ORDER BY e.id"
        )
    };
}

pub(super) const BEGIN_AND_LOCK: &str = concat!(begin!(), "; ", lock!());
pub(super) const BEGIN: &str = begin!();
pub(super) const LOCK: &str = lock!();

/// Who has the nickname, or had the nonce, of one who joins (`$1`).
pub(super) const LOOK_FOR_JOINED: &str = "SELECT p.event_id, p.id, p.nick, p.nick_key, p.join_nonce, p.joined_ts, p.away_ts, p.gone_ts \
     FROM json_each($1) j JOIN participant p ON p.event_id = j.value ->> 'event' \
     AND (p.join_nonce = j.value ->> 'nonce' OR (p.nick_key = j.value ->> 'key' AND p.gone_ts IS NULL))";

pub(super) const INSERT_ROWS: &str = "INSERT INTO chat_data (event_id, ts, kind, participant_id, nick, text, html, nonce, audience, salt) \
     SELECT value ->> 'event', value ->> 'ts', value ->> 'kind', value ->> 'from', value ->> 'nick', \
            value ->> 'text', value ->> 'html', value ->> 'nonce', value ->> 'audience', value ->> 'salt' \
     FROM json_each($1)";

pub(super) const INSERT_PEOPLE: &str = "INSERT INTO participant (id, event_id, nick, nick_key, join_nonce, joined_ts, away_ts, gone_ts) \
     SELECT value ->> 'id', value ->> 'event', value ->> 'nick', value ->> 'key', value ->> 'nonce', value ->> 'joined', \
            value ->> 'away', value ->> 'gone' FROM json_each($1)";

/// Who goes stays as far away as they were.
pub(super) const UPDATE_STANDINGS: &str = "UPDATE participant SET gone_ts = n.value ->> 'gone', \
     away_ts = CASE WHEN n.value ->> 'gone' IS NULL THEN n.value ->> 'away' ELSE away_ts END \
     FROM json_each($1) AS n WHERE participant.id = n.value ->> 'id'";

/// What every message moves. It touches no indexed column, so a commit writes fewer pages.
pub(super) const UPDATE_HEADS: &str = "UPDATE chat_event SET last_ts = n.value ->> 'last', row_count = n.value ->> 'count', digest = n.value ->> 'digest' \
     FROM json_each($1) AS n WHERE chat_event.id = n.value ->> 'id'";

pub(super) const UPDATE_EVENTS: &str = "UPDATE chat_event SET title = n.value ->> 'title', agenda = n.value ->> 'agenda', \
     opens_at = n.value ->> 'opens_at', closes_at = n.value ->> 'closes_at', original_start = n.value ->> 'original_start', \
     opened_ts = n.value ->> 'opened', closed_ts = n.value ->> 'closed', cancelled_at = n.value ->> 'cancelled_at', \
     cancelled_with_meeting = n.value ->> 'cancelled_with_meeting', \
     last_ts = n.value ->> 'last', row_count = n.value ->> 'count', digest = n.value ->> 'digest' \
     FROM json_each($1) AS n WHERE chat_event.id = n.value ->> 'id'";

/// Nothing to look for.
pub(super) const NONE: &str = "[]";

/// What a statement unfolds; `None` where there is nothing.
pub(super) fn list<T: Serialize>(values: impl IntoIterator<Item = T>) -> Option<String> {
    let values: Vec<T> = values.into_iter().collect();
    (!values.is_empty()).then(|| text(values))
}

/// What a statement unfolds, each once and in order.
pub(super) fn each<T: Serialize + Ord>(values: impl IntoIterator<Item = T>) -> String {
    text(values.into_iter().collect::<BTreeSet<T>>())
}

/// What a statement unfolds. Strings, numbers and lists of them always serialize.
pub(super) fn text(values: impl Serialize) -> String {
    serde_json::to_string(&values).unwrap_or_default()
}

/// Whom [`LOOK_FOR_JOINED`] looks for.
#[derive(Serialize)]
pub(super) struct Joining<'j> {
    pub event: &'j EventId,
    pub key: String,
    pub nonce: Option<&'j str>,
}

/// A person as [`INSERT_PEOPLE`] unfolds them.
#[derive(Serialize)]
pub(super) struct Arrived<'p> {
    pub id: &'p ParticipantId,
    pub event: &'p EventId,
    pub nick: &'p str,
    pub key: String,
    pub nonce: Option<&'p str>,
    pub joined: Timestamp,
    pub away: Option<Timestamp>,
    pub gone: Option<Timestamp>,
}

/// A person as [`UPDATE_STANDINGS`] unfolds them.
#[derive(Serialize)]
pub(super) struct Stood<'p> {
    pub id: &'p ParticipantId,
    pub away: Option<Timestamp>,
    pub gone: Option<Timestamp>,
}

/// A row as [`INSERT_ROWS`] unfolds it: written straight to text, as each message has one.
#[derive(Serialize)]
pub(super) struct Row<'r> {
    event: &'r EventId,
    audience: Option<&'r ParticipantId>,
    #[serde(flatten)]
    data: &'r ChatData,
}

/// A row of this event.
pub(super) const fn row<'r>(event: &'r ChatEvent, row: &'r ChatData) -> Row<'r> {
    Row { event: &event.id, audience: row.audience.as_ref(), data: row }
}

/// What of an event may change.
#[derive(Serialize)]
pub(super) struct Changed<'e> {
    id: &'e EventId,
    title: Option<&'e str>,
    agenda: Option<&'e str>,
    opens_at: Timestamp,
    closes_at: Timestamp,
    original_start: Timestamp,
    opened: Option<Timestamp>,
    closed: Option<Timestamp>,
    cancelled_at: Option<Timestamp>,
    cancelled_with_meeting: Option<Timestamp>,
    last: Timestamp,
    count: i64,
    digest: Option<&'e str>,
}

/// An event as it is now.
pub(super) fn event(event: &ChatEvent) -> Changed<'_> {
    Changed {
        id: &event.id,
        title: event.own_title.then_some(event.title.as_str()),
        agenda: event.agenda.as_deref(),
        opens_at: event.opens_at,
        closes_at: event.closes_at,
        original_start: event.original_start,
        opened: event.opened,
        closed: event.closed,
        cancelled_at: event.cancelled_at,
        cancelled_with_meeting: event.cancelled_at.filter(|_| event.cancelled_with_meeting),
        last: event.last,
        count: event.count,
        digest: event.digest.as_deref(),
    }
}
