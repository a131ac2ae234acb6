//! The search as one types: results follow, the address too, and a result leads to its very line.

use std::time::{Duration, Instant};

use fantoccini::key::Key;

use super::driver::{AT_MOST, Driver};
use super::page::all_quiet;
use super::support::TestApp;

#[tokio::test]
async fn results_follow_what_is_typed_and_lead_to_the_very_line() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    for text in ["low water", "high <b>water</b> at noon", "see you at noon"] {
        app.say(&event, &ada, text).await;
    }
    // The index follows a moment behind.
    let began = Instant::now();
    while app.get("/search?q=noon").await.expect(200)["results"].as_array().unwrap().len() < 2 {
        assert!(began.elapsed() < AT_MOST, "what was said is not found");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&app.base).await;
    browser.press("header nav a[href='/search']").await;
    browser.until("document.querySelector('.empty h2').textContent === 'Search what was said'").await;
    browser.mark().await;
    browser.rewrite("#q", "wat").await;
    browser.until("document.querySelectorAll('.found mark').length === 2 && location.search === '?q=wat'").await;
    assert_eq!(browser.texts(".found a > span").await, ["high <b>water</b> at noon", "low water"]);
    assert_eq!(browser.is("document.querySelector('[data-count]').textContent").await, "2 lines, newest first");
    browser.rewrite("#q", "\"b water").await;
    browser.until("document.querySelectorAll('.found a').length === 1").await;
    assert!(browser.same_page().await);
    assert_eq!(browser.is("document.querySelector('#q').value").await, "\"b water");
    let line = browser.is("document.querySelector('.found a').hash").await;
    browser.press(".found a").await;
    browser.until(&format!("location.hash === {line} && document.querySelector(location.hash)?.textContent.includes('high')")).await;

    // The same without script, by the Enter key.
    let plain = driver.browser_without_script().await;
    plain.open(&format!("{}/search", app.base)).await;
    plain.write("#q", "low").await;
    plain.strike(Key::Enter).await;
    plain.until("document.querySelector('.found mark')?.textContent === 'low'").await;
    all_quiet(&[&browser, &plain]).await;
}
