//! The version of a meeting's chair link: one more, and the old link leads nowhere.

use crate::store::{Error, Store};

impl Store {
    /// The present version of a meeting's chair link.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Unavailable`].
    pub async fn chair_version(&self, meeting: &str) -> Result<i64, Error> {
        let version = sqlx::query_scalar("SELECT chair_version FROM meeting WHERE id = $1").bind(meeting).fetch_optional(&self.readers);
        version.await?.ok_or(Error::Missing)
    }

    /// Moves a meeting's chair link to a new version.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn renew_chair_key(&self, meeting: &str) -> Result<(), Error> {
        let query = sqlx::query("UPDATE meeting SET chair_version = chair_version + 1 WHERE id = $1").bind(meeting.to_owned());
        self.writer.execute(query).await?;
        Ok(())
    }
}
