//! Mail: what is due is planned, written and given to a server of mail, by one task of each node.
//!
//! The table `mail` is the only queue, so nothing is lost with a process. Knows reminders and SMTP, and
//! nothing of rooms, operations or HTTP.

mod message;
mod sender;
pub mod server;
pub mod settings;
pub mod smtp;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::domain::reminders::Email;
use crate::domain::secret::Signer;
use crate::store::Store;
use sender::SenderTask;
pub use settings::{Author, Settings};

/// How long the end of the program waits for the mail that is just being sent. One that is not finished is
/// due again after a while, and may then come twice.
const FINISH: Duration = Duration::from_secs(5);

/// The task that sends mails.
#[derive(Debug)]
pub struct Mailer {
    stop: watch::Sender<bool>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Mailer {
    /// Starts the task. Call it inside a tokio runtime.
    #[must_use]
    pub fn start(settings: Settings, store: Store, signer: Signer) -> Self {
        let (stop, stopping) = watch::channel(false);
        let sender = SenderTask::new(Arc::new(settings), store, signer, stopping);
        Self { stop, task: tokio::sync::Mutex::new(Some(tokio::spawn(sender.work()))) }
    }

    /// Has the task end after the mail that it is at.
    pub fn begin_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until it has ended, for a while.
    pub async fn finish(&self) {
        self.begin_stop();
        let Some(mut task) = self.task.lock().await.take() else { return };
        if tokio::time::timeout(FINISH, &mut task).await.is_err() {
            log::warn!("A server of mail does not answer; a mail that it had taken may come twice.");
            task.abort();
        }
    }
}

/// Whether mail can be addressed so.
#[must_use]
pub fn can_be_sent_to(email: &Email) -> bool {
    Address::from_str(email.as_str()).is_ok()
}
