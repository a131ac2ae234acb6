//! What a node has locked when it falls silent is free again before anybody else's patience is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::sleep;

use super::hosts::Nodes;
use crate::histories::http::request;
use crate::histories::site::{Person, Site};
use crate::histories::support::postgres::shared;

const AT_MOST: Duration = Duration::from_mins(1);

/// A post to a node that holds the lock of its event and hears nothing any more; then one to another node.
pub async fn the_other_node_is_not_held_up() {
    let nodes = Nodes::start(&shared(), 2);
    let (here, there) = (Arc::new(nodes.only(0)), nodes.only(1));
    let event = nodes.site.open_event(Duration::from_hours(1)).await;
    let ada = nodes.site.join(&event, "ada").await;
    assert_eq!(post(&here, &event, &ada, "first").await.0, 201);

    // The test has the lock, the node waits for it: so it gets it when it can hear of that no more.
    let superuser = format!("postgres://postgres@{}/{}", nodes.database.cluster.address(), nodes.database.name);
    let mut lock = PgConnection::connect(&superuser).await.unwrap();
    lock.execute("BEGIN").await.unwrap();
    sqlx::query("SELECT 1 FROM chat_event WHERE id = $1 FOR UPDATE").bind(&event).execute(&mut lock).await.unwrap();
    let silenced = tokio::spawn({
        let (here, event, ada) = (Arc::clone(&here), event.clone(), ada.clone());
        async move { post(&here, &event, &ada, "silenced").await }
    });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let began = Instant::now();
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut lock).await.unwrap() == 0 {
        assert!(began.elapsed() < AT_MOST, "the node asks for the lock");
        sleep(Duration::from_millis(5)).await;
    }
    nodes.way(0).hold();
    lock.execute("COMMIT").await.unwrap();

    let (status, row) = post(&there, &event, &ada, "other").await;
    assert_eq!(status, 201, "{row}");
    assert_eq!(silenced.await.unwrap().0, 503);
    nodes.way(0).mend();
    let (status, row) = here.call("POST", &format!("/events/{event}/messages"), &ada.token, Some(&saying("silenced"))).await;
    assert_eq!(status, 201, "what it had begun was taken back: {row}");
}

fn saying(nonce: &str) -> Value {
    json!({"text": nonce, "nonce": nonce})
}

/// Posts once.
async fn post(site: &Site, event: &str, who: &Person, nonce: &str) -> (u16, Value) {
    let request = request("POST", &format!("/api/v1/events/{event}/messages"), &who.token, "", Some(&saying(nonce)));
    let reply = site.line().exchange(&request).await.unwrap();
    (reply.status(), reply.json())
}
