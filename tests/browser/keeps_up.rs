//! What an open page shows stays true while the event goes on.

use reqwest::Method;
use serde_json::json;

use super::commands::room;
use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::support::TestApp;

/// The marked lines of the log, as they read.
const MARKED: &str = "[...document.querySelectorAll('#lines .mark')].map((it) => it.textContent.trim().replace(/\\s+/g, ' '))";
/// Those of them whose words are struck through.
const STRUCK: &str = "[...document.querySelectorAll('#lines .mark s')].map((it) => it.textContent.trim())";

async fn until_marked(browser: &Browser, marked: &[&str], struck: &[&str]) {
    browser.until(&format!("JSON.stringify([{MARKED}, {STRUCK}]) === JSON.stringify({})", json!([marked, struck]))).await;
}

#[tokio::test]
async fn undo_strike_and_edit_show_at_once_in_the_log_of_every_open_room() {
    let app = TestApp::start().await;
    let driver = Driver::start().await;
    let (olga, bob) = room(&app, &driver).await;
    let both = [&olga, &bob];
    olga.say("#info the **soup** is warm").await;
    for browser in both {
        until_marked(browser, &["Info the soup is warm"], &[]).await;
    }
    olga.say("#undo").await;
    let undone = ["Info, taken back the soup is warm", "Taken back → #info the soup is warm"];
    for browser in both {
        until_marked(browser, &undone, &["the soup is warm"]).await;
    }
    bob.say("#action bob cooks").await;
    bob.until("document.querySelectorAll('#lines .mark').length === 3").await;
    let action = bob.is("[...document.querySelectorAll('#lines .line')].at(-1).id.slice(1)").await;
    let action = action.as_str().unwrap();
    olga.say(&format!("#edit {action} bob bakes")).await;
    for browser in both {
        until_marked(browser, &[undone[0], undone[1], "Action, edited bob cooks", "Changed bob bakes"], &["the soup is warm"]).await;
    }
    olga.say(&format!("#strike {action}")).await;
    let struck = [undone[0], undone[1], "Action, taken back bob cooks", "Changed bob bakes", "Struck"];
    for browser in both {
        until_marked(browser, &struck, &["the soup is warm", "bob cooks"]).await;
    }
    // What was struck can be had back, and a page that is loaded reads the same.
    olga.say("#undo").await;
    let back = [undone[0], undone[1], "Action, edited bob cooks", "Changed bob bakes", "Struck", "Taken back → #strike bob cooks"];
    for browser in both {
        until_marked(browser, &back, &["the soup is warm"]).await;
        assert!(browser.same_page().await);
        browser.client.refresh().await.unwrap();
        until_marked(browser, &back, &["the soup is warm"]).await;
    }
    all_quiet(&both).await;
}

#[tokio::test]
async fn a_secret_vote_leaves_its_voter_with_all_messages_by_poll_and_by_stream() {
    let app = TestApp::start().await;
    let driver = Driver::start().await;
    let (olga, bob) = room(&app, &driver).await;
    olga.say("#startvote (secret) Lunch? Soup, Bread").await;
    bob.until("document.querySelectorAll('.ballot [aria-pressed=false]').length === 2").await;
    for (choice, lines) in [("#vote soup", 2), ("#vote bread", 4)] {
        bob.say(choice).await;
        bob.lines(lines).await;
        olga.say("and on").await;
        bob.until("document.querySelector('[data-have]').hidden === false").await;
    }
    let count = "document.querySelector('[data-all]').textContent";
    let (of_olga, of_bob) = (olga.is(count).await, bob.is(count).await);
    assert_eq!(of_olga, of_bob, "his own votes count for nobody");
    // Verified as well, although his own rows are none of the digest's.
    bob.until("document.querySelector('[data-have]').hidden === false && document.querySelector('.wire [data-proof=whole], .wire [data-proof=plain]').hidden === false").await;
    all_quiet(&[&olga, &bob]).await;
}

#[tokio::test]
async fn a_lobby_says_that_its_event_was_moved_and_from_when() {
    let app = TestApp::start().await;
    let event = app.event(7_200, 10_800).await;
    let before = app.look(&event).await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&format!("{}{}", app.base, before["url"].as_str().unwrap())).await;
    browser.until("document.querySelector('[data-state]').textContent === 'Connected'").await;
    assert!(!browser.sees("[data-moved]").await);
    let later = |key: &str| before[key].as_i64().unwrap() + 3_600_000_000;
    let body = json!({"opens_at": later("opens_at"), "closes_at": later("closes_at")});
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(body)).await.expect(200);
    browser.until("document.querySelector('[data-moved]').checkVisibility()").await;
    let told = browser.text("[data-moved]").await;
    assert!(told.starts_with("This event is now on ") && told.contains(" It was on "), "{told}");
    browser.client.refresh().await.unwrap();
    assert_eq!(browser.text("[data-moved]").await, told);
    all_quiet(&[&browser]).await;
}
