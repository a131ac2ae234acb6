//! Actions as a table: of one event and of a whole meeting, as the minutes have them.

use reqwest::Method;
use serde_json::json;

use crate::support::{MINUTE, Reply, TestApp};

const HEAD: [&str; 12] =
    ["event", "date", "ts", "text", "assignees", "link", "state", "settled_by", "settled_at", "settled_link", "given_date", "given_link"];

/// The records behind the head, as a reader of CSV takes them.
fn records(reply: &Reply) -> Vec<Vec<String>> {
    assert_eq!((reply.status.as_u16(), &reply.headers["content-type"]), (200, &"text/csv; charset=utf-8; header=present".parse().unwrap()));
    assert_eq!(reply.text.matches('\n').count(), reply.text.matches("\r\n").count() + reply.text.matches("by\nnoon").count(), "{reply:?}");
    let mut reader = csv::ReaderBuilder::new().from_reader(reply.text.as_bytes());
    assert_eq!(reader.headers().unwrap(), &HEAD[..]);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn texts(records: &[Vec<String>]) -> Vec<&str> {
    records.iter().map(|record| record[3].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_actions_of_an_event_are_a_table_that_no_spreadsheet_calculates() {
    let app = TestApp::start().await;
    let (event, ada, bob) = super::recorded::room(&app).await;
    let first = app.say(&event, &bob, "#action =HYPERLINK(\"http://x\") for ada, bob").await;
    let mended = app.say(&event, &ada, "#action ada mends it").await;
    let dropped = app.say(&event, &ada, "#action ada drops it").await;
    app.say(&event, &ada, "#info not one of them").await;
    app.say(&event, &ada, "#action @all: be here by\nnoon").await;
    let path = format!("/events/{event}/actions.csv");
    let meanwhile = app.get(&path).await;
    assert_eq!(records(&meanwhile).len(), 4, "while the room is open");
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    for (row, text) in [(&mended, json!("bob mends it")), (&dropped, json!(null))] {
        let body = json!({"ts": row["ts"], "text": text});
        app.post(&format!("/events/{event}/minutes/corrections"), body).await.expect(204);
    }
    let reply = app.get(&path).await;
    let (found, look) = (records(&reply), app.look(&event).await);
    assert_eq!(texts(&found), ["'=HYPERLINK(\"http://x\") for ada, bob", "bob mends it", "'@all: be here by\nnoon"]);
    let ts = chrono::DateTime::from_timestamp_micros(first["ts"].as_i64().unwrap()).unwrap();
    let link = format!("{}{}?at={}#t{}", app.base, look["url"].as_str().unwrap(), first["ts"], first["ts"]);
    let day = look["key"].as_str().unwrap();
    let expected = ["Weekly", day, &ts.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(), &found[0][3], "ada, bob", &link];
    assert_eq!(found[0][..6], expected);
    assert_eq!(found[0][6..], ["open", "", "", "", day, &link]);
    assert_eq!((found[1][4].as_str(), found[2][4].as_str()), ("bob", ""));
    let minutes = super::recorded::minutes(&app, &event).await;
    assert_eq!(minutes["actions"].as_array().unwrap().len(), found.len());
    let name = format!("attachment; filename=\"{}-{day}-actions.csv\"", look["meeting"].as_str().unwrap());
    assert_eq!(reply.headers["content-disposition"], name);
    let page = app.client.get(&link).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("id=\"t{}\"", first["ts"])) && page.contains("actions.csv\">"), "{page}");
    // Where nothing is noted the head is all there is.
    let nothing = app.open_event().await;
    assert_eq!(app.get(&format!("/events/{nothing}/actions.csv")).await.text, format!("{}\r\n", HEAD.join(",")));
    for path in ["/events/e_aaaaaaaaaaaaaaaaaaaaaaaa/actions.csv", "/meetings/nobody-has-this/actions.csv", "/meetings/%00/actions.csv"] {
        app.get(path).await.problem(404, "not-found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_actions_of_a_meeting_are_those_of_all_its_events_the_oldest_first() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let (mut last, now) = (String::new(), app.now());
    // More than one look finds.
    for n in 0..53 {
        let body = json!({"opens_at": now - MINUTE - n, "closes_at": now + 60 * MINUTE});
        let event = app.post(&format!("/meetings/{slug}/events"), body).await.expect(201)["id"].as_str().unwrap().to_owned();
        let ada = app.join(&event, "ada").await;
        let text = if n == 30 { "#info nothing to do".into() } else { format!("#action ada does {n}") };
        app.say(&event, &ada, &text).await;
        last = event;
    }
    let path = format!("/meetings/{slug}/actions.csv");
    let reply = app.get(&path).await;
    let found = records(&reply);
    let wanted: Vec<String> = (0..53).rev().filter(|n| *n != 30).map(|n| format!("ada does {n}")).collect();
    assert_eq!(texts(&found), wanted);
    assert_eq!(reply.headers["content-disposition"], format!("attachment; filename=\"{slug}-actions.csv\""));
    let of_event = app.get(&format!("/events/{last}/actions.csv")).await;
    assert_eq!(records(&of_event), found[..1]);

    // An old slug leads on, and a draft is its organizer's.
    app.organize(Method::PATCH, &format!("/meetings/{slug}"), Some(json!({"slug": "renamed"}))).await.expect(200);
    let moved = app.get(&path).await;
    assert_eq!(records(&moved).len(), 52);
    let body = json!({"title": "Draft", "slug": "draft", "timezone": "UTC", "starts": "2200-01-01T12:00", "duration_minutes": 60, "visibility": "draft"});
    app.post("/meetings", body).await.expect(201);
    app.get("/meetings/draft/actions.csv").await.problem(404, "not-found");
    assert_eq!(records(&app.organize(Method::GET, "/meetings/draft/actions.csv", None).await), Vec::<Vec<String>>::new());
    app.organize(Method::DELETE, "/meetings/renamed", None).await.expect(204);
    app.get("/meetings/renamed/actions.csv").await.problem(410, "meeting-deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_an_action_stands_beside_it_and_what_goes_on_in_the_table_of_each_event() {
    let app = TestApp::start().await;
    let (slug, _) = app.meeting().await;
    let sitting = async |minutes: i64| {
        let now = app.now();
        let body = json!({"opens_at": now, "closes_at": now + minutes * MINUTE});
        let event = app.post(&format!("/meetings/{slug}/events"), body).await.expect(201)["id"].as_str().unwrap().to_owned();
        let ada = app.join_as_chair(&event, "=ada").await;
        (event, ada)
    };
    let close = async |event: &str| {
        app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
        app.clock.step(MINUTE);
    };
    let sheet = async |path: &str| records(&app.get(path).await);
    let (first, ada) = sitting(60).await;
    let mut given = Vec::new();
    for text in ["writes", "reads", "sings", "rests"] {
        given.push(app.say(&first, &ada, &format!("#action =ada {text}")).await["ts"].as_i64().unwrap());
    }
    close(&first).await;
    let (second, ada) = sitting(60).await;
    let mut said = Vec::new();
    for (word, place) in [("done", 0), ("drop", 1), ("carry", 2)] {
        said.push(app.say(&second, &ada, &format!("#{word} {}", given[place])).await["ts"].as_i64().unwrap());
    }
    app.say(&second, &ada, "#action dances").await;
    close(&second).await;

    let instant = |ts: i64| chrono::DateTime::from_timestamp_micros(ts).unwrap().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    let (one, two) = (app.look(&first).await, app.look(&second).await);
    let line = |event: &serde_json::Value, ts: i64| format!("{}{}?at={ts}#t{ts}", app.base, event["url"].as_str().unwrap());
    let day = &one["key"].as_str().unwrap()[..10];
    let of_first = sheet(&format!("/events/{first}/actions.csv")).await;
    for (place, state) in ["done", "dropped", "carried"].into_iter().enumerate() {
        let expected = [state, "'=ada", &instant(said[place]), &line(&two, said[place]), day, &line(&one, given[place])];
        assert_eq!(of_first[place][6..], expected);
    }
    assert_eq!(of_first[3][6..], ["open", "", "", "", day, &line(&one, given[3])]);
    let of_second = sheet(&format!("/events/{second}/actions.csv")).await;
    assert_eq!(texts(&of_second), ["'=ada sings", "dances"]);
    assert_eq!((of_second[0][2].as_str(), of_second[0][5].as_str()), (instant(said[2]).as_str(), line(&two, said[2]).as_str()));
    assert_eq!(of_second[0][6..], of_first[2][6..], "it is one action");
    // All of a meeting have each once. What is decided in a lobby has nobody's name.
    let all = sheet(&format!("/meetings/{slug}/actions.csv")).await;
    assert_eq!(all, [of_first.clone(), vec![of_second[1].clone()]].concat());
    let next = app.look(app.get(&format!("/meetings/{slug}")).await.expect(200)["next"]["id"].as_str().unwrap()).await;
    let path = format!("/events/{}/actions/{}", next["id"].as_str().unwrap(), given[3]);
    app.organize(Method::PUT, &path, Some(json!({"state": "done"}))).await.expect(200);
    let now = sheet(&format!("/events/{first}/actions.csv")).await;
    assert_eq!((now[3][6].as_str(), now[3][7].as_str()), ("done", ""));
    assert!(now[3][9].starts_with(&format!("{}{}?at=", app.base, next["url"].as_str().unwrap())), "{now:?}");
}
