//! Organizers, their sign-ins and their API tokens. Secrets come in hashed.

use sqlx::any::AnyRow;
use sqlx::{Executor as _, Row};

use crate::domain::people::organizer::Organizer;
use crate::domain::talk::participant::Nick;
use crate::domain::time::Timestamp;
use crate::domain::{limits, secret};
use crate::store::{Error, Store};

impl Store {
    /// Makes an account. `password` is a PHC string.
    ///
    /// # Errors
    /// [`Error::Conflict`] where the name, or one like it, is taken.
    pub async fn add_organizer(&self, name: &Nick, password: &str) -> Result<Organizer, Error> {
        self.insert_organizer(
            "INSERT INTO organizer (id, name, name_key, password, created_at) VALUES ($1, $2, $3, $4, $5)",
            name,
            password,
        )
        .await
    }

    /// Makes the first account, and only the first.
    ///
    /// # Errors
    /// [`Error::Conflict`] where there is one already.
    pub async fn add_first_organizer(&self, name: &Nick, password: &str) -> Result<Organizer, Error> {
        self.insert_organizer(
            "INSERT INTO organizer (id, name, name_key, password, created_at) \
             SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM organizer) = 0",
            name,
            password,
        )
        .await
    }

    async fn insert_organizer(&self, sql: &'static str, name: &Nick, password: &str) -> Result<Organizer, Error> {
        let id = format!("o_{}", secret::readable(16));
        let work = async {
            // Dropped before the commit, the connection takes everything back.
            let mut held = self.writer.hold().await?;
            held.execute(self.engine.begin()).await?;
            if let Some(lock) = self.engine.lock_organizers() {
                held.execute(lock).await?;
            }
            let known: Vec<String> = sqlx::query_scalar("SELECT name FROM organizer").fetch_all(&mut *held).await?;
            let query = sqlx::query(sql).bind(&id).bind(name.as_str()).bind(name.key()).bind(password).bind(self.clock.now().micros());
            let is_free = !known.iter().any(|known| name.is_like(known)) && query.execute(&mut *held).await?.rows_affected() > 0;
            held.execute(if is_free { "COMMIT" } else { "ROLLBACK" }).await?;
            held.release();
            if is_free { Ok(()) } else { Err(Error::Conflict) }
        };
        self.within_patience(work).await?;
        Ok(Organizer { id, name: name.as_str().to_owned() })
    }

    /// Whether anybody has an account yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn has_organizers(&self) -> Result<bool, Error> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM organizer").fetch_one(&self.readers).await?;
        Ok(count > 0)
    }

    /// The only account there is; `None` where there are several, or none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn only_organizer(&self) -> Result<Option<Organizer>, Error> {
        let rows = sqlx::query("SELECT id, name FROM organizer LIMIT 2").fetch_all(&self.readers).await?;
        if let [row] = &rows[..] { Ok(Some(organizer(row)?)) } else { Ok(None) }
    }

    /// The account of that name with its password's hash.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_organizer(&self, name: &Nick) -> Result<Option<(Organizer, String)>, Error> {
        // The name as it is written comes first: an account whose key another one has is found by that alone.
        let find = "SELECT id, name, password FROM organizer WHERE name_key = $1 OR name = $2 \
             ORDER BY CASE WHEN name = $2 THEN 0 ELSE 1 END LIMIT 1";
        let row = sqlx::query(find).bind(name.key()).bind(name.as_str().to_owned()).fetch_optional(&self.readers).await?;
        row.map(|row| Ok((organizer(&row)?, row.try_get("password")?))).transpose()
    }

    /// Notes that a browser is signed in, and forgets sign-ins that ended.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn add_session(&self, organizer: &Organizer, hash: &str) -> Result<(), Error> {
        let now = self.clock.now();
        self.writer.execute(sqlx::query("DELETE FROM session WHERE used_at < $1").bind(oldest(now))).await?;
        let query = sqlx::query("INSERT INTO session (hash, organizer_id, created_at, used_at) VALUES ($1, $2, $3, $3)")
            .bind(hash)
            .bind(&organizer.id)
            .bind(now.micros());
        self.writer.execute(query).await?;
        Ok(())
    }

    /// Who is signed in with this secret. Use within the 30 days prolongs it, noted once an hour.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_session(&self, hash: &str) -> Result<Option<Organizer>, Error> {
        let now = self.clock.now();
        let row = sqlx::query(
            "SELECT o.id, o.name, s.used_at FROM session s JOIN organizer o ON o.id = s.organizer_id \
             WHERE s.hash = $1 AND s.used_at >= $2",
        )
        .bind(hash)
        .bind(oldest(now))
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        if row.try_get::<i64, _>("used_at")? < now.plus_minutes(-60).micros() {
            self.writer.execute(sqlx::query("UPDATE session SET used_at = $1 WHERE hash = $2").bind(now.micros()).bind(hash)).await?;
        }
        Ok(Some(organizer(&row)?))
    }

    /// Ends a sign-in.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn drop_session(&self, hash: &str) -> Result<(), Error> {
        self.writer.execute(sqlx::query("DELETE FROM session WHERE hash = $1").bind(hash)).await?;
        Ok(())
    }

    /// Notes an API token.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn add_token(&self, organizer: &Organizer, hash: &str) -> Result<(), Error> {
        let query = sqlx::query("INSERT INTO api_token (hash, organizer_id, created_at) VALUES ($1, $2, $3)")
            .bind(hash)
            .bind(&organizer.id)
            .bind(self.clock.now().micros());
        self.writer.execute(query).await?;
        Ok(())
    }

    /// Whose API token this is.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_token(&self, hash: &str) -> Result<Option<Organizer>, Error> {
        let row = sqlx::query("SELECT o.id, o.name FROM api_token t JOIN organizer o ON o.id = t.organizer_id WHERE t.hash = $1")
            .bind(hash)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(organizer).transpose()
    }
}

fn oldest(now: Timestamp) -> i64 {
    now.plus_days(-limits::SIGN_IN_DAYS).micros()
}

fn organizer(row: &AnyRow) -> Result<Organizer, Error> {
    Ok(Organizer { id: row.try_get("id")?, name: row.try_get("name")? })
}
