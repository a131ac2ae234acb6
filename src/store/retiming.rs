//! A change of a meeting's timetable: what `domain` has found out about its events, done in one transaction.

use super::acts::moved_text;
use super::log::LogTx;
use super::{Error, agendas};
use crate::domain::event::{ChatEvent, EventId, Phase};
use crate::domain::meeting::Meeting;
use crate::domain::message::Kind;
use crate::domain::refit::{Refit, Retiming};

/// Brings the events of a meeting in line with a change of its timetable. New ones are left to be made.
pub(super) async fn refit(tx: &mut LogTx, meeting: &Meeting, retiming: &Retiming) -> Result<(), Error> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM chat_event WHERE meeting_id = $1 AND original_start >= $2 ORDER BY id")
        .bind(&meeting.id)
        .bind(retiming.floor.micros())
        .fetch_all(tx.connection())
        .await?;
    let ids: Vec<EventId> = ids.iter().filter_map(|id| EventId::parse(id)).collect();
    tx.lock(ids.iter()).await?;
    for id in &ids {
        tx.settle(id);
    }
    let events: Vec<ChatEvent> = ids.iter().filter_map(|id| tx.event(id).cloned()).collect();
    let now = tx.now();
    let used = agendas::used_from(tx.connection(), &meeting.id, retiming.floor).await?;
    let Refit { moves, drops, cancels, stands, .. } = retiming.refit(meeting, &events, &used, now);
    for it in moves {
        let phase = it.event.phase(now);
        let zone = retiming.timetable.zone;
        let moved = ChatEvent { opens_at: it.opens_at, closes_at: it.closes_at, original_start: it.opens_at, zone, ..it.event };
        if phase == Phase::Scheduled {
            let (ts, text) = (tx.next_ts(&moved.id), moved_text(&moved, phase));
            tx.append(&moved.id, ts, Kind::Rescheduled, &text);
        }
        if let Some(event) = tx.event_mut(&moved.id) {
            (event.opens_at, event.closes_at, event.original_start) = (moved.opens_at, moved.closes_at, moved.original_start);
        }
    }
    for (id, start) in stands {
        if let Some(event) = tx.event_mut(&id) {
            event.original_start = start;
        }
    }
    for event in cancels {
        // The only refusals are for other phases.
        let _ = tx.cancel(&event.id, event.phase(now), false);
    }
    for event in drops {
        sqlx::query("DELETE FROM chat_event WHERE id = $1").bind(event.id.as_str()).execute(tx.connection()).await?;
        tx.dropped(&event.id);
    }
    // An event may move to where another one was. All of these are written below, and none of their
    // old starts may be in the way meanwhile.
    sqlx::query("UPDATE chat_event SET original_start = -original_start WHERE meeting_id = $1 AND original_start >= $2")
        .bind(&meeting.id)
        .bind(retiming.floor.micros())
        .execute(tx.connection())
        .await?;
    // The rows must stand before events are added beside them.
    tx.flush_events().await
}
