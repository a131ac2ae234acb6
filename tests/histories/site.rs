//! A server as the checker sees it: its doors, an organizer's token, and the calls that set a run up and end it.
//!
//! The doors may move while a run goes on, for a server that was killed comes back on other ports. There may be several
//! nodes: then every client goes from one to another, request by request, as behind a load balancer.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use super::http::{Connection, Reply, request};

/// How long a client waits before it tries again, unless it hears of new doors.
const PAUSE: Duration = Duration::from_millis(20);
/// How long an organizer tries. A server that restarts on a busy machine may take a while.
const AT_MOST: Duration = Duration::from_mins(1);

/// Where polls and streams are served: by everything that the program serves, and by a listener for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doors {
    pub main: SocketAddr,
    pub live: Option<SocketAddr>,
}

impl Doors {
    /// Reads addresses such as `http://127.0.0.1:8000`.
    pub fn of(main: &str, live: Option<&str>) -> Self {
        let address = |url: &str| url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        Self { main: address(main), live: live.map(address) }
    }
}

/// One client's way to the server, with a connection for each door that it keeps open.
pub struct Line {
    doors: watch::Receiver<Vec<Doors>>,
    /// Which node is next.
    dice: StdRng,
    kept: Vec<(SocketAddr, Connection)>,
}

impl Line {
    pub fn new(doors: watch::Receiver<Vec<Doors>>, dice: StdRng) -> Self {
        Self { doors, dice, kept: Vec::new() }
    }

    /// A connection to the live door if that is wanted and there is one, else to the main one.
    pub async fn open(&mut self, live: bool) -> io::Result<(SocketAddr, Connection)> {
        let address = {
            let doors = self.doors.borrow_and_update();
            self.kept.retain(|(at, _)| doors.iter().any(|node| node.main == *at || node.live == Some(*at)));
            let node = doors[if doors.len() > 1 { self.dice.random_range(0..doors.len()) } else { 0 }];
            node.live.filter(|_| live).unwrap_or(node.main)
        };
        match self.kept.iter().position(|(at, _)| *at == address) {
            Some(n) => Ok(self.kept.swap_remove(n)),
            None => Ok((address, Connection::open(address).await?)),
        }
    }

    /// Whether this is the address of the live door.
    pub fn is_live(&self, address: SocketAddr) -> bool {
        self.doors.borrow().iter().any(|node| node.live == Some(address))
    }

    /// Keeps a connection on which an answer was read to its end.
    pub fn keep(&mut self, (address, connection): (SocketAddr, Connection), reply: &Reply) {
        if reply.head.keeps {
            self.kept.push((address, connection));
        }
    }

    /// Sends a request to the main door and takes in the answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Reply> {
        let (address, mut connection) = self.open(false).await?;
        let reply = connection.exchange(request).await?;
        self.keep((address, connection), &reply);
        Ok(reply)
    }

    /// Waits for a moment, or until the doors move. A run that has nobody to move them goes on all the same.
    pub async fn pause(&mut self) {
        // Either way it is time to try again.
        let _ = timeout(PAUSE, self.doors.changed()).await;
    }
}

/// Somebody in an event.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub token: String,
}

/// A server, or several nodes of one, with an organizer's token.
pub struct Site {
    pub doors: watch::Sender<Vec<Doors>>,
    pub token: String,
}

impl Site {
    pub fn new(doors: Doors, token: &str) -> Self {
        Self::of_nodes(vec![doors], token)
    }

    pub fn of_nodes(doors: Vec<Doors>, token: &str) -> Self {
        Self { doors: watch::Sender::new(doors), token: token.to_owned() }
    }

    pub fn line(&self) -> Line {
        Line::new(self.doors.subscribe(), StdRng::seed_from_u64(rand::random()))
    }

    /// A call below `/api/v1`, repeated until it is answered and not with 503.
    pub async fn call(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> (u16, Value) {
        let request = request(method, &format!("/api/v1{path}"), token, "", body);
        let mut line = self.line();
        let persist = async {
            loop {
                match line.exchange(&request).await {
                    Ok(reply) if reply.status() != 503 => return (reply.status(), reply.json()),
                    Ok(_) | Err(_) => line.pause().await,
                }
            }
        };
        timeout(AT_MOST, persist).await.unwrap_or_else(|_| panic!("{method} {path} is not answered"))
    }

    async fn organize(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, &self.token, Some(body)).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// The server's clock.
    pub async fn now(&self) -> i64 {
        self.call("GET", "/time", "", None).await.1["now"].as_i64().unwrap()
    }

    /// A meeting of its own with an event that is open until `lasts` from now; the event's id.
    pub async fn open_event(&self, lasts: Duration) -> String {
        let meeting = json!({"title": "Histories", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60});
        let slug = self.organize("POST", "/meetings", &meeting).await["slug"].as_str().unwrap().to_owned();
        let closes_at = self.now().await + i64::try_from(lasts.as_micros()).unwrap();
        let event = self.organize("POST", &format!("/meetings/{slug}/events"), &json!({"closes_at": closes_at})).await;
        event["id"].as_str().unwrap().to_owned()
    }

    /// The event's JSON.
    pub async fn event(&self, id: &str) -> Value {
        self.call("GET", &format!("/events/{id}"), "", None).await.1
    }

    /// Moves the end of an event; false where that lies behind by now.
    pub async fn move_end(&self, id: &str, closes_at: i64) -> bool {
        let (status, answer) = self.call("PATCH", &format!("/events/{id}"), &self.token, Some(&json!({"closes_at": closes_at}))).await;
        assert!(status == 200 || answer["type"] == "/problems/end-behind", "{status} {answer}");
        status == 200
    }

    /// Closes an event, unless it has closed by itself or an earlier try did it.
    pub async fn close(&self, id: &str) {
        let (status, answer) = self.call("POST", &format!("/events/{id}/close"), &self.token, Some(&json!({}))).await;
        assert!(status == 200 || status == 409, "{status} {answer}");
    }

    /// Joins; the nonce makes a repeated call the same person.
    pub async fn join(&self, event: &str, nick: &str) -> Person {
        let body = json!({"nick": nick, "nonce": format!("{nick:->22}")});
        let (status, made) = self.call("POST", &format!("/events/{event}/participants"), "", Some(&body)).await;
        assert!(status == 201 || status == 200, "{nick} cannot join: {status} {made}");
        Person { id: made["id"].as_str().unwrap().to_owned(), token: made["token"].as_str().unwrap().to_owned() }
    }

    /// Whether streams are served at all.
    pub async fn has_streams(&self, event: &str) -> bool {
        let (_, mut connection) = self.line().open(false).await.unwrap();
        connection.send(&request("GET", &format!("/api/v1/events/{event}/stream"), "", "", None)).await.unwrap();
        connection.head().await.unwrap().status == 200
    }
}
