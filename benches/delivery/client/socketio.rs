//! As much of socket.io's protocol, revision 5 over Engine.IO 4, as a poll needs. Each packet begins with a digit for its
//! kind, and a byte 0x1e separates several packets in one body.

use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;

use super::http::{self, Connection};
use crate::Outcome;

const SEPARATOR: u8 = 0x1e;
/// The server asks whether the client is still there, and the client answers.
const PING: &[u8] = b"2";
const PONG: &str = "3";
const NOTHING: &[u8] = b"6";
const CONNECT: &str = "40";
const EVENT: &[u8] = b"42";

#[derive(Deserialize)]
struct Session<'a> {
    sid: &'a str,
}

#[derive(Deserialize)]
struct Row {
    ts: i64,
}

/// Begins a session at `path`, and returns the path of its polls.
pub async fn connect(connection: &mut Connection, path: &str) -> Outcome<Arc<str>> {
    let answer = connection.exchange(&http::get(path, "")).await?;
    let opened = answer.success()?.strip_prefix(b"0").ok_or("socket.io did not open a session")?;
    let path: Arc<str> = format!("{path}&sid={}", serde_json::from_slice::<Session<'_>>(opened)?.sid).into();
    connection.exchange(&http::post_text(&path, CONNECT)).await?.success()?;
    // The room is entered before this is answered.
    let connected = connection.exchange(&http::get(&path, "")).await?;
    if !connected.success()?.starts_with(CONNECT.as_bytes()) {
        return Err("socket.io did not accept a session".into());
    }
    Ok(path)
}

/// Adds the messages in the body of a poll to `received`, and returns whether the server awaits a [`pong`].
pub fn receive(body: &[u8], at: Instant, received: &mut Vec<(i64, Instant)>) -> Outcome<bool> {
    let mut is_asked = false;
    for packet in body.split(|&byte| byte == SEPARATOR) {
        if packet == PING {
            is_asked = true;
        } else if let Some(event) = packet.strip_prefix(EVENT) {
            let (_name, row): (&str, Row) = serde_json::from_slice(event)?;
            received.push((row.ts, at));
        } else if packet != NOTHING {
            return Err(format!("socket.io sent an unexpected packet: {}", String::from_utf8_lossy(packet)).into());
        }
    }
    Ok(is_asked)
}

pub fn pong(path: &str) -> Vec<u8> {
    http::post_text(path, PONG)
}
