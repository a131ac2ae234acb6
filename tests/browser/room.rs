//! A meeting from the lobby to its transcript, in two browsers at once.

use fantoccini::key::Key;
use serde_json::json;

use super::driver::{Browser, Driver};
use super::page::all_quiet;
use super::support::{MINUTE, TestApp};

/// The address of an event's page.
async fn page_of(app: &TestApp, event: &str) -> String {
    format!("{}{}", app.base, app.look(event).await["url"].as_str().unwrap())
}

#[tokio::test]
async fn two_browsers_go_from_the_lobby_to_the_transcript_without_a_reload() {
    let app = TestApp::start().await;
    let event = app.event(300, 3_900).await;
    let address = page_of(&app, &event).await;
    let driver = Driver::start().await;
    let (ada, bob) = tokio::join!(driver.browser(), driver.browser());
    for browser in [&ada, &bob] {
        browser.open(&address).await;
        browser.until("/min/.test(document.querySelector('[data-countdown]').textContent)").await;
        browser.mark().await;
    }
    ada.write("#go-nick", "ada").await;
    ada.press("[data-go] button").await;
    ada.until("document.querySelector('[data-going-nick]').textContent === 'ada'").await;

    // The opening: who said so in the lobby goes in by itself.
    app.clock.step(5 * MINUTE);
    ada.phase("open").await;
    ada.joined().await;
    bob.phase("open").await;
    bob.until("document.querySelector('.people li')").await;
    bob.join("Ada").await;
    bob.until("document.querySelector('#nick').ariaInvalid === 'true'").await;
    assert!(bob.sees("#nick-problem").await, "a nickname that is taken is told beside the field");
    bob.join("bob").await;
    bob.joined().await;
    for browser in [&ada, &bob] {
        browser.until("document.querySelectorAll('.people li').length === 2").await;
        assert_eq!(browser.people().await, ["ada", "bob"]);
    }

    // Each line once, in order; one's own is there at once and gives way to the server's.
    for browser in [&ada, &bob] {
        browser.js("window.echoes = []; new MutationObserver(records => records.forEach(record => record.addedNodes.forEach(node => echoes.push(node.querySelector('.said').textContent)))).observe(document.querySelector('#pending'), {childList: true})").await;
    }
    let mut all = Vec::new();
    for round in 1..=3 {
        ada.say(&format!("question {round}")).await;
        all.push(format!("ada: question {round}"));
        bob.lines(all.len()).await;
        bob.say(&format!("answer {round}")).await;
        all.push(format!("bob: answer {round}"));
        ada.lines(all.len()).await;
    }
    for browser in [&ada, &bob] {
        browser.lines(6).await;
        assert_eq!(browser.said().await, all);
        assert_eq!(browser.is("echoes.length").await, 3);
        assert!(browser.same_page().await);
    }

    // A reload keeps nickname and lines.
    ada.client.refresh().await.unwrap();
    ada.joined().await;
    assert_eq!(ada.is("document.body.dataset.nick").await, "ada");
    assert_eq!(ada.said().await, all);
    ada.mark().await;

    // The organizer has the schedule in another tab.
    let room = ada.client.window().await.unwrap();
    let desk = ada.client.new_window(true).await.unwrap().handle;
    ada.client.switch_to_window(desk).await.unwrap();
    ada.sign_in(&app).await;
    let closes = bob.is("document.querySelector('[data-at=closes]').dateTime").await;
    ada.press(".table form[action$='/extend'] button").await;
    bob.until(&format!("document.querySelector('.room-head [data-at=closes]').dateTime !== {closes}")).await;
    ada.press(".table .menu > summary").await;
    ada.press(".table .sure > summary").await;
    ada.press(".table form[action$='/close'] button").await;

    ada.client.switch_to_window(room).await.unwrap();
    for browser in [&ada, &bob] {
        browser.phase("closed").await;
        browser.until("document.querySelector('[data-complete]').checkVisibility()").await;
        assert!(browser.same_page().await, "no reload");
        assert!(!browser.sees(".composer").await, "nothing to write into");
        assert_eq!(browser.said().await, all);
        assert_eq!(browser.people().await, ["ada", "bob"]);
        // What there is to tell of it is there a moment later.
        browser.until("document.querySelector('#summary')?.checkVisibility()").await;
        assert!(browser.text("[aria-labelledby=summary]").await.contains("2 people, 6 messages in "));
        let parts = browser.texts(".people .num").await;
        assert!(parts.len() == 2 && parts.iter().all(|part| part.starts_with("3 messages · ")), "{parts:?}");
        assert!(browser.sees(".files a").await);
        browser.until("document.querySelector('[data-announced]').textContent.startsWith('The room has closed.')").await;
        assert!(browser.same_page().await, "no reload");
    }
    assert_eq!(bob.is("document.activeElement.id").await, "lines", "who was writing is in the log now");
    let post = format!(
        "return fetch('/api/v1/events/{event}/messages', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, body: '{{\"text\":\"late\",\"nonce\":\"1\"}}'}}).then(answer => answer.json()).then(problem => problem.type)"
    );
    assert_eq!(bob.js(&post).await, "/problems/event-closed");
    bob.client.refresh().await.unwrap();
    assert_eq!(bob.said().await, all, "the same in the transcript as the server draws it");
    all_quiet(&[&ada, &bob]).await;
}

