//! Cookies stay small whatever their browser did before, and those of an older Gavel lock nobody out.

use std::fs;

use cookie::{Cookie, CookieJar, Key};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::raw_database::Raw;
use crate::support::{Door, HOUR, TestApp, said};

/// A row that one participant alone sees.
async fn whisper(app: &TestApp, event: &str, who: &str, text: &str) {
    Raw::open(app.data()).await.whisper(event, who, text).await;
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({}))).await.expect(200);
}

async fn join(browser: &Browser, event: &str, nick: &str) -> String {
    let answer = browser.post_json(&format!("/events/{event}/participants"), &json!({"nick": nick})).await;
    assert_eq!(answer.status(), 201);
    answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
}

async fn can_say(browser: &Browser, event: &str) -> bool {
    browser.post_json(&format!("/events/{event}/messages"), &json!({"text": "hello"})).await.status() == 201
}

async fn cookies_stay_small_and_the_latest_rooms_work(door: Door, public_url: Option<&str>) {
    let settings: Vec<_> = public_url.iter().map(|url| ("gavel.public_url", json!(url))).collect();
    let app = TestApp::start_at_with(door, &settings).await;
    let browser = Browser::new(&app);
    browser.sign_in().await;
    let mut events = Vec::new();
    for n in 0..50 {
        let event = app.open_event().await;
        let who = join(&browser, &event, "ada").await;
        if n % 5 == 0 {
            let slug = app.look(&event).await["meeting"].as_str().unwrap().to_owned();
            let key = app.organize(Method::GET, &format!("/meetings/{slug}/chair"), None).await.json();
            assert_eq!(browser.get(key["url"].as_str().unwrap()).await.status(), 303);
        }
        assert!(browser.header().len() < 2_000, "{}: {}", n, browser.header().len());
        events.push((event, who));
    }
    for (event, who) in events.iter().rev().take(16) {
        assert!(can_say(&browser, event).await, "{event}");
        whisper(&app, event, who, "for ada only").await;
        let read = browser.poll(&app.polls, event).await.json::<Value>().await.unwrap();
        assert!(said(read["messages"].as_array().unwrap()).contains(&"for ada only"), "{event}");
    }
    // The first ones are read without a place in them, like by anyone.
    let answer = browser.poll(&app.polls, &events[0].0).await;
    assert_eq!(answer.status(), 200);
    assert!(!browser.names().iter().any(|name| name.contains(events[0].0.as_str())));
}

async fn fifty_rooms_and_chair_links_fit_into_two_kilobytes(door: Door) {
    cookies_stay_small_and_the_latest_rooms_work(door, None).await;
}

