//! Commands in messages: what they are to the minutes, what they do, and what their writers are told.

use gavel::domain::minutes::Tag;
use gavel::store::schedule::organizer_action::OrganizerAction;
use serde_json::{Value, json};

use crate::support::desk::{Desk, say};
use crate::support::{Someone, TestApp, kinds, said};
use crate::transcript::pages::page;

/// An open event with ada, who is a chair, and bob, who is none.
pub async fn room(app: &TestApp) -> (String, Someone, Someone) {
    let event = app.open_event().await;
    let (ada, bob) = (app.join_as_chair(&event, "ada").await, app.join(&event, "bob").await);
    (event, ada, bob)
}

pub async fn minutes(app: &TestApp, event: &str) -> Value {
    app.get(&format!("/events/{event}/minutes.json")).await.expect(200)
}

pub fn texts(minutes: &Value, list: &str) -> Vec<String> {
    minutes[list].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_a_message_with_a_tag_and_an_item_of_the_minutes() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    let topic = app.say(&event, &ada, "#Topic Lunch").await;
    let action = app.say(&event, &bob, "#action ADA cooks").await;
    let link = app.say(&event, &bob, "https://example.org/menu is the menu").await;
    let plain = app.say(&event, &bob, "#1234 is the ticket").await;
    assert_eq!([&topic["tag"], &action["tag"], &link["tag"]], [&json!("topic"), &json!("action"), &json!("link")]);
    assert_eq!((&action["text"], &action["kind"], &plain["tag"]), (&json!("#action ADA cooks"), &json!("said"), &json!(null)));
    assert!(action.get("hint").is_none() && plain.get("hint").is_none());
    assert_eq!(app.log(&event).await[4..], [topic.clone(), action.clone(), link.clone(), plain]);
    let minutes = minutes(&app, &event).await;
    assert_eq!((&minutes["topics"][0]["ts"], texts(&minutes, "topics")), (&topic["ts"], vec!["Lunch".to_owned()]));
    let noted = &minutes["actions"][0];
    assert_eq!((&noted["text"], &noted["assignees"], &noted["nick"]), (&json!("ADA cooks"), &json!(["ada"]), &json!("bob")));
    assert_eq!((&noted["ts"], &noted["topic"]), (&action["ts"], &topic["ts"]));
    assert_eq!((&minutes["links"][0]["url"], &minutes["links"][0]["ts"]), (&json!("https://example.org/menu"), &link["ts"]));
    assert_eq!((&minutes["final"], &minutes["event"]), (&json!(false), &json!(event)));
    let attendees = ["ada", "bob"]
        .map(|nick| json!({"nick": nick, "alias": null, "aliases": [], "lines": if nick == "ada" { 1 } else { 3 }, "here": false}));
    assert_eq!(minutes["attendees"], json!(attendees));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_its_writer_may_not_give_stays_chat_and_the_writer_alone_is_told() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    for (text, word) in [
        ("#agreed on everything", "Only chairs can use #agreed."),
        ("#endmeeting", "Only chairs can use #endmeeting."),
        ("#action", "Write “#action who does what”."),
        ("#undo it", "Only chairs can use #undo."),
        ("#vote yes", "No vote is on."),
    ] {
        let row = app.say(&event, &bob, text).await;
        assert!(row["hint"].as_str().unwrap().contains(word), "{row}");
        let mut seen = row.clone();
        seen.as_object_mut().unwrap().remove("hint");
        assert_eq!((&seen["tag"], app.log(&event).await.last()), (&json!(null), Some(&seen)));
    }
    let nothing = minutes(&app, &event).await;
    assert_eq!((texts(&nothing, "agreed"), texts(&nothing, "actions"), &nothing["votes"]), (vec![], vec![], &json!([])));
    assert_eq!(app.look(&event).await["phase"], "open");
    for (text, word) in [
        ("#undo", "nothing to take back"),
        ("#endvote", "No vote is on."),
        ("#chair nobody", "Nobody in this room"),
        ("#chair ada", "They are a chair already."),
        ("#strike 17", "No item of the minutes"),
        (&format!("#meetingname {}", "x".repeat(121)), "up to 120 characters"),
    ] {
        let row = app.say(&event, &ada, text).await;
        assert!(row["hint"].as_str().unwrap().contains(word), "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backslash_makes_chat_of_a_command_and_is_not_shown() {
    let app = TestApp::start().await;
    let (event, ada, _) = room(&app).await;
    let row = app.say(&event, &ada, "\\#topic is for **chairs**").await;
    assert_eq!((&row["text"], &row["tag"]), (&json!("#topic is for **chairs**"), &json!(null)));
    assert_eq!(row["html"], "#topic is for <strong>chairs</strong>");
    assert_eq!(texts(&minutes(&app, &event).await, "topics").len(), 0);
    let emote = app.say(&event, &ada, "/me #topic waves").await;
    assert_eq!((&emote["tag"], emote.get("hint")), (&json!(null), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_keeps_what_is_taken_back_and_changed() {
    let app = TestApp::start().await;
    let (event, ada, _) = room(&app).await;
    let info = app.say(&event, &ada, "#info one").await;
    app.say(&event, &ada, "#agreed two").await;
    app.say(&event, &ada, "#undo").await;
    let edit = app.say(&event, &ada, &format!("#edit {} uno", info["ts"])).await;
    let now = minutes(&app, &event).await;
    assert_eq!((texts(&now, "info"), texts(&now, "agreed")), (vec!["uno".to_owned()], vec![]));
    assert_eq!(now["info"][0]["edited"], edit["ts"]);
    assert_eq!(said(&app.log(&event).await).len(), 4);
    // What stands is marked, what was taken back is told as that.
    let url = app.look(&event).await["url"].as_str().unwrap().to_owned();
    let read = async || page(&app, &url).await;
    let taken_back = |what: &str, words: &str| format!("<b>{what}, taken back</b> <bdi><s>{words}</s></bdi>");
    let now = read().await;
    assert!(now.contains("<b>Info, edited</b> <bdi>one</bdi>") && now.contains(&taken_back("Agreed", "two")), "{now}");
    app.say(&event, &ada, &format!("#strike {}", info["ts"])).await;
    assert!(read().await.contains(&taken_back("Info", "one")));
    assert_eq!(texts(&minutes(&app, &event).await, "info").len(), 0);
    app.say(&event, &ada, "#undo").await;
    app.say(&event, &ada, "#undo").await;
    assert_eq!(texts(&minutes(&app, &event).await, "info"), ["one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_vote_is_seen_by_its_voter_alone_and_its_counts_at_the_end() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    app.say(&event, &ada, "#startvote (secret) Lunch? Soup, Bread").await;
    let before = app.look(&event).await;
    let vote = app.try_say(&event, &bob, "#vote soup", Some("n-1")).await.expect(201);
    assert_eq!(vote["tag"], "vote");
    // Nobody else, by any way.
    let seen = |answer: Value| answer["messages"].as_array().unwrap().contains(&vote);
    let query = "after=0&wait=0&limit=500";
    assert!(seen(app.try_poll(&event, query, Some(&bob)).await.expect(200)));
    assert!(!seen(app.try_poll(&event, query, Some(&ada)).await.expect(200)));
    assert!(!seen(app.poll(&event, query).await));
    let now = app.look(&event).await;
    assert_eq!((&now["count"], &now["digest"]), (&before["count"], &before["digest"]));
    for form in ["transcript.json", "transcript.txt", "transcript.md", "transcript.html"] {
        assert!(!app.get(&format!("/events/{event}/{form}")).await.text.contains("vote soup"), "{form}");
    }
    for (who, text) in [(&ada, "#vote bread"), (&bob, "#vote bread"), (&ada, "#vote Bread")] {
        app.say(&event, who, text).await;
    }
    let running = &minutes(&app, &event).await["votes"][0];
    let option = |name: &str, count: Value| json!({"option": name, "count": count, "voters": []});
    assert_eq!((&running["cast"], &running["options"]), (&json!(2), &json!([option("Soup", json!(null)), option("Bread", json!(null))])));
    app.say(&event, &ada, "#endvote").await;
    let ended = &minutes(&app, &event).await["votes"][0];
    assert_eq!((&ended["result"], &ended["options"]), (&json!("Bread"), &json!([option("Soup", json!(0)), option("Bread", json!(2))])));
    // The same nonce is the same row, whatever the vote has come to.
    assert_eq!(app.try_say(&event, &bob, "#vote soup", Some("n-1")).await.expect(200), vote);
    assert!(app.say(&event, &bob, "#vote soup").await["hint"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_begun_in_a_batch_takes_the_votes_behind_it() {
    let desk = Desk::new().await;
    let event = desk.open_event().await;
    let (ada, bob) = (desk.join(&event, "ada").await, desk.join(&event, "bob").await);
    desk.store.act(OrganizerAction::Chair { event: event.clone(), who: ada.clone(), on: true }).await.unwrap().0.unwrap();
    let batch = [(&bob, "#vote yes"), (&ada, "#startvote (secret) Now?"), (&bob, "#vote yes"), (&ada, "#endvote"), (&bob, "#vote no")];
    desk.store.write(batch.map(|(who, text)| say(&event, who, text, None)).to_vec()).await.unwrap();
    let rows = desk.rows(&event).await;
    let written: Vec<_> = rows[rows.len() - 5..].iter().map(|row| (row.tag.map(Tag::as_str), row.audience.is_some())).collect();
    assert_eq!(written, [(None, false), (Some("startvote"), false), (Some("vote"), true), (Some("endvote"), false), (None, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn endmeeting_closes_the_event_once_and_for_all() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    let parked = app.park(&event, &format!("after={}&wait=50", bob.cursor), Some(&bob));
    app.parked(&event, 1).await;
    let row = app.try_say(&event, &ada, "#endmeeting", Some("n-1")).await.expect(201);
    let heard = parked.await.unwrap().0.expect(200);
    assert_eq!((kinds(heard["messages"].as_array().unwrap()), &heard["event"]["phase"]), (vec!["said", "closed"], &json!("closed")));
    let closed = app.look(&event).await;
    assert!(closed["closes_at"].as_i64() > row["ts"].as_i64());
    assert_eq!(minutes(&app, &event).await["final"], true);
    app.try_say(&event, &bob, "wait!", None).await.problem(410, "event-closed");
    assert_eq!(app.try_say(&event, &ada, "#endmeeting", Some("n-1")).await.expect(200), row);
    assert_eq!(app.look(&event).await, closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chair_names_the_event_and_makes_chairs() {
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    app.say(&event, &ada, "#meetingname  The   harbour fund").await;
    assert_eq!(app.look(&event).await["title"], "The harbour fund");
    app.say(&event, &ada, "#startmeeting").await;
    assert_eq!(app.look(&event).await["title"], "The harbour fund");
    app.say(&event, &ada, "#chair BOB").await;
    assert!(app.say(&event, &bob, "#agreed").await["hint"].is_string(), "nothing behind it");
    assert_eq!(app.say(&event, &bob, "#agreed on lunch").await["tag"], "agreed");
    assert_eq!(app.say(&event, &ada, "#unchair bob").await["tag"], "unchair");
    assert_eq!(app.say(&event, &bob, "#agreed on dinner").await["tag"], json!(null));
    let log = app.log(&event).await;
    let told: Vec<&str> = kinds(&log).into_iter().filter(|kind| !matches!(*kind, "said" | "joined" | "opened")).collect();
    assert_eq!(told, ["chair", "rescheduled", "chair", "unchair"]);
    assert_eq!(texts(&minutes(&app, &event).await, "agreed"), ["on lunch"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_are_the_same_on_every_node() {
    only_on_postgres!();
    let app = TestApp::start().await;
    let (event, ada, bob) = room(&app).await;
    let other = app.beside().await;
    assert_eq!(texts(&minutes(&other, &event).await, "info").len(), 0);
    app.say(&event, &ada, "#startvote Lunch?").await;
    assert_eq!(other.say(&event, &bob, "#vote yes").await["tag"], "vote");
    other.say(&event, &ada, "#endvote").await;
    assert_eq!(app.say(&event, &bob, "#info done").await["tag"], "info");
    let both = (minutes(&app, &event).await, minutes(&other, &event).await);
    assert_eq!(both.0, both.1);
    assert_eq!((&both.0["votes"][0]["result"], texts(&both.0, "info")), (&json!("Yes"), vec!["done".to_owned()]));
}
