//! Taking a change of a meeting's timetables back, in one transaction: by the same way on which it was made, and with the
//! events that it called off or dropped.

use super::change_meetings::Outcome;
use super::create_events::{again, top_up};
use super::meetings::{self, WALL};
use super::organizer_action::OrganizerOutcome;
use super::{earlier_timetables, reschedule};
use crate::domain::schedule::event::{EventProblem, Phase};
use crate::domain::schedule::undo_reschedule::Before;
use crate::store::log::transaction::LogTransaction;
use crate::store::talk::participant_action::Refusal;

/// Undoes the change that began with `before`. The meeting is locked.
pub(in crate::store) async fn undo(tx: &mut LogTransaction, id: &str, before: &Before) -> Outcome {
    let changed = meetings::by_id(tx.connection(), id).await?;
    if changed.deleted_at.is_some() {
        return Ok(Err(Refusal::Event(EventProblem::MeetingDeleted)));
    }
    if !before.fits(&changed) {
        return Ok(Err(Refusal::Event(EventProblem::TimesChanged)));
    }
    let retiming = before.retiming(&changed, tx.now());
    let table = &retiming.timetable;
    sqlx::query(
        "UPDATE meeting SET timezone = $2, starts = $3, duration_minutes = $4, rrule = $5, earlier = $6, revision = revision + 1, \
         changed_at = $7 WHERE id = $1",
    )
    .bind(id)
    .bind(table.zone.name())
    .bind(table.starts.format(WALL).to_string())
    .bind(table.minutes)
    .bind(table.rule.as_ref().map(|rule| rule.as_str().to_owned()))
    .bind(earlier_timetables::write(&retiming.earlier))
    .bind(tx.now().micros())
    .execute(tx.connection())
    .await?;
    reschedule::refit(tx, &changed, &retiming).await?;
    for event in &before.cancelled {
        let is_ours = tx.event(event).is_some_and(|event| event.meeting == id);
        if is_ours && let Some(phase @ Phase::Cancelled) = tx.settle(event) {
            // The only refusals are for other phases.
            let _ = tx.restore(event, phase);
        }
    }
    let meeting = meetings::by_id(tx.connection(), id).await?;
    reschedule::note_walls(tx, &meeting, retiming.floor).await?;
    for gone in &before.gone {
        again(tx, &meeting, gone).await?;
    }
    top_up(tx, &meeting).await?;
    Ok(Ok(OrganizerOutcome::Meeting(Box::new(meeting))))
}
