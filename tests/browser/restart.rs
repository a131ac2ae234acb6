//! The server goes and comes back while people talk.

use std::net::TcpListener;

use gavel::store::Clock;
use serde_json::{Value, json};

use super::driver::Driver;
use super::program::Home;
use super::support::MINUTE;

/// A port that is free now; the server has to come back on the same.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn after_a_restart_of_the_server_pages_go_on_by_themselves_and_miss_nothing() {
    let home = Home::new().with("ROCKET_PORT", free_port().to_string());
    let token = home.organizer("olga");
    let server = home.serve();
    let post = async |path: &str, body: Value| -> Value {
        let call = reqwest::Client::new().post(format!("{}/api/v1{path}", server.base)).bearer_auth(&token).json(&body);
        call.send().await.unwrap().json().await.unwrap()
    };
    post(
        "/meetings",
        json!({"title": "Weekly", "slug": "weekly", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60}),
    )
    .await;
    let event = post("/meetings/weekly/events", json!({"closes_at": Clock::default().now().micros() + 60 * MINUTE})).await;
    let address = format!("{}{}", server.base, event["url"].as_str().unwrap_or_else(|| panic!("{event}")));

    let driver = Driver::start().await;
    let (ada, bob) = tokio::join!(driver.browser(), driver.browser());
    for (browser, nick) in [(&ada, "ada"), (&bob, "bob")] {
        browser.open(&address).await;
        browser.join(nick).await;
        browser.joined().await;
        browser.mark().await;
    }
    ada.say("before").await;
    bob.lines(1).await;
    let base = server.base.clone();
    server.kill();
    for browser in [&ada, &bob] {
        browser.until("document.querySelector('[data-state]').textContent.startsWith('No connection since')").await;
    }
    ada.say("into the dark").await;
    ada.until("document.querySelector('#pending .failed')").await;

    let server = home.serve();
    assert_eq!(server.base, base);
    for browser in [&ada, &bob] {
        browser.lines(2).await;
        browser.until("document.querySelector('[data-state]').textContent === 'Connected'").await;
    }
    bob.say("after").await;
    for browser in [&ada, &bob] {
        browser.lines(3).await;
        assert_eq!(browser.said().await, ["ada: before", "ada: into the dark", "bob: after"]);
        assert_eq!(browser.people().await, ["ada", "bob"]);
        assert!(browser.same_page().await, "no reload");
    }
    server.stop();
}
