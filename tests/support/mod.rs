//! A server of one's own for each test: its own data folder, a port of its own, a clock to turn.
//!
//! Tests speak through [`TestApp`], one method a call of the API, and read JSON.

#![allow(dead_code, reason = "each test binary uses a part of this")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something is not as it must be")]

pub(super) mod browser;
pub mod data;
pub(super) mod desk;
mod events;
pub mod postgres;
pub(super) mod raw_database;
mod reply;
pub(super) mod smtp_server;
mod someone;
mod watch;
pub(super) mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

use gavel::app::App;
use gavel::http::door;
use gavel::live::rooms::Rooms;
use gavel::store::{Clock, Store};
use reqwest::cookie::Jar;
use reqwest::{Client, Method, RequestBuilder};
use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

#[expect(unused_imports, reason = "each test binary uses a part of this")]
pub use events::{Events, Sent};
pub use reply::Reply;
pub use someone::Someone;

use data::Data;

/// One hour in microseconds.
pub const HOUR: i64 = 3_600_000_000;
/// One minute in microseconds.
pub const MINUTE: i64 = 60_000_000;

/// By which listener a test polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Rocket,
    Live,
}

/// A running server.
pub struct TestApp {
    pub base: String,
    /// Where polls go: the same, or the live door.
    pub polls: String,
    pub door: Door,
    /// The operations of the server.
    pub operations: App,
    pub client: Client,
    pub clock: Clock,
    /// The API token of the organizer `olga`.
    pub token: String,
    pub rooms: Arc<Rooms>,
    /// Told when the server is to stop.
    off: Arc<Notify>,
    server: Option<JoinHandle<()>>,
    data: Arc<Data>,
}

impl TestApp {
    /// A new server with an empty database and the organizer `olga`.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same, whose polls and streams come by this door.
    pub async fn start_at(door: Door) -> Self {
        Self::start_at_with(door, &[]).await
    }

    /// A new server with settings such as `("gavel.post_burst", 3)`.
    pub async fn start_with(settings: &[(&str, Value)]) -> Self {
        Self::start_at_with(Door::Rocket, settings).await
    }

    /// The same, whose polls and streams come by this door.
    pub async fn start_at_with(door: Door, settings: &[(&str, Value)]) -> Self {
        Self::start_in(Arc::new(Data::new()), door, settings).await.with_organizer().await
    }

    /// Stops this server in good order and starts another on the same data.
    pub async fn restart(mut self) -> Self {
        let (token, data) = (self.token.clone(), Arc::clone(&self.data));
        self.stop().await;
        let mut app = Self::start_in(data, self.door, &[]).await;
        app.token = token;
        app
    }

    /// Another node on the same data.
    pub async fn beside(&self) -> Self {
        self.beside_with(&[]).await
    }

    /// The same with settings.
    pub async fn beside_with(&self, settings: &[(&str, Value)]) -> Self {
        let mut app = Self::start_in(Arc::clone(&self.data), self.door, settings).await;
        app.token.clone_from(&self.token);
        app
    }

    /// Asks the server to stop, and waits until it has.
    pub async fn stop(&mut self) {
        self.off.notify_one();
        if let Some(server) = self.server.take() {
            server.await.unwrap();
        }
    }

    /// Begins to stop without waiting.
    pub fn begin_stop(&self) {
        self.off.notify_one();
    }

