//! The live door of the binary: where it is told, what keeps it from opening, and files that run out.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::Value;
use tokio::net::TcpStream;

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

#[tokio::test]
async fn it_goes_on_when_files_run_out_and_come_back() {
    let home = Home::new().with("GAVEL_LIVE_PORT", "0");
    let plain = home.command(&[]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 64 && exec \"$0\""]).arg(plain.get_program()).current_dir(home.work()).env_clear();
    limited.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = Server::of(limited);
    let live = server.line("Live door: ");
    let mut connections = Vec::new();
    for _ in 0..100 {
        connections.push(TcpStream::connect(live.strip_prefix("http://").unwrap()).await.unwrap());
    }
    server.logs("takes no connections for a moment");
    drop(connections);
    let health = Api::new(&live).client.get(format!("{live}/health")).send().await.unwrap();
    assert_eq!(health.status(), 200);
    server.stop();
}
