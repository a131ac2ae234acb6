//! An answer of the server, and what a test asserts of it.

use reqwest::StatusCode;
use serde_json::Value;

/// An answer: status and body.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON in {self:?}"))
    }

    /// Asserts the status and gives the JSON.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).unwrap_or(Value::Null) }
    }

    /// Asserts one of these statuses.
    #[track_caller]
    pub fn expect_any(self, statuses: &[u16]) {
        assert!(statuses.contains(&self.status.as_u16()), "{}: {}", self.status, self.text);
    }

    /// Asserts a problem+json of this status and type.
    #[track_caller]
    pub fn problem(self, status: u16, name: &str) -> Value {
        let kind = self.headers.get("content-type").and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
        let body = self.expect(status);
        assert_eq!(body["type"], format!("/problems/{name}"), "{body}");
        assert_eq!(kind, "application/problem+json");
        assert_eq!(body["status"], status);
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
        body
    }
}
