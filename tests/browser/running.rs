//! Running an event to time from its page, seen in another browser; and times as readers see them,
//! whatever their own clock and zone.

use reqwest::Method;
use serde_json::json;

use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::support::{HOUR, MINUTE, TestApp};

/// Notes when the page shows another state of its event: phase, times in seconds, why it is cancelled.
const WATCH: &str = "
    window.seen = [];
    const second = at => Math.floor(Date.parse(document.querySelector(`[data-at=${at}]`).dateTime) / 1000);
    const note = () => {
        const state = [document.body.dataset.phase, second('opens'), second('closes'), document.querySelector('[data-why]').textContent].join(' ');
        if (seen.at(-1)?.state !== state) seen.push({state, at: Date.now()});
    };
    new MutationObserver(note).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
    note()";

/// A second, in microseconds.
const SECOND: i64 = 1_000_000;

async fn page_of(app: &TestApp, event: &str) -> String {
    format!("{}{}", app.base, app.look(event).await["url"].as_str().unwrap())
}

impl Browser {
    /// Extends the event by ten minutes with one click, and waits until the page shows that; gives when it was to close before.
    async fn extend_by_ten(&self, app: &TestApp, event: &str) -> i64 {
        let closes = app.look(event).await["closes_at"].as_i64().unwrap();
        self.press(".room-head .wide-only button[value='10']").await;
        self.until(&format!(
            "Date.parse(document.querySelector('.room-head [data-at=closes]').dateTime) === {}",
            (closes + 10 * MINUTE) / 1_000
        ))
        .await;
        closes
    }

    /// Waits until the page shows the event as it is now, without a reload.
    async fn shows_change(&self, app: &TestApp, event: &str) {
        let (now, row) = (app.look(event).await, app.log(event).await.pop().unwrap());
        let (second, ts) = (|name: &str| now[name].as_i64().unwrap() / SECOND, row["ts"].as_i64().unwrap());
        let why = if now["phase"] == "cancelled" { row["text"].as_str().unwrap() } else { "" };
        let state = format!("{} {} {} {why}", now["phase"].as_str().unwrap(), second("opens_at"), second("closes_at"));
        // Milliseconds there, microseconds here.
        let shown = format!("seen.find(({{state, at}}) => at >= {} && state.startsWith({state:?}))", ts / 1_000);
        self.until(&shown).await;
    }
}

