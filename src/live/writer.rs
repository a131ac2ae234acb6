//! Group commit: one task writes, and everything queued goes into one transaction.
//!
//! Rooms hear of rows from here and nowhere else, after the commit: a handler that announced its own
//! row could be dropped between the two, or overtake an earlier row.
//!
//! A commit costs much more than a row, so where one has just ended the next batch gathers for a moment.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout_at;

use super::Error;
use super::rhythm::Rhythm;
use super::rooms::Rooms;
use crate::domain::schedule::event::EventId;
use crate::domain::talk::participant::ParticipantId;
use crate::store::Store;
#[cfg(feature = "planted")]
use crate::store::log::planted;
use crate::store::schedule::organizer_action::{OrganizerAction, OrganizerOutcome};
use crate::store::talk::participant_action::{ParticipantAction, ParticipantOutcome, Refusal};

/// How many writes may wait. Past that posts are refused with 503, so memory stays bounded.
const QUEUE: usize = 8_192;
/// How many writes one transaction takes.
const BATCH: usize = 1_024;

type Reply<T> = oneshot::Sender<Result<Result<T, Refusal>, Error>>;

enum Job {
    Enter(ParticipantAction, Option<Reply<ParticipantOutcome>>),
    Act(Box<OrganizerAction>, Reply<OrganizerOutcome>),
    /// Finish what came before, then end.
    Stop(oneshot::Sender<()>),
}

/// The way to the writing task.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the writing task. `changed` is told when set times may have changed. Behind a commit the
    /// next batch gathers for `gather`.
    #[must_use]
    pub fn start(store: Store, rooms: Arc<Rooms>, changed: Arc<Notify>, gather: Duration) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(Task { store, rooms, changed, rhythm: Rhythm::new(gather) }.run(jobs));
        Self { queue }
    }

    /// Has an entry written, and waits until it is on disk and announced.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Stopping`], or a store error after which the outcome is unknown.
    pub async fn enter(&self, entry: ParticipantAction) -> Result<Result<ParticipantOutcome, Refusal>, Error> {
        #[cfg(feature = "planted")]
        if planted::bug(planted::Bug::TsOutsideTransaction) {
            for _ in 0..planted::stamp(&entry) {
                tokio::task::yield_now().await;
            }
        }
        self.submit(entry)?.outcome().await
    }

    /// Queues an entry now and waits later: several submitted in a row are committed together.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Stopping`].
    pub fn submit(&self, entry: ParticipantAction) -> Result<Submitted, Error> {
        let (reply, outcome) = oneshot::channel();
        self.push(Job::Enter(entry, Some(reply)))?;
        Ok(Submitted(outcome))
    }

    /// Queues an entry whose outcome nobody waits for.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Stopping`].
    pub fn note(&self, entry: ParticipantAction) -> Result<(), Error> {
        self.push(Job::Enter(entry, None))
    }

    /// Has an organizer's act done, in a transaction of its own.
    ///
    /// # Errors
    /// As for [`Self::enter`].
    pub async fn act(&self, act: OrganizerAction) -> Result<Result<OrganizerOutcome, Refusal>, Error> {
        let (reply, outcome) = oneshot::channel();
        self.push(Job::Act(Box::new(act), reply))?;
        outcome.await.unwrap_or(Err(Error::Stopping))
    }

    /// Lets everything queued be written, then ends the task. Later writes are refused.
    pub async fn drain(&self) {
        let (reply, stopped) = oneshot::channel();
        if self.queue.send(Job::Stop(reply)).await.is_ok() {
            // An error says that the task has ended already, which is what was asked.
            let _ = stopped.await;
        }
    }

    fn push(&self, job: Job) -> Result<(), Error> {
        self.queue.try_send(job).map_err(|problem| match problem {
            mpsc::error::TrySendError::Full(_) => Error::Busy,
            mpsc::error::TrySendError::Closed(_) => Error::Stopping,
        })
    }
}

/// An entry that is queued.
#[derive(Debug)]
pub struct Submitted(oneshot::Receiver<Result<Result<ParticipantOutcome, Refusal>, Error>>);

impl Submitted {
    /// Waits until the entry is on disk and announced.
    ///
    /// # Errors
    /// As for [`Writer::enter`].
    pub async fn outcome(self) -> Result<Result<ParticipantOutcome, Refusal>, Error> {
        self.0.await.unwrap_or(Err(Error::Stopping))
    }
}

struct Task {
    store: Store,
    rooms: Arc<Rooms>,
    changed: Arc<Notify>,
    rhythm: Rhythm,
}

