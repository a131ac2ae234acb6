//! What went by: the card for who comes late and for who comes back, what it leads to, and how it goes away.

use fantoccini::key::Key;

use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::support::{MINUTE, TestApp};

const TITLE: &str = "document.querySelector('.missed h2')?.textContent";
const COUNTS: &str = "document.querySelector('.missed header p')?.textContent";

async fn page_of(app: &TestApp, event: &str) -> String {
    format!("{}{}", app.base, app.look(event).await["url"].as_str().unwrap())
}

impl Browser {
    /// Has the page believe that nobody looks at it, or somebody again.
    async fn hide(&self, hidden: bool) {
        self.js(&format!(
            "Object.defineProperty(document, 'hidden', {{value: {hidden}, configurable: true}}); document.dispatchEvent(new Event('visibilitychange'))"
        ))
        .await;
    }

    /// Waits for a card with this title and these counts.
    async fn card(&self, title: &str, counts: &str) {
        self.until(&format!("{TITLE} === {title:?} && {COUNTS} === {counts:?}")).await;
    }

    /// What the entries of the card say.
    async fn entries(&self) -> Vec<String> {
        self.strings("[...document.querySelectorAll('.missed li li')].map(it => it.innerText.replace(/\\s+/g, ' ').trim().slice(6))").await
    }
}

#[tokio::test]
async fn who_comes_late_sees_first_what_came_of_it_and_who_was_there_does_not() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let driver = Driver::start().await;
    let (olga, late) = tokio::join!(driver.browser(), driver.browser());
    olga.sign_in(&app).await;
    olga.open(&page_of(&app, &event).await).await;
    olga.join("olga").await;
    olga.joined().await;
    for line in ["#topic Lunch", "#agreed on soup", "#action ada buys bread", "#startvote Butter? Yes, No"] {
        olga.say(line).await;
    }
    olga.lines(4).await;
    let bob = app.join(&event, "bob").await;
    for n in 1..=40 {
        app.say(&event, &bob, &format!("line {n}")).await;
    }
    late.open(&page_of(&app, &event).await).await;
    late.card("Before you came", "44 messages, 1 decision, 1 action, 1 vote").await;
    assert_eq!(late.entries().await, ["Topic now Lunch", "Agreed on soup", "Action ada buys bread", "Vote Butter? Still on, 0 voted"]);
    assert!(!late.text(".notices").await.contains('<'), "what is for readers without script is not shown beside it");
    let said = late.text("[data-announced]").await;
    assert!(said.is_empty() || said.starts_with("Before you came: 44 messages"), "{said}");
    assert_eq!(late.is("document.querySelector('.log').scrollTop").await, 0, "the log stays at its end");
    // An entry leads to its line and marks it.
    late.press(".missed li li:nth-child(2) .at").await;
    late.until("document.querySelector('#lines .line:target .mark')?.textContent === 'Agreed on soup'").await;
    late.press("[data-newest]").await;
    late.until("document.querySelector('.log').scrollTop === 0").await;
    // A reload has it again, until it is dismissed.
    late.client.refresh().await.unwrap();
    late.card("Before you came", "44 messages, 1 decision, 1 action, 1 vote").await;
    late.strike(Key::Escape).await;
    late.until("!document.querySelector('.missed')").await;
    late.client.refresh().await.unwrap();
    late.until("document.querySelector('[data-state]').textContent === 'Connected'").await;
    assert!(!olga.sees(".missed").await);
    assert!(!late.sees(".missed").await);
    all_quiet(&[&olga, &late]).await;
}

