//! The release of the time zone data that the schedule was made with: noted in `agreed`. A start with a newer release moves
//! events to the new instants of their wall times; a start with an older one moves nothing.
//!
//! Done in batches, each a transaction that also notes how far it came. So a crash loses nothing, two nodes that start at
//! once share the work, and none of them serves before it is done.

use sqlx::Row;

use super::reschedule;
use crate::domain::zone;
use crate::store::log::transaction::LogTransaction;
use crate::store::{Error, Store};

/// The name of the note. Its words: the release; while another one is being brought in, that, and the last meeting that is done.
const NOTE: &str = "zones";
/// The name of the note that a node with an older release has served since. What it made may need the newer data.
const OLDER: &str = "zones_older";
/// The release of a schedule that has no note: an older Gavel made it.
const UNKNOWN: &str = "unknown";
/// How many meetings one transaction looks at, and after how many rows that it writes it ends: soon, for other nodes wait.
const AT_ONCE: i64 = 25;
const WRITTEN_AT_ONCE: usize = 60;

/// The result of [`Store::bring_in_line`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zones {
    /// The schedule is made with this release.
    Same,
    /// Events were moved to the instants of this newer release.
    Newer(InLine),
    /// The schedule is made with a newer release, this one. Nothing was moved.
    Older(String),
}

/// The events that a newer release moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InLine {
    /// The release that the schedule was made with.
    pub from: String,
    pub meetings: usize,
    pub events: usize,
}

impl Store {
    /// The release that the schedule is made with, if that is not `release`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn other_zones(&self, release: &str) -> Result<Option<String>, Error> {
        Ok(self.noted(NOTE).await?.filter(|note| note != release).map(|note| latest(&note).to_owned()))
    }

    /// Notes that a node with an older release serves, so that the next start with the newer one looks at the schedule again.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_older_zones(&self, release: &str) -> Result<(), Error> {
        let note = "INSERT INTO agreed (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        self.writer.execute(sqlx::query(note).bind(OLDER).bind(release.to_owned())).await?;
        Ok(())
    }

    async fn noted(&self, name: &'static str) -> Result<Option<String>, Error> {
        Ok(sqlx::query_scalar("SELECT value FROM agreed WHERE name = $1").bind(name).fetch_optional(&self.readers).await?)
    }

    /// Moves future events to the instants that the time zone data of `release` gives their wall times, and notes the release,
    /// if it is newer than the one that the schedule was made with. A schedule never goes back: nodes with different data would
    /// move its events to and fro.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: what is done stays done; the next call continues from there.
    pub async fn bring_in_line(&self, release: &str) -> Result<Zones, Error> {
        if let Some(note) = self.noted(NOTE).await? {
            let older = self.noted(OLDER).await?;
            if note == release && older.is_none() {
                return Ok(Zones::Same);
            }
            let latest = latest(&note);
            if latest != release && !zone::is_newer(release, latest) {
                self.note_older_zones(release).await?;
                return Ok(Zones::Older(latest.to_owned()));
            }
            if let Some(older) = older {
                // From the first meeting on, once more.
                let again = "UPDATE agreed SET value = $2 WHERE name = $1 AND value = $3";
                self.writer.execute(sqlx::query(again).bind(NOTE).bind(older).bind(release.to_owned())).await?;
                self.writer.execute(sqlx::query("DELETE FROM agreed WHERE name = $1").bind(OLDER)).await?;
            }
        }
        let note = "INSERT INTO agreed (name, value) SELECT $1, CASE WHEN count(*) = 0 THEN $2 ELSE $3 END FROM meeting \
                    WHERE true ON CONFLICT (name) DO NOTHING";
        self.writer.execute(sqlx::query(note).bind(NOTE).bind(release.to_owned()).bind(UNKNOWN)).await?;
        let mut done: Option<InLine> = None;
        while self.within_patience(self.bring_some(release, &mut done)).await? {}
        Ok(done.map_or(Zones::Same, Zones::Newer))
    }

    /// Does one batch. Returns whether there is more to do.
    async fn bring_some(&self, release: &str, done: &mut Option<InLine>) -> Result<bool, Error> {
        let mut tx = LogTransaction::begin(self, None, false, None).await?;
        match batch(&mut tx, release).await {
            Ok(None) => {
                tx.rollback().await;
                Ok(false)
            }
            Ok(Some((from, meetings, events, more))) => {
                tx.commit().await?;
                let sum = done.get_or_insert_with(|| InLine { from, ..InLine::default() });
                sum.meetings += meetings;
                sum.events += events;
                Ok(more)
            }
            Err(problem) => {
                tx.rollback().await;
                Err(problem)
            }
        }
    }
}

/// The newest release that a note names: the one that is being brought in, else the one that the schedule was made with.
fn latest(note: &str) -> &str {
    let mut words = note.split(' ');
    let from = words.next().unwrap_or(UNKNOWN);
    words.next().unwrap_or(from)
}

/// Looks at the next meetings; `None` if all is done. Returns the release before, how many meetings and events changed, and
/// whether there are more.
async fn batch(tx: &mut LogTransaction, release: &str) -> Result<Option<(String, usize, usize, bool)>, Error> {
    let note = tx.lock_agreed(NOTE).await?;
    let mut words = note.split(' ');
    let (from, to, last) = (words.next().unwrap_or(UNKNOWN), words.next(), words.next());
    if from == release && to.is_none() {
        return Ok(None);
    }
    if to.unwrap_or(from) != release && !zone::is_newer(release, to.unwrap_or(from)) {
        // A node with a newer release has started meanwhile.
        return Ok(None);
    }
    // If another release was being brought in: from the first meeting on.
    let last = last.filter(|_| to == Some(release)).unwrap_or_default();
    let rows = sqlx::query("SELECT id FROM meeting WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(last.to_owned())
        .bind(AT_ONCE)
        .fetch_all(tx.connection())
        .await?;
    let ids: Vec<String> = rows.iter().map(|row| row.try_get("id")).collect::<Result<_, _>>()?;
    let (mut meetings, mut events, mut written, mut seen) = (0, 0, 0, 0);
    for id in &ids {
        let done = reschedule::realign(tx, id).await?;
        meetings += usize::from(done.moved > 0);
        events += done.moved;
        written += done.written;
        seen += 1;
        if written >= WRITTEN_AT_ONCE {
            break;
        }
    }
    let more = seen < ids.len() || i64::try_from(ids.len()).unwrap_or(i64::MAX) == AT_ONCE;
    let note = match ids.get(..seen).and_then(<[String]>::last) {
        Some(id) if more => format!("{from} {release} {id}"),
        _ => release.to_owned(),
    };
    sqlx::query("UPDATE agreed SET value = $2 WHERE name = $1").bind(NOTE).bind(note).execute(tx.connection()).await?;
    Ok(Some((from.to_owned(), meetings, events, more)))
}
