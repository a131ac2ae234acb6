//! A browser that keeps cookies as they are sent, so that tests see their names, their attributes and their size.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response};

use super::TestApp;

/// A browser on the site of a test.
pub struct Browser {
    client: Client,
    base: String,
    cookies: Mutex<BTreeMap<String, String>>,
    /// Every `Set-Cookie` so far.
    pub set: Mutex<Vec<String>>,
}

impl Browser {
    pub fn new(app: &TestApp) -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, base: app.base.clone(), cookies: Mutex::default(), set: Mutex::default() }
    }

    /// Gives the browser a cookie that it has from before.
    pub fn keep(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// The names of its cookies.
    pub fn names(&self) -> Vec<String> {
        self.cookies.lock().unwrap().keys().cloned().collect()
    }

    /// What it sends as `Cookie`.
    pub fn header(&self) -> String {
        self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Sends a request of one of our pages.
    pub async fn send(&self, request: RequestBuilder) -> Response {
        let answer = request.header("Cookie", self.header()).header("Sec-Fetch-Site", "same-origin").send().await.unwrap();
        self.take(answer.headers());
        answer
    }

    fn take(&self, headers: &HeaderMap) {
        for set in headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            self.set.lock().unwrap().push(set.to_owned());
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if set.contains("Max-Age=0") {
                cookies.remove(name)
            } else {
                cookies.insert(name.to_owned(), value.to_owned())
            };
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    pub async fn page(&self, path: &str) -> String {
        self.get(path).await.text().await.unwrap()
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.send(self.client.post(format!("{}{path}", self.base)).form(form)).await
    }

    pub async fn post_json(&self, path: &str, body: &serde_json::Value) -> Response {
        self.send(self.client.post(format!("{}/api/v1{path}", self.base)).json(body)).await
    }

    /// The secret of the forms on a page.
    pub async fn csrf(&self, path: &str) -> String {
        self.page(path).await.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned()
    }

    /// Signs the organizer `olga` in.
    pub async fn sign_in(&self) {
        let csrf = self.csrf("/sign-in").await;
        let answer = self.post("/sign-in", &[("csrf", &csrf), ("name", "olga"), ("password", "correct horse")]).await;
        assert_eq!(answer.status(), 303);
    }

    /// A poll from the start at this address.
    pub async fn poll(&self, polls: &str, event: &str) -> Response {
        self.send(self.client.get(format!("{polls}/api/v1/events/{event}/messages?after=0&wait=0"))).await
    }
}
