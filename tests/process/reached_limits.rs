//! Every limit that refuses somebody writes a line to the security log: with the handler, with the network, without secrets.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::{Client, Method, RequestBuilder, redirect};
use serde_json::json;
use tokio::task::JoinSet;

use crate::http::Api;
use crate::program::{Home, Server};

/// What is done until a limit is reached.
#[derive(Clone, Copy)]
enum Act {
    /// Messages of one participant.
    Say,
    /// Joins under different nicknames.
    Join,
    /// Reads of this path.
    Read(&'static str),
    /// A form of this page, sent to this path. A `#` becomes a number.
    Send { page: &'static str, to: &'static str, fields: &'static [(&'static str, &'static str)] },
    /// Polls or streams of the event, all at the same time, at the main port.
    Park(&'static str),
    /// The same at the live door.
    ParkAtTheDoor(&'static str),
    /// Connections to the live door.
    Connect,
}

type Settings = &'static [(&'static str, &'static str)];

const SIGN_IN: Act = Act::Send { page: "/sign-in", to: "/sign-in", fields: &[("name", "olga"), ("password", "a wrong password")] };
const REMIND: Act = Act::Send { page: "/m/weekly", to: "/reminders/weekly", fields: &[("email", "ada#@example.org"), ("day", "yes")] };

/// The settings that make a limit small, without `GAVEL_`; what reaches it; and the name under which it is noted. The queues for
/// passwords and for writes are not among them: only a flood fills these.
const LIMITS: [(Settings, Act, &str); 17] = [
    (&[("POST_RATE", "1"), ("POST_BURST", "1")], Act::Say, "say"),
    (&[("ADDRESS_POST_RATE", "1"), ("ADDRESS_POST_BURST", "1")], Act::Say, "say"),
    (&[("EVENT_POST_RATE", "1"), ("EVENT_POST_BURST", "2")], Act::Say, "say"),
    (&[("EVENT_POST_RATE", "1"), ("EVENT_POST_BURST", "2")], Act::Join, "join"),
    (&[("JOIN_RATE", "1"), ("JOIN_BURST", "1")], Act::Join, "join"),
    (&[("SEARCH_RATE", "1"), ("SEARCH_BURST", "1")], Act::Read("/api/v1/search?q=tide"), "search"),
    (&[("SEARCH_RATE", "1"), ("SEARCH_BURST", "1")], Act::Read("/search?q=tide"), "search"),
    (&[("SEARCH_RATE", "1"), ("SEARCH_BURST", "1")], Act::Read("/search/results?q=tide"), "results"),
    (&[("READ_RATE", "1"), ("READ_BURST", "4")], Act::Read("/api/v1/meetings"), "list"),
    (&[("READ_RATE", "1"), ("READ_BURST", "4")], Act::Read("/m/weekly/2200-01-01"), "one"),
    (&[("READ_RATE", "1"), ("READ_BURST", "4")], Act::Read("/calendar.ics"), "all"),
    (&[("SIGN_IN_ATTEMPTS", "1")], SIGN_IN, "sign_in"),
    (
        &[
            ("REMINDER_RATE", "1"),
            ("REMINDER_BURST", "1"),
            ("SMTP_URL", "smtp://127.0.0.1:9"),
            ("MAIL_FROM", "gavel@example.org"),
            ("PUBLIC_URL", "http://gavel.example.org"),
        ],
        REMIND,
        "ask",
    ),
    (&[("ROOM_POLLS", "1")], Act::Park("messages"), "after"),
    (&[("ADDRESS_POLLS", "1")], Act::Park("stream"), "stream"),
    (&[("POLLS", "1"), ("LIVE_PORT", "0")], Act::ParkAtTheDoor("messages"), "door"),
    (&[("LIVE_CONNECTIONS", "2"), ("LIVE_PORT", "0")], Act::Connect, "door"),
];

/// Repeats a request until it is refused.
async fn repeat(request: impl Fn(usize) -> RequestBuilder) {
    for n in 0..200 {
        if request(n).send().await.unwrap().status().as_u16() == 429 {
            return;
        }
    }
    panic!("nothing was refused");
}

/// Sends requests that wait, until one of them finds no place.
async fn park(address: &str) {
    let client = Client::new();
    let mut parked = JoinSet::new();
    for _ in 0..20 {
        let request = client.get(address);
        parked.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    while let Some(status) = parked.join_next().await {
        if status.unwrap() == 503 {
            return;
        }
    }
    panic!("nothing was refused");
}

/// Opens connections until the door refuses one.
fn connect(base: &str) {
    let mut open = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(base.trim_start_matches("http://")).unwrap();
        // One with a place is answered and stays open; one without is refused and closed.
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut head = [0; 12];
        if stream.read_exact(&mut head).is_err() || head.ends_with(b"503") {
            return;
        }
        open.push(stream);
    }
    panic!("nothing was refused");
}

impl Act {
    async fn repeat(self, server: &Server, token: &str) {
        let api = Api::new(&server.base);
        let event = api.open_event(token, "weekly").await;
        let streams = |base: &str, kind: &str, cursor: i64| format!("{base}/api/v1/events/{event}/{kind}?after={cursor}&wait=50");
        match self {
            Self::Say => {
                let ada = api.join(&event, "ada").await;
                repeat(|n| api.saying(&event, &ada, "hello", &n.to_string())).await;
            }
            Self::Join => {
                let path = format!("/events/{event}/participants");
                repeat(|n| api.request(Method::POST, &path, "").json(&json!({"nick": format!("guest {n}")}))).await;
            }
            Self::Read(path) => repeat(|_| api.client.get(format!("{}{path}", server.base))).await,
            Self::Send { page, to, fields } => {
                let browser = Client::builder().cookie_store(true).redirect(redirect::Policy::none()).build().unwrap();
                let page = browser.get(format!("{}{page}", server.base)).send().await.unwrap().text().await.unwrap();
                let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
                repeat(|n| {
                    let mut form: Vec<(&str, String)> =
                        fields.iter().map(|(name, value)| (*name, value.replace('#', &n.to_string()))).collect();
                    form.push(("csrf", csrf.clone()));
                    browser.post(format!("{}{to}", server.base)).form(&form)
                })
                .await;
            }
            Self::Park(kind) => {
                let cursor = api.join(&event, "ada").await.cursor;
                park(&streams(&server.base, kind, cursor)).await;
            }
            Self::ParkAtTheDoor(kind) => {
                let cursor = api.join(&event, "ada").await.cursor;
                park(&streams(&server.line("Live door: "), kind, cursor)).await;
            }
            Self::Connect => connect(&server.line("Live door: ")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_limit_that_refuses_somebody_is_noted() {
    for (settings, act, route) in LIMITS {
        let home = settings.iter().fold(Home::new(), |home, (name, value)| home.with(&format!("GAVEL_{name}"), value));
        let token = home.organizer("olga");
        let server = home.serve();
        act.repeat(&server, &token).await;
        let line = format!("security: event=limit-reached route={route} network=127.0.0.1");
        server.logs(&line);
        server.signal("TERM");
        let printed = server.finish().out;
        for secret in [token.as_str(), "a wrong password", "@example.org", "gavel_csrf"] {
            assert!(!printed.contains(secret), "{settings:?}: {printed}");
        }
    }
}
