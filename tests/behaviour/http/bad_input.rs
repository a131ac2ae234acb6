//! Requests that break a rule: each is told so in one way, and changes nothing.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Door, Reply, Someone, TestApp, kinds};

/// Sends a body as it is.
async fn send(app: &TestApp, method: Method, path: &str, token: &str, body: impl Into<reqwest::Body>) -> Reply {
    let request = app.client.request(method, app.api(path)).bearer_auth(token).header(CONTENT_TYPE, "application/json").body(body);
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Reply { status, headers, text: response.text().await.unwrap() }
}

async fn room() -> (TestApp, String, Someone) {
    room_at(Door::Rocket).await
}

async fn room_at(door: Door) -> (TestApp, String, Someone) {
    let app = TestApp::start_at(door).await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    (app, event, ada)
}

async fn what_does_not_exist_is_not_found(door: Door) {
    let (app, event, ada) = room_at(door).await;
    for path in [
        "/events/e_aaaaaaaaaaaaaaaaaaaaaaaa",
        "/events/e_1",
        "/events/E_AAAAAAAAAAAAAAAAAAAAAAAA",
        "/events/%F0%28%8C%28",
        "/events/..%2f..%2fetc",
        "/meetings/nobody-has-this",
        "/meetings/NOT%20A%20SLUG",
        "/meetings/%00",
        "/nothing",
        "/events",
    ] {
        app.get(path).await.problem(404, "not-found");
    }
    // Pages come by names that anybody can write.
    let slug = app.look(&event).await["meeting"].as_str().unwrap().to_owned();
    for path in ["/m/%00".to_owned(), format!("/m/{slug}/%00"), format!("/m/{slug}/2026-11-24%00")] {
        assert_eq!(app.client.get(format!("{}{path}", app.base)).send().await.unwrap().status(), 404, "{path}");
    }
    for id in ["e_aaaaaaaaaaaaaaaaaaaaaaaa", "e_1", "x"] {
        for rest in ["messages?after=0&wait=50", "participants", "transcript.json", "transcript.txt"] {
            app.get(&format!("/events/{id}/{rest}")).await.problem(404, "not-found");
        }
        app.try_join(id, "bob", None).await.problem(404, "not-found");
        app.try_say(id, &ada, "hello", None).await.problem(404, "not-found");
        for verb in ["open", "close", "cancel", "restore"] {
            app.organize(Method::POST, &format!("/events/{id}/{verb}"), None).await.problem(404, "not-found");
        }
        app.organize(Method::PATCH, &format!("/events/{id}"), Some(json!({}))).await.problem(404, "not-found");
    }
    for form in ["transcript", "transcript.pdf", "transcript.", "nothing"] {
        app.get(&format!("/events/{event}/{form}")).await.problem(404, "not-found");
    }
    app.organize(Method::DELETE, "/meetings/nobody-has-this", None).await.problem(404, "not-found");
    app.organize(Method::PATCH, "/meetings/nobody-has-this", Some(json!({}))).await.problem(404, "not-found");
    app.organize(Method::POST, "/meetings/nobody-has-this/restore", None).await.problem(404, "not-found");
    app.post("/meetings/nobody-has-this/events", json!({"closes_at": 1})).await.problem(404, "not-found");
}

