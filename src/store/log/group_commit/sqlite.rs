//! Group commit on SQLite.
//!
//! The whole transaction runs on one of the runtime's blocking threads, over a connection of
//! its own: one hop there and one back, whatever the transaction asks. The other library, which serves
//! every engine, changes threads for each word of each answer, and that cost a lone message four times
//! as much as SQLite itself. The statements are the same.

use std::collections::BTreeSet;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params, params_from_iter};

use super::Batch;
use crate::store::db::engine::Engine;
use crate::store::log::batch::LogBatch;
use crate::store::log::bound_statement::{Value, Writing};
use crate::store::log::statements;
use crate::store::schedule::events;
use crate::store::talk::participant_action::ParticipantAction;
use crate::store::talk::{messages, participants};
use crate::store::{Clock, Error};

/// Does the entries in one transaction. `done` sees what they did, before it is written.
pub(super) fn commit(
    connection: &Connection,
    clock: Clock,
    entries: &[ParticipantAction],
    done: impl FnOnce(&LogBatch),
) -> Result<Batch, Error> {
    connection.prepare_cached(Engine::Sqlite.begin())?.execute([])?;
    let mut logs = LogBatch::default();
    lock(connection, &mut logs, &clock, entries)?;
    let outcomes = entries.iter().map(|entry| logs.enter(entry)).collect();
    done(&logs);
    write(connection, &logs.writings())?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok((outcomes, logs.into_changes()))
}

/// Reads all that the entries are judged by: the events first, then the clock.
fn lock(connection: &Connection, logs: &mut LogBatch, clock: &Clock, entries: &[ParticipantAction]) -> Result<(), Error> {
    let mut find = connection.prepare_cached(Engine::Sqlite.lock_event())?;
    for event in entries.iter().map(ParticipantAction::event).collect::<BTreeSet<_>>() {
        let mut rows = find.query([event.as_str()])?;
        if let Some(row) = rows.next()? {
            logs.adopt(events::event(row)?);
        }
    }
    logs.start(clock.now());
    let mut find = connection.prepare_cached(statements::FIND_PERSON)?;
    for (event, who) in entries.iter().filter_map(|entry| Some((entry.event(), entry.who()?))).collect::<BTreeSet<_>>() {
        let mut rows = find.query([event.as_str(), who.as_str()])?;
        if let Some(row) = rows.next()? {
            logs.take_person(event, participants::participant(row)?);
        }
    }
    let mut find = connection.prepare_cached(statements::FIND_SAID)?;
    for (who, nonce) in entries.iter().filter_map(ParticipantAction::nonce) {
        let mut rows = find.query([who.as_str(), nonce])?;
        if let Some(row) = rows.next()? {
            logs.take_said(messages::message(row)?);
        }
    }
    let mut find = connection.prepare_cached(statements::FIND_JOINED)?;
    for entry in entries {
        if let Some((event, looks, nonce)) = entry.lookup_key() {
            let mut rows = find.query(params![event.as_str(), looks.folded, looks.written, nonce])?;
            while let Some(row) = rows.next()? {
                logs.take_joined(event, participants::joined(row)?);
            }
        }
    }
    for event in entries.iter().filter_map(ParticipantAction::needs_history).collect::<BTreeSet<_>>() {
        let mut find = connection.prepare_cached(statements::FIND_TAGGED)?;
        let (mut rows, mut tagged) = (find.query([event.as_str()])?, Vec::new());
        while let Some(row) = rows.next()? {
            tagged.push(messages::message(row)?);
        }
        logs.take_tagged(event, &tagged);
    }
    for event in entries.iter().filter_map(ParticipantAction::needs_other_chairs).collect::<BTreeSet<_>>() {
        let mut find = connection.prepare_cached(statements::FIND_CHAIRS)?;
        let mut rows = find.query([event.as_str()])?;
        while let Some(row) = rows.next()? {
            logs.take_joined(event, participants::joined(row)?);
        }
        let mut find = connection.prepare_cached(statements::FIND_JOINED)?;
        for looks in logs.unchaired(event) {
            let mut rows = find.query(params![event.as_str(), looks.folded, looks.written, None::<&str>])?;
            while let Some(row) = rows.next()? {
                logs.take_joined(event, participants::joined(row)?);
            }
        }
    }
    Ok(())
}

fn write(connection: &Connection, writings: &[Writing<'_>]) -> Result<(), Error> {
    for alike in writings.chunk_by(|one, next| one.0 == next.0) {
        let mut statement = connection.prepare_cached(alike[0].0)?;
        for (_, values) in alike {
            statement.execute(params_from_iter(values))?;
        }
    }
    Ok(())
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Own(text) => ValueRef::Text(text.as_bytes()),
            Self::Number(Some(number)) => ValueRef::Integer(*number),
            Self::Text(None) | Self::Number(None) => ValueRef::Null,
        }))
    }
}
