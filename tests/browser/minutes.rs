//! Minutes as they are made, in the browser of a chair and in another one.

use fantoccini::key::Key;
use reqwest::Method;
use serde_json::json;

use super::commands::room;
use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::support::TestApp;

/// What the first element that this selects says.
fn text(css: &str) -> String {
    format!("document.querySelector({css:?})?.textContent.trim().replace(/\\s+/g, ' ')")
}

/// Waits until the first element that this selects says this.
async fn until_said(browser: &Browser, css: &str, words: &str) {
    browser.until(&format!("{} === {words:?}", text(css))).await;
}

const ITEM: &str = "#p-minutes .minutes > li > ul > li:last-child > div";

#[tokio::test]
async fn what_a_chair_notes_stands_in_everyones_pane_until_the_close_and_after_it() {
    let app = TestApp::start().await;
    let driver = Driver::start().await;
    let (olga, bob) = room(&app, &driver).await;

    olga.say("#topic Lunch").await;
    for browser in [&olga, &bob] {
        until_said(browser, ".room-head [data-part=topic]", "Topic: Lunch").await;
        until_said(browser, "#p-minutes h3 > span", "Lunch").await;
        until_said(browser, ".topic .said", "Lunch").await;
    }
    bob.say("#action Olga cooks **soup**").await;
    for browser in [&olga, &bob] {
        until_said(browser, ITEM, "Action Olga cooks soup for olga").await;
        until_said(browser, "#lines .mark", "Action Olga cooks soup").await;
    }
    // The link of an item leads to its line.
    let leads = "document.querySelector(document.querySelector('#p-minutes .minutes > li > ul .at').hash).querySelector('.mark') !== null";
    assert_eq!(bob.is(leads).await, true);

    bob.say("#agreed on everything").await;
    bob.until(&format!("{}.startsWith('Only chairs can use #agreed.')", text("#text-problem"))).await;
    assert!(!olga.sees("#text-problem").await, "its writer alone is told");

    // A command by a button, and a vote by one.
    assert!(!bob.sees("[data-command=topic]").await);
    olga.press(".composer .menu > summary").await;
    olga.press("[data-command=startvote]").await;
    assert_eq!(olga.is("document.activeElement.value").await, "#startvote ");
    olga.say("Soup? Yes, No").await;
    bob.until("document.querySelectorAll('.ballot [aria-pressed]').length === 2").await;
    bob.press(".ballot .button").await;
    until_said(&bob, ".run:last-child .line:last-child .mark", "Vote Yes").await;
    olga.say("#endvote").await;
    for browser in [&olga, &bob] {
        browser.until("document.querySelectorAll('.ballot .button').length === 0").await;
        until_said(browser, ITEM, "Vote Soup? Yes 1 bobNo 0 Result: Yes, 1 voted").await;
    }

    // The chair changes what was noted, and takes that back.
    olga.js("document.querySelector('[data-amend]').closest('details').open = true").await;
    olga.js(
        "const items = document.querySelector('#item'); items.selectedIndex = 2; items.dispatchEvent(new Event('change', {bubbles: true}))",
    )
    .await;
    assert_eq!(olga.is("document.querySelector('#item-text').value").await, "Olga cooks **soup**");
    olga.rewrite("#item-text", "bob cooks").await;
    olga.press("[data-amend] .button").await;
    let first = "#p-minutes .minutes > li > ul > li > div";
    until_said(&bob, first, "Action bob cooks for bob").await;
    olga.say("#undo").await;
    until_said(&bob, first, "Action Olga cooks soup for olga").await;

    bob.rewrite("#text", "").await;
    bob.say("/help").await;
    bob.until("document.querySelector('#commands').open && document.activeElement.closest('#commands')").await;

    olga.say("#endmeeting").await;
    olga.press("dialog .danger").await;
    for browser in [&olga, &bob] {
        browser.phase("closed").await;
        until_said(browser, "#minutes .minutes h3 > span", "Lunch").await;
        assert!(browser.same_page().await, "no reload");
    }
    // The organizer corrects the transcript's minutes.
    olga.client.refresh().await.unwrap();
    olga.js("document.querySelector('[data-amend]').closest('details').open = true; document.querySelector('#item').selectedIndex = 1")
        .await;
    olga.write("#item-text", "Dinner").await;
    olga.press("[data-amend] .button").await;
    olga.until("document.querySelector('.notice')").await;
    until_said(&olga, "#minutes .minutes h3 > span", "Dinner").await;
    bob.client.refresh().await.unwrap();
    until_said(&bob, "#minutes .minutes h3 > span", "Dinner").await;
    assert!(bob.is(&text("#minutes .minutes > li > p")).await.as_str().unwrap().contains("Corrected by olga"));
    all_quiet(&[&olga, &bob]).await;
}

