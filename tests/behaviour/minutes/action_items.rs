//! What one event of a meeting leaves to the next: open actions, what is decided on them, and by whom; by API and by
//! command. What pages show of it: `minutes_left`.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::recorded::{minutes, texts};
use crate::support::{HOUR, MINUTE, Reply, Someone, TestApp, kinds};

/// A meeting whose events take place one after another.
pub struct Series {
    pub app: TestApp,
    pub slug: String,
}

impl Series {
    pub async fn new() -> Self {
        let app = TestApp::start().await;
        let slug = app.meeting().await.0;
        Self { app, slug }
    }

    pub async fn add(&self, opens: i64, closes: i64) -> String {
        let now = self.app.now();
        let body = json!({"opens_at": now + opens, "closes_at": now + closes});
        self.app.post(&format!("/meetings/{}/events", self.slug), body).await.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// An event that is open, with ada, who is a chair.
    pub async fn begin(&self) -> (String, Someone) {
        let event = self.add(-MINUTE.min(1_000), HOUR).await;
        let ada = self.app.join_as_chair(&event, "ada").await;
        (event, ada)
    }

    pub async fn close(&self, event: &str) {
        self.app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    }

    /// An event that closed, in which ada said this; gives it with the rows.
    pub async fn over(&self, lines: &[&str]) -> (String, Vec<Value>) {
        let (event, ada) = self.begin().await;
        let mut rows = Vec::new();
        for line in lines {
            rows.push(self.app.say(&event, &ada, line).await);
        }
        self.close(&event).await;
        (event, rows)
    }

    pub async fn left(&self, event: &str) -> Value {
        self.app.get(&format!("/events/{event}/actions")).await.expect(200)
    }

    /// The words of what is open, for the meeting and for the event.
    pub async fn open(&self, event: &str) -> Vec<String> {
        texts(&self.left(event).await, "open")
    }

    pub async fn of_meeting(&self, state: &str) -> Vec<String> {
        texts(&self.app.get(&format!("/meetings/{}/actions?state={state}", self.slug)).await.expect(200), "actions")
    }

    pub async fn decide(&self, event: &str, token: &str, given: &Value, state: &str) -> Reply {
        self.app.call(Method::PUT, &format!("/events/{event}/actions/{given}"), Some(token), Some(json!({"state": state}))).await
    }

    pub async fn page(&self, browser: &Client, path: &str) -> String {
        let page = browser.get(format!("{}{path}", self.app.base)).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        page.text().await.unwrap().replace("&#x2f;", "/")
    }

    pub async fn path(&self, event: &str) -> String {
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
    // On whichever page of its log that is, like the links of pages.
    let line = format!("{path}?at={0}#t{0}", given[0]["ts"]);
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
        assert!(whole.contains("Settled since last time") && whole.contains("ada books the room"), "{form}: {whole}");
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
async fn what_another_event_settled_meanwhile_is_told_and_shown_as_that() {
    let series = Series::new().await;
    let app = &series.app;
    let rows = series.over(&["#action ada writes", "#action ada sings"]).await.1;
    let (here, ada) = series.begin().await;
    let (there, cyd) = (series.add(-1_000, HOUR).await, "cyd");
    let cyd = app.join_as_chair(&there, cyd).await;
    let lobby = series.add(2 * HOUR, 3 * HOUR).await;
    series.decide(&there, &cyd.token, &rows[0]["ts"], "done").await.expect(200);
    series.decide(&there, &app.token, &rows[1]["ts"], "dropped").await.expect(200);
    let title = app.look(&there).await["title"].as_str().unwrap().to_owned();
    for (row, what, who) in [(&rows[0], "done", "cyd"), (&rows[1], "dropped", "somebody who runs that event")] {
        let refused = series.decide(&here, &ada.token, &row["ts"], "carried").await.problem(409, "action-settled");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("It was {what} in “{title}” of ")) && detail.ends_with(&format!(", by {who}.")), "{detail}");
        let action = &refused["action"];
        assert_eq!([&action["state"], &action["last"]["event"], &action["ts"]], [&json!(what), &json!(there), &row["ts"]]);
    }
    let typed = app.say(&here, &ada, &format!("#drop {}", rows[0]["ts"])).await;
    let hint = typed["hint"].as_str().unwrap();
    assert!(typed["tag"].is_null() && hint.starts_with("This action is settled. It was done in “") && hint.contains(", by cyd."), "{hint}");
    series.decide(&here, &ada.token, &json!(17), "done").await.problem(404, "not-found");

    // The pane of each has it as settled, with the row that says so.
    let line =
        format!("{}?at={1}#t{1}", series.path(&there).await, app.log(&there).await.iter().find(|it| it["tag"] == "done").unwrap()["ts"]);
    for event in [&here, &lobby] {
        let left = series.left(event).await;
        assert_eq!((texts(&left, "open").len(), texts(&left, "decided").len()), (0, 0));
        assert_eq!(texts(&left, "elsewhere"), ["ada writes", "ada sings"]);
        let whole = series.page(&Client::new(), &series.path(event).await).await;
        let pane = whole.split_once("id=\"left\"").unwrap().1.split_once("</section>").unwrap().0;
        assert!(pane.contains("Nothing is left: all of it is decided.") && pane.contains("<b>✓ Done</b> <bdi>ada writes</bdi>"), "{pane}");
        assert!(
            pane.contains(&format!("</small><small>, settled in <a href=\"{line}\">"))
                && pane.contains("</a> by <bdi>cyd</bdi><")
                && pane.contains("<b>Dropped</b>"),
            "{pane}"
        );
    }
    // It is open here again where that is taken back.
    series.decide(&there, &cyd.token, &rows[0]["ts"], "open").await.expect(200);
    assert_eq!(
        (series.open(&here).await, texts(&series.left(&here).await, "elsewhere")),
        (vec!["ada writes".into()], vec!["ada sings".to_owned()])
    );
    // An event that opens later has nothing of it.
    series.close(&there).await;
    series.close(&here).await;
    app.clock.step(MINUTE);
    let (later, dan) = series.begin().await;
    assert_eq!((series.open(&later).await, texts(&series.left(&later).await, "elsewhere").len()), (vec!["ada writes".to_owned()], 0));
    series.decide(&later, &dan.token, &rows[1]["ts"], "carried").await.problem(409, "action-settled");
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
