//! The index on SQLite, written by a thread of its own: one change of threads to read, one to write.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::super::AT_ONCE;
use super::{Advance, Entry, Material, Round, Source, fold, select_source};
use crate::domain::schedule::event::EventId;
use crate::store::Error;
use crate::store::db::engine::Engine;
use crate::store::db::sqlite_connection::SqliteConnection;
use crate::store::db::synchronous::Synchronous;
use crate::store::db::write_connection::Lane;
use crate::store::log::statements::FIND_TAGGED;
use crate::store::minutes::source_rows;
use crate::store::talk::messages;

/// How many rows one transaction adds. Messages wait for it: some 10 ms.
const ROWS: usize = 512;

const FIND_SOURCE: &str = select_source!("WHERE e.id = $1");
const FIND_ROWS: &str = "SELECT ts, kind, participant_id, nick, text, '' AS html, nonce, audience, salt, hash, tag FROM chat_data \
     WHERE event_id = $1 AND ts > $2 ORDER BY ts LIMIT $3";
/// The entries at the numbers that a row may have.
const FIND_ENTRIES: &str = "SELECT id, event_id, ts FROM search_row WHERE id BETWEEN $1 AND $1 + 1023 ORDER BY id";
/// Adds a row that still has a text.
const INSERT_ENTRY: &str = "INSERT INTO search_row (id, event_id, ts) \
     SELECT $1, event_id, ts FROM chat_data WHERE event_id = $2 AND ts = $3 AND text <> ''";
const INSERT_WORDS: &str = "INSERT INTO search_words (rowid, words) VALUES ($1, $2)";
const INSERT_CURSOR: &str = "INSERT INTO search_cursor (event_id, ts, folding, folded) VALUES ($1, $2, $3, $2) ON CONFLICT DO NOTHING";
const UPDATE_CURSOR: &str = "UPDATE search_cursor SET ts = ?2, folding = ?3, folded = ?2 WHERE event_id = ?1 AND ts = ?4 AND folded = ?5";

type Job = Box<dyn FnOnce() + Send>;

/// The thread and its connection.
#[derive(Clone, Debug)]
pub(in crate::store) struct Worker {
    connection: SqliteConnection,
    /// The way to the thread, which starts with the first job and ends with the last copy of this.
    jobs: Arc<Mutex<Option<Sender<Job>>>>,
}

impl Worker {
    pub(super) fn at(url: &str) -> Result<Self, sqlx::Error> {
        Ok(Self { connection: SqliteConnection::at(url, Synchronous::Normal)?, jobs: Arc::default() })
    }

    /// See [`crate::store::Store::index`]. `writer` gives the turn to write.
    pub(super) async fn index(&self, writer: &Lane, events: &[EventId]) -> Result<Vec<EventId>, Error> {
        let events = events.to_vec();
        let (round, mut unfinished) = self.run(move |connection| read(connection, &events)).await?;
        if round.advances.is_empty() {
            return Ok(unfinished);
        }
        let turn = writer.turn().await;
        let written = self.run(move |connection| {
            // Held until the end: SQLite has one writer, and would let the second one sleep.
            let _turn = turn;
            write(connection, round)
        });
        unfinished.extend(written.await?);
        Ok(unfinished)
    }

    /// Runs `work` on the thread.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let connection = self.connection.clone();
        let job: Job = Box::new(move || {
            // Whoever asked may have been dropped, as at the end of the program.
            _ = answer.send(connection.on(work));
        });
        self.send(job)?;
        answered.await.unwrap_or_else(|_| Err(Error::Unavailable("the thread of the search index failed".into())))
    }

    fn send(&self, job: Job) -> Result<(), Error> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = match &mut *jobs {
            Some(jobs) => jobs,
            none => none.insert(start().map_err(|problem| Error::Unavailable(problem.into()))?),
        };
        jobs.send(job).map_err(|_| Error::Unavailable("the thread of the search index has ended".into()))
    }

    pub(super) fn close(&self) {
        self.connection.close();
    }
}

/// Starts the thread. A job that panics leaves it running: its connection is closed and the next job opens another.
fn start() -> std::io::Result<Sender<Job>> {
    let (jobs, waiting) = channel::<Job>();
    thread::Builder::new().name("search-index".into()).spawn(move || {
        for job in waiting {
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                log::error!("A round of the search index panicked.");
            }
        }
    })?;
    Ok(jobs)
}