#[tokio::test]
async fn what_one_browser_does_to_an_event_another_shows_without_a_reload() {
    let app = TestApp::start().await;
    let (event, ahead) = (app.event(-60, 3_600).await, app.event(7_200, 10_800).await);
    let driver = Driver::start().await;
    let (olga, bob) = tokio::join!(driver.browser(), driver.browser());
    olga.sign_in(&app).await;
    olga.open(&page_of(&app, &event).await).await;
    olga.mark().await;
    bob.open(&page_of(&app, &event).await).await;
    bob.until("document.querySelector('[data-state]').textContent === 'Connected'").await;
    bob.mark().await;
    bob.js(WATCH).await;
    assert!(!bob.sees(".extend").await, "only who runs the event is offered this");

    // Extended by one click.
    let closes = olga.extend_by_ten(&app, &event).await;
    assert_eq!(app.look(&event).await["closes_at"], closes + 10 * MINUTE);
    bob.shows_change(&app, &event).await;
    assert!(bob.text(".room-head [data-at=zone]").await.contains("UTC"), "the zone stays named");

    // Cancelled with a reason, asked once; and restored where it is told.
    olga.press(".room-head .menu > summary").await;
    olga.press(".room-head .sure:has([data-run=cancel]) > summary").await;
    olga.write("#room-reason", &"too long ".repeat(30)).await;
    olga.press(".room-head [data-run=cancel] .danger").await;
    olga.until("document.querySelector('#room-reason-problem').checkVisibility()").await;
    assert_eq!(app.look(&event).await["phase"], "open");
    olga.rewrite("#room-reason", "A storm is coming").await;
    olga.press(".room-head [data-run=cancel] .danger").await;
    olga.phase("cancelled").await;
    bob.shows_change(&app, &event).await;
    assert_eq!(bob.text("[data-why]").await, "This event was cancelled: A storm is coming");
    assert!(!bob.sees("[data-run=restore]").await);
    olga.press(".top [data-run=restore] button").await;
    olga.phase("open").await;
    bob.shows_change(&app, &event).await;

    // Closed, asked once; meanwhile another one was added before the one that was next.
    let slug = app.look(&event).await["meeting"].as_str().unwrap().to_owned();
    let body = json!({"opens_at": app.now() + HOUR, "closes_at": app.now() + HOUR + 30 * MINUTE});
    let between = app.post(&format!("/meetings/{slug}/events"), body).await.expect(201);
    olga.press(".room-head .menu > summary").await;
    olga.press(".room-head .sure:has([data-run=close]) > summary").await;
    olga.press(".room-head [data-run=close] .danger").await;
    olga.phase("closed").await;
    bob.shows_change(&app, &event).await;
    for browser in [&olga, &bob] {
        browser.until(&format!("document.querySelector('[data-late=around] a:last-child')?.pathname === {}", between["url"])).await;
        assert!(browser.same_page().await, "no reload");
    }

    // Moved, before the eyes of who waits in the lobby.
    bob.open(&page_of(&app, &ahead).await).await;
    bob.until("document.querySelector('[data-state]').textContent === 'Connected'").await;
    bob.js(WATCH).await;
    let title = bob.is("document.title").await;
    olga.open(&page_of(&app, &ahead).await).await;
    olga.press(".top .menu[data-if=runs] > summary").await;
    assert!(olga.sees(".top [data-run=open]").await);
    let opens = app.now() + 48 * 60 * MINUTE;
    let body = json!({"opens_at": opens, "closes_at": opens + 30 * MINUTE});
    let moved = format!(
        "return fetch('/api/v1/events/{ahead}', {{method: 'PATCH', headers: {{'Content-Type': 'application/json'}}, body: {:?}}}).then(answer => answer.status)",
        body.to_string()
    );
    assert_eq!(olga.js(&moved).await, 200);
    bob.shows_change(&app, &ahead).await;
    // It ends too far ahead to be opened by now; the menu says from when on it can.
    olga.until("document.querySelector('.top [data-too-early]').checkVisibility()").await;
    assert!(!olga.sees(".top [data-run=open]").await);
    let from = chrono::DateTime::from_timestamp_micros(opens - 23 * HOUR - 30 * MINUTE).unwrap().format("%a %-d %b %Y, %H:%M").to_string();
    assert_eq!(olga.text(".top [data-too-early] time").await, from);
    bob.until("/day|47 h/.test(document.querySelector('[data-countdown]').textContent)").await;
    assert_ne!(bob.is("document.title").await, title);
    all_quiet(&[&olga, &bob]).await;
}

impl Browser {
    /// Fills in the form of an event, as its organizer, and sends it.
    async fn reschedule(&self, app: &TestApp, event: &str, fields: &[(&str, &str)]) {
        let form = format!("/schedule/events/{event}/edit");
        self.open(&format!("{}{form}", app.base)).await;
        for (css, value) in fields {
            self.choose(css, value).await;
        }
        self.press("form.form .button.primary").await;
        self.until(&format!("location.pathname !== {form:?}")).await;
    }
}

