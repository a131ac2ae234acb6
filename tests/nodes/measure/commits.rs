//! What PostgreSQL itself gets done, without Gavel: the ceiling of one database.

use std::time::{Duration, Instant};

use sqlx::{Connection, Executor, PgConnection};
use tokio::task::JoinSet;

use crate::histories::support::postgres::shared;

const PLAIN: &str = "UPDATE counter SET n = n + 1 WHERE id = $1";
const NOTICED: &str =
    "WITH bumped AS (UPDATE counter SET n = n + 1 WHERE id = $1 RETURNING n) SELECT pg_notify('counter', n::text) FROM bumped";

/// Commits a second of so many connections, each with a row of its own; with a NOTIFY in each, and somebody who listens.
pub async fn rate(connections: usize, notices: bool, lasts: Duration) -> f64 {
    let database = shared().database();
    let mut listener = sqlx::postgres::PgListener::connect(&database.url()).await.unwrap();
    listener.listen("counter").await.unwrap();
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(PgConnection::connect(&database.url()).await.unwrap());
    }
    let made = format!(
        "CREATE TABLE counter (id BIGINT PRIMARY KEY, n BIGINT); INSERT INTO counter SELECT k, 0 FROM generate_series(1, {connections}) k"
    );
    open[0].execute(sqlx::AssertSqlSafe(made)).await.unwrap();
    let (sql, began) = (if notices { NOTICED } else { PLAIN }, Instant::now());
    let mut writing = JoinSet::new();
    for (id, mut connection) in (1_i64..).zip(open) {
        writing.spawn(async move {
            let mut count = 0_u32;
            while began.elapsed() < lasts {
                sqlx::query(sql).bind(id).execute(&mut connection).await.unwrap();
                count += 1;
            }
            count
        });
    }
    let written: u32 = writing.join_all().await.into_iter().sum();
    f64::from(written) / began.elapsed().as_secs_f64()
}
