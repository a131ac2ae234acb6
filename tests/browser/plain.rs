//! A room for those without script.

use super::driver::Driver;
use super::support::TestApp;

#[tokio::test]
async fn without_script_one_joins_talks_and_reads_in_a_frame_that_refreshes_itself() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let address = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    let bob = app.join(&event, "bob").await;
    app.say(&event, &bob, "before").await;
    let driver = Driver::start().await;
    let browser = driver.browser_without_script().await;
    browser.open(&address).await;
    assert!(!browser.sees(".js").await, "what needs script is not shown");
    assert!(!browser.sees("#lines").await, "the frame is the log");
    browser.join("bob").await;
    browser.until("document.querySelector('#nick')?.getAttribute('aria-invalid') === 'true'").await;
    browser.join("ada").await;
    browser.joined().await;
    browser.write("#text", "hello **all**").await;
    browser.press("[data-say] .primary").await;
    browser.joined().await;
    browser.until("document.activeElement.id === 'text'").await;
    browser.resize(1280, 800).await;
    assert!(browser.sees("#p-minutes").await && browser.sees("#p-agenda").await, "there are no tabs without script");

    browser.client.enter_frame(0).await.unwrap();
    browser.until("document.querySelectorAll('.line').length === 2").await;
    assert_eq!(browser.said().await, ["bob: before", "ada: hello all"]);

    // What comes later comes by itself, and leaves a draft alone.
    browser.client.enter_parent_frame().await.unwrap();
    browser.write("#text", "half a thou").await;
    app.say(&event, &bob, "and after").await;
    browser.client.enter_frame(0).await.unwrap();
    browser.until("document.querySelectorAll('.line').length === 3").await;
    browser.client.enter_parent_frame().await.unwrap();
    assert_eq!(browser.is("document.querySelector('#text').value").await, "half a thou");
    browser.write("#text", "ght").await;
    browser.press("[data-say] .primary").await;
    browser.until("document.querySelector('#text')?.value === ''").await;
    browser.client.enter_frame(0).await.unwrap();
    browser.until("document.querySelectorAll('.line').length === 4").await;
    assert_eq!(browser.said().await, ["bob: before", "ada: hello all", "bob: and after", "ada: half a thought"]);
}
