//! The security log: one line for each event, without secrets.

use reqwest::Method;
use reqwest::{Client, redirect};
use serde_json::{Value, json};

use crate::http::Api;
use crate::program::Home;

/// What an attacker types to write a line of their own.
const INJECTED: &str = "x\nsecurity: event=sign-in organizer=\"olga\"";

#[tokio::test]
async fn security_events_are_one_line_each_without_secrets() {
    let home = Home::new();
    let token = home.organizer("olga");
    let server = home.serve();
    let (base, api) = (server.base.clone(), Api::new(&server.base));
    let browser = Client::builder().cookie_store(true).redirect(redirect::Policy::none()).build().unwrap();
    let page = browser.get(format!("{base}/sign-in")).send().await.unwrap().text().await.unwrap();
    let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let sign_in = async |name: &str, password: &str, csrf: &str| {
        let form = [("csrf", csrf), ("name", name), ("password", password)];
        browser.post(format!("{base}/sign-in")).form(&form).send().await.unwrap().status().as_u16()
    };
    assert_eq!(sign_in("olga", "a wrong password", &csrf).await, 401);
    assert_eq!(sign_in(INJECTED, "a wrong password", &csrf).await, 401);
    assert_eq!(sign_in("my secret typed here", "olga", &csrf).await, 401);
    assert_eq!(sign_in("olga", "correct horse battery", "forged").await, 403);
    assert_eq!(sign_in("olga", "correct horse battery", &csrf).await, 303);
    let event = api.open_event(&token, "weekly").await;
    let joined = api.post(&format!("/events/{event}/participants"), "", &json!({"nick": "mallory"})).await.1;
    let (id, secret) = (joined["id"].as_str().unwrap(), joined["token"].as_str().unwrap());
    let key = api.post("/meetings/weekly/chair", &token, &Value::Null).await.1;
    let removed = api.request(Method::DELETE, &format!("/events/{event}/participants/{id}"), &token).send().await.unwrap();
    assert_eq!(removed.status(), 204);
    let cross = browser.post(format!("{base}/m/weekly/x/join")).header("Sec-Fetch-Site", "cross-site").form(&[("nick", "x")]);
    assert_eq!(cross.send().await.unwrap().status(), 403);
    assert_eq!(browser.post(format!("{base}/sign-out")).form(&[("csrf", csrf.as_str())]).send().await.unwrap().status(), 303);
    let printed = server.stop();
    let lines: Vec<&str> = printed.iter().filter_map(|line| Some(&line[line.find("security: ")?..])).collect();
    let expected = [
        "security: event=sign-in-failed organizer=\"olga\" known_device=false network=127.0.0.1",
        "security: event=sign-in-failed organizer=unknown known_device=false network=127.0.0.1",
        "security: event=sign-in-failed organizer=unknown known_device=false network=127.0.0.1",
        "security: event=csrf-refused route=sign_in network=127.0.0.1",
        "security: event=sign-in organizer=\"olga\" known_device=false network=127.0.0.1",
        "security: event=chair-link-renewed organizer=\"olga\" meeting=\"weekly\"",
        &format!("security: event=participant-removed organizer=\"olga\" participant=\"{id}\""),
        "security: event=csrf-refused route=join network=127.0.0.1",
        "security: event=sign-out network=127.0.0.1",
    ];
    assert_eq!(lines, expected);
    let all = printed.join("\n");
    for secret in ["wrong password", "correct horse", "my secret", "mallory", secret, &token, key["token"].as_str().unwrap(), &csrf] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[tokio::test]
async fn reached_limits_are_noted_and_do_not_flood_the_log() {
    let home = Home::new().with("GAVEL_JOIN_BURST", "1").with("GAVEL_JOIN_RATE", "1");
    let token = home.organizer("olga");
    let server = home.serve();
    let api = Api::new(&server.base);
    let event = api.open_event(&token, "weekly").await;
    let mut refused = 0;
    for n in 0..200 {
        let (status, _) = api.post(&format!("/events/{event}/participants"), "", &json!({"nick": format!("guest {n}")})).await;
        refused += usize::from(status == 429);
    }
    assert!(refused > 150, "{refused}");
    let printed = server.stop();
    let lines = printed.iter().filter(|line| line.contains("security: event=limit-reached route=join network=127.0.0.1")).count();
    assert!((50..refused).contains(&lines), "{lines} of {refused}");
}
