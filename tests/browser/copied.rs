//! What is copied from the log, and what a screen reader hears of it.

use reqwest::Method;
use serde_json::json;

use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::support::TestApp;

/// What copying gives, as `[text, html]`: the page's own handler fills it, or nothing where the browser does it alone.
const COPY: &str = "
    const event = new ClipboardEvent('copy', { clipboardData: new DataTransfer(), bubbles: true, cancelable: true });
    (getSelection().anchorNode.parentElement ?? document.body).dispatchEvent(event);
    return event.defaultPrevented ? [event.clipboardData.getData('text/plain'), event.clipboardData.getData('text/html')] : null";

impl Browser {
    /// Selects from one node (an expression) at an offset to another.
    async fn select(&self, from: &str, start: usize, to: &str, end: usize) {
        self.js(&format!("getSelection().setBaseAndExtent({from}, {start}, {to}, {end})")).await;
    }

    /// Has the browser copy, as its keys do.
    async fn press_copy(&self) {
        self.cdp("Input.dispatchKeyEvent", json!({"type": "keyDown", "modifiers": 2, "key": "c", "commands": ["copy"]})).await;
        self.cdp("Input.dispatchKeyEvent", json!({"type": "keyUp", "modifiers": 2, "key": "c"})).await;
    }

    /// The lines that copying what is selected gives, with their times left out.
    async fn copied(&self) -> Option<Vec<String>> {
        let copied = self.js(COPY).await;
        let text = copied[0].as_str()?;
        let lines = text.lines().map(|line| {
            let (time, rest) = line.split_once(' ').unwrap();
            assert!(time.len() == 5 && time.as_bytes()[2] == b':', "{line}");
            rest.to_owned()
        });
        Some(lines.collect())
    }
}

