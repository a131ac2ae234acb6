//! The one connection that writes, kept between transactions.
//!
//! No pool: a pool asks the database whether a returned connection is still alive, one more round
//! trip to SQLite's thread for each transaction, as long as the transaction itself.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::any::{AnyArguments, AnyQueryResult};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, Connection};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::engine::Engine;
use super::open;
use crate::store::Error;

/// The way to the writing connection, for one at a time.
#[derive(Clone, Debug)]
pub(in crate::store) struct Lane {
    engine: Engine,
    url: Arc<str>,
    kept: Arc<Mutex<Option<AnyConnection>>>,
}

/// The writing connection. Dropped without [`Self::release`] it is closed, which takes back whatever
/// it has begun; the next one is fresh.
pub(in crate::store) struct Held {
    connection: AnyConnection,
    place: OwnedMutexGuard<Option<AnyConnection>>,
}

impl Lane {
    /// Opens the connection to the database at `url`.
    pub async fn open(engine: Engine, url: &str) -> Result<Self, sqlx::Error> {
        let connection = open::connect(engine, url).await?;
        Ok(Self { engine, url: url.into(), kept: Arc::new(Mutex::new(Some(connection))) })
    }

    /// Waits for the connection.
    pub async fn hold(&self) -> Result<Held, sqlx::Error> {
        let mut place = Arc::clone(&self.kept).lock_owned().await;
        let connection = match place.take() {
            Some(connection) => connection,
            None => open::connect(self.engine, &self.url).await?,
        };
        Ok(Held { connection, place })
    }

    /// Waits for the turn to write, for who has a connection of another kind.
    pub async fn turn(&self) -> OwnedMutexGuard<Option<AnyConnection>> {
        Arc::clone(&self.kept).lock_owned().await
    }

    /// Runs one statement outside of any transaction.
    pub async fn execute(&self, query: Query<'_, Any, AnyArguments>) -> Result<AnyQueryResult, Error> {
        let work = async {
            let mut held = self.hold().await?;
            let done = query.execute(&mut *held).await?;
            held.release();
            Ok(done)
        };
        self.engine.within_patience(work, Error::silent).await
    }

    /// Closes the connection.
    pub async fn close(&self) {
        if let Some(connection) = self.kept.lock().await.take()
            && let Err(problem) = connection.close().await
        {
            log::warn!("The database was not closed in good order: {problem}");
        }
    }
}

impl Held {
    /// Keeps the connection for the next one.
    pub fn release(self) {
        let Self { connection, mut place } = self;
        *place = Some(connection);
    }
}

impl Deref for Held {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}
