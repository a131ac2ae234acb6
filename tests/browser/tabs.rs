//! Several tabs: those of one room share one poller, and many rooms leave connections free.

use std::time::{Duration, Instant};

use fantoccini::wd::WindowHandle;
use reqwest::Method;
use serde_json::json;
use tokio::time::sleep;

use super::driver::{AT_MOST, Browser, Driver};
use super::page::all_quiet;
use super::support::{Someone, TestApp};

const STATE: &str = "document.querySelector('.composer .state').textContent";

/// Counts the page's polls, and lets a test cut the tab off from the other ones: `deaf` for what comes, `mute` for what goes and for
/// the network.
const CUT: &str = "
    const { fetch: real, BroadcastChannel: Real } = window;
    window.polls = 0;
    window.fetch = (url, options) => {
        if (/messages[?]|[/]stream/.test(url)) polls += 1;
        return window.mute ? new Promise(() => {}) : real(url, options);
    };
    window.BroadcastChannel = class extends Real {
        postMessage(message) { if (!window.mute) super.postMessage(message); }
        set onmessage(hear) { super.onmessage = (event) => { if (!window.deaf && !window.mute) hear(event); }; }
    };";

impl Browser {
    /// Opens an address in a new tab and goes there.
    async fn tab(&self, address: &str) -> WindowHandle {
        let tab = self.client.new_window(true).await.unwrap().handle;
        self.client.switch_to_window(tab.clone()).await.unwrap();
        self.open(address).await;
        tab
    }

    async fn go_to(&self, tab: &WindowHandle) {
        self.client.switch_to_window(tab.clone()).await.unwrap();
    }

    /// Has the browser freeze the tab, as it does with one that was in the background for long, or wake it up.
    async fn freeze(&self, frozen: bool) {
        self.cdp("Page.setWebLifecycleState", json!({"state": if frozen { "frozen" } else { "active" }})).await;
    }
}

/// Has `bob` say something, and waits until each of these tabs shows it as its line of this number.
async fn reaches(app: &TestApp, event: &str, bob: &Someone, browser: &Browser, tabs: &[WindowHandle], line: usize) {
    app.say(event, bob, &format!("line {line}")).await;
    for tab in tabs {
        browser.go_to(tab).await;
        browser.lines(line).await;
        browser.until(&format!("{STATE} === 'Connected'")).await;
    }
}

/// A room and the first tab of a browser in it, by https's locks or by plain http.
async fn room_by(name: &str) -> (TestApp, String, Someone, Driver, Browser, String) {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let bob = app.join(&event, "bob").await;
    let address = format!("{}{}", app.base.replace("127.0.0.1", name), app.look(&event).await["url"].as_str().unwrap());
    let driver = Driver::start().await;
    let browser = driver.browser_with_a_name().await;
    (app, event, bob, driver, browser, address)
}

#[tokio::test]
async fn eight_tabs_of_a_room_share_one_poll_and_each_gets_and_sends_everything() {
    for name in ["127.0.0.1", "meetings.test"] {
        let (app, event, bob, _driver, browser, address) = room_by(name).await;
        browser.open(&address).await;
        assert_eq!(browser.is("Boolean(navigator.locks)").await, name == "127.0.0.1");
        browser.join("ada").await;
        browser.joined().await;
        let mut tabs = vec![browser.client.window().await.unwrap()];
        for _ in 1..8 {
            tabs.push(browser.tab(&address).await);
        }
        reaches(&app, &event, &bob, &browser, &tabs, 1).await;
        app.parked_at_most(&event, 1).await;
        // One's own word goes out from any of them, and comes to all.
        for (number, tab) in tabs.iter().enumerate().step_by(7) {
            browser.go_to(tab).await;
            browser.say(&format!("from tab {number}")).await;
            browser.until(&format!("document.querySelector('#lines').textContent.includes('from tab {number}')")).await;
        }
        for tab in &tabs {
            browser.go_to(tab).await;
            browser.lines(3).await;
            assert_eq!(browser.said().await, ["bob: line 1", "ada: from tab 0", "ada: from tab 7"]);
            assert_eq!(browser.people().await, ["ada", "bob"]);
            if name == "127.0.0.1" {
                browser.has_all(6).await;
            }
        }
        app.parked_at_most(&event, 1).await;
        app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
        for tab in &tabs {
            browser.go_to(tab).await;
            browser.phase("closed").await;
            browser.until("document.querySelector('[data-complete]').checkVisibility()").await;
        }
        all_quiet(&[&browser]).await;
    }
}

