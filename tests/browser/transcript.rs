//! Pointing at lines of a transcript: one, several, one of another page; the chart leads to them.

use gavel::app::moving::import_log::Archived;
use gavel::domain::zone::Zone;
use gavel::import::{self, Known};

use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::support::TestApp;

const LINES: &str = "[...document.querySelectorAll('#lines .line')]";

/// Brings in a log of so many lines, one a second; gives the address of its page.
pub async fn transcript(app: &TestApp, lines: usize) -> String {
    let log = (0..lines).map(|n| format!("{:02}:{:02}:{:02} <nick{}> line {n}\n", 18 + n / 3_600, n / 60 % 60, n % 60, n % 3));
    brought(app, &log.collect::<Vec<_>>().concat()).await
}

/// Brings a log in; gives the address of its page.
pub async fn brought(app: &TestApp, log: &str) -> String {
    let past = import::read(log.as_bytes(), &Known { name: "2020-11-24.log", date: None, zone: Zone::utc() }).unwrap();
    let shelf = app.operations.shelf("archive", None, Zone::utc(), None).await.unwrap();
    match app.operations.archive(&shelf, &past).await.unwrap() {
        Archived::New(event) => format!("{}{}", app.base, event.url()),
        known @ Archived::Known(_) => panic!("{known:?}"),
    }
}

impl Browser {
    /// What stands in the lines that are marked.
    async fn marked(&self) -> Vec<String> {
        self.strings("[...document.querySelectorAll('#lines .picked .said')].map(line => line.textContent)").await
    }

    /// Clicks on the time of the line at this place, with Shift or without.
    async fn point_at(&self, place: usize, shift: bool) {
        self.js(&format!(
            "{LINES}[{place}].querySelector('.at').dispatchEvent(new MouseEvent('click', {{ bubbles: true, cancelable: true, shiftKey: {shift} }}))"
        ))
        .await;
    }

    /// Whether the line with this text is within the window.
    async fn looks_at(&self, text: &str) {
        self.until(&format!(
            "(() => {{ const line = {LINES}.find(line => line.querySelector('.said').textContent === {text:?}); \
             if (!line) return false; const {{ top, bottom }} = line.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight }})()"
        ))
        .await;
    }
}

#[tokio::test]
async fn a_line_and_a_range_of_lines_have_links_that_mark_them() {
    let app = TestApp::start().await;
    let address = transcript(&app, 90).await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&address).await;
    assert_eq!(browser.marked().await, Vec::<String>::new());

    browser.point_at(40, false).await;
    browser.until("document.querySelectorAll('#lines .picked').length === 1").await;
    assert_eq!(browser.marked().await, ["line 40"]);
    browser.point_at(43, true).await;
    assert_eq!(browser.marked().await, ["line 40", "line 41", "line 42", "line 43"]);
    browser.point_at(38, true).await;
    assert_eq!(browser.marked().await, ["line 38", "line 39", "line 40"], "from the line that was marked first, upwards too");
    assert!(browser.text("[data-picked] span").await.starts_with("3 lines marked"));
    let link = browser.is("document.querySelector('[data-picked] [data-copy]').dataset.copy").await;
    let link = link.as_str().unwrap().to_owned();
    assert_eq!(browser.is("location.href").await, link.as_str());

    // The same, for whoever gets the link.
    let other = driver.browser().await;
    other.open(&link).await;
    other.until("document.querySelectorAll('#lines .picked').length === 3").await;
    assert_eq!(other.marked().await, ["line 38", "line 39", "line 40"]);
    other.looks_at("line 38").await;
    other.press("[data-unpick]").await;
    other.until("document.querySelectorAll('#lines .picked').length === 0 && location.hash === ''").await;
    all_quiet(&[&browser, &other]).await;
}

#[tokio::test]
async fn a_bar_of_the_chart_leads_to_its_minute_also_on_another_page() {
    let app = TestApp::start().await;
    let address = transcript(&app, 2_200).await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&address).await;
    // The bar of 18:20 is on the second page: 1,200 lines are before it.
    browser.js("document.querySelector('.chart a[aria-label=\"18:20, 60 messages\"]').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))").await;
    browser.until("location.search.startsWith('?at=') && document.querySelectorAll('#lines .picked').length === 1").await;
    assert_eq!(browser.marked().await, ["line 1200"]);
    browser.looks_at("line 1200").await;

    // A link of before, without a page, finds its own.
    let first = browser.is("document.querySelector('#lines .line').id").await;
    browser.open(&format!("{address}#{}", first.as_str().unwrap())).await;
    browser.until("location.search.startsWith('?at=') && document.querySelectorAll('#lines .picked').length === 1").await;

    // And without script, by the server alone.
    let plain = driver.browser_without_script().await;
    plain.open(&format!("{address}?at={0}#t{0}", &first.as_str().unwrap()[1..])).await;
    assert_eq!(plain.texts(".pages [aria-current]").await.len(), 2);
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn who_comes_and_goes_in_one_minute_is_drawn_in_one_order_by_script_and_server() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    let address = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    browser.open(&address).await;
    let ada = app.join(&event, "ada").await;
    app.join(&event, "bob").await;
    app.call(reqwest::Method::DELETE, &format!("/events/{event}/participants/me"), Some(&ada.token), None).await.expect(204);
    app.join(&event, "ada").await;
    let told = "ada and bob joined · ada left · ada joined";
    browser.until(&format!("document.querySelector('[data-moves] > div').textContent === {told:?}")).await;
    browser.open(&address).await;
    assert_eq!(browser.texts("[data-moves] > div").await, [told]);
    all_quiet(&[&browser]).await;
}
