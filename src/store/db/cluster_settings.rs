//! What all nodes of one database have in common.

use crate::store::{Error, Store};

impl Store {
    /// Whether the other nodes have the same `value` under this name; the first node decides.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn agrees(&self, name: &'static str, value: &str) -> Result<bool, Error> {
        let put = sqlx::query("INSERT INTO agreed (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
        self.writer.execute(put.bind(name).bind(value.to_owned())).await?;
        let agreed: String = sqlx::query_scalar("SELECT value FROM agreed WHERE name = $1").bind(name).fetch_one(&self.readers).await?;
        Ok(agreed == value)
    }
}
