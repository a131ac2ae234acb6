//! What one event of a meeting leaves to the next: open actions, what is decided on them, and by whom; by API, by command, on pages.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::calendar_pages::{csrf, signed_in};
use crate::minutes::{chair, minutes, texts};
use crate::support::{HOUR, MINUTE, Reply, Someone, TestApp, kinds};

/// A meeting whose events take place one after another.
struct Series {
    app: TestApp,
    slug: String,
}

impl Series {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let slug = app.meeting().await.0;
        Self { app, slug }
    }

    async fn add(&self, opens: i64, closes: i64) -> String {
        let now = self.app.now();
        let body = json!({"opens_at": now + opens, "closes_at": now + closes});
        self.app.post(&format!("/meetings/{}/events", self.slug), body).await.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// An event that is open, with ada, who is a chair.
    async fn begin(&self) -> (String, Someone) {
        let event = self.add(-MINUTE.min(1_000), HOUR).await;
        let ada = chair(&self.app, &event, "ada").await;
        (event, ada)
    }

    async fn close(&self, event: &str) {
        self.app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    }

    /// An event that closed, in which ada said this; gives it with the rows.
    async fn over(&self, lines: &[&str]) -> (String, Vec<Value>) {
        let (event, ada) = self.begin().await;
        let mut rows = Vec::new();
        for line in lines {
            rows.push(self.app.say(&event, &ada, line).await);
        }
        self.close(&event).await;
        (event, rows)
    }

    async fn left(&self, event: &str) -> Value {
        self.app.get(&format!("/events/{event}/actions")).await.expect(200)
    }

    /// The words of what is open, for the meeting and for the event.
    async fn open(&self, event: &str) -> Vec<String> {
        texts(&self.left(event).await, "open")
    }

    async fn of_meeting(&self, state: &str) -> Vec<String> {
        texts(&self.app.get(&format!("/meetings/{}/actions?state={state}", self.slug)).await.expect(200), "actions")
    }

    async fn decide(&self, event: &str, token: &str, given: &Value, state: &str) -> Reply {
        self.app.call(Method::PUT, &format!("/events/{event}/actions/{given}"), Some(token), Some(json!({"state": state}))).await
    }

    async fn page(&self, browser: &Client, path: &str) -> String {
        let page = browser.get(format!("{}{path}", self.app.base)).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        page.text().await.unwrap().replace("&#x2f;", "/")
    }

    async fn path(&self, event: &str) -> String {
        self.app.look(event).await["url"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_in_an_event_is_in_its_minutes_and_left_to_no_later_one() {
    let series = Series::new().await;
    let app = &series.app;
    let (first, given) = series.over(&["#action ada books the room", "#action somebody cooks"]).await;
    let (second, ada) = series.begin().await;
    let left = series.left(&second).await;
    assert_eq!(texts(&left, "open"), ["ada books the room", "somebody cooks"]);
    let (action, path) = (&left["open"][0], series.path(&first).await);
    let line = format!("{path}#t{}", given[0]["ts"]);
    assert_eq!((&action["ts"], &action["event"], &action["url"]), (&given[0]["ts"], &json!(first), &json!(line)));
    assert_eq!((&action["assignees"], &action["state"], &action["last"]["step"]), (&json!(["ada"]), &json!("open"), &json!("given")));

    let parked = app.park(&second, &format!("after={}&wait=50", ada.cursor + 1), None);
    app.parked(&second, 1).await;
    let done = series.decide(&second, &ada.token, &given[0]["ts"], "done").await.expect(200);
    assert_eq!((&done["state"], &done["last"]["event"], &done["last"]["step"]), (&json!("done"), &json!(second), &json!("done")));
    let heard = parked.await.unwrap().0.expect(200);
    let row = &heard["messages"][0];
    assert_eq!([&row["kind"], &row["tag"], &row["nick"]], [&json!("action"), &json!("done"), &json!("ada")]);
    assert_eq!(row["text"], json!(format!("Done: ada books the room (ada) (#t{})", given[0]["ts"])));
    assert_eq!(row["html"], json!("Done: ada books the room (ada)"));
    // Again is once.
    series.decide(&second, &ada.token, &given[0]["ts"], "done").await.expect(200);
    assert_eq!(app.log(&second).await.last(), Some(row));
    assert_eq!(series.open(&second).await, ["somebody cooks"]);
    assert_eq!(texts(&series.left(&second).await, "decided"), ["ada books the room"]);

    let noted = minutes(app, &second).await;
    let settled = &noted["done"][0];
    assert_eq!((&settled["text"], &settled["assignees"], &settled["nick"]), (&json!("ada books the room"), &json!(["ada"]), &json!("ada")));
    assert_eq!((&settled["ts"], &settled["given"]["url"]), (&row["ts"], &json!(line)));
    for form in ["txt", "md", "html", "part.html"] {
        let whole = app.client.get(app.api(&format!("/events/{second}/minutes.{form}"))).send().await.unwrap().text().await.unwrap();
        assert!(whole.contains("Done since last time") && whole.contains("ada books the room"), "{form}: {whole}");
    }
    series.close(&second).await;
    let third = series.begin().await.0;
    assert_eq!(
        (series.open(&third).await, series.of_meeting("open").await),
        (vec!["somebody cooks".to_owned()], vec!["somebody cooks".to_owned()])
    );
    assert_eq!(series.of_meeting("done").await, ["ada books the room"]);
    assert_eq!(minutes(app, &second).await["done"], noted["done"]);
    assert_eq!(minutes(app, &first).await["done"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_on_is_an_action_of_these_minutes_and_left_to_the_next_event_once() {
    let series = Series::new().await;
    let app = &series.app;
    let (first, bob) = (series.begin().await.0, "bob");
    let bob = app.join(&first, bob).await;
    app.say(&first, &bob, "#here Robert").await;
    let given = app.say(&first, &bob, "#action ROBERT paints").await;
    series.close(&first).await;
    let (second, ada) = series.begin().await;
    for _ in 0..2 {
        series.decide(&second, &app.token, &given["ts"], "carried").await.expect(200);
    }
    let noted = minutes(app, &second).await;
    assert_eq!((texts(&noted, "actions"), &noted["actions"][0]["assignees"]), (vec!["ROBERT paints".to_owned()], &json!(["bob"])));
    assert_eq!(noted["actions"][0]["carried"]["ts"], given["ts"]);
    assert_eq!(kinds(&app.log(&second).await).iter().filter(|kind| **kind == "action").count(), 1);
    assert_eq!((series.open(&second).await.len(), texts(&series.left(&second).await, "decided").len()), (0, 1), "listed once");
    // Its words here go with it.
    let row = &noted["actions"][0]["ts"];
    app.say(&second, &ada, &format!("#edit {row} Robert paints the boat")).await;
    series.close(&second).await;
    let third = series.add(HOUR, 2 * HOUR).await;
    assert_eq!(series.open(&third).await, ["Robert paints the boat"]);
    assert_eq!(series.of_meeting("all").await, ["Robert paints the boat"]);
    assert_eq!(series.left(&third).await["open"][0]["assignees"], json!(["bob"]));
    assert_eq!(texts(&minutes(app, &first).await, "actions"), ["ROBERT paints"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_taken_back_by_undo_by_call_and_by_another_one() {
    let series = Series::new().await;
    let app = &series.app;
    let given = series.over(&["#action ada writes"]).await.1[0]["ts"].clone();
    let (event, ada) = series.begin().await;
    let state = async || (series.open(&event).await.len(), series.of_meeting("done").await.len(), series.of_meeting("dropped").await.len());
    for back in ["call", "undo"] {
        series.decide(&event, &ada.token, &given, "done").await.expect(200);
        assert_eq!(state().await, (0, 1, 0));
        if back == "undo" {
            assert_eq!(app.say(&event, &ada, "#undo").await["text"], json!("#undo → “done: ada writes (ada)”"));
        } else {
            let now = series.decide(&event, &ada.token, &given, "open").await.expect(200);
            assert_eq!((&now["state"], &now["last"]["step"]), (&json!("open"), &json!("given")));
            let last = app.log(&event).await.pop().unwrap();
            assert_eq!((&last["tag"], &last["html"]), (&json!("strike"), &json!("Open again: ada writes (ada)")));
        }
        assert_eq!((state().await, minutes(app, &event).await["done"].clone()), ((1, 0, 0), json!([])), "{back}");
    }
    // Another decision takes the place of the first, and each is one row.
    let rows = app.log(&event).await.len();
    for (n, (wish, left)) in [("carried", (0, 0, 0)), ("done", (0, 1, 0)), ("open", (1, 0, 0)), ("done", (0, 1, 0)), ("dropped", (0, 0, 1))]
        .into_iter()
        .enumerate()
    {
        series.decide(&event, &ada.token, &given, wish).await.expect(200);
        assert_eq!((state().await, app.log(&event).await.len()), (left, rows + n + 1), "{wish}");
    }
    assert_eq!(texts(&minutes(app, &event).await, "dropped").len(), 1);
    series.close(&event).await;
    assert_eq!(series.open(&series.add(HOUR, 2 * HOUR).await).await.len(), 0);
    series.decide(&event, &app.token, &given, "open").await.problem(409, "event-closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn chairs_decide_by_typing_and_are_told_where_that_does_nothing() {
    let series = Series::new().await;
    let app = &series.app;
    let given = series.over(&["#action ada writes"]).await.1[0]["ts"].clone();
    let (event, ada) = series.begin().await;
    let bob = app.join(&event, "bob").await;
    let hint = async |who: &Someone, text: &str| {
        let row = app.say(&event, who, text).await;
        assert_eq!(row["tag"], json!(null), "{text}");
        row["hint"].as_str().unwrap().to_owned()
    };
    assert!(hint(&bob, &format!("#done {given}")).await.starts_with("Only chairs can use #done."));
    for wrong in ["#done with this", "#carry 17", "#drop 99999999999999999999", &format!("#drop {given}0")] {
        assert!(hint(&ada, wrong).await.starts_with("No open action of an earlier event"), "{wrong}");
    }
    assert!(hint(&ada, "#done").await.starts_with("There is nothing behind #done."));
    let own = app.say(&event, &ada, "#action ada sings").await;
    assert!(hint(&ada, &format!("#done {}", own["ts"])).await.starts_with("No open action"), "of this event");
    let done = app.say(&event, &ada, &format!("#DONE {given} at last")).await;
    assert_eq!((&done["tag"], &done["kind"]), (&json!("done"), &json!("said")));
    assert_eq!(done["text"], json!(format!("#DONE {given} at last → ada writes (ada)")), "which, and whose");
    assert!(hint(&ada, &format!("#carry {given}")).await.starts_with("This was decided already."));
    assert_eq!((series.open(&event).await.len(), texts(&minutes(app, &event).await, "done")), (0, vec!["ada writes".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_runs_the_event_decides_also_before_it_opens_and_nobody_else() {
    let series = Series::new().await;
    let app = &series.app;
    let given = series.over(&["#action ada writes"]).await.1[0]["ts"].clone();
    let lobby = series.add(HOUR, 2 * HOUR).await;
    let key = app.organize(Method::GET, &format!("/meetings/{}/chair", series.slug), None).await.expect(200)["token"].clone();
    series.decide(&lobby, key.as_str().unwrap(), &given, "carried").await.expect(200);
    let row = app.log(&lobby).await.pop().unwrap();
    assert_eq!((&row["kind"], &row["from"], &row["tag"]), (&json!("action"), &json!(null), &json!("carry")));
    assert_eq!(texts(&minutes(app, &lobby).await, "actions"), ["ada writes"]);
    // Seen by another event that is open meanwhile.
    let (event, ada) = series.begin().await;
    assert_eq!(series.open(&event).await, ["ada writes"]);
    let bob = app.join(&event, "bob").await;
    series.decide(&event, &bob.token, &given, "done").await.problem(403, "not-a-chair");
    series.decide(&lobby, &ada.token, &given, "done").await.problem(401, "bad-token");
    let otto = app.organizer("otto").await;
    series.decide(&event, &otto, &given, "done").await.problem(403, "not-yours");
    let nobody = app.call(Method::PUT, &format!("/events/{event}/actions/{given}"), None, Some(json!({"state": "done"}))).await;
    nobody.problem(401, "not-signed-in");
    series.decide(&event, &ada.token, &given, "finished").await.problem(422, "invalid");
    series.decide(&event, &ada.token, &json!(17), "done").await.problem(404, "not-found");
    series.decide(&event, &ada.token, &json!("x"), "done").await.problem(404, "not-found");
    app.organize(Method::POST, &format!("/events/{lobby}/cancel"), None).await.expect(200);
    series.decide(&lobby, &app.token, &given, "done").await.expect_any(&[403, 409]);
    series.decide(&event, &app.token, &given, "done").await.expect(200);
    assert_eq!(series.of_meeting("open").await.len(), 0);
    app.get(&format!("/meetings/{}/actions?state=lost", series.slug)).await.problem(400, "bad-request");
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_and_redactions_behind_the_close_are_followed() {
    let series = Series::new().await;
    let app = &series.app;
    let (first, rows) = series.over(&["#action ada writes", "#action ada sings", "#action ada draws"]).await;
    let (second, _) = series.begin().await;
    assert_eq!(series.open(&second).await.len(), 3);
    for (row, state) in rows.iter().zip(["carried", "done", "carried"]) {
        series.decide(&second, &app.token, &row["ts"], state).await.expect(200);
    }
    let correct = async |ts: &Value, text: Option<&str>| {
        let body = json!({"ts": ts, "text": text});
        app.organize(Method::POST, &format!("/events/{first}/minutes/corrections"), Some(body)).await.expect(204);
    };
    correct(&rows[0]["ts"], Some("ada writes a letter")).await;
    let noted = minutes(app, &second).await;
    assert_eq!(
        (texts(&noted, "actions"), texts(&noted, "done")),
        (vec!["ada writes a letter".into(), "ada draws".into()], vec!["ada sings".to_owned()])
    );
    let redact = async |event: &str, ts: &Value| {
        app.organize(Method::DELETE, &format!("/events/{event}/messages/{ts}"), None).await.expect(204);
    };
    redact(&first, &rows[1]["ts"]).await;
    correct(&rows[2]["ts"], None).await;
    let noted = minutes(app, &second).await;
    assert_eq!((texts(&noted, "actions"), texts(&noted, "done")), (vec!["ada writes a letter".to_owned()], vec![]));
    assert_eq!(series.of_meeting("all").await, ["ada writes a letter"]);
    // The row that told of it repeats the words; emptied it decides nothing.
    let told = app.log(&second).await.into_iter().find(|row| row["tag"] == "carry").unwrap();
    redact(&second, &told["ts"]).await;
    series.close(&second).await;
    let emptied = app.log(&second).await.into_iter().find(|row| row["ts"] == told["ts"]).unwrap();
    assert_eq!((&emptied["text"], &emptied["html"]), (&json!(""), &json!("")));
    assert_eq!(series.left(&series.add(HOUR, 2 * HOUR).await).await["open"][0]["last"]["event"], json!(first));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_up_for_twelve_events_lapses() {
    let series = Series::new().await;
    let rows = series.over(&["#action ada writes", "#action ada sings"]).await.1;
    for number in 2..=12 {
        let (event, ada) = series.begin().await;
        if number == 7 {
            series.decide(&event, &ada.token, &rows[1]["ts"], "carried").await.expect(200);
        }
        series.close(&event).await;
    }
    assert_eq!(series.of_meeting("open").await, ["ada writes", "ada sings"]);
    series.over(&[]).await;
    let (event, ada) = series.begin().await;
    assert_eq!((series.of_meeting("open").await, series.open(&event).await), (vec!["ada sings".into()], vec!["ada sings".to_owned()]));
    series.decide(&event, &ada.token, &rows[0]["ts"], "done").await.problem(404, "not-found");
    series.decide(&event, &ada.token, &rows[1]["ts"], "done").await.expect(200);
    assert_eq!(texts(&minutes(&series.app, &event).await, "done"), ["ada sings"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_the_organizer_decides_in_the_lobby_and_on_the_meetings_page() {
    let series = Series::new().await;
    let rows = series
        .over(&["#here Ada L.", "#action ada writes **it**", "#action ada and bob sing", "#action who cooks?", "#agreed on <b>soup</b>"])
        .await
        .1;
    let lobby = series.add(HOUR, 2 * HOUR).await;
    let (path, meeting) = (series.path(&lobby).await, format!("/m/{}", series.slug));
    let (guest, browser) = (Client::new(), signed_in(&series.app).await);
    for page in [series.page(&guest, &path).await, series.page(&guest, &meeting).await] {
        assert!(page.contains("ada writes <strong>it</strong>") && !page.contains("name=\"done\""), "{page}");
        assert!(page.contains(&format!("#t{}\"", rows[1]["ts"])), "linked to the line");
    }
    let page = series.page(&guest, &meeting).await;
    let order = ["Open actions", "<h3>ada</h3>", "ada and bob sing", "<h3>Nobody yet</h3>", "who cooks?", "Decisions", "<b>Agreed</b> on "];
    let places: Vec<usize> = order.iter().map(|piece| page.find(piece).unwrap_or_else(|| panic!("{piece} in {page}"))).collect();
    assert!(places.is_sorted() && !page.contains("<b>soup</b>"), "{places:?}");
    let page = series.page(&browser, &path).await;
    assert!(page.find("Still open from last time").unwrap() < page.find("id=\"agenda\"").unwrap(), "first in the lobby");

    let send = async |fields: &[(&str, &str)]| {
        let page = series.page(&browser, &path).await;
        let form = [&[("csrf", csrf(&page))], fields].concat();
        browser.post(format!("{}{path}/actions", series.app.base)).form(&form).send().await.unwrap()
    };
    let ts = rows[1]["ts"].to_string();
    let answer = send(&[("done", &ts)]).await;
    assert_eq!(answer.url().path(), path);
    let shown = answer.text().await.unwrap();
    assert!(shown.contains("Done: ada writes **it**") && shown.contains("name=\"open\""), "{shown}");
    assert_eq!(series.open(&lobby).await, ["ada and bob sing", "who cooks?"]);
    let answer = send(&[("open", &ts), ("back", &meeting)]).await;
    assert_eq!(answer.url().path(), meeting);
    assert!(answer.text().await.unwrap().contains("Open again: ada writes"));
    assert_eq!(series.open(&lobby).await.len(), 3);
    assert!(series.page(&browser, &meeting).await.contains(&format!("action=\"{path}/actions\"")));
    // A button that is out of date, and a foreign form.
    assert!(send(&[("done", "17")]).await.text().await.unwrap().contains("No action that an earlier event left open has this timestamp"));
    let forged =
        browser.post(format!("{}{path}/actions?part", series.app.base)).form(&[("csrf", "guessed"), ("done", &ts)]).send().await.unwrap();
    assert_eq!(forged.status(), 403);
    assert!(forged.text().await.unwrap().contains("id=\"left\""), "as a part");
    let strange =
        guest.post(format!("{}{path}/actions?part", series.app.base)).form(&[("csrf", "guessed"), ("done", &ts)]).send().await.unwrap();
    assert!(strange.status().is_client_error());
    assert_eq!(series.open(&lobby).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_without_actions_says_so_and_a_draft_says_nothing() {
    let series = Series::new().await;
    let (guest, meeting) = (Client::new(), format!("/m/{}", series.slug));
    let page = series.page(&guest, &meeting).await;
    assert!(page.contains("Nothing is open.") && page.contains("No decision is on record yet."), "{page}");
    let lobby = series.add(HOUR, 2 * HOUR).await;
    let page = series.page(&guest, &series.path(&lobby).await).await;
    let left = page.split("id=\"left\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(left.ends_with(" hidden"), "{left}");
    let body = json!({"title": "Draft", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60, "visibility": "draft"});
    let slug = series.app.post("/meetings", body).await.expect(201)["slug"].as_str().unwrap().to_owned();
    series.app.get(&format!("/meetings/{slug}/actions")).await.problem(404, "not-found");
    series.app.organize(Method::GET, &format!("/meetings/{slug}/actions"), None).await.expect(200);
    let moved = series.app.organize(Method::PATCH, &format!("/meetings/{}", series.slug), Some(json!({"slug": "tides"}))).await;
    moved.expect(200);
    let answer = guest.get(series.app.api(&format!("/meetings/{}/actions", series.slug))).send().await.unwrap();
    assert_eq!((answer.status(), answer.url().path()), (StatusCode::OK, "/api/v1/meetings/tides/actions"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_decided_on_one_node_is_decided_on_the_other() {
    only_on_postgres!();
    let series = Series::new().await;
    let other = series.app.beside().await;
    let given = series.over(&["#action ada writes"]).await.1[0]["ts"].clone();
    let (event, ada) = series.begin().await;
    let there = async || other.get(&format!("/events/{event}/actions")).await.expect(200);
    assert_eq!(texts(&there().await, "open"), ["ada writes"]);
    let parked = other.park(&event, &format!("after={}&wait=50", ada.cursor + 1), None);
    other.parked(&event, 1).await;
    series.decide(&event, &series.app.token, &given, "done").await.expect(200);
    assert_eq!(parked.await.unwrap().0.expect(200)["messages"][0]["tag"], json!("done"));
    assert_eq!((texts(&there().await, "open").len(), texts(&minutes(&other, &event).await, "done").len()), (0, 1));
}
