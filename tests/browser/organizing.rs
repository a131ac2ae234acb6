//! From the first start to a meeting on the schedule.

use super::driver::Driver;
use super::page::all_quiet;
use super::program::Home;

#[tokio::test]
async fn an_organizer_sets_up_signs_in_and_schedules_a_weekly_meeting() {
    let home = Home::new();
    let server = home.serve();
    let set_up = server.line("There is no organizer yet. Make the first account here, once: ");
    let driver = Driver::start().await;
    let browser = driver.browser().await;

    browser.open(&set_up).await;
    browser.write("#name", "olga").await;
    browser.write("#password", "short").await;
    browser.press("main .button.primary").await;
    browser.until("document.querySelector('#password-problem')").await;
    assert_eq!(browser.is("document.querySelector('#name').value").await, "olga", "what was typed is kept");
    browser.write("#password", "correct horse battery").await;
    browser.press("main .button.primary").await;
    browser.until("location.pathname === '/schedule'").await;

    browser.press(".site .menu summary").await;
    browser.press("form[action='/sign-out'] button").await;
    browser.until("location.pathname === '/'").await;
    browser.press("a[href='/sign-in']").await;
    browser.write("#name", "olga").await;
    browser.write("#password", "something else").await;
    browser.press("main .button.primary").await;
    browser.until("document.querySelector('#problem')").await;
    browser.write("#password", "correct horse battery").await;
    browser.press("main .button.primary").await;
    browser.until("location.pathname === '/schedule'").await;
    assert_eq!(browser.text(".empty h2").await, "You have no meetings yet");

    browser.press(".empty .button").await;
    browser.write("#title", "Tidewater weekly").await;
    browser.rewrite("#timezone", "Europe/Berlin").await;
    browser.choose("#date", "2199-12-03").await;
    browser.choose("#time", "19:00").await;
    // The next dates come while one types.
    browser.until("document.querySelectorAll('.dates li').length === 5").await;
    assert_eq!(browser.text("[data-preview] p").await, "Every Tuesday at 19:00, Europe/Berlin, for 60 minutes.");
    assert_eq!(browser.text(".dates li:nth-child(2)").await, "Tue 10 Dec 2199\n19:00 CET\nFor you 18:00–19:00, UTC");
    browser.rewrite("#every", "2").await;
    browser.until("document.querySelector('.dates li:nth-child(2)')?.textContent.includes('17 Dec')").await;
    browser.rewrite("#every", "1").await;
    browser.choose("#date", "2026-01-06").await;
    browser.press("form.columns .button.primary").await;

    browser.until("location.pathname === '/m/tidewater-weekly' && document.querySelector('[data-copy]')").await;
    assert_eq!(browser.is("document.querySelector('[data-copy]').dataset.copy").await, format!("{}/m/tidewater-weekly", server.base));
    browser.press("nav a[href='/schedule']").await;
    browser.until("document.querySelector('#m-tidewater-weekly')").await;
    assert!(browser.text("#m-tidewater-weekly p").await.starts_with("Every Tuesday"), "the rhythm in words");
    let rows = browser.texts(".table tbody tr td:first-child").await;
    assert!(rows.len() >= 10, "{rows:?}");
    assert!(rows.iter().all(|row| row.starts_with("Tue ") && row.contains("19:00–20:00")), "{rows:?}");

    // Cancelling one is undone where it is told.
    browser.press(".table summary[aria-label^='Cancel']").await;
    browser.press(".table form[action$='/cancel'] button").await;
    browser.until("document.querySelector('.table tr.cancelled')").await;
    browser.press(".notice form button").await;
    browser.until("document.querySelector('.notice') && !document.querySelector('.table tr.cancelled')").await;

    all_quiet(&[&browser]).await;
    server.stop();
}
