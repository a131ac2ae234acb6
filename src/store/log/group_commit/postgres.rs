//! Group commit on PostgreSQL, beside other nodes.
//!
//! The events are locked in the order of their ids, and everything else is asked after that: a
//! statement sees what was committed when it began, so one that also waited for the lock would not see
//! what the node before it wrote. The rows' lock makes the order of commits that of timestamps.

use std::collections::BTreeSet;

use sqlx::{Executor, PgConnection, Row as _};

use super::Batch;
use crate::store::db::engine::{Engine, database_time};
use crate::store::db::notification;
use crate::store::db::row::Record;
use crate::store::log::batch::LogBatch;
use crate::store::log::bound_statement::{Value, Writing};
use crate::store::log::statements;
use crate::store::schedule::events::{self, select_event};
use crate::store::talk::participant_action::ParticipantAction;
use crate::store::talk::{messages, participants};
use crate::store::{Clock, Error};

const LOCK: &str = select_event!("WHERE e.id = ANY($1) ORDER BY e.id FOR UPDATE OF e");
/// The time, and those people who exist: at least one row.
const TIME_AND_PEOPLE: &str = concat!(
    "SELECT c.now, p.event_id, p.id, p.nick, p.away_ts, p.gone_ts, p.chair_ts FROM (SELECT ",
    database_time!(),
    " AS now OFFSET 0) c LEFT JOIN participant p ON p.id = ANY($1)"
);
const SAID: &str = "SELECT d.ts, d.kind, d.participant_id, d.nick, d.text, d.html, d.nonce, d.audience, d.salt, d.hash, d.tag \
     FROM UNNEST($1::text[], $2::text[]) n(who, nonce) JOIN chat_data d ON d.participant_id = n.who AND d.nonce = n.nonce";

/// Does the entries in one transaction. `node` names this process to other nodes, `done` sees what they did before it is written.
pub(super) async fn commit(
    connection: &mut PgConnection,
    node: &str,
    clock: &Clock,
    entries: &[ParticipantAction],
    done: impl FnOnce(&LogBatch),
) -> Result<Batch, Error> {
    connection.execute(Engine::Postgres.begin()).await?;
    let mut logs = LogBatch::default();
    lock(connection, &mut logs, clock, entries).await?;
    let outcomes = entries.iter().map(|entry| logs.enter(entry)).collect();
    done(&logs);
    write(connection, logs.writings()).await?;
    for notice in notification::of(node, logs.changes(), false) {
        sqlx::query(notification::NOTIFY).bind(notice).execute(&mut *connection).await?;
    }
    connection.execute("COMMIT").await?;
    Ok((outcomes, logs.into_changes()))
}

/// Reads all that the entries are judged by: the events first, then the clock.
async fn lock(connection: &mut PgConnection, logs: &mut LogBatch, clock: &Clock, entries: &[ParticipantAction]) -> Result<(), Error> {
    let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.event().as_str()).collect();
    for row in sqlx::query(LOCK).bind(Vec::from_iter(ids)).fetch_all(&mut *connection).await? {
        logs.adopt(events::event(&row)?);
    }
    let people: BTreeSet<&str> = entries.iter().filter_map(|entry| Some(entry.who()?.as_str())).collect();
    for (n, row) in sqlx::query(TIME_AND_PEOPLE).bind(Vec::from_iter(people)).fetch_all(&mut *connection).await?.iter().enumerate() {
        if n == 0 {
            logs.start(clock.turned(row.try_get("now")?));
        }
        if row.try_get::<Option<&str>, _>("id")?.is_some() {
            logs.take_person(&row.event_id("event_id")?, participants::participant(row)?);
        }
    }
    let (who, nonces): (Vec<_>, Vec<_>) =
        entries.iter().filter_map(ParticipantAction::nonce).map(|(who, nonce)| (who.as_str(), nonce)).unzip();
    if !nonces.is_empty() {
        for row in sqlx::query(SAID).bind(who).bind(nonces).fetch_all(&mut *connection).await? {
            logs.take_said(messages::message(&row)?);
        }
    }
    for entry in entries {
        if let Some((event, looks, nonce)) = entry.lookup_key() {
            let find = sqlx::query(statements::FIND_JOINED).bind(event.as_str()).bind(looks.folded).bind(looks.written).bind(nonce);
            for row in find.fetch_all(&mut *connection).await? {
                logs.take_joined(event, participants::joined(&row)?);
            }
        }
    }
    for event in entries.iter().filter_map(ParticipantAction::needs_history).collect::<BTreeSet<_>>() {
        let find = sqlx::query(statements::FIND_TAGGED).bind(event.as_str());
        let rows = find.fetch_all(&mut *connection).await?.iter().map(messages::message).collect::<Result<Vec<_>, _>>()?;
        logs.take_tagged(event, &rows);
    }
    for event in entries.iter().filter_map(ParticipantAction::needs_other_chairs).collect::<BTreeSet<_>>() {
        for row in sqlx::query(statements::FIND_CHAIRS).bind(event.as_str()).fetch_all(&mut *connection).await? {
            logs.take_joined(event, participants::joined(&row)?);
        }
        for looks in logs.unchaired(event) {
            let find = sqlx::query(statements::FIND_JOINED).bind(event.as_str()).bind(looks.folded).bind(looks.written).bind(None::<&str>);
            for row in find.fetch_all(&mut *connection).await? {
                logs.take_joined(event, participants::joined(&row)?);
            }
        }
    }
    Ok(())
}

/// Many of one kind go in one statement, a list a column.
async fn write(connection: &mut PgConnection, writings: Vec<Writing<'_>>) -> Result<(), Error> {
    for alike in writings.chunk_by(|one, next| one.0 == next.0) {
        let Some(bulk) = statements::in_bulk(alike[0].0) else {
            for (statement, values) in alike {
                let mut query = sqlx::query(*statement);
                for value in values {
                    query = match value {
                        Value::Text(text) => query.bind(*text),
                        Value::Own(text) => query.bind(text.as_str()),
                        Value::Number(number) => query.bind(*number),
                    };
                }
                query.execute(&mut *connection).await?;
            }
            continue;
        };
        let mut query = sqlx::query(bulk);
        for column in 0..alike[0].1.len() {
            let values = alike.iter().map(|(_, values)| &values[column]);
            query = match alike[0].1[column] {
                Value::Number(_) => query.bind(values.map(Value::number).collect::<Vec<_>>()),
                Value::Text(_) | Value::Own(_) => query.bind(values.map(Value::text).collect::<Vec<_>>()),
            };
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