#[tokio::test]
async fn what_one_browser_does_to_an_event_ahead_its_lobby_shows_within_a_second() {
    let app = TestApp::start().await;
    let event = app.event(7_200, 10_800).await;
    let address = page_of(&app, &event).await;
    let driver = Driver::start().await;
    let (olga, bob) = tokio::join!(driver.browser(), driver.browser());
    olga.sign_in(&app).await;
    bob.open(&address).await;
    bob.until("document.querySelector('[data-state]').textContent === 'Connected'").await;
    bob.mark().await;
    bob.js(WATCH).await;
    assert!(!bob.sees(".top [data-run]").await, "only who runs the event is offered this");

    // Made longer, and then moved by some hours.
    olga.reschedule(&app, &event, &[("#minutes", "95")]).await;
    bob.shows_change(&app, &event).await;
    let later = chrono::DateTime::from_timestamp_micros(app.now() + 5 * HOUR).unwrap();
    let (date, time) = (later.format("%Y-%m-%d").to_string(), later.format("%H:30").to_string());
    olga.reschedule(&app, &event, &[("#date", &date), ("#time", &time)]).await;
    assert_eq!(app.look(&event).await["opens_at"], later.timestamp_micros() / HOUR * HOUR + 30 * MINUTE);
    bob.shows_change(&app, &event).await;
    bob.until("/[45]\\s*h/.test(document.querySelector('[data-countdown]').textContent)").await;

    // Cancelled with a reason, restored, and opened before its time.
    olga.open(&address).await;
    olga.press(".top .menu[data-if=runs] > summary").await;
    olga.press(".top .sure:has([data-run=cancel]) > summary").await;
    olga.write("#lobby-reason", "Nobody is well").await;
    olga.press(".top [data-run=cancel] .danger").await;
    olga.phase("cancelled").await;
    bob.shows_change(&app, &event).await;
    assert_eq!(bob.text("[data-why]").await, "This event was cancelled: Nobody is well");
    olga.press(".top [data-run=restore] button").await;
    olga.phase("scheduled").await;
    bob.shows_change(&app, &event).await;
    olga.press(".top .menu[data-if=runs] > summary").await;
    olga.press(".top [data-run=open] button").await;
    olga.phase("open").await;
    bob.shows_change(&app, &event).await;
    assert!(bob.sees("[data-join]").await && bob.same_page().await, "the room is there, without a reload");
    all_quiet(&[&olga, &bob]).await;
}

#[tokio::test]
async fn a_frame_without_script_tells_what_another_browser_did_to_the_event() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let address = page_of(&app, &event).await;
    let driver = Driver::start().await;
    let (olga, bob) = tokio::join!(driver.browser(), driver.browser_without_script());
    olga.sign_in(&app).await;
    bob.open(&address).await;
    bob.client.enter_frame(0).await.unwrap();
    let rows = "[...document.querySelectorAll('.event.notable')].map(row => row.innerText)";
    let told = async |part: &str| {
        let row = app.log(&event).await.pop().unwrap()["text"].as_str().unwrap().to_owned();
        assert!(row.contains(part), "{row}");
        bob.until(&format!("({rows}).some(text => text.includes({row:?}))")).await;
    };

    olga.open(&address).await;
    olga.extend_by_ten(&app, &event).await;
    told("The room now closes at ").await;
    olga.reschedule(&app, &event, &[("#minutes", "95")]).await;
    told("The room now closes at ").await;
    olga.open(&address).await;
    olga.press(".room-head .menu > summary").await;
    olga.press(".room-head .sure:has([data-run=cancel]) > summary").await;
    olga.write("#room-reason", "A storm is coming").await;
    olga.press(".room-head [data-run=cancel] .danger").await;
    olga.phase("cancelled").await;
    told("A storm is coming").await;
    // Reading on, one finds the same above the log.
    bob.client.enter_parent_frame().await.unwrap();
    bob.client.refresh().await.unwrap();
    assert_eq!(bob.text("[data-why]").await, "This event was cancelled: A storm is coming");
}

