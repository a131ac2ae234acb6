//! Mails to be sent: who takes one has it to itself for a while, whatever other nodes do.

use sqlx::Row as _;

use crate::domain::reminders::What;
use crate::domain::schedule::event::EventId;
use crate::domain::time::Timestamp;
use crate::store::db::row::{Record as _, undecodable};
use crate::store::{Error, Store};

/// How long a mail that was taken is kept from others, in seconds: longer than sending one ever takes.
/// Public, so that tests can let it pass.
pub const LEASE: i64 = 180;

/// A mail to be sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Stable, whoever sends it and how often.
    pub id: String,
    pub reminder: String,
    pub what: What,
    /// The event that it reminds of.
    pub event: Option<EventId>,
    pub detail: Option<String>,
    /// When it would come too late; of a reminder the start that it tells.
    pub until: Timestamp,
    /// How often it was taken, this time included.
    pub tries: i64,
}

impl Store {
    /// Takes the next mail that is due. Where [`Self::mail_is_sent`] or another word on it does not come
    /// within [`LEASE`], it is due again.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn take_mail(&self) -> Result<Option<Mail>, Error> {
        let now = self.clock.now();
        // Nearly always there is none, and then nobody has to wait for the writer.
        let any = sqlx::query("SELECT id FROM mail WHERE sent_at IS NULL AND failed_at IS NULL AND due_at <= $1 LIMIT 1");
        if any.bind(now.micros()).fetch_optional(&self.readers).await?.is_none() {
            return Ok(None);
        }
        // On PostgreSQL the second of two nodes waits for the first one's row and then looks at its `due_at` again.
        let query = sqlx::query(
            "UPDATE mail SET due_at = $1, tries = tries + 1 \
             WHERE id = (SELECT id FROM mail WHERE sent_at IS NULL AND failed_at IS NULL AND due_at <= $2 ORDER BY due_at, id LIMIT 1) \
             AND sent_at IS NULL AND failed_at IS NULL AND due_at <= $2 \
             RETURNING id, reminder_id, what, event_id, detail, until_at, tries",
        )
        .bind(now.plus_seconds(LEASE).micros())
        .bind(now.micros());
        let work = async {
            let mut held = self.writer.hold().await?;
            let rows = query.fetch_all(&mut *held).await?;
            held.release();
            Ok(rows)
        };
        let rows = self.within_patience(work).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let what = row.text("what")?;
        Ok(Some(Mail {
            id: row.text("id")?,
            reminder: row.text("reminder_id")?,
            what: What::parse(&what).ok_or_else(|| undecodable("what", &what))?,
            event: row.text_or_null("event_id")?.map(|_| row.event_id("event_id")).transpose()?,
            detail: row.text_or_null("detail")?,
            until: Timestamp::from_micros(row.number("until_at")?),
            tries: row.try_get("tries")?,
        }))
    }

    /// Notes that a mail is on its way.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn mail_is_sent(&self, id: &str) -> Result<(), Error> {
        self.on_mail("UPDATE mail SET sent_at = $1 WHERE id = $2", self.clock.now(), id).await
    }

    /// Notes that nobody takes a mail.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn mail_has_failed(&self, id: &str) -> Result<(), Error> {
        self.on_mail("UPDATE mail SET failed_at = $1 WHERE id = $2", self.clock.now(), id).await
    }

    /// Has a mail be tried again at `due`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn put_off_mail(&self, id: &str, due: Timestamp) -> Result<(), Error> {
        self.on_mail("UPDATE mail SET due_at = $1 WHERE id = $2", due, id).await
    }

    async fn on_mail(&self, statement: &'static str, at: Timestamp, id: &str) -> Result<(), Error> {
        self.writer.execute(sqlx::query(statement).bind(at.micros()).bind(id)).await?;
        Ok(())
    }

    /// Drops a mail that has nothing to say any more.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn drop_mail(&self, id: &str) -> Result<(), Error> {
        self.writer.execute(sqlx::query("DELETE FROM mail WHERE id = $1").bind(id)).await?;
        Ok(())
    }

    /// Gives up the mails that would come too late, and says how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn give_up_late_mails(&self) -> Result<u64, Error> {
        let late: i64 = sqlx::query_scalar("SELECT count(*) FROM mail WHERE sent_at IS NULL AND failed_at IS NULL AND until_at <= $1")
            .bind(self.clock.now().micros())
            .fetch_one(&self.readers)
            .await?;
        if late == 0 {
            return Ok(0);
        }
        let query = sqlx::query("UPDATE mail SET failed_at = $1 WHERE sent_at IS NULL AND failed_at IS NULL AND until_at <= $1");
        Ok(self.writer.execute(query.bind(self.clock.now().micros())).await?.rows_affected())
    }
}
