//! Commands by buttons, what becomes of them in the page at once, and what is asked and told beside the box.

use fantoccini::key::Key;

use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::support::TestApp;

/// Waits until the first element that this selects says this.
async fn until_said(browser: &Browser, css: &str, words: &str) {
    browser.until(&format!("document.querySelector({css:?})?.textContent.trim().replace(/\\s+/g, ' ') === {words:?}")).await;
}

/// Two in an open room: olga, its organizer, and bob.
pub async fn room(app: &TestApp, driver: &Driver) -> (Browser, Browser) {
    let event = app.open_event().await;
    let address = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    let (olga, bob) = tokio::join!(driver.browser(), driver.browser());
    olga.sign_in(app).await;
    for (browser, nick) in [(&olga, "olga"), (&bob, "bob")] {
        browser.open(&address).await;
        browser.join(nick).await;
        browser.joined().await;
        browser.press("[aria-controls=p-minutes]").await;
        browser.mark().await;
    }
    (olga, bob)
}

const VOTED: &str = "#p-minutes .minutes li li small";

#[tokio::test]
async fn a_vote_answers_its_voter_and_a_line_that_misses_it_stays_in_the_box() {
    let app = TestApp::start().await;
    let driver = Driver::start().await;
    let (olga, bob) = room(&app, &driver).await;
    olga.press(".composer .menu > summary").await;
    olga.press("[data-command=startvote]").await;
    assert_eq!(olga.is("document.querySelector('.composer .menu').open").await, false, "a menu closes behind a choice");
    olga.say("(secret) Lunch? **Soup**, Bread").await;
    bob.until("document.querySelectorAll('.ballot [aria-pressed=false]').length === 2").await;
    assert!(!bob.sees(".ballot [value='#endvote']").await);

    bob.say("#vote soop").await;
    bob.until("document.querySelector('#text-problem span').textContent.startsWith('This is none of the options')").await;
    assert_eq!(bob.is("document.querySelector('#text').value").await, "#vote soop");
    assert_eq!(bob.is("document.querySelectorAll('#pending > *').length").await, 0);
    bob.press(".ballot .button").await;
    until_said(&bob, ".ballot [aria-pressed=true]", "Soup").await;
    until_said(&bob, "[data-voted]", "You voted “Soup”. Another button changes that.").await;
    bob.until("document.querySelector('#text-problem').hidden").await;
    // The count comes to those who see no row of it; and the voter's page still has all that it counts.
    until_said(&olga, VOTED, "Still on, 1 voted, in secret").await;
    bob.until("document.querySelector('[data-have]').hidden === false").await;
    bob.client.refresh().await.unwrap();
    until_said(&bob, ".ballot [aria-pressed=true]", "Soup").await;
    until_said(&bob, ".run:last-child .mark", "Vote Soup").await;
    assert_eq!(olga.is("[...document.querySelectorAll('#lines .mark b')].some((it) => it.textContent === 'Vote')").await, false);

    olga.press(".ballot [value='#endvote']").await;
    for browser in [&olga, &bob] {
        until_said(browser, "#lines .run:last-child .line:last-child .mark", "Vote ended → Lunch? Soup (Soup: 1, Bread: 0)").await;
        browser.until("document.querySelector('.ballot fieldset') === null").await;
        until_said(browser, "[data-voted]", "").await;
    }
    all_quiet(&[&olga, &bob]).await;
}

