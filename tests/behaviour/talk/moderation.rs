//! Keeping order: removing a person, redacting a message.

use reqwest::Method;
use serde_json::json;

use crate::support::{Reply, TestApp, kinds};

async fn delete(app: &TestApp, path: &str) -> Reply {
    app.organize(Method::DELETE, path, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_person_has_a_dead_token_and_their_polls_end_at_once() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let (ada, bob) = (app.join(&event, "ada").await, app.join(&event, "bob").await);
    let query = format!("after={}&wait=50", bob.cursor);
    let (adas, bobs) = (app.park(&event, &query, Some(&ada)), app.park(&event, &query, Some(&bob)));
    app.parked(&event, 2).await;
    delete(&app, &format!("/events/{event}/participants/{}", ada.id)).await.expect(204);
    adas.await.unwrap().0.problem(401, "bad-token");
    let left = bobs.await.unwrap().0.expect(200);
    assert_eq!((kinds(left["messages"].as_array().unwrap()), &left["messages"][0]["from"]), (vec!["left"], &json!(ada.id)));
    app.try_say(&event, &ada, "hey!", None).await.problem(401, "bad-token");
    app.try_poll(&event, "after=0&wait=0", Some(&ada)).await.problem(401, "bad-token");
    delete(&app, &format!("/events/{event}/participants/{}", ada.id)).await.problem(404, "not-found");
    // The nickname is free again.
    app.join(&event, "ada").await;
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "joined", "left", "joined"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_removed_from_an_event_that_they_are_not_in() {
    let app = TestApp::start().await;
    let (event, other) = (app.open_event().await, app.open_event().await);
    let ada = app.join(&event, "ada").await;
    delete(&app, &format!("/events/{other}/participants/{}", ada.id)).await.problem(404, "not-found");
    for nobody in ["p_aaaaaaaaaaaaaaaaaaaa", "p_1", "ada", "%F0%28"] {
        delete(&app, &format!("/events/{event}/participants/{nobody}")).await.expect_any(&[404]);
    }
    app.say(&event, &ada, "still here").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redacted_message_is_empty_everywhere_and_its_row_stays() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let row = app.try_say(&event, &ada, "a secret", Some("n-1")).await.expect(201);
    let next = app.say(&event, &ada, "harmless").await;
    let parked = app.park(&event, &format!("after={}&wait=50", next["ts"]), None);
    delete(&app, &format!("/events/{event}/messages/{}", row["ts"])).await.expect(204);
    let told = parked.await.unwrap().0.expect(200);
    let notice = &told["messages"][0];
    assert_eq!((&notice["kind"], &notice["text"], &notice["from"]), (&json!("redacted"), &json!(row["ts"].to_string()), &json!(null)));
    let mut emptied = row.clone();
    (emptied["text"], emptied["html"], emptied["salt"]) = (json!(""), json!(""), json!(null));
    // What the hash is made of: tests/behaviour/transcript/digest.rs.
    emptied["hash"] = app.log(&event).await[2]["hash"].clone();
    assert_eq!(app.log(&event).await[2], emptied);
    // Whoever retries the post gets what stands now.
    assert_eq!(app.try_say(&event, &ada, "a secret", Some("n-1")).await.expect(200), emptied);
    for form in ["json", "txt", "md", "html"] {
        let transcript = app.get(&format!("/events/{event}/transcript.{form}")).await;
        assert!(transcript.status == 200 && !transcript.text.contains("a secret") && transcript.text.contains("harmless"), "{form}");
    }
    let app = app.restart().await;
    assert_eq!(app.log(&event).await[2], emptied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redaction_after_the_close_lies_beside_the_log() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let row = app.say(&event, &ada, "a secret").await;
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    let before = app.log(&event).await;
    delete(&app, &format!("/events/{event}/messages/{}", row["ts"])).await.expect(204);
    let after = app.log(&event).await;
    assert_eq!((kinds(&after), &after[2]["text"], &after[2]["html"]), (kinds(&before), &json!(""), &json!("")));
    assert_eq!(app.look(&event).await["count"], before.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_people_said_is_redacted() {
    let app = TestApp::start().await;
    let (event, other) = (app.open_event().await, app.open_event().await);
    let ada = app.join(&event, "ada").await;
    let row = app.say(&event, &ada, "hello").await;
    for (event, ts) in [
        (&event, ada.cursor.to_string()),
        (&event, "1".to_owned()),
        (&event, "-1".to_owned()),
        (&event, "soon".to_owned()),
        (&event, "9007199254740992".to_owned()),
        (&other, row["ts"].to_string()),
    ] {
        delete(&app, &format!("/events/{event}/messages/{ts}")).await.problem(404, "not-found");
    }
    assert_eq!(app.log(&event).await.last(), Some(&row));
}

#[tokio::test(flavor = "multi_thread")]
async fn redacting_a_message_again_changes_nothing() {
    let app = TestApp::start().await;
    let event = app.open_event().await;
    let ada = app.join(&event, "ada").await;
    let row = app.say(&event, &ada, "a secret").await;
    for _ in 0..2 {
        delete(&app, &format!("/events/{event}/messages/{}", row["ts"])).await.expect(204);
    }
    assert_eq!(kinds(&app.log(&event).await), ["opened", "joined", "said", "redacted"]);
}