#[tokio::test]
async fn a_chair_comes_by_the_link_hears_the_warning_and_extends() {
    let app = TestApp::start().await;
    let event = app.event(-60, 1_200).await;
    let address = page_of(&app, &event).await;
    let slug = app.look(&event).await["meeting"].as_str().unwrap().to_owned();
    let link = app.organize(Method::GET, &format!("/meetings/{slug}/chair"), None).await.expect(200)["url"].as_str().unwrap().to_owned();
    let driver = Driver::start().await;
    let (ada, bob) = tokio::join!(driver.browser(), driver.browser());
    ada.resize(375, 720).await;
    ada.open(&format!("{}{link}", app.base)).await;
    ada.until("document.querySelector('.notice.good')").await;
    for (browser, nick) in [(&ada, "ada"), (&bob, "bob")] {
        browser.open(&address).await;
        browser.join(nick).await;
        browser.joined().await;
        browser.mark().await;
    }
    bob.until("document.querySelectorAll('.people li').length === 2").await;
    assert_eq!(bob.texts(".people li > :not(button)").await, ["ada", "chair", "bob", "you"]);
    assert!(!ada.sees("[data-soon]").await, "nothing presses yet");

    app.clock.step(10 * MINUTE);
    for browser in [&ada, &bob] {
        browser
            .until(
                "[...document.querySelectorAll('#lines .event')].some(row => row.textContent.includes('The room closes in 10 minutes.'))",
            )
            .await;
    }
    ada.press("[data-soon] button[value='15']").await;
    ada.until("!document.querySelector('[data-soon]').checkVisibility()").await;
    bob.until("document.querySelector('[data-closing]').textContent === 'closes in 24 min'").await;
    let next = json!({"opens_at": app.now() + 26 * MINUTE, "closes_at": app.now() + 60 * MINUTE});
    app.post(&format!("/meetings/{slug}/events"), next).await.expect(201);

    // Who is made a chair finds the buttons at once, and what is refused says why.
    let person = bob.is("document.body.dataset.participant").await.as_str().unwrap().to_owned();
    let seat = format!("/events/{event}/participants/{person}/chair");
    ada.press(".rail-open").await;
    ada.press(&format!(".people .seat[value='{person}']")).await;
    ada.until(&format!("document.querySelector(\".people .seat[value='{person}']\").ariaPressed === 'true'")).await;
    ada.press(".rail-close").await;
    bob.until("[...document.querySelectorAll('#lines .event')].some(row => row.textContent.includes('bob is a chair now'))").await;
    bob.press(".room-head .wide-only button[value='5']").await;
    bob.until("document.querySelector('.talk [data-refused]').checkVisibility()").await;
    assert!(bob.text(".talk [data-refused]").await.starts_with("The next event of this meeting begins on "));
    app.organize(Method::DELETE, &seat, None).await.expect(204);
    bob.until("!document.querySelector('.extend').checkVisibility()").await;
    assert!(!bob.sees(".people .seat").await);
    assert_eq!(bob.texts(".people li > :not(button)").await, ["ada", "chair", "bob", "you"]);
    for browser in [&ada, &bob] {
        assert!(browser.same_page().await, "no reload");
    }
    all_quiet(&[&ada, &bob]).await;
}

/// Has the page believe that it is so many hours later.
fn late(hours: i32) -> String {
    format!(
        "const Real = Date; const off = {hours} * 3600e3;
         window.Date = class extends Real {{
             constructor(...parts) {{ if (parts.length) super(...parts); else super(Real.now() + off); }}
             static now() {{ return Real.now() + off; }}
         }}"
    )
}

#[tokio::test]
async fn the_countdown_goes_by_the_servers_clock_however_wrong_the_readers_is() {
    let app = TestApp::start().await;
    let event = app.event(300, 3_900).await;
    let (address, opens) = (page_of(&app, &event).await, app.look(&event).await["opens_at"].as_i64().unwrap());
    let driver = Driver::start().await;
    let (slow, fast) = tokio::join!(driver.browser(), driver.browser());
    for (browser, hours) in [(&slow, -3), (&fast, 5)] {
        browser.before_scripts(&late(hours)).await;
        browser.open(&address).await;
        browser.until("/min.*s/.test(document.querySelector('[data-countdown]').textContent)").await;
        let wrong = browser.is("Date.now()").await.as_i64().unwrap() * 1_000 - app.now();
        assert_eq!((wrong + HOUR / 2).div_euclid(HOUR), i64::from(hours), "the page's clock is {wrong} µs off");
        let before = app.now();
        let shown = browser.is("[...document.querySelector('[data-countdown]').textContent.matchAll(/(\\d+) ?(min|s)/g)].reduce((sum, [, n, unit]) => sum + n * (unit === 'min' ? 60 : 1), 0)").await;
        let after = app.now();
        let (shown, second) = (shown.as_i64().unwrap() * SECOND, SECOND);
        // It shows whole seconds, the one that has begun among them.
        assert!(shown >= opens - after - second / 2 && shown <= opens - before + 2 * second, "{shown} of {}", opens - before);
    }
    // And the room opens for both as the server says.
    app.clock.step(5 * MINUTE);
    for browser in [&slow, &fast] {
        browser.phase("open").await;
        browser.until("/^closes in (59|60) min|^closes in 1 h/.test(document.querySelector('[data-closing]').textContent)").await;
    }
    all_quiet(&[&slow, &fast]).await;
}

