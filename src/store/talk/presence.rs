//! Who is here, as the nodes of one database tell each other: now and then, and all at once.

use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;
use crate::domain::time::Timestamp;
use crate::store::db::row::Record;
use crate::store::{Error, Store};

impl Store {
    /// Notes that these people gave a sign of life on this node.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn seen(&self, people: &[ParticipantId]) -> Result<(), Error> {
        if people.is_empty() {
            return Ok(());
        }
        let list = people.iter().map(ParticipantId::as_str).collect::<Vec<_>>().join(" ");
        // It waits for nobody: whoever is just being written is seen by the one who writes.
        let query = sqlx::query(
            "UPDATE participant SET seen_at = $1 WHERE id IN \
             (SELECT id FROM participant WHERE id = ANY(string_to_array($2, ' ')) FOR UPDATE SKIP LOCKED)",
        );
        self.writer.execute(query.bind(self.clock.now().micros()).bind(list)).await?;
        Ok(())
    }

    /// Those in open events of whom no node had a sign of life since `since`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn silent(&self, since: Timestamp) -> Result<Vec<(EventId, ParticipantId)>, Error> {
        let rows = sqlx::query(
            "SELECT p.event_id, p.id FROM chat_event e JOIN participant p ON p.event_id = e.id \
             WHERE e.closed_ts IS NULL AND e.cancelled_at IS NULL AND e.opened_ts IS NOT NULL \
             AND p.away_ts IS NULL AND p.gone_ts IS NULL AND p.joined_ts < $1 AND coalesce(p.seen_at, p.joined_ts) < $1",
        )
        .bind(since.micros())
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((row.event_id("event_id")?, row.participant_id("id")?))).collect()
    }
}
