//! Sending: a message is tried until the server has it or its writer discards it, and the page says what is true.

use std::net::TcpListener;

use gavel::store::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::program::Home;
use super::support::{MINUTE, TestApp};

/// Lets a test answer posts in the server's place. `answers` holds one entry per try: null cuts the connection, a number is a
/// status, with its `Retry-After` where it is a pair. While `localStorage.cut` is set, every post is cut.
const POSTS: &str = "
    const real = window.fetch;
    window.answers = [];
    window.tries = [];
    window.fetch = (url, options) => {
        if (options?.method !== 'POST' || !url.endsWith('/messages')) return real(url, options);
        tries.push({ at: performance.now(), nonce: JSON.parse(options.body).nonce });
        if (localStorage.cut) return Promise.reject(new TypeError('cut'));
        const next = answers.shift();
        if (next === undefined) return real(url, options);
        if (next === null) return Promise.reject(new TypeError('cut'));
        const [status, wait] = [next].flat();
        const headers = wait ? { 'Retry-After': `${wait}` } : {};
        return Promise.resolve(new Response(JSON.stringify({ type: '/problems/some', detail: 'Some rule says no.' }), { status, headers }));
    };";
const STATE: &str = "document.querySelector('.composer .state').textContent";
const LEFT: &str = "Object.keys(localStorage).filter(key => /^gavel-(out|draft)-/.test(key)).length";

impl Browser {
    /// Goes into an open room as `ada`, with the test between the page and the server.
    async fn go_in(&self, app: &TestApp, event: &str) {
        self.before_scripts(POSTS).await;
        self.open(&format!("{}{}", app.base, app.look(event).await["url"].as_str().unwrap())).await;
        self.join("ada").await;
        self.joined().await;
    }

    /// Waits until this text is shown as not sent, under its writer's name and with this reason.
    pub async fn unsent(&self, text: &str, why: &str) {
        let found = format!(
            "[...document.querySelectorAll('#pending .run')].find(run => run.querySelector('.said > *').textContent.trim() === {text:?})"
        );
        self.until(&format!("{found}?.querySelector('.actions span').textContent === {why:?}")).await;
        assert_eq!(self.is(&format!("{found}.querySelector('.nick').textContent")).await, "ada");
    }
}