#[tokio::test]
async fn readers_see_the_meetings_time_and_their_own_each_with_its_zone() {
    let app = TestApp::start().await;
    let (ahead, open) = (app.event(295, 3_900).await, app.open_event().await);
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.travel("Asia/Tokyo").await;
    browser.open(&page_of(&app, &ahead).await).await;
    browser.until("document.querySelector('dd [data-mine-text]').checkVisibility()").await;
    let own = browser.text("dd [data-mine-text]").await;
    let theirs = browser.text(".facts dd:not([data-mine]) b").await;
    assert!(own.ends_with(", Tokyo") && theirs.ends_with(" UTC"), "{own} {theirs}");
    assert_ne!(own.get(..5), theirs.get(..5));
    let slug = app.look(&ahead).await["meeting"].as_str().unwrap().to_owned();
    browser.open(&format!("{}/m/{slug}", app.base)).await;
    browser
        .until("[...document.querySelectorAll('[data-opens-in]')].some(element => element.textContent.startsWith('opens in 4 min'))")
        .await;
    assert!(browser.text(".now .local").await.ends_with(", Tokyo"));

    // One "18:34" for everybody in the log, and one's own by choice; the zone is named above it, and the end in both, on a phone too.
    browser.resize(375, 720).await;
    browser.open(&page_of(&app, &open).await).await;
    browser.until("document.querySelector('[data-mine-end]').checkVisibility()").await;
    let (ends, own) = (browser.text(".room-head [data-at=closes]").await, browser.text("[data-mine-end]").await);
    assert!(own.ends_with(", Tokyo") && !own.contains(&ends), "{own} {ends}");
    assert!(browser.sees(".closes [data-at=zone]").await && browser.text(".clock").await.ends_with(" UTC"));
    assert_eq!(browser.is("document.querySelector('.clock').getBoundingClientRect().top >= document.querySelector('.room-head').getBoundingClientRect().bottom").await, true);
    let shown = "document.querySelector('#lines time').textContent";
    let meant = browser.is(shown).await;
    browser.press(".room-head .menu > summary").await;
    browser.until("document.querySelector('.room-head [data-zones]').checkVisibility()").await;
    browser.pick(".room-head [data-zones] select", "own").await;
    browser.until(&format!("{shown} !== {meant}")).await;
    assert_eq!(browser.text(".clock").await, "Times in UTC+9");
    // Ends are told with their day where the reader's zone has another one there, and only there.
    let end = "document.querySelector('.room-head [data-at=closes]')";
    let told = browser.is(&format!("[{end}.textContent, {end}.dateTime, document.querySelector('.facts [data-at=opens]').dateTime]")).await;
    let part = |n: usize| told[n].as_str().unwrap();
    let [closes, opens] = [1, 2].map(|n| chrono::DateTime::parse_from_rfc3339(part(n)).unwrap().to_utc() + chrono::Duration::hours(9));
    let form = if closes.date_naive() == opens.date_naive() { "%H:%M" } else { "%a %H:%M" };
    assert_eq!(part(0), closes.format(form).to_string());
    app.post(&format!("/events/{open}/close"), json!({})).await.expect(200);
    browser.phase("closed").await;
    browser.until("/closed just now|closed 1 minute ago/.test(document.querySelector('.top').innerText)").await;
    all_quiet(&[&browser]).await;
}