/// Asserts that no heading that is there is more than one step below the one before it.
async fn headings_go_down_by_steps(browser: &Browser) {
    let shown = "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter((it) => it.checkVisibility()).map((it) => `${it.tagName} ${it.textContent.trim()}`)";
    let headings = browser.strings(shown).await;
    let levels: Vec<u32> = headings.iter().map(|it| it[1..2].parse().unwrap()).collect();
    assert!(levels[0] == 1 && levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{headings:?}");
}

/// What is still open from last time, as a page lists it.
const LEFT: &str = "[...document.querySelectorAll('#left li > div:first-child')].map((it) => it.firstChild.textContent.trim() || it.querySelector('b').textContent)";

#[tokio::test]
async fn what_one_event_leaves_is_decided_in_the_next_before_everyones_eyes() {
    let app = TestApp::start().await;
    let slug = app.meeting().await.0;
    let add = async |opens: i64, closes: i64| {
        let now = app.now();
        let body = json!({"opens_at": now + opens * 1_000_000, "closes_at": now + closes * 1_000_000});
        app.post(&format!("/meetings/{slug}/events"), body).await.expect(201)
    };
    let first = add(-1, 3_600).await["id"].as_str().unwrap().to_owned();
    let ada = app.join(&first, "ada").await;
    for line in ["#action ada books the room", "#action somebody cooks"] {
        app.say(&first, &ada, line).await;
    }
    app.organize(Method::POST, &format!("/events/{first}/close"), None).await.expect(200);

    let second = add(7_200, 10_800).await;
    let (id, address) = (second["id"].as_str().unwrap(), format!("{}{}", app.base, second["url"].as_str().unwrap()));
    let driver = Driver::start().await;
    let (olga, bob) = tokio::join!(driver.browser(), driver.browser());
    olga.sign_in(&app).await;
    for browser in [&olga, &bob] {
        browser.open(&address).await;
        browser.mark().await;
        assert_eq!(browser.strings(LEFT).await, ["ada books the room", "somebody cooks"], "in the lobby");
        assert!(browser.sees("#left").await);
    }
    assert!(olga.sees("#left .button").await && !bob.sees("#left .button").await);
    headings_go_down_by_steps(&olga).await;

    app.organize(Method::POST, &format!("/events/{id}/open"), None).await.expect(200);
    for (browser, nick) in [(&olga, "olga"), (&bob, "bob")] {
        browser.phase("open").await;
        browser.join(nick).await;
        browser.joined().await;
        assert_eq!(
            browser.text("[aria-controls=p-minutes]").await.split_whitespace().collect::<Vec<_>>().join(" "),
            "Minutes 2 still open"
        );
        browser.press("[aria-controls=p-minutes]").await;
        browser.until("document.querySelector('#p-minutes #left')?.checkVisibility()").await;
    }
    // One is done, by keyboard; the other one goes on.
    olga.js("document.querySelector('#left [name=done]').focus()").await;
    olga.strike(Key::Enter).await;
    bob.until(&format!("JSON.stringify({LEFT}) === '[\"somebody cooks\",\"✓ Done\"]'")).await;
    for browser in [&olga, &bob] {
        until_said(browser, ".event.notable:last-child > div", "Done: ada books the room (ada) by olga").await;
        until_said(browser, "#p-minutes .settled li li b", "Done").await;
    }
    bob.until("document.querySelector('[data-due] .num').textContent === '1'").await;
    olga.until("document.activeElement.textContent === 'Undo'").await;
    olga.press("#left [name=carry]").await;
    for browser in [&olga, &bob] {
        browser.until(&format!("JSON.stringify({LEFT}) === '[\"✓ Done\",\"Carried on\"]'")).await;
        until_said(browser, ".event.notable:last-child > div", "Carried on: somebody cooks by olga").await;
        browser
            .until(&format!(
                "{}?.startsWith('Action somebody cooks since ')",
                text(&format!("ol{}", ITEM.trim_start_matches("#p-minutes ")))
            ))
            .await;
        assert!(!browser.sees("[data-due]").await, "nothing is open any more");
        assert!(browser.same_page().await, "no reload");
    }
    // For who reads by headings: the log with a topic, the pane with all that it has.
    olga.say("#topic Lunch").await;
    until_said(&olga, ".topic .said", "Lunch").await;
    until_said(&olga, "#p-minutes ol.minutes h3 > span", "Lunch").await;
    olga.js("document.querySelector('#commands').open = true").await;
    headings_go_down_by_steps(&olga).await;
    // A decision is taken back by its button, and by the command.
    olga.press("#left .over [name=open]").await;
    bob.until(&format!("JSON.stringify({LEFT}) === '[\"ada books the room\",\"Carried on\"]'")).await;
    olga.say("#undo").await;
    bob.until(&format!("JSON.stringify({LEFT}) === '[\"✓ Done\",\"Carried on\"]'")).await;

    olga.say("#endmeeting").await;
    olga.press("dialog .danger").await;
    for browser in [&olga, &bob] {
        browser.phase("closed").await;
        until_said(browser, "#minutes .settled h3", "Settled since last time").await;
        assert!(!browser.sees("#left").await);
        headings_go_down_by_steps(browser).await;
    }
    bob.open(&format!("{}/m/{slug}", app.base)).await;
    assert_eq!(bob.texts("#actions h3").await, ["Nobody yet"]);
    until_said(&bob, "#actions .tasks div", &format!("somebody cooks since {}", bob.text("#actions time").await)).await;
    bob.press("#actions .tasks a").await;
    until_said(&bob, ".line:target .mark", "Action somebody cooks").await;
    all_quiet(&[&olga, &bob]).await;
}
