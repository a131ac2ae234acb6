//! What Gavel is compared with: the least that this version of Rocket can do, in a process of its own.
//!
//! `plain` answers a `GET` with ten bytes. `waiting` parks polls on one channel and answers them all with one ready
//! text: a long poll without a store, rooms or people, and so the floor for delivering through a Rocket handler.

use std::ffi::OsStr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use rocket::serde::Deserialize;
use rocket::serde::json::{Json, Value, json};
use rocket::{State, get, post, routes};
use tokio::sync::watch;

use crate::Outcome;
use crate::server::{Pinning, Server};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reference {
    Plain,
    Waiting,
}

/// A key that keeps nothing secret.
const KEY: &str = "abababababababababababababababababababababababababababababababab";

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
        Reference::Plain => rocket::build().mount("/", routes![ten_bytes]),
        Reference::Waiting => {
            let (room, _) = watch::channel((0, Arc::from("")));
            rocket::build().manage(Room(room)).mount("/", routes![poll, say])
        }
    };
    // Rocket prints its address by itself, also at the log level of a release build.
    rocket::execute(rocket.launch()).map_err(|problem| problem.to_string())?;
    Ok(())
}

#[get("/plain")]
fn ten_bytes() -> &'static str {
    "0123456789"
}

/// The last message: its `ts`, and the whole answer to those who lack it.
struct Room(watch::Sender<(i64, Arc<str>)>);

#[get("/poll?<after>")]
async fn poll(after: i64, room: &State<Room>) -> (rocket::http::ContentType, Arc<str>) {
    let mut last = room.0.subscribe();
    let answer = match last.wait_for(|(ts, _)| *ts > after).await {
        Ok(found) => Arc::clone(&found.1),
        Err(_) => Arc::from("{}"),
    };
    (rocket::http::ContentType::JSON, answer)
}

#[derive(Deserialize)]
#[serde(crate = "rocket::serde")]
struct Said {
    text: String,
}

#[expect(clippy::disallowed_methods, reason = "the reference stands outside the program and has no store to ask")]
#[post("/say", data = "<message>")]
fn say(message: Json<Said>, room: &State<Room>) -> Json<Value> {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    let text = message.into_inner().text;
    let mut row = Value::Null;
    room.0.send_modify(|(last, answer)| {
        let ts = i64::try_from(clock).unwrap_or(i64::MAX).max(*last + 1);
        row = json!({"ts": ts, "kind": "said", "from": "p_0123456789abcdef", "nick": "bench", "text": text, "html": text, "nonce": null});
        // The shape and so the length of a real answer.
        let page = json!({
            "now": ts, "cursor": ts, "more": false, "reset": false, "replaced": false,
            "event": {"id": "e_0123456789abcdef", "phase": "open", "opens_at": ts, "closes_at": ts, "count": 312, "digest": null},
            "messages": [&row],
        });
        *last = ts;
        *answer = Arc::from(page.to_string());
    });
    Json(row)
}
