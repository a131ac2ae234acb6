//! What happens at set times: rooms open and close, people time out, events are made ahead.
//!
//! Decides nothing. The transaction that a tick triggers looks at the clock itself, and so would any
//! other; the keeper only sees to it that quiet rooms get one in time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::domain::talk::participant::ParticipantState;
use crate::domain::time::Timestamp;
use crate::domain::zone::{self, Zone};
use crate::live::presence::GRACE;
use crate::live::rooms::Rooms;
use crate::live::writer::Writer;
use crate::store::schedule::organizer_action::OrganizerAction;
use crate::store::talk::participant_action::ParticipantAction;
use crate::store::{self, Store};

/// How often the clock is looked at, so that a step of it is noticed.
const LOOK: Duration = Duration::from_secs(1);
/// How often the database is asked for the next set time although nobody said that it changed:
/// another process may have changed it.
const ASK: Duration = Duration::from_secs(20);
/// How often other nodes are told who is here.
const TELL: Duration = Duration::from_secs(5);
/// How often unused rooms are let go.
const SWEEP: Duration = Duration::from_mins(1);
/// How often events are made ahead.
const TOP_UP: Duration = Duration::from_hours(1);
/// How many boundaries are written at once.
const AT_ONCE: i64 = 256;

/// Keeps the set times of this node.
#[derive(Clone, Debug)]
pub struct Keeper {
    pub store: Store,
    pub rooms: Arc<Rooms>,
    pub writer: Writer,
    /// Told when set times may have changed.
    pub changed: Arc<Notify>,
}

impl Keeper {
    /// Starts the keeping tasks. They end with the program, or when the writer is drained.
    pub fn start(self) {
        tokio::spawn(self.clone().keep_boundaries());
        tokio::spawn(self.clone().keep_presence());
        if self.store.is_shared() {
            tokio::spawn(self.clone().keep_presence_of_all());
        }
        let rooms = Arc::clone(&self.rooms);
        tokio::spawn(async move { rooms.keep_alarm().await });
        tokio::spawn(self.keep_ahead());
    }

    /// Writes `opened` and `closed` rows when they are due, those slept through first.
    async fn keep_boundaries(self) {
        let mut asked: Option<(Instant, Option<Timestamp>)> = None;
        while !self.rooms.is_stopping() {
            let now = self.store.clock().now();
            let next = match asked {
                Some((at, next)) if at.elapsed() < ASK => next,
                _ => match self.store.next_boundary().await {
                    Ok(next) => {
                        asked = Some((Instant::now(), next));
                        next
                    }
                    Err(problem) => {
                        log::error!("The next set time could not be read: {problem}");
                        sleep(LOOK).await;
                        continue;
                    }
                },
            };
            if next.is_some_and(|next| next <= now) {
                asked = None;
                if let Err(problem) = self.tick(now).await {
                    log::error!("A room could not be opened or closed in time: {problem}");
                    sleep(LOOK).await;
                }
                continue;
            }
            let pause = next.map_or(LOOK, |next| next.since(now).min(LOOK));
            tokio::select! {
                () = sleep(pause) => {}
                () = self.changed.notified() => asked = None,
            }
        }
    }

    async fn tick(&self, now: Timestamp) -> Result<(), crate::live::Error> {
        let due = self.store.due(now, AT_ONCE).await?;
        // Queued together, they are committed together.
        let ticks: Vec<_> = due.into_iter().map(|event| self.writer.submit(ParticipantAction::Tick { event })).collect::<Result<_, _>>()?;
        for tick in ticks {
            // A refusal says that the event is gone: then nothing is due.
            let _ = tick.outcome().await?;
        }
        Ok(())
    }

