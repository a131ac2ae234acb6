//! Keeping an event from running into another one of its meeting, in the transaction that changes it. The meeting is
//! locked then, so that what is found beside the event stays as it is.

use sqlx::{Any, Executor};

use super::events::{event, select_event};
use super::organizer_action::EventPatch;
use crate::domain::schedule::event::{ChatEvent, EventId, EventProblem, Phase};
use crate::domain::time::Timestamp;
use crate::store::Error;
use crate::store::log::transaction::LogTransaction;

impl LogTransaction {
    /// Changes an event, unless that would have a room that is open go on into the next event of its meeting.
    pub(in crate::store) async fn change_unless_next(
        &mut self,
        id: &EventId,
        phase: Phase,
        patch: EventPatch,
        inherited: String,
    ) -> Result<Result<(), EventProblem>, Error> {
        if let (Phase::Open, Some(closes_at), Some(event)) = (phase, patch.closes_at, self.event(id)) {
            let zone = event.zone;
            if let Some(next) = next_start(self, &event.clone()).await?.filter(|next| closes_at > *next) {
                return Ok(Err(EventProblem::IntoNext(next, zone)));
            }
        }
        let apart = patch.apart && patch.moves();
        let changed = self.change(id, phase, patch, inherited);
        if let (Ok(()), true, Some(event)) = (changed, apart, self.event(id).cloned())
            && let Err(problem) = stands_apart(self, &event).await?
        {
            return Ok(Err(problem));
        }
        Ok(changed)
    }
}

/// When the next event of the meeting begins, behind the present end of this one.
async fn next_start(tx: &mut LogTransaction, event: &ChatEvent) -> Result<Option<Timestamp>, Error> {
    let next: Option<i64> = sqlx::query_scalar(
        "SELECT min(opens_at) FROM chat_event WHERE meeting_id = $1 AND id <> $2 AND opens_at >= $3 \
         AND closed_ts IS NULL AND cancelled_at IS NULL",
    )
    .bind(event.meeting.clone())
    .bind(event.id.as_str())
    .bind(event.closes_at.micros())
    .fetch_one(tx.connection())
    .await?;
    Ok(next.map(Timestamp::from_micros))
}

/// Refuses an event that overlaps another one of its meeting which takes place.
pub(in crate::store) async fn stands_apart(tx: &mut LogTransaction, event: &ChatEvent) -> Result<Result<(), EventProblem>, Error> {
    let now = tx.now();
    let other = others(tx.connection(), event, now, 1).await?.pop();
    Ok(other.map_or(Ok(()), |other| Err(EventProblem::Overlaps(other.opens_at, other.closes_at, event.zone))))
}

/// The other events of the same meeting that overlap this one and are neither cancelled nor over at `now`, earliest first.
pub(in crate::store) async fn others<'c>(
    on: impl Executor<'c, Database = Any>,
    of: &ChatEvent,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<ChatEvent>, Error> {
    let rows = sqlx::query(select_event!(
        "WHERE e.meeting_id = $1 AND e.id <> $2 AND e.opens_at < $3 AND e.closes_at > $4 AND e.closes_at > $5 \
         AND e.closed_ts IS NULL AND e.cancelled_at IS NULL ORDER BY e.opens_at, e.id LIMIT $6"
    ))
    .bind(of.meeting.clone())
    .bind(of.id.to_string())
    .bind(of.closes_at.micros())
    .bind(of.opens_at.micros())
    .bind(now.micros())
    .bind(limit)
    .fetch_all(on)
    .await?;
    rows.iter().map(event).collect()
}