/// Reads what a round adds, at one moment, and the events for which it has no room.
fn read(connection: &Connection, events: &[EventId]) -> Result<(Round, Vec<EventId>), Error> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let (mut sources, mut material, mut room, mut rest) = (Vec::new(), HashMap::new(), ROWS, Vec::new());
    for event in events {
        if room == 0 {
            rest.push(event.clone());
            continue;
        }
        let Some(mut source) = source(connection, event)? else { continue };
        let mut find = connection.prepare_cached(FIND_ROWS)?;
        let mut rows = find.query(params![event.as_str(), source.cursor.reached(), i64::try_from(room).unwrap_or(i64::MAX)])?;
        while let Some(row) = rows.next()? {
            source.rows.push(messages::message(row)?);
        }
        source.has_more = source.rows.len() == room;
        room -= source.rows.len();
        if let Some(found) = find_material(connection, &source)? {
            material.insert(event.clone(), found);
        }
        sources.push(source);
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok((Round::of(Engine::Sqlite, sources, material), rest))
}

fn source(connection: &Connection, event: &EventId) -> Result<Option<Source>, Error> {
    let mut find = connection.prepare_cached(FIND_SOURCE)?;
    let mut found = find.query([event.as_str()])?;
    found.next()?.map(Source::read).transpose()
}

/// What the minutes of an event are made of, if its new rows need it.
fn find_material(connection: &Connection, source: &Source) -> Result<Option<Material>, Error> {
    if !source.needs_corrections() {
        return Ok(None);
    }
    let mut material = Material::default();
    let mut find = connection.prepare_cached(source_rows::FIND_CORRECTIONS)?;
    let mut found = find.query([source.event.as_str()])?;
    while let Some(row) = found.next()? {
        material.corrections.push(source_rows::correction(row)?);
    }
    if !source.needs_tagged(&material.corrections) {
        return Ok(None);
    }
    let mut find = connection.prepare_cached(FIND_TAGGED)?;
    let mut found = find.query([source.event.as_str()])?;
    while let Some(row) = found.next()? {
        material.tagged.push(messages::message(row)?);
    }
    Ok(Some(material))
}

