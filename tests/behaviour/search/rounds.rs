//! Rounds of the search index next to others who write: what changed between reading and writing.

use gavel::domain::search::Query;
use gavel::store::search::Search;
use sqlx::{AnyConnection, Executor as _};

use crate::support::data::Engine;
use crate::support::desk::Desk;

/// Takes the lock under which nodes write to the index. “index” in ASCII, as in the program.
const LOCK: &str = "SELECT pg_advisory_xact_lock(452823639416)";
const WAITING: &str = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
     WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted";

/// Waits until a round of the index has read its rows and wants to write.
async fn until_somebody_waits(on: &mut AnyConnection) {
    while sqlx::query_scalar::<_, i64>(WAITING).fetch_one(&mut *on).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_emptied_while_a_round_waits_to_write_is_not_indexed() {
    if Engine::tested() == Engine::Sqlite {
        eprintln!("skipped on SQLite, where a test of the module itself does this: its lock shows nobody who waits");
        return;
    }
    let desk = Desk::new().await;
    let (event, ts) = (desk.open_event().await, desk.now());
    let insert = "INSERT INTO chat_data (event_id, ts, kind, nick, text, html) VALUES \
         ($1, $2, 'said', 'ada', 'a secret tide', ''), ($1, $2 + 1, 'said', 'ada', 'an open tide', '')";
    sqlx::query(insert).bind(event.as_str()).bind(ts).execute(&desk.raw.0).await.unwrap();
    let head = sqlx::query("UPDATE chat_event SET last_ts = $1 WHERE id = $2").bind(ts + 1).bind(event.as_str());
    head.execute(&desk.raw.0).await.unwrap();
    let found = async || {
        let search = Search { query: Query::parse("tide "), limit: 9, ..Search::default() };
        desk.store.search(&search).await.unwrap().into_iter().map(|hit| hit.row.text).collect::<Vec<_>>()
    };
    let events = [event.clone()];

    let mut other = desk.raw.0.begin().await.unwrap();
    other.execute(LOCK).await.unwrap();
    let (store, waiting) = (desk.store.clone(), events.clone());
    let round = tokio::spawn(async move { store.index(&waiting).await });
    until_somebody_waits(&mut other).await;
    sqlx::query("UPDATE chat_data SET text = '' WHERE event_id = $1 AND ts = $2")
        .bind(event.as_str())
        .bind(ts)
        .execute(&mut *other)
        .await
        .unwrap();
    other.commit().await.unwrap();
    assert_eq!(round.await.unwrap().unwrap(), []);
    assert_eq!(found().await, ["an open tide"]);

    // Set back meanwhile, as by a correction of the minutes.
    desk.raw.run("UPDATE search_cursor SET ts = 1, folded = 1").await;
    let mut other = desk.raw.0.begin().await.unwrap();
    other.execute(LOCK).await.unwrap();
    let (store, waiting) = (desk.store.clone(), events.clone());
    let round = tokio::spawn(async move { store.index(&waiting).await });
    until_somebody_waits(&mut other).await;
    other.execute("UPDATE search_cursor SET ts = 0, folded = 7").await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(round.await.unwrap().unwrap(), events);
    assert!(desk.store.search_is_behind().await.unwrap());
    assert_eq!(desk.store.index(&events).await.unwrap(), []);
    assert_eq!((found().await, desk.store.search_is_behind().await.unwrap()), (vec!["an open tide".to_owned()], false));
}
