//! The headers that every answer has, whatever it is.

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode};
use serde_json::json;

use crate::support::{Door, TestApp};

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|it| it.to_str().unwrap())
}

async fn every_answer_says_what_browsers_may_do_with_it(door: Door, public_url: Option<&str>) {
    let settings: Vec<_> = public_url.iter().map(|url| ("gavel.public_url", json!(url))).collect();
    let app = TestApp::start_at_with(door, &settings).await;
    let (slug, _) = app.meeting().await;
    let event = app.open_event().await;
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let page = client.get(format!("{}/", app.base)).send().await.unwrap().text().await.unwrap();
    let style = page.split_once("rel=\"stylesheet\" href=\"").unwrap().1.split('"').next().unwrap().replace("&#x2f;", "/");
    let (api, base) = (format!("{}/api/v1", app.base), app.base.clone());
    let get = |url: String| (Method::GET, url);
    let asked = [
        get(format!("{base}/")),
        get(format!("{base}{url}")),
        get(format!("{base}{style}")),
        get(format!("{base}/favicon.ico")),
        get(format!("{base}/calendar.ics")),
        get(format!("{base}/feed.atom")),
        get(format!("{base}/m/{slug}.ics")),
        get(format!("{base}/schedule")),
        get(format!("{base}/nothing-here")),
        get(format!("{base}/health")),
        get(format!("{api}/time")),
        get(format!("{api}/nothing-here")),
        get(format!("{api}/meetings/{slug}")),
        get(format!("{api}/events/{event}/minutes.html")),
        get(format!("{api}/events/{event}/transcript.html")),
        get(format!("{api}/events/{event}/transcript.txt")),
        get(format!("{api}/events/{event}/actions.csv")),
        get(format!("{api}/events/{event}/messages?after=x")),
        (Method::POST, format!("{base}/sign-in")),
        (Method::POST, format!("{api}/events/{event}/messages")),
        (Method::PUT, format!("{api}/time")),
        // Rocket knows no such methods, and answers them without asking any fairing.
        (Method::from_bytes(b"BREW").unwrap(), format!("{base}/")),
        (Method::from_bytes(b"PROPFIND").unwrap(), format!("{api}/time")),
        get(format!("{}/api/v1/events/{event}/messages?after=0&wait=0", app.polls)),
        get(format!("{}/api/v1/events/{event}/messages?after=x", app.polls)),
        (Method::HEAD, format!("{}/api/v1/events/{event}/messages?after=0", app.polls)),
        get(format!("{}/api/v1/events/{event}/stream?after=9000000000000000", app.polls)),
        get(format!("{}/health", app.polls)),
        get(format!("{}/nothing-here", app.polls)),
    ];
    for (method, url) in asked {
        let answer = client.request(method.clone(), &url).send().await.unwrap();
        let headers = answer.headers();
        let what = format!("{method} {url} {}", answer.status());
        assert_eq!(header(headers, "x-content-type-options"), Some("nosniff"), "{what}");
        assert_eq!(header(headers, "cross-origin-resource-policy"), Some("same-origin"), "{what}");
        assert!(headers.contains_key("cache-control"), "{what}");
        assert_eq!(header(headers, "strict-transport-security"), public_url.map(|_| "max-age=31536000"), "{what}");
        let html = header(headers, "content-type").is_some_and(|it| it.starts_with("text/html"));
        assert_eq!(header(headers, "cross-origin-opener-policy"), html.then_some("same-origin"), "{what}");
        assert_eq!(html, headers.contains_key("content-security-policy"), "{what}");
    }
}

async fn every_answer_is_taken_for_what_it_is(door: Door) {
    every_answer_says_what_browsers_may_do_with_it(door, None).await;
}

async fn with_https_every_answer_says_so(door: Door) {
    every_answer_says_what_browsers_may_do_with_it(door, Some("https://meet.example.org")).await;
}

at_both_doors!(every_answer_is_taken_for_what_it_is, with_https_every_answer_says_so,);

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_a_browser_has_is_not_less_safe() {
    let app = TestApp::start().await;
    let first = app.client.get(format!("{}/favicon.ico", app.base)).send().await.unwrap();
    let again = app.client.get(format!("{}/favicon.ico", app.base)).header("If-None-Match", &first.headers()["etag"]).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(header(again.headers(), "x-content-type-options"), Some("nosniff"));
}
