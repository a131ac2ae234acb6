//! Who wants to be reminded of a meeting: asking, confirming, ending, forgetting.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Executor as _, Row as _};

use crate::domain::limits;
use crate::domain::reminders::{CONFIRM_HOURS, Email, Reminder, ReminderTimes};
use crate::domain::time::Timestamp;
use crate::store::db::row::undecodable;
use crate::store::{Error, Store};

/// How long mails and what readers knew are kept behind their time, in days.
const KEPT_DAYS: i64 = 1;

impl Store {
    /// Notes that somebody asked for reminders of a meeting at this address, and plans the mail that asks the
    /// owner of it. The same whether the address has reminders already: a confirmed choice stays until another
    /// is confirmed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ask_for_reminders(&self, meeting: &str, email: &Email, choice: ReminderTimes) -> Result<(), Error> {
        let now = self.clock.now();
        let (id, until) = (Reminder::new_id(), now.plus_minutes(CONFIRM_HOURS * 60));
        self.in_one(async |on| {
            let insert = "INSERT INTO reminder (id, meeting_id, email, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
            sqlx::query(insert).bind(id).bind(meeting).bind(email.as_str()).bind(now.micros()).execute(&mut *on).await?;
            let again = "UPDATE reminder SET created_at = $1 WHERE meeting_id = $2 AND lower(email) = lower($3) AND confirmed_at IS NULL";
            sqlx::query(again).bind(now.micros()).bind(meeting).bind(email.as_str()).execute(&mut *on).await?;
            // Of several that have not gone out yet the last one is enough.
            let only = "DELETE FROM mail WHERE what = 'confirm' AND sent_at IS NULL AND reminder_id IN \
                        (SELECT id FROM reminder WHERE meeting_id = $1 AND lower(email) = lower($2))";
            sqlx::query(only).bind(meeting).bind(email.as_str()).execute(&mut *on).await?;
            let plan = "INSERT INTO mail (id, reminder_id, what, detail, due_at, until_at, tries) \
                        SELECT r.id || $1, r.id, 'confirm', $2, $3, $4, 0 FROM reminder r \
                        WHERE r.meeting_id = $5 AND lower(r.email) = lower($6) ON CONFLICT (id) DO NOTHING";
            sqlx::query(plan)
                .bind(format!(".confirm.{now}"))
                .bind(choice.code())
                .bind(now.micros())
                .bind(until.micros())
                .bind(meeting)
                .bind(email.as_str())
                .execute(on)
                .await?;
            Ok(())
        })
        .await
    }

    /// The reminder with this id, if it is there and not to be forgotten.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_reminder(&self, id: &str) -> Result<Option<Reminder>, Error> {
        let row = sqlx::query(
            "SELECT id, meeting_id, email, confirmed_at FROM reminder WHERE id = $1 AND (confirmed_at IS NOT NULL OR created_at > $2)",
        )
        .bind(id)
        .bind(forgotten(self.clock.now()))
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(reminder).transpose()
    }

    /// Notes that the owner of the address wants these mails; false where the reminder is there no more.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn confirm_reminder(&self, id: &str, choice: ReminderTimes) -> Result<bool, Error> {
        let now = self.clock.now();
        let query = sqlx::query(
            "UPDATE reminder SET confirmed_at = coalesce(confirmed_at, $1), \
             day_from = CASE WHEN $2 = 1 THEN coalesce(day_from, $1) ELSE NULL END, \
             hour_from = CASE WHEN $3 = 1 THEN coalesce(hour_from, $1) ELSE NULL END \
             WHERE id = $4 AND (confirmed_at IS NOT NULL OR created_at > $5)",
        )
        .bind(now.micros())
        .bind(i64::from(choice.day))
        .bind(i64::from(choice.hour))
        .bind(id)
        .bind(forgotten(now));
        Ok(self.writer.execute(query).await?.rows_affected() > 0)
    }

    /// Erases a reminder with its address, and every mail that was planned for it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn drop_reminder(&self, id: &str) -> Result<(), Error> {
        self.writer.execute(sqlx::query("DELETE FROM reminder WHERE id = $1").bind(id)).await?;
        Ok(())
    }

    /// How many readers of a meeting have confirmed reminders.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_reminders(&self, meeting: &str) -> Result<i64, Error> {
        let count = sqlx::query_scalar("SELECT count(*) FROM reminder WHERE meeting_id = $1 AND confirmed_at IS NOT NULL");
        Ok(count.bind(meeting).fetch_one(&self.readers).await?)
    }

    /// Forgets addresses that nobody confirmed, or whose meeting is deleted for good, and what is over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sweep_reminders(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let over = now.plus_days(-KEPT_DAYS).micros();
        let gone = now.plus_days(-limits::UNDO_DAYS).micros();
        for (statement, before) in [
            ("DELETE FROM reminder WHERE confirmed_at IS NULL AND created_at <= $1", forgotten(now)),
            ("DELETE FROM reminder WHERE meeting_id IN (SELECT id FROM meeting WHERE deleted_at <= $1)", gone),
            ("DELETE FROM mail WHERE until_at <= $1", over),
            ("DELETE FROM announced WHERE opens_at <= $1", over),
        ] {
            self.writer.execute(sqlx::query(statement).bind(before)).await?;
        }
        Ok(())
    }

    /// Does `work` in one transaction of the writing connection. An error takes everything back.
    pub(in crate::store) async fn in_one<T>(&self, work: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, Error>) -> Result<T, Error> {
        let all = async {
            let mut held = self.writer.hold().await?;
            let begin = self.engine.begin();
            held.execute(begin).await?;
            let done = work(&mut held).await?;
            held.execute("COMMIT").await?;
            held.release();
            Ok(done)
        };
        self.within_patience(all).await
    }
}

/// What was asked for before this and is not confirmed is forgotten.
fn forgotten(now: Timestamp) -> i64 {
    now.plus_minutes(-CONFIRM_HOURS * 60).micros()
}

fn reminder(row: &AnyRow) -> Result<Reminder, Error> {
    let email: String = row.try_get("email")?;
    Ok(Reminder {
        id: row.try_get("id")?,
        meeting: row.try_get("meeting_id")?,
        email: Email::parse(&email).map_err(|_| undecodable("email", "an address"))?,
        confirmed: row.try_get::<Option<i64>, _>("confirmed_at")?.is_some(),
    })
}