async fn the_query_of_a_poll_is_read_strictly(door: Door) {
    let (app, event, _) = room_at(door).await;
    for query in [
        "after=",
        "after=-1",
        "after=1.5",
        "after=x",
        "after=9007199254740992",
        "after=%2B5",
        "after=+5",
        "after=0x10",
        "after",
        "after=1%20",
        "wait=",
        "wait=-1",
        "wait=x",
        "wait=1.5",
        "wait=+5",
        "wait",
        "limit=",
        "limit=0",
        "limit=-1",
        "limit=501",
        "limit=x",
        "limit=+5",
        "limit=99999999999999999999",
        "limit",
        "tab=",
        "tab",
        "tab=1234567890123456789012345678901234567",
        "tab=%FF",
    ] {
        let reply = app.try_poll(&event, query, None).await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.text);
        reply.problem(400, "bad-request");
    }
    for query in [
        "after=9007199254740991&wait=0",
        "wait=0&limit=500",
        "wait=0&tab=é",
        "wait=0&tab=12345678-1234-1234-1234-123456789012",
        "wait=99&x=y",
    ] {
        app.try_poll(&event, query, None).await.expect(200);
    }
    for query in ["/meetings?offset=-1", "/meetings?offset=x"] {
        app.get(query).await.problem(400, "bad-request");
    }
    let (slug, _) = app.meeting().await;
    app.get(&format!("/meetings/{slug}?before=yesterday")).await.problem(400, "bad-request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_json_is_a_bad_request_and_one_of_another_shape_breaks_a_rule() {
    let (app, event, ada) = room().await;
    let (slug, _) = app.meeting().await;
    let calls = [
        (Method::POST, format!("/events/{event}/messages"), ada.token.clone()),
        (Method::POST, format!("/events/{event}/participants"), ada.token.clone()),
        (Method::POST, "/meetings".to_owned(), app.token.clone()),
        (Method::PATCH, format!("/meetings/{slug}"), app.token.clone()),
        (Method::POST, format!("/meetings/{slug}/events"), app.token.clone()),
        (Method::PATCH, format!("/events/{event}"), app.token.clone()),
    ];
    for (method, path, token) in calls {
        for broken in ["", "{", "text=hello", "{\"text\": \"a\"} x", "{'text': 'a'}", "{\"text\": \"a\u{1}\"}"] {
            let reply = send(&app, method.clone(), &path, &token, broken).await;
            assert_eq!(reply.status, 400, "{method} {path} {broken}: {}", reply.text);
            reply.problem(400, "bad-request");
        }
        let reply = send(&app, method.clone(), &path, &token, &b"{\"text\":\"\xff\",\"nick\":\"\xff\"}"[..]).await;
        reply.problem(400, "bad-request");
        for wrong in ["[]", "null", "1", "\"text\"", "{\"text\":1,\"nick\":1,\"title\":1}"] {
            let reply = send(&app, method.clone(), &path, &token, wrong).await;
            assert_eq!(reply.status, 422, "{method} {path} {wrong}: {}", reply.text);
            reply.problem(422, "invalid");
        }
        let reply = send(&app, method, &path, &token, vec![b' '; 200 * 1024]).await;
        reply.problem(413, "too-large");
    }
    // Half a character of UTF-16 is none.
    let reply = send(&app, Method::POST, &format!("/events/{event}/messages"), &ada.token, "{\"text\": \"\\ud800\"}").await;
    reply.problem(400, "bad-request");
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nicknames_that_cannot_be_seen_or_told_apart_are_refused() {
    let (app, event, _) = room().await;
    let long = "x".repeat(41);
    for nick in [
        "",
        " ",
        "\t\n",
        long.as_str(),
        "a\u{0}b",
        "a\u{1b}[31m",
        "a\u{202e}b",
        "\u{200b}",
        "a\u{200b}b",
        "\u{301}",
        "\u{ad}",
        "a\u{85}b\u{7f}",
    ] {
        app.try_join(&event, nick, None).await.problem(422, "nick-invalid");
    }
    for nick in ["ada", "ADA", "ａｄａ", "аda"] {
        app.try_join(&event, nick, None).await.problem(409, "nick-taken");
    }
    for nick in ["x".repeat(40).as_str(), "李雷", "O'Brien-Smith (he)", "🦀", "👩‍👩‍👧", "عمر", "<script>"] {
        assert_eq!(app.try_join(&event, nick, None).await.expect(201)["nick"], nick);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_are_empty_too_long_or_hold_controls_are_refused() {
    let (app, event, ada) = room().await;
    for text in ["", " \r\n\t ", "/me", "/me  ", "bell\u{7}", "a\u{0}b", "\u{1b}[2J", "a\u{7f}", "a\u{9b}"] {
        app.try_say(&event, &ada, text, None).await.problem(422, "text-invalid");
    }
    app.try_say(&event, &ada, &"x".repeat(4_001), None).await.problem(413, "text-too-long");
    app.try_say(&event, &ada, &"é".repeat(40_000), None).await.problem(413, "text-too-long");
    for nonce in ["", " ", "with space", "é", "\n", "x".repeat(65).as_str()] {
        app.try_say(&event, &ada, "hello", Some(nonce)).await.problem(422, "invalid");
        app.try_join(&event, "bob", Some(nonce)).await.problem(422, "invalid");
    }
    app.try_say(&event, &ada, "tabs\tand\nlines", Some(&"x".repeat(64))).await.expect(201);
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "said"]);
}

async fn a_bad_or_foreign_token_is_refused_and_never_ignored(door: Door) {
    let (app, event, ada) = room_at(door).await;
    let other = app.open_event().await;
    let bob = app.join(&other, "bob").await;
    let changed = ada.token.replace(&ada.id, &bob.id);
    let unsigned = ada.id.clone();
    for token in ["", "x", "null", "undefined", changed.as_str(), unsigned.as_str(), bob.token.as_str(), app.token.as_str()] {
        let header = format!("Bearer {token}");
        for (method, path) in [
            (Method::GET, format!("/events/{event}/messages?after=0&wait=0")),
            (Method::HEAD, format!("/events/{event}/messages?after=0&wait=0")),
            (Method::DELETE, format!("/events/{event}/participants/me")),
            (Method::POST, format!("/events/{event}/messages")),
        ] {
            let request =
                app.client.request(method.clone(), app.url(&method, &path)).header(AUTHORIZATION, &header).json(&json!({"text": "hello"}));
            assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED, "{method} with “{header}”");
        }
    }
    app.call(Method::POST, &format!("/events/{event}/messages"), None, Some(json!({"text": "hello"}))).await.problem(401, "bad-token");
    app.call(Method::DELETE, &format!("/events/{event}/participants/me"), None, None).await.problem(401, "bad-token");
    // The scheme's name is written in any case (RFC 9110, section 11.1).
    let request = app
        .client
        .get(app.url(&Method::GET, &format!("/events/{event}/messages?wait=0")))
        .header(AUTHORIZATION, format!("bEARER {}", ada.token));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined"]);
}

