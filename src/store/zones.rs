//! The release of the zones' data that the schedule was made with: noted in `agreed`, and events brought in line where a
//! start finds another one.
//!
//! Done in batches, each a transaction that also notes how far it came. So a crash loses nothing, two nodes that start at
//! once share the work, and none of them serves before it is done.

use sqlx::Row;

use super::log::LogTx;
use super::{Error, Store, retiming};

/// The name of the note. Its words: the release; while another one is being brought in, that, and the last meeting that is done.
const NOTE: &str = "zones";
/// The release of a schedule that has no note: an older Gavel made it.
const UNKNOWN: &str = "unknown";
/// How many meetings one transaction looks at, and after how many rows that it writes it ends: soon, for other nodes wait.
const AT_ONCE: i64 = 25;
const WRITTEN_AT_ONCE: usize = 60;

/// What was brought in line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InLine {
    /// The release that the schedule was made with.
    pub from: String,
    pub meetings: usize,
    pub events: usize,
}

impl Store {
    /// Whether the schedule is made with this release.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_in_line(&self, release: &str) -> Result<bool, Error> {
        Ok(self.noted().await?.is_none_or(|note| note == release))
    }

    async fn noted(&self) -> Result<Option<String>, Error> {
        Ok(sqlx::query_scalar("SELECT value FROM agreed WHERE name = $1").bind(NOTE).fetch_optional(&self.readers).await?)
    }

    /// Brings the events that lie ahead in line with the zones' data of `release`, and notes that. `None` where that
    /// is so already, and in a database without meetings.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: what is done stands; the next call goes on from there.
    pub async fn bring_in_line(&self, release: &str) -> Result<Option<InLine>, Error> {
        if self.noted().await?.as_deref() == Some(release) {
            return Ok(None);
        }
        let note = "INSERT INTO agreed (name, value) SELECT $1, CASE WHEN count(*) = 0 THEN $2 ELSE $3 END FROM meeting \
                    WHERE true ON CONFLICT (name) DO NOTHING";
        self.writer.execute(sqlx::query(note).bind(NOTE).bind(release.to_owned()).bind(UNKNOWN)).await?;
        let mut done: Option<InLine> = None;
        while self.within_patience(self.bring_some(release, &mut done)).await? {}
        Ok(done)
    }

    /// Does one batch; whether there is more to do.
    async fn bring_some(&self, release: &str, done: &mut Option<InLine>) -> Result<bool, Error> {
        let mut tx = LogTx::begin(self, None, false, None).await?;
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

/// Looks at the next meetings; `None` where all is done. Gives the release before, how many meetings and events changed, and
/// whether there are more.
async fn batch(tx: &mut LogTx, release: &str) -> Result<Option<(String, usize, usize, bool)>, Error> {
    let note = tx.lock_agreed(NOTE).await?;
    let mut words = note.split(' ');
    let (from, to, last) = (words.next().unwrap_or(UNKNOWN), words.next(), words.next());
    if from == release && to.is_none() {
        return Ok(None);
    }
    // What was being brought in was another release: from the first meeting on.
    let last = last.filter(|_| to == Some(release)).unwrap_or_default();
    let rows = sqlx::query("SELECT id FROM meeting WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(last.to_owned())
        .bind(AT_ONCE)
        .fetch_all(tx.connection())
        .await?;
    let ids: Vec<String> = rows.iter().map(|row| row.try_get("id")).collect::<Result<_, _>>()?;
    let (mut meetings, mut events, mut written, mut seen) = (0, 0, 0, 0);
    for id in &ids {
        let done = retiming::realign(tx, id).await?;
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
