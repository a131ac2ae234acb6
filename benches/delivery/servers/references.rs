//! References for Gavel: the least that this version of Rocket can do, in a process of its own.
//!
//! `plain` answers a `GET` with ten bytes, and a `POST` with a row that it stores nowhere. `waiting` parks the polls of a
//! room on one channel and answers them all with one ready text: a long poll without a store or people, and so the floor
//! for delivering through a Rocket handler. It keeps some rows for polls that come late, because none may miss one.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use rocket::http::{ContentType, Status};
use rocket::serde::Deserialize;
use rocket::serde::json::{Json, Value, json};
use rocket::{State, get, post, routes};
use tokio::sync::watch;

use crate::Outcome;
use crate::client::http;
use crate::servers::process::{Pinning, Server};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reference {
    Plain,
    Waiting,
}

/// A key that keeps nothing secret.
const KEY: &str = "abababababababababababababababababababababababababababababababab";
/// Made beforehand, so that finding a room is one index.
const ROOMS: usize = 4096;
/// Of no log, but as long as a digest.
const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// How many rows a room keeps.
const KEPT: usize = 500;

/// Starts this very program again as that server.
pub fn start(reference: Reference, pinning: &Pinning) -> Outcome<Server> {
    let name = match reference {
        Reference::Plain => "plain",
        Reference::Waiting => "waiting",
    };
    // Cookies are built in as they are in Gavel, and so a key is asked for, though none of these uses it.
    let key = [("ROCKET_SECRET_KEY", OsStr::new(KEY))];
    Server::start(pinning, std::env::current_exe()?.as_os_str(), &["--serve", name], &key)
}

/// Serves until the process is ended.
pub fn serve(reference: Reference) -> Outcome<()> {
    let rocket = match reference {
        Reference::Plain => rocket::build().mount("/", routes![ten_bytes, unstored]),
        Reference::Waiting => {
            let rooms = (0..ROOMS).map(|_| watch::channel(Room::default()).0).collect();
            rocket::build().manage(Rooms(rooms)).mount("/", routes![poll, say])
        }
    };
    // Rocket prints its address by itself, also at the log level of a release build.
    rocket::execute(rocket.launch()).map_err(|problem| problem.to_string())?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(crate = "rocket::serde")]
struct Said {
    text: String,
}

#[get("/plain")]
fn ten_bytes() -> &'static str {
    "0123456789"
}

#[post("/plain", data = "<message>")]
fn unstored(message: Json<Said>) -> (Status, Json<Value>) {
    (Status::Created, Json(row(clock(), &message.text)))
}

struct Rooms(Vec<watch::Sender<Room>>);

#[derive(Default)]
struct Room {
    last: i64,
    /// The row before the last one. A poll that has it lacks one row at most.
    before: i64,
    /// The whole answer to those who lack the last row alone.
    answer: Arc<str>,
    rows: VecDeque<(i64, Value)>,
}

#[get("/rooms/<number>/messages?<after>")]
async fn poll(number: usize, after: i64, rooms: &State<Rooms>) -> Option<(ContentType, Arc<str>)> {
    let mut room = rooms.0.get(number)?.subscribe();
    let found = room.wait_for(|room| room.last > after).await.ok()?;
    let answer = if after >= found.before {
        Arc::clone(&found.answer)
    } else {
        page(found.last, found.rows.iter().filter(|(ts, _)| *ts > after).map(|(_, row)| row).collect())
    };
    Some((ContentType::JSON, answer))
}

#[post("/rooms/<number>/messages", data = "<message>")]
fn say(number: usize, message: Json<Said>, rooms: &State<Rooms>) -> Option<(Status, Json<Value>)> {
    let now = clock();
    let mut said = Value::Null;
    rooms.0.get(number)?.send_modify(|room| {
        let ts = now.max(room.last + 1);
        said = row(ts, &message.text);
        (room.before, room.last) = (room.last, ts);
        room.answer = page(ts, vec![&said]);
        room.rows.push_back((ts, said.clone()));
        if room.rows.len() > KEPT {
            room.rows.pop_front();
        }
    });
    Some((Status::Created, Json(said)))
}

fn row(ts: i64, text: &str) -> Value {
    let mut row = http::row(ts);
    row["text"] = text.into();
    row["html"] = text.into();
    row
}

/// The shape and so the length of a real answer.
fn page(ts: i64, rows: Vec<&Value>) -> Arc<str> {
    let page = json!({
        "now": ts, "cursor": ts, "more": false, "reset": false, "replaced": false,
        "event": {"id": "e_0123456789abcdefghij", "phase": "open", "opens_at": ts, "closes_at": ts, "count": 312, "digest": DIGEST},
        "messages": rows,
    });
    Arc::from(page.to_string())
}

#[expect(clippy::disallowed_methods, reason = "the reference stands outside the program and has no store to ask")]
fn clock() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros()).unwrap_or(i64::MAX)
}
