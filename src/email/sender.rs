//! The task that plans mails and sends those that are due, one at a time, until the program ends.
//!
//! Looks each second, so that it needs to be told of nothing, on whatever node it happened. What is sent is
//! written from the rows as they are then: a mail that has become untrue is dropped.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::message;
use super::settings::Settings;
use super::smtp::{Refusal, SmtpConnection};
use crate::domain::reminders::change::Change;
use crate::domain::reminders::email_text::{Letter, Sender};
use crate::domain::reminders::{Reminder, ReminderTimes, What};
use crate::domain::schedule::event::ChatEvent;
use crate::domain::schedule::meeting::Meeting;
use crate::domain::secret::Signer;
use crate::domain::time::Timestamp;
use crate::store::reminders::queue::Mail;
use crate::store::{Error, Store};

/// How often it looks what is due.
const LOOK: Duration = Duration::from_secs(1);
/// How long it leaves a server alone that takes nothing, or a database that does not answer.
const REST: Duration = Duration::from_secs(5);
/// How often mails are planned, in seconds on the clock: with 2,000 meetings that have readers it takes 30 ms.
const PLAN: i64 = 5;
/// How often what is over is swept out, in minutes.
const SWEEP: i64 = 60;
/// How long a mail waits after its first try, in seconds; twice as long after each further one.
const FIRST_WAIT: i64 = 30;
/// How often the wait is doubled at the most: to 32 minutes.
const DOUBLINGS: i64 = 6;

/// The task.
pub(super) struct SenderTask {
    settings: Arc<Settings>,
    store: Store,
    signer: Signer,
    stopping: watch::Receiver<bool>,
    swept: Timestamp,
    planned: Timestamp,
    /// The server is left alone until then.
    rests_until: Option<Instant>,
}

impl SenderTask {
    pub fn new(settings: Arc<Settings>, store: Store, signer: Signer, stopping: watch::Receiver<bool>) -> Self {
        Self { settings, store, signer, stopping, swept: Timestamp::ZERO, planned: Timestamp::ZERO, rests_until: None }
    }

    /// Works until it is told to stop.
    pub async fn work(mut self) {
        while !self.is_stopping() {
            let pause = match self.look().await {
                Ok(()) => LOOK,
                Err(problem) => {
                    log::error!("Mails could not be planned or sent: {problem}");
                    REST
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                // Nobody is there any more to say so: that is the end, too.
                _ = self.stopping.changed() => {}
            }
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow() || self.stopping.has_changed().is_err()
    }

    async fn look(&mut self) -> Result<(), Error> {
        let now = self.store.clock().now();
        // In both cases, a clock that stepped back is not a reason to wait until it has caught up.
        if now >= self.swept.plus_minutes(SWEEP) || now < self.swept {
            self.store.sweep_reminders().await?;
            self.swept = now;
        }
        if now >= self.planned.plus_seconds(PLAN) || now < self.planned {
            self.store.plan_mails().await?;
            let late = self.store.give_up_late_mails().await?;
            if late > 0 {
                log::warn!("{late} mails could not be delivered in time, and are given up.");
            }
            self.planned = now;
        }
        if self.rests_until.is_some_and(|until| Instant::now() < until) {
            return Ok(());
        }
        let mut line = None;
        let done = self.send_due(&mut line).await;
        if let Some(line) = line {
            line.close().await;
        }
        done
    }

    /// Sends mails over one line as long as there are any.
    async fn send_due(&mut self, line: &mut Option<SmtpConnection>) -> Result<(), Error> {
        while !self.is_stopping() {
            let Some(mail) = self.store.take_mail().await? else { break };
            let Some((reminder, letter)) = self.letter(&mail).await? else {
                self.store.drop_mail(&mail.id).await?;
                continue;
            };
            match self.send(line, &mail, &reminder, letter).await {
                Ok(()) => self.store.mail_is_sent(&mail.id).await?,
                Err(Refusal::ForGood(cause)) => {
                    *line = None;
                    log::warn!("A mail to {} was refused for good: {cause}.", reminder.email.masked());
                    self.store.mail_has_failed(&mail.id).await?;
                }
                Err(refusal) => {
                    *line = None;
                    let wait = FIRST_WAIT << (mail.tries - 1).clamp(0, DOUBLINGS);
                    self.store.put_off_mail(&mail.id, self.store.clock().now().plus_seconds(wait)).await?;
                    let server = self.settings.server.name();
                    if let Refusal::Closed(cause) = refusal {
                        log::warn!("The server of mail {server} takes none now: {cause}. Nothing is lost; it is asked again.");
                        self.rests_until = Some(Instant::now() + REST);
                        break;
                    }
                    log::warn!("The server of mail {server} did not take a mail: {refusal}. It is tried again in {wait} s.");
                }
            }
        }
        Ok(())
    }

    async fn send(&self, line: &mut Option<SmtpConnection>, mail: &Mail, to: &Reminder, letter: Letter) -> Result<(), Refusal> {
        let now = self.store.clock().now();
        let written = message::write(&self.settings, to, letter, &mail.id, &self.stop(to), now);
        let written = written.map_err(|cause| Refusal::ForGood(format!("it cannot be written ({cause})")))?;
        let open = match line {
            Some(line) => line,
            None => line.insert(SmtpConnection::open(&self.settings.server, self.settings.from.0.email.domain()).await?),
        };
        open.send(&written.envelope, &written.bytes).await
    }

    /// What a mail says, and to whom; `None` where it has nothing to say any more.
    async fn letter(&self, mail: &Mail) -> Result<Option<(Reminder, Letter)>, Error> {
        let Some(reminder) = self.store.find_reminder(&mail.reminder).await? else { return Ok(None) };
        let meeting = self.store.get_meeting(&reminder.meeting).await?;
        let sender = Sender { site: &self.settings.site, origin: &self.settings.origin };
        let letter = match mail.what {
            What::Confirm => self.confirmation(sender, &meeting, &reminder, mail),
            What::Day | What::Hour => {
                let Some(event) = &mail.event else { return Ok(None) };
                let event = self.store.find_event(event).await?;
                event.filter(|event| is_true(mail, event)).map(|event| sender.reminder(&meeting, &event, &self.stop(&reminder)))
            }
            What::Changed => {
                let changes: Vec<Change> =
                    serde_json::from_str(mail.detail.as_deref().unwrap_or_default()).map_err(|cause| Error::Unavailable(cause.into()))?;
                let next = self.store.next_span(&meeting.id).await?;
                (!changes.is_empty()).then(|| sender.changes(&meeting, &changes, next, &self.stop(&reminder)))
            }
        };
        Ok(letter.map(|letter| (reminder, letter)))
    }

    fn confirmation(&self, sender: Sender<'_>, meeting: &Meeting, to: &Reminder, mail: &Mail) -> Option<Letter> {
        let choice = mail.detail.as_deref().and_then(ReminderTimes::of_code)?;
        if meeting.deleted_at.is_some() {
            return None;
        }
        let token = self.signer.mailed("confirm", &format!("{}.{}", to.id, choice.code()));
        Some(sender.confirmation(meeting, choice, &format!("/reminders/confirm/{token}")))
    }

    /// The path by which the reminders end.
    fn stop(&self, reminder: &Reminder) -> String {
        format!("/reminders/stop/{}", self.signer.mailed("stop", &reminder.id))
    }
}

/// Whether an event is still to come at the time that a mail tells.
fn is_true(mail: &Mail, event: &ChatEvent) -> bool {
    event.cancelled_at.is_none() && event.closed.is_none() && event.opens_at == mail.until
}
