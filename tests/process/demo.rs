//! `gavel demo`: a room that is alive.

use std::time::Instant;

use crate::http::Api;
use crate::program::{AT_MOST, Home, Server};

#[tokio::test]
async fn the_demo_prints_a_room_in_which_people_talk() {
    let home = Home::new();
    for round in 1..=2 {
        let server = Server::of(home.command(&["demo", "--pace", "0.01"]));
        let url = server.line("Watch the demo, and join in: ");
        let api = Api::new(&server.base);
        let meeting = api.get("/meetings/demo").await;
        let event = meeting["current"]["id"].as_str().unwrap().to_owned();
        assert_eq!(url, format!("{}{}", server.base, meeting["current"]["url"].as_str().unwrap()));

        // A guest reads along from the start, by polling.
        let (began, mut after, mut left) = (Instant::now(), 0, 0);
        while left < 5 * round {
            assert!(began.elapsed() < AT_MOST, "the conversation does not end");
            let answer = api.get(&format!("/events/{event}/messages?after={after}&wait=5")).await;
            after = answer["cursor"].as_i64().unwrap();
            left += crate::http::rows(&answer).iter().filter(|row| row["kind"] == "left").count();
        }
        server.line("The conversation is over.");

        let conversation = gavel::replay::parse(include_str!("../../src/demo/conversation.txt")).unwrap();
        let expected: Vec<_> = conversation.lines.iter().map(|line| (line.nick.as_str(), line.text.as_str())).collect();
        let rows = api.rows(&event).await;
        let told: Vec<_> = rows
            .iter()
            .filter(|row| row["kind"] == "said" || row["kind"] == "emote")
            .map(|row| (row["nick"].as_str().unwrap(), row["text"].as_str().unwrap()))
            .collect();
        // Started again, it talks in the same room: with the first conversation above it.
        assert_eq!(told, expected.repeat(round));
        server.stop();
    }
    let wrong = home.run(&["demo", "--pace=-1"]);
    assert!(!wrong.status.success() && wrong.err.contains("--pace"), "{wrong:?}");
}
