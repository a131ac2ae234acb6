//! Agendas by pages, without script: shown to everybody, written and ticked by the organizer, carried over.

use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::calendar::icalendar::fetch;
use crate::calendar::pages::{csrf, signed_in};
use crate::support::{HOUR, TestApp, kinds};

/// A meeting with an event that is open, and the next one; the organizer's browser beside it.
struct Pages {
    app: TestApp,
    browser: Client,
    open: Value,
    next: Value,
}

impl Pages {
    async fn new(agenda: &str) -> Self {
        let app = TestApp::start().await;
        let body = json!({"title": "Weekly", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60, "agenda": agenda});
        app.post("/meetings", body).await.expect(201);
        let (now, path) = (app.now(), "/meetings/weekly/events");
        let open = app.post(path, json!({"opens_at": now - HOUR, "closes_at": now + HOUR})).await.expect(201);
        let next = app.post(path, json!({"opens_at": now + 30 * HOUR, "closes_at": now + 31 * HOUR})).await.expect(201);
        let browser = signed_in(&app).await;
        Self { app, browser, open, next }
    }

    fn url(&self, event: &Value, rest: &str) -> String {
        format!("{}{}{rest}", self.app.base, event["url"].as_str().unwrap())
    }

    async fn page(&self, event: &Value, rest: &str) -> String {
        self.browser.get(self.url(event, rest)).send().await.unwrap().text().await.unwrap().replace("&#x2f;", "/")
    }

    /// Sends a form of the event's page, with its secret.
    async fn send(&self, event: &Value, rest: &str, fields: &[(&str, &str)]) -> Response {
        let page = self.page(event, "").await;
        let mut form = vec![("csrf", csrf(&page))];
        form.extend(fields);
        self.browser.post(self.url(event, rest)).form(&form).send().await.unwrap()
    }

    async fn look(&self, event: &Value) -> Value {
        self.app.look(event["id"].as_str().unwrap()).await
    }

    async fn log(&self, event: &Value) -> Vec<Value> {
        self.app.log(event["id"].as_str().unwrap()).await
    }
}

