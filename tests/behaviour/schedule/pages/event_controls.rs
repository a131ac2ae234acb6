//! Running an event by the pages: the chair link, and forms that work without script.

use std::time::Duration;

use gavel::domain::time::Timestamp;
use gavel::domain::zone::Zone;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::calendar::pages::{csrf, signed_in};
use crate::people::chairs::key;
use crate::support::{HOUR, MINUTE, TestApp, kinds};

/// A page as a browser gets it: status, path it ended at, text.
async fn get(app: &TestApp, browser: &Client, path: &str) -> (u16, String, String) {
    shown(browser.get(format!("{}{path}", app.base)).send().await.unwrap()).await
}

async fn shown(page: reqwest::Response) -> (u16, String, String) {
    (page.status().as_u16(), page.url().path().to_owned(), page.text().await.unwrap().replace("&#x2f;", "/"))
}

/// Sends a form with the secret of this browser's forms.
async fn send(app: &TestApp, browser: &Client, path: &str, field: (&str, &str)) -> (u16, String, String) {
    let (_, _, page) = get(app, browser, "/sign-in").await;
    let form = [("csrf", csrf(&page)), field];
    shown(browser.post(format!("{}{path}", app.base)).form(&form).send().await.unwrap()).await
}

fn browser() -> Client {
    Client::builder().cookie_store(true).build().unwrap()
}