#[tokio::test]
async fn a_failed_post_is_tried_until_it_succeeds_while_the_page_is_connected() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.go_in(&app, &event).await;
    browser.js("answers.push(null, 500, 502, null)").await;
    browser.say("one").await;
    browser.say("two").await;
    browser.until("document.querySelector('#pending .failed')").await;
    browser.lines(2).await;
    assert_eq!(browser.said().await, ["ada: one", "ada: two"], "in the order in which they were written");
    let tries = browser.strings("tries.map(({ nonce }) => nonce)").await;
    assert!(tries.len() >= 6 && tries[..5].iter().all(|nonce| *nonce == tries[0]), "{tries:?}");
    assert_eq!(browser.is(STATE).await, "Connected");
    assert_eq!(browser.is(LEFT).await, 0, "nothing is kept of what was sent");
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn a_server_that_names_a_time_is_left_alone_until_then() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.go_in(&app, &event).await;
    browser.js("answers.push([503, 3], [429, 2])").await;
    browser.say("one").await;
    browser.unsent("one", "Not sent yet").await;
    // Neither the network nor the writer's next message shortens it.
    browser.say("two").await;
    browser.js("dispatchEvent(new Event('online'))").await;
    browser.lines(2).await;
    assert_eq!(browser.said().await, ["ada: one", "ada: two"]);
    let gaps = browser.is("tries.slice(0, 3).map(({ at }, index, all) => index ? at - all[index - 1].at : 3000)").await;
    let gaps: Vec<f64> = serde_json::from_value(gaps).unwrap();
    assert!(gaps[1] >= 2_990.0 && gaps[2] >= 1_990.0, "{gaps:?}");
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn unsent_messages_and_drafts_outlive_a_reload_and_a_closed_tab() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let bob = app.join(&event, "bob").await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.go_in(&app, &event).await;
    let address = browser.client.current_url().await.unwrap().to_string();
    browser.js("localStorage.cut = 'yes'").await;
    browser.say("first").await;
    browser.say("second").await;
    browser.write("#text", "half a thou").await;
    browser.client.refresh().await.unwrap();
    browser.unsent("first", "Not sent yet").await;
    browser.unsent("second", "Not sent yet").await;
    browser.until("document.querySelector('#text').value === 'half a thou'").await;
    // What others say meanwhile does not take the name away.
    app.say(&event, &bob, "hello").await;
    browser.until("document.querySelectorAll('#lines .line').length === 1").await;
    assert!(browser.is("document.querySelector('#pending .nick').checkVisibility()").await == true);

    let other = browser.client.new_window(true).await.unwrap().handle;
    browser.client.close_window().await.unwrap();
    browser.client.switch_to_window(other).await.unwrap();
    browser.open(&address).await;
    browser.lines(3).await;
    assert_eq!(browser.said().await, ["bob: hello", "ada: first", "ada: second"]);
    browser.until("document.querySelector('#text').value === 'half a thou'").await;
    browser.write("#text", "ght").await;
    browser.strike(fantoccini::key::Key::Enter).await;
    browser.lines(4).await;
    browser.until(&format!("{LEFT} === 0")).await;
    assert_eq!(app.log(&event).await.iter().filter(|row| row["kind"] == "said").count(), 4, "each one once");
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn two_tabs_of_a_room_keep_a_draft_each() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.go_in(&app, &event).await;
    let address = browser.client.current_url().await.unwrap().to_string();
    let first = browser.client.window().await.unwrap();
    browser.write("#text", "the first").await;
    let open = async || {
        let tab = browser.client.new_window(true).await.unwrap().handle;
        browser.client.switch_to_window(tab).await.unwrap();
        browser.open(&address).await;
        browser.joined().await;
    };
    open().await;
    browser.write("#text", "the second").await;
    browser.client.refresh().await.unwrap();
    browser.until("document.querySelector('#text').value === 'the second'").await;
    browser.client.close_window().await.unwrap();
    browser.client.switch_to_window(first.clone()).await.unwrap();
    browser.client.refresh().await.unwrap();
    browser.until("document.querySelector('#text').value === 'the first'").await;
    // A new tab takes up what the closed one left, and leaves what is being written alone.
    open().await;
    browser.until("document.querySelector('#text').value === 'the second'").await;
    open().await;
    browser.until(&format!("{STATE} === 'Connected'")).await;
    assert_eq!(browser.is("document.querySelector('#text').value").await, "");
    browser.client.switch_to_window(first).await.unwrap();
    assert_eq!(browser.is("document.querySelector('#text').value").await, "the first");
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn what_can_never_be_sent_says_why_and_can_be_copied_edited_or_discarded() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.go_in(&app, &event).await;
    browser.js("answers.push(413)").await;
    browser.say("too much").await;
    browser.unsent("too much", "Not sent: Some rule says no.").await;
    // It holds nothing up.
    browser.say("fine").await;
    browser.until("document.querySelectorAll('#lines .line').length === 1").await;
    browser.client.refresh().await.unwrap();
    browser.unsent("too much", "Not sent: Some rule says no.").await;
    assert_eq!(browser.is("document.querySelector('#pending [data-copy]').dataset.copy").await, "too much");
    browser.press("#pending [data-do=edit]").await;
    assert_eq!(browser.is("document.querySelector('#text').value").await, "too much");
    assert_eq!(browser.is("document.querySelectorAll('#pending > *').length").await, 0);
    browser.rewrite("#text", "").await;

    // Another one is discarded, and stays so.
    browser.js("answers.push(413)").await;
    browser.say("once more").await;
    browser.unsent("once more", "Not sent: Some rule says no.").await;
    browser.press("#pending [data-do=discard]").await;
    assert_eq!(browser.is("document.querySelectorAll('#pending > *').length").await, 0);

    // Somebody who is removed keeps the text, and does not say it under another name.
    browser.js("localStorage.cut = 'yes'").await;
    browser.say("my last word").await;
    browser.unsent("my last word", "Not sent yet").await;
    let id = browser.is("document.body.dataset.participant").await;
    app.organize(Method::DELETE, &format!("/events/{event}/participants/{}", id.as_str().unwrap()), None).await.expect(204);
    browser.until("document.body.dataset.participant === ''").await;
    browser.unsent("my last word", "Not sent: you are not in the room under this name.").await;
    browser.js("localStorage.removeItem('cut')").await;
    browser.join("eva").await;
    browser.joined().await;
    browser.say("hello").await;
    browser.until("[...document.querySelectorAll('#lines .said')].some(said => said.textContent === 'hello')").await;
    assert!(!browser.said().await.contains(&"eva: my last word".to_owned()));
    browser.press("#pending [data-do=discard]").await;
    assert_eq!(browser.is("document.querySelectorAll('#pending > *').length").await, 0);
}

