//! The page on the stream: it goes over when all is calm, and back to the poll when it has to.

use serde_json::json;

use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::support::TestApp;

/// Notes what the page asks for, and lets a test hold streams back or cut them off.
const WATCH: &str = "
    const real = window.fetch;
    window.asked = [];
    window.cut = new AbortController();
    window.fetch = (url, options) => {
        asked.push(url);
        if (!url.includes('/stream')) return real(url, options);
        if (window.held) return new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(options.signal.reason)));
        return real(url, { ...options, signal: AbortSignal.any([options.signal, cut.signal]) });
    }";

/// Some minutes pass for the page, and it looks up.
const MINUTES: &str = "
    const now = performance.now.bind(performance);
    performance.now = () => now() + 600000;
    dispatchEvent(new Event('online'))";

const STREAMS: &str = "asked.filter(url => url.includes('/stream')).length";
const ON_STREAM: &str = "asked.at(-1)?.includes('/stream')";

impl Browser {
    async fn open_watched(&self, app: &TestApp, event: &str) {
        self.open(&format!("{}{}", app.base, app.look(event).await["url"].as_str().unwrap())).await;
        self.until("document.querySelector('.composer .state').textContent === 'Connected'").await;
        self.js(WATCH).await;
    }
}

#[tokio::test]
async fn a_page_that_is_stable_takes_the_stream_and_misses_nothing_when_it_breaks() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let bob = app.join(&event, "bob").await;
    app.say(&event, &bob, "one").await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open_watched(&app, &event).await;
    browser.has_all(3).await;
    assert_eq!(browser.is(STREAMS).await, 0, "the poll is the default");
    browser.js(MINUTES).await;
    browser.until(ON_STREAM).await;
    browser.join("ada").await;
    browser.joined().await;
    browser.js(MINUTES).await;
    browser.until(ON_STREAM).await;
    app.say(&event, &bob, "two\n𝛑").await;
    browser.say("three").await;
    browser.lines(3).await;
    assert_eq!(browser.said().await, ["bob: one", "bob: two𝛑", "ada: three"]);
    browser.has_all(6).await;

    // Cut off, it polls at once; and comes back to the stream later, from where the poll is.
    browser.js("asked.length = 0; cut.abort(); window.cut = new AbortController()").await;
    browser.until("asked.some(url => url.includes('/messages?') && !url.includes('limit'))").await;
    app.say(&event, &bob, "four").await;
    browser.lines(4).await;
    assert_eq!(browser.is(STREAMS).await, 0, "not at once");
    browser.js(MINUTES).await;
    browser.until(ON_STREAM).await;
    app.say(&event, &bob, "five").await;
    browser.lines(5).await;
    browser.has_all(8).await;

    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    browser.phase("closed").await;
    browser.until("document.querySelector('[data-complete] [role=status]').innerText.startsWith('✓ Verified')").await;
    assert_eq!(browser.said().await.len(), 5);
    assert_eq!(browser.people().await, ["ada", "bob"]);
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn a_stream_that_is_held_back_is_left_for_good() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let bob = app.join(&event, "bob").await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open_watched(&app, &event).await;
    browser.js("window.held = true").await;
    browser.js(MINUTES).await;
    browser.until(ON_STREAM).await;
    app.say(&event, &bob, "meanwhile").await;
    browser.lines(1).await;
    browser.js("window.held = false").await;
    for n in 2..=4 {
        browser.js(MINUTES).await;
        app.say(&event, &bob, "later").await;
        browser.lines(n).await;
    }
    assert_eq!(browser.is(STREAMS).await, 1);
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn a_page_whose_live_door_is_shut_goes_on_at_its_own_origin() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let bob = app.join(&event, "bob").await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    // Nobody listens there.
    let door = "new MutationObserver(() => { if (document.body) document.body.dataset.live = 'http://127.0.0.1:9' }).observe(document, { childList: true, subtree: true })";
    browser.before_scripts(&format!("{WATCH}; {door}")).await;
    browser.open(&format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap())).await;
    app.say(&event, &bob, "hello").await;
    browser.lines(1).await;
    browser.until("document.querySelector('.composer .state').textContent === 'Connected'").await;
    browser.js(MINUTES).await;
    browser.until(ON_STREAM).await;
    assert_eq!(browser.is("asked.filter(url => url.startsWith('http://127.0.0.1:9/')).length").await, 1, "it knocked once");
}

#[tokio::test]
async fn a_page_polls_and_streams_at_the_live_door_as_the_person_that_it_is() {
    // A port that is free now; the settings name it twice.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let door = format!("http://127.0.0.1:{port}");
    let app = TestApp::start_with(&[("gavel.live_port", json!(port)), ("gavel.live_url", json!(door))]).await;
    let event = app.open_event().await;
    let bob = app.join(&event, "bob").await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open_watched(&app, &event).await;
    browser.join("ada").await;
    app.say(&event, &bob, "by the poll").await;
    browser.lines(1).await;
    browser.js(MINUTES).await;
    browser.until(ON_STREAM).await;
    app.say(&event, &bob, "by the stream").await;
    browser.lines(2).await;
    let elsewhere =
        format!("asked.filter(url => /messages[?]|stream/.test(url) && !/wait=0|limit=500/.test(url) && !url.startsWith('{door}')).length");
    assert_eq!(browser.is(&elsewhere).await, 0, "all of them go to the door");
    assert_eq!(browser.people().await, ["ada", "bob"]);
    all_quiet(&[&browser]).await;
}
