//! The live door of the binary: where it is told, what keeps it from opening, and files that run out.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::http::Api;
use crate::program::{Home, Server};

#[tokio::test]
async fn its_address_is_told_and_polls_are_served_there() {
    let home = Home::new().with("GAVEL_LIVE_PORT", "0");
    let server = home.serve();
    let live = Api::new(&server.line("Live door: "));
    assert_ne!(live.base, server.base);
    let token = home.organizer("olga");
    let event = Api::new(&server.base).open_event(&token, "weekly").await;
    let answer = live.get(&format!("/events/{event}/messages?wait=0")).await;
    assert_eq!(answer["messages"][0]["kind"], Value::from("opened"));
    server.stop();
}

#[test]
fn without_its_setting_there_is_none() {
    let home = Home::new();
    let lines = home.serve().stop();
    assert!(lines.iter().all(|line| !line.starts_with("Live door")), "{lines:?}");
}

#[test]
fn a_port_or_setting_that_cannot_be_used_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (name, value) in [
        ("GAVEL_LIVE_PORT", port.as_str()),
        ("GAVEL_LIVE_PORT", "70000"),
        ("GAVEL_LIVE_PORT", "door"),
        ("GAVEL_LIVE_CONNECTIONS", "0"),
        ("GAVEL_LIVE_URL", "live.example.org"),
        ("GAVEL_LIVE_URL", "https://live.example.org; script-src *"),
    ] {
        let said = Home::new().with(name, value).run(&[]);
        assert_eq!((said.status.code(), said.out.as_str()), (Some(1), ""), "{said:?}");
        assert!(said.err.starts_with("gavel: ") && said.err.contains(name) && said.err.lines().count() == 1, "{said:?}");
    }
}

/// A server with a live door that may have 64 open files, and the door's address.
fn of_few_files(home: &Home) -> (Server, String) {
    let plain = home.command(&[]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 64 && exec \"$0\""]).arg(plain.get_program()).current_dir(home.work()).env_clear();
    limited.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = Server::of(limited);
    let live = server.line("Live door: ");
    (server, live)
}

/// So many connections that say nothing.
async fn idle(base: &str, count: usize) -> Vec<TcpStream> {
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.push(TcpStream::connect(base.strip_prefix("http://").unwrap()).await.unwrap());
    }
    connections
}

async fn is_well(base: &str) {
    let health = Api::new(base).client.get(format!("{base}/health")).send().await.unwrap();
    assert_eq!(health.status(), 200);
}

#[tokio::test]
async fn idle_connections_of_one_address_take_neither_the_door_nor_the_files_of_others() {
    let home = Home::new().with("GAVEL_LIVE_PORT", "0");
    let (server, live) = of_few_files(&home);
    let connections = idle(&live, 100).await;
    // The main port has files left, for as long as that goes on.
    for _ in 0..5 {
        is_well(&server.base).await;
    }
    // And the door has places for other addresses.
    let other = TcpSocket::new_v4().unwrap();
    other.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = other.connect(live.strip_prefix("http://").unwrap().parse().unwrap()).await.unwrap();
    other.write_all(b"GET /health HTTP/1.1\r\nHost: gavel\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    drop(connections);
    // As soon as the door has noticed that they are gone.
    let began = Instant::now();
    while Api::new(&live).client.get(format!("{live}/health")).send().await.unwrap().status() != 200 {
        assert!(began.elapsed() < Duration::from_mins(1), "the door keeps places for connections that are gone");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.stop();
}

#[tokio::test]
async fn both_ports_go_on_when_files_run_out_and_come_back() {
    let home = Home::new().with("GAVEL_LIVE_PORT", "0");
    let (server, live) = of_few_files(&home);
    // Nothing bounds the connections of the main port but a proxy in front.
    let connections = idle(&server.base, 100).await;
    // Only then: the door would else take its connections while files are left.
    let began = Instant::now();
    while fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap().count() < 64 {
        assert!(began.elapsed() < Duration::from_mins(1), "files are left");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let waiting = idle(&live, 3).await;
    server.logs("takes no connections for a moment");
    drop((connections, waiting));
    is_well(&live).await;
    is_well(&server.base).await;
    server.stop();
}