impl Task {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut taken = Vec::with_capacity(BATCH);
        while jobs.recv_many(&mut taken, BATCH).await > 0 {
            self.gather(&mut jobs, &mut taken).await;
            let (mut entries, mut replies) = (Vec::with_capacity(taken.len()), Vec::with_capacity(taken.len()));
            for job in taken.drain(..) {
                match job {
                    Job::Enter(entry, reply) => {
                        entries.push(entry);
                        replies.push(reply);
                    }
                    Job::Act(act, reply) => {
                        self.write(&mut entries, &mut replies).await;
                        self.act(*act, reply).await;
                    }
                    Job::Stop(reply) => {
                        self.write(&mut entries, &mut replies).await;
                        jobs.close();
                        // Nobody may be left to hear it.
                        let _ = reply.send(());
                    }
                }
            }
            self.write(&mut entries, &mut replies).await;
        }
    }

    /// Takes in what comes until the batch is to be written: by one timer, however much that is.
    async fn gather(&self, jobs: &mut mpsc::Receiver<Job>, taken: &mut Vec<Job>) {
        let Some(until) = self.rhythm.until(Instant::now()) else { return };
        let more = async {
            let mut seen = 0;
            while taken.len() < BATCH && !self.hurries(&taken[seen..]) {
                seen = taken.len();
                if jobs.recv_many(taken, BATCH - seen).await == 0 {
                    break;
                }
            }
        };
        // Whichever ends it: what has come is in `taken`.
        let _ = timeout_at(until.into(), more).await;
    }

    /// Whether one of these does not wait for others.
    fn hurries(&self, jobs: &[Job]) -> bool {
        let now = Instant::now();
        jobs.iter().any(|job| match job {
            Job::Enter(entry, reply) => asker(entry, reply.as_ref()).is_some_and(|who| self.rhythm.hurries(who, now)),
            Job::Act(..) | Job::Stop(_) => true,
        })
    }

    async fn write(&mut self, entries: &mut Vec<ParticipantAction>, replies: &mut Vec<Option<Reply<ParticipantOutcome>>>) {
        if entries.is_empty() {
            return;
        }
        let batch = Arc::new(std::mem::take(entries));
        #[cfg(not(feature = "planted"))]
        let written = self.store.write(Arc::clone(&batch)).await;
        #[cfg(feature = "planted")]
        let written = if planted::bug(planted::Bug::AnnounceBeforeCommit) {
            let rooms = Arc::clone(&self.rooms);
            self.store.write_too_loud(Arc::clone(&batch), move |changes| rooms.publish(changes)).await
        } else {
            self.store.write(Arc::clone(&batch)).await
        };
        self.rhythm.wrote(Instant::now(), batch.iter().zip(&*replies).filter_map(|(entry, reply)| asker(entry, reply.as_ref())));
        match written {
            Ok((outcomes, changes)) => {
                self.rooms.announce(&self.store, changes).await;
                for (reply, outcome) in replies.drain(..).zip(outcomes) {
                    // A handler whose client left may be gone; its row stands all the same.
                    if let Some(reply) = reply {
                        let _ = reply.send(Ok(outcome));
                    }
                }
            }
            Err(problem) => {
                log::error!("Messages could not be written: {problem}");
                // Where a server of its own keeps the database it may be away for long. What is in the rooms stays
                // true, and whoever waits there goes on waiting: the relay finds what was written after all.
                if !self.store.is_shared() {
                    self.rooms.doubt(batch.iter().map(ParticipantAction::event));
                }
                for reply in replies.drain(..).flatten() {
                    let _ = reply.send(Err(Error::Unknown));
                }
            }
        }
    }

    async fn act(&mut self, act: OrganizerAction, reply: Reply<OrganizerOutcome>) {
        let event: Option<EventId> = act.event().cloned();
        let acted = self.store.act(act).await;
        self.rhythm.wrote(Instant::now(), std::iter::empty());
        let outcome = match acted {
            Ok((outcome, changes)) => {
                self.rooms.announce(&self.store, changes).await;
                self.changed.notify_one();
                Ok(outcome)
            }
            Err(problem) => {
                match event {
                    Some(event) => self.rooms.doubt(std::iter::once(&event)),
                    None => self.rooms.doubt_all(),
                }
                Err(Error::Store(problem))
            }
        };
        let _ = reply.send(outcome);
    }
}

/// Who waits for the outcome of saying something.
const fn asker<'e>(entry: &'e ParticipantAction, reply: Option<&Reply<ParticipantOutcome>>) -> Option<&'e ParticipantId> {
    match (entry, reply) {
        (ParticipantAction::Say { who, .. }, Some(_)) => Some(who),
        _ => None,
    }
}
