//! The connections that read, side by side, none of which is waited for without end.
//!
//! A server of databases may be gone without a word, and a connection to it says nothing any more then. Who
//! reads gives up after a while, and gives the connection up as well: the pool would ask it whether it is
//! alive, and wait for that answer without end.

use std::io;
use std::ops::{Deref, DerefMut};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, TryStreamExt};
use sqlx::any::{AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Describe, Either, Execute, Executor, SqlStr, Transaction};

use super::engine::Engine;
use super::open;
use crate::store::silence;

/// The pool of connections that read.
#[derive(Clone, Debug)]
pub(in crate::store) struct Readers {
    engine: Engine,
    pool: AnyPool,
}

/// One of them. Dropped without [`Self::give_back`] or [`Self::end`] it is closed.
#[derive(Debug)]
pub(in crate::store) struct Lent {
    connection: PoolConnection<Any>,
    is_good: bool,
}

impl Readers {
    /// At most so many `connections` to the database at `url`.
    pub async fn open(engine: Engine, url: &str, connections: u32) -> Result<Self, sqlx::Error> {
        Ok(Self { engine, pool: open::readers_pool(engine, url, connections).await? })
    }

    /// A connection.
    pub async fn lend(&self) -> Result<Lent, sqlx::Error> {
        Ok(Lent { connection: self.pool.acquire().await?, is_good: false })
    }

    /// A connection on which all reading shows this moment, up to [`Lent::end`].
    pub async fn lend_for_one_moment(&self) -> Result<Lent, sqlx::Error> {
        let mut lent = self.lend().await?;
        lent.execute(self.engine.begin_reading()).await?;
        Ok(lent)
    }

    /// The same for somebody who takes all the time that it needs.
    pub async fn begin(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        self.pool.begin_with(self.engine.begin_reading()).await
    }

    /// Whether anybody reads just now.
    pub fn are_busy(&self) -> bool {
        usize::try_from(self.pool.size()).is_ok_and(|all| all > self.pool.num_idle())
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Lent {
    /// Ends what [`Readers::lend_for_one_moment`] began. Its connection is as good as before, whatever was found.
    pub async fn end(mut self) -> Result<(), sqlx::Error> {
        self.execute("COMMIT").await?;
        self.give_back();
        Ok(())
    }

    /// Keeps the connection for the next one.
    pub fn give_back(mut self) {
        self.is_good = true;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.is_good {
            self.connection.close_on_drop();
        }
    }
}

impl Deref for Lent {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}

/// Runs a statement on any of them. All rows are there before the first one is given out.
impl<'p> Executor<'p> for &'_ Readers {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<AnyQueryResult, AnyRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let this = self.clone();
        let all = async move {
            let read = async {
                let mut lent = this.lend().await?;
                let all: Result<Vec<_>, _> = lent.fetch_many(query).try_collect().await;
                lent.give_back();
                all
            };
            this.engine.within_patience(read, silent).await
        };
        Box::pin(stream::once(all).map_ok(|all| stream::iter(all.into_iter().map(Ok))).try_flatten())
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let this = self.clone();
        Box::pin(async move {
            let read = async {
                let mut lent = this.lend().await?;
                let row = lent.fetch_optional(query).await;
                lent.give_back();
                row
            };
            this.engine.within_patience(read, silent).await
        })
    }

    // What asks for these does so once, and not here.

    fn prepare_with<'e>(self, query: SqlStr, parameters: &'e [AnyTypeInfo]) -> BoxFuture<'e, Result<AnyStatement, sqlx::Error>>
    where
        'p: 'e,
    {
        self.pool.prepare_with(query, parameters)
    }

    fn describe<'e>(self, query: SqlStr) -> BoxFuture<'e, Result<Describe<Any>, sqlx::Error>>
    where
        'p: 'e,
    {
        self.pool.describe(query)
    }
}

fn silent() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, silence()))
}
