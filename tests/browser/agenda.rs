//! The agenda as people see it: beside the log, ticked by one, followed by all.

use fantoccini::key::Key;
use reqwest::Method;
use serde_json::json;

use super::driver::Driver;
use super::page::all_quiet;
use super::support::TestApp;

#[tokio::test]
async fn one_ticks_an_item_and_all_see_it_beside_the_log() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let patch = async |agenda: &str| {
        app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({"agenda": agenda}))).await.expect(200);
    };
    patch("- Minutes\n- Tides").await;
    let address = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    let driver = Driver::start().await;
    let (olga, reader) = (driver.browser().await, driver.browser().await);
    olga.sign_in(&app).await;
    for browser in [&olga, &reader] {
        browser.open(&address).await;
        browser.mark().await;
        assert!(browser.sees("#p-people").await && !browser.sees("#agenda").await);
        // The tabs are one stop of the Tab key; arrows choose, around the ends as well.
        browser.js("document.querySelector('[role=tab]').focus()").await;
        browser.strike(Key::Left).await;
        browser.until("document.activeElement.textContent === 'Agenda' && document.activeElement.ariaSelected === 'true'").await;
        assert!(!browser.sees("#p-people").await && browser.sees("#agenda").await);
    }
    assert!(!reader.sees("button.tick").await);
    olga.press("button.tick[name=done]").await;
    for browser in [&olga, &reader] {
        browser.until("document.querySelectorAll('.items li.done').length === 1").await;
        browser.until("document.querySelector('#lines').textContent.includes('Done: Minutes')").await;
    }
    olga.until("document.activeElement.matches('button.tick[name=open]')").await;

    // What one is writing stays while the agenda changes, and does not replace what one has not seen.
    olga.press("[data-editor] summary").await;
    olga.rewrite("#agenda-text", "- Mine").await;
    patch("- Theirs").await;
    for browser in [&olga, &reader] {
        browser.until("document.querySelector('.items').textContent.trim() === 'Theirs'").await;
    }
    assert_eq!(olga.is("document.querySelector('#agenda-text').value").await, "- Mine");
    olga.press("[data-editor] .button").await;
    olga.until("document.querySelector('#agenda-text-problem')").await;
    assert_eq!(olga.is("document.querySelector('#agenda-text').value").await, "- Mine");
    olga.press("[data-editor] .button").await;
    for browser in [&olga, &reader] {
        browser.until("document.querySelector('.items').textContent.trim() === 'Mine'").await;
    }

    // The transcript has it before the log, and nothing to change it with.
    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    for browser in [&olga, &reader] {
        browser.phase("closed").await;
        browser
            .until("document.querySelector('.sheet #agenda')?.checkVisibility() && !document.querySelector('button.tick, [data-editor]')")
            .await;
        assert!(browser.same_page().await);
    }
    assert!(olga.text("#agenda [data-plain]").await.starts_with("Carry 1 unfinished item over to "));
    assert!(!reader.sees("#agenda [data-plain]").await);
    all_quiet(&[&olga, &reader]).await;
}

#[tokio::test]
async fn a_lobby_learns_of_its_agenda_and_a_phone_has_it_in_a_drawer() {
    let app = TestApp::start().await;
    let event = app.event(600, 4_200).await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.resize(375, 700).await;
    browser.open(&format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap())).await;
    browser.mark().await;
    assert!(!browser.sees("#agenda").await, "there is none");
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({"agenda": "- Tides\n- Tea"}))).await.expect(200);
    browser.until("document.querySelector('#agenda').checkVisibility() && document.querySelectorAll('.items li').length === 2").await;
    app.post(&format!("/events/{event}/open"), json!({})).await.expect(200);
    browser.phase("open").await;
    assert!(!browser.sees("#agenda").await, "the drawer is shut");
    browser.press(".rail-open").await;
    browser.until("document.querySelector('#p-people').checkVisibility()").await;
    browser.press("[aria-controls=p-agenda]").await;
    browser
        .until("document.querySelector('.rail #agenda').checkVisibility() && !document.querySelector('#p-people').checkVisibility()")
        .await;
    browser.press(".rail-close").await;
    browser.until("!document.querySelector('.rail').checkVisibility()").await;
    assert!(browser.same_page().await);
    all_quiet(&[&browser]).await;
}
