//! A room by keyboard alone.

use fantoccini::key::Key;

use super::driver::Driver;
use super::page::all_quiet;
use super::support::TestApp;

const FOCUS: &str = "document.activeElement.id || document.activeElement.className";

#[tokio::test]
async fn joining_and_writing_have_the_focus() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let address = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&address).await;
    browser.until(&format!("{FOCUS} === 'nick'")).await;
    for letter in ['a', 'd', 'a'] {
        browser.client.active_element().await.unwrap().send_keys(&letter.to_string()).await.unwrap();
    }
    browser.strike(Key::Enter).await;
    browser.joined().await;
    browser.until(&format!("{FOCUS} === 'text'")).await;
    browser.client.refresh().await.unwrap();
    browser.until(&format!("{FOCUS} === 'text'")).await;
    // An address that names a line leads there, not to the box.
    app.say(&event, &app.join(&event, "bob").await, "hello").await;
    browser.until("document.querySelectorAll('#lines .line').length === 1").await;
    let line = browser.is("document.querySelector('#lines .line').id").await;
    browser.open("about:blank").await;
    browser.open(&format!("{address}#{}", line.as_str().unwrap())).await;
    browser.until("document.querySelector('[data-state]').textContent === 'Connected'").await;
    assert_eq!(browser.is("document.activeElement === document.body").await, true);
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn the_times_of_the_log_are_one_tab_stop_and_the_arrow_keys_walk_through_them() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let bob = app.join(&event, "bob").await;
    for n in 0..20 {
        app.say(&event, &bob, &format!("line {n}")).await;
    }
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap())).await;
    app.say(&event, &bob, "line 20").await;
    browser.until("document.querySelectorAll('#lines .line').length === 21").await;
    let stops = "[...document.querySelectorAll('#lines .at')].filter((it) => it.tabIndex === 0).length";
    assert_eq!(browser.is(stops).await, 0);
    browser.js("document.querySelector('.log').focus()").await;
    browser.until(&format!("{stops} === 1")).await;
    browser.strike(Key::Tab).await;
    let place =
        "[...document.querySelectorAll('#lines .at')].indexOf(document.activeElement) - document.querySelectorAll('#lines .at').length";
    browser.until(&format!("{place} === -1")).await;
    for (key, at) in [(Key::Up, -2), (Key::Up, -3), (Key::Down, -2), (Key::End, -1)] {
        browser.strike(key).await;
        browser.until(&format!("{place} === {at}")).await;
    }
    assert_eq!(browser.is(stops).await, 1);
    browser.strike(Key::Enter).await;
    browser.until("location.hash === '#' + document.querySelector('#lines .line:last-child').id").await;
    all_quiet(&[&browser]).await;
}
