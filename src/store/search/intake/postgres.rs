//! The index on PostgreSQL: a few round trips a round, whatever the number of events.

use std::collections::{HashMap, HashSet};

use sqlx::postgres::PgRow;
use sqlx::{Executor, PgConnection};

use super::super::postgres::LOCK;
use super::{Advance, Material, Round, Source, fold, select_source};
use crate::domain::schedule::event::EventId;
use crate::store::Error;
use crate::store::db::engine::Engine;
use crate::store::db::row::Record as _;
use crate::store::minutes::source_rows;
use crate::store::talk::messages;

/// How many events a round reads, and how many rows of each at least.
const EVENTS: usize = 1_024;
const ROWS_OF_EACH: usize = 16;
/// How many rows a round reads of a few events.
const ROWS: usize = 1_024;

const FIND_SOURCES: &str = select_source!("WHERE e.id = ANY($1)");
const FIND_ROWS: &str = "SELECT d.event_id, d.ts, d.kind, d.participant_id, d.nick, d.text, '' AS html, d.nonce, d.audience, d.salt, \
     d.hash, d.tag FROM UNNEST($1::text[], $2::bigint[]) s(event_id, reached) CROSS JOIN LATERAL \
     (SELECT * FROM chat_data c WHERE c.event_id = s.event_id AND c.ts > s.reached ORDER BY c.ts LIMIT $3) d ORDER BY d.event_id, d.ts";
const FIND_CORRECTIONS: &str = "SELECT c.event_id, c.ts, c.text, o.name, c.made_at FROM minutes_correction c \
     JOIN organizer o ON o.id = c.organizer_id WHERE c.event_id = ANY($1) ORDER BY c.made_at, c.ts";
const FIND_TAGGED: &str = "SELECT event_id, ts, kind, participant_id, nick, text, html, nonce, audience, salt, hash, tag FROM chat_data \
     WHERE event_id = ANY($1) AND tag IS NOT NULL ORDER BY ts";

/// Removes what the index has of rows `$1` (first number), `$2` (event), `$3` (ts).
///
/// It is looked up row by row (`OFFSET 0` keeps the planner from joining): asked at once, all of the index is read, as nothing
/// tells the planner how few rows lie between two numbers.
const DELETE_ENTRIES: &str = "DELETE FROM search_row WHERE id = ANY (ARRAY( \
     SELECT old.id FROM UNNEST($1::bigint[], $2::text[], $3::bigint[]) n(first, event_id, ts) CROSS JOIN LATERAL \
     (SELECT r.id FROM search_row r WHERE r.id BETWEEN n.first AND n.first + 1023 AND r.event_id = n.event_id AND r.ts = n.ts OFFSET 0) old))";
/// Adds rows with their words (`$4`), those that still have a text. Rows of the same microsecond have numbers one after the other.
const INSERT_ENTRIES: &str = "INSERT INTO search_row (id, event_id, ts, words) SELECT n.id, n.event_id, n.ts, n.words::tsvector FROM \
     (SELECT it.first, it.event_id, it.ts, it.words, row_number() OVER (PARTITION BY it.first ORDER BY it.event_id) - 1 \
     + coalesce((SELECT max(r.id) + 1 FROM search_row r WHERE r.id BETWEEN it.first AND it.first + 1023), it.first) AS id \
     FROM UNNEST($1::bigint[], $2::text[], $3::bigint[], $4::text[]) it(first, event_id, ts, words) \
     WHERE EXISTS (SELECT 1 FROM chat_data d WHERE d.event_id = it.event_id AND d.ts = it.ts AND d.text <> '')) n \
     WHERE n.id < n.first + 1024";
const INSERT_CURSORS: &str = "INSERT INTO search_cursor (event_id, ts, folding, folded) \
     SELECT n.event_id, n.ts, $3, n.ts FROM UNNEST($1::text[], $2::bigint[]) n(event_id, ts) ON CONFLICT DO NOTHING RETURNING event_id";
const UPDATE_CURSORS: &str = "UPDATE search_cursor c SET ts = n.ts, folding = $3, folded = n.ts \
     FROM UNNEST($1::text[], $2::bigint[], $4::bigint[], $5::bigint[]) n(event_id, ts, old_ts, old_folded) \
     WHERE c.event_id = n.event_id AND c.ts = n.old_ts AND c.folded = n.old_folded RETURNING c.event_id";

/// See [`crate::store::Store::index`].
pub(super) async fn index(connection: &mut PgConnection, events: &[EventId]) -> Result<Vec<EventId>, Error> {
    let (now, later) = events.split_at(events.len().min(EVENTS));
    let round = read(connection, now).await?;
    let mut unfinished = later.to_vec();
    unfinished.extend(write(connection, round).await?);
    Ok(unfinished)
}

