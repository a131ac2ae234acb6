//! Minutes as documents: their forms, when they change, what is removed from them, and corrections after the close.

use reqwest::Method;
use serde_json::{Value, json};

use super::recorded::{minutes, room, texts};
use crate::calendar::pages::{send_form, signed_in};
use crate::support::{MINUTE, Reply, Someone, TestApp};

async fn get(app: &TestApp, event: &str, form: &str, known: Option<&str>) -> Reply {
    let mut request = app.client.get(app.api(&format!("/events/{event}/minutes.{form}")));
    if let Some(tag) = known {
        request = request.header("If-None-Match", tag);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Reply { status, headers, text: response.text().await.unwrap() }
}

fn tag(reply: &Reply) -> String {
    reply.headers["etag"].to_str().unwrap().to_owned()
}

async fn close(app: &TestApp, event: &str) {
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
}

async fn correct(app: &TestApp, event: &str, token: &str, ts: &Value, text: Option<&str>) -> Reply {
    let body = json!({"ts": ts, "text": text});
    app.call(Method::POST, &format!("/events/{event}/minutes/corrections"), Some(token), Some(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_read_well_in_every_form() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    for (who, text) in [
        (&ada, "#info before the first topic"),
        (&ada, "#topic The **harbour** fund"),
        (&bob, "#action ada asks\nthe bank"),
        (&ada, "#startvote Lunch? Soup, Bread"),
        (&bob, "#vote soup"),
        (&ada, "#endvote"),
        (&bob, "#here Robert"),
    ] {
        app.say(&event, who, text).await;
    }
    let text = get(&app, &event, "txt", None).await.text;
    assert!(text.starts_with("Weekly: Minutes so far\n") && !text.contains("#action"), "{text}");
    let markdown = get(&app, &event, "md", None).await.text;
    assert!(markdown.starts_with("# Weekly: Minutes so far\n"), "{markdown}");
    for form in ["html", "part.html"] {
        let page = get(&app, &event, form, None).await;
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
        for piece in ["The <strong>harbour</strong> fund", "ada asks<br>the bank", "Soup"] {
            assert!(page.text.contains(piece), "{}", page.text);
        }
        assert_eq!(page.text.contains("<!doctype html>"), form == "html");
    }
    close(&app, &event).await;
    assert!(get(&app, &event, "txt", None).await.text.starts_with("Weekly: Minutes\n"));
    for name in ["minutes", "minutes.pdf", "minutes.json.bak"] {
        app.get(&format!("/events/{event}/{name}")).await.problem(404, "not-found");
    }
    app.get("/events/e_aaaaaaaaaaaaaaaaaaaaaaaa/minutes.json").await.problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_of_the_minutes_becomes_a_script_or_a_page_of_its_own() {
    let app = TestApp::start().await;
    let (event, ada, _) = room(&app).await;
    let evil = "<script>alert(1)</script> [x](javascript:alert(2)) <img src=x onerror=alert(3)> \"'&";
    for word in ["topic", "info"] {
        app.say(&event, &ada, &format!("#{word} {evil}")).await;
    }
    for word in ["here", "nick"] {
        app.say(&event, &ada, &format!("#{word} <img src=x onerror=alert(3)>")).await;
    }
    app.say(&event, &ada, &format!("#startvote {evil}? {evil}, \"><b onclick=alert(4)>")).await;
    app.say(&event, &ada, &format!("#idea {}", "> ".repeat(1_000))).await;
    for form in ["html", "part.html"] {
        let page = get(&app, &event, form, None).await.text;
        for bad in ["<script", "<img", "<b onclick", "href=\"javascript"] {
            assert!(!page.contains(bad), "{form} has {bad}: {page}");
        }
    }
    let page = app.client.get(format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap())).send().await.unwrap();
    let page = page.text().await.unwrap();
    for bad in ["<script>alert", "<img", "<b onclick", "href=\"javascript"] {
        assert!(!page.contains(bad), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_are_sent_again_only_where_they_changed() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    app.say(&event, &ada, "#info one").await;
    let first = get(&app, &event, "json", None).await;
    let known = tag(&first);
    for form in ["json", "md", "txt", "html", "part.html"] {
        let own = tag(&get(&app, &event, form, None).await);
        let again = get(&app, &event, form, Some(&format!("\"x\", W/{own}"))).await;
        assert_eq!((again.status.as_u16(), again.text.as_str(), tag(&again)), (304, "", own), "{form}");
    }
    // A message that is nothing to the minutes leaves their part of the page as it is; where lines are counted, it counts.
    let part = tag(&get(&app, &event, "part.html", None).await);
    app.say(&event, &bob, "hello").await;
    assert_eq!(get(&app, &event, "part.html", Some(&part)).await.status, 304);
    let counted = get(&app, &event, "json", Some(&known)).await;
    assert_eq!((counted.status.as_u16(), &counted.json()["attendees"][1]["lines"]), (200, &json!(1)));
    for (form, lines) in [("txt", "bob: 1 line"), ("html", "1 line")] {
        assert!(get(&app, &event, form, None).await.text.contains(lines), "{form}");
    }
    let known = tag(&counted);
    assert_eq!(get(&app, &event, "json", Some(&known)).await.status, 304);
    app.say(&event, &bob, "#info two").await;
    let next = get(&app, &event, "json", Some(&known)).await;
    assert_eq!((next.status.as_u16(), texts(&next.json(), "info").len()), (200, 2));
    assert_eq!(next.json()["attendees"][1]["lines"], 2);
    for change in [json!({"title": "Another"}), json!({"closes_at": app.now() + 60_000_000})] {
        let known = tag(&get(&app, &event, "json", None).await);
        app.organize(Method::PATCH, &format!("/events/{event}"), Some(change)).await.expect(200);
        assert_eq!(get(&app, &event, "json", Some(&known)).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_redacted_is_gone_from_the_minutes_also_after_the_close() {
    let app = TestApp::start().await;
    let (event, ada, _) = room(&app).await;
    let first = app.say(&event, &ada, "#info a secret").await;
    let second = app.say(&event, &ada, "#info another").await;
    let redact = async |row: &Value| {
        app.organize(Method::DELETE, &format!("/events/{event}/messages/{}", row["ts"]), None).await.expect(204);
    };
    assert_eq!(texts(&minutes(&app, &event).await, "info").len(), 2);
    redact(&first).await;
    assert_eq!(texts(&minutes(&app, &event).await, "info"), ["another"]);
    close(&app, &event).await;
    assert_eq!(texts(&minutes(&app, &event).await, "info"), ["another"]);
    redact(&second).await;
    assert_eq!(texts(&minutes(&app, &event).await, "info").len(), 0);
    let emptied = app.log(&event).await.into_iter().find(|row| row["ts"] == second["ts"]).unwrap();
    assert_eq!((&emptied["text"], &emptied["html"]), (&json!(""), &json!("")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_organizer_corrects_after_the_close_beside_the_log() {
    let app = TestApp::start().await;
    let (event, ada, bob): (String, Someone, Someone) = room(&app).await;
    let action = app.say(&event, &ada, "#action bob paints").await;
    let idea = app.say(&event, &bob, "#idea nothing").await;
    let vote = app.say(&event, &ada, "#startvote Lunhc? Soup, Bread").await;
    correct(&app, &event, &app.token, &action["ts"], Some("x")).await.problem(409, "event-not-closed");
    close(&app, &event).await;
    let before = (app.look(&event).await, app.log(&event).await);
    correct(&app, &event, "nobody", &action["ts"], Some("x")).await.expect_any(&[401]);
    let otto = app.organizer("otto").await;
    correct(&app, &event, &otto, &action["ts"], Some("x")).await.expect_any(&[403]);
    correct(&app, &event, &app.token, &json!(17), Some("x")).await.problem(404, "not-found");
    correct(&app, &event, &app.token, &action["ts"], Some("a\u{0}b")).await.problem(422, "invalid");
    correct(&app, &event, &app.token, &action["ts"], Some(&"x".repeat(4_001))).await.problem(422, "invalid");
    correct(&app, &event, &app.token, &action["ts"], Some(" ada paints ")).await.expect(204);
    correct(&app, &event, &app.token, &idea["ts"], None).await.expect(204);
    let now = minutes(&app, &event).await;
    let item = &now["actions"][0];
    assert_eq!((&item["text"], &item["was"], &item["assignees"]), (&json!("ada paints"), &json!("bob paints"), &json!(["ada"])));
    assert_eq!(texts(&now, "ideas").len(), 0);
    let made: Vec<_> =
        now["corrections"].as_array().unwrap().iter().map(|it| (it["ts"].clone(), it["text"].clone(), it["by"].clone())).collect();
    assert_eq!(made, [(action["ts"].clone(), json!("ada paints"), json!("olga")), (idea["ts"].clone(), json!(null), json!("olga"))]);
    assert_eq!((app.look(&event).await, app.log(&event).await), before);
    assert!(get(&app, &event, "txt", None).await.text.contains("Corrected after the close 2 times, last by olga"));
    assert!(get(&app, &event, "part.html", None).await.text.contains("bob paints"), "what it was is to be seen");
    // Votes likewise; and what was taken out is told by whom.
    correct(&app, &event, &app.token, &vote["ts"], Some("Lunch?")).await.expect(204);
    for (form, told) in [
        ("txt", ["Vote: Lunch? [corrected]\n        before: Lunhc?\n        - Soup: 0", " Idea: nothing, by olga on "]),
        ("md", ["**Vote** Lunch? [corrected]\n  - before: Lunhc?\n  - Soup: 0", " **Idea** nothing, by olga on "]),
    ] {
        let whole = get(&app, &event, form, None).await.text;
        assert!(whole.contains(told[0]), "{whole}");
        assert!(
            whole.split_once("Struck after the close\n").unwrap().1.lines().find(|line| !line.is_empty()).unwrap().contains(told[1]),
            "{whole}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_a_chair_changes_items_and_the_organizer_corrects_them() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let url = format!("{}{}", app.base, app.look(&event).await["url"].as_str().unwrap());
    let browser = signed_in(&app).await;
    let page = async || browser.get(&url).send().await.unwrap().text().await.unwrap();
    let send = async |path: &str, fields: &[(&str, &str)]| send_form(&browser, &url, path, fields).await;
    send("join", &[("nick", "olga")]).await;
    let hinted = send("say", &[("text", "#action")]).await;
    assert!(hinted.contains("There is nothing behind #action."), "{hinted}");
    let shown = send("say", &[("text", "#action olga paints")]).await;
    assert!(shown.contains("for <bdi>olga</bdi>") && !shown.contains("There is nothing behind"), "{shown}");
    let item = minutes(&app, &event).await["actions"][0]["ts"].to_string();
    assert!(send("minutes", &[("ts", &item), ("act", "edit"), ("text", " ")]).await.contains("Type the new words of the item."));
    assert!(send("minutes", &[("ts", "17"), ("act", "strike")]).await.contains("No item of these minutes has this timestamp"));
    assert!(send("minutes", &[("ts", &item), ("act", "edit"), ("text", "olga draws")]).await.contains("The minutes were changed."));
    assert_eq!(texts(&minutes(&app, &event).await, "actions"), ["olga draws"]);
    send("say", &[("text", "#startvote Lunch? Soup, Bread")]).await;
    assert!(page().await.contains("value=\"#vote Soup\""), "a button for each option");
    close(&app, &event).await;
    assert!(send("minutes", &[("ts", &item), ("act", "edit"), ("text", "olga sings")]).await.contains("The minutes were corrected."));
    let now = minutes(&app, &event).await;
    assert_eq!((texts(&now, "actions"), &now["corrections"][0]["by"]), (vec!["olga sings".to_owned()], &json!("olga")));
    let forged = browser.post(format!("{url}/minutes")).form(&[("csrf", "guessed"), ("ts", item.as_str())]).send().await.unwrap();
    assert_eq!(forged.status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_tells_the_minutes_of_what_closed_and_follows_their_corrections() {
    let app = TestApp::start().await;
    let (event, ada, _) = room(&app).await;
    let info = app.say(&event, &ada, "#info **two** boats").await;
    close(&app, &event).await;
    let feed = async || app.client.get(format!("{}/feed.atom", app.base)).send().await.unwrap().text().await.unwrap();
    let first = feed().await;
    assert!(first.contains("&lt;strong&gt;two&lt;") && first.contains(" boats"), "{first}");
    app.clock.step(MINUTE);
    correct(&app, &event, &app.token, &info["ts"], Some("three ships")).await.expect(204);
    let next = feed().await;
    let updated = |feed: &str| feed.split("<updated>").nth(2).and_then(|rest| rest.split('<').next()).unwrap().to_owned();
    assert!(next.contains("three ships") && updated(&next) > updated(&first), "{next}");
}