#[tokio::test]
async fn copied_messages_are_a_line_each_with_time_and_author() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap())).await;
    for text in ["hello", "two\nlines", "**bold** and `code`", "/me waves", "#action bob books the room"] {
        app.say(&event, &ada, text).await;
    }
    app.say(&event, &bob, "a < b > c").await;
    let said =
        ["<ada> hello", "<ada> two lines", "<ada> bold and code", "* ada waves", "<ada> #action bob books the room", "<bob> a < b > c"];
    let all = [&["* The room opened.", "* ada and bob joined"], &said[..]].concat();
    // In the room as they come, as the server draws them, and in the transcript.
    for round in 0..3 {
        if round == 1 {
            browser.client.refresh().await.unwrap();
        } else if round == 2 {
            app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
            browser.phase("closed").await;
            browser.client.refresh().await.unwrap();
        }
        browser.until("document.querySelectorAll('#lines .line').length === 6").await;
        browser.until("document.readyState === 'complete'").await;
        browser.js("getSelection().selectAllChildren(document.querySelector('#lines'))").await;
        // The module that does it comes a moment after the page.
        browser.until(&format!("(() => {{ {COPY} }})()")).await;
        let copied = browser.copied().await.unwrap();
        assert_eq!(copied[..8], all, "round {round}");

        // From within one message to within another: what is selected of each.
        let text = |row: usize| format!("document.querySelectorAll('#lines .line')[{row}].querySelector('.said > *').firstChild");
        browser.select(&text(0), 2, &text(1), 3).await;
        assert_eq!(browser.copied().await.unwrap(), ["<ada> llo", "<ada> two"]);
        // Up to the beginning of the next one, as a triple click selects.
        browser.select(&text(0), 0, &text(1), 0).await;
        assert_eq!(browser.copied().await.unwrap(), ["<ada> hello"]);
        // Within one it stays as it is.
        browser.select(&text(0), 1, &text(0), 4).await;
        assert_eq!(browser.copied().await, None);
        // The other flavour keeps what is bold, and no markup that was typed.
        browser.js("getSelection().selectAllChildren(document.querySelector('#lines'))").await;
        let html = browser.js(COPY).await[1].as_str().unwrap().to_owned();
        assert!(html.contains("&lt;ada&gt; <strong>bold</strong> and <code>code</code></p>"), "{html}");
        assert!(html.contains("&lt;bob&gt; a &lt; b &gt; c</p>") && !html.contains(" id="), "{html}");
        // All of the page: the log's lines are among the rest.
        browser.js("getSelection().selectAllChildren(document.body)").await;
        let text = browser.js(COPY).await[0].as_str().unwrap().to_owned();
        let lines: Vec<&str> = text.lines().collect();
        for line in said {
            assert_eq!(lines.iter().filter(|it| it.get(6..) == Some(line)).count(), 1, "{line} in {text}");
        }
    }
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn the_clipboard_has_topics_with_their_chair_and_removed_messages_with_their_author() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let olga = app.join_as_chair(&event, "olga").await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap())).await;
    browser.join("ada").await;
    browser.joined().await;
    app.say(&event, &olga, "#topic **Tides**").await;
    app.say(&event, &olga, "see https://example.org/a_b now").await;
    let removed = app.say(&event, &olga, "555-1234").await;
    app.organize(Method::DELETE, &format!("/events/{event}/messages/{}", removed["ts"]), None).await.expect(204);
    browser.until("document.querySelector('#lines .removed')").await;
    // The browser's own event, as its keys give it.
    browser
        .js("const rows = document.querySelectorAll('#lines .line'); getSelection().setBaseAndExtent(rows[0], 0, rows[2], rows[2].childNodes.length)")
        .await;
    browser.until(&format!("(() => {{ {COPY} }})()")).await;
    browser.js("addEventListener('copy', ({ clipboardData }) => { window.put = clipboardData.getData('text/plain') })").await;
    browser.press_copy().await;
    browser.until("window.put").await;
    let put = browser.is("put.replaceAll(/^\\d\\d:\\d\\d /gm, '')").await;
    assert_eq!(put, "<olga> #topic Tides\n<olga> see https://example.org/a_b now\n<olga> This message was removed");
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn commands_about_an_item_are_copied_with_its_timestamp() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let olga = app.join_as_chair(&event, "olga").await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap())).await;
    let info = app.say(&event, &olga, "#info one").await["ts"].clone();
    app.say(&event, &olga, &format!("#edit {info} two")).await;
    app.say(&event, &olga, &format!("#strike {info}")).await;
    // As they come, and as the server draws them.
    for round in 0..2 {
        if round == 1 {
            browser.client.refresh().await.unwrap();
        }
        browser.until("document.querySelectorAll('#lines .line').length === 3").await;
        browser.until("document.readyState === 'complete'").await;
        browser.js("getSelection().selectAllChildren(document.querySelector('#lines'))").await;
        browser.until(&format!("(() => {{ {COPY} }})()")).await;
        let copied = browser.copied().await.unwrap();
        let expected = ["<olga> #info one".to_owned(), format!("<olga> #edit {info} two"), format!("<olga> #strike {info}")];
        assert_eq!(copied[copied.len() - 3..], expected, "round {round}");
    }
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn each_message_is_heard_once_with_its_author() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    app.say(&event, &ada, "before").await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap())).await;
    browser.join("eva").await;
    browser.joined().await;
    browser
        .js("window.heard = []; for (const region of document.querySelectorAll('[role=log], [aria-live]:not([aria-live=off])')) new MutationObserver((changes) => { for (const { addedNodes } of changes) for (const node of addedNodes) heard.push(node.textContent) }).observe(region, { childList: true, subtree: true })")
        .await;
    for text in ["one", "two **bold**", "three\nlines", "/me waves", "#info the tide is low"] {
        app.say(&event, &ada, text).await;
    }
    app.say(&event, &bob, "four").await;
    browser.say("mine").await;
    browser.until("heard.length >= 7").await;
    browser.lines(8).await;
    let expected = ["ada: one", "ada: two bold", "ada: three lines", "ada waves", "ada, Info: the tide is low", "bob: four", "eva: mine"];
    assert_eq!(browser.strings("heard").await, expected);
    all_quiet(&[&browser]).await;
}
