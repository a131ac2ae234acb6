//! The schedule's pages: a meeting by plain choices, its dates before it is saved, a month, a search.

use reqwest::Method;
use serde_json::{Value, json};

use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::support::{HOUR, TestApp};

async fn make(app: &TestApp, title: &str, starts: &str, rule: &str) -> Value {
    let body = json!({"title": title, "timezone": "Europe/Berlin", "starts": starts, "duration_minutes": 60, "rrule": rule});
    app.post("/meetings", body).await.expect(201)
}

/// A server on the morning of 20 November 2026, and a browser that is signed in there.
async fn november(driver: &Driver, script: bool) -> (TestApp, Browser) {
    let app = TestApp::start().await;
    let morning = chrono::DateTime::parse_from_rfc3339("2026-11-20T08:00:00Z").unwrap().timestamp_micros();
    app.clock.step(morning - app.now());
    let browser = if script { driver.browser().await } else { driver.browser_without_script().await };
    browser.sign_in(&app).await;
    (app, browser)
}

impl Browser {
    async fn fill_in(&self, title: &str, date: &str) {
        self.rewrite("#title", title).await;
        self.rewrite("#timezone", "Europe/Berlin").await;
        self.choose("#date", date).await;
        self.choose("#time", "02:30").await;
    }
}