#[tokio::test]
async fn whoever_joins_late_is_told_what_calls_them_with_script_and_without() {
    let app = TestApp::start().await;
    let event = app.event(-1, 3_600).await;
    let address = page_of(&app, &event).await;
    let bob = app.join(&event, "bob").await;
    let driver = Driver::start().await;
    let (early, late, plain) = tokio::join!(driver.browser(), driver.browser(), driver.browser_without_script());
    early.open(&address).await;
    early.join("ada").await;
    early.joined().await;
    for line in ["#info it rains", "carl or dora, look", "#action carl mops"] {
        app.say(&event, &bob, line).await;
    }
    early.lines(3).await;
    app.clock.step(15 * MINUTE);

    // Nobody is called before they have a name; then the card asks again.
    late.open(&address).await;
    late.card("Before you came", "3 messages, 1 action").await;
    late.join("carl").await;
    late.joined().await;
    late.card("Before you came", "2 mentions, 3 messages, 1 action").await;
    assert_eq!(late.entries().await, ["For you bob: carl or dora, look", "For you: Action carl mops for carl"]);
    plain.open(&address).await;
    plain.card("Before you came", "3 messages, 1 action").await;
    plain.join("dora").await;
    plain.joined().await;
    plain.card("Before you came", "1 mention, 3 messages, 1 action").await;
    assert_eq!(plain.entries().await, ["For you bob: carl or dora, look", "Action carl mops for carl"]);
    assert!(plain.sees(".missed").await);
    plain.press("[data-dismiss]").await;
    plain.until("location.search.startsWith('?since=') && !document.querySelector('.missed')").await;
    plain.joined().await;

    // Who was there all the time is told nothing, also after a reload.
    early.client.refresh().await.unwrap();
    early.until("document.querySelector('[data-state]').textContent === 'Connected'").await;
    assert!(!early.sees(".missed").await);
    all_quiet(&[&early, &late]).await;
}

#[tokio::test]
async fn who_was_away_for_half_an_hour_sees_what_went_by_and_reads_on_from_there() {
    let app = TestApp::start().await;
    let event = app.event(-60, 7_200).await;
    let address = page_of(&app, &event).await;
    let driver = Driver::start().await;
    let ada = driver.browser().await;
    ada.open(&address).await;
    ada.join("ada").await;
    ada.joined().await;
    let bob = app.join(&event, "bob").await;
    app.say(&event, &bob, "before").await;
    ada.lines(1).await;

    // Not long, and nothing is shown.
    ada.hide(true).await;
    app.say(&event, &bob, "meanwhile").await;
    app.clock.step(29 * MINUTE);
    ada.lines(2).await;
    ada.hide(false).await;
    app.say(&event, &bob, "still here?").await;
    ada.lines(3).await;
    assert!(!ada.sees(".missed").await);

    // Half an hour by the server's clock: the page's own does not move.
    ada.hide(true).await;
    for line in ["Ada, look", "#idea a boat"] {
        app.say(&event, &bob, line).await;
    }
    for n in 0..60 {
        app.say(&event, &bob, &format!("line {n}")).await;
    }
    ada.lines(65).await;
    app.clock.step(31 * MINUTE);
    ada.hide(false).await;
    ada.card("While you were away", "1 mention, 62 messages").await;
    assert_eq!(ada.entries().await, ["For you bob: Ada, look"]);
    ada.until("document.querySelector('[data-announced]').textContent === 'While you were away: 1 mention, 62 messages'").await;
    assert_eq!(ada.is("document.querySelector('.log').scrollTop").await, 0, "nothing scrolls by itself");
    // The line stands between what was seen and what is new, in the middle of bob's words.
    let around = ada.strings("['previousElementSibling', 'nextElementSibling'].map(way => [...document.querySelector('#since')[way].querySelectorAll('.said')].at(way[0] === 'p' ? -1 : 0).textContent)").await;
    assert_eq!(around, ["still here?", "Ada, look"]);
    assert!(ada.is("document.querySelector('#since').textContent").await.as_str().unwrap().starts_with("New since "));
    assert_eq!(ada.said().await.len(), 65);
    let path = ada.is("location.pathname").await;
    ada.press(".missed a[href$='#since']").await;
    ada.until("(({top, bottom}) => top >= 0 && bottom <= innerHeight)(document.querySelector('#since').getBoundingClientRect())").await;
    assert_eq!((ada.is("location.pathname").await, ada.is("location.search").await), (path, "".into()), "no other page");
    ada.press("[data-dismiss]").await;
    ada.until("!document.querySelector('.missed') && document.activeElement.id === 'text'").await;

    // Gone for longer than that, and back by a link.
    ada.open("about:blank").await;
    app.say(&event, &bob, "#action ada rows").await;
    app.clock.step(31 * MINUTE);
    ada.open(&address).await;
    ada.card("While you were away", "1 mention, 1 message, 1 action").await;
    all_quiet(&[&ada]).await;
}
