//! Catching up: what went by since a cursor, from a shell, and on the page of readers without script.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::presence::time_out;
use crate::minutes::recorded::room;
use crate::support::{MINUTE, Someone, TestApp};

/// What went by after a cursor, with a query behind it.
async fn catch_up(app: &TestApp, event: &str, after: &Value, more: &str) -> Value {
    app.get(&format!("/events/{event}/catch-up?after={after}{more}")).await.expect(200)
}

async fn own(app: &TestApp, event: &str, after: i64, who: &Someone) -> Value {
    app.call(Method::GET, &format!("/events/{event}/catch-up?after={after}"), Some(&who.token), None).await.expect(200)
}

fn texts(found: &Value, list: &str) -> Vec<String> {
    let key = if list == "votes" { "question" } else { "text" };
    found[list].as_array().unwrap().iter().map(|it| it[key].as_str().unwrap().to_owned()).collect()
}

/// The page as a browser without script gets it.
async fn page(app: &TestApp, browser: &Client, event: &str, query: &str) -> String {
    let url = app.look(event).await["url"].as_str().unwrap().to_owned();
    let answer = browser.get(format!("{}{url}{query}", app.base)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap().replace("&#x2f;", "/")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_noted_said_and_asked_since_a_cursor_is_told_with_its_lines() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    let topic = app.say(&event, &ada, "#topic Lunch").await;
    app.say(&event, &ada, "#agreed on soup").await;
    let seen = app.say(&event, &bob, "bob is away now").await["ts"].clone();
    let agreed = app.say(&event, &ada, "#agreed on bread").await;
    app.say(&event, &ada, "#rejected the cake").await;
    app.say(&event, &ada, "#action Bob buys bread").await;
    app.say(&event, &ada, "#startvote Butter? Yes, No").await;
    let called = app.say(&event, &ada, "where is BOB?").await;
    app.say(&event, &ada, "bobsled").await;

    let found = own(&app, &event, seen.as_i64().unwrap(), &bob).await;
    assert_eq!(found["counts"], json!({"messages": 6, "more": false, "mentions": 2, "decisions": 2, "actions": 1, "votes": 1}));
    assert_eq!((&found["topic"]["text"], &found["topic"]["ts"]), (&json!("Lunch"), &topic["ts"]));
    assert_eq!(texts(&found, "decisions"), ["on bread", "the cake"]);
    assert_eq!((&found["decisions"][0]["ts"], &found["decisions"][1]["kind"]), (&agreed["ts"], &json!("rejected")));
    assert_eq!((texts(&found, "actions"), &found["actions"][0]["assignees"]), (vec!["Bob buys bread".to_owned()], &json!(["bob"])));
    assert_eq!(texts(&found, "votes"), ["Butter?"]);
    assert_eq!(texts(&found, "mentions"), ["#action Bob buys bread", "where is BOB?"]);
    assert_eq!(found["mentions"][1], called);
    assert_eq!((&found["after"], &found["cursor"]), (&seen, &app.poll(&event, "after=0&wait=0").await["cursor"]));

    // Behind the last row there is nothing but what is on; a vote that ended since is told of.
    let nothing = own(&app, &event, found["cursor"].as_i64().unwrap(), &bob).await;
    assert_eq!(nothing["counts"], json!({"messages": 0, "more": false, "mentions": 0, "decisions": 0, "actions": 0, "votes": 1}));
    app.say(&event, &ada, "#endvote").await;
    let ended = own(&app, &event, found["cursor"].as_i64().unwrap(), &bob).await;
    assert_eq!((&ended["votes"][0]["question"], ended["votes"][0]["ended"].is_i64()), (&json!("Butter?"), true));
    let later = own(&app, &event, ended["cursor"].as_i64().unwrap(), &bob).await;
    assert_eq!(later["counts"]["votes"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_mentions_are_told_is_said_by_token_or_by_name() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    app.say(&event, &bob, "#here Robert").await;
    app.say(&event, &ada, "ask robert").await;
    app.say(&event, &ada, "or ada, or Zoë").await;
    let mentions = async |query: &str| texts(&catch_up(&app, &event, &json!(0), query).await, "mentions");
    assert_eq!(mentions("").await, Vec::<String>::new());
    assert_eq!(mentions("&nick=ZO%C3%8B").await, ["or ada, or Zoë"]);
    assert_eq!(texts(&own(&app, &event, 0, &bob).await, "mentions"), ["ask robert"], "by another name, and not in one's own words");
    assert_eq!(texts(&own(&app, &event, 0, &ada).await, "mentions"), Vec::<String>::new());

    let at = |query: &str| format!("/events/{event}/catch-up{query}");
    for query in ["?after=-1", "?after=", "?after=now", "?nick=%FF"] {
        app.get(&at(query)).await.problem(400, "bad-request");
    }
    app.get(&at("?nick=")).await.problem(422, "nick-invalid");
    app.get("/events/nothing/catch-up").await.problem(404, "not-found");
    let other = app.open_event().await;
    app.call(Method::GET, &format!("/events/{other}/catch-up"), Some(&bob.token), None).await.problem(401, "bad-token");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_changed_or_redacted_is_told_as_it_is_now() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    let agreed = app.say(&event, &ada, "#agreed on soup").await["ts"].clone();
    let seen = app.say(&event, &bob, "bye").await["ts"].clone();
    app.say(&event, &ada, "#action bob sings").await;
    app.say(&event, &ada, "#undo").await;
    let called = app.say(&event, &ada, "bob, my number is 555-1234").await;
    let counts = async || own(&app, &event, seen.as_i64().unwrap(), &bob).await["counts"].clone();
    assert_eq!(counts().await, json!({"messages": 3, "more": false, "mentions": 2, "decisions": 0, "actions": 0, "votes": 0}));
    app.say(&event, &ada, &format!("#edit {agreed} on bread")).await;
    app.organize(Method::DELETE, &format!("/events/{event}/messages/{}", called["ts"]), None).await.expect(204);
    let found = own(&app, &event, seen.as_i64().unwrap(), &bob).await;
    assert_eq!(
        (texts(&found, "decisions"), texts(&found, "mentions")),
        (vec!["on bread".to_owned()], vec!["#action bob sings".to_owned()])
    );
    assert_eq!(counts().await, json!({"messages": 3, "more": false, "mentions": 1, "decisions": 1, "actions": 0, "votes": 0}));

    // After the close no row tells of it.
    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    let left = found["mentions"][0]["ts"].clone();
    app.organize(Method::DELETE, &format!("/events/{event}/messages/{left}"), None).await.expect(204);
    assert_eq!(counts().await["mentions"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_late_is_told_so_and_who_comes_in_time_is_not() {
    let app = TestApp::start().await;
    let event = app.event(-1, 3_600).await;
    let bob = app.join(&event, "bob").await;
    let late = async || catch_up(&app, &event, &json!(0), "").await["late"].clone();
    app.say(&event, &bob, "#info it rains").await;
    app.say(&event, &bob, "#action bob mops").await;
    assert_eq!(late().await, false);
    app.clock.step(10 * MINUTE);
    assert_eq!(late().await, true, "something was noted, and that is a while ago");

    let busy = app.event(-1, 3_600).await;
    let bob = app.join(&busy, "bob").await;
    for n in 0..30 {
        assert_eq!(catch_up(&app, &busy, &json!(0), "").await["late"], false, "{n}");
        app.say(&busy, &bob, "la").await;
    }
    assert_eq!(catch_up(&app, &busy, &json!(0), "").await["late"], true, "more than a screen holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_the_page_has_the_card_for_who_comes_late_or_was_away() {
    let app = TestApp::start().await;
    let (event, ada, _) = room(&app).await;
    let (guest, bob) = (Client::builder().cookie_store(true).build().unwrap(), Client::builder().cookie_store(true).build().unwrap());
    let seen = app.say(&event, &ada, "before").await["ts"].clone();
    assert!(!page(&app, &guest, &event, "").await.contains("Before you came"));
    let joined = bob.post(app.api(&format!("/events/{event}/participants"))).header("Sec-Fetch-Site", "same-origin");
    let joined: Value = joined.json(&json!({"nick": "carl"})).send().await.unwrap().json().await.unwrap();
    let carl = Someone { id: joined["id"].as_str().unwrap().to_owned(), token: String::new(), cursor: 0 };
    app.say(&event, &ada, "#agreed on <b>soup</b>").await;
    app.say(&event, &ada, "carl?").await;

    app.clock.step(15 * MINUTE);
    let late = page(&app, &guest, &event, "").await;
    assert!(late.contains("Before you came") && late.contains("3 messages, 1 decision") && !late.contains("<b>soup</b>"), "{late}");
    let line = &app.log(&event).await.iter().find(|row| row["tag"] == "agreed").unwrap()["ts"].clone();
    assert!(late.contains(&format!("?all=1#t{line}")), "{late}");
    assert!(page(&app, &guest, &event, "?all=1").await.contains(&format!("id=\"t{line}\"")));

    // Since what the address says: the same, and a line in the log.
    let since = page(&app, &guest, &event, &format!("?all=1&since={seen}")).await;
    assert!(since.contains("While you were away") && since.contains("2 messages, 1 decision"), "{since}");
    let (before, after) = since.split_once("id=\"since\"").unwrap();
    assert!(before.contains(&format!("id=\"t{seen}\"")) && after.contains(&format!("id=\"t{line}\"")), "{since}");
    assert!(!since.contains("class=\"frame\""), "the log itself is there");

    // The server knows since when somebody is away.
    time_out(&app, &event, &carl).await;
    app.say(&event, &ada, "carl, are you there?").await;
    assert!(!page(&app, &bob, &event, "").await.contains("While you were away"));
    app.clock.step(30 * MINUTE);
    let back = page(&app, &bob, &event, "").await;
    assert!(back.contains("While you were away") && back.contains("1 mention, 1 message"), "{back}");
}

/// A browser that came into an event by this nickname.
async fn came(app: &TestApp, event: &str, nick: &str) -> Client {
    let browser = Client::builder().cookie_store(true).build().unwrap();
    let joined = browser.post(app.api(&format!("/events/{event}/participants"))).header("Sec-Fetch-Site", "same-origin");
    assert_eq!(joined.json(&json!({"nick": nick})).send().await.unwrap().status(), 201);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_was_noted_and_calls_the_reader_is_in_the_card_once() {
    let app = TestApp::start().await;
    let (event, ada, _) = room(&app).await;
    let reader = came(&app, &event, "carl").await;
    let seen = app.say(&event, &ada, "before").await["ts"].clone();
    let wrong = app.say(&event, &ada, "#agreed to wait").await["ts"].clone();
    for line in ["#topic Carl’s boat", "carl, look", "#action carl mops", "#startvote Shall carl sing?", "#agreed on soup"] {
        app.say(&event, &ada, line).await;
    }
    app.say(&event, &ada, &format!("#edit {wrong} to wait for carl")).await;
    let shown = page(&app, &reader, &event, &format!("?since={seen}")).await;
    let card = shown.split_once("class=\"missed\"").unwrap().1.split_once("</section>").unwrap().0;
    let heads: Vec<&str> = card.split("<div><b>").skip(1).map(|entry| entry.split_once("</b>").unwrap().0).collect();
    assert_eq!(heads, ["For you: Topic now", "For you", "For you: Action", "For you: Vote", "For you: Agreed", "Agreed"]);
    for words in ["boat", "look", "mops", "sing", "to wait", "soup"] {
        assert_eq!(card.matches(words).count(), 1, "{words} in {card}");
    }
    assert!(
        card.contains("5 mentions, ")
            && card.contains("mops</bdi> <small>for carl</small>")
            && card.contains("<bdi>ada</bdi>: <bdi>carl, look"),
        "{card}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_who_came_in_time_gets_no_card_however_often_the_page_is_loaded() {
    let app = TestApp::start().await;
    let event = app.event(-1, 3_600).await;
    let bob = app.join(&event, "bob").await;
    app.say(&event, &bob, "#info it rains").await;
    let early = came(&app, &event, "ada").await;
    for n in 0..30 {
        app.say(&event, &bob, &format!("line {n}")).await;
    }
    app.clock.step(15 * MINUTE);
    let late = came(&app, &event, "zoe").await;
    // Where joining without script leads.
    for (browser, missed) in [(&early, false), (&late, true)] {
        assert_eq!(page(&app, browser, &event, "?since=0").await.contains("Before you came"), missed);
    }
    app.clock.step(15 * MINUTE);
    assert!(page(&app, &late, &event, "?since=0").await.contains("Before you came"), "as long as they look at it");
    for browser in [&early, &late] {
        assert!(!page(&app, browser, &event, "").await.contains("class=\"missed\""), "who is in the room missed nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_lead_to_their_lines_in_the_room_and_in_the_transcript() {
    let app = TestApp::start().await;
    let (event, ada, _) = room(&app).await;
    let browser = Client::new();
    let topics = |page: &str| {
        let list = page.split_once("<nav class=\"topics\"").map_or("", |(_, rest)| rest.split_once("</nav>").unwrap().0).to_owned();
        list.split("<a href=\"").skip(1).map(|link| link.split_once('"').unwrap().0.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(topics(&page(&app, &browser, &event, "").await), Vec::<String>::new());
    let (lunch, boat) = (app.say(&event, &ada, "#topic Lunch").await, app.say(&event, &ada, "#topic The **boat**").await);
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let part = app.get(&format!("/events/{event}/minutes.part.html")).await.text.replace("&#x2f;", "/");
    for shown in [page(&app, &browser, &event, "").await, part] {
        assert_eq!(topics(&shown), [&lunch, &boat].map(|row| format!("{url}?all=1#t{}", row["ts"])));
    }

    // What a page fetches when its room closes: not before, and then the same for everybody.
    let closing = async || browser.get(format!("{}{url}/closing", app.base)).send().await.unwrap();
    assert_eq!(closing().await.status(), 409);
    app.post(&format!("/events/{event}/close"), json!({})).await.expect(200);
    assert_eq!(topics(&page(&app, &browser, &event, "").await), [&lunch, &boat].map(|row| format!("{url}?at={0}#t{0}", row["ts"])));
    let part = closing().await.text().await.unwrap();
    for words in ["data-late=\"summary\"", "2 people, 2 messages in ", "<span dir=\"auto\">ada</span>", "2 messages · "] {
        assert!(part.contains(words), "no {words}: {part}");
    }
    assert!(!part.contains("csrf") && !part.contains(">you<"), "{part}");
}
