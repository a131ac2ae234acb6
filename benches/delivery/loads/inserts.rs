//! The same rows written by SQLite alone, in a loop: what remains of a post when there is no server around it.
//!
//! Tables, settings and disk are those of Gavel. A group is one transaction, as long as there are writers: those who wait
//! for one commit are at most all of them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::Outcome;
use crate::servers::gavel::TEXT;

const TABLES: [&str; 2] = [include_str!("../../../migrations/0001_foundation.sql"), include_str!("../../../migrations/0002_digest.sql")];
const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                        PRAGMA wal_autocheckpoint = 8000; PRAGMA cache_size = -16000;";
const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// How long the log file is when SQLite has begun to write into it again from its start: 8,000 pages, as set above.
const FULL_LOG: u64 = 8_000 * 4_096;
/// One event, and what its columns demand.
const EVENT: &str = "INSERT INTO organizer (id, name, name_key, password, created_at) VALUES ('o', 'bench', 'bench', '', 0); \
                     INSERT INTO meeting (id, slug, organizer_id, title, description, description_html, timezone, starts, \
                         duration_minutes, visibility, created_at) \
                         VALUES ('m', 'm', 'o', 'Posts', '', '', 'UTC', '2026-01-01T00:00', 60, 'public', 0); \
                     INSERT INTO chat_event (id, meeting_id, key, opens_at, closes_at, original_start, last_ts, row_count) \
                         VALUES ('e_0123456789abcdefghij', 'm', '2026-01-01', 0, 1, 0, 0, 0);";
const INSERT: &str = "INSERT INTO chat_data (event_id, ts, kind, participant_id, nick, text, html, nonce, audience, salt) \
                      VALUES ('e_0123456789abcdefghij', ?1, 'said', 'p_0123456789abcdefghij', 'writer1', ?2, ?2, NULL, NULL, 'abcdefghijklmnopqrstuvwxyz')";
const HEAD: &str = "UPDATE chat_event SET last_ts = ?1, row_count = ?2, digest = ?3 WHERE id = 'e_0123456789abcdefghij'";

/// A database of its own, in the folder that the servers use.
pub struct Inserts {
    database: Connection,
    rows: i64,
    // Dropped after the connection, which writes to it.
    folder: TempDir,
}

impl Inserts {
    pub fn open(data: &Path) -> Outcome<Self> {
        std::fs::create_dir_all(data)?;
        let folder = TempDir::with_prefix_in("gavel-bench-", data)?;
        let database = Connection::open(folder.path().join("inserts.db"))?;
        database.execute_batch(SETTINGS)?;
        for tables in TABLES {
            database.execute_batch(tables)?;
        }
        database.execute_batch(EVENT)?;
        Ok(Self { database, rows: 0, folder })
    }

    /// The log file next to the database. Growing it costs more than writing into it again.
    pub fn log_file(&self) -> PathBuf {
        self.folder.path().join("inserts.db-wal")
    }

    /// A round on a thread of its own, as it would block the one that hears of an interruption.
    pub async fn in_background(mut self, group: u16, length: Duration) -> Outcome<(Self, f64)> {
        tokio::task::spawn_blocking(move || {
            let rate = self.round(group, length)?;
            Ok((self, rate))
        })
        .await?
    }

    /// Writes groups for that long, and returns how many rows a second became durable.
    fn round(&mut self, group: u16, length: Duration) -> Outcome<f64> {
        let (before, started) = (self.rows, Instant::now());
        while started.elapsed() < length {
            let transaction = self.database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            for _ in 0..group {
                self.rows += 1;
                transaction.prepare_cached(INSERT)?.execute(params![self.rows, TEXT])?;
            }
            transaction.prepare_cached(HEAD)?.execute(params![self.rows, self.rows, DIGEST])?;
            transaction.commit()?;
        }
        Ok(f64::from(u32::try_from(self.rows - before)?) / started.elapsed().as_secs_f64())
    }
}

/// Returns whether a log file has reached the length that it keeps.
pub fn log_is_full(file: &Path) -> Outcome<bool> {
    Ok(std::fs::metadata(file)?.len() >= FULL_LOG)
}