#[tokio::test]
async fn a_meeting_is_put_together_by_choices_and_read_back_as_such() {
    let driver = Driver::start().await;
    let (app, browser) = november(&driver, true).await;
    browser.open(&format!("{}/schedule/new", app.base)).await;
    browser.fill_in("Release night", "2026-11-29").await;
    browser.choose("#unit", "month").await;
    browser.press("#m-nth").await;
    browser.choose("[name=nth]", "-1").await;
    browser.press("#e-after").await;
    let rule = "On the last Sunday of each month at 02:30, Europe/Berlin, 10 times, for 60 minutes.";
    browser.until(&format!("document.querySelector('[data-preview] p').textContent === {rule:?}")).await;
    let notes = browser.texts(".dates .shifted .note").await;
    assert_eq!(notes, ["The clocks skip 02:30 on this day. The event opens at 03:30."]);

    // What is wrong stands at its field, and everything typed stays.
    browser.rewrite("#times", "0").await;
    browser.press("form.columns .button.primary").await;
    browser.until("document.querySelector('#times-problem')").await;
    let kept = "[...document.querySelectorAll('#m-nth:checked, [name=nth], [name=weekday], #times')].map(it => it.value)";
    assert_eq!(browser.strings(kept).await, ["nth", "-1", "Sun", "0"]);
    assert_eq!(browser.is("document.querySelector('#times').getAttribute('aria-describedby')").await, "times-problem");
    browser.rewrite("#times", "10").await;
    browser.press("form.columns .button.primary").await;
    browser.until("location.pathname === '/m/release-night'").await;
    let meeting = app.get("/meetings/release-night").await.expect(200);
    assert_eq!(meeting["rrule"], "FREQ=MONTHLY;BYDAY=-1SU;COUNT=10");

    browser.open(&format!("{}/schedule/release-night/edit", app.base)).await;
    assert_eq!(browser.strings(kept).await, ["nth", "-1", "Sun", "10"]);
    assert_eq!(browser.is("document.querySelector('#unit').value").await, "month");
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn without_script_a_button_shows_the_dates_and_an_overlap_is_named_before_it_is_saved() {
    let driver = Driver::start().await;
    let (app, browser) = november(&driver, false).await;
    make(&app, "Night watch", "2026-11-29T03:00", "FREQ=WEEKLY").await;
    // Another meeting is the pattern; its title and link are not taken over.
    browser.open(&format!("{}/schedule/new?like=night-watch", app.base)).await;
    assert_eq!(browser.is("document.querySelector('#title').value").await, "Copy of Night watch");
    browser.fill_in("Second watch", "2026-11-29").await;
    browser.press("[name=show]").await;
    browser.until("document.querySelectorAll('.dates li').length === 5").await;
    assert_eq!(browser.text(".dates li .yours").await, "Sun 29 Nov 2026, 01:30 UTC");
    assert!(browser.text("[data-preview] .notice li").await.starts_with("Night watch, Sun 29 Nov 2026, 03:00–04:00 CET"));
    assert_eq!(app.get("/meetings").await.expect(200)["meetings"].as_array().unwrap().len(), 1, "nothing is saved");

    // Another time meets another event: that is asked about first, and then saved.
    browser.choose("#date", "2026-12-06").await;
    browser.press("form.columns .button.primary").await;
    browser.until("document.querySelector('main > .notice.warn')").await;
    assert_eq!(app.get("/meetings").await.expect(200)["meetings"].as_array().unwrap().len(), 1);
    browser.press("form.columns .button.primary").await;
    browser.until("location.pathname === '/m/second-watch'").await;
    browser.open(&format!("{}/schedule", app.base)).await;
    let notes = browser.texts(".table .note").await;
    for other in ["Second watch, 02:30–03:30 CET", "Night watch, 03:00–04:00 CET"] {
        assert!(notes.contains(&format!("Overlaps with {other}")), "{notes:?}");
    }
}

#[tokio::test]
async fn a_month_tells_cancelled_moved_and_added_events_apart() {
    let driver = Driver::start().await;
    let (app, browser) = november(&driver, true).await;
    let meeting = make(&app, "Tidewater", "2026-12-01T18:00", "FREQ=WEEKLY").await;
    let event = |n: usize| meeting["upcoming"][n].clone();
    let path = |n: usize| format!("/events/{}", event(n)["id"].as_str().unwrap());
    app.post(&format!("{}/cancel", path(1)), json!({})).await.expect(200);
    let (opens, closes) = (event(2)["opens_at"].as_i64().unwrap(), event(2)["closes_at"].as_i64().unwrap());
    let later = json!({"opens_at": opens + 24 * HOUR, "closes_at": closes + 24 * HOUR});
    app.organize(Method::PATCH, &path(2), Some(later)).await.expect(200);
    let more = json!({"opens_at": "2026-12-12T10:00", "closes_at": "2026-12-12T11:00", "title": "Planning"});
    app.post("/meetings/tidewater/events", more).await.expect(201);

    browser.open(&format!("{}/schedule?month=2026-11", app.base)).await;
    assert_eq!(browser.is("document.querySelector('[aria-current=date]').dateTime").await, "2026-11-20");
    browser.press("a[rel=next]").await;
    browser.until("document.querySelector('#month').textContent === 'December 2026'").await;
    let days = "[...document.querySelectorAll('.month td li')].map(it => it.closest('td').querySelector('time').dateTime + ' ' + it.innerText.trim().replace(/\\s+/g, ' '))";
    let wanted = [
        "2026-12-01 18:00 Tidewater",
        "2026-12-08 18:00 Tidewater Cancelled",
        "2026-12-12 10:00 Planning Added",
        "2026-12-16 18:00 Tidewater Moved from 15 Dec, 18:00",
        "2026-12-22 18:00 Tidewater",
        "2026-12-29 18:00 Tidewater",
    ];
    assert_eq!(browser.strings(days).await, wanted);
    let struck =
        "['time', 'b', 'small'].map(it => getComputedStyle(document.querySelector(`.month li > .cancelled ${it}`)).textDecorationLine)";
    assert_eq!(browser.strings(struck).await, ["line-through", "line-through", "none"]);
    let shapes = "['cancelled', 'moved', 'added', 'scheduled'].map(it => { const style = getComputedStyle(document.querySelector(`.month li > .${it}`)); \
                  return style.borderLeftStyle + style.borderLeftColor })";
    let mut seen = browser.strings(shapes).await;
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4, "{seen:?}");

    // On a phone the same table is a list of the days that have events.
    browser.resize(375, 740).await;
    assert_eq!(browser.is("[...document.querySelectorAll('.month td')].filter(it => it.checkVisibility()).length").await, 6);
    assert_eq!(browser.strings(days).await, wanted);
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn long_lists_have_pages_and_a_search() {
    let driver = Driver::start().await;
    let (app, browser) = november(&driver, true).await;
    for n in 1..=27 {
        make(&app, &format!("Crew {n:02} at 100%"), "2026-12-01T18:00", "FREQ=DAILY;COUNT=1").await;
    }
    browser.open(&format!("{}/schedule", app.base)).await;
    let titles = "[...document.querySelectorAll('#meetings + ul h3')].map(it => it.textContent)";
    assert_eq!(browser.strings(titles).await.len(), 25);
    browser.press("nav[aria-label='Meetings: pages'] a").await;
    browser.until("location.search === '?meetings=2'").await;
    assert_eq!(browser.strings(titles).await, ["Crew 26 at 100%", "Crew 27 at 100%"]);
    assert_eq!(browser.texts(".table tbody tr").await.len(), 25);
    browser.write("[type=search]", "crew 07 at 100%").await;
    browser.press("[role=search] button").await;
    browser.until("location.search.includes('q=')").await;
    assert_eq!(browser.strings(titles).await, ["Crew 07 at 100%"]);
    assert_eq!(browser.texts(".table tbody tr b").await, ["Crew 07 at 100%"]);
    browser.rewrite("[type=search]", "_").await;
    browser.press("[role=search] button").await;
    browser.until("document.querySelector('#events + p')?.textContent === 'No event ahead has “_” in its title.'").await;
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn one_is_cancelled_and_brought_back_one_is_moved_and_from_one_on_all_change() {
    let driver = Driver::start().await;
    let (app, browser) = november(&driver, true).await;
    // Lists are in the reader's zone.
    browser.travel("Europe/Berlin").await;
    let meeting = make(&app, "Tidewater", "2026-12-01T18:00", "FREQ=WEEKLY").await;
    browser.open(&format!("{}/schedule", app.base)).await;
    browser.press(".table summary[aria-label^='Cancel']").await;
    browser.press(".table form[action$='/cancel'] button").await;
    browser.until("document.querySelector('.table tr.cancelled')").await;
    assert_eq!(browser.text(".notice p").await, "“Tidewater” on Tue 1 Dec 2026 is cancelled.");
    assert_eq!(browser.text(".table tr.cancelled .badge").await, "Cancelled");
    let struck = "getComputedStyle(document.querySelector('.table tr.cancelled time')).textDecorationLine";
    assert_eq!(browser.is(struck).await, "line-through");
    browser.press(".notice form button").await;
    browser.until("document.querySelector('.notice') && !document.querySelector('.table tr.cancelled')").await;

    // The next one is moved by a day, and its row says from where.
    browser.press(".table tbody tr:nth-child(2) a[href*='/edit']").await;
    browser.until("document.querySelector('#date')?.value === '2026-12-08'").await;
    browser.choose("#date", "2026-12-09").await;
    browser.press("form .button.primary").await;
    browser.until("location.pathname === '/schedule'").await;
    assert_eq!(browser.text(".notice p").await, "“Tidewater” is now on Wed 9 Dec 2026, 18:00–19:00 CET.");
    assert!(browser.text(".table tbody tr:nth-child(2) td").await.contains("Moved from Tue 8 Dec 2026, 18:00"));

    // From the third on it is at another time: what that does comes while one types, and is then done.
    browser.press(".table tbody tr:nth-child(3) summary[aria-label^='More']").await;
    browser.press(".table tbody tr:nth-child(3) a[href*='from=']").await;
    browser.until("document.querySelector('#date')?.value === '2026-12-15'").await;
    browser.choose("#time", "20:00").await;
    browser.until("document.querySelector('.effects .move')?.textContent === 'Moves 9 events'").await;
    assert_eq!(browser.text(".effects li").await, "Tue 15 Dec 2026, 18:00–19:00 → 20:00–21:00 CET");
    browser.press("form.columns .button.primary").await;
    browser.until("location.pathname === '/m/tidewater'").await;
    assert!(browser.text(".top").await.contains("From Tue 15 Dec 2026 on: Every Tuesday at 20:00, Europe/Berlin"));
    let after = app.get("/meetings/tidewater").await.expect(200);
    let opens = |meeting: &Value, n: usize| meeting["upcoming"][n]["opens_at"].as_i64().unwrap();
    assert_eq!([0, 1, 2, 3].map(|n| (opens(&after, n) - opens(&meeting, n)) / HOUR), [0, 24, 2, 2]);
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn new_times_that_drop_events_are_asked_about_beside_the_button_and_can_be_taken_back() {
    let driver = Driver::start().await;
    let (app, browser) = november(&driver, true).await;
    let before = make(&app, "Tidewater", "2026-12-01T18:00", "FREQ=WEEKLY").await;
    browser.open(&format!("{}/schedule/tidewater/edit", app.base)).await;
    browser.choose("#date", "2026-12-02").await;
    browser.until("document.querySelector('[data-told]').textContent.includes('Drops ')").await;
    browser.press("form.columns .button.primary").await;
    browser.until("document.querySelector('main > .notice.warn')").await;
    assert!(browser.text("main > .notice.warn").await.contains("Drops "));
    assert_eq!(app.get("/meetings/tidewater").await.expect(200)["upcoming"], before["upcoming"], "nothing is saved");
    browser.press("main > .notice.warn button").await;
    browser.until("location.pathname === '/m/tidewater'").await;
    browser.press(".notice form[action$='/times'] button").await;
    browser.until("document.querySelector('.notice p').textContent.includes('as they were before')").await;
    let keys = |meeting: &Value| meeting["upcoming"].as_array().unwrap().iter().map(|it| it["key"].clone()).collect::<Vec<_>>();
    assert_eq!(keys(&app.get("/meetings/tidewater").await.expect(200)), keys(&before));
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn a_lobby_whose_date_goes_becomes_the_page_that_tells_what_there_is_instead() {
    let driver = Driver::start().await;
    let (app, _olga) = november(&driver, true).await;
    make(&app, "Weekly", "2026-11-24T19:00", "FREQ=WEEKLY").await;
    let bob = driver.browser().await;
    bob.open(&format!("{}/m/weekly/2026-12-01", app.base)).await;
    bob.until("document.querySelector('[data-state]').textContent === 'Connected'").await;
    let rule = json!({"rrule": "FREQ=WEEKLY;BYDAY=TH"});
    app.organize(Method::PATCH, "/meetings/weekly", Some(rule)).await.expect(200);
    bob.until("document.title.startsWith('There is no such event')").await;
    assert!(bob.texts("main a").await.contains(&"All events of Weekly".to_owned()));
}

#[tokio::test]
async fn a_readers_clock_that_is_set_meanwhile_changes_no_countdown() {
    let driver = Driver::start().await;
    let (app, browser) = november(&driver, true).await;
    let meeting = make(&app, "Tidewater", "2026-11-20T19:00", "FREQ=WEEKLY").await;
    browser.open(&format!("{}{}", app.base, meeting["upcoming"][0]["url"].as_str().unwrap())).await;
    browser.until("document.querySelector('[data-countdown]').textContent.includes('h')").await;
    browser.js("const now = Date.now; Date.now = () => now() + 48 * 3600e3").await;
    // The page counts on, from where it was.
    browser.until("document.querySelector('[data-countdown]').textContent !== window.last && (window.last = document.querySelector('[data-countdown]').textContent) && (window.turns = (window.turns ?? 0) + 1) > 2").await;
    assert_eq!(browser.is("document.body.dataset.phase").await, "scheduled", "ten hours from now");
    assert!(browser.text("[data-countdown]").await.starts_with('9'), "{}", browser.text("[data-countdown]").await);
    // The next one was put off meanwhile: the page of a cancelled one names the one that is next by now.
    let more = json!({"opens_at": "2026-11-25T10:00", "closes_at": "2026-11-25T11:00"});
    app.post("/meetings/tidewater/events", more).await.expect(201);
    app.post(&format!("/events/{}/cancel", meeting["upcoming"][0]["id"].as_str().unwrap()), json!({})).await.expect(200);
    browser.phase("cancelled").await;
    browser.until("document.querySelector('[data-late=next] a')?.textContent.startsWith('Wed 25 Nov 2026, ')").await;
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn back_leads_to_a_question_and_to_the_offer_to_undo_with_and_without_script() {
    let driver = Driver::start().await;
    for script in [true, false] {
        let (app, browser) = november(&driver, script).await;
        make(&app, "Watch", "2026-11-24T18:00", "FREQ=WEEKLY").await;
        make(&app, "Board", "2026-11-24T18:00", "FREQ=WEEKLY").await;
        // Chromium leaves a page out of the history if it is left before its load event has ended.
        let loaded = "performance.getEntriesByType('navigation')[0]?.loadEventEnd > 0";
        let asks = &format!("{loaded} && document.querySelector('h2')?.textContent.startsWith('Not saved yet')");
        let save = "form.columns .button.primary";
        browser.open(&format!("{}/schedule/board/edit", app.base)).await;
        browser.choose("#date", "2026-11-25").await;
        browser.press(save).await;
        browser.until(asks).await;
        // To one of the events that it names, and back.
        browser.press("#effects a").await;
        browser.until("location.pathname.startsWith('/m/board/')").await;
        browser.js("history.back()").await;
        browser.until(asks).await;
        browser.press(save).await;
        browser.until("location.pathname === '/m/board' && document.querySelector('form[action$=\"/times\"]')").await;
        // What is wrong with a form is shown again, too; and the offer to undo outlives both ways there.
        browser.open(&format!("{}/schedule/board/edit", app.base)).await;
        browser.rewrite("#minutes", "0").await;
        browser.press(save).await;
        browser.until(&format!("{loaded} && document.querySelector('#minutes-problem')")).await;
        browser.open(&format!("{}/schedule", app.base)).await;
        browser.js("history.back()").await;
        browser.until("document.querySelector('#minutes-problem')").await;
        for _ in 0..2 {
            browser.js("history.back()").await;
            browser.until("location.pathname !== '/schedule/board/edit' || !document.querySelector('#minutes-problem')").await;
        }
        browser.until("location.pathname === '/m/board' && document.querySelector('form[action$=\"/times\"]')").await;
        browser.js("location.reload()").await;
        browser.until(&format!("{loaded} && document.querySelector('form[action$=\"/times\"]')")).await;
        browser.press("form[action$=\"/times\"] button").await;
        browser.until("document.querySelector('.notice')?.textContent.includes('are as they were before')").await;
        let board = app.get("/meetings/board").await.expect(200);
        assert_eq!(board["next"]["key"], "2026-11-24");
    }
}