/// Writes a round. Returns the events that may have more.
fn write(connection: &Connection, round: Round) -> Result<Vec<EventId>, Error> {
    connection.prepare_cached(Engine::Sqlite.begin())?.execute([])?;
    for entry in &round.entries {
        add(connection, entry)?;
    }
    let mut unfinished = Vec::new();
    for advance in round.advances {
        if advance.is_unfinished(advance_cursor(connection, &advance)?) {
            unfinished.push(advance.event);
        }
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(unfinished)
}

/// Adds a row in place of what the index has of it. Rows of the same microsecond, of other events, have the numbers before it.
fn add(connection: &Connection, entry: &Entry) -> Result<(), Error> {
    let mut id = entry.first;
    let mut find = connection.prepare_cached(FIND_ENTRIES)?;
    let mut found = find.query([entry.first])?;
    let mut old = None;
    while let Some(row) = found.next()? {
        if row.get_ref("event_id")?.as_str().is_ok_and(|event| event == entry.event.as_str()) && row.get::<_, i64>("ts")? == entry.ts {
            old = Some(row.get::<_, i64>("id")?);
        }
        id = row.get::<_, i64>("id")? + 1;
    }
    if let Some(old) = old {
        connection.prepare_cached("DELETE FROM search_row WHERE id = $1")?.execute([old])?;
        id = old;
    }
    // See AT_ONCE.
    if id < entry.first + AT_ONCE && connection.prepare_cached(INSERT_ENTRY)?.execute(params![id, entry.event.as_str(), entry.ts])? > 0 {
        connection.prepare_cached(INSERT_WORDS)?.execute(params![id, entry.words])?;
    }
    Ok(())
}

/// Moves a cursor on. Returns whether it was where it was before.
fn advance_cursor(connection: &Connection, advance: &Advance) -> Result<bool, Error> {
    let Advance { event, from, to } = advance;
    let moved = if from.is_stored {
        connection.prepare_cached(UPDATE_CURSOR)?.execute(params![event.as_str(), to, fold::VERSION, from.ts, from.folded])?
    } else {
        connection.prepare_cached(INSERT_CURSOR)?.execute(params![event.as_str(), to, fold::VERSION])?
    };
    Ok(moved > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Clock, Store};

    const EVENT: &str = "e_aaaaaaaaaaaaaaaaaaaaaaaa";

    /// A store with one event in which “one” and “two” were said, and a connection beside it.
    async fn store(folder: &tempfile::TempDir) -> (Store, SqliteConnection) {
        let url = format!("sqlite:{}", folder.path().join("gavel.db").display());
        let store = Store::open(&url, 1, Clock::default()).await.unwrap();
        let connection = SqliteConnection::at(&url, Synchronous::Normal).unwrap();
        let rows = format!(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO chat_event (id, meeting_id, key, opens_at, closes_at, original_start, last_ts, row_count)
             VALUES ('{EVENT}', 'm', 'k', 0, 9, 0, 2, 2);
             INSERT INTO chat_data (event_id, ts, kind, nick, text, html)
             VALUES ('{EVENT}', 1, 'said', 'ada', 'one', ''), ('{EVENT}', 2, 'said', 'ada', 'two', '')"
        );
        connection.on(|on| Ok(on.execute_batch(&rows)?)).unwrap();
        (store, connection)
    }

    fn indexed(connection: &Connection) -> Vec<i64> {
        let mut find = connection.prepare("SELECT ts FROM search_row ORDER BY ts").unwrap();
        find.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn cursor(connection: &Connection) -> i64 {
        connection.query_row("SELECT ts FROM search_cursor", [], |row| row.get(0)).unwrap()
    }

    #[tokio::test]
    async fn a_row_that_was_emptied_after_it_was_read_is_not_indexed() {
        let folder = tempfile::tempdir().unwrap();
        let (_store, connection) = store(&folder).await;
        let work = |on: &Connection| {
            let (round, _) = read(on, &[EventId::parse(EVENT).unwrap()])?;
            on.execute("UPDATE chat_data SET text = '' WHERE ts = 1", [])?;
            assert_eq!(write(on, round)?, []);
            assert_eq!((indexed(on), cursor(on)), (vec![2], 2));
            Ok(())
        };
        connection.on(work).unwrap();
    }

    #[tokio::test]
    async fn an_event_that_was_set_back_after_it_was_read_has_another_turn() {
        let folder = tempfile::tempdir().unwrap();
        let (store, connection) = store(&folder).await;
        let event = [EventId::parse(EVENT).unwrap()];
        let again = async |ts: i64| {
            connection.on(|on| Ok(on.execute_batch(&format!("UPDATE search_cursor SET ts = {ts}, folded = {ts}"))?)).unwrap();
            let (round, _) = connection.on(|on| read(on, &event)).unwrap();
            let mut held = store.writer.hold().await.unwrap();
            store.engine.index_anew(&mut held, &event[0]).await.unwrap();
            held.release();
            connection.on(|on| Ok((write(on, round)?, cursor(on)))).unwrap()
        };
        assert_eq!(store.index(&event).await.unwrap(), []);
        // Whether part of it was indexed when it was read, or nothing.
        assert_eq!(again(1).await, (event.to_vec(), 0));
        assert_eq!(again(0).await, (event.to_vec(), 0));
        assert_eq!(store.index(&event).await.unwrap(), []);
        assert_eq!(connection.on(|on| Ok((indexed(on), cursor(on)))).unwrap(), (vec![1, 2], 2));
    }

    #[tokio::test]
    async fn an_index_of_an_earlier_program_merges_its_lists_rarely_after_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let (store, connection) = store(&folder).await;
        let merges = |on: &Connection| {
            let find = "SELECT v FROM search_words_config WHERE k = 'automerge'";
            Ok(on.query_row(find, [], |row| row.get::<_, i64>(0))?)
        };
        assert_eq!(connection.on(merges).unwrap(), 16);
        let often = "INSERT INTO search_words (search_words, rank) VALUES ('automerge', 4)";
        connection.on(|on| Ok(on.execute_batch(often)?)).unwrap();
        store.close().await;
        let url = format!("sqlite:{}", folder.path().join("gavel.db").display());
        let _store = Store::open(&url, 1, Clock::default()).await.unwrap();
        assert_eq!(connection.on(merges).unwrap(), 16);
    }

    #[tokio::test]
    async fn a_job_that_panics_leaves_the_thread_running() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _connection) = store(&folder).await;
        let super::super::Intake::Sqlite(worker) = &store.intake else { panic!("not SQLite") };
        assert!(worker.run::<()>(|_| panic!("on purpose")).await.is_err());
        assert_eq!(worker.run(|on| Ok(indexed(on))).await.unwrap(), [0; 0]);
    }
}
