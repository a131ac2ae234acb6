//! What a request says in `Host` is in no link, unless it is an address that is served.

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Door, TestApp};

/// What anyone may send to be believed.
const FORGED: [(&str, &str); 5] = [
    ("Host", "evil.example"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Server", "evil.example"),
    ("X-Original-Host", "evil.example"),
    ("Forwarded", "host=evil.example;proto=https"),
];

/// A public meeting with an event that is over and one that is open; the addresses of everything that has links.
async fn everything(app: &TestApp) -> Vec<String> {
    let body = json!({"title": "Weekly", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60, "visibility": "public"});
    let slug = app.post("/meetings", body).await.expect(201)["slug"].as_str().unwrap().to_owned();
    let now = app.now();
    let mut paths = vec!["/".to_owned(), "/sign-in".into(), "/calendar.ics".into(), "/feed.atom".into(), "/nothing-here".into()];
    for closed in [true, false] {
        let times = json!({"opens_at": now - if closed { 120 } else { 60 } * 1_000_000, "closes_at": now + if closed { 1_800 } else { 3_600 } * 1_000_000});
        let event = app.post(&format!("/meetings/{slug}/events"), times).await.expect(201);
        let (id, url) = (event["id"].as_str().unwrap().to_owned(), event["url"].as_str().unwrap().to_owned());
        let olga = json!({"nick": "olga"});
        let who = app.organize(Method::POST, &format!("/events/{id}/participants"), Some(olga)).await.expect(201);
        for text in ["#topic Links", "#action olga writes", "#agreed yes", "#link https://example.org/"] {
            let body = Some(json!({"text": text}));
            app.call(Method::POST, &format!("/events/{id}/messages"), who["token"].as_str(), body).await.expect(201);
        }
        if closed {
            app.organize(Method::POST, &format!("/events/{id}/close"), None).await.expect(200);
        }
        paths.push(url.clone());
        paths.push(format!("{url}.ics"));
        for form in ["json", "txt", "md", "html"] {
            paths.push(format!("/api/v1/events/{id}/minutes.{form}"));
            paths.push(format!("/api/v1/events/{id}/transcript.{form}"));
        }
        paths.push(format!("/api/v1/events/{id}/actions.csv"));
        paths.push(format!("/api/v1/events/{id}"));
    }
    paths.push(format!("/m/{slug}"));
    paths.push(format!("/m/{slug}.ics"));
    paths.push(format!("/m/{slug}/feed.atom"));
    paths.push(format!("/api/v1/meetings/{slug}"));
    paths.push(format!("/api/v1/meetings/{slug}/actions.csv"));
    paths.push("/api/v1/meetings".into());
    paths
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_host_is_in_no_page_calendar_feed_or_export() {
    let app = TestApp::start().await;
    let paths = everything(&app).await;
    for path in &paths {
        for (name, value) in FORGED {
            let answer = app.client.get(format!("{}{path}", app.base)).header(name, value).send().await.unwrap();
            let headers = format!("{:?}", answer.headers());
            let text = answer.text().await.unwrap();
            assert!(!text.contains("evil.example") && !headers.contains("evil.example"), "{name} at {path}");
        }
    }
    // Nor is it in what others get afterwards, and what is served has links that work.
    for path in &paths {
        let text = app.client.get(format!("{}{path}", app.base)).send().await.unwrap().text().await.unwrap();
        assert!(!text.contains("evil.example"), "{path}");
    }
    let calendar = app.client.get(format!("{}/calendar.ics", app.base)).send().await.unwrap().text().await.unwrap();
    assert!(calendar.replace("\r\n ", "").contains(&format!("{}/m/", app.base)), "{calendar}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_links_without_a_host_where_it_is_not_known() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let canonical = async |host: &str| {
        let page = app.client.get(format!("{}/m/{slug}", app.base)).header("Host", host).send().await.unwrap().text().await.unwrap();
        let page = page.replace("&#x2f;", "/");
        page.split_once("<link rel=\"canonical\" href=\"").unwrap().1.split('"').next().unwrap().to_owned()
    };
    let port = app.base.rsplit(':').next().unwrap();
    assert_eq!(canonical("meet.example.org").await, format!("/m/{slug}"));
    assert_eq!(canonical(&format!("localhost:{port}")).await, format!("http://localhost:{port}/m/{slug}"));
    assert_eq!(canonical(&format!("127.0.0.1:{port}")).await, format!("http://127.0.0.1:{port}/m/{slug}"));
    assert_eq!(canonical("localhost:1").await, format!("/m/{slug}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_address_is_in_links_whatever_the_host_is() {
    let app = TestApp::start_with(&[("gavel.public_url", json!("https://meet.example.org"))]).await;
    for path in everything(&app).await {
        let answer = app.client.get(format!("{}{path}", app.base)).header("Host", "evil.example").send().await.unwrap();
        let text = answer.text().await.unwrap();
        assert!(!text.contains("evil.example") && !text.contains(&app.base), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_hosts_make_no_caches_grow() {
    let app = TestApp::start().await;
    let paths = everything(&app).await;
    let tagged: Vec<&String> = paths.iter().filter(|path| [".ics", ".atom", "/minutes."].iter().any(|kind| path.contains(kind))).collect();
    for path in tagged {
        // One cache for each origin would have one tag for each host: links are in what is tagged.
        let mut tags = std::collections::BTreeSet::new();
        for n in 0..120 {
            let host = match n % 3 {
                0 => format!("host{n}.example"),
                1 => format!("localhost:{n}"),
                _ => format!("192.0.2.{n}"),
            };
            let answer = app.client.get(format!("{}{path}", app.base)).header("Host", host).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            tags.insert(answer.headers()["etag"].to_str().unwrap().to_owned());
        }
        assert_eq!(tags.len(), 1, "{path}: {tags:?}");
    }
}

/// Sends these bytes and reads the whole answer.
async fn raw(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

async fn two_hosts_are_a_bad_request(door: Door) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let two = "Host: one.example\r\nHost: two.example\r\nConnection: close\r\n\r\n";
    let poll = format!("/api/v1/events/{event}/messages?after=0&wait=0");
    let answer = raw(&app.polls, &format!("GET {poll} HTTP/1.1\r\n{two}")).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("application/problem+json"), "{answer}");
    let ada = app.join(&event, "ada").await;
    let body = "{\"text\":\"hello\"}";
    let head = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", ada.token, body.len());
    let answer = raw(&app.base, &format!("POST /api/v1/events/{event}/messages HTTP/1.1\r\n{head}{two}{body}")).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(crate::support::said(&app.log(&event).await).is_empty());
    let answer = raw(&app.base, &format!("GET / HTTP/1.1\r\n{two}")).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("text/html"), "{answer}");
    let one = raw(&app.polls, &format!("GET {poll} HTTP/1.1\r\nHost: one.example\r\nConnection: close\r\n\r\n")).await;
    assert!(one.starts_with("HTTP/1.1 200 "), "{one}");
}

at_both_doors!(two_hosts_are_a_bad_request,);