#[tokio::test]
async fn the_sheet_of_commands_gives_them_and_last_acts_are_asked_about() {
    let app = TestApp::start().await;
    let driver = Driver::start().await;
    let (olga, bob) = room(&app, &driver).await;
    for browser in [&olga, &bob] {
        browser.press(".composer .menu > summary").await;
        browser.press("[data-sheet]").await;
    }
    let able = "document.querySelectorAll('.commands button:not(:disabled)').length";
    let all = olga.is(able).await.as_i64().unwrap();
    assert_eq!(olga.is("document.querySelectorAll('.commands button').length").await, all);
    assert!(bob.is(able).await.as_i64().unwrap() < all);
    bob.press(".commands [data-command=here]").await;
    assert_eq!(bob.is("document.activeElement.value").await, "#here ");
    bob.rewrite("#text", "").await;

    // Everybody's page gets the new title, in its head and its tab.
    olga.say("#meetingname The $& fund").await;
    for browser in [&olga, &bob] {
        until_said(browser, ".room-head h1", "The $& fund").await;
        browser.until("document.title.includes('The $& fund, ')").await;
    }
    olga.press(".commands [data-command=undo]").await;
    for browser in [&olga, &bob] {
        until_said(browser, ".room-head h1", "Weekly").await;
        browser.until("document.title.includes('Weekly, ') && !document.title.includes('fund')").await;
        browser
            .until(
                "[...document.querySelectorAll('#lines .mark')].some((it) => it.textContent === 'Taken back → #meetingname The $& fund')",
            )
            .await;
    }

    olga.say("#info one").await;
    olga.until("document.querySelectorAll('#item option').length === 2").await;
    olga.js("document.querySelector('#amend').open = true; document.querySelector('#item').selectedIndex = 1").await;
    olga.press("#amend [value=edit]").await;
    until_said(&olga, "#item-text-problem", "Type the new words of the item.").await;
    assert_eq!(olga.is("document.activeElement.id").await, "item-text");
    olga.write("#item-text", "two").await;
    olga.press("#amend [value=edit]").await;
    until_said(&bob, "#p-minutes .minutes li li > div", "Info two").await;
    olga.until("document.querySelector('#item').value === '' && document.querySelector('#item-text').value === ''").await;
    assert!(!olga.sees("#item-text-problem").await);

    olga.say("#endmeeting").await;
    olga.press("dialog [autofocus]").await;
    olga.until("document.querySelector('dialog') === null").await;
    assert_eq!(olga.is("document.querySelector('#text').value").await, "#endmeeting");
    bob.say("#endmeeting").await;
    bob.until("document.querySelector('#text-problem span').textContent.startsWith('Only chairs')").await;
    assert_eq!(app.look(olga.is("document.body.dataset.event").await.as_str().unwrap()).await["phase"], "open");
    olga.press(".commands [data-command=endmeeting]").await;
    olga.press("dialog .danger").await;
    for browser in [&olga, &bob] {
        browser.phase("closed").await;
        assert!(browser.same_page().await);
    }
    all_quiet(&[&olga, &bob]).await;
}

#[tokio::test]
async fn a_doubtful_message_is_sent_at_the_second_enter() {
    let app = TestApp::start().await;
    let driver = Driver::start().await;
    let (olga, bob) = room(&app, &driver).await;
    let said = "document.querySelectorAll('#lines .said').length";
    let asked = |words: &str| format!("document.querySelector('#text-problem span').textContent.includes({words:?})");
    let before = bob.is(said).await.as_i64().unwrap();
    for (n, text) in ["#action:bob", "#topic", "#done", "#nick", "#acton bob", "/nick x"].into_iter().enumerate() {
        let before = before + i64::try_from(n).unwrap();
        olga.say(text).await;
        olga.until(&asked("once more to send it as it is.")).await;
        assert_eq!(olga.is("document.querySelector('#text').value").await, text);
        assert_eq!(olga.is(said).await, before, "{text} was sent at the first Enter");
        olga.strike(Key::Enter).await;
        for browser in [&olga, &bob] {
            browser.until(&format!("{said} === {}", before + 1)).await;
        }
        olga.until("document.querySelector('#text').value === ''").await;
    }
    // A command on a later line, and the indentation of the first one.
    olga.js("const box = document.querySelector('#text'); box.value = '  hi\\n#action bob x'; box.dispatchEvent(new Event('input')); box.focus()").await;
    olga.strike(Key::Enter).await;
    olga.until(&asked("“#action” does nothing on a later line")).await;
    assert_eq!(olga.is("document.querySelector('#text').value").await, "  hi\n#action bob x");
    olga.strike(Key::Enter).await;
    bob.until(&format!("{said} === {}", before + 7)).await;
    let event = olga.is("document.body.dataset.event").await;
    let log = app.log(event.as_str().unwrap()).await;
    assert_eq!(log.last().unwrap()["text"], "  hi\n#action bob x");
    all_quiet(&[&olga, &bob]).await;
}
