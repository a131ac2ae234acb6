//! The event of a draft, by its id: there for the meeting's organizer, and for nobody else.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::{Door, TestApp};

/// A draft with an event that is open; its slug and the event.
async fn draft(app: &TestApp) -> (String, String) {
    let body = json!({"title": "Secret plans", "slug": "plans", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60,
                      "visibility": "draft"});
    let slug = app.post("/meetings", body).await.expect(201)["slug"].as_str().unwrap().to_owned();
    let now = app.now();
    let times = json!({"opens_at": now - 60_000_000, "closes_at": now + 3_600_000_000_i64});
    let event = app.post(&format!("/meetings/{slug}/events"), times).await.expect(201);
    (slug, event["id"].as_str().unwrap().to_owned())
}

/// All that is read of an event by its id, with a query that does not wait.
fn readings(event: &str) -> Vec<String> {
    let mut paths = vec![format!("/events/{event}")];
    for rest in [
        "messages?after=0&wait=0",
        "messages?after=0&wait=1",
        "messages",
        "stream?after=0",
        "participants",
        "catch-up?after=0",
        "actions",
        "actions.csv",
        "minutes.json",
        "minutes.md",
        "minutes.txt",
        "minutes.html",
        "minutes.part.html",
        "transcript.json",
        "transcript.txt",
        "transcript.md",
        "transcript.html",
    ] {
        paths.push(format!("/events/{event}/{rest}"));
    }
    paths
}