    async fn start_in(data: Arc<Data>, door: Door, settings: &[(&str, Value)]) -> Self {
        let mut figment = Figment::from(rocket::Config::default())
            .merge(("port", 0))
            .merge(("workers", 2))
            .merge(("ip_header", false))
            .merge(("log_level", "critical"))
            .merge(("limits.form", "64KiB"))
            .merge(("shutdown.ctrlc", false))
            .merge(("shutdown.signals", Vec::<String>::new()))
            .merge(("gavel.data_dir", data.folder()))
            .merge(("databases.gavel.url", data.url()))
            .merge(("gavel.post_rate", 1_000))
            .merge(("gavel.post_burst", 10_000))
            .merge(("gavel.address_post_rate", 10_000))
            .merge(("gavel.address_post_burst", 100_000))
            .merge(("gavel.event_post_rate", 10_000))
            .merge(("gavel.event_post_burst", 100_000))
            .merge(("gavel.read_burst", 100_000))
            .merge(("gavel.join_burst", 10_000))
            .merge(("gavel.search_burst", 10_000));
        if door == Door::Live {
            figment = figment.merge(("gavel.live_port", 0));
        }
        for (key, value) in settings {
            figment = figment.merge((*key, value));
        }
        let (started, start) = oneshot::channel();
        let started = std::sync::Mutex::new(Some(started));
        let rocket = gavel::rocket(figment).unwrap().attach(AdHoc::on_liftoff("test", move |rocket| {
            let app = rocket.state::<App>().unwrap().clone();
            let live = rocket.state::<door::Door>().map(door::Door::address);
            if let Some(started) = started.lock().unwrap().take() {
                started.send((rocket.config().port, live, app, rocket.shutdown())).ok();
            }
            Box::pin(async {})
        }));
        let (shutdown, mut begun) = oneshot::channel::<rocket::Shutdown>();
        let off = Arc::new(Notify::new());
        let told = Arc::clone(&off);
        let server = tokio::spawn(async move {
            let stop = async {
                let shutdown = (&mut begun).await.expect("the server starts");
                told.notified().await;
                shutdown.notify();
                std::future::pending::<()>().await;
            };
            // In the task that serves, as the program does it (`src/cli.rs`): told from another thread,
            // Rocket may end without its last steps.
            tokio::select! {
                outcome = gavel::serve(rocket) => outcome.unwrap(),
                () = stop => {}
            }
        });
        let (port, live, operations, stopping) = start.await.expect("the server starts");
        shutdown.send(stopping).ok();
        let client = Client::builder().timeout(Duration::from_mins(1)).build().unwrap();
        let base = format!("http://127.0.0.1:{port}");
        let polls = live.map_or_else(|| base.clone(), |address| format!("http://{address}"));
        let (clock, rooms) = (operations.clock(), operations.rooms());
        Self { base, polls, door, operations, client, clock, token: String::new(), rooms, off, server: Some(server), data }
    }

    async fn with_organizer(mut self) -> Self {
        self.token = self.organizer("olga").await;
        self
    }

    /// Makes an organizer beside the running server, and gives an API token.
    pub async fn organizer(&self, name: &str) -> String {
        let store = Store::open(&self.data.url(), 1, Clock::default()).await.unwrap();
        let tool = App::tool(store, &gavel::rates(&gavel::config::Config::default()));
        tool.add_organizer(name, "correct horse".into()).await.unwrap();
        let token = tool.add_token(name).await.unwrap();
        tool.finish().await;
        token
    }

    /// A browser in which the organizer `olga` is signed in.
    pub async fn signed_in(&self) -> Client {
        self.signed_in_with(Arc::default()).await
    }

    /// The same with cookies of its own.
    pub async fn signed_in_with(&self, jar: Arc<Jar>) -> Client {
        let browser = Client::builder().cookie_provider(jar).build().unwrap();
        let address = format!("{}/sign-in", self.base);
        let page = browser.get(&address).send().await.unwrap().text().await.unwrap();
        let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap();
        let form = [("csrf", csrf), ("name", "olga"), ("password", "correct horse"), ("back", "/schedule")];
        let page = browser.post(address).form(&form).send().await.unwrap();
        assert_eq!((page.status().as_u16(), page.url().path()), (200, "/schedule"));
        browser
    }

    /// What the server keeps its rows in.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Another process on the same database, by the same clock.
    pub async fn store(&self) -> Store {
        Store::open(&self.data.url(), 1, self.clock.clone()).await.unwrap()
    }

    /// The server's clock.
    pub fn now(&self) -> i64 {
        self.clock.now().micros()
    }

    /// Steps the server's clock to the next noon (UTC), for tests in which the time of day matters.
    pub fn step_to_noon(&self) {
        let since_noon = (self.now() - 12 * HOUR).rem_euclid(24 * HOUR);
        self.clock.step(24 * HOUR - since_noon);
    }

    /// An address below `/api/v1`.
    pub fn api(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }

    /// The same by the door at which this method of the path is asked for.
    pub fn url(&self, method: &Method, path: &str) -> String {
        let polls = matches!(*method, Method::GET | Method::HEAD) && (path.contains("/messages") || path.contains("/stream"));
        if polls { format!("{}/api/v1{path}", self.polls) } else { self.api(path) }
    }