async fn a_problem_has_no_sql_no_path_and_is_kept_by_nobody(door: Door) {
    let app = TestApp::start_at(door).await;
    for (path, status) in [("/events/e_1", 404), ("/events/e_1/messages", 404), ("/meetings?offset=x", 400), ("/nothing", 404)] {
        let reply = app.get(path).await;
        assert_eq!((reply.status.as_u16(), reply.headers["cache-control"].to_str().unwrap()), (status, "no-store"));
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        let problem: Value = reply.json();
        let text = problem.to_string();
        assert!(!text.contains("SELECT") && !text.contains(app.data().folder().to_str().unwrap()), "{text}");
    }
    let health = app.client.get(format!("{}/health", app.polls)).send().await.unwrap();
    assert_eq!((health.status().as_u16(), health.text().await.unwrap()), (200, "{\"status\":\"ok\"}".to_owned()));
    let now = app.get("/time").await.expect(200)["now"].as_i64().unwrap();
    assert!((now - app.now()).abs() < 60_000_000);
}

at_both_doors!(
    what_does_not_exist_is_not_found,
    the_query_of_a_poll_is_read_strictly,
    a_bad_or_foreign_token_is_refused_and_never_ignored,
    a_problem_has_no_sql_no_path_and_is_kept_by_nobody,
);