    /// Writes `left` for those who gave no sign of life.
    async fn keep_presence(self) {
        // Where there are several nodes, the database knows.
        if !self.store.is_shared()
            && let Err(problem) = self.resume_presence().await
        {
            log::error!("Who was present before the start could not be read: {problem}");
        }
        let mut swept = Instant::now();
        while !self.rooms.is_stopping() {
            sleep(LOOK).await;
            for room in self.rooms.all() {
                for who in room.presence.take_silent(GRACE) {
                    if self.store.is_shared() {
                        // Silent here, but who knows about the other nodes: see `keep_presence_of_all`.
                        continue;
                    }
                    let entry = ParticipantAction::TimeOut { event: room.id.clone(), who: who.clone() };
                    if self.writer.note(entry).is_err() {
                        // The queue is full: watch them on, and try again.
                        room.presence.seen(&who);
                    }
                }
            }
            if swept.elapsed() >= SWEEP {
                swept = Instant::now();
                self.rooms.sweep();
            }
        }
    }

    /// Where there are several nodes: tells the others whom this one has seen, and writes `left` for
    /// those whom none has. All nodes do so, that of a dead one too; the transaction sees to it that
    /// each is written once.
    async fn keep_presence_of_all(self) {
        let mut sure_from = Instant::now() + GRACE;
        while !self.rooms.is_stopping() {
            sleep(TELL).await;
            if let Err(problem) = self.tell_and_time_out(sure_from <= Instant::now()).await {
                log::warn!("Who is present could not be told to other nodes: {problem}");
                // Whoever could not be told of is not silent.
                sure_from = Instant::now() + GRACE;
            }
        }
    }

    async fn tell_and_time_out(&self, sure: bool) -> Result<(), crate::live::Error> {
        let news: Vec<_> = self.rooms.all().iter().flat_map(|room| room.presence.take_news()).collect();
        self.store.seen(&news).await?;
        if !sure {
            return Ok(());
        }
        let since = self.store.clock().now().plus_seconds(-i64::try_from((GRACE + TELL).as_secs()).unwrap_or(i64::MAX));
        for (event, who) in self.store.silent(since).await? {
            self.writer.note(ParticipantAction::TimeOut { event, who })?;
        }
        Ok(())
    }

    /// After a start everyone who was present has the whole grace to come back.
    async fn resume_presence(&self) -> Result<(), crate::live::Error> {
        for id in self.store.inhabited().await? {
            let room = self.rooms.enter(&self.store, &id).await?;
            for who in room.people() {
                if who.standing == ParticipantState::Here {
                    room.presence.seen(&who.id);
                }
            }
        }
        Ok(())
    }

    /// Makes the events of the coming weeks.
    async fn keep_ahead(self) {
        while !self.rooms.is_stopping() {
            match self.store.other_zones(Zone::release()).await {
                Ok(None) => {}
                Ok(Some(other)) => {
                    // Events would be made a second time next to those of the other data.
                    log::warn!(
                        "The schedule was made with other time zone data (IANA {other}) than this node has (IANA {}), so this node makes \
                         no events ahead. Give all nodes the same Gavel and the same time zone data.",
                        Zone::release()
                    );
                    if zone::is_newer(&other, Zone::release())
                        && let Err(problem) = self.store.note_older_zones(Zone::release()).await
                    {
                        log::error!("It could not be noted that this node has older time zone data: {problem}");
                    }
                    sleep(TOP_UP).await;
                    continue;
                }
                Err(problem) => log::error!("The time zone release of the schedule could not be read: {problem}"),
            }
            match self.store.repeating().await {
                Ok(meetings) => {
                    for meeting in meetings {
                        match self.writer.act(OrganizerAction::TopUp { meeting }).await {
                            // Deleted a moment ago.
                            Ok(_) | Err(crate::live::Error::Stopping | crate::live::Error::Store(store::Error::Missing)) => {}
                            Err(problem) => log::error!("Events could not be made ahead: {problem}"),
                        }
                    }
                }
                Err(problem) => log::error!("The meetings that repeat could not be read: {problem}"),
            }
            sleep(TOP_UP).await;
        }
    }
}