/// Reads what a round adds. The events come first: all rows up to their last ones are there when rows are read.
async fn read(connection: &mut PgConnection, events: &[EventId]) -> Result<Round, Error> {
    let ids: Vec<&str> = events.iter().map(EventId::as_str).collect();
    let found = sqlx::query(FIND_SOURCES).bind(ids).fetch_all(&mut *connection).await?;
    let sources = found.iter().map(Source::read).collect::<Result<Vec<_>, _>>()?;
    let mut sources: HashMap<EventId, Source> = sources.into_iter().map(|source| (source.event.clone(), source)).collect();
    let limit = (ROWS / events.len().max(1)).max(ROWS_OF_EACH);
    let (ids, reached): (Vec<_>, Vec<_>) = sources.values().map(|source| (source.event.as_str(), source.cursor.reached())).unzip();
    let find = sqlx::query(FIND_ROWS).bind(ids).bind(reached).bind(i64::try_from(limit).unwrap_or(i64::MAX));
    for row in find.fetch_all(&mut *connection).await? {
        if let Some(source) = sources.get_mut(&row.event_id("event_id")?) {
            source.rows.push(messages::message(&row)?);
            source.has_more = source.rows.len() == limit;
        }
    }
    let material = find_material(connection, &sources).await?;
    let in_order = events.iter().filter_map(|event| sources.remove(event)).collect();
    Ok(Round::of(Engine::Postgres, in_order, material))
}

/// What the minutes of those events are made of whose new rows need it.
async fn find_material(connection: &mut PgConnection, sources: &HashMap<EventId, Source>) -> Result<HashMap<EventId, Material>, Error> {
    let mut found: HashMap<EventId, Material> =
        sources.values().filter(|source| source.needs_corrections()).map(|source| (source.event.clone(), Material::default())).collect();
    for row in rows_of(connection, FIND_CORRECTIONS, &found).await? {
        found.entry(row.event_id("event_id")?).or_default().corrections.push(source_rows::correction(&row)?);
    }
    found.retain(|event, material| sources.get(event).is_some_and(|source| source.needs_tagged(&material.corrections)));
    for row in rows_of(connection, FIND_TAGGED, &found).await? {
        found.entry(row.event_id("event_id")?).or_default().tagged.push(messages::message(&row)?);
    }
    Ok(found)
}

async fn rows_of(connection: &mut PgConnection, find: &'static str, events: &HashMap<EventId, Material>) -> Result<Vec<PgRow>, Error> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sqlx::query(find).bind(events.keys().map(EventId::as_str).collect::<Vec<_>>()).fetch_all(connection).await?)
}

/// Writes a round. Returns the events that may have more.
async fn write(connection: &mut PgConnection, round: Round) -> Result<Vec<EventId>, Error> {
    let Round { entries, advances } = round;
    if advances.is_empty() {
        return Ok(Vec::new());
    }
    connection.execute(Engine::Postgres.begin()).await?;
    connection.execute(LOCK).await?;
    if !entries.is_empty() {
        let first: Vec<i64> = entries.iter().map(|entry| entry.first).collect();
        let events: Vec<&str> = entries.iter().map(|entry| entry.event.as_str()).collect();
        let ts: Vec<i64> = entries.iter().map(|entry| entry.ts).collect();
        let words: Vec<&str> = entries.iter().map(|entry| entry.words.as_str()).collect();
        sqlx::query(DELETE_ENTRIES).bind(&first).bind(&events).bind(&ts).execute(&mut *connection).await?;
        sqlx::query(INSERT_ENTRIES).bind(&first).bind(&events).bind(&ts).bind(words).execute(&mut *connection).await?;
    }
    let (stored, new): (Vec<&Advance>, Vec<&Advance>) = advances.iter().partition(|advance| advance.from.is_stored);
    let mut moved = HashSet::new();
    for (statement, some) in [(UPDATE_CURSORS, &stored), (INSERT_CURSORS, &new)] {
        if some.is_empty() {
            continue;
        }
        let column = |value: fn(&Advance) -> i64| some.iter().map(|advance| value(advance)).collect::<Vec<_>>();
        let events: Vec<&str> = some.iter().map(|advance| advance.event.as_str()).collect();
        let mut query = sqlx::query(statement).bind(events).bind(column(|it| it.to)).bind(fold::VERSION);
        if statement == UPDATE_CURSORS {
            query = query.bind(column(|it| it.from.ts)).bind(column(|it| it.from.folded));
        }
        for row in query.fetch_all(&mut *connection).await? {
            moved.insert(row.event_id("event_id")?);
        }
    }
    connection.execute("COMMIT").await?;
    let unfinished = advances.into_iter().filter(|advance| advance.is_unfinished(moved.contains(&advance.event)));
    Ok(unfinished.map(|advance| advance.event).collect())
}