/// The values of the buttons that tick items, as they stand on a page: what each would do, and its item.
fn ticks(page: &str) -> Vec<(String, String)> {
    let buttons = page.split("<button class=\"tick\" name=\"").skip(1);
    buttons
        .map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"").unwrap();
            (name.to_owned(), rest.split_once('"').unwrap().0.to_owned())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reads_the_agenda_in_lobby_room_and_transcript() {
    let pages = Pages::new("Bring **tea**\n\n1. Minutes\n2. [x] Tides").await;
    let app = &pages.app;
    for event in [&pages.next, &pages.open] {
        let page = fetch(app, event["url"].as_str().unwrap()).await.text;
        assert_eq!(page.matches("id=\"agenda\"").count(), 1);
        for part in ["Bring <strong>tea</strong>", "<div>Minutes</div>", "1 of 2 done", "<span class=\"unseen\">Done:</span>"] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("class=\"tick\" name") && !page.contains("Edit the agenda"));
    }
    app.post(&format!("/events/{}/close", pages.open["id"].as_str().unwrap()), json!({})).await.expect(200);
    let page = pages.page(&pages.open, "").await;
    assert!(page.contains("<div>Minutes</div>") && ticks(&page).is_empty() && !page.contains("Edit the agenda"));
    // The fragment is the same without the page around it.
    let fragment = fetch(app, &format!("{}/agenda", pages.next["url"].as_str().unwrap())).await;
    assert!(fragment.text.trim_start().starts_with("<section") && fragment.text.contains("<div>Minutes</div>"));
    assert_eq!(fetch(app, "/m/weekly/2001-01-01/agenda").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizer_ticks_an_item_with_one_click() {
    let pages = Pages::new("- Budget\n- Tea").await;
    let buttons = ticks(&pages.page(&pages.open, "").await);
    assert_eq!(buttons.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["done", "done"]);
    let ticked = pages.send(&pages.open, "/agenda/tick", &[("done", &buttons[0].1)]).await;
    assert_eq!((ticked.status().as_u16(), ticked.url().path()), (200, pages.open["url"].as_str().unwrap()));
    assert_eq!(pages.look(&pages.open).await["agenda"], "- [x] Budget\n- Tea");
    // The script gets the agenda alone.
    let part = pages.send(&pages.open, "/agenda/tick?part", &[("done", &buttons[1].1)]).await;
    let part = part.text().await.unwrap();
    assert!(part.trim_start().starts_with("<section") && part.contains("2 of 2 done"));
    pages.send(&pages.open, "/agenda/tick", &[("open", &buttons[0].1)]).await;
    let log = pages.log(&pages.open).await;
    assert_eq!(kinds(&log), ["opened", "agenda", "agenda", "agenda"]);
    let texts: Vec<&str> = log[1..].iter().map(|row| row["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Done: Budget", "Done: Tea", "Open again: Budget"]);

    // An item that is gone is not taken for another.
    pages.send(&pages.open, "/agenda", &[("agenda", "- Cake")]).await;
    for (rest, whole) in [("/agenda/tick?part", false), ("/agenda/tick", true)] {
        let late = pages.send(&pages.open, rest, &[("done", &buttons[0].1)]).await;
        assert_eq!(late.status(), 409);
        let text = late.text().await.unwrap();
        assert!(text.contains("The agenda has changed meanwhile") && text.contains("Cake") && text.contains("<html") == whole, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizer_writes_the_agenda_and_nobody_overwrites_what_they_have_not_seen() {
    let pages = Pages::new("").await;
    let page = pages.page(&pages.next, "").await;
    assert!(page.contains("Nothing is on the agenda yet.") && page.contains("Write an agenda"));
    let was = crate::calendar::pages::between(&page, "name=\"was\" value=\"", "\"").to_owned();
    let saved = pages.send(&pages.next, "/agenda", &[("agenda", "- Tea\r\n- Cake"), ("was", &was)]).await;
    assert_eq!((saved.status().as_u16(), pages.look(&pages.next).await["agenda"].clone()), (200, json!("- Tea\n- Cake")));

    let late = pages.send(&pages.next, "/agenda", &[("agenda", "- Mine <b>"), ("was", &was)]).await;
    assert_eq!(late.status(), 409);
    let page = late.text().await.unwrap();
    assert!(page.contains("- Mine &lt;b&gt;</textarea>") && page.contains("<div>Cake</div>") && page.contains("Somebody else changed"));
    assert_eq!(pages.look(&pages.next).await["agenda"], "- Tea\n- Cake");
    let now = crate::calendar::pages::between(&page, "name=\"was\" value=\"", "\"");
    assert_eq!(pages.send(&pages.next, "/agenda", &[("agenda", "- Mine"), ("was", now)]).await.status(), 200);
    assert_eq!(pages.look(&pages.next).await["agenda"], "- Mine");

    let long = "x".repeat(10_001);
    let refused = pages.send(&pages.next, "/agenda?part", &[("agenda", &long)]).await;
    assert_eq!(refused.status(), 422);
    let text = refused.text().await.unwrap();
    assert!(text.contains("id=\"agenda-text-problem\"") && text.contains(&long), "what was typed is kept");
    let forged = [("csrf", "wrong"), ("agenda", "- Theirs")];
    let forged = pages.browser.post(pages.url(&pages.next, "/agenda")).form(&forged).send().await.unwrap();
    assert_eq!(forged.status(), 403);
    assert!(forged.text().await.unwrap().contains("- Theirs</textarea>"));
    pages.app.post(&format!("/events/{}/close", pages.open["id"].as_str().unwrap()), json!({})).await.expect(200);
    let late = pages.send(&pages.open, "/agenda", &[("agenda", "- Late")]).await;
    assert_eq!((late.status().as_u16(), pages.look(&pages.open).await["agenda"].clone()), (409, Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_over_comes_back_by_one_button() {
    let pages = Pages::new("").await;
    let long = format!("- Tides\n\n{}", "x".repeat(9_900));
    pages.send(&pages.open, "/agenda", &[("agenda", &long)]).await;
    let page = pages.send(&pages.open, "/agenda", &[("agenda", "- Tea")]).await.text().await.unwrap().replace("&#x2f;", "/");
    let path = format!("{}/agenda/undo", pages.open["url"].as_str().unwrap());
    let notice = crate::calendar::pages::between(&page, &format!("action=\"{path}\""), "</form>");
    let was = crate::calendar::pages::between(notice, "name=\"was\" value=\"", "\"");
    let page = pages.send(&pages.open, "/agenda/undo", &[("was", was)]).await.text().await.unwrap();
    assert!(page.contains("The agenda is as it was before."), "{page}");
    assert_eq!(pages.look(&pages.open).await["agenda"], long);
    assert_eq!(pages.log(&pages.open).await.last().unwrap()["text"], "The last change of the agenda was taken back.");

    // For the script the button stands in the fragment; it takes back that change and no other.
    let part = pages.send(&pages.open, "/agenda?part", &[("agenda", "- Cake")]).await.text().await.unwrap();
    let version = crate::calendar::pages::between(&part, "data-undo=\"", "\"");
    let again = pages.send(&pages.open, "/agenda?part", &[("agenda", "- Cake")]).await.text().await.unwrap();
    assert!(!again.contains("data-undo"), "nothing was changed");
    let item = ticks(&part).remove(0).1;
    let ticked = pages.send(&pages.open, "/agenda/tick?part", &[("done", &item)]).await.text().await.unwrap();
    assert!(!ticked.contains("data-undo"), "one click takes it back already");
    let late = pages.send(&pages.open, "/agenda/undo?part", &[("was", version)]).await;
    assert_eq!((late.status().as_u16(), pages.look(&pages.open).await["agenda"].clone()), (409, json!("- [x] Cake")));
    pages.send(&pages.open, "/agenda/tick?part", &[("open", &item)]).await;
    let part = pages.send(&pages.open, "/agenda?part", &[("agenda", "")]).await.text().await.unwrap();
    let version = crate::calendar::pages::between(&part, "data-undo=\"", "\"").to_owned();
    assert_eq!(pages.send(&pages.open, "/agenda/undo?part", &[("was", &version)]).await.status(), 200);
    assert_eq!(pages.look(&pages.open).await["agenda"], "- [ ] Cake");
    // What somebody carried over goes as well.
    pages.app.post(&format!("/events/{}/close", pages.open["id"].as_str().unwrap()), json!({})).await.expect(200);
    let from = pages.open["key"].as_str().unwrap();
    let page = pages.send(&pages.next, "/agenda/carry", &[("from", from)]).await.text().await.unwrap().replace("&#x2f;", "/");
    let path = format!("{}/agenda/undo", pages.next["url"].as_str().unwrap());
    let notice = crate::calendar::pages::between(&page, &format!("action=\"{path}\""), "</form>");
    pages.send(&pages.next, "/agenda/undo", &[("was", crate::calendar::pages::between(notice, "name=\"was\" value=\"", "\""))]).await;
    assert_eq!(pages.look(&pages.next).await["agenda"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_organizer_of_the_meeting_changes_an_agenda() {
    let pages = Pages::new("- Tea").await;
    let key = ticks(&pages.page(&pages.open, "").await).remove(0).1;
    let stranger = Client::builder().cookie_store(true).build().unwrap();
    let page = stranger.get(pages.url(&pages.open, "")).send().await.unwrap().text().await.unwrap();
    let closed = pages.open["key"].as_str().unwrap();
    for (rest, field, value) in [("/agenda", "agenda", "- Cake"), ("/agenda/tick", "done", key.as_str()), ("/agenda/carry", "from", closed)]
    {
        let form = [("csrf", csrf(&page)), (field, value)];
        let answer = stranger.post(pages.url(&pages.open, rest)).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{rest}");
    }
    assert_eq!(pages.look(&pages.open).await["agenda"], "- Tea");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_chair_link_ticks_and_carries_over() {
    let pages = Pages::new("- Tea\n- Cake").await;
    let key = crate::people::chairs::key(&pages.app, pages.open["id"].as_str().unwrap()).await;
    let chair = Client::builder().cookie_store(true).build().unwrap();
    let link = format!("{}/m/weekly/chair/{}", pages.app.base, key.strip_prefix("gct_").unwrap());
    assert_eq!(chair.get(link).send().await.unwrap().status(), 200);
    let page = async |event: &Value| chair.get(pages.url(event, "")).send().await.unwrap().text().await.unwrap();
    let send = async |event: &Value, rest: &str, field: &str, value: &str| {
        let page = page(event).await;
        chair.post(pages.url(event, rest)).form(&[("csrf", csrf(&page)), (field, value)]).send().await.unwrap().status()
    };
    let item = ticks(&page(&pages.open).await).remove(0).1;
    assert_eq!(send(&pages.open, "/agenda/tick", "done", &item).await, 200);
    assert_eq!(pages.look(&pages.open).await["agenda"], "- [x] Tea\n- Cake");
    assert_eq!(send(&pages.next, "/agenda", "agenda", "").await, 200);
    pages.app.post(&format!("/events/{}/close", pages.open["id"].as_str().unwrap()), json!({})).await.expect(200);
    assert!(page(&pages.open).await.contains("Carry 1 unfinished item over to "));
    assert_eq!(send(&pages.next, "/agenda/carry", "from", pages.open["key"].as_str().unwrap()).await, 200);
    assert_eq!(pages.look(&pages.next).await["agenda"], "- [ ] Cake");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_is_carried_over_once_to_the_next_event() {
    let pages = Pages::new("- Minutes\n- [x] Old").await;
    pages.send(&pages.open, "/agenda", &[("agenda", "- [x] Minutes\n- [ ] Budget\n  with notes\n- Tea")]).await;
    let from = pages.open["key"].as_str().unwrap();
    // Not before it is over.
    assert_eq!(pages.send(&pages.next, "/agenda/carry", &[("from", from)]).await.status(), 404);
    assert!(!pages.page(&pages.next, "").await.contains("unfinished"));
    pages.app.post(&format!("/events/{}/close", pages.open["id"].as_str().unwrap()), json!({})).await.expect(200);
    for (event, words) in [(&pages.open, "Carry 2 unfinished items over to "), (&pages.next, "Carry 2 unfinished items over from ")] {
        assert!(pages.page(event, "").await.contains(words), "{words}");
        assert!(!fetch(&pages.app, event["url"].as_str().unwrap()).await.text.contains("unfinished"));
    }
    for _ in 0..2 {
        let back = pages.open["url"].as_str().unwrap();
        let carried = pages.send(&pages.next, "/agenda/carry", &[("from", from), ("back", back)]).await;
        assert_eq!((carried.status().as_u16(), carried.url().path()), (200, back));
        let expected = "- Minutes\n- [x] Old\n- [ ] Budget\n  with notes\n- [ ] Tea";
        assert_eq!(pages.look(&pages.next).await["agenda"], expected);
    }
    let log = pages.log(&pages.next).await;
    assert_eq!(kinds(&log), ["agenda"]);
    assert!(log[0]["text"].as_str().unwrap().starts_with("2 unfinished items of "), "{log:?}");
    assert!(!pages.page(&pages.open, "").await.contains("unfinished"));
    // Undone by editing, it can be done again.
    pages.send(&pages.next, "/agenda", &[("agenda", "```\nopen")]).await;
    pages.send(&pages.next, "/agenda/carry", &[("from", from)]).await;
    assert_eq!(pages.look(&pages.next).await["agenda"], "- [ ] Budget\n  with notes\n- [ ] Tea\n\n```\nopen");
    let full = "x".repeat(9_990);
    pages.send(&pages.next, "/agenda", &[("agenda", &full)]).await;
    let page = pages.send(&pages.next, "/agenda/carry", &[("from", from)]).await.text().await.unwrap();
    assert!(page.contains("The agenda takes no more items") && pages.look(&pages.next).await["agenda"] == full);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_written_breaks_out_of_the_agenda() {
    let pages = Pages::new("").await;
    let bombs = "- ".repeat(2_000);
    for text in [
        "- <script>alert(1)</script>\n- [x](javascript:alert(1))",
        "- \"><img src=x onerror=alert(1)>",
        "</section></textarea><script>",
        &bombs,
    ] {
        let saved = pages.send(&pages.open, "/agenda", &[("agenda", text)]).await;
        assert_eq!(saved.status(), 200);
        let page = pages.page(&pages.open, "").await.to_lowercase();
        assert!(!page.contains("<script>") && !page.contains("href=\"javascript") && !page.contains("<img"), "{text}");
        assert_eq!(page.matches("</textarea>").count(), 3, "{text}");
    }
}