async fn so_they_do_by_https(door: Door) {
    cookies_stay_small_and_the_latest_rooms_work(door, Some("https://meet.example.org")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_https_no_other_host_can_set_a_cookie() {
    let app = TestApp::start_with(&[("gavel.public_url", json!("https://meet.example.org"))]).await;
    let browser = Browser::new(&app);
    browser.sign_in().await;
    let event = app.open_event().await;
    join(&browser, &event, "ada").await;
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let csrf = browser.csrf(&url).await;
    assert_eq!(browser.post(&format!("{url}/leave"), &[("csrf", &csrf)]).await.status(), 303);
    browser.page(&url).await;
    assert_eq!(browser.post("/sign-out", &[("csrf", &csrf)]).await.status(), 303);
    let set = browser.set.lock().unwrap().clone();
    assert!(set.len() > 6, "{set:?}");
    for cookie in set {
        // A browser drops one with such a name without these, also where it takes a cookie back.
        let parts: Vec<&str> = cookie.split("; ").collect();
        assert!(cookie.starts_with("__Host-gavel_"), "{cookie}");
        assert!(parts.contains(&"Secure") && parts.contains(&"Path=/") && !cookie.contains("Domain"), "{cookie}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_one_room_keeps_the_others() {
    let app = TestApp::start().await;
    let (one, other) = (app.open_event().await, app.open_event().await);
    let browser = Browser::new(&app);
    join(&browser, &one, "ada").await;
    join(&browser, &other, "ada").await;
    let url = app.look(&one).await["url"].as_str().unwrap().to_owned();
    let csrf = browser.csrf(&url).await;
    browser.post(&format!("{url}/leave"), &[("csrf", &csrf)]).await;
    assert!(!can_say(&browser, &one).await && can_say(&browser, &other).await);
}

/// The value of a cookie as an older Gavel sealed it.
fn sealed(app: &TestApp, name: &str, value: &str) -> String {
    let text = fs::read_to_string(app.data().folder().join("secret.key")).unwrap();
    let bytes: Vec<u8> =
        text.trim().as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    let mut jar = CookieJar::new();
    jar.private_mut(&Key::derive_from(&bytes)).add(Cookie::new(name.to_owned(), value.to_owned()));
    jar.get(name).unwrap().encoded().to_string().split_once('=').unwrap().1.to_owned()
}

async fn cookies_of_an_older_gavel_keep_people_in_their_rooms(door: Door) {
    let app = TestApp::start_at(door).await;
    let browser = Browser::new(&app);
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    for n in 0..20 {
        // Events that are over by now, or that nobody knows any more.
        let name = format!("gavel_e_{n:024}");
        browser.keep(&name, &sealed(&app, &name, &format!("p_{n:020}.0")));
    }
    let name = format!("gavel_{event}");
    browser.keep(&name, &sealed(&app, &name, &ada.token));
    let slug = app.look(&event).await["meeting"].as_str().unwrap().to_owned();
    let key = app.organize(Method::GET, &format!("/meetings/{slug}/chair"), None).await.json();
    let meeting = Raw::open(app.data()).await.meeting_of(&event).await;
    let name = format!("gavel_chair_{meeting}");
    browser.keep(&name, &sealed(&app, &name, key["token"].as_str().unwrap().strip_prefix("gct_").unwrap()));
    // Polls of a page that is open already.
    whisper(&app, &event, &ada.id, "for ada only").await;
    let read = browser.poll(&app.polls, &event).await.json::<Value>().await.unwrap();
    assert_eq!(said(read["messages"].as_array().unwrap()), ["for ada only"]);
    assert!(can_say(&browser, &event).await);
    // Pages replace the old cookies, a few at a time.
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        assert!(browser.page(&url).await.contains(&ada.id));
    }
    assert!(browser.names().iter().all(|name| !name.starts_with("gavel_e_") && !name.starts_with("gavel_chair_")), "{:?}", browser.names());
    assert!(can_say(&browser, &event).await);
    let read = browser.poll(&app.polls, &event).await.json::<Value>().await.unwrap();
    assert!(said(read["messages"].as_array().unwrap()).contains(&"for ada only"));
    let csrf = browser.csrf(&url).await;
    let closed = browser.post(&format!("{url}/run/close"), &[("csrf", &csrf)]).await;
    assert_eq!(closed.status(), 303);
    assert_eq!(app.look(&event).await["phase"], "closed", "the chair link still counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_clears_what_the_browser_kept_of_pages_and_keeps_its_room() {
    let app = TestApp::start().await;
    let browser = Browser::new(&app);
    browser.sign_in().await;
    let event = app.open_event().await;
    join(&browser, &event, "ada").await;
    assert_eq!(browser.get("/schedule").await.status(), 200);
    let session = browser.header();
    let csrf = browser.csrf("/schedule").await;
    let out = browser.post("/sign-out", &[("csrf", &csrf)]).await;
    assert_eq!(
        (out.status().as_u16(), &out.headers()["clear-site-data"]),
        (303, &"\"cache\"".parse::<reqwest::header::HeaderValue>().unwrap())
    );
    assert_eq!(browser.get("/schedule").await.status(), 303);
    assert!(can_say(&browser, &event).await);
    // The session is over on the server, too.
    let old = Browser::new(&app);
    for pair in session.split("; ") {
        let (name, value) = pair.split_once('=').unwrap();
        old.keep(name, value);
    }
    assert_eq!(old.get("/schedule").await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_ends_the_browsers_session_before() {
    let app = TestApp::start().await;
    let browser = Browser::new(&app);
    browser.sign_in().await;
    let before = browser.header();
    let csrf = browser.csrf("/schedule").await;
    let form = [("csrf", csrf.as_str()), ("name", "olga"), ("password", "correct horse")];
    assert_eq!(browser.post("/sign-in", &form).await.status(), 303);
    assert_eq!(browser.get("/schedule").await.status(), 200);
    let old = Browser::new(&app);
    for pair in before.split("; ") {
        let (name, value) = pair.split_once('=').unwrap();
        old.keep(name, value);
    }
    assert_eq!(old.get("/schedule").await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_closed_long_ago_is_read_without_a_place_in_it() {
    let app = TestApp::start().await;
    let browser = Browser::new(&app);
    let event = app.open_event().await;
    join(&browser, &event, "ada").await;
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    app.clock.step(25 * HOUR);
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    assert_eq!(browser.get(&url).await.status(), 200);
    assert_eq!(browser.poll(&app.polls, &event).await.status(), 200);
}

at_both_doors!(
    fifty_rooms_and_chair_links_fit_into_two_kilobytes,
    so_they_do_by_https,
    cookies_of_an_older_gavel_keep_people_in_their_rooms,
);