    async fn send(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        Reply { status, headers, text: response.text().await.expect("a body") }
    }

    /// Any call, with a token where there is one, and a JSON body where there is one.
    pub async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Reply {
        let mut request = self.client.request(method.clone(), self.url(&method, path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.send(request).await
    }

    /// `GET` without a token.
    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None, None).await
    }

    /// Any call of the organizer.
    pub async fn organize(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        self.call(method, path, Some(&self.token), body).await
    }

    /// `POST` of the organizer.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.organize(Method::POST, path, Some(body)).await
    }

    /// A one-off meeting from `opens` to `closes` seconds after now; gives the event's id.
    pub async fn event(&self, opens: i64, closes: i64) -> String {
        let (slug, _) = self.meeting().await;
        let now = self.now();
        let body = json!({"opens_at": now + opens * 1_000_000, "closes_at": now + closes * 1_000_000});
        let event = self.post(&format!("/meetings/{slug}/events"), body).await.expect(201);
        event["id"].as_str().unwrap().to_owned()
    }

    /// An event that is open for an hour.
    pub async fn open_event(&self) -> String {
        self.event(-60, 3_600).await
    }

    /// A meeting in the far future, to add events to; gives its slug and JSON.
    pub async fn meeting(&self) -> (String, Value) {
        let body = json!({"title": "Weekly", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60});
        let meeting = self.post("/meetings", body).await.expect(201);
        (meeting["slug"].as_str().unwrap().to_owned(), meeting)
    }

    /// The event's JSON.
    pub async fn look(&self, event: &str) -> Value {
        self.get(&format!("/events/{event}")).await.expect(200)
    }

    /// Tries to say something.
    pub async fn try_say(&self, event: &str, who: &Someone, text: &str, nonce: Option<&str>) -> Reply {
        let body = json!({"text": text, "nonce": nonce});
        self.call(Method::POST, &format!("/events/{event}/messages"), Some(&who.token), Some(body)).await
    }

    /// Says something and gives the row.
    pub async fn say(&self, event: &str, who: &Someone, text: &str) -> Value {
        self.try_say(event, who, text, None).await.expect(201)
    }

    /// Polls with a query such as `after=0&wait=0`.
    pub async fn try_poll(&self, event: &str, query: &str, who: Option<&Someone>) -> Reply {
        self.call(Method::GET, &format!("/events/{event}/messages?{query}"), who.map(|who| who.token.as_str()), None).await
    }

    /// Polls anonymously.
    pub async fn poll(&self, event: &str, query: &str) -> Value {
        self.try_poll(event, query, None).await.expect(200)
    }

    /// A poll that is sent now and awaited later.
    pub fn park(&self, event: &str, query: &str, who: Option<&Someone>) -> JoinHandle<(Reply, Duration)> {
        let mut request = self.client.get(self.url(&Method::GET, &format!("/events/{event}/messages?{query}")));
        if let Some(who) = who {
            request = request.bearer_auth(&who.token);
        }
        tokio::spawn(async move {
            let began = Instant::now();
            let response = request.send().await.expect("an answer");
            let (status, headers) = (response.status(), response.headers().clone());
            (Reply { status, headers, text: response.text().await.expect("a body") }, began.elapsed())
        })
    }

    /// A GET whose body is read as it comes.
    pub async fn response(&self, path: &str, last_event_id: Option<&str>, token: Option<&str>) -> reqwest::Response {
        let mut request = self.client.get(self.url(&Method::GET, path));
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.expect("an answer")
    }

    /// A stream with a query such as `after=0`.
    pub async fn stream(&self, event: &str, query: &str, who: Option<&Someone>) -> Events {
        let reply = self.response(&format!("/events/{event}/stream?{query}"), None, who.map(|who| who.token.as_str())).await;
        assert_eq!(reply.status(), 200);
        Events::of(reply)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.off.notify_one();
    }
}

/// The rows of a poll's answer.
pub fn rows(answer: &Value) -> &[Value] {
    answer["messages"].as_array().unwrap()
}

/// The kinds of rows, in order.
pub fn kinds(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["kind"].as_str().unwrap()).collect()
}

/// The texts of rows that people wrote, in order.
pub fn said(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter(|row| row["kind"] == "said").map(|row| row["text"].as_str().unwrap()).collect()
}
