//! What pages and rows say of an event stays true while the event goes on.

use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, kinds};
use crate::talk::presence::time_out;

async fn page(app: &TestApp, path: &str) -> String {
    let page = app.client.get(format!("{}{path}", app.base)).send().await.unwrap();
    assert_eq!(page.status(), 200, "{path}");
    page.text().await.unwrap().replace("&#x2f;", "/")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_says_whether_only_its_reader_may_see_it() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let chair = app.post(&format!("/events/{event}/participants"), json!({"nick": "olga"})).await.expect(201);
    let ada = app.join(&event, "ada").await;
    let vote = json!({"text": "#startvote (secret) Lunch? Soup, Bread"});
    app.call(Method::POST, &format!("/events/{event}/messages"), chair["token"].as_str(), Some(vote)).await.expect(201);
    let own = app.say(&event, &ada, "#vote soup").await;
    assert_eq!(own["room"], "me");
    let after = format!("after={}&wait=0", own["ts"].as_i64().unwrap() - 1);
    let seen = app.try_poll(&event, &after, Some(&ada)).await.expect(200);
    assert_eq!(seen["messages"], json!([own]));
    let others = app.log(&event).await;
    assert!(others.iter().all(|row| row["room"].is_null() && row["ts"] != own["ts"]), "{others:?}");
    assert_eq!(seen["event"]["count"], others.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meetings_page_shows_what_is_decided_while_the_room_is_open() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let meeting = url.rsplit_once('/').unwrap().0;
    assert!(page(&app, meeting).await.contains("No decision is on record yet"));
    let chair = app.post(&format!("/events/{event}/participants"), json!({"nick": "olga"})).await.expect(201);
    let say = async |text: &str| {
        app.call(Method::POST, &format!("/events/{event}/messages"), chair["token"].as_str(), Some(json!({"text": text}))).await.expect(201)
    };
    say("#agreed we sail at dawn").await;
    let shown = page(&app, meeting).await;
    let decisions = shown.split_once("id=\"decisions\"").unwrap().1.split_once("</section>").unwrap().0;
    assert!(decisions.contains("we sail at dawn") && decisions.contains("badge open") && decisions.contains(&url), "{decisions}");
    say("#undo").await;
    assert!(page(&app, meeting).await.contains("No decision is on record yet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_of_a_move_names_both_times_and_the_lobby_repeats_it() {
    let app = TestApp::start().await;
    let event = app.event(7_200, 10_800).await;
    let before = app.look(&event).await;
    let url = before["url"].as_str().unwrap();
    assert!(page(&app, url).await.contains("data-moved=\"This event is now on \" hidden></p>"));
    let plus = |key: &str, hours: i64| before[key].as_i64().unwrap() + hours * 3_600_000_000;
    let mut told = Vec::new();
    for hours in [24, 26] {
        let body = json!({"opens_at": plus("opens_at", hours), "closes_at": plus("closes_at", hours)});
        app.organize(Method::PATCH, &format!("/events/{event}"), Some(body)).await.expect(200);
        let log = app.log(&event).await;
        assert_eq!(kinds(&log).last(), Some(&"rescheduled"));
        told.push(log.last().unwrap()["text"].as_str().unwrap().to_owned());
    }
    let times = |text: &str| {
        let (now, was) = text.strip_suffix('.').unwrap().split_once(". It was on ").unwrap();
        (now.strip_prefix("This event is now on ").unwrap().to_owned(), was.to_owned())
    };
    assert_eq!(times(&told[0]).0, times(&told[1]).1, "where it was is where the move before had brought it");
    let shown = page(&app, url).await;
    assert!(shown.contains(&format!("data-moved=\"This event is now on \">{}</p>", told[1])), "{shown}");
    // A new title is no move.
    app.organize(Method::PATCH, &format!("/events/{event}"), Some(json!({"title": "On deck"}))).await.expect(200);
    assert!(page(&app, url).await.contains(&told[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_without_script_is_here_as_long_as_the_log_asks_again() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let browser = app.signed_in().await;
    let form = browser.get(format!("{}{url}", app.base)).send().await.unwrap().text().await.unwrap();
    let csrf = form.split_once("name=\"csrf\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let sent = [("csrf", csrf), ("nick", "ada")];
    assert_eq!(browser.post(format!("{}{url}/join", app.base)).form(&sent).send().await.unwrap().status(), 200);
    let ada = app.log(&event).await.last().unwrap()["from"].as_str().unwrap().to_owned();
    let ada = crate::support::Someone { id: ada, token: String::new(), cursor: 0 };
    let frame = async |browser: &reqwest::Client| browser.get(format!("{}{url}/log", app.base)).send().await.unwrap().status();
    let bob = app.join(&event, "bob").await;
    time_out(&app, &event, &ada).await;
    let said = app.say(&event, &bob, "where is ada?").await;
    assert_eq!(frame(&app.client).await, 200);
    assert_eq!(kinds(&app.log(&event).await)[4..], ["left", "said"], "a stranger's frame brings nobody back");
    assert_eq!(frame(&browser).await, 200);
    let back = app.poll(&event, &format!("after={}&wait=50", said["ts"])).await;
    assert_eq!((kinds(back["messages"].as_array().unwrap()), &back["messages"][0]["from"]), (vec!["joined"], &json!(ada.id)));
}