#[tokio::test]
async fn when_the_tab_that_polls_is_closed_frozen_or_silent_another_one_goes_on() {
    for name in ["127.0.0.1", "meetings.test"] {
        let (app, event, bob, _driver, browser, address) = room_by(name).await;
        browser.open(&address).await;
        browser.join("ada").await;
        browser.joined().await;
        let mut tabs = vec![browser.client.window().await.unwrap()];
        for _ in 1..6 {
            tabs.push(browser.tab(&address).await);
        }
        reaches(&app, &event, &bob, &browser, &tabs, 1).await;
        // Closed: whichever leads, it is one of those that go.
        for line in 2..=3 {
            browser.go_to(&tabs.remove(0)).await;
            browser.client.close_window().await.unwrap();
            browser.go_to(&tabs[0]).await;
            reaches(&app, &event, &bob, &browser, &tabs, line).await;
        }
        // Frozen, and back: it has all that it slept through.
        let asleep = tabs.remove(0);
        browser.go_to(&asleep).await;
        browser.freeze(true).await;
        browser.go_to(&tabs[0]).await;
        reaches(&app, &event, &bob, &browser, &tabs, 4).await;
        browser.go_to(&asleep).await;
        browser.freeze(false).await;
        browser.lines(4).await;
        tabs.push(asleep);
        reaches(&app, &event, &bob, &browser, &tabs, 5).await;
        // Silent, without a word: it neither polls nor replies.
        let silent = browser.tab("about:blank").await;
        browser.before_scripts(CUT).await;
        browser.open(&address).await;
        browser.lines(5).await;
        for tab in tabs.drain(1..) {
            browser.go_to(&tab).await;
            browser.client.close_window().await.unwrap();
        }
        browser.go_to(&tabs[0]).await;
        browser.client.close_window().await.unwrap();
        browser.go_to(&silent).await;
        browser.until(&format!("polls > 1 && {STATE} === 'Connected'")).await;
        app.parked(&event, 1).await;
        browser.js("window.mute = true").await;
        let last = browser.tab(&address).await;
        reaches(&app, &event, &bob, &browser, &[last], 6).await;
    }
}