#[tokio::test]
async fn what_the_close_overtakes_stays_with_its_writer_alone() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.go_in(&app, &event).await;
    browser.js("localStorage.cut = 'yes'").await;
    browser.say("too late").await;
    browser.unsent("too late", "Not sent yet").await;
    browser.write("#text", "and this").await;
    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    browser.phase("closed").await;
    browser.js("localStorage.removeItem('cut'); dispatchEvent(new Event('online'))").await;
    browser.unsent("too late", "Not sent: the room closed before it arrived.").await;
    browser.until(&format!("{LEFT} === 0")).await;
    for again in [false, true] {
        if again {
            browser.client.refresh().await.unwrap();
        }
        browser.unsent("too late", "Not sent: the room closed before it arrived.").await;
        browser.until("document.querySelector('.unsent p')?.innerText === 'and this'").await;
        assert!(!browser.sees("#pending [data-do=edit]").await, "there is nowhere to edit it");
    }
    browser.press("#pending [data-do=discard]").await;
    browser.client.refresh().await.unwrap();
    browser.until("document.querySelector('.unsent p')?.innerText === 'and this'").await;
    assert_eq!(browser.is("document.querySelectorAll('#pending > *').length").await, 0);
}

#[tokio::test]
async fn a_browser_that_stores_nothing_sends_and_follows_all_the_same() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let address = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    let full = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }";
    let shut = "for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get() { throw new DOMException('shut', 'SecurityError'); } })";
    browser.before_scripts(full).await;
    for (number, (nick, lines)) in [("ada", 1), ("ada", 2)].into_iter().enumerate() {
        if number == 1 {
            browser.before_scripts(shut).await;
        }
        browser.open(&address).await;
        if number == 0 {
            browser.join(nick).await;
        }
        browser.joined().await;
        browser.write("#text", "hel").await;
        browser.say("lo").await;
        browser.lines(lines).await;
        browser.until(&format!("{STATE} === 'Connected'")).await;
    }
    assert_eq!(browser.said().await, ["ada: hello", "ada: hello"]);
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn a_server_that_stops_answering_is_noticed_and_said_with_its_time() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let home = Home::new().with("ROCKET_PORT", free.to_string());
    let token = home.organizer("olga");
    let server = home.serve();
    let post = async |path: &str, body: Value| -> Value {
        let call = reqwest::Client::new().post(format!("{}/api/v1{path}", server.base)).bearer_auth(&token).json(&body);
        call.send().await.unwrap().json().await.unwrap()
    };
    let meeting = json!({"title": "Weekly", "slug": "weekly", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60});
    post("/meetings", meeting).await;
    let event = post("/meetings/weekly/events", json!({"closes_at": Clock::default().now().micros() + 60 * MINUTE})).await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&format!("{}{}", server.base, event["url"].as_str().unwrap())).await;
    browser.join("ada").await;
    browser.joined().await;
    browser.say("before").await;
    browser.lines(1).await;
    browser.until(&format!("{STATE} === 'Connected'")).await;

    // Its connections stay open, and nothing comes. Nobody does anything meanwhile.
    server.signal("STOP");
    browser.until(&format!("/^The server has not answered since \\d\\d:\\d\\d\\.$/.test({STATE})")).await;
    browser.say("into the dark").await;
    browser.unsent("into the dark", "Not sent yet").await;
    server.signal("CONT");
    browser.lines(2).await;
    browser.until(&format!("{STATE} === 'Connected'")).await;
    assert_eq!(browser.said().await, ["ada: before", "ada: into the dark"]);

    // Somebody who writes learns it at once, and not when the poll is due.
    server.signal("STOP");
    browser.say("once more").await;
    browser.unsent("once more", "Not sent yet").await;
    browser.until(&format!("{STATE}.startsWith('The server has not answered since')")).await;
    server.signal("CONT");
    browser.lines(3).await;
    server.stop();
}
