//! What pages do: their cookie stands for the token, and no other site's page can use it.

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::raw_database::Raw;
use crate::support::{Door, TestApp, kinds, said};

/// A browser on one of our own pages.
struct Browser<'a> {
    app: &'a TestApp,
    client: Client,
}

impl<'a> Browser<'a> {
    fn new(app: &'a TestApp) -> Self {
        Self { app, client: Client::builder().cookie_store(true).build().unwrap() }
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.app.api(path)).json(body)
    }

    async fn join(&self, event: &str, nick: &str) -> Response {
        let request = self.post(&format!("/events/{event}/participants"), &json!({"nick": nick}));
        request.header("Sec-Fetch-Site", "same-origin").send().await.unwrap()
    }

    fn say(&self, event: &str, text: &str) -> RequestBuilder {
        self.post(&format!("/events/{event}/messages"), &json!({"text": text}))
    }
}

async fn problem(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json::<Value>().await.unwrap()["type"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_joins_gets_a_cookie_that_scripts_cannot_read() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let browser = Browser::new(&app);
    let joined = browser.join(&event, "ada").await;
    assert_eq!(joined.status(), 201);
    let cookie = joined.headers()["set-cookie"].to_str().unwrap().to_owned();
    let token = joined.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains(&token) && !cookie.contains("Secure"), "{cookie}");
    let said_it = browser.say(&event, "hello").header("Sec-Fetch-Site", "same-origin").send().await.unwrap();
    assert_eq!((said_it.status().as_u16(), &said_it.json::<Value>().await.unwrap()["nick"]), (201, &json!("ada")));
    let poll = browser.client.get(app.api(&format!("/events/{event}/messages?after=0&wait=0"))).send().await.unwrap();
    assert_eq!(poll.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_joins_gets_no_cookie() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let reply = app.try_join(&event, "ada", None).await;
    assert!(!reply.headers.contains_key("set-cookie"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_for_https_only_where_people_come_by_https() {
    let app = TestApp::start_with(&[("gavel.public_url", json!("https://meet.example.org"))]).await;
    let event = app.open_event().await;
    let joined = Browser::new(&app).join(&event, "ada").await;
    assert!(joined.headers()["set-cookie"].to_str().unwrap().contains("Secure"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_by_cookie_comes_from_our_own_page_or_not_at_all() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let browser = Browser::new(&app);
    browser.join(&event, "ada").await;
    let host = app.base.clone();
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("X-Nothing", "neither header"),
    ] {
        let refused = problem(browser.say(&event, "forged").header(name, value)).await;
        assert_eq!(refused, (403, "/problems/cross-site".to_owned()), "{name}: {value}");
        let leave = browser.client.delete(app.api(&format!("/events/{event}/participants/me"))).header(name, value);
        assert_eq!(problem(leave).await, (403, "/problems/cross-site".to_owned()), "{name}: {value}");
    }
    // Sec-Fetch-Site, which no page can set, goes before Origin.
    let mixed = browser.say(&event, "forged").header("Sec-Fetch-Site", "cross-site").header("Origin", &host);
    assert_eq!(problem(mixed).await.0, 403);
    for (name, value) in [("Sec-Fetch-Site", "same-origin"), ("Origin", host.as_str())] {
        assert_eq!(browser.say(&event, "ours").header(name, value).send().await.unwrap().status(), 201, "{name}: {value}");
    }
    assert_eq!(said(&app.log(&event).await), ["ours", "ours"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_by_cookie_is_json() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let browser = Browser::new(&app);
    browser.join(&event, "ada").await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = browser.client.post(app.api(&format!("/events/{event}/messages"))).header("Sec-Fetch-Site", "same-origin");
        let refused = request.header("Content-Type", kind).body("{\"text\":\"hello\"}").send().await.unwrap();
        assert!(matches!(refused.status().as_u16(), 403 | 415), "{kind}: {}", refused.status());
    }
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined"]);
    // With a token of one's own there is no cookie to abuse, so any type of body is read.
    let bob = app.join(&event, "bob").await;
    let request = app.client.post(app.api(&format!("/events/{event}/messages"))).bearer_auth(&bob.token);
    assert_eq!(request.body("{\"text\":\"hello\"}").send().await.unwrap().status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bearer_token_goes_before_the_cookie() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let browser = Browser::new(&app);
    browser.join(&event, "ada").await;
    let bob = app.join(&event, "bob").await;
    // It also needs no word of where it comes from: other sites' pages do not have it.
    let row = browser.say(&event, "hello").bearer_auth(&bob.token).header("Sec-Fetch-Site", "cross-site").send().await.unwrap();
    assert_eq!((row.status().as_u16(), &row.json::<Value>().await.unwrap()["nick"]), (201, &json!("bob")));
    let wrong = browser.say(&event, "hello").bearer_auth("wrong").header("Sec-Fetch-Site", "same-origin");
    assert_eq!(problem(wrong).await, (401, "/problems/bad-token".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_sites_page_puts_its_visitor_into_a_room() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let request = Browser::new(&app).post(&format!("/events/{event}/participants"), &json!({"nick": "victim"}));
    assert_eq!(problem(request.header("Sec-Fetch-Site", "cross-site")).await, (403, "/problems/cross-site".to_owned()));
    assert_eq!(kinds(&app.log(&event).await), ["opened"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_drops_the_cookie_and_a_cookie_belongs_to_one_event() {
    let app = TestApp::start().await;
    let (event, other) = (app.open_event().await, app.open_event().await);
    let browser = Browser::new(&app);
    browser.join(&event, "ada").await;
    let foreign = browser.say(&other, "hello").header("Sec-Fetch-Site", "same-origin");
    assert_eq!(problem(foreign).await, (401, "/problems/bad-token".to_owned()));
    let leave = browser.client.delete(app.api(&format!("/events/{event}/participants/me"))).header("Sec-Fetch-Site", "same-origin");
    assert_eq!(leave.send().await.unwrap().status(), 204);
    // Without the cookie the browser reads on as anybody does.
    let poll = browser.client.get(app.api(&format!("/events/{event}/messages?after=0&wait=0"))).send().await.unwrap();
    assert_eq!(poll.status(), 200);
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "left"]);
}

/// Has a row for one person only stand in the log, and the server notice it.
async fn whisper(app: &TestApp, event: &str, who: &str, text: &str) {
    Raw::open(app.data()).await.whisper(event, who, text).await;
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({}))).await.expect(200);
}

/// A poll of this browser from the start.
async fn poll(browser: &Browser<'_>, event: &str, bearer: Option<&str>) -> Response {
    let path = format!("/events/{event}/messages?after=0&wait=0");
    let request = browser.client.get(browser.app.url(&Method::GET, &path));
    let request = if let Some(token) = bearer { request.bearer_auth(token) } else { request };
    request.send().await.unwrap()
}

async fn a_page_reads_with_its_cookie_what_only_it_may_see(door: Door) {
    let app = TestApp::start_at(door).await;
    let (event, other) = (app.open_event().await, app.open_event().await);
    let browser = Browser::new(&app);
    let id = browser.join(&event, "ada").await.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    whisper(&app, &event, &id, "for ada only").await;
    let read = poll(&browser, &event, None).await.json::<Value>().await.unwrap();
    assert_eq!(said(read["messages"].as_array().unwrap()), ["for ada only"]);
    let anyone = app.poll(&event, "after=0&wait=0").await;
    assert!(said(anyone["messages"].as_array().unwrap()).is_empty());
    // A cookie that was changed is none of ours, and one of another event is not looked at.
    let forged = app.client.get(app.url(&Method::GET, &format!("/events/{event}/messages?after=0&wait=0")));
    let forged = forged.header("Cookie", format!("gavel_{event}={id}; gavel_{other}=x")).send().await.unwrap();
    assert_eq!((forged.status().as_u16(), said(forged.json::<Value>().await.unwrap()["messages"].as_array().unwrap()).len()), (200, 0));
}

async fn a_token_goes_before_the_cookie_of_a_poll_and_a_cookie_that_died_is_told(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let browser = Browser::new(&app);
    let ada = browser.join(&event, "ada").await.json::<Value>().await.unwrap();
    let bob = app.join(&event, "bob").await;
    whisper(&app, &event, &bob.id, "for bob only").await;
    let read = poll(&browser, &event, Some(&bob.token)).await.json::<Value>().await.unwrap();
    assert_eq!(said(read["messages"].as_array().unwrap()), ["for bob only"]);
    assert_eq!(poll(&browser, &event, Some("wrong")).await.status(), 401);
    app.organize(Method::DELETE, &format!("/events/{event}/participants/{}", ada["id"].as_str().unwrap()), None).await.expect(204);
    let gone = poll(&browser, &event, None).await;
    assert_eq!((gone.status().as_u16(), gone.json::<Value>().await.unwrap()["type"].clone()), (401, json!("/problems/bad-token")));
}

at_both_doors!(a_page_reads_with_its_cookie_what_only_it_may_see, a_token_goes_before_the_cookie_of_a_poll_and_a_cookie_that_died_is_told,);
