//! The log of a room that goes on: its pages, which follow one another without a gap, and its end.

use reqwest::Client;

use gavel::domain::schedule::event::EventId;
use gavel::domain::talk::participant::ParticipantId;
use gavel::store::talk::participant_action::ParticipantAction;

use crate::support::desk::say;
use crate::support::{Someone, TestApp};

/// The page of an event with a query.
async fn page(app: &TestApp, path: &str) -> String {
    let answer = Client::new().get(format!("{}{path}", app.base)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

/// The lines on a page, by their `ts`.
fn lines(page: &str) -> Vec<i64> {
    page.split(" id=\"t").skip(1).filter_map(|rest| rest.split_once('"')?.0.parse().ok()).collect()
}

/// Where a link of these words leads.
fn link(page: &str, words: &str) -> Option<String> {
    let (before, _) = page.split_once(&format!(">{words}</a>"))?;
    let href = before.rsplit_once("href=\"")?.1.trim_end_matches('"');
    Some(href.replace("&amp;", "&").replace("&#x2f;", "/"))
}

/// Has somebody say all of this, and makes the room know it.
async fn has_said(app: &TestApp, event: &str, who: &Someone, texts: impl Iterator<Item = String>) {
    let (id, by) = (EventId::parse(event).unwrap(), ParticipantId::parse(&who.id).unwrap());
    let entries: Vec<ParticipantAction> = texts.map(|text| say(&id, &by, &text, None)).collect();
    app.store().await.write(entries).await.unwrap();
    app.say(event, who, "the last line").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_room_have_every_line_once() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    has_said(&app, &event, &ada, (0..2_300).map(|n| format!("line {n}"))).await;
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let all: Vec<i64> = app.log(&event).await.iter().map(|row| row["ts"].as_i64().unwrap()).collect();

    let (mut read, mut next, mut pages) = (Vec::new(), Some(format!("{url}?all=1")), Vec::new());
    while let Some(path) = next {
        let page = page(&app, &path).await;
        let shown = lines(&page);
        assert!(shown.len() <= 1_000, "{path} has {} lines", shown.len());
        pages.push((path, shown.clone()));
        read.extend(shown);
        next = link(&page, "Later lines");
    }
    assert_eq!(pages.len(), 3);
    assert_eq!(read, all);
    // The end of the log leads back to the page before it, and a line to the page that has it.
    let newest = page(&app, &url).await;
    let earlier = page(&app, &link(&newest, "Earlier lines").unwrap()).await;
    let (first, before) = (lines(&newest)[0], lines(&earlier));
    assert!(all.iter().rfind(|ts| **ts < first).is_some_and(|ts| before.contains(ts)));
    for ts in [all[0], all[999], all[1_000], all[2_302]] {
        assert!(lines(&page(&app, &format!("{url}?at={ts}")).await).contains(&ts));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_room_goes_on_by_polls_after_its_cursor() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    has_said(&app, &event, &ada, (0..1_500).map(|n| format!("line {n}"))).await;
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let first = page(&app, &format!("{url}?all=1")).await;
    let cursor = first.split_once("data-cursor=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let mut read = lines(&first);
    let mut answer = app.poll(&event, &format!("after={cursor}&wait=0&limit=500")).await;
    loop {
        read.extend(answer["messages"].as_array().unwrap().iter().map(|row| row["ts"].as_i64().unwrap()));
        if answer["more"] == false {
            break;
        }
        answer = app.poll(&event, &format!("after={}&wait=0&limit=500", answer["cursor"])).await;
    }
    let all: Vec<i64> = app.log(&event).await.iter().map(|row| row["ts"].as_i64().unwrap()).collect();
    assert_eq!(read, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_messages_make_shorter_pages() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    has_said(&app, &event, &ada, (0..200).map(|n| format!("{n} {}", "words ".repeat(600)))).await;
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let first = page(&app, &format!("{url}?all=1")).await;
    let shown = lines(&first).len();
    assert!((50..150).contains(&shown), "{shown}");
    assert!(link(&first, "Later lines").is_some());
}
