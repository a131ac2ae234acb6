//! What the live door does beside what every poll does: its paths, its pages, and its good end.
//! What polls are is told by the sentences that run at both doors.

use gavel::domain::schedule::event::EventId;
use gavel::domain::talk::participant::ParticipantId;
use gavel::store::talk::participant_action::ParticipantAction;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::desk::say;
use crate::support::wire::Wire;
use crate::support::{Door, HOUR, TestApp};

async fn room() -> (TestApp, String, String) {
    let app = TestApp::start_at(Door::Live).await;
    let event = app.open_event().await;
    let cursor = app.join(&event, "ada").await.cursor;
    let poll = format!("/api/v1/events/{event}/messages?after={cursor}&wait=50");
    (app, event, poll)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_polls_and_health_and_nothing_else() {
    let (app, event, _) = room().await;
    let ask = async |method: Method, path: &str| {
        let reply = app.client.request(method, format!("{}{path}", app.polls)).send().await.unwrap();
        (reply.status().as_u16(), reply.headers().clone(), reply.text().await.unwrap())
    };
    for path in ["/", "/api/v1/time", "/api/v1/meetings", "/api/v1/events", "/healthy", "/api/v1/events//messages", "/favicon.ico"]
        .into_iter()
        .map(str::to_owned)
        .chain(
            ["", "/", "/participants", "/messages/", "/streams", "/messages/1", "/transcript.json"]
                .map(|it| format!("/api/v1/events/{event}{it}")),
        )
    {
        let (status, headers, text) = ask(Method::GET, &path).await;
        let problem: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status, &problem["type"]), (404, &json!("/problems/not-found")), "{path}: {text}");
        assert_eq!(headers["content-type"], "application/problem+json");
    }
    let messages = format!("/api/v1/events/{event}/messages");
    for path in [messages.as_str(), "/health"] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let (status, headers, text) = ask(method, path).await;
            assert_eq!((status, headers["allow"].to_str().unwrap()), (405, "GET, HEAD, OPTIONS"), "{text}");
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["type"], "/problems/method-not-allowed");
        }
        let (status, headers, text) = ask(Method::OPTIONS, path).await;
        assert_eq!((status, headers["allow"].to_str().unwrap(), text.as_str()), (204, "GET, HEAD, OPTIONS", ""));
    }
    let (status, _, text) = ask(Method::GET, "/health").await;
    assert_eq!((status, text.as_str()), (200, "{\"status\":\"ok\"}"));
    assert_eq!(ask(Method::HEAD, "/health").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_gives_the_bytes_and_headers_of_rockets_route() {
    let (app, event, _) = room().await;
    let (id, ada) = (EventId::parse(&event).unwrap(), app.join(&event, "eve").await);
    let who = ParticipantId::parse(&ada.id).unwrap();
    // More than is copied into one piece.
    let entries: Vec<ParticipantAction> = (0..300).map(|n| say(&id, &who, &format!("{n}: {}", "words ".repeat(20)), None)).collect();
    app.store().await.write(entries).await.unwrap();
    app.say(&event, &ada, "so that the room knows").await;
    let bad = ["/events/e_1/messages", &format!("/events/{event}/messages?after=x")].map(str::to_owned);
    let good = ["after=0&wait=0&limit=500", "after=0&wait=0&limit=1", "after=9007199254740990&wait=0"]
        .map(|it| format!("/events/{event}/messages?{it}"));
    for path in bad.iter().chain(&good) {
        let mut told = Vec::new();
        for base in [&app.base, &app.polls] {
            let reply = app.client.get(format!("{base}/api/v1{path}")).send().await.unwrap();
            let mut headers: Vec<(String, String)> = Vec::new();
            for (name, value) in reply.headers().iter().filter(|(name, _)| !matches!(name.as_str(), "date" | "server")) {
                headers.push((name.to_string(), value.to_str().unwrap().to_owned()));
            }
            headers.sort();
            let (status, text) = (reply.status(), reply.text().await.unwrap());
            // Each answer has its own now.
            let shared = text.split_once("\"cursor\"").map_or(text.clone(), |(_, shared)| shared.to_owned());
            told.push((status, headers, shared));
        }
        assert_eq!(told[0], told[1], "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_when_its_client_leaves() {
    let (app, event, poll) = room().await;
    let (mut leaves, mut stays, mut sends_no_more) = (Wire::to(&app.polls).await, Wire::to(&app.polls).await, Wire::to(&app.polls).await);
    for wire in [&mut leaves, &mut stays, &mut sends_no_more] {
        wire.get(&poll, "").await;
    }
    app.parked(&event, 3).await;
    drop(leaves);
    app.parked_at_most(&event, 2).await;
    // Who closes its side is taken to have left, too.
    sends_no_more.half_close().await;
    app.parked_at_most(&event, 1).await;
    assert!(sends_no_more.ends().await);
    let bob = app.join(&event, "bob").await;
    let answer: Value = serde_json::from_str(&stays.answer().await.unwrap().body).unwrap();
    assert_eq!(answer["messages"][0]["nick"], "bob");
    assert!(bob.cursor > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_one_piece_are_answered_in_their_order() {
    let (app, event, poll) = room().await;
    let now = poll.replace("wait=50", "wait=0");
    let mut wire = Wire::to(&app.polls).await;
    let line = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: gavel\r\n\r\n");
    wire.send(&format!("{}{}{}", line(&now), line("/nothing"), line("/health"))).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(wire.answer().await.unwrap().status);
    }
    assert_eq!(statuses, [200, 404, 200]);
    // Behind a poll that waits, the next one waits as well.
    wire.send(&format!("{}{}", line(&poll), line("/health"))).await;
    app.parked(&event, 1).await;
    app.join(&event, "bob").await;
    assert!(wire.answer().await.unwrap().body.contains("\"bob\""));
    assert_eq!(wire.answer().await.unwrap().body, "{\"status\":\"ok\"}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_not_read_and_ends_the_connection() {
    let (app, _, poll) = room().await;
    let now = poll.replace("wait=50", "wait=0");
    let mut wire = Wire::to(&app.polls).await;
    wire.get(&now, "Content-Length: 1000000\r\n").await;
    let answer = wire.answer().await.unwrap();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")), "{answer:?}");
    assert!(wire.ends().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_a_bad_request_and_too_long_a_head_is_refused() {
    let (app, _, poll) = room().await;
    let long = "x".repeat(20_000);
    for (request, statuses) in [
        ("HELLO\r\n\r\n".to_owned(), [400, 400]),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), [400, 400]),
        (format!("GET {poll}&x={long} HTTP/1.1\r\n\r\n"), [414, 431]),
        (format!("GET {poll} HTTP/1.1\r\nX-Long: {long}\r\n\r\n"), [431, 431]),
    ] {
        let mut wire = Wire::to(&app.polls).await;
        wire.send(&request).await;
        let answer = wire.answer().await.unwrap();
        assert!(statuses.contains(&answer.status), "{answer:?}");
        assert!(wire.ends().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_site_may_read_and_others_may_not() {
    let (app, event, _) = room().await;
    let path = format!("/api/v1/events/{event}/messages?wait=0");
    let host = app.polls.strip_prefix("http://").unwrap();
    for (origin, allowed) in [(app.base.as_str(), true), ("https://evil.example", false), ("null", false)] {
        let mut wire = Wire::to(&app.polls).await;
        for request in ["GET", "OPTIONS"] {
            let asks = "Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n";
            wire.send(&format!("{request} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n{asks}\r\n")).await;
            // What a browser asks beforehand has no body and says 204.
            let answer = wire.answer().await.unwrap();
            assert_eq!(answer.header("vary"), Some("Origin"), "{answer:?}");
            assert_eq!(answer.header("access-control-allow-origin"), allowed.then_some(origin), "{answer:?}");
            assert_eq!(answer.header("access-control-allow-credentials"), allowed.then_some("true"), "{answer:?}");
            if request == "OPTIONS" {
                assert_eq!(answer.status, 204);
                assert_eq!(answer.header("access-control-allow-methods"), allowed.then_some("GET, HEAD"), "{answer:?}");
                assert_eq!(answer.header("access-control-allow-headers"), allowed.then_some("Authorization, Last-Event-ID"));
                assert_eq!(answer.header("access-control-max-age"), allowed.then_some("86400"));
            }
        }
        // A page must be able to read why it was refused.
        wire.send(&format!("GET {path}&after=x HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n\r\n")).await;
        let refused = wire.answer().await.unwrap();
        assert_eq!((refused.status, refused.header("access-control-allow-origin")), (400, allowed.then_some(origin)));
    }
    let mut plain = Wire::to(&app.polls).await;
    plain.get(&path, "").await;
    let answer = plain.answer().await.unwrap();
    assert_eq!((answer.header("vary"), answer.header("access-control-allow-origin")), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_told_to_trust_its_address() {
    let url = "https://live.example.org";
    let app =
        TestApp::start_at_with(Door::Live, &[("gavel.live_url", json!(url)), ("gavel.public_url", json!("https://meet.example.org"))])
            .await;
    let page = app.client.get(format!("{}/", app.base)).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("connect-src 'self' https://live.example.org;"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_parked_polls_and_ends_idle_connections() {
    let (mut app, event, poll) = room().await;
    let lobby = app.event(3_600, 7_200).await;
    let (mut idle, mut silent, mut half, mut parked) =
        (Wire::to(&app.polls).await, Wire::to(&app.polls).await, Wire::to(&app.polls).await, Wire::to(&app.polls).await);
    idle.get("/health", "").await;
    idle.answer().await.unwrap();
    half.send("GET /health HTTP/1.1\r\nHost").await;
    parked.get(&poll, "").await;
    let lobby_poll = app.park(&lobby, "after=0&wait=50", None);
    app.parked(&event, 1).await;
    app.parked(&lobby, 1).await;
    app.stop().await;
    let answer = parked.answer().await.unwrap();
    let json: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status, &json["messages"], answer.header("connection")), (200, &json!([]), Some("close")));
    assert!(lobby_poll.await.unwrap().1.as_micros() < u128::from(HOUR.unsigned_abs()));
    for wire in [&mut idle, &mut silent, &mut half, &mut parked] {
        assert!(wire.ends().await);
    }
    assert!(tokio::net::TcpStream::connect(app.polls.strip_prefix("http://").unwrap()).await.is_err());
}
