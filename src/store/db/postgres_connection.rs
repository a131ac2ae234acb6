//! A connection to PostgreSQL for one kind of work, with lists as values.
//!
//! The library's layer for every engine has no arrays. Messages and the search index, of which many are written in one statement,
//! have connections of this kind instead.

use std::str::FromStr;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Executor, PgConnection};
use tokio::sync::Mutex;

use super::engine::Engine;
use super::open;
use super::synchronous::Synchronous;
use crate::store::Error;

/// A connection that is opened when it is needed and kept between transactions.
#[derive(Clone, Debug)]
pub(in crate::store) struct PostgresConnection {
    options: Arc<PgConnectOptions>,
    synchronous: Synchronous,
    kept: Arc<Mutex<Option<PgConnection>>>,
}

impl PostgresConnection {
    /// A connection to the database at `url`.
    pub(in crate::store) fn at(url: &str, synchronous: Synchronous) -> Result<Self, sqlx::Error> {
        Ok(Self { options: Arc::new(PgConnectOptions::from_str(url)?), synchronous, kept: Arc::default() })
    }

    /// Runs `work` on the connection, one at a time, and gives up on a server that does not answer. An error closes the connection, and
    /// the server rolls back an open transaction.
    pub(in crate::store) async fn on<T>(&self, work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Error>) -> Result<T, Error> {
        let mut kept = self.kept.lock().await;
        let work = async {
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => self.connect().await?,
            };
            let done = work(&mut connection).await?;
            Ok((connection, done))
        };
        let (connection, done) = Engine::Postgres.within_patience(work, Error::silent).await?;
        *kept = Some(connection);
        Ok(done)
    }

    async fn connect(&self) -> Result<PgConnection, Error> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        for setting in open::SETTINGS {
            connection.execute(setting).await?;
        }
        if self.synchronous == Synchronous::Normal {
            connection.execute("SET synchronous_commit = off").await?;
        }
        Ok(connection)
    }

    /// Closes the connection.
    pub(in crate::store) async fn close(&self) {
        if let Some(connection) = self.kept.lock().await.take()
            && let Err(problem) = connection.close().await
        {
            log::warn!("The database was not closed in good order: {problem}");
        }
    }
}