#[tokio::test]
async fn a_tab_that_missed_something_catches_up_by_one_request() {
    let (app, event, bob, _driver, browser, address) = room_by("127.0.0.1").await;
    browser.before_scripts(CUT).await;
    browser.open(&address).await;
    browser.until(&format!("{STATE} === 'Connected'")).await;
    let first = browser.client.window().await.unwrap();
    let second = browser.tab(&address).await;
    reaches(&app, &event, &bob, &browser, &[first.clone(), second.clone()], 1).await;
    browser.go_to(&first).await;
    browser.js("window.deaf = true").await;
    app.say(&event, &bob, "line 2").await;
    app.say(&event, &bob, "line 3").await;
    browser.go_to(&second).await;
    browser.lines(3).await;
    browser.go_to(&first).await;
    browser.js("window.deaf = false").await;
    reaches(&app, &event, &bob, &browser, &[first, second], 4).await;
    assert_eq!(browser.said().await, ["bob: line 1", "bob: line 2", "bob: line 3", "bob: line 4"]);
    browser.has_all(6).await;
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn joining_and_being_removed_in_one_tab_holds_in_all() {
    for name in ["127.0.0.1", "meetings.test"] {
        let (app, event, bob, _driver, browser, address) = room_by(name).await;
        browser.open(&address).await;
        browser.until(&format!("{STATE} === 'Connected'")).await;
        let first = browser.client.window().await.unwrap();
        let second = browser.tab(&address).await;
        browser.join("ada").await;
        browser.joined().await;
        browser.say("from the second").await;
        browser.go_to(&first).await;
        browser.joined().await;
        browser.lines(1).await;
        browser.say("from the first").await;
        for tab in [&first, &second] {
            browser.go_to(tab).await;
            browser.lines(2).await;
            assert_eq!(browser.people().await, ["ada", "bob"]);
            assert_eq!(browser.said().await, ["ada: from the second", "ada: from the first"]);
        }
        let id = browser.is("document.body.dataset.participant").await;
        app.organize(Method::DELETE, &format!("/events/{event}/participants/{}", id.as_str().unwrap()), None).await.expect(204);
        for tab in [&first, &second] {
            browser.go_to(tab).await;
            browser.until("document.body.dataset.participant === ''").await;
            assert!(browser.sees("#nick").await);
        }
        reaches(&app, &event, &bob, &browser, &[first.clone(), second.clone()], 3).await;
        // Again, under another name, in the other tab.
        browser.go_to(&first).await;
        browser.join("eva").await;
        browser.joined().await;
        browser.go_to(&second).await;
        browser.until("document.body.dataset.nick === 'eva' && document.body.dataset.participant").await;
        browser.say("hello").await;
        browser.lines(4).await;
        // Leaving by the form holds in all as well.
        browser.js("document.querySelector('form[action$=\"/leave\"]').requestSubmit()").await;
        browser.until("document.body.dataset.participant === '' && document.readyState === 'complete'").await;
        browser.go_to(&first).await;
        browser.until("document.body.dataset.participant === ''").await;
    }
}

#[tokio::test]
async fn of_seven_rooms_at_most_four_wait_and_all_send_and_receive() {
    for name in ["127.0.0.1", "meetings.test"] {
        let app = TestApp::start().await;
        let driver = Driver::start().await;
        let browser = driver.browser_with_a_name().await;
        let mut rooms = Vec::new();
        for number in 0..7 {
            let event = app.open_event().await;
            let bob = app.join(&event, "bob").await;
            let address = format!("{}{}", app.base.replace("127.0.0.1", name), app.look(&event).await["url"].as_str().unwrap());
            let tab = if number == 0 {
                browser.open(&address).await;
                browser.client.window().await.unwrap()
            } else {
                browser.tab(&address).await
            };
            browser.join("ada").await;
            browser.joined().await;
            rooms.push((event, bob, tab));
        }
        for (event, bob, tab) in &rooms {
            browser.go_to(tab).await;
            browser.say("mine").await;
            browser.lines(1).await;
            app.say(event, bob, "yours").await;
            browser.lines(2).await;
            browser.until(&format!("{STATE} === 'Connected'")).await;
        }
        // Rocket does not notice that a browser gave up a poll: that one ends with its wait.
        let waiting = || rooms.iter().map(|(event, ..)| app.waiting(event)).sum::<usize>();
        let began = Instant::now();
        while waiting() > 4 {
            assert!(began.elapsed() < AT_MOST, "{} polls wait", waiting());
            sleep(Duration::from_millis(50)).await;
        }
        // Also those that only ask now and then.
        for (event, bob, tab) in &rooms {
            app.say(event, bob, "later").await;
            browser.go_to(tab).await;
            browser.lines(3).await;
        }
        all_quiet(&[&browser]).await;
    }
}

#[tokio::test]
async fn a_poll_that_is_replaced_is_no_dead_end() {
    const REPLACED: &str = "
        const real = window.fetch;
        window.replaced = 0;
        window.names = [];
        window.fetch = async (url, options) => {
            const name = /&tab=(\\w+)/.exec(url)?.[1];
            if (!name) return real(url, options);
            names.push(name);
            if (replaced++ > 1) return real(url, options);
            const answer = await (await real(url.replace(/wait=\\d+/, 'wait=0'), options)).json();
            return new Response(JSON.stringify({ ...answer, replaced: true }));
        };";
    let (app, event, bob, _driver, browser, address) = room_by("127.0.0.1").await;
    browser.before_scripts(REPLACED).await;
    browser.open(&address).await;
    browser.until("names.length > 2").await;
    assert_eq!(browser.is("new Set(names.slice(0, 3)).size").await, 3, "it goes on under another name");
    reaches(&app, &event, &bob, &browser, &[browser.client.window().await.unwrap()], 1).await;
    assert_eq!(browser.is("document.body.innerText.includes('another tab')").await, false);
}
