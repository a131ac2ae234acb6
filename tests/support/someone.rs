//! Joining events.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Reply, TestApp};

/// Somebody in an event.
#[derive(Clone, Debug)]
pub struct Someone {
    pub id: String,
    pub token: String,
    pub cursor: i64,
}

impl Someone {
    /// Reads the answer to a join.
    pub fn of(joined: &Value) -> Self {
        let text = |key: &str| joined[key].as_str().unwrap().to_owned();
        Self { id: text("id"), token: text("token"), cursor: joined["cursor"].as_i64().unwrap() }
    }
}

impl TestApp {
    /// Tries to join.
    pub async fn try_join(&self, event: &str, nick: &str, nonce: Option<&str>) -> Reply {
        let body = json!({"nick": nick, "nonce": nonce});
        self.call(Method::POST, &format!("/events/{event}/participants"), None, Some(body)).await
    }

    /// Joins.
    pub async fn join(&self, event: &str, nick: &str) -> Someone {
        Someone::of(&self.try_join(event, nick, None).await.expect(201))
    }

    /// Joins as the meeting's organizer, who is a chair.
    pub async fn join_as_chair(&self, event: &str, nick: &str) -> Someone {
        let path = format!("/events/{event}/participants");
        Someone::of(&self.call(Method::POST, &path, Some(&self.token), Some(json!({"nick": nick}))).await.expect(201))
    }
}