#[tokio::test]
async fn two_tabs_of_one_browser_follow_side_by_side() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let address = page_of(&app, &event).await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&address).await;
    browser.join("ada").await;
    browser.joined().await;
    let first = browser.client.window().await.unwrap();
    let second = browser.client.new_window(true).await.unwrap().handle;
    browser.client.switch_to_window(second.clone()).await.unwrap();
    browser.open(&address).await;
    browser.joined().await;

    let bob = app.join(&event, "bob").await;
    app.say(&event, &bob, "one").await;
    browser.lines(1).await;
    browser.say("two").await;
    browser.client.switch_to_window(first).await.unwrap();
    browser.lines(2).await;
    browser.say("three").await;
    // What was typed is on its way until then; bob speaks after it.
    browser.lines(3).await;
    browser.until("document.querySelector('#pending .line') === null").await;
    app.say(&event, &bob, "four").await;
    for tab in [None, Some(second)] {
        if let Some(tab) = tab {
            browser.client.switch_to_window(tab).await.unwrap();
        }
        browser.lines(4).await;
        assert_eq!(browser.said().await, ["bob: one", "ada: two", "ada: three", "bob: four"]);
        browser.until("document.querySelector('[data-state]').textContent === 'Connected'").await;
        assert_eq!(browser.people().await, ["ada", "bob"], "one person, however many tabs");
    }
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn an_organizer_removes_a_message_and_a_person_before_everyones_eyes() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let address = page_of(&app, &event).await;
    let bob = app.join(&event, "bob").await;
    app.say(&event, &bob, "good").await;
    app.say(&event, &bob, "bad").await;
    let driver = Driver::start().await;
    let (ada, olga) = tokio::join!(driver.browser(), driver.browser());
    ada.open(&address).await;
    ada.join("ada").await;
    ada.joined().await;
    ada.mark().await;
    olga.sign_in(&app).await;
    olga.open(&address).await;

    // By the keyboard, and asked once: the first answer is no.
    olga.js("document.querySelectorAll('.line .cut')[1].focus()").await;
    olga.strike(Key::Enter).await;
    olga.until("document.querySelector('dialog')?.open").await;
    olga.strike(Key::Enter).await;
    olga.until("!document.querySelector('dialog') && document.activeElement.matches('.cut')").await;
    olga.strike(Key::Enter).await;
    olga.press("dialog .danger").await;
    olga.until("document.querySelector('.notice.good')").await;
    for browser in [&ada, &olga] {
        browser.until("document.querySelector('#lines .removed')").await;
        assert_eq!(browser.said().await, ["bob: good", "bob: This message was removed"]);
    }

    olga.press(&format!(".people button[form=remove][value='{}']", bob.id)).await;
    olga.press("dialog .danger").await;
    for browser in [&ada, &olga] {
        browser.until("document.querySelectorAll('.people li').length === 1").await;
        assert_eq!(browser.people().await, ["ada"]);
    }
    assert!(ada.same_page().await, "no reload");
    assert!(!ada.sees(".cut").await, "only organizers are offered this");
    all_quiet(&[&ada, &olga]).await;
}