async fn strangers_do_not_find_it(door: Door) {
    let app = TestApp::start_at(door).await;
    let emil = app.organizer("emil").await;
    let (slug, event) = draft(&app).await;
    // A token that is good elsewhere.
    let other = app.open_event().await;
    let ada = app.join(&other, "ada").await;
    let outsiders = [None, Some(emil.as_str()), Some(ada.token.as_str())];
    for token in outsiders {
        for path in readings(&event) {
            let reply = app.call(Method::GET, &path, token, None).await;
            // Where a token is for participants alone, one of another kind is refused first: as where there is no event.
            let missing = app.call(Method::GET, &path.replace(&event, &format!("e_{}", "a".repeat(24))), token, None).await;
            assert_eq!((reply.status, &reply.text), (missing.status, &missing.text), "GET {path}");
            assert!(token.is_some() || reply.status == 404, "GET {path}: {}", reply.text);
            assert!(!reply.text.contains("Secret"), "{path}: {}", reply.text);
        }
        let join = app.call(Method::POST, &format!("/events/{event}/participants"), token, Some(json!({"nick": "eve"}))).await;
        assert_eq!(join.status, 404, "{}", join.text);
    }
    // To write as somebody takes papers; none of these do, and nothing tells that there is an event.
    for token in [&emil, &ada.token] {
        let write = async |method: Method, path: &str, body: Value| {
            let reply = app.call(method.clone(), &format!("/events/{event}{path}"), Some(token), Some(body.clone())).await;
            let missing = app.call(method, &format!("/events/e_{}{path}", "a".repeat(24)), Some(token), Some(body)).await;
            assert!(matches!(reply.status.as_u16(), 401 | 404), "{path}: {} {}", reply.status, reply.text);
            assert_eq!((reply.status, &reply.text), (missing.status, &missing.text), "{path}");
        };
        for verb in ["open", "close", "cancel", "restore"] {
            write(Method::POST, &format!("/{verb}"), json!({})).await;
        }
        write(Method::POST, "/extend", json!({"minutes": 5})).await;
        write(Method::PATCH, "", json!({"title": "mine"})).await;
        write(Method::PATCH, "", json!({"agenda": "- mine"})).await;
        write(Method::POST, "/messages", json!({"text": "hello"})).await;
        write(Method::DELETE, "/participants/me", json!({})).await;
        write(Method::DELETE, "/messages/1", json!({})).await;
    }
    // Its pages, by its link and by the link of a chair.
    let look = app.organize(Method::GET, &format!("/events/{event}"), None).await.expect(200);
    let key = look["key"].as_str().unwrap();
    let chair = app.organize(Method::GET, &format!("/meetings/{slug}/chair-key"), None).await;
    let chair = chair.text.split('"').find(|it| it.len() >= 32).unwrap_or("x").to_owned();
    for path in [
        format!("/m/{slug}"),
        format!("/m/{slug}/{key}"),
        format!("/m/{slug}/{key}.ics"),
        format!("/m/{slug}.ics"),
        format!("/m/{slug}/feed.atom"),
        format!("/m/{slug}/{key}/log"),
        format!("/m/{slug}/chair/{chair}"),
        format!("/reminders/{slug}"),
    ] {
        let answer = app.client.get(format!("{}{path}", app.base)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        assert!(!answer.text().await.unwrap().contains("Secret"), "{path}");
    }
    for path in ["/", "/calendar.ics", "/feed.atom", "/search?q=secret", "/search?q=plans"] {
        let text = app.client.get(format!("{}{path}", app.base)).send().await.unwrap().text().await.unwrap();
        assert!(!text.contains("Secret plans"), "{path}");
    }
    for path in [format!("/search?q=plans&event={event}"), format!("/search?q=plans&meeting={slug}"), "/search?q=plans".to_owned()] {
        let found = app.get(&path).await;
        assert!(!found.text.contains("Secret"), "{path}: {}", found.text);
    }
}

async fn its_organizer_works_in_it(door: Door) {
    let app = TestApp::start_at(door).await;
    let (slug, event) = draft(&app).await;
    for path in readings(&event).iter().filter(|path| !["/stream", "/messages", "/catch-up"].iter().any(|it| path.contains(it))) {
        let reply = app.organize(Method::GET, path, None).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    }
    let join = json!({"nick": "olga", "nonce": "1234567890123456789012"});
    let joined = app.organize(Method::POST, &format!("/events/{event}/participants"), Some(join)).await.expect(201);
    let token = joined["token"].as_str().unwrap();
    app.call(Method::POST, &format!("/events/{event}/messages"), Some(token), Some(json!({"text": "a try"}))).await.expect(201);
    let rows = app.call(Method::GET, &format!("/events/{event}/messages?after=0&wait=0"), Some(token), None).await.expect(200);
    assert!(rows["messages"].as_array().unwrap().iter().any(|row| row["text"] == "a try"), "{rows}");
    assert_eq!(app.response(&format!("/events/{event}/stream?after=0"), None, Some(token)).await.status(), 200);
    app.organize(Method::POST, &format!("/events/{event}/extend"), Some(json!({"minutes": 5}))).await.expect(200);

    // Published, it is there for everybody at once, though its room was read while it was a draft.
    app.get(&format!("/events/{event}")).await.problem(404, "not-found");
    app.organize(Method::PATCH, &format!("/meetings/{slug}"), Some(json!({"visibility": "public"}))).await.expect(200);
    for path in readings(&event).iter().filter(|path| !path.contains("/stream") && !path.ends_with("/messages")) {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
    app.join(&event, "bob").await;
    let rows = app.poll(&event, "after=0&wait=0").await;
    assert!(rows["messages"].as_array().unwrap().iter().any(|row| row["nick"] == "bob"), "{rows}");
}

async fn its_organizers_browser_follows_it(door: Door) {
    let app = TestApp::start_at(door).await;
    let (_, event) = draft(&app).await;
    let browser = app.signed_in().await;
    for path in ["messages?after=0&wait=0", "stream?after=0"] {
        let url = app.url(&Method::GET, &format!("/events/{event}/{path}"));
        assert_eq!(browser.get(&url).send().await.unwrap().status(), 200, "{path}");
        assert_eq!(app.client.get(&url).send().await.unwrap().status(), 404, "{path}");
    }
}

at_both_doors!(strangers_do_not_find_it, its_organizer_works_in_it, its_organizers_browser_follows_it);

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_drafts_organizer_follows_its_room_before_they_join() {
    let app = TestApp::start_at_with(Door::Live, &[("gavel.live_url", json!("http://127.0.0.1:1"))]).await;
    let (slug, event) = draft(&app).await;
    let look = app.organize(Method::GET, &format!("/events/{event}"), None).await.expect(200);
    let browser = app.signed_in().await;
    let page = browser.get(format!("{}/m/{slug}/{}", app.base, look["key"].as_str().unwrap())).send().await.unwrap();
    assert_eq!(page.status(), 200);
    // It asks here, where it is known who asks, not at the live door.
    assert!(page.text().await.unwrap().contains("data-live=\"\""));
    let status = async |client: &Client| {
        let address = app.api(&format!("/events/{event}/messages?after=0&wait=0"));
        client.get(address).send().await.unwrap().status()
    };
    assert_eq!(status(&browser).await, 200);
    assert_eq!(status(&app.client).await, 404);
}
