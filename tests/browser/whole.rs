//! That nothing is missing, as readers see it: the page counts, follows the digest and says so.

use reqwest::Method;
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::support::TestApp;

const TICK: &str = ".composer [data-proof=whole]";
const RESULT: &str = "[data-complete] [role=status]";

impl Browser {
    /// Waits until the room says that so many messages are all, and that this is verified.
    pub async fn has_all(&self, count: usize) {
        let said = format!("document.querySelector('.composer [data-have]').innerText.startsWith(', you have all {count} messages ✓')");
        self.until(&format!("document.querySelector({TICK:?}).checkVisibility() && {said}")).await;
    }
}

async fn page_of(app: &TestApp, event: &str) -> String {
    format!("{}{}", app.base, app.look(event).await["url"].as_str().unwrap())
}

/// Changes the database behind the program's back.
async fn change(app: &TestApp, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(app.data().folder().join("gavel.db"));
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    assert_eq!(sqlx::query(sql).execute(&pool).await.unwrap().rows_affected(), 1, "{sql}");
    pool.close().await;
}

#[tokio::test]
async fn the_room_and_its_transcript_verify_that_every_message_is_there() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let address = page_of(&app, &event).await;
    let bob = app.join(&event, "bob").await;
    // More than a page of the API holds.
    for n in 1..=510 {
        app.say(&event, &bob, &format!("line {n} 𝛑")).await;
    }
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&address).await;
    browser.has_all(512).await;
    app.say(&event, &bob, "/me adds\n\"one\"").await;
    browser.has_all(513).await;
    let removed = app.say(&event, &bob, "555-1234").await;
    browser.has_all(514).await;
    app.organize(Method::DELETE, &format!("/events/{event}/messages/{}", removed["ts"]), None).await.expect(204);
    browser.has_all(515).await;

    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    browser.phase("closed").await;
    browser.until(&format!("document.querySelector({RESULT:?}).innerText.startsWith('✓ Verified')")).await;
    browser.client.refresh().await.unwrap();
    assert_eq!(browser.is(&format!("document.querySelector({RESULT:?}).innerText")).await, "", "nothing is said before it is asked");
    browser.press("[data-complete] [data-verify]").await;
    browser.until(&format!("document.querySelector({RESULT:?}).innerText.startsWith('✓ Verified')")).await;
    assert!(browser.is("document.querySelector('[data-complete]').innerText").await.as_str().unwrap().contains("516 lines"));
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn a_message_that_was_changed_in_the_database_raises_the_alarm() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let bob = app.join(&event, "bob").await;
    app.say(&event, &bob, "I owe you 100").await;
    app.say(&event, &bob, "agreed").await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&page_of(&app, &event).await).await;
    browser.has_all(4).await;

    change(&app, "UPDATE chat_data SET text = 'I owe you 1', html = 'I owe you 1' WHERE text = 'I owe you 100'").await;
    // What the room still has in memory is the truth: the change shows when it is read anew.
    let app = app.restart().await;
    browser.open(&page_of(&app, &event).await).await;
    assert_eq!(browser.said().await, ["bob: I owe you 1", "bob: agreed"]);
    browser.until("document.querySelector('.notice.bad[data-proof=differs]').checkVisibility()").await;
    assert!(!browser.sees(TICK).await, "no tick beside the alarm");
    // And it stays, for those who ask again, and in the transcript.
    browser.press("[data-proof=differs] [data-verify]").await;
    browser.until("document.querySelector('.notice.bad[data-proof=differs]').checkVisibility()").await;
    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    browser.phase("closed").await;
    browser.client.refresh().await.unwrap();
    browser.press("[data-complete] [data-verify]").await;
    browser.until(&format!("document.querySelector({RESULT:?}).innerText.startsWith('Not whole')")).await;
    assert!(browser.sees(".notice.bad[data-proof=differs]").await);
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn without_https_the_room_counts_and_says_that_it_cannot_verify() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let driver = Driver::start().await;
    let browser = driver.browser_with_a_name().await;
    browser.open(&page_of(&app, &event).await.replace("127.0.0.1", "meetings.test")).await;
    let have = "document.querySelector('.composer [data-have]').innerText";
    browser.until(&format!("{have} === ', you have the one message by count'")).await;
    let bob = app.join(&event, "bob").await;
    app.say(&event, &bob, "hello").await;
    browser.until(&format!("{have} === ', you have all 3 messages by count'")).await;
    browser.client.refresh().await.unwrap();
    browser.until("document.querySelector('.composer [data-proof=plain]').checkVisibility()").await;
    assert_eq!(browser.is("document.querySelector('.composer [data-have]').innerText").await, ", you have all 3 messages by count");
    assert!(browser.is("document.querySelector('.composer [data-proof=plain]').title").await.as_str().unwrap().contains("https"));
    assert!(!browser.sees(TICK).await);
    all_quiet(&[&browser]).await;
}
