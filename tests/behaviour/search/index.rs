//! What the index of the search follows: the minutes, what was left to be taken in, and that it says when it is behind.

use reqwest::Method;
use serde_json::json;

use super::queries::{found, indexed, look, meeting, said};
use crate::nodes::two_nodes::until;
use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_is_found_by_its_words_alone() {
    let app = TestApp::start().await;
    let (slug, event) = meeting(&app, "Tidewater", "public").await;
    let ada = app.join_as_chair(&event, "ada").await;
    let say = async |text: &str| app.say(&event, &ada, text).await["ts"].as_i64().unwrap();
    let decisions = async |last: &str| {
        indexed(&app, &slug, last).await;
        found(&app, &[("q", "sail"), ("kind", "decision")]).await
    };
    say("#agreed we sail").await;
    assert_eq!(decisions("#agreed we sail").await, ["#agreed we sail"]);
    // In a batch of its own: what it changes is in the index already.
    say("#undo").await;
    let undone = "#undo → #agreed we sail";
    assert_eq!(decisions(undone).await, [""; 0]);
    assert_eq!(found(&app, &[("q", "sail")]).await, [undone, "#agreed we sail"]);

    let struck = say("#accepted the sail").await;
    say("#motion mend the sail").await;
    say("#vote +1").await;
    assert_eq!(decisions("#vote +1").await, ["#accepted the sail"]);
    say("#endvote").await;
    say("zzended").await;
    assert_eq!(decisions("zzended").await, ["#motion mend the sail", "#accepted the sail"]);
    say(&format!("#strike {struck}")).await;
    say("zzstruck").await;
    assert_eq!(decisions("zzstruck").await, ["#motion mend the sail"]);

    // What the strike did goes with its words.
    let row = app.log(&event).await.into_iter().find(|row| row["tag"] == "strike").unwrap();
    app.organize(Method::DELETE, &format!("/events/{event}/messages/{}", row["ts"]), None).await.expect(204);
    until("it stands again", async || decisions("zzstruck").await == ["#motion mend the sail", "#accepted the sail"]).await;

    say("#motion another sail").await;
    say("#vote -1").await;
    say("zzend").await;
    app.organize(Method::POST, &format!("/events/{event}/close"), None).await.expect(200);
    until("the close ends its vote", async || decisions("zzend").await.contains(&"#motion another sail".to_owned())).await;
    let body = json!({"ts": struck, "text": null});
    app.organize(Method::POST, &format!("/events/{event}/minutes/corrections"), Some(body)).await.expect(204);
    until("it was corrected away", async || {
        found(&app, &[("q", "sail"), ("kind", "decision")]).await == ["#motion another sail", "#motion mend the sail"]
    })
    .await;
    // The rows that tell what commands did have these words as well.
    let mut said = found(&app, &[("q", "sail")]).await;
    said.retain(|text| !text.contains('→'));
    let all = ["#motion another sail", "#motion mend the sail", "#accepted the sail", "#agreed we sail"];
    assert_eq!(said, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_an_older_program_is_made_anew_at_the_start() {
    let (app, slug, event) = said(&["an old tide"]).await;
    let raw = crate::support::raw_database::Raw::open(app.data()).await;
    // It had each row as its tag says, and no way to ask for what is behind.
    raw.run("DELETE FROM search_row").await;
    raw.run("DROP INDEX search_cursor_behind").await;
    assert_eq!(found(&app, &[("q", "tide")]).await, [""; 0]);
    let app = app.restart().await;
    indexed(&app, &slug, "zzlast").await;
    let ada = app.join(&event, "grace").await;
    app.say(&event, &ada, "a new tide").await;
    indexed(&app, &slug, "a new tide").await;
    assert_eq!(found(&app, &[("q", "tide")]).await, ["a new tide", "an old tide"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_index_is_behind_the_search_says_so() {
    let (app, slug, _) = said(&["an old tide"]).await;
    let notes = async || look(&app, &[("q", "tide")], None).await["notes"].clone();
    assert_eq!(notes().await, json!([]));
    let raw = crate::support::raw_database::Raw::open(app.data()).await;
    // As long as its head is none no event is taken in, so nobody finishes this one.
    let turn = async || raw.run("UPDATE chat_event SET last_ts = -last_ts").await;
    turn().await;
    raw.run("UPDATE search_cursor SET ts = 0").await;
    assert!(notes().await[0].as_str().unwrap().contains("search index is being built"));
    for (path, words) in [("/search?q=nowhere", "not be in the search index yet"), ("/search/results?q=tide", "data-again")] {
        let page = app.client.get(format!("{}{path}", app.base)).send().await.unwrap().text().await.unwrap();
        assert!(page.contains(words) && page.contains("search index is being built"), "{page}");
    }
    turn().await;
    until("it is made", async || notes().await == json!([])).await;
    indexed(&app, &slug, "zzlast").await;
    assert_eq!(found(&app, &[("q", "tide")]).await, ["an old tide"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_events_side_by_side_stand_together_and_are_read_without_their_marks() {
    let app = TestApp::start().await;
    let (boats, one) = meeting(&app, "Boats", "public").await;
    let (_, other) = meeting(&app, "Bridges", "public").await;
    let (ada, bob) = (app.join(&one, "ada").await, app.join(&other, "bob").await);
    for n in 0..2 {
        app.say(&other, &bob, &format!("the tide {n}")).await;
        app.say(&one, &ada, &format!("#info the **tide** {n}")).await;
    }
    indexed(&app, &boats, "#info the **tide** 1").await;
    until("all are found", async || found(&app, &[("q", "tide")]).await.len() == 4).await;
    let page = app.client.get(format!("{}/search?q=tide", app.base)).send().await.unwrap().text().await.unwrap();
    let places =
        ["<h2><bdi>Boats", ">the <mark>tide</mark> 1<", ">the <mark>tide</mark> 0<", "<h2><bdi>Bridges", ">the <mark>tide</mark> 1<"];
    let mut at = 0;
    for words in places {
        at += page[at..].find(words).unwrap_or_else(|| panic!("{words} is not behind the others: {page}")) + 1;
    }
    assert_eq!((page.matches("class=\"sat\"").count(), page.matches("#info").count()), (2, 0), "{page}");
}