#[tokio::test]
async fn markup_in_names_and_texts_is_shown_as_text() {
    const EVIL: &str = "<script>window.pwned = 1</script>";
    const IMAGE: &str = "<img src=x onerror=\"window.pwned = 1\">";
    let app = TestApp::start().await;
    let body = json!({"title": format!("Title {EVIL}"), "slug": "evil", "description": format!("{EVIL}\n\n{IMAGE}\n\nafter"),
                      "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60});
    app.post("/meetings", body).await.expect(201);
    let event = app.post("/meetings/evil/events", json!({"closes_at": app.now() + 60 * MINUTE})).await.expect(201);
    let event = event["id"].as_str().unwrap();
    let address = page_of(&app, event).await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    let clean = async |browser: &Browser| {
        assert_eq!(browser.is("window.pwned === undefined").await, true);
        assert_eq!(browser.is("document.querySelectorAll('main script, main img').length").await, 0);
    };

    for path in ["/", "/m/evil"] {
        browser.open(&format!("{}{path}", app.base)).await;
        assert!(browser.is("document.querySelector('main').textContent").await.as_str().unwrap().contains(&format!("Title {EVIL}")));
        clean(&browser).await;
    }

    browser.open(&address).await;
    assert_eq!(browser.is("document.title").await, format!("{}, {} · Gavel", format_args!("Title {EVIL}"), today(&browser).await));
    browser.join("<script>bad()</script>").await;
    browser.joined().await;
    browser.say(EVIL).await;
    browser.say(IMAGE).await;
    // As they come, and as the server draws them.
    for reload in [false, true] {
        if reload {
            browser.client.refresh().await.unwrap();
        }
        browser.lines(2).await;
        let said = [EVIL, IMAGE].map(|text| format!("<script>bad()</script>: {text}"));
        assert_eq!(browser.said().await, said);
        assert_eq!(browser.people().await, ["<script>bad()</script>"]);
        clean(&browser).await;
    }
    all_quiet(&[&browser]).await;
}

/// The day on the page.
async fn today(browser: &Browser) -> String {
    browser.is("document.querySelector('[data-at=date]').textContent").await.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_room_that_closes_tells_its_summary_and_what_is_read_stays_in_its_place() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let bob = app.join(&event, "bob").await;
    for n in 1..=60 {
        app.say(&event, &bob, &format!("line {n}")).await;
    }
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&page_of(&app, &event).await).await;
    browser.lines(60).await;
    browser.until("document.querySelector('[data-state]').textContent === 'Connected' && document.querySelector('.missed')").await;
    browser.js("document.querySelector('.log').scrollTop = -700").await;
    browser.until("document.querySelector('.log').scrollTop < -600").await;
    // The last line in view, and its position.
    browser
        .js("const log = document.querySelector('.log').getBoundingClientRect();
             window.read = [...document.querySelectorAll('#lines .line')].findLast(line => line.getBoundingClientRect().top < log.bottom);
             window.was = read.getBoundingClientRect().top")
        .await;
    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    browser.phase("closed").await;
    browser.until("document.querySelector('#summary')?.checkVisibility()").await;
    let moved = browser.is("Math.abs(read.getBoundingClientRect().top - was)").await.as_f64().unwrap();
    assert!(moved < 2.0, "what is read moved by {moved} pixels");
    // Lines can be pointed at as in any transcript.
    browser.js("document.querySelector('#lines .line:nth-child(5) .at').click()").await;
    browser.until("document.querySelectorAll('#lines .picked').length === 1").await;
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn what_was_being_written_as_the_room_closed_is_kept_until_its_writer_lets_it_go() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&page_of(&app, &event).await).await;
    browser.join("ada").await;
    browser.joined().await;
    browser.write("#text", "my last word").await;
    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    browser.phase("closed").await;
    let shown = "document.querySelector('.unsent p')?.checkVisibility() && document.querySelector('.unsent p').innerText";
    let at_hand =
        "(box => box.top >= 0 && Math.round(box.bottom) <= innerHeight)(document.querySelector('.unsent').getBoundingClientRect())";
    browser.until(&format!("({shown}) === 'my last word'")).await;
    browser.until("document.querySelector('#summary')").await;
    browser.until(at_hand).await;
    browser.client.refresh().await.unwrap();
    browser.until(&format!("({shown}) === 'my last word'")).await;
    assert_eq!(browser.is(at_hand).await, true, "at the foot of the window, however long the page");
    assert_eq!(browser.is("document.querySelector('.unsent button').dataset.copy").await, "my last word");
    browser.press(".unsent button:last-child").await;
    assert_eq!(browser.is("document.querySelector('.unsent')").await, json!(null));
    browser.client.refresh().await.unwrap();
    browser.until("document.querySelector('[data-complete]').checkVisibility()").await;
    // The module that would show it has come.
    browser.until("performance.getEntriesByType('resource').some(({name}) => name.endsWith('/closing.js'))").await;
    assert_eq!(browser.is("document.querySelector('.unsent')").await, json!(null));
    all_quiet(&[&browser]).await;
}
