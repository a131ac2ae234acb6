//! What every page owes its readers: room on a small screen, a visible focus, a log that stays put.

use std::collections::BTreeSet;

use fantoccini::key::Key;
use serde_json::json;

use super::driver::Driver;
use super::page::all_quiet;
use super::support::{MINUTE, TestApp};

/// Goes through a page by the Tab key; every stop has to be seen.
const FOCUS: &str = "
    const seen = element => { const style = getComputedStyle(element); return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
    const here = document.activeElement;
    const picker = ['date', 'time'].includes(here.type) && !here.matches(':focus-visible'); // which the browser draws
    return picker || here === document.body || seen(here) || seen(here.closest('.box') ?? here) ? null : here.outerHTML.slice(0, 120)";

#[tokio::test]
async fn every_page_fits_320_pixels_and_shows_where_the_focus_is() {
    let app = TestApp::start().await;
    let long = "Tidewaterharbourmasterassembly".repeat(3);
    let body = json!({"title": long, "slug": "long", "description": format!("{long} {long}\n\n    {long}{long}"), "timezone": "America/Argentina/ComodRivadavia",
                      "starts": "2200-01-01T12:00", "duration_minutes": 60});
    app.post("/meetings", body).await.expect(201);
    let now = app.now();
    let mut pages: Vec<String> = [
        "/",
        "/schedule",
        "/schedule?month=2200-01",
        "/schedule/new",
        "/schedule/long/edit",
        "/m/long",
        "/m/nothing",
        "/search",
        "/search?q=W*&meeting=long",
    ]
    .map(str::to_owned)
    .into();
    let mut events = Vec::new();
    for (opens, closes) in [(-1, 60), (90, 150), (200, 260)] {
        let body = json!({"opens_at": now + opens * MINUTE, "closes_at": now + closes * MINUTE});
        let made = app.post("/meetings/long/events", body).await.expect(201);
        pages.push(made["url"].as_str().unwrap().to_owned());
        pages.push(format!("/schedule/events/{}/edit", made["id"].as_str().unwrap()));
        events.push(made["id"].as_str().unwrap().to_owned());
    }
    app.post(&format!("/events/{}/cancel", events[2]), json!({})).await.expect(200);
    let who = app.join(&events[0], &"W".repeat(40)).await;
    for text in
        [long.repeat(4), format!("`{}`", long.repeat(2)), format!("```\n{}\n```", long.repeat(4)), format!("https://example.org/{long}")]
    {
        app.say(&events[0], &who, &text).await;
    }

    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.sign_in(&app).await;
    for path in &pages {
        browser.resize(320, 640).await;
        browser.open(&format!("{}{path}", app.base)).await;
        let wide = browser.is("document.documentElement.scrollWidth - innerWidth").await.as_i64().unwrap();
        assert!(wide <= 0, "{path} is {wide} pixels too wide");
        browser.resize(1280, 800).await;
        for _ in 0..14 {
            browser.strike(Key::Tab).await;
            assert_eq!(browser.js(FOCUS).await, json!(null), "{path}");
        }
    }
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn a_reader_further_up_keeps_the_place_and_is_told_of_what_is_new() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let bob = app.join(&event, "bob").await;
    for number in 1..=60 {
        app.say(&event, &bob, &format!("line {number}")).await;
    }
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap())).await;
    browser.join("ada").await;
    browser.joined().await;
    browser.lines(60).await;
    let frame = "['.room-head', '.composer', '.rail'].map(part => JSON.stringify(document.querySelector(part).getBoundingClientRect()))";
    let before = browser.strings(frame).await;

    // At the end one stays at the end.
    app.say(&event, &bob, "line 61").await;
    browser.lines(61).await;
    let last = "[...document.querySelectorAll('.line')].at(-1).getBoundingClientRect().bottom <= document.querySelector('.composer').getBoundingClientRect().top";
    assert_eq!(browser.is(last).await, true);
    assert!(!browser.sees("[data-new]").await);

    browser.js("document.querySelector('.log').scrollTop = -600").await;
    let place = "Math.round(document.querySelectorAll('.line')[20].getBoundingClientRect().top)";
    browser.until("document.querySelector('.log').scrollTop < -500").await;
    let was = browser.is(place).await;
    app.say(&event, &bob, &"a longer line ".repeat(40)).await;
    app.say(&event, &bob, "line 63").await;
    browser.lines(63).await;
    assert_eq!(browser.is(place).await, was, "what is read does not move");
    browser.until("document.querySelector('[data-new]').textContent === '2 new ↓'").await;
    browser.press("[data-new]").await;
    browser.until(last).await;
    assert!(!browser.sees("[data-new]").await);
    assert_eq!(browser.strings(frame).await, before, "only the log moves");
    all_quiet(&[&browser]).await;
}

/// How many bytes of style and script a page needs before it works, as people get them before any compression: what it links, and
/// what that imports. What comes later, by `import()`, is not among it.
async fn needed(app: &TestApp, mut links: Vec<String>) -> usize {
    let (mut seen, mut bytes) = (BTreeSet::new(), 0);
    while let Some(link) = links.pop() {
        if !seen.insert(link.clone()) {
            continue;
        }
        let reply = app.client.get(&link).send().await.unwrap();
        assert_eq!(reply.status(), 200, "{link}");
        let text = reply.text().await.unwrap();
        bytes += text.len();
        let folder = link.rsplit_once('/').unwrap().0;
        let imports =
            text.lines().filter(|line| line.starts_with("import ")).filter_map(|line| line.split_once("\"./")?.1.strip_suffix("\";"));
        links.extend(imports.map(|name| format!("{folder}/{name}")));
    }
    assert!(seen.iter().any(|link| link.ends_with("/gavel.css")) && seen.iter().any(|link| link.ends_with("/dom.js")), "{seen:?}");
    bytes
}

#[tokio::test]
async fn style_and_script_that_a_page_needs_stay_below_65_000_bytes() {
    let app = TestApp::start().await;
    let (open, ahead, over) = (app.open_event().await, app.event(7_200, 10_800).await, app.open_event().await);
    app.post(&format!("/events/{over}/close"), json!({})).await.expect(200);
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.sign_in(&app).await;
    let mut pages: Vec<String> = ["/", "/search", "/schedule", "/schedule?month=now", "/schedule/new"].map(str::to_owned).into();
    pages.push(format!("/schedule/events/{ahead}/edit"));
    for event in [&open, &ahead, &over] {
        let url = app.look(event).await["url"].as_str().unwrap().to_owned();
        pages.extend([url.rsplit_once('/').unwrap().0.to_owned(), url]);
    }
    for page in &pages {
        browser.open(&format!("{}{page}", app.base)).await;
        let links =
            browser.strings("[...document.querySelectorAll('link[rel=stylesheet], script[src]')].map((it) => it.href ?? it.src)").await;
        let bytes = needed(&app, links).await;
        assert!(bytes > 10_000, "{page}: only {bytes} bytes were found");
        assert!(bytes < 65_000, "{page}: {bytes} bytes");
    }
}
