//! Digests of logs that an older Gavel wrote: filled in once, when the database is opened.

use sqlx::{AnyConnection, Row};

use crate::domain::schedule::event::EventId;
use crate::domain::time::Timestamp;
use crate::domain::transcript::digest;
use crate::store::Error;
use crate::store::talk::messages::page;

/// How many rows one read takes.
const PAGE: usize = 1_000;

/// Gives every event that has rows but no digest its digest; each in a statement of its own, so that
/// an interrupted start goes on where it was.
pub(in crate::store) async fn fill(database: &mut AnyConnection) -> Result<(), Error> {
    let lacking = sqlx::query("SELECT id FROM chat_event WHERE digest IS NULL AND row_count > 0").fetch_all(&mut *database).await?;
    for row in lacking {
        let id: String = row.try_get("id")?;
        let Some(id) = EventId::parse(&id) else { continue };
        let (mut digest, mut cursor) = (None, Timestamp::ZERO);
        loop {
            let rows = page(&mut *database, &id, cursor, PAGE).await?;
            for row in rows.iter().filter(|row| row.audience.is_none()) {
                digest = Some(digest::next(digest.as_deref(), &id, row));
            }
            match rows.last() {
                Some(last) if rows.len() == PAGE => cursor = last.ts,
                _ => break,
            }
        }
        sqlx::query("UPDATE chat_event SET digest = $1 WHERE id = $2").bind(digest).bind(id.as_str()).execute(&mut *database).await?;
    }
    Ok(())
}
