//! A client of the program's API that knows nothing of its insides.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// One server, by its address.
#[derive(Clone)]
pub struct Api {
    pub base: String,
    pub client: Client,
}

/// Somebody in an event.
#[derive(Clone, Debug)]
pub struct Person {
    pub token: String,
    pub cursor: i64,
}

impl Api {
    pub fn new(base: &str) -> Self {
        Self { base: base.to_owned(), client: Client::builder().timeout(Duration::from_mins(1)).build().unwrap() }
    }

    /// A request to a path below `/api/v1`; an empty token is none.
    pub fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}/api/v1{path}", self.base));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    /// Sends a request and gives status and JSON.
    pub async fn send(request: RequestBuilder) -> reqwest::Result<(u16, Value)> {
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let body = answer.text().await?;
        Ok((status, serde_json::from_str(&body).unwrap_or(Value::String(body))))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = Self::send(self.request(Method::GET, path, "")).await.unwrap();
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Posts and gives status and JSON.
    pub async fn post(&self, path: &str, token: &str, body: &Value) -> (u16, Value) {
        Self::send(self.request(Method::POST, path, token).json(body)).await.unwrap()
    }

    /// Makes a meeting with an event that is open for an hour from now; gives the event's id.
    pub async fn open_event(&self, token: &str, slug: &str) -> String {
        let meeting = json!({
            "title": "Weekly", "slug": slug, "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60
        });
        let (status, made) = self.post("/meetings", token, &meeting).await;
        assert_eq!(status, 201, "{made}");
        let now = self.get("/time").await["now"].as_i64().unwrap();
        let event = json!({"closes_at": now + 3_600_000_000_i64});
        let (status, event) = self.post(&format!("/meetings/{slug}/events"), token, &event).await;
        assert_eq!(status, 201, "{event}");
        event["id"].as_str().unwrap().to_owned()
    }

    pub async fn join(&self, event: &str, nick: &str) -> Person {
        let (status, made) = self.post(&format!("/events/{event}/participants"), "", &json!({"nick": nick})).await;
        assert_eq!(status, 201, "{made}");
        Person { token: made["token"].as_str().unwrap().to_owned(), cursor: made["cursor"].as_i64().unwrap() }
    }

    /// A post of a message, ready to be sent.
    pub fn saying(&self, event: &str, who: &Person, text: &str, nonce: &str) -> RequestBuilder {
        self.request(Method::POST, &format!("/events/{event}/messages"), &who.token).json(&json!({"text": text, "nonce": nonce}))
    }

    /// Every row of an event, from the transcript.
    pub async fn rows(&self, event: &str) -> Vec<Value> {
        rows(&self.get(&format!("/events/{event}/transcript.json")).await)
    }
}

/// The rows of an answer.
pub fn rows(answer: &Value) -> Vec<Value> {
    answer["messages"].as_array().unwrap_or_else(|| panic!("no rows: {answer}")).clone()
}

/// What people said, in order.
pub fn said(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter(|row| row["kind"] == "said").map(|row| row["text"].as_str().unwrap()).collect()
}
