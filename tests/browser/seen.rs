//! What is on the page is also seen: lines that are marked, signs, long words, small screens, paper; and times are those of the zone
//! that the reader chose.

use serde_json::json;

use super::driver::Driver;
use super::page::all_quiet;
use super::support::TestApp;
use super::transcript::{brought, transcript};

#[tokio::test]
async fn a_line_that_is_marked_is_seen_whole_with_whose_it_is() {
    let app = TestApp::start().await;
    let address = transcript(&app, 200).await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    for width in [1280, 375] {
        browser.resize(width, 800).await;
        browser.open(&address).await;
        // By a link on the page itself, and for whoever comes by the address.
        for (place, again) in [(60, false), (120, false), (120, true)] {
            let line = format!("document.querySelectorAll('#lines .line')[{place}]");
            browser.js(&format!("location.hash = {line}.id")).await;
            if again {
                browser.client.refresh().await.unwrap();
            }
            let marked = format!("({line}.matches('.picked') && document.querySelectorAll('.picked[id]').length === 1)");
            let clear = format!(
                "(({{ top, bottom }}, bar) => top >= bar && bottom <= innerHeight)\
                 ({line}.getBoundingClientRect(), document.querySelector('p.picked').getBoundingClientRect().bottom)"
            );
            browser.until(&format!("{marked} && {clear} && document.readyState === 'complete'")).await;
            let nick = format!(
                "(nick => {{ const {{ left, top, width, height }} = nick.getBoundingClientRect(); \
                 return document.elementFromPoint(left + width / 2, top + height / 2) === nick }})({line}.closest('.run').querySelector('.nick'))"
            );
            assert_eq!(browser.is(&nick).await, true, "nothing lies over whose it is, at {width}");
        }
    }
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn what_is_marked_on_other_pages_is_told_and_an_address_without_its_place_leads_there() {
    let app = TestApp::start().await;
    let address = transcript(&app, 2_200).await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.open(&address).await;
    let first = browser.is("document.querySelectorAll('#lines .line')[950].id").await.as_str().unwrap().to_owned();
    let later = browser
        .is("document.querySelector('.chart svg a:last-of-type').getAttribute('href').split('#')[1]")
        .await
        .as_str()
        .unwrap()
        .to_owned();
    browser.open(&format!("{address}?at={0}#{first}-{later}", &first[1..])).await;
    browser.until("/^\\d+ lines marked on this page; the range goes on to a later one\\.$/.test(document.querySelector('p.picked span').textContent)").await;

    browser.open(&format!("{address}?at={}", &later[1..])).await;
    browser.until(&format!("location.hash === '#{later}' && document.querySelector('#{later}').matches('.picked')")).await;
    browser
        .until(&format!(
            "(({{ top, bottom }}) => top >= 0 && bottom <= innerHeight)(document.querySelector('#{later}').getBoundingClientRect())"
        ))
        .await;
    assert_eq!(browser.text(".pages > p").await, "Page 3 of 3");
    assert!(!browser.sees("#minutes").await && browser.sees(".sheet .notice a").await);
    browser.print(true).await;
    assert!(browser.sees(".talk > .paper").await, "paper says that it is a part");
    browser.print(false).await;
    assert!(!browser.sees(".talk > .paper").await);
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn times_and_days_are_those_of_the_zone_that_the_reader_chose_and_keeps() {
    let app = TestApp::start().await;
    let log = "18:00:05 <ada> #startmeeting\n18:01:05 <ada> #topic Tides\n18:20:00 <bob> hello\n18:59:00 <ada> bye\n";
    let address = brought(&app, log).await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.travel("Asia/Tokyo").await;
    browser.open(&address).await;
    let parts =
        ["h1 time", "p[data-in=closed]", "#minutes .at time", ".chart title", ".chart figcaption", "#summary ~ .small", "#lines .run time"];
    let shown = async || {
        let mut said = Vec::new();
        for part in parts {
            let text = browser.is(&format!("document.querySelector({part:?}).textContent.split(' · ')[0]")).await;
            said.push(text.as_str().unwrap().to_owned());
        }
        said
    };
    browser.until("document.querySelector('.top [data-zones]').checkVisibility()").await;
    let meant = shown().await;
    let choose = async |zone: &str| browser.pick(".top [data-zones] select", zone).await;
    for (zone, expected) in [
        (
            "own",
            [
                "Wed 25 Nov 2020",
                "03:00–03:59 UTC+9, Asia/Tokyo",
                "03:01",
                "03:00, 1 message",
                "03:00 Busiest at 03:00: 1 message in a minute 03:59",
                "Times are those of Asia/Tokyo.",
                "03:00",
            ],
        ),
        (
            "America/New_York",
            [
                "Tue 24 Nov 2020",
                "13:00–13:59 UTC-5, America/New_York",
                "13:01",
                "13:00, 1 message",
                "13:00 Busiest at 13:00: 1 message in a minute 13:59",
                "Times are those of America/New_York.",
                "13:00",
            ],
        ),
    ] {
        choose(zone).await;
        for again in [false, true] {
            if again {
                browser.client.refresh().await.unwrap();
            }
            browser.until(&format!("document.querySelector('h1 time').textContent === {:?} && document.querySelector('#lines .run time').textContent === {:?}", expected[0], expected[6])).await;
            let said: Vec<String> = shown().await.into_iter().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
            assert_eq!(said, expected);
            assert_eq!(browser.is("document.querySelector('.chart svg a').getAttribute('aria-label')").await, expected[3]);
            assert_eq!(browser.is("document.querySelector('.top [data-zones] select').value").await, zone);
        }
    }
    choose("").await;
    assert_eq!(shown().await, meant);
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn long_words_stay_within_the_page_and_small_screens_tell_what_large_ones_do() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let olga = app.join_as_chair(&event, "olga").await;
    let word = "w".repeat(200);
    for text in [
        format!("#idea {word}"),
        format!("#topic {word}"),
        format!("#topic {}", ">".repeat(3_000)),
        format!("#link https://example.org/{word}"),
    ] {
        app.say(&event, &olga, &text).await;
    }
    app.say(&event, &olga, "#topic Lunch").await;
    let address = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    let too_wide = "[document.documentElement, ...document.querySelectorAll('.log, .rail')].filter(it => it.checkVisibility() && it.scrollWidth > it.clientWidth).map(it => `${it.className} ${it.scrollWidth}`)";
    for width in [1280, 375] {
        browser.resize(width, 800).await;
        browser.open(&format!("{address}#people")).await;
        browser.client.refresh().await.unwrap();
        browser.lines(5).await;
        assert_eq!(browser.strings(too_wide).await, Vec::<String>::new(), "the room at {width}");
    }
    // The drawer does not lie over a room that one comes back to; the topic is told there too.
    browser.until("location.hash === '#main'").await;
    assert!(!browser.sees(".rail").await);
    assert_eq!(browser.text(".now-on").await, "Topic: Lunch");
    browser.press(".rail-open").await;
    browser.until("document.querySelector('.rail').checkVisibility()").await;
    assert_eq!(browser.strings(too_wide).await, Vec::<String>::new(), "the drawer");

    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    for width in [1280, 375] {
        browser.resize(width, 800).await;
        browser.open(&address).await;
        assert_eq!(browser.strings(too_wide).await, Vec::<String>::new(), "the transcript at {width}");
    }
    // The sign that all is there is to be seen.
    browser.press("[data-complete] [data-verify]").await;
    browser.until("document.querySelector('[data-complete] [data-proof=whole]').checkVisibility()").await;
    let sign = "(style => [style.color === getComputedStyle(document.querySelector('.crumb a')).color, style.borderTopWidth])(getComputedStyle(document.querySelector('[data-complete] [data-proof=whole] b')))";
    assert_eq!(browser.is(sign).await, json!([true, "0px"]));
    all_quiet(&[&browser]).await;
}

#[tokio::test]
async fn charts_keep_their_labels_in_a_row_and_paper_has_no_address_twice_and_no_forms() {
    let app = TestApp::start().await;
    let log =
        "18:00:05 <ada> https://example.org/a and [the plan](https://example.org/b)\n18:40:00 <unknown_lamer> hello\n18:59:00 <ada> bye\n";
    let address = brought(&app, log).await;
    let driver = Driver::start().await;
    let browser = driver.browser().await;
    browser.sign_in(&app).await;
    browser.resize(1280, 800).await;
    browser.open(&address).await;
    browser.until("document.querySelector('.top [data-zones]').checkVisibility()").await;
    let nick = "(nick => nick.getBoundingClientRect().height < 2 * parseFloat(getComputedStyle(nick).lineHeight))([...document.querySelectorAll('.nick')].find(it => it.textContent === 'unknown_lamer'))";
    assert_eq!(browser.is(nick).await, true, "a name of usual length is in one line");
    browser.resize(375, 800).await;
    let tops =
        "new Set([...document.querySelector('.chart figcaption').children].map(it => Math.round(it.getBoundingClientRect().top))).size";
    assert_eq!(browser.is(tops).await, 1);
    browser.resize(1280, 800).await;

    assert!(browser.sees(".amend").await);
    browser.print(true).await;
    browser.js("dispatchEvent(new Event('beforeprint'))").await;
    let behind = "[...document.querySelectorAll('#lines .said a')].map(link => getComputedStyle(link, '::after').content)";
    let behind = browser.strings(behind).await;
    assert_eq!((behind[0].as_str(), behind[1].contains("example.org/b")), ("none", true), "{behind:?}");
    assert!(!browser.sees(".amend").await && !browser.sees(".zones").await);
    all_quiet(&[&browser]).await;
}