/// An event's link, and the path of its meeting's chair link.
async fn links(app: &TestApp, event: &str) -> (String, String) {
    let url = app.look(event).await["url"].as_str().unwrap().to_owned();
    let chair = format!("{}/chair/{}", url.rsplit_once('/').unwrap().0, key(app, event).await.strip_prefix("gct_").unwrap());
    (url, chair)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_chair_link_runs_the_event_without_script() {
    let app = TestApp::start().await;
    let event = app.event(-60, 3_600).await;
    let (url, link) = links(&app, &event).await;
    let (ada, closes) = (browser(), app.look(&event).await["closes_at"].as_i64().unwrap());
    assert!(get(&app, &ada, &url).await.2.contains("data-runs=\"\""));
    let (status, path, page) = get(&app, &ada, &link).await;
    assert_eq!((status, path.as_str()), (200, url.rsplit_once('/').unwrap().0));
    assert!(page.contains("From this browser you can run the events"), "{page}");
    assert!(get(&app, &ada, &url).await.2.contains("data-runs=\"yes\""));

    let run = |act: &str| format!("{url}/run/{act}");
    let (status, path, page) = send(&app, &ada, &run("extend"), ("minutes", "10")).await;
    assert_eq!((status, &path), (200, &url));
    assert!(page.contains("now closes at"), "{page}");
    assert_eq!(app.look(&event).await["closes_at"], closes + 10 * MINUTE);
    assert!(send(&app, &ada, &run("extend"), ("minutes", "soon")).await.2.contains("Say by how many minutes to extend."));

    // What was typed is kept beside what is wrong with it.
    let long = "so very long ".repeat(20);
    let (status, _, page) = send(&app, &ada, &run("cancel"), ("reason", &long)).await;
    assert_eq!(status, 422);
    assert!(page.contains("The reason may have up to 200 characters.") && page.contains(&format!("value=\"{long}\"")), "{page}");
    assert_eq!(app.look(&event).await["phase"], "open");
    let (_, _, page) = send(&app, &ada, &run("cancel"), ("reason", "<b>Storm</b>")).await;
    assert!(page.contains("This event was cancelled: &lt;b&gt;Storm&lt;/b&gt;") && page.contains(&run("restore")), "{page}");
    let (_, _, page) = send(&app, &ada, &run("restore"), ("reason", "")).await;
    assert!(page.contains("is back on."), "{page}");
    let (_, _, page) = send(&app, &ada, &run("close"), ("reason", "")).await;
    assert!(page.contains("Its transcript stays at its link."), "{page}");
    assert!(send(&app, &ada, &run("open"), ("reason", "")).await.2.contains("What is closed stays closed."));
    assert_eq!(send(&app, &ada, &run("dance"), ("reason", "")).await.0, 404);
    let rows = app.log(&event).await;
    assert_eq!(kinds(&rows), ["opened", "rescheduled", "cancelled", "restored", "closed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joined_before_following_the_chair_link_is_a_chair_at_once() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (url, link) = links(&app, &event).await;
    let ada = browser();
    send(&app, &ada, &format!("{url}/join"), ("nick", "ada")).await;
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined"]);
    for _ in 0..2 {
        get(&app, &ada, &link).await;
        assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "chair"]);
    }
    let page = get(&app, &ada, &url).await.2;
    assert!(page.contains("<span dir=\"auto\">ada</span><small class=\"chair\">chair</small><small class=\"you\">you</small>"), "{page}");
    // In another event of the meeting the browser is known by the link.
    let slug = url.split('/').nth(2).unwrap();
    let later = app.post(&format!("/meetings/{slug}/events"), json!({"closes_at": app.now() + 40 * MINUTE})).await.expect(201);
    send(&app, &ada, &format!("{}/join", later["url"].as_str().unwrap()), ("nick", "ada")).await;
    assert_eq!(kinds(&app.log(later["id"].as_str().unwrap()).await), ["opened", "joined", "chair"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_right_is_told_so_and_changes_nothing() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (url, link) = links(&app, &event).await;
    let bob = browser();
    let (status, _, page) = get(&app, &bob, &format!("{link}0")).await;
    assert_eq!(status, 401);
    assert!(page.contains("This chair link does not hold"), "{page}");
    assert_eq!(send(&app, &bob, &format!("{url}/run/close"), ("reason", "")).await.0, 401);
    send(&app, &bob, &format!("{url}/join"), ("nick", "bob")).await;
    let (status, _, page) = send(&app, &bob, &format!("{url}/run/close"), ("reason", "")).await;
    assert_eq!(status, 403);
    assert!(page.contains("This is for chairs"), "{page}");
    // Nor does a form of another site do what its visitor may.
    let olga = signed_in(&app).await;
    let forged = olga.post(format!("{}{url}/run/close", app.base)).form(&[("csrf", "guessed")]).send().await.unwrap();
    assert_eq!(forged.status(), 403);
    let forged = olga.post(app.api(&format!("/events/{event}/close"))).header("Sec-Fetch-Site", "cross-site").json(&json!({}));
    assert_eq!(forged.send().await.unwrap().json::<Value>().await.unwrap()["type"], "/problems/cross-site");
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined"]);
    assert_eq!(send(&app, &olga, &format!("{url}/run/close"), ("reason", "")).await.0, 200);
    assert_eq!(app.look(&event).await["phase"], "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizer_finds_the_chair_link_on_the_meetings_page_and_renews_it() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (url, link) = links(&app, &event).await;
    let meeting = url.rsplit_once('/').unwrap().0;
    assert!(!get(&app, &browser(), meeting).await.2.contains("/chair/"));
    let olga = signed_in(&app).await;
    assert!(get(&app, &olga, meeting).await.2.contains(&link));
    let (status, path, page) = send(&app, &olga, &format!("{meeting}/chair"), ("back", "")).await;
    assert_eq!((status, path.as_str()), (200, meeting));
    assert!(page.contains("There is a new chair link.") && !page.contains(&link), "{page}");
    assert_eq!(get(&app, &browser(), &link).await.0, 401);
    let (_, link) = links(&app, &event).await;
    assert!(page.contains(&link) && get(&app, &browser(), &link).await.0 == 200);
    // An old slug leads on.
    app.organize(Method::PATCH, &format!("/meetings/{}", meeting.strip_prefix("/m/").unwrap()), Some(json!({"slug": "elsewhere"})))
        .await
        .expect(200);
    let (status, path, _) = get(&app, &browser(), &link).await;
    assert_eq!((status, path.as_str()), (200, "/m/elsewhere"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_what_is_over_or_called_off_names_what_is_next_by_then() {
    let app = TestApp::start().await;
    let (slug, meeting) = app.meeting().await;
    app.post(&format!("/events/{}/cancel", meeting["upcoming"][0]["id"].as_str().unwrap()), json!({})).await.expect(200);
    let now = app.now();
    let add = async |hours: i64| {
        let body = json!({"opens_at": now + hours * HOUR - MINUTE, "closes_at": now + (hours + 1) * HOUR});
        app.post(&format!("/meetings/{slug}/events"), body).await.expect(201)
    };
    let of = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
    let (open, reader) = (add(0).await, browser());
    let (url, id) = (of(&open, "url"), of(&open, "id"));
    let around = async || get(&app, &reader, &format!("{url}/around")).await.2;
    assert!(!around().await.contains("Next event"));
    // One after the other is put before it, and the second one called off.
    let far = add(400).await;
    assert!(around().await.contains(&format!("href=\"{}\"><span class=\"unseen\">Next event", of(&far, "url"))));
    let near = add(200).await;
    app.post(&format!("/events/{id}/close"), json!({})).await.expect(200);
    for page in [around().await, get(&app, &reader, &url).await.2] {
        assert!(page.contains(&of(&near, "url")) && !page.contains(&of(&far, "url")), "{page}");
    }
    app.post(&format!("/events/{}/cancel", of(&near, "id")), json!({})).await.expect(200);
    assert!(around().await.contains(&of(&far, "url")));
    // Whoever comes to the one that is called off is led to the next; while one is open, to that.
    let next = async |words: &str, event: &Value| {
        let (page, part) =
            (get(&app, &reader, &of(&near, "url")).await.2, get(&app, &reader, &format!("{}/around", of(&near, "url"))).await.2);
        for shown in [page, part] {
            let told = shown.split_once("data-late=\"next\">").unwrap().1;
            assert!(told.starts_with(&format!(" {words} <a href=\"{}\">", of(event, "url"))), "{told:.200}");
        }
    };
    next("The next one is on", &far).await;
    let body = json!({"closes_at": app.now() + HOUR});
    let also = app.post(&format!("/meetings/{slug}/events"), body).await.expect(201);
    next("Another one is open now: that of", &also).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_on_another_day_is_told_with_its_day_wherever_it_stands() {
    let app = TestApp::start().await;
    // Just after midnight, a time that is 10 minutes short of a day later is on the same day.
    app.step_to_noon();
    let (event, olga) = (app.event(-60, 80_000).await, app.signed_in().await);
    let day = Timestamp::from_micros(app.now()).plus_minutes(24 * 60 - 10);
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({"closes_at": day.micros()}))).await.expect(200);
    let ends = |form: &str| Timestamp::from_micros(day.micros()).in_zone(Zone::utc()).format(form).to_string();
    assert_eq!(app.log(&event).await.last().unwrap()["text"], format!("The room now closes at {}.", ends("%H:%M UTC on %A")));
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let meeting = url.rsplit_once('/').unwrap().0.to_owned();
    let all = [url.as_str(), &meeting, "/", "/schedule"];
    for path in all {
        let page = get(&app, &olga, path).await.2;
        assert!(page.contains(&format!(">{}<", ends("%a %H:%M"))), "{path}: {page}");
    }
    let (_, _, page) = send(&app, &olga, &format!("{url}/run/extend"), ("minutes", "5")).await;
    assert!(page.contains("now closes at") && page.contains(&format!(" UTC on {}.", ends("%A"))), "{page}");
    app.post(&format!("/events/{event}/cancel"), json!({})).await.expect(200);
    app.post(&format!("/events/{event}/restore"), json!({})).await.expect(200);
    app.clock.step(24 * HOUR);
    app.until(&event, "closed", Duration::from_secs(30)).await;
    let closed = app.look(&event).await["closes_at"].as_i64().unwrap();
    let ends = Timestamp::from_micros(closed).in_zone(Zone::utc()).format("%a %H:%M").to_string();
    let files = ["transcript.md", "transcript.html", "minutes.txt", "minutes.md", "minutes.html"]
        .map(|name| format!("/api/v1/events/{event}/{name}"));
    for path in [&url, &meeting].into_iter().chain(&files) {
        assert!(get(&app, &olga, path).await.2.contains(&ends), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_without_script_comes_again_as_long_as_something_may_happen() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let path = format!("{}{}/log", app.base, app.look(&event).await["url"].as_str().unwrap());
    let again = async || app.client.get(&path).send().await.unwrap().headers().get("refresh").map(|it| it.to_str().unwrap().to_owned());
    assert_eq!(again().await.as_deref(), Some("4"));
    app.post(&format!("/events/{event}/cancel"), json!({})).await.expect(200);
    assert_eq!(again().await.as_deref(), Some("20"));
    app.post(&format!("/events/{event}/restore"), json!({})).await.expect(200);
    assert_eq!(again().await.as_deref(), Some("4"));
    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    assert_eq!(again().await, None);
}
